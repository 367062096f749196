/** Through an npm library: a polynomial fitted by ml-matrix, differentiated through the solver. */
import { Matrix, solve } from 'ml-matrix';

const times = [0, 0.5, 1, 1.5, 2, 2.5];
const measured = [1.1, 1.9, 2.4, 2.2, 1.7, 0.6];

/**
 * The parabola that fits best, by its coefficients, as it depends on the measurements and on their weights.
 * @at measured, [1, 1, 2, 2, 1, 1]
 */
export function fit(values: number[], weights: number[]): number[] {
  const rows = times.map((t) => [1, t, t * t]);
  const X = new Matrix(rows);
  const WX = new Matrix(rows.map((row, i) => row.map((entry) => entry * weights[i])));
  const y = Matrix.columnVector(values);
  const normal = WX.transpose().mmul(X);
  return solve(normal, WX.transpose().mmul(y)).to1DArray();
}

/**
 * Where the fitted parabola is highest.
 * @at measured
 */
export function peak(values: number[]): number {
  const [, b, c] = fit(values, [1, 1, 1, 1, 1, 1]);
  return -b / (2 * c);
}
