/** How far float32 results lie from float64 ones. */

/**
 * The largest error, relative to the largest finite entry expected. Equal NaNs and infinities are no error; where only one side
 * is finite, the error is infinite.
 */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let scale = 0;
  let worst = 0;
  for (let index = 0; index < expected.length; index++) {
    const [a, b] = [found[index], expected[index]];
    if (Number.isFinite(b)) scale = Math.max(scale, Math.abs(b));
    if (Object.is(a, b) || a === b) continue;
    const error = Math.abs(a - b);
    worst = Math.max(worst, Number.isNaN(error) ? Infinity : error);
  }
  return scale === 0 ? worst : worst / scale;
}
