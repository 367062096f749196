/** Linear systems and inverses. */
import { ShapeError } from '../errors';
import { argumentError } from '../numpy/arguments';
import { applyBinary } from '../numpy/binary';
import { expandTo, fullLikeWith, placeIn } from '../numpy/broadcast';
import { convertType, scalarOf } from '../numpy/convert';
import { max, reduce } from '../numpy/reductions';
import { permute } from '../numpy/shape';
import type { ArrayLike } from '../numpy/types';
import { asFloat } from '../numpy/unary';
import { bind, bindMany } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';
import {
  adjoint,
  alignBatches,
  asColumn,
  asMatrix,
  asSquare,
  identityOf,
  sizeOfMatrix,
  solveTriangles,
  times,
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
    const [left, rights] = matrix.dtype === columns.dtype ? [matrix, columns] : alignTypes(matrix, columns);
    return solveShared(left, rights);
  }
  const out = solveMatrices(...alignBatches(where, matrix, columns, 2));
  return vector ? withoutLast(out) : out;
}

function alignTypes(a: NdArray, b: NdArray): [NdArray, NdArray] {
  const dtype = a.dtype === 'float64' || b.dtype === 'float64' ? 'float64' : 'float32';
  return [convertType(a, dtype), convertType(b, dtype)];
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

export interface RankOptions {
  /** Singular values below this share of the largest count as zero; default: rounding error of the type. */
  readonly rcond?: number;
}

/** 1/s where s is above `rcond` times the largest, else 0; and which those are. */
export function invertedSingulars(s: NdArray, rcond: number): { inverse: NdArray; kept: NdArray } {
  const last = s.ndim - 1;
  const largest = s.shape[last] === 0 ? reduce('reduceSum', s, [last]) : max(s, last);
  const limit = applyBinary('mul', largest, fullLikeWith(largest, rcond));
  const kept = applyBinary(
    'gt',
    s,
    placeIn(
      limit,
      s.shape,
      s.shape.slice(0, -1).map((_, axis) => axis),
      [s],
    ),
  );
  const safe = bind('select', [kept, s, fullLikeWith(s, 1)], undefined);
  const inverse = bind(
    'select',
    [kept, bind('div', [fullLikeWith(s, 1), safe], undefined), fullLikeWith(s, 0)],
    undefined,
  );
  return { inverse, kept };
}

export function defaultRcond(a: NdArray): number {
  return Math.max(...sizeOfMatrix(a)) * (a.dtype === 'float32' ? 2 ** -23 : 2 ** -52);
}

/** The Moore–Penrose inverse, by singular values. */
export function pinv(a: ArrayLike, { rcond }: RankOptions = {}): NdArray {
  const matrix = asMatrix('linalg.pinv', a);
  const [u, s, vt] = bindMany('svd', [matrix], undefined);
  const { inverse } = invertedSingulars(s, rcond ?? 10 * defaultRcond(matrix));
  const scaled = applyBinary(
    'mul',
    adjoint(vt),
    placeIn(
      inverse,
      adjoint(vt).shape,
      s.shape.map((_, axis) => (axis === s.ndim - 1 ? axis + 1 : axis)),
      [vt],
    ),
  );
  return times(scaled, adjoint(u));
}

/** What `lstsq` gives: the solution, the squared residuals (empty where they are not defined), the rank, the singular values. */
export type LeastSquares = [x: NdArray, residuals: NdArray, rank: NdArray, singularValues: NdArray];

/** The x of least norm that minimizes ‖a x − b‖, for one matrix [m, n] and `b` [m] or [m, k]. @throws ShapeError */
export function lstsq(a: ArrayLike, b: ArrayLike, { rcond }: RankOptions = {}): LeastSquares {
  const where = 'linalg.lstsq';
  const [matrix, right] = alignTypes(asMatrix(where, a), asFloat(b, where, 'b'));
  const [m, n] = sizeOfMatrix(matrix);
  if (matrix.ndim !== 2 || right.ndim < 1 || right.ndim > 2 || right.shape[0] !== m) {
    throw new ShapeError(where, 'a must be one matrix and b have as many rows', [matrix.aval, right.aval]);
  }
  if (m === 0 || n === 0) throw argumentError(where, 'a must not be empty');
  const columns = right.ndim === 1 ? asColumn(right) : right;
  const [u, s, vt] = bindMany('svd', [matrix], undefined);
  const { inverse, kept } = invertedSingulars(s, rcond ?? defaultRcond(matrix));
  const parts = times(adjoint(u), columns);
  const solution = times(adjoint(vt), applyBinary('mul', parts, placeIn(inverse, parts.shape, [0], [parts])));
  const rank = bind('reduceSum', [convertType(kept, 'int32')], { axes: [0] });
  const difference = applyBinary('sub', columns, times(matrix, solution));
  const squares = bind('reduceSum', [bind('integerPow', [difference], { exponent: 2 })], { axes: [0] });
  const full = bind('eq', [rank, scalarOf(n, 'int32')], undefined);
  const residuals = bind(
    'select',
    [expandTo(full, squares.shape, [squares]), squares, fullLikeWith(squares, NaN)],
    undefined,
  );
  return [
    right.ndim === 1 ? withoutLast(solution) : solution,
    m > n ? residuals : bind('slice', [residuals], { start: [0], limit: [0], strides: [1] }),
    rank,
    s,
  ];
}

/** Rank by singular values, int32. */
export function matrixRank(a: ArrayLike, { rcond }: RankOptions = {}): NdArray {
  const matrix = asMatrix('linalg.matrixRank', a);
  const s = bindMany('svd', [matrix], undefined)[1];
  const { kept } = invertedSingulars(s, rcond ?? defaultRcond(matrix));
  return bind('reduceSum', [convertType(kept, 'int32')], { axes: [s.ndim - 1] });
}
