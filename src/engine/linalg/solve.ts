/** Linear systems and inverses. */
import { ShapeError } from '../errors';
import { permute } from '../numpy/shape';
import type { ArrayLike } from '../numpy/types';
import { asFloat } from '../numpy/unary';
import { bind, bindMany } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';
import {
  alignBatches,
  asColumn,
  asMatrix,
  asSquare,
  identityOf,
  inOneType,
  sizeOfMatrix,
  solveTriangles,
  withoutLast,
} from './matrices';

/** Rows of [..., n, k] in the order of a permutation [..., n]. */
function permuteRows(x: NdArray, permutation: NdArray): NdArray {
  const batchDims = permutation.ndim - 1;
  const places = bind('reshape', [permutation], { shape: [...permutation.shape, 1] });
  return bind('gather', [x, places], { axes: [batchDims], batchDims });
}

/** a x = b by LU with pivoting, for stacks of equal batch shape. */
function solveMatrices(a: NdArray, b: NdArray): NdArray {
  const [factors, , permutation] = bindMany('lu', [a], undefined);
  const inner = solveTriangles(factors, permuteRows(b, permutation), { unitDiagonal: true });
  return solveTriangles(factors, inner, { lower: false });
}

/** One matrix for a whole stack of right-hand sides: all their columns at once. */
function solveShared(a: NdArray, b: NdArray): NdArray {
  const lead = b.ndim - 2;
  const order = [lead, ...Array.from({ length: lead }, (_, axis) => axis), lead + 1];
  const moved = permute(b, order);
  const columns = bind('reshape', [moved], { shape: [moved.shape[0], moved.size / Math.max(1, moved.shape[0])] });
  const solved = bind('reshape', [solveMatrices(a, columns)], { shape: moved.shape });
  return permute(
    solved,
    order.map((_, axis) => order.indexOf(axis)),
  );
}

/**
 * The x with a x = b. `b` is one vector [n], or matrices [..., n, k]; leading axes broadcast.
 * @throws ShapeError where the sizes do not fit
 */
export function solve(a: ArrayLike, b: ArrayLike): NdArray {
  const where = 'linalg.solve';
  const matrix = asSquare(where, a);
  const right = asFloat(b, where, 'b');
  const [n] = sizeOfMatrix(matrix);
  const vector = right.ndim === 1;
  if (right.ndim === 0 || right.shape[vector ? 0 : right.ndim - 2] !== n) {
    throw new ShapeError(where, 'b must have as many rows as a', [matrix.aval, right.aval]);
  }
  const columns = vector ? asColumn(right) : right;
  if (matrix.ndim === 2 && columns.ndim > 2 && columns.size > 0) {
    const [left, rights] = matrix.dtype === columns.dtype ? [matrix, columns] : inOneType(matrix, columns);
    return solveShared(left, rights);
  }
  const out = solveMatrices(...alignBatches(where, matrix, columns, 2));
  return vector ? withoutLast(out) : out;
}

/** Inverse matrices. Of a singular one the elements are infinite or NaN. */
export function inv(a: ArrayLike): NdArray {
  const matrix = asSquare('linalg.inv', a);
  return solveMatrices(matrix, identityOf(matrix, sizeOfMatrix(matrix)[0]));
}

export interface TriangularOptions {
  /** Which triangle of `a` is read; default the upper one. */
  readonly lower?: boolean;
  readonly transpose?: boolean;
  /** The diagonal counts as ones. */
  readonly unitDiagonal?: boolean;
}

/** The x with a x = b (or aᵀ x = b) for triangular `a`, as `jax.scipy.linalg.solve_triangular`. `b` is [n] or [..., n, k]. */
export function solveTriangular(
  a: ArrayLike,
  b: ArrayLike,
  { lower = false, transpose = false, unitDiagonal = false }: TriangularOptions = {},
): NdArray {
  const where = 'linalg.solveTriangular';
  const right = asFloat(b, where, 'b');
  const vector = right.ndim === 1;
  const params = { lower, transposeA: transpose, unitDiagonal };
  const out = triangular(where, asSquare(where, a), vector ? asColumn(right) : right, { leftSide: true, ...params });
  return vector ? withoutLast(out) : out;
}

/** As `jax.lax.linalg.triangular_solve`: by default x a = b; `leftSide` gives a x = b. */
export function triangularSolve(
  a: ArrayLike,
  b: ArrayLike,
  { leftSide = false, lower = false, transposeA = false, unitDiagonal = false } = {},
): NdArray {
  const where = 'linalg.triangularSolve';
  return triangular(where, asSquare(where, a), asMatrix(where, b, 'b'), { leftSide, lower, transposeA, unitDiagonal });
}

function triangular(
  where: string,
  a: NdArray,
  b: NdArray,
  params: { leftSide: boolean; lower: boolean; transposeA: boolean; unitDiagonal: boolean },
): NdArray {
  const [rows, columns] = sizeOfMatrix(b);
  if (b.ndim < 2 || (params.leftSide ? rows : columns) !== sizeOfMatrix(a)[0]) {
    throw new ShapeError(where, 'b does not fit a', [a.aval, b.aval]);
  }
  return solveTriangles(...alignBatches(where, a, b, 2), params);
}

/** The x with a x = b, from the lower Cholesky factor of a, as `jax.scipy.linalg.cho_solve`. */
export function choSolve(factor: ArrayLike, b: ArrayLike): NdArray {
  return solveTriangular(factor, solveTriangular(factor, b, { lower: true }), { lower: true, transpose: true });
}
