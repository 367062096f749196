/** Timing: warm up, then batches of runs until the budget is used up; quantiles over the batches. */
import type { ProfileRow } from '../protocol';

const BATCH_MILLISECONDS = 0.5;
const MAX_BATCHES = 60;

/** A row without figures yet. */
export function emptyRow(of: Pick<ProfileRow, 'id' | 'label' | 'group' | 'backend'> & { size?: number }): ProfileRow {
  const { id, label, group, backend, size } = of;
  const figures = { compile: 0, first: 0, median: NaN, p10: NaN, p90: NaN, runs: 0, ratio: NaN };
  const cost = { operations: NaN, bytes: NaN };
  return { id, label, group, backend, ...cost, ...figures, ...(size === undefined ? {} : { size }) };
}

/** Milliseconds that anything may take, whatever is left of a budget. */
const NOTHING = 20;

/** Whether something that takes so many milliseconds leaves some of the budget to others. */
export function mayTake(expected: number, left: number): boolean {
  return expected <= Math.max(NOTHING, left / 2);
}

/** Why something was not measured. */
export function tooLong(expected: number): Pick<ProfileRow, 'unavailable'> {
  return {
    unavailable: `unavailable: it would take about ${(expected / 1000).toPrecision(2)} s, too long for the budget`,
  };
}

/** Times of an asynchronous body: a warm-up, then runs until the budget is used up. */
export async function measureAsync(
  body: () => Promise<unknown>,
  budget: number,
): Promise<Pick<ProfileRow, 'median' | 'p10' | 'p90' | 'runs'>> {
  await body();
  const times: number[] = [];
  for (
    const until = performance.now() + budget;
    times.length < 3 || (performance.now() < until && times.length < 200);
  ) {
    const began = performance.now();
    await body();
    times.push(performance.now() - began);
  }
  return { ...quantiles(times), runs: times.length + 1 };
}

function quantiles(times: number[]): { median: number; p10: number; p90: number } {
  times.sort((a, b) => a - b);
  const quantile = (q: number) => times[Math.min(times.length - 1, Math.floor(q * times.length))];
  return { median: quantile(0.5), p10: quantile(0.1), p90: quantile(0.9) };
}

export function measure(
  body: () => unknown,
  budget: number,
): Pick<ProfileRow, 'first' | 'median' | 'p10' | 'p90' | 'runs'> {
  const start = performance.now();
  body();
  const first = performance.now() - start;
  if (first > budget) return { first, median: first, p10: first, p90: first, runs: 1 };
  const warmUntil = performance.now() + budget * 0.3;
  let runs = 1;
  let once = first;
  while (performance.now() < warmUntil) {
    const began = performance.now();
    body();
    once = performance.now() - began;
    runs++;
  }
  const perBatch = Math.max(1, Math.ceil(BATCH_MILLISECONDS / Math.max(once, 1e-5)));
  const times: number[] = [];
  const until = performance.now() + budget * 0.6;
  while (times.length < MAX_BATCHES && (performance.now() < until || times.length < 3)) {
    const began = performance.now();
    for (let index = 0; index < perBatch; index++) body();
    times.push((performance.now() - began) / perBatch);
    runs += perBatch;
  }
  return { first, ...quantiles(times), runs };
}
