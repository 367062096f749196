/** Systems without exactly one solution: pseudo-inverses, least squares, rank. All by singular values. */
import { ShapeError } from '../errors';
import { argumentError } from '../numpy/arguments';
import { applyBinary } from '../numpy/binary';
import { expandTo, fullLikeWith, placeIn } from '../numpy/broadcast';
import { convertType, scalarOf } from '../numpy/convert';
import { max, reduce } from '../numpy/reductions';
import type { ArrayLike } from '../numpy/types';
import { asFloat } from '../numpy/unary';
import { bind, bindMany } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';
import { customJvp } from '../transforms/functions/customJvp';
import { adjoint, asColumn, asMatrix, inOneType, sizeOfMatrix, times, withoutLast } from './matrices';

export interface RankOptions {
  /** Singular values below this share of the largest count as zero; default: rounding error of the type. */
  readonly rcond?: number;
}

/** 1/s where s is above `rcond` times the largest, else 0; and which those are. */
function invertedSingulars(s: NdArray, rcond: number): { inverse: NdArray; kept: NdArray } {
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

function defaultRcond(a: NdArray): number {
  return Math.max(...sizeOfMatrix(a)) * (a.dtype === 'float32' ? 2 ** -23 : 2 ** -52);
}

function bySingularValues(a: NdArray, rcond: number): NdArray {
  const [u, s, vt] = bindMany('svd', [a], undefined);
  const { inverse } = invertedSingulars(s, rcond);
  const v = adjoint(vt);
  const places = s.shape.map((_, axis) => (axis === s.ndim - 1 ? axis + 1 : axis));
  return times(applyBinary('mul', v, placeIn(inverse, v.shape, places, [v])), adjoint(u));
}

/** So many derivatives are by the rule below; further ones are those of the singular value decomposition. */
const RULED_ORDERS = 3;

/**
 * dP = P Pᵀ dAᵀ (I − A P) + (I − P A) dAᵀ Pᵀ P − P dA P (Golub and Pereyra 1973), which needs no difference of singular values
 * and so holds where these are equal.
 */
function pseudoInverse(a: NdArray, rcond: number, orders: number): NdArray {
  if (orders === 0) return bySingularValues(a, rcond);
  const ruled = customJvp((matrix: NdArray) => bySingularValues(matrix, rcond));
  ruled.defjvp(([matrix]: [NdArray], [tangent]: [NdArray]) => {
    const p = pseudoInverse(matrix, rcond, orders - 1);
    const [pt, dt] = [adjoint(p), adjoint(tangent)];
    const sub = (x: NdArray, y: NdArray): NdArray => applyBinary('sub', x, y);
    const left = times(times(p, pt), sub(dt, times(times(dt, matrix), p)));
    const right = times(sub(dt, times(p, times(matrix, dt))), times(pt, p));
    return [p, sub(applyBinary('add', left, right), times(times(p, tangent), p))];
  });
  return ruled(a);
}

/** The Moore–Penrose inverse. It has a derivative as long as the rank stays. */
export function pinv(a: ArrayLike, { rcond }: RankOptions = {}): NdArray {
  const matrix = asMatrix('linalg.pinv', a);
  return pseudoInverse(matrix, rcond ?? 10 * defaultRcond(matrix), RULED_ORDERS);
}

/** What `lstsq` gives: the solution, the squared residuals (empty where they are not defined), the rank, the singular values. */
export type LeastSquares = [x: NdArray, residuals: NdArray, rank: NdArray, singularValues: NdArray];

/** The x of least norm that minimizes ‖a x − b‖, for one matrix [m, n] and `b` [m] or [m, k]. @throws ShapeError */
export function lstsq(a: ArrayLike, b: ArrayLike, { rcond }: RankOptions = {}): LeastSquares {
  const where = 'linalg.lstsq';
  const [matrix, right] = inOneType(asMatrix(where, a), asFloat(b, where, 'b'));
  const [m, n] = sizeOfMatrix(matrix);
  if (matrix.ndim !== 2 || right.ndim < 1 || right.ndim > 2 || right.shape[0] !== m) {
    throw new ShapeError(where, 'a must be one matrix and b have as many rows', [matrix.aval, right.aval]);
  }
  if (m === 0 || n === 0) throw argumentError(where, 'a must not be empty');
  const columns = right.ndim === 1 ? asColumn(right) : right;
  const limit = rcond ?? defaultRcond(matrix);
  const s = bindMany('svd', [matrix], undefined)[1];
  const { kept } = invertedSingulars(s, limit);
  const solution = times(pseudoInverse(matrix, limit, RULED_ORDERS), columns);
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
