/** Norms of vectors and matrices. */
import { argumentError, normalizeAxes, normalizeAxis } from '../numpy/arguments';
import { applyBinary } from '../numpy/binary';
import { fullLikeWith } from '../numpy/broadcast';
import { convertType } from '../numpy/convert';
import { reduce } from '../numpy/reductions';
import { moveaxis } from '../numpy/shape';
import { keepAxes } from '../numpy/statistics';
import type { ArrayLike, Axis } from '../numpy/types';
import { applyUnary, asFloat } from '../numpy/unary';
import { bind, bindMany } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';
import { inv } from './solve';

/**
 * Of vectors: any p (sum of |x|ᵖ, to the power 1/p), Infinity (largest), −Infinity (smallest), 0 (how many are not zero).
 * Of matrices: 'fro', 'nuc' (sum of singular values), ±2 (largest, smallest singular value), ±1 (largest, smallest sum of a
 * column), ±Infinity (of a row).
 */
export type NormOrder = number | 'fro' | 'nuc';

export interface NormOptions {
  /** One axis: vectors; two: matrices; null (default): all elements as one vector, or the matrix that a 2-D array is. */
  readonly axis?: Axis;
  readonly keepdims?: boolean;
}

/** The norm of vectors or matrices; by default the square root of the sum of squares. */
export function norm(
  x: ArrayLike,
  order: NormOrder | null = null,
  { axis = null, keepdims = false }: NormOptions = {},
): NdArray {
  const where = 'linalg.norm';
  const array = asFloat(x, where);
  // Rows and columns differ, so the order of two axes counts.
  const axes = (axis === null ? array.shape.map((_, k) => k) : typeof axis === 'number' ? [axis] : axis).map((one) =>
    normalizeAxis(where, one, array.ndim),
  );
  if (order === null) return keepAxes(rootOfSquares(array, axes), array.shape, axes, keepdims);
  if (axes.length === 1) return keepAxes(vectorOf(where, array, axes, order), array.shape, axes, keepdims);
  if (axes.length === 2) return keepAxes(matrixOf(where, array, axes, order), array.shape, axes, keepdims);
  throw argumentError(where, `order ${String(order)} needs one axis (vectors) or two (matrices), not ${axes.length}`);
}

/** The norm of all elements, or along axes, as one vector. */
export function vectorNorm(
  x: ArrayLike,
  order: number = 2,
  { axis = null, keepdims = false }: NormOptions = {},
): NdArray {
  const where = 'linalg.vectorNorm';
  const array = asFloat(x, where);
  const axes = normalizeAxes(where, axis, array.ndim);
  return keepAxes(vectorOf(where, array, axes, order), array.shape, axes, keepdims);
}

/** The norm of the matrices in the last two axes. */
export function matrixNorm(
  x: ArrayLike,
  order: NormOrder = 'fro',
  { keepdims = false }: { readonly keepdims?: boolean } = {},
): NdArray {
  const array = asFloat(x, 'linalg.matrixNorm');
  return norm(array, order, { axis: [array.ndim - 2, array.ndim - 1], keepdims });
}

function rootOfSquares(x: NdArray, axes: readonly number[]): NdArray {
  return applyUnary('sqrt', reduce('reduceSum', bind('integerPow', [x], { exponent: 2 }), axes));
}

function vectorOf(where: string, x: NdArray, axes: readonly number[], order: NormOrder): NdArray {
  if (typeof order !== 'number') throw argumentError(where, `vectors have no norm of order '${order}'`);
  if (order === 2) return rootOfSquares(x, axes);
  const size = applyUnary('abs', x);
  if (order === Infinity) return reduce('reduceMax', size, axes);
  if (order === -Infinity) return reduce('reduceMin', size, axes);
  if (order === 0) return reduce('reduceSum', convertType(applyBinary('ne', x, fullLikeWith(x, 0)), x.dtype), axes);
  if (order === 1) return reduce('reduceSum', size, axes);
  const powers = Number.isInteger(order)
    ? bind('integerPow', [size], { exponent: order })
    : applyBinary('pow', size, fullLikeWith(size, order));
  const total = reduce('reduceSum', powers, axes);
  return applyBinary('pow', total, fullLikeWith(total, 1 / order));
}

function matrixOf(where: string, x: NdArray, axes: readonly number[], order: NormOrder): NdArray {
  if (axes[0] === axes[1]) throw argumentError(where, 'the two axes must differ');
  if (order === 'fro') return rootOfSquares(x, axes);
  const along = order === 1 || order === -1 ? axes[0] : axes[1];
  const largest = typeof order === 'number' && order > 0;
  if (order === 'nuc' || order === 2 || order === -2) {
    const matrices = moveaxis(x, axes, [x.ndim - 2, x.ndim - 1]);
    const s = bindMany('svd', [matrices], undefined)[1];
    return reduce(order === 'nuc' ? 'reduceSum' : largest ? 'reduceMax' : 'reduceMin', s, [s.ndim - 1]);
  }
  if (order !== 1 && order !== -1 && order !== Infinity && order !== -Infinity) {
    throw argumentError(where, `matrices have no norm of order ${String(order)}`);
  }
  const sums = reduce('reduceSum', applyUnary('abs', x), [along]);
  const other = along === axes[0] ? axes[1] : axes[0];
  return reduce(largest ? 'reduceMax' : 'reduceMin', sums, [other > along ? other - 1 : other]);
}

/** The condition number: the largest singular value over the smallest, or ‖a‖ ‖a⁻¹‖ for another norm. */
export function cond(x: ArrayLike, order: NormOrder | null = null): NdArray {
  const array = asFloat(x, 'linalg.cond');
  if (order === null || order === 2) {
    const s = bindMany('svd', [array], undefined)[1];
    const last = s.ndim - 1;
    return applyBinary('div', reduce('reduceMax', s, [last]), reduce('reduceMin', s, [last]));
  }
  const axis = [-2, -1];
  return applyBinary('mul', norm(array, order, { axis }), norm(inv(array), order, { axis }));
}
