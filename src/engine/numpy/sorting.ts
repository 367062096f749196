/** Sorting, searching and finding. */
import { GradLensError } from '../errors';
import { bind } from '../trace/bind';
import { ConcreteArray, type NdArray } from '../trace/ndarray';
import { argumentError, normalizeAxis } from './arguments';
import { align, placeIn } from './broadcast';
import { applyBinary } from './binary';
import { asArray, convertType } from './convert';
import { maskPositions } from './indexParse';
import { toBool } from './logic';
import { ravel } from './shape';
import { stack } from './join';
import type { ArrayLike } from './types';

export interface SortOptions {
  readonly descending?: boolean;
}

function sorted(
  where: string,
  primitive: 'sort' | 'argsort',
  x: ArrayLike,
  axis: number | null,
  descending = false,
): NdArray {
  const array = axis === null ? ravel(x) : asArray(x, where);
  const along = normalizeAxis(where, axis ?? 0, array.ndim);
  const out = bind(primitive, [array], { axis: along });
  return descending ? bind('reverse', [out], { axes: [along] }) : out;
}

/** Ascending along `axis` (null: flattened), NaN last. The derivative moves with the elements. */
export function sort(x: ArrayLike, axis: number | null = -1, { descending }: SortOptions = {}): NdArray {
  return sorted('np.sort', 'sort', x, axis, descending);
}

/** The indices (int32) that sort `x`; equal elements keep their order. */
export function argsort(x: ArrayLike, axis: number | null = -1, { descending }: SortOptions = {}): NdArray {
  return sorted('np.argsort', 'argsort', x, axis, descending);
}

export interface SearchOptions {
  /** 'left' (default): before equal elements; 'right': behind them. */
  readonly side?: 'left' | 'right';
}

/** Where `values` would have to be inserted into the sorted vector to keep it sorted, int32. */
export function searchsorted(vector: ArrayLike, values: ArrayLike, { side = 'left' }: SearchOptions = {}): NdArray {
  const where = 'np.searchsorted';
  const line = asArray(vector, where, 'vector');
  if (line.ndim !== 1) throw argumentError(where, `vector must have one dimension, not ${line.ndim}`);
  const wanted = asArray(values, where, 'values');
  if (line instanceof ConcreteArray && wanted instanceof ConcreteArray) return searchConcrete(line, wanted, side);
  const shape = [...wanted.shape, line.size];
  const [table, keys] = align(
    where,
    [
      placeIn(line, shape, [wanted.ndim], [wanted]),
      placeIn(
        wanted,
        shape,
        wanted.shape.map((_, axis) => axis),
        [line],
      ),
    ],
    ['vector', 'values'],
  );
  const before = applyBinary(side === 'left' ? 'lt' : 'le', table, keys);
  return bind('reduceSum', [convertType(before, 'int32')], { axes: [wanted.ndim] });
}

function searchConcrete(line: ConcreteArray, wanted: ConcreteArray, side: 'left' | 'right'): NdArray {
  const out = new Int32Array(wanted.size);
  wanted.data.forEach((value, place) => {
    let [low, high] = [0, line.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const before = side === 'left' ? line.data[middle] < value : line.data[middle] <= value;
      // A NaN belongs behind all numbers.
      if (before || (Number.isNaN(value) && !Number.isNaN(line.data[middle]))) low = middle + 1;
      else high = middle;
    }
    out[place] = low;
  });
  return new ConcreteArray(out, wanted.shape, 'int32');
}

/** In which of the bins between ascending edges each value lies: as `searchsorted` of the edges. */
export function digitize(x: ArrayLike, bins: ArrayLike, { right = false } = {}): NdArray {
  return searchsorted(bins, x, { side: right ? 'left' : 'right' });
}

/** One index array (int32) an axis for the elements that are not zero. Of traced arrays the values become a guard. */
export function nonzero(x: ArrayLike): NdArray[] {
  return maskPositions(toBool(x, 'np.nonzero'));
}

/** Indices of the elements that are not zero, in the flattened array. */
export function flatnonzero(x: ArrayLike): NdArray {
  return nonzero(ravel(x))[0];
}

/** One row of indices for each element that is not zero: [count, ndim], int32. */
export function argwhere(x: ArrayLike): NdArray {
  return stack(nonzero(x), 1);
}

/**
 * The different elements, ascending. How many there are depends on the values, so a traced array has none.
 * @throws GradLensError (code `not-traceable`) for a traced array
 */
export function unique(x: ArrayLike): NdArray {
  const array = asArray(x, 'np.unique');
  if (!(array instanceof ConcreteArray)) {
    throw new GradLensError(
      'not-traceable',
      'np.unique: the shape of the result depends on the values, so it cannot take a traced array.',
      'Call it outside the function that is differentiated, or on values that are not traced.',
    );
  }
  const list = array.data.slice().sort();
  const kept = list.filter(
    (value: number, index: number) =>
      index === 0 || !(value === list[index - 1] || (Number.isNaN(value) && Number.isNaN(list[index - 1]))),
  );
  return new ConcreteArray(kept, [kept.length], array.dtype);
}

/** How often each of 0, 1, … occurs, weighted on request. `length` must be given for traced arrays. */
export function bincount(
  x: ArrayLike,
  { weights, length }: { readonly weights?: ArrayLike; readonly length?: number } = {},
): NdArray {
  const where = 'np.bincount';
  const array = ravel(convertType(asArray(x, where), 'int32'));
  if (length === undefined && !(array instanceof ConcreteArray))
    throw argumentError(where, 'a traced array needs `length`');
  const count = length ?? Array.from(array.concrete.data).reduce((most, value) => Math.max(most, value + 1), 0);
  const amounts =
    weights === undefined
      ? new ConcreteArray(new Int32Array(array.size).fill(1), [array.size], 'int32')
      : ravel(weights);
  if (amounts.size !== array.size)
    throw argumentError(where, `there are ${amounts.size} weights for ${array.size} elements`);
  const zeros = bind('broadcastInDim', [convertType(asArray(0, where), amounts.dtype)], {
    shape: [count],
    broadcastDimensions: [],
  });
  const places = bind('reshape', [array], { shape: [array.size, 1] });
  return bind('scatterAdd', [zeros, places, amounts], { axes: [0], batchDims: 0 });
}
