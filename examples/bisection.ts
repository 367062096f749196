/**
 * A root by bisection. The halving is steered by comparisons, and through a comparison no derivative passes: differentiated as it stands,
 * the answer is wrong. GradLens warns, and one Newton step at the end gives value and derivative to full precision.
 */

/** The edge of a cube of the given volume. */
function bracket(volume: number): number {
  let low = 0;
  let high = Math.max(1, volume);
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (middle ** 3 > volume) high = middle;
    else low = middle;
  }
  return low;
}

/** Without the Newton step the derivative is that of the last bracket's ends, and the warning says at which line it is lost. */
export function bisected(volume: number): number {
  return bracket(volume);
}

/**
 * With it: 1 / (3 edge²).
 * @at 8
 * @check
 */
export function edge(volume: number): number {
  const rough = bracket(volume);
  return rough - (rough ** 3 - volume) / (3 * rough * rough);
}
