/** `program` and `exportProgram`: the program of an operation as text, and in the engine's serial form. */
import { interpret } from '../../engine/execute/interpret';
import { OPCODES } from '../../engine/primitives/opcodes';
import { printAval } from '../../engine/program/aval';
import type { Program, Row } from '../../engine/program/program';
import { serializeProgram } from '../../engine/program/serialize';
import { siteTable } from '../modules/siteTable';
import type { Operation, ProgramExport, ProgramLine, ProgramView, Target, Data } from '../protocol';
import { flatten } from '../values/layout';
import { locationOf, recordTarget, type Context } from './common';
import type { Recorded } from '../record';
import { flatOf } from './backendRows';
import { matrixProgramOf, productsProgramOf, programOf, type ReadyProgram } from './programs';
import { rolledLoops } from './rolledLoops';

/** Rows that are printed at most. */
const MAX_LINES = 5000;

export async function programView(context: Context, params: Target & { op: Operation }): Promise<ProgramView> {
  const { recorded } = await recordTarget(context, params);
  const { program } = programOf(recorded, params.op);
  const lines = printLines(program);
  const counts: Record<string, number> = {};
  const guards: ProgramView['guards'] = [];
  let operations = 0;
  for (let row = 0; row < program.size; row++) {
    const opcode = program.opcode(row);
    if (opcode === OPCODES.guard) {
      const site = program.columns.positions[row];
      const location = locationOf(site);
      guards.push({
        text: `${siteTable.site(site)?.text ?? 'a decision'} is ${program.params<'guard'>(row).expected}`,
        ...(location ? { location } : {}),
      });
    } else if (opcode > OPCODES.guard) {
      operations++;
      const name = program.name(row) as string;
      counts[name] = (counts[name] ?? 0) + 1;
    }
  }
  return {
    op: params.op,
    text: lines.map(({ text, depth }) => '  '.repeat(depth) + text).join('\n'),
    lines,
    counts,
    guards,
    loops: rolledLoops(program),
    operations,
  };
}

/** In the style of `jax.make_jaxpr`: `{ lambda ; a:f64[] . let b:f64[] = sin a in (b,) }`. */
function printLines(program: Program): ProgramLine[] {
  const names = new Map<Row, string>();
  const nameOf = (row: Row): string => {
    const opcode = program.opcode(row);
    if (opcode === OPCODES.literal) return String(program.literal(row));
    let name = names.get(row);
    if (name === undefined) names.set(row, (name = letters(names.size)));
    return name;
  };
  const typed = (row: Row): string =>
    `${nameOf(row)}:${program.hasSeveralResults(row) ? '(…)' : printAval(program.aval(row))}`;
  const lines: ProgramLine[] = [{ text: `{ lambda ; ${Array.from(program.inputs, typed).join(' ')} . let`, depth: 0 }];
  for (let row = 0; row < program.size; row++) {
    const opcode = program.opcode(row);
    if (opcode === OPCODES.input || opcode === OPCODES.literal) continue;
    if (lines.length > MAX_LINES) {
      lines.push({ text: `… ${program.size - row} more rows`, depth: 1 });
      break;
    }
    const primitive = program.name(row) as string;
    const params = program.params(row) as Record<string, unknown> | undefined;
    const shown = params
      ? `[${Object.entries(params)
          .map(([name, value]) => `${name}=${printParam(value)}`)
          .join(' ')}]`
      : '';
    const operands = Array.from(program.operands(row), nameOf).join(' ');
    const location = locationOf(program.columns.positions[row]);
    const text =
      opcode === OPCODES.guard
        ? `guard${shown} ${operands}`
        : `${typed(row)} = ${primitive}${shown} ${operands}`.trimEnd();
    lines.push({ text, depth: 1, primitive, ...(location ? { location } : {}) });
  }
  lines.push({ text: `in (${Array.from(program.outputs, nameOf).join(', ')},) }`, depth: 0 });
  return lines;
}

function printParam(value: unknown): string {
  if (Array.isArray(value)) return `(${value.map(printParam).join(', ')})`;
  return typeof value === 'object' && value !== null ? '{…}' : String(value);
}

/** a, b, … z, aa, ab, … */
function letters(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}

export async function exportProgram(
  context: Context,
  params: Target & { op: Operation; vector?: Data; products?: number },
): Promise<ProgramExport> {
  const { recorded } = await recordTarget(context, params);
  if (params.products !== undefined && (params.op === 'jvp' || params.op === 'vjp')) {
    const ready = productsProgramOf(recorded, params.op, params.products);
    return { ...exported(recorded, ready), expected: flatOf(interpret(ready.program, ready.inputs)) };
  }
  const layouts = params.op === 'vjp' ? [recorded.outputLayout] : recorded.inputLayouts;
  const given =
    params.vector === undefined
      ? undefined
      : layouts.length === 1
        ? flatten(layouts[0], params.vector)
        : layouts.flatMap((layout, index) => flatten(layout, (params.vector as Data[])[index]) ?? []);
  return exported(recorded, matrixProgramOf(recorded, params.op, given));
}

function exported(recorded: Recorded, { program, inputs }: ReadyProgram): ProgramExport {
  return {
    program: serializeProgram(program),
    inputs: inputs.map(({ shape, dtype, data }) => ({ shape: [...shape], dtype, data: data })),
    inputLeaves: recorded.inputLeaves,
    outputLeaves: recorded.outputLeaves,
  };
}
