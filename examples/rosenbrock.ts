/**
 * Rosenbrock's valley, the classic test of optimisers: the minimum lies at (1, 1, …) at the end of a long bent valley.
 * @at [-1.2, 1]
 * @at [-1.2, 1, 0.5, 2]
 */
export function rosenbrock(x: number[]): number {
  let sum = 0;
  for (let i = 0; i + 1 < x.length; i++) {
    const along = 1 - x[i];
    const across = x[i + 1] - x[i] * x[i];
    sum += along * along + 100 * across * across;
  }
  return sum;
}

/**
 * Its gradient, written by hand. GradLens checks it against the derivative.
 * @gradientOf rosenbrock
 * @at [-1.2, 1]
 */
export function rosenbrockGradient([x, y]: number[]): number[] {
  return [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)];
}
