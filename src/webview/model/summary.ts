/** The summary of a matrix where the runner gives none (Hessians): norms, symmetry, singular values. */
import type { DenseMatrix, Matrix, MatrixSummary } from '../../runner/protocol';

/** Beyond this the singular values take longer than one wants to wait in a page. */
const MAX_SVD = 120;

/** @param error how far the entries are off, relative to the largest one, where that is more than rounding (float32) */
export function summarize(matrix: Matrix, error = 0): MatrixSummary {
  let squares = 0;
  let maxAbs = 0;
  let nonZeros = 0;
  let nonFinite = 0;
  const { rows, columns, values } = matrix;
  // By index: an iterator takes ten times as long for a hundred million.
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value !== 0) nonZeros++;
    if (!Number.isFinite(value)) nonFinite++;
    else {
      squares += value * value;
      if (Math.abs(value) > maxAbs) maxAbs = Math.abs(value);
    }
  }
  const summary: MatrixSummary = { rows, columns, frobenius: Math.sqrt(squares), maxAbs, nonZeros, nonFinite };
  if (matrix.kind === 'sparse') return summary;
  if (rows === columns) summary.symmetric = isSymmetric(matrix, maxAbs * Math.max(1e-10, 2 * error));
  if (nonFinite > 0 || Math.min(rows, columns) > MAX_SVD || rows * columns > MAX_SVD * MAX_SVD) return summary;
  const singularValues = singularValuesOf(matrix);
  const threshold = (singularValues[0] ?? 0) * Math.max(rows, columns) * Math.max(Number.EPSILON, error);
  const smallest = singularValues[singularValues.length - 1] ?? 0;
  return {
    ...summary,
    singularValues,
    rank: singularValues.filter((value) => value > threshold).length,
    condition: smallest > 0 ? singularValues[0] / smallest : Infinity,
  };
}

function isSymmetric({ rows, values }: DenseMatrix, tolerance: number): boolean {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < r; c++) if (Math.abs(values[r * rows + c] - values[c * rows + r]) > tolerance) return false;
  }
  return true;
}

/** One-sided Jacobi: rotates pairs of columns until all are orthogonal; their lengths are the singular values, descending. */
export function singularValuesOf({ rows, columns, values }: DenseMatrix): Float64Array {
  const wide = columns > rows;
  const [m, n] = wide ? [columns, rows] : [rows, columns];
  const vectors = Array.from({ length: n }, (_, j) =>
    Float64Array.from({ length: m }, (_, i) => (wide ? values[j * columns + i] : values[i * columns + j])),
  );
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  for (let sweep = 0, rotated = true; rotated && sweep < 40; sweep++) {
    rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const alpha = dot(vectors[p], vectors[p]);
        const beta = dot(vectors[q], vectors[q]);
        const gamma = dot(vectors[p], vectors[q]);
        if (Math.abs(gamma) <= 1e-15 * Math.sqrt(alpha * beta) || gamma === 0) continue;
        rotated = true;
        const zeta = (beta - alpha) / (2 * gamma);
        const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const cos = 1 / Math.hypot(1, t);
        rotate(vectors[p], vectors[q], cos, cos * t);
      }
    }
  }
  return Float64Array.from(vectors, (vector) => Math.sqrt(dot(vector, vector))).sort((a, b) => b - a);
}

function rotate(a: Float64Array, b: Float64Array, cos: number, sin: number): void {
  for (let i = 0; i < a.length; i++) {
    const x = a[i];
    a[i] = cos * x - sin * b[i];
    b[i] = sin * x + cos * b[i];
  }
}
