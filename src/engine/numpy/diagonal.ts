/** Diagonals: reading them, building matrices of them, the trace. */
import { allocate } from '../program/aval';
import { bind } from '../trace/bind';
import { ConcreteArray, type NdArray } from '../trace/ndarray';
import { argumentError, normalizeAxis } from './arguments';
import { asArray, convertType } from './convert';
import { movedFromFront } from './indexing';
import { reduce } from './reductions';
import { permute, reshapeOf } from './shape';
import type { ArrayLike } from './types';

/** Rows and columns of the k-th diagonal's elements: [count, 2], int32. */
function diagonalPlaces(count: number, k: number): ConcreteArray {
  const places = new Int32Array(count * 2);
  for (let index = 0; index < count; index++) {
    places[2 * index] = index - Math.min(k, 0);
    places[2 * index + 1] = index + Math.max(k, 0);
  }
  return new ConcreteArray(places, [count, 2], 'int32');
}

/** A matrix with the vector `x` on its k-th diagonal and zeros elsewhere. */
export function diagflat(x: ArrayLike, k = 0): NdArray {
  const array = asArray(x, 'np.diag');
  const vector = reshapeOf('np.diag', array, [array.size]);
  const extent = vector.size + Math.abs(k);
  const zeros = new ConcreteArray(allocate(vector.dtype, extent * extent), [extent, extent], vector.dtype);
  if (vector.dtype === 'bool') return convertType(diagflat(convertType(vector, 'int32'), k), 'bool');
  return bind('scatterAdd', [zeros, diagonalPlaces(vector.size, k), vector], { axes: [0, 1], batchDims: 0 });
}

/** The k-th diagonal of two axes, as the last axis of the result. */
export function diagonal(x: ArrayLike, offset = 0, axis1 = 0, axis2 = 1): NdArray {
  const where = 'np.diagonal';
  const array = asArray(x, where);
  const [a, b] = [normalizeAxis(where, axis1, array.ndim), normalizeAxis(where, axis2, array.ndim)];
  if (a === b) throw argumentError(where, 'the two axes must differ');
  const count = Math.max(0, Math.min(array.shape[a] + Math.min(offset, 0), array.shape[b] - Math.max(offset, 0)));
  const out = bind('gather', [array, diagonalPlaces(count, offset)], { axes: [a, b], batchDims: 0 });
  return permute(out, movedFromFront(out.ndim, 1, out.ndim - 1));
}

/** The diagonal of a matrix, or the matrix with a vector as its diagonal. */
export function diag(x: ArrayLike, k = 0): NdArray {
  const array = asArray(x, 'np.diag');
  if (array.ndim === 1) return diagflat(array, k);
  if (array.ndim === 2) return diagonal(array, k);
  throw argumentError('np.diag', `x must have one or two dimensions, not ${array.ndim}`);
}

/** Sum of the k-th diagonal of two axes. */
export function trace(x: ArrayLike, offset = 0, axis1 = 0, axis2 = 1): NdArray {
  const line = diagonal(x, offset, axis1, axis2);
  return reduce('reduceSum', line.dtype === 'bool' ? convertType(line, 'int32') : line, [line.ndim - 1]);
}
