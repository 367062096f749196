/**
 * Finds periodic stretches in a sequence of tokens. A token is an operation or a loop found before; each has a representative row
 * whose operands say whether a repetition of the same operations is a loop (operands constant or affine in the iteration) or
 * only looks like one.
 */

/** What the search looks at: `tokens[t]` and the operands of the token's first row. */
export interface Sequence {
  readonly tokens: Int32Array;
  readonly length: number;
  /** First row of every token. */
  readonly rows: Int32Array;
}

/** Operands of every token's first row, and the index from which on operands are literals (their place in the pool says nothing). */
export interface Operands {
  readonly columns: readonly Int32Array[];
  readonly firstLiteral: number;
}

/** Tokens [start, start + period · count) are `count` iterations. */
export interface Stretch {
  readonly start: number;
  readonly period: number;
  readonly count: number;
}

/** A loop is worth its overhead from here on. */
const LEAST_ITERATIONS = 4;
const LEAST_TOKENS = 24;
/** Inner loops with few iterations hide a longer period: try its multiples up to this. */
const MOST_MULTIPLES = 16;

const LITERAL = -0x40000000;
const IRREGULAR = -0x40000001;

/** Non-overlapping stretches, in order. */
export function findStretches(sequence: Sequence, operands: Operands, window: number): Stretch[] {
  const { tokens, length } = sequence;
  const found: Stretch[] = [];
  if (length < window + 2) return found;
  let bits = 4;
  while (1 << bits < length * 2) bits++;
  const mask = (1 << bits) - 1;
  const lastAt = new Int32Array(1 << bits).fill(-1);
  let top = 1;
  for (let step = 0; step < window; step++) top = Math.imul(top, 0x01000193);
  let hash = 0;
  let free = 0;
  // Repetitions that are no loops, by lag: where each ends, so that it is looked at once.
  const rejected = new Map<number, number>();
  const outcomes = new Map<number, Outcome>();
  for (let at = 0; at < length; at++) {
    hash = Math.imul(hash, 0x01000193) + tokens[at] + 1;
    if (at >= window) hash -= Math.imul(top, tokens[at - window] + 1);
    if (at < window - 1) continue;
    const slot = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) & mask;
    const before = lastAt[slot];
    lastAt[slot] = at;
    if (before < 0 || before < free) continue;
    const lag = at - before;
    if (at < (rejected.get(lag) ?? 0)) continue;
    if (tokens[before] !== tokens[at]) continue;
    let end = at + 1;
    while (end < length && tokens[end] === tokens[end - lag]) end++;
    let start = at;
    while (start - 1 - lag >= free && tokens[start - 1] === tokens[start - 1 - lag]) start--;
    const added = found.length;
    if (end - start + lag >= 3 * lag) segment(sequence, operands, start - lag, end, lag, found, outcomes);
    if (found.length === added) {
      rejected.set(lag, end);
      continue;
    }
    const last = found[found.length - 1];
    free = last.start + last.period * last.count;
    if (free > at) {
      // Continue behind the stretch with a fresh window.
      const from = free;
      hash = 0;
      for (let index = Math.max(from - window, 0); index < from; index++)
        hash = Math.imul(hash, 0x01000193) + tokens[index] + 1;
      at = from - 1;
    }
  }
  return found;
}

/** What came of a repetition of so many tokens with that lag, and how often in a row. */
interface Outcome {
  /** 0: no loops. */
  multiple: number;
  covered: number;
  times: number;
}

/** Outcomes are trusted after so many in a row. The same inner loops come again with each iteration of the loops around. */
const SURE = 4;

/** Divides a repetition of `lag` tokens into loops, or finds none: appends to `found`. */
function segment(
  sequence: Sequence,
  operands: Operands,
  start: number,
  end: number,
  lag: number,
  found: Stretch[],
  outcomes: Map<number, Outcome>,
): void {
  const length = end - start;
  const key = lag * 0x4000000 + length;
  let outcome = outcomes.get(key);
  if (!outcome) outcomes.set(key, (outcome = { multiple: 0, covered: 0, times: 0 }));
  if (outcome.times >= SURE) {
    if (outcome.multiple === 0) return;
    const loops = regularLoops(sequence, operands, start, end, lag * outcome.multiple);
    if (coveredBy(loops) === outcome.covered) {
      for (const loop of loops) found.push(loop);
      return;
    }
  }
  let best: Stretch[] = [];
  let bestCovered = 0;
  let bestMultiple = 0;
  for (let multiple = 1; multiple <= MOST_MULTIPLES; multiple++) {
    const period = lag * multiple;
    const least = sequence.rows[start + period] - sequence.rows[start] > LEAST_TOKENS ? 3 : LEAST_ITERATIONS;
    if (period * least > length) break;
    const loops = regularLoops(sequence, operands, start, end, period);
    const covered = coveredBy(loops);
    if (covered > bestCovered * 1.25) {
      best = loops;
      bestCovered = covered;
      bestMultiple = multiple;
    }
    if (covered >= 0.7 * length) break;
  }
  const isSame = outcome.multiple === bestMultiple && outcome.covered === bestCovered;
  outcome.times = isSame ? outcome.times + 1 : 1;
  outcome.multiple = bestMultiple;
  outcome.covered = bestCovered;
  for (const loop of best) found.push(loop);
}

