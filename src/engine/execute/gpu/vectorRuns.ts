/** Which turns of a loop can be computed side by side, and in which order its sites. */
import { OPCODES } from '../../primitives/opcodes';
import { tapeArity } from '../scalar/operations';
import type { Tape } from '../scalar/tape';

/** Turns of a loop, one behind the other in the tape. */
interface Turns {
  /** Their first row. */
  readonly start: number;
  readonly count: number;
  readonly period: number;
}

export interface VectorRun extends Turns {
  /** Sites, as places in a turn, each after those that it needs: of other turns too, for a trace is cut into turns at any place. */
  readonly order: readonly number[];
  /** Sites that need what they gave in the turn before, and what needs those. */
  readonly recurrent: readonly number[];
}

/** What a row reads in all turns of its loop. */
export function valuesOf(tape: Tape, { start, count, period }: Turns, offset: number, column: number): Int32Array {
  const operands = [tape.a, tape.b, tape.c][column];
  return Int32Array.from({ length: count }, (_, turn) => operands[start + turn * period + offset]);
}

/** By row: the last one that reads it; those that are results have one behind the end. */
export function lastUsesOf(tape: Tape): Int32Array {
  const last = new Int32Array(tape.size).fill(-1);
  const isRow = (value: number) => value >= tape.inputCount && value < tape.firstLiteral;
  for (const column of [tape.a, tape.b, tape.c])
    column.forEach((value, user) => {
      if (isRow(value)) last[value - tape.inputCount] = Math.max(last[value - tape.inputCount], user);
    });
  for (const value of tape.outputs) if (isRow(value)) last[value - tape.inputCount] = tape.size;
  return last;
}

/** Turns at the beginning and at the end that may be left out, since they read across a border: the fewest first, the most last. */
const MARGINS = [
  [1, 0],
  [0, 1],
  [1, 1],
  [2, 0],
  [0, 2],
  [2, 1],
  [1, 2],
  [2, 2],
] as const;

/** The turns of a loop that can be vectors, without recurrences where there is a choice; undefined where there are none. */
export function vectorRun(tape: Tape, start: number, period: number, count: number): VectorRun | undefined {
  const without = (before: number, after: number) =>
    ordered(tape, { start: start + before * period, period, count: count - before - after });
  const isFree = (run: VectorRun | undefined) => run?.recurrent.length === 0;
  const whole = without(0, 0);
  if (isFree(whole)) return whole;
  // Leaving out the most tells whether the borders are what is in the way.
  const inner = without(2, 2);
  if (whole && !isFree(inner)) return whole;
  if (!inner) return undefined;
  for (const [before, after] of MARGINS) {
    const found = without(before, after);
    if (found && (isFree(found) || !isFree(inner))) return found;
  }
  return inner;
}

function ordered(tape: Tape, turns: Turns): VectorRun | undefined {
  const { period } = turns;
  const reads = Array.from({ length: period }, (_, offset) => readsOf(tape, turns, offset));
  const order: number[] = [];
  const done = new Uint8Array(period);
  for (let size = -1; size !== order.length;) {
    size = order.length;
    reads.forEach((read, offset) => {
      if (done[offset] || ![...read].every((other) => done[other])) return;
      done[offset] = 1;
      order.push(offset);
    });
  }
  const recurrent = reads.flatMap((_, offset) => (done[offset] ? [] : [offset]));
  const run = { ...turns, order, recurrent };
  const holds = recurrent.every((offset) =>
    columnsOf(tape, turns.start + offset).every((column) => {
      return sourceInRun(tape, run, valuesOf(tape, run, offset, column)) !== null;
    }),
  );
  return holds ? run : undefined;
}

const columnsOf = (tape: Tape, row: number): readonly number[] =>
  tape.ops[row] === OPCODES.integerPow ? [0] : Array.from({ length: tapeArity[tape.ops[row]] }, (_, column) => column);

/** The sites of its loop that a site reads, in any turn. */
function readsOf(tape: Tape, turns: Turns, offset: number): Set<number> {
  const found = new Set<number>();
  for (const column of columnsOf(tape, turns.start + offset))
    for (const value of valuesOf(tape, turns, offset, column)) {
      const row = value - tape.inputCount;
      if (row >= turns.start && value < tape.firstLiteral) found.add((row - turns.start) % turns.period);
    }
  return found;
}

/** Is a value there before the recurrences of a run are? */
function isBefore(tape: Tape, { start, period, order }: VectorRun, value: number): boolean {
  const row = value - tape.inputCount;
  return value >= tape.firstLiteral || row < start || order.includes((row - start) % period);
}

/**
 * The recurrent site that values are the results of, in the same turn or (`lag` 1) the one before, whose first is there before.
 * Undefined where all are there before the recurrences are; null for anything else.
 */
export function sourceInRun(
  tape: Tape,
  run: VectorRun,
  values: Int32Array,
): { readonly offset: number; readonly lag: 0 | 1 } | undefined | null {
  const { start, count, period, recurrent } = run;
  if (values.every((value) => isBefore(tape, run, value))) return undefined;
  const first = tape.inputCount + start;
  const place = values[count - 1] - first - (count - 1) * period;
  const lag = place < 0 ? 1 : 0;
  const offset = place + lag * period;
  if (!recurrent.includes(offset)) return null;
  for (let turn = lag; turn < count; turn++) if (values[turn] !== first + (turn - lag) * period + offset) return null;
  if (lag === 1 && !isBefore(tape, run, values[0])) return null;
  return { offset, lag };
}
