/** Putting arrays together and taking them apart. */
import { ShapeError } from '../errors';
import { bind } from '../trace/bind';
import { ConcreteArray, type NdArray } from '../trace/ndarray';
import { argumentError, checkSize, normalizeAxis } from './arguments';
import { commonShape, expandTo, placeIn } from './broadcast';
import { asArray, convertType, scalarOf } from './convert';
import { normalizeIndices } from './indexParse';
import { resultType } from './promote';
import { atleast1d, atleast2d, atleast3d, expandDims, moveaxis, ravel, reshapeOf, sliceAxis } from './shape';
import type { ArrayLike } from './types';

/** The arrays of a list (or the rows of one array) in one type. */
function together(where: string, arrays: readonly ArrayLike[] | NdArray): NdArray[] {
  const list = Array.isArray(arrays)
    ? (arrays as readonly ArrayLike[]).map((array, index) => asArray(array, where, `arrays[${index}]`))
    : unstack(arrays as NdArray);
  if (list.length === 0) throw argumentError(where, 'needs at least one array');
  const numbers = Array.isArray(arrays)
    ? (arrays as readonly ArrayLike[]).map((array) => typeof array === 'number')
    : [];
  const dtype = resultType(
    list.filter((_, index) => !numbers[index]).map((array) => array.dtype),
    numbers.includes(true),
  );
  return list.map((array) => convertType(array, dtype));
}

function joined(where: string, list: readonly NdArray[], axis: number): NdArray {
  const [first] = list;
  const along = normalizeAxis(where, axis, first.ndim);
  const odd = list.find(
    (array) => array.ndim !== first.ndim || array.shape.some((extent, k) => k !== along && extent !== first.shape[k]),
  );
  if (odd) throw new ShapeError(where, `the arrays must agree in every axis but ${along}`, [first.aval, odd.aval]);
  return list.length === 1 ? first : bind('concatenate', list, { axis: along });
}

/** Arrays one after the other along an axis that they have (null: all flattened). @throws ShapeError where the others differ */
export function concatenate(arrays: readonly ArrayLike[] | NdArray, axis: number | null = 0): NdArray {
  const list = together('np.concatenate', arrays);
  return axis === null ? joined('np.concatenate', list.map(ravel), 0) : joined('np.concatenate', list, axis);
}
export { concatenate as concat };

/** Arrays of one shape along a new axis. @throws ShapeError where the shapes differ */
export function stack(arrays: readonly ArrayLike[] | NdArray, axis = 0): NdArray {
  const list = together('np.stack', arrays);
  const odd = list.find(
    (array) => array.ndim !== list[0].ndim || array.shape.some((extent, k) => extent !== list[0].shape[k]),
  );
  if (odd) throw new ShapeError('np.stack', 'the arrays must have one shape', [list[0].aval, odd.aval]);
  const along = normalizeAxis('np.stack', axis, list[0].ndim + 1);
  return joined(
    'np.stack',
    list.map((array) => expandDims(array, along)),
    along,
  );
}

/** The arrays along the first axis; vectors become rows. */
export function vstack(arrays: readonly ArrayLike[] | NdArray): NdArray {
  return joined('np.vstack', together('np.vstack', arrays).map(atleast2d), 0);
}

/** The arrays along the second axis; vectors along their only one. */
export function hstack(arrays: readonly ArrayLike[] | NdArray): NdArray {
  const list = together('np.hstack', arrays).map(atleast1d);
  return joined('np.hstack', list, list[0].ndim === 1 ? 0 : 1);
}

/** The arrays along the third axis. */
export function dstack(arrays: readonly ArrayLike[] | NdArray): NdArray {
  return joined('np.dstack', together('np.dstack', arrays).map(atleast3d), 2);
}

/** Vectors as columns, beside matrices. */
export function columnStack(arrays: readonly ArrayLike[] | NdArray): NdArray {
  const columns = together('np.columnStack', arrays).map((array) =>
    array.ndim < 2 ? reshapeOf('np.columnStack', array, [array.size, 1]) : array,
  );
  return joined('np.columnStack', columns, 1);
}

/** `values` behind `x`, both flattened unless an axis is given. */
export function append(x: ArrayLike, values: ArrayLike, axis: number | null = null): NdArray {
  return concatenate([x, values], axis);
}