/** Tokens in loops. */
function coveredBy(loops: readonly Stretch[]): number {
  let covered = 0;
  for (const { period, count } of loops) covered += period * count;
  return covered;
}

/** Difference of two operands, or LITERAL for two different literals. */
function difference(now: number, before: number, firstLiteral: number): number {
  if (now >= firstLiteral && before >= firstLiteral) return now === before ? 0 : LITERAL;
  if (now >= firstLiteral || before >= firstLiteral) return IRREGULAR;
  return now - before;
}

/** Iterations that are looked at to learn the strides: enough to outvote the beginnings of inner loops. */
const SAMPLE = 96;

/** The stride of every operand of a period, by majority, or IRREGULAR. */
function learnStrides({ columns, firstLiteral }: Operands, start: number, end: number, period: number): Int32Array {
  const width = columns.length;
  const strides = new Int32Array(period * width);
  const votes = new Int32Array(period * width);
  const stop = Math.min(end, start + period * (SAMPLE + 1));
  for (let at = start + period, site = 0; at < stop; at++) {
    for (let column = 0; column < width; column++, site++) {
      const stride = difference(columns[column][at], columns[column][at - period], firstLiteral);
      if (votes[site] === 0) {
        strides[site] = stride;
        votes[site] = 1;
      } else if (strides[site] === stride) votes[site]++;
      else votes[site]--;
    }
    if (site === strides.length) site = 0;
  }
  const misses = votes.fill(0);
  for (let at = start + period, site = 0; at < stop; at++) {
    for (let column = 0; column < width; column++, site++) {
      if (difference(columns[column][at], columns[column][at - period], firstLiteral) !== strides[site]) misses[site]++;
    }
    if (site === strides.length) site = 0;
  }
  const iterations = Math.floor((stop - start) / period) - 1;
  for (let site = 0; site < strides.length; site++) if (misses[site] * 2 > iterations) strides[site] = IRREGULAR;
  return strides;
}

function regularLoops(sequence: Sequence, operands: Operands, start: number, end: number, period: number): Stretch[] {
  const { rows } = sequence;
  const { columns } = operands;
  const width = columns.length;
  const strides = learnStrides(operands, start, end, period);
  let irregular = 0;
  let present = 0;
  for (let offset = 0; offset < period; offset++) {
    for (let column = 0; column < width; column++) {
      if (columns[column][start + offset] < 0) continue;
      present++;
      if (strides[offset * width + column] === IRREGULAR) irregular++;
    }
  }
  if (irregular * 2 > present) return [];
  // Where a regular operand breaks its stride, a loop has ended and another one begun.
  const loops: Stretch[] = [];
  let from = start;
  let first = true;
  const close = (to: number) => {
    const count = Math.floor((to - from) / period);
    const perIteration = count > 0 ? rows[from + period - 1] - rows[from] + 1 : 0;
    const least = perIteration > LEAST_TOKENS ? 3 : LEAST_ITERATIONS;
    if (count >= least && count * perIteration >= LEAST_TOKENS) loops.push({ start: from, period, count });
  };
  // Where each column breaks next: one tight loop for each, since they read every row of the tape.
  const breaks = columns.map((_, column) => nextBreak(operands, column, start + period, end, start, period, strides));
  for (;;) {
    let at = end;
    for (const next of breaks) if (next < at) at = next;
    if (at === end) break;
    for (let column = 0; column < width; column++) {
      if (breaks[column] === at) breaks[column] = nextBreak(operands, column, at + 1, end, start, period, strides);
    }
    if (first && at < from + 2 * period) {
      // Initial values differ: the loop begins at the first row that has one.
      first = false;
      from = at - period;
    } else if (at >= from + 2 * period) {
      close(at);
      from = at;
      first = false;
    }
  }
  close(end);
  return loops;
}

/** The first token from `from` on whose operand does not follow the stride; `end` where all do. */
function nextBreak(
  { columns, firstLiteral }: Operands,
  column: number,
  from: number,
  end: number,
  start: number,
  period: number,
  strides: Int32Array,
): number {
  const values = columns[column];
  const width = columns.length;
  const wrap = strides.length + column;
  let site = ((from - start) % period) * width + column;
  let at = from;
  while (at < end) {
    if (
      values[at] - values[at - period] !== strides[site] &&
      !follows(values[at], values[at - period], strides[site], firstLiteral)
    ) {
      return at;
    }
    at++;
    site += width;
    if (site === wrap) site = column;
  }
  return end;
}

function follows(now: number, before: number, stride: number, firstLiteral: number): boolean {
  if (stride === IRREGULAR) return true;
  if (stride === LITERAL) return now >= firstLiteral && before >= firstLiteral;
  return now - before === stride;
}
