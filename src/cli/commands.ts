/** The commands: ask the runner, print the answer, give the exit code. */
import { resolve } from 'node:path';
import type { RunnerClient } from '../runner/client/runnerClient';
import { RunnerRequestError } from '../runner/client/runnerClient';
import type { CheckReport, ErrorInfo, Evaluation, Finding, FunctionInfo, ProfileRow } from '../runner/protocol';
import { toJson } from './json';
import { evaluation, number as positive, operation, target, type Options } from './options';
import { heatmap } from './print/heatmap';
import { milliseconds, number, structure } from './print/numbers';
import { place } from './print/place';
import { ProgressBar } from './print/progress';
import { componentNames, matrixTable, table } from './print/table';
import { UsageError } from './usage';

export interface Output {
  line: (text: string) => void;
  error: (text: string) => void;
  colors: boolean;
}

export type Command = (client: RunnerClient, options: Options, output: Output) => Promise<number>;

/** What of an error is public. */
export function publicError({ code, message, file, line, column, hint }: ErrorInfo): ErrorInfo {
  return {
    code,
    message,
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    ...(hint === undefined ? {} : { hint }),
  };
}

function publicWarnings(findings: readonly Finding[]): object[] {
  return findings.map(({ code, message, location: { file, line, column } }) => ({ code, message, file, line, column }));
}

export function printError(info: ErrorInfo, output: Output): void {
  const { message, file, line, column, hint } = info;
  const where = file === undefined ? '' : `\n  at ${place({ file, line, column })}`;
  output.error(`error: ${message}${where}${hint === undefined ? '' : `\n  ${hint}`}`);
}

function printWarnings(findings: readonly Finding[], output: Output): void {
  for (const { message, hint, location } of findings) {
    output.error(`warning: ${message}\n  at ${place(location)}${hint === undefined ? '' : `\n  ${hint}`}`);
  }
}

/** Whoever stops at a breakpoint has time: some days. */
const UNHURRIED = 4e8;

function requestOptions({ values }: Options): { timeLimit?: number } {
  if (values.debug) return { timeLimit: UNHURRIED };
  const timeLimit = positive(values['time-limit'], 'time-limit');
  return timeLimit === undefined ? {} : { timeLimit };
}

async function withProgress<T>(work: (onProgress: ProgressBar['update']) => Promise<T>): Promise<T> {
  const bar = new ProgressBar();
  try {
    return await work(bar.update);
  } finally {
    bar.clear();
  }
}

const list: Command = async (client, { positionals, values }, output) => {
  const [file] = positionals;
  if (file === undefined) throw new UsageError('Give a file.');
  const result = await client.request('list', { file: resolve(file) });
  if (values.json) {
    output.line(toJson(result));
    return 0;
  }
  for (const { message, location } of result.syntaxErrors)
    output.error(`syntax error: ${message}\n  at ${place(location)}`);
  if (result.functions.length === 0) output.line('No functions.');
  for (const found of result.functions) output.line(describe(found));
  return 0;
};

function describe(found: FunctionInfo): string {
  const parameters = found.parameters
    .map(({ name, type, optional }) => `${name}${optional ? '?' : ''}: ${type}`)
    .join(', ');
  const head = `${String(found.range.line).padStart(5)}  ${found.name}(${parameters})${found.returnType === undefined ? '' : `: ${found.returnType}`}`;
  if (!found.differentiable) return `${head}\n         not differentiable: ${found.reason ?? ''}`;
  return `${head}\n${found.points.map(({ source, expression }) => `         ${source === '@at' ? '@at' : source} ${expression}`).join('\n')}`;
}

const evaluate: Command = async (client, options, output) => {
  const params = evaluation(options);
  const result = await withProgress((onProgress) =>
    client.request('evaluate', params, { ...requestOptions(options), onProgress }),
  );
  if (options.values.json) output.line(toJson(evaluationJson(result)));
  else {
    printWarnings(result.warnings, output);
    printEvaluation(result, params.op, options, output);
  }
  return 0;
};

/** What a GPU computed says so: `backend`, and `float32` with the error against float64. */
export function evaluationJson(evaluated: Evaluation): object {
  const { value, result, warnings, operations, timing, backend, float32, notice } = evaluated;
  return {
    value: value ?? null,
    result: result ?? null,
    warnings: publicWarnings(warnings),
    operations,
    timing,
    ...(float32 ? { backend, float32 } : {}),
    ...(notice ? { notice } : {}),
  };
}