/** The slices along the first axis (or another). */
export function unstack(x: ArrayLike, axis = 0): NdArray[] {
  const array = asArray(x, 'np.unstack');
  const along = normalizeAxis('np.unstack', axis, array.ndim);
  const rest = array.shape.filter((_, k) => k !== along);
  return Array.from({ length: array.shape[along] }, (_, k) =>
    reshapeOf('np.unstack', sliceAxis(array, along, k, k + 1), rest),
  );
}

/** Equal parts along an axis, or parts that end before the given indices. @throws GradLensError where the parts are not equal */
export function split(x: ArrayLike, parts: number | readonly number[], axis = 0): NdArray[] {
  const array = asArray(x, 'np.split');
  const extent = array.shape[normalizeAxis('np.split', axis, array.ndim)];
  if (typeof parts === 'number' && (!Number.isInteger(parts) || parts < 1 || extent % parts !== 0)) {
    throw argumentError(
      'np.split',
      `axis ${axis} of size ${extent} does not split into ${parts} equal parts`,
      'np.arraySplit allows unequal parts.',
    );
  }
  return arraySplit(array, parts, axis);
}

/** As `split`; where the parts cannot be equal the first ones have one element more. */
export function arraySplit(x: ArrayLike, parts: number | readonly number[], axis = 0): NdArray[] {
  const array = asArray(x, 'np.arraySplit');
  const along = normalizeAxis('np.arraySplit', axis, array.ndim);
  const extent = array.shape[along];
  const ends: number[] = [];
  if (typeof parts === 'number') {
    checkSize('np.arraySplit', 'parts', parts);
    const larger = extent % parts;
    for (let k = 1; k <= parts; k++) ends.push(k * Math.floor(extent / parts) + Math.min(k, larger));
  } else {
    for (const end of parts) ends.push(Math.min(Math.max(end < 0 ? end + extent : end, 0), extent));
    ends.push(extent);
  }
  return ends.map((end, k) => sliceAxis(array, along, k === 0 ? 0 : Math.min(ends[k - 1], end), end));
}

export function vsplit(x: ArrayLike, parts: number | readonly number[]): NdArray[] {
  return split(x, parts, 0);
}

export function hsplit(x: ArrayLike, parts: number | readonly number[]): NdArray[] {
  const array = asArray(x, 'np.hsplit');
  return split(array, parts, array.ndim === 1 ? 0 : 1);
}

/** Every element several times, along `axis` or of the flattened array. `repeats` is one number or one for each element. */
export function repeat(x: ArrayLike, repeats: number | readonly number[], axis: number | null = null): NdArray {
  const array = axis === null ? ravel(x) : asArray(x, 'np.repeat');
  const along = normalizeAxis('np.repeat', axis ?? 0, array.ndim);
  const extent = array.shape[along];
  if (typeof repeats === 'number') {
    checkSize('np.repeat', 'repeats', repeats);
    const spread = [...array.shape.slice(0, along + 1), repeats, ...array.shape.slice(along + 1)];
    const placed = placeIn(
      array,
      spread,
      array.shape.map((_, k) => (k <= along ? k : k + 1)),
    );
    return reshapeOf(
      'np.repeat',
      placed,
      array.shape.map((size, k) => (k === along ? size * repeats : size)),
    );
  }
  if (repeats.length !== extent)
    throw argumentError('np.repeat', `there are ${repeats.length} repeats for ${extent} elements`);
  repeats.forEach((count, k) => checkSize('np.repeat', `repeats[${k}]`, count));
  const order = repeats.flatMap((count, k) => new Array<number>(count).fill(k));
  const indices = new ConcreteArray(Int32Array.from(order), [order.length, 1], 'int32');
  return moveaxis(bind('gather', [array, indices], { axes: [along], batchDims: 0 }), 0, along);
}

/** `x` without the elements at `indices` along `axis` (null: of the flattened array). The indices must be known. */
export function deleteAt(x: ArrayLike, indices: number | readonly number[], axis: number | null = null): NdArray {
  const array = axis === null ? ravel(x) : asArray(x, 'np.delete');
  const along = normalizeAxis('np.delete', axis ?? 0, array.ndim);
  const places = normalizeIndices(
    'np.delete',
    asArray(typeof indices === 'number' ? [indices] : indices, 'np.delete'),
    array.shape[along],
    along,
    'throw',
  );
  const out = new Set(places.concrete.data);
  const kept = Array.from({ length: array.shape[along] }, (_, k) => k).filter((k) => !out.has(k));
  const order = new ConcreteArray(Int32Array.from(kept), [kept.length, 1], 'int32');
  return moveaxis(bind('gather', [array, order], { axes: [along], batchDims: 0 }), 0, along);
}

