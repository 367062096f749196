/** Timing: warm up, then batches of runs until the budget is used up; quantiles over the batches. */
import type { ProfileRow } from '../protocol';

const BATCH_MILLISECONDS = 0.5;
const MAX_BATCHES = 60;

export function measure(
  body: () => void,
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
  times.sort((a, b) => a - b);
  const quantile = (q: number) => times[Math.min(times.length - 1, Math.floor(q * times.length))];
  return { first, median: quantile(0.5), p10: quantile(0.1), p90: quantile(0.9), runs };
}
