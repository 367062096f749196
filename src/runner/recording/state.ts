/** What the runtime of traced numbers knows while a function is being recorded. One function is recorded at a time. */
import { LeakedTracerError } from '../../engine/errors';
import { OPCODES } from '../../engine/primitives/opcodes';
import type { Row } from '../../engine/program/program';
import type { Recorder } from '../../engine/trace/recorder';
import { KNOWN_NUMBER, Tracer } from '../../engine/trace/tracer';
import { LineLog } from './lineLog';

/** A derivative that was lost, or another thing to tell the user, at a site (0: unknown, see `stack`). */
export interface Report {
  code: 'derivative-lost' | 'impure';
  message: string;
  hint?: string;
  site: number;
  stack?: string;
}

const MAX_REPORTS = 200;

class RecordingState {
  /** The recorder of the function at the bottom: where its arguments were traced. */
  recorder: Recorder | undefined;
  /** Rows up to here have their position. */
  placed = 0;
  /** The loop that runs now: what a time-out names. */
  site = 0;
  lines = new LineLog();
  reports: Report[] = [];
  private readonly seen = new Set<string>();
  /** Something was rounded to float32. */
  float32 = false;
  /** Calls of Math.random and the clock. */
  randomCalls = 0;

  begin(recorder: Recorder): void {
    this.recorder = recorder;
    this.placed = recorder.size;
    this.lines = new LineLog();
    this.reports = [];
    this.seen.clear();
    this.randomCalls = 0;
    this.float32 = false;
    this.site = 0;
  }

  end(): void {
    this.recorder = undefined;
  }

  report(report: Report): void {
    const key = `${report.code}:${report.site}:${report.site === 0 ? report.message : ''}`;
    if (this.reports.length >= MAX_REPORTS || this.seen.has(key)) return;
    this.seen.add(key);
    if (report.site === 0) report.stack ??= new Error('here').stack;
    this.reports.push(report);
  }
}

export const state = new RecordingState();

/** A traced plain number (a float64 scalar; a bool or float32 one is converted where it is used). */
export function isTraced(value: unknown): value is Tracer {
  return value instanceof Tracer;
}

export function valueOf({ recorder, row, form }: Tracer): number {
  return form === KNOWN_NUMBER ? recorder.values[row] : recorder.scalarAt(row);
}

/** The recorder that an operation on these goes to: the innermost. */
export function recorderOf(a: unknown, b?: unknown): Recorder {
  if (!(a instanceof Tracer)) return live((b as Tracer).recorder);
  if (b instanceof Tracer && b.recorder.level > a.recorder.level) return live(b.recorder);
  return live(a.recorder);
}

function live(recorder: Recorder): Recorder {
  if (recorder.isClosed) throw new LeakedTracerError();
  return recorder;
}

export function rowIn(recorder: Recorder, value: number | Tracer): Row {
  if (typeof value === 'number') return recorder.literal(value);
  if (value.recorder === recorder)
    return recorder.isScalar(value.row) ? value.row : recorder.convert(scalarRow(value), 'float64');
  return recorder.lift(value);
}

function scalarRow(value: Tracer): Row {
  if (value.aval.shape.length > 0) {
    throw new TypeError(
      `An operator met an array of shape [${value.shape.join(', ')}]: use the functions of np, as np.add(a, b).`,
    );
  }
  return value.row;
}

/** Records that the program holds only where this comparison comes out as it did here. */
export function decide(recorder: Recorder, opcode: number, a: Row, b: Row, outcome: boolean, site: number): boolean {
  recorder.position = site;
  recorder.guard(recorder.comparison(opcode, a, b, outcome));
  recorder.position = 0;
  state.lines.guard(site, outcome);
  return outcome;
}

/** A traced number where only a plain one will do: the program holds for this value only. */
export function pin(tracer: Tracer, site: number): number {
  const recorder = live(tracer.recorder);
  const value = valueOf(tracer);
  recorder.position = site;
  recorder.guard(tracer.row);
  recorder.position = 0;
  return value;
}

/** Operations whose derivative is zero wherever it exists. */
const FLAT = new Set<number>([
  OPCODES.floor,
  OPCODES.ceil,
  OPCODES.round,
  OPCODES.roundHalfUp,
  OPCODES.trunc,
  OPCODES.sign,
  OPCODES.eq,
  OPCODES.ne,
  OPCODES.lt,
  OPCODES.le,
  OPCODES.gt,
  OPCODES.ge,
  OPCODES.not,
  OPCODES.isNaN,
  OPCODES.isFinite,
  OPCODES.argmax,
  OPCODES.argmin,
  OPCODES.literal,
  OPCODES.constant,
  OPCODES.stopGradient,
]);

/** What was found of the rows asked about, so that asking in every iteration of a loop costs what lies between two iterations. */
const activity = new WeakMap<Recorder, Map<Row, boolean>>();

/** True where the value varies with the inputs, and not only in steps: losing it loses a derivative. */
export function isActive(tracer: Tracer): boolean {
  const { recorder } = tracer;
  let known = activity.get(recorder);
  if (!known) activity.set(recorder, (known = new Map()));
  const answer = known.get(tracer.row) ?? reachesInput(recorder, tracer.row, known);
  known.set(tracer.row, answer);
  return answer;
}

function reachesInput(recorder: Recorder, from: Row, known: ReadonlyMap<Row, boolean>): boolean {
  const seen = new Set<Row>([from]);
  const stack = [from];
  while (stack.length > 0) {
    const row = stack.pop() as Row;
    const opcode = recorder.opcode(row);
    if (opcode === OPCODES.input || known.get(row) === true) return true;
    if (FLAT.has(opcode) || known.has(row)) continue;
    for (const operand of recorder.operandsOf(row)) {
      if (!seen.has(operand)) {
        seen.add(operand);
        stack.push(operand);
      }
    }
  }
  return false;
}

/** Makes a traced number plain and says so, unless nothing is lost by it. */
export function lose(tracer: Tracer, site: number, what: string, hint?: string): number {
  const value = pin(tracer, site);
  if (isActive(tracer))
    state.report({ code: 'derivative-lost', message: `Derivative lost here: ${what}.`, hint, site });
  return value;
}
