/** Round positions on axes. */

/** 1, 2 or 5 times a power of ten, at least `step`. */
export function niceStep(step: number): number {
  if (!(step > 0) || !Number.isFinite(step)) return 1;
  const power = 10 ** Math.floor(Math.log10(step));
  const rest = step / power;
  return (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10) * power;
}

/** About `count` round numbers within [low, high]. */
export function linearTicks(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low];
  const step = niceStep((high - low) / Math.max(1, count));
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++)
    ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}

/** Whole positions for an axis of entries: every 1, 2, 5, 10, … so that labels keep `minPixels` apart. */
export function indexStep(cellPixels: number, minPixels: number): number {
  return Math.max(1, niceStep(minPixels / cellPixels));
}

/** Powers of ten within [low, high], thinned to about `count`. */
export function logTicks(low: number, high: number, count: number): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const stride = Math.max(1, Math.ceil((last - first + 1) / count));
  const ticks: number[] = [];
  for (let e = first; e <= last; e += stride) ticks.push(10 ** e);
  return ticks;
}

/** Ticks of a symmetric-log axis: zero, and powers of ten to both sides from the threshold to the largest value. */
export function symlogTicks(maxAbs: number, threshold: number, count: number): number[] {
  const powers = logTicks(Math.max(threshold, maxAbs * 1e-12), maxAbs, Math.max(1, Math.floor((count - 1) / 2)));
  return [...powers.map((power) => -power).reverse(), 0, ...powers];
}