type PadMode = 'constant' | 'edge' | 'reflect' | 'symmetric' | 'wrap';
export interface PadOptions {
  readonly mode?: PadMode;
  /** Value outside for mode 'constant'; default 0. */
  readonly constantValues?: ArrayLike;
}
/** One width for all sides, [before, after] for all axes, or a pair an axis. */
export type PadWidth = number | readonly [number, number] | readonly (readonly [number, number])[];

/** `x` with a border. @throws GradLensError for widths that do not fit the axes or the mode */
export function pad(
  x: ArrayLike,
  width: PadWidth,
  { mode = 'constant', constantValues = 0 }: PadOptions = {},
): NdArray {
  const array = asArray(x, 'np.pad');
  const pairs = padPairs(array, width);
  if (mode === 'constant') {
    const value =
      typeof constantValues === 'number'
        ? scalarOf(constantValues, array.dtype)
        : convertType(asArray(constantValues, 'np.pad'), array.dtype);
    if (value.ndim !== 0) throw argumentError('np.pad', 'constantValues must be a scalar');
    return bind('pad', [array, value], {
      low: pairs.map(([low]) => low),
      high: pairs.map(([, high]) => high),
      interior: pairs.map(() => 0),
    });
  }
  return pairs.reduce((out, [low, high], axis) => padBorder(out, axis, low, high, mode), array);
}

function padPairs(array: NdArray, width: PadWidth): (readonly [number, number])[] {
  const list =
    typeof width === 'number'
      ? [[width, width] as const]
      : typeof width[0] === 'number'
        ? [width as readonly [number, number]]
        : (width as readonly (readonly [number, number])[]);
  const pairs = list.length === 1 ? array.shape.map(() => list[0]) : list;
  if (pairs.length !== array.ndim)
    throw argumentError('np.pad', `there are ${pairs.length} widths for ${array.ndim} axes`);
  pairs.forEach((pair, axis) => pair.forEach((size, side) => checkSize('np.pad', `width[${axis}][${side}]`, size)));
  return [...pairs];
}

/** Borders made of elements: the index of each, then one gather. */
function padBorder(array: NdArray, axis: number, low: number, high: number, mode: PadMode): NdArray {
  if (low === 0 && high === 0) return array;
  const extent = array.shape[axis];
  if (extent === 0) throw argumentError('np.pad', `axis ${axis} is empty: only mode 'constant' can pad it`);
  const source = (place: number): number => {
    const cycle = (period: number): number => ((place % period) + period) % period;
    switch (mode) {
      case 'edge':
        return Math.min(Math.max(place, 0), extent - 1);
      case 'wrap':
        return cycle(extent);
      case 'symmetric':
        return Math.min(cycle(2 * extent), 2 * extent - 1 - cycle(2 * extent));
      case 'reflect':
        return extent === 1 ? 0 : Math.min(cycle(2 * extent - 2), 2 * extent - 2 - cycle(2 * extent - 2));
      case 'constant':
        return place;
    }
  };
  const order = Int32Array.from({ length: low + extent + high }, (_, place) => source(place - low));
  const indices = new ConcreteArray(order, [order.length, 1], 'int32');
  return moveaxis(bind('gather', [array, indices], { axes: [axis], batchDims: 0 }), 0, axis);
}

/** All arrays broadcast to their common shape. @throws ShapeError where there is none */
export function broadcastArrays(...arrays: readonly ArrayLike[]): NdArray[] {
  const list = arrays.map((array, index) => asArray(array, 'np.broadcastArrays', `arrays[${index}]`));
  const shape = commonShape(list.map((array) => array.shape));
  if (!shape)
    throw new ShapeError(
      'np.broadcastArrays',
      'the arrays do not broadcast to one shape',
      list.map((array) => array.aval),
    );
  return list.map((array) => expandTo(array, shape));
}
