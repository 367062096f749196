/** `inspectSelection`: value and adjoint of an expression inside a function. */
import { linearOf, pullBack } from '../derivatives';
import { RunnerError } from '../modules/errors';
import type { RunnerRequests } from '../protocol';
import { recordTarget, type Context } from './common';

type Params = RunnerRequests['inspectSelection']['params'];
type Result = RunnerRequests['inspectSelection']['result'];

export async function inspectSelection(context: Context, params: Params): Promise<Result> {
  const { session } = context;
  const { recorded } = await recordTarget(context, params);
  const rewritten = session.files.rewritten(params.file);
  if (!rewritten) throw new RunnerError('no-such-file', `There is no file ${params.file}.`, { file: params.file });
  const { sourceFile, text } = rewritten.module;
  const { range } = params;
  const start = sourceFile.getPositionOfLineAndCharacter(range.line - 1, range.column - 1);
  const end = sourceFile.getPositionOfLineAndCharacter(range.endLine - 1, range.endColumn - 1);
  const selected = text.slice(start, end);
  const from = start + selected.length - selected.trimStart().length;
  const to = from + selected.trim().length;
  const { program, linearized, lines } = recorded;
  const sites = new Set(rewritten.sites.exactly(from, to));
  const rows: number[] = [];
  const { positions } = program.columns;
  for (let row = 0; row < program.size; row++) {
    if (sites.has(positions[row]) && linearized.isScalar(row) && program.columns.opcodes[row] > 4) rows.push(row);
  }
  // A whole statement's value has a site of its own, without a row; a variable's is what was last stored in it.
  const logged =
    [...sites].map((site) => lines.sites.get(site)).find((log) => log !== undefined) ??
    variable(recorded, rewritten, selected.trim(), from);
  const last =
    rows.length > 0
      ? rows[rows.length - 1]
      : (logged?.rows[(logged.count - 1) % Math.max(1, logged.rows.length)] ?? -1);
  if (last < 0 && !logged) {
    throw new RunnerError(
      'no-value',
      `\`${selected.trim()}\` has no value that was recorded.`,
      { file: params.file, line: range.line, column: range.column },
      'Select a whole expression that the function computes at this point.',
    );
  }
  const linear = linearOf(recorded);
  const weights = Float64Array.from(recorded.outputValues, (_, index) => (index === 0 ? 1 : 0));
  const adjoints = linearized.reverse(
    recorded.outputs.flatMap(({ row, offset, size }) =>
      weights[offset] === 1 ? [{ row, values: Array.from({ length: size }, (_, index) => (index === 0 ? 1 : 0)) }] : [],
    ),
  );
  const gradient =
    last >= 0
      ? pullBack({ ...linear, outputs: [{ row: last, offset: 0, size: 1 }], outputSize: 1 }, [1])
      : new Float64Array(linear.inputSize);
  return {
    text: selected.trim(),
    value: last >= 0 ? linearized.scalarAt(last) : (logged?.last ?? NaN),
    count: rows.length > 0 ? rows.length : (logged?.count ?? 0),
    adjoint: last >= 0 ? adjoints.scalars[last] : NaN,
    hasAdjoint: last >= 0,
    gradient,
    inputs: recorded.inputLeaves,
  };
}

type Recorded = Awaited<ReturnType<typeof recordTarget>>['recorded'];
type Rewritten = NonNullable<ReturnType<Context['session']['files']['rewritten']>>;

/** The last value stored in a variable before the selection (or anywhere, if there is none before). */
function variable(recorded: Recorded, { sites }: Rewritten, name: string, before: number) {
  if (!/^[\p{L}$_][\p{L}\p{N}$_]*$/u.test(name)) return undefined;
  let best: { start: number; site: number } | undefined;
  for (const site of recorded.lines.sites.keys()) {
    if (site < sites.base || site >= sites.base + sites.count) continue;
    const { text, start } = sites.at(site);
    if (!text.startsWith(name) || !/^\s*(:[^=]*)?[-+*/%&|^]*=(?![=>])/.test(text.slice(name.length))) continue;
    if (!best || (start <= before && (best.start > before || start > best.start))) best = { start, site };
  }
  return best && recorded.lines.sites.get(best.site);
}
