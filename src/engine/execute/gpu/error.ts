/** How far float32 results lie from float64 ones. */

/**
 * The largest error, relative to the largest finite entry expected, and the index of the entry that has it (−1 where there is no
 * error). Equal NaNs and infinities are no error; where only one side is finite, the error is infinite.
 */
export function largestDeviation(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
): { readonly error: number; readonly index: number } {
  let scale = 0;
  let worst = 0;
  let at = -1;
  for (let index = 0; index < expected.length; index++) {
    const [a, b] = [found[index], expected[index]];
    if (Number.isFinite(b)) scale = Math.max(scale, Math.abs(b));
    if (Object.is(a, b) || a === b) continue;
    const difference = Math.abs(a - b);
    const error = Number.isNaN(difference) ? Infinity : difference;
    if (error <= worst) continue;
    worst = error;
    at = index;
  }
  return { error: scale === 0 ? worst : worst / scale, index: at };
}

/** The largest error alone. */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  return largestDeviation(found, expected).error;
}