function printEvaluation(evaluated: Evaluation, op: string, { values }: Options, output: Output): void {
  const { matrix } = evaluated;
  if (op !== 'value') output.line(`value   ${structure(evaluated.value)}`);
  if (!matrix || matrix.rows * matrix.columns === 1) output.line(`${op.padEnd(7)} ${structure(evaluated.result)}`);
  else {
    const columns = componentNames(evaluated.inputs, 'x');
    const rows = op === 'hessian' ? columns : op === 'grad' ? ['∂f'] : componentNames(evaluated.outputs, 'f');
    output.line(`${op}\n${matrixTable(matrix, rows, columns)}`);
  }
  if (values.plot && matrix) output.line(heatmap(matrix, output.colors));
  output.line(`${evaluated.operations} operations, ${milliseconds(evaluated.timing.total)}, ${evaluated.strategy}`);
  const { backend, float32, notice } = evaluated;
  if (float32) {
    const { adapter, error, checked, entries } = float32;
    const device = adapter === undefined ? backend : `${backend}, ${adapter}`;
    const part = checked < entries ? ` (${checked} of ${entries} entries compared)` : '';
    output.line(
      `${device}: off from float64 by ${number(Number(error.toPrecision(2)))} of the largest entry at most${part}`,
    );
  }
  if (notice) output.error(notice.hint === undefined ? notice.message : `${notice.message} ${notice.hint}`);
}

const check: Command = async (client, options, output) => {
  const { positionals, values } = options;
  const [path, fn] = positionals;
  if (path === undefined) throw new UsageError('Give a file.');
  const file = resolve(path);
  const tolerance = positive(values.tolerance, 'tolerance');
  const { functions } = await client.request('list', { file });
  const chosen =
    fn === undefined
      ? functions.filter(({ differentiable, gradientOf }) => differentiable || gradientOf !== undefined)
      : [{ name: fn, points: [] as FunctionInfo['points'], checked: true }];
  const bar = new ProgressBar();
  const reports: {
    name: string;
    passed: boolean;
    skipped?: boolean;
    verdict: string;
    report?: CheckReport;
    error?: ErrorInfo;
  }[] = [];
  for (const [index, { name, points, checked }] of chosen.entries()) {
    bar.update(index, chosen.length, name);
    try {
      const report = await client.request(
        'check',
        {
          file,
          fn: name,
          ...(values.at === undefined ? {} : { at: values.at }),
          ...(tolerance === undefined ? {} : { tolerance }),
        },
        requestOptions(options),
      );
      reports.push({ name, passed: report.passed, verdict: report.verdict, report });
    } catch (error) {
      if (!(error instanceof RunnerRequestError)) throw error;
      // At a point that nobody chose, a function may well refuse to run.
      const skipped = !checked && points[0]?.source !== '@at' && error.code !== 'syntax-error';
      reports.push({ name, passed: skipped, skipped, verdict: error.message, error: publicError(error.info) });
    }
  }
  bar.clear();
  const passed = reports.every((report) => report.passed);
  if (values.json) {
    output.line(
      toJson({
        passed,
        functions: reports.map(({ report, ...rest }) => ({
          ...rest,
          ...(report
            ? {
                parts: report.parts,
                warnings: publicWarnings(report.warnings),
                ...(report.mismatch ? { mismatch: report.mismatch } : {}),
              }
            : {}),
        })),
      }),
    );
    return passed ? 0 : 1;
  }
  for (const { name, passed: ok, skipped, verdict, report, error } of reports) {
    output.line(`${skipped ? 'skipped' : ok ? 'passed ' : 'FAILED '}  ${name}: ${verdict}`);
    if (error?.file !== undefined && error.line !== undefined)
      output.line(`           at ${place({ file: error.file, line: error.line, column: error.column })}`);
    for (const part of report?.parts ?? [])
      if (!part.passed && part.message !== verdict) output.line(`           ${part.name}: ${part.message}`);
    if (report) printWarnings(report.warnings, output);
  }
  if (reports.length === 0) output.line('Nothing to check.');
  return passed ? 0 : 1;
};

const profile: Command = async (client, options, output) => {
  const budget = positive(options.values.budget, 'budget');
  const params = { ...target(options), ...(budget === undefined ? {} : { budget }) };
  const result = await withProgress((onProgress) =>
    client.request('profile', params, { ...requestOptions(options), onProgress }),
  );
  if (options.values.json) {
    output.line(toJson(result));
    return 0;
  }
  const head = ['', 'backend', 'compile', 'first', 'median', 'p10', 'p90', '× f'];
  output.line(table([head, ...result.rows.map(profileRow)], 2));
  if (result.crossover) output.line(result.crossover.message);
  output.line(result.advice);
  if (result.gpuChoice !== undefined) output.line(result.gpuChoice);
  return 0;
};

function profileRow({ label, compile, first, median, p10, p90, ratio, unavailable, ...ran }: ProfileRow): string[] {
  const backend = ran.threads === undefined ? ran.backend : `${ran.backend}, ${ran.threads} threads`;
  if (unavailable !== undefined) return [label, backend, unavailable];
  return [
    label,
    backend,
    ...[compile, first, median, p10, p90].map(milliseconds),
    Number.isFinite(ratio) ? number(Number(ratio.toPrecision(3))) : '–',
  ];
}

const program: Command = async (client, options, output) => {
  const result = await client.request(
    'program',
    { ...target(options), op: operation(options.values.op, 'value') },
    requestOptions(options),
  );
  output.line(options.values.json ? toJson(result) : result.text);
  return 0;
};

export const COMMANDS: Record<string, Command> = { list, eval: evaluate, check, profile, program };
