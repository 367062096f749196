/** Figures about a matrix: norms, symmetry, rank and condition. */
import type { DenseMatrix, Matrix, MatrixSummary, SparseMatrix } from '../protocol';

const MAX_FOR_SINGULAR_VALUES = 300;

/** Rounding errors of float64 in sums of a matrix's entries, relative to the largest. */
const ROUNDING = 1e-12;

/** @param error how far the entries are off, relative to the largest one, where that is more than rounding (float32) */
export function summarize(matrix: Matrix, error = 0): MatrixSummary {
  const { rows, columns, values } = matrix;
  let squares = 0;
  let maxAbs = 0;
  let nonZeros = 0;
  let nonFinite = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) nonFinite++;
    if (value !== 0) nonZeros++;
    squares += value * value;
    if (Math.abs(value) > maxAbs) maxAbs = Math.abs(value);
  }
  const summary: MatrixSummary = { rows, columns, frobenius: Math.sqrt(squares), maxAbs, nonZeros, nonFinite };
  if (matrix.kind === 'sparse') {
    if (rows === columns) summary.symmetric = isSparseSymmetric(matrix, maxAbs);
    return summary;
  }
  if (rows === columns && rows > 1) summary.symmetric = isSymmetric(matrix, maxAbs * Math.max(ROUNDING, 2 * error));
  if (nonFinite === 0 && Math.min(rows, columns) > 0 && Math.min(rows, columns) <= MAX_FOR_SINGULAR_VALUES) {
    const singularValues = singularValuesOf(matrix);
    const [largest] = singularValues;
    const smallest = singularValues[singularValues.length - 1];
    const tolerance = largest * Math.max(rows, columns) * Math.max(Number.EPSILON, error);
    summary.singularValues = singularValues;
    summary.rank = singularValues.filter((value) => value > tolerance).length;
    summary.condition = largest === 0 ? Infinity : largest / smallest;
  }
  return summary;
}

function isSymmetric({ rows, values }: DenseMatrix, tolerance: number): boolean {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < i; j++) if (Math.abs(values[i * rows + j] - values[j * rows + i]) > tolerance) return false;
  }
  return true;
}

/** Each entry against its mirror image, found by bisection in the other row. */
function isSparseSymmetric({ rows, rowStarts, columnIndices, values }: SparseMatrix, scale: number): boolean {
  const at = (row: number, column: number): number => {
    let low = rowStarts[row];
    let high = rowStarts[row + 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (columnIndices[middle] < column) low = middle + 1;
      else high = middle;
    }
    return low < rowStarts[row + 1] && columnIndices[low] === column ? values[low] : 0;
  };
  for (let row = 0; row < rows; row++) {
    for (let k = rowStarts[row]; k < rowStarts[row + 1]; k++) {
      if (Math.abs(values[k] - at(columnIndices[k], row)) > ROUNDING * scale) return false;
    }
  }
  return true;
}

/** One-sided Jacobi rotations on the columns of the matrix (or of its transpose, the taller): singular values, descending. */
function singularValuesOf({ rows, columns, values }: DenseMatrix): Float64Array {
  const tall = rows >= columns;
  const n = tall ? columns : rows;
  const m = tall ? rows : columns;
  // Column-major, so that a column is contiguous.
  const a = new Float64Array(n * m);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) a[tall ? j * m + i : i * m + j] = values[i * columns + j];
  }
  for (let sweep = 0; sweep < 30; sweep++) {
    let rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) rotated = rotate(a, p * m, q * m, m) || rotated;
    }
    if (!rotated) break;
  }
  const norms = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let i = 0; i < m; i++) sum += a[j * m + i] ** 2;
    norms[j] = Math.sqrt(sum);
  }
  return norms.sort().reverse();
}

/** Makes two columns orthogonal; false where they are. */
function rotate(a: Float64Array, p: number, q: number, m: number): boolean {
  let alpha = 0;
  let beta = 0;
  let gamma = 0;
  for (let i = 0; i < m; i++) {
    alpha += a[p + i] * a[p + i];
    beta += a[q + i] * a[q + i];
    gamma += a[p + i] * a[q + i];
  }
  if (gamma === 0 || Math.abs(gamma) <= 1e-15 * Math.sqrt(alpha * beta)) return false;
  const zeta = (beta - alpha) / (2 * gamma);
  const t = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const c = 1 / Math.sqrt(1 + t * t);
  const s = c * t;
  for (let i = 0; i < m; i++) {
    const x = a[p + i];
    a[p + i] = c * x - s * a[q + i];
    a[q + i] = s * x + c * a[q + i];
  }
  return true;
}
