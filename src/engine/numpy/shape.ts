/** Rearranging the axes and elements of one array. */
import { sizeOf, type Shape } from '../program/aval';
import { bind } from '../trace/bind';
import { ConcreteArray, type NdArray } from '../trace/ndarray';
import { argumentError, normalizeAxes, normalizeAxis } from './arguments';
import { expandTo, fullLikeWith, placeIn } from './broadcast';
import { asArray } from './convert';
import type { ArrayLike, Axis } from './types';

/** `x` with the same elements in another shape; one extent may be −1 and follows from the others. @throws GradLensError */
export function reshape(x: ArrayLike, shape: number | Shape): NdArray {
  return reshapeOf('np.reshape', asArray(x, 'np.reshape'), typeof shape === 'number' ? [shape] : shape);
}

export function reshapeOf(where: string, array: NdArray, shape: Shape): NdArray {
  const open = shape.filter((extent) => extent === -1).length;
  const known = sizeOf(shape.filter((extent) => extent !== -1));
  const fits =
    open === 0 ? known === array.size : open === 1 && (known === 0 ? array.size === 0 : array.size % known === 0);
  if (!fits || shape.some((extent) => !Number.isInteger(extent) || extent < -1)) {
    throw argumentError(
      where,
      `cannot arrange [${array.shape.join(', ')}] (${array.size} elements) as [${shape.join(', ')}]`,
    );
  }
  const to =
    open === 0 ? [...shape] : shape.map((extent) => (extent === -1 ? (known === 0 ? 0 : array.size / known) : extent));
  const same = to.length === array.ndim && to.every((extent, axis) => extent === array.shape[axis]);
  return same ? array : bind('reshape', [array], { shape: to });
}

/** All elements in one axis, in row-major order. */
export function ravel(x: ArrayLike): NdArray {
  return reshapeOf('np.ravel', asArray(x, 'np.ravel'), [-1]);
}

/** Permutes the axes; reverses them by default. */
export function transpose(x: ArrayLike, axes?: readonly number[] | null): NdArray {
  const array = asArray(x, 'np.transpose');
  const order = axes ?? array.shape.map((_, axis) => array.ndim - 1 - axis);
  const permutation = order.map((axis) => normalizeAxis('np.transpose', axis, array.ndim));
  if (permutation.length !== array.ndim || new Set(permutation).size !== array.ndim) {
    throw argumentError(
      'np.transpose',
      `axes [${order.join(', ')}] is not a permutation of the ${array.ndim} axes of x`,
    );
  }
  return permute(array, permutation);
}
export { transpose as permuteDims };

/** A transposition that records nothing where nothing moves. */
export function permute(array: NdArray, permutation: readonly number[]): NdArray {
  return permutation.every((axis, index) => axis === index) ? array : bind('transpose', [array], { permutation });
}

/** Exchanges the last two axes. @throws GradLensError for fewer than two */
export function matrixTranspose(x: ArrayLike): NdArray {
  const array = asArray(x, 'np.matrixTranspose');
  if (array.ndim < 2)
    throw argumentError('np.matrixTranspose', `x must have at least two dimensions, not ${array.ndim}`);
  return swapaxes(array, -1, -2);
}

export function swapaxes(x: ArrayLike, axis1: number, axis2: number): NdArray {
  const array = asArray(x, 'np.swapaxes');
  const a = normalizeAxis('np.swapaxes', axis1, array.ndim);
  const b = normalizeAxis('np.swapaxes', axis2, array.ndim);
  return permute(
    array,
    array.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis)),
  );
}

/** Moves axes to new places; the others keep their order. */
export function moveaxis(
  x: ArrayLike,
  source: number | readonly number[],
  destination: number | readonly number[],
): NdArray {
  const array = asArray(x, 'np.moveaxis');
  const listOf = (axis: number | readonly number[]): number[] =>
    (typeof axis === 'number' ? [axis] : axis).map((one) => normalizeAxis('np.moveaxis', one, array.ndim));
  const from = listOf(source);
  const to = listOf(destination);
  if (from.length !== to.length || new Set(from).size !== from.length || new Set(to).size !== to.length) {
    throw argumentError('np.moveaxis', `source [${from.join(', ')}] and destination [${to.join(', ')}] do not pair up`);
  }
  const rest = array.shape.map((_, axis) => axis).filter((axis) => !from.includes(axis));
  const order = array.shape.map((_, place) => {
    const moved = to.indexOf(place);
    return moved < 0 ? (rest.shift() as number) : from[moved];
  });
  return permute(array, order);
}

/** Inserts axes of size one, at these places of the result. */
export function expandDims(x: ArrayLike, axis: number | readonly number[]): NdArray {
  const array = asArray(x, 'np.expandDims');
  const count = typeof axis === 'number' ? 1 : axis.length;
  const places = normalizeAxes('np.expandDims', axis, array.ndim + count);
  const rest = [...array.shape];
  const shape = Array.from({ length: array.ndim + count }, (_, place) =>
    places.includes(place) ? 1 : (rest.shift() as number),
  );
  return reshapeOf('np.expandDims', array, shape);
}

/** Drops axes of size one (null: all of them). @throws GradLensError for an axis of another size */
export function squeeze(x: ArrayLike, axis: Axis = null): NdArray {
  const array = asArray(x, 'np.squeeze');
  const axes =
    axis === null
      ? array.shape.flatMap((extent, index) => (extent === 1 ? [index] : []))
      : normalizeAxes('np.squeeze', axis, array.ndim);
  const wrong = axes.find((index) => array.shape[index] !== 1);
  if (wrong !== undefined)
    throw argumentError(
      'np.squeeze',
      `axis ${wrong} of [${array.shape.join(', ')}] has size ${array.shape[wrong]}, not 1`,
    );
  return reshapeOf(
    'np.squeeze',
    array,
    array.shape.filter((_, index) => !axes.includes(index)),
  );
}

export function atleast1d(x: ArrayLike): NdArray {
  const array = asArray(x, 'np.atleast1d');
  return array.ndim > 0 ? array : reshapeOf('np.atleast1d', array, [1]);
}

/** At least two dimensions, new ones first. */
export function atleast2d(x: ArrayLike): NdArray {
  const array = asArray(x, 'np.atleast2d');
  return array.ndim > 1 ? array : reshapeOf('np.atleast2d', array, [1, array.size]);
}

/** At least three dimensions, as numpy: [n] becomes [1, n, 1], [m, n] becomes [m, n, 1]. */
export function atleast3d(x: ArrayLike): NdArray {
  const array = asArray(x, 'np.atleast3d');
  if (array.ndim > 2) return array;
  return reshapeOf('np.atleast3d', array, array.ndim === 2 ? [...array.shape, 1] : [1, array.size, 1]);
}

/** Reverses the order along axes (null: all). */
export function flip(x: ArrayLike, axis: Axis = null): NdArray {
  const array = asArray(x, 'np.flip');
  const axes = normalizeAxes('np.flip', axis, array.ndim);
  return axes.length === 0 ? array : bind('reverse', [array], { axes });
}

export function flipud(x: ArrayLike): NdArray {
  return flip(x, 0);
}

export function fliplr(x: ArrayLike): NdArray {
  return flip(x, 1);
}

/** Quarter turns from the first axis to the second. */
export function rot90(x: ArrayLike, turns = 1, axes: readonly [number, number] = [0, 1]): NdArray {
  const array = asArray(x, 'np.rot90');
  const [from, to] = axes.map((axis) => normalizeAxis('np.rot90', axis, array.ndim));
  if (from === to) throw argumentError('np.rot90', 'the two axes must differ');
  switch (((turns % 4) + 4) % 4) {
    case 1:
      return swapaxes(flip(array, to), from, to);
    case 2:
      return flip(array, [from, to]);
    case 3:
      return flip(swapaxes(array, from, to), to);
    default:
      return array;
  }
}

/** `x` from `start` to `stop` along one axis. */
export function sliceAxis(array: NdArray, axis: number, start: number, stop: number, stride = 1): NdArray {
  if (start === 0 && stop === array.shape[axis] && stride === 1) return array;
  return bind('slice', [array], {
    start: array.shape.map((_, index) => (index === axis ? start : 0)),
    limit: array.shape.map((extent, index) => (index === axis ? stop : extent)),
    strides: array.shape.map((_, index) => (index === axis ? stride : 1)),
  });
}

/** Rotates the elements along axes (null: the flattened array); what leaves at the end comes in at the front. */
export function roll(x: ArrayLike, shift: number | readonly number[], axis: Axis = null): NdArray {
  const array = asArray(x, 'np.roll');
  if (axis === null) {
    const flat = roll(ravel(array), typeof shift === 'number' ? shift : shift.reduce((a, b) => a + b, 0), 0);
    return reshapeOf('np.roll', flat, array.shape);
  }
  const axes = typeof axis === 'number' ? [axis] : axis;
  return axes.reduce<NdArray>((out, one, index) => {
    const along = normalizeAxis('np.roll', one, array.ndim);
    const by = typeof shift === 'number' ? shift : shift[index];
    if (!Number.isInteger(by))
      throw argumentError('np.roll', `the shift along axis ${one} must be an integer, not ${String(by)}`);
    const extent = array.shape[along];
    const cut = extent === 0 ? 0 : (((extent - by) % extent) + extent) % extent;
    if (cut === 0) return out;
    return bind('concatenate', [sliceAxis(out, along, cut, extent), sliceAxis(out, along, 0, cut)], { axis: along });
  }, array);
}

/** The whole array, several times along each axis; missing leading axes count as size one. */
export function tile(x: ArrayLike, repeats: number | readonly number[]): NdArray {
  const array = asArray(x, 'np.tile');
  const list = typeof repeats === 'number' ? [repeats] : repeats;
  const ndim = Math.max(list.length, array.ndim);
  const times = [...new Array<number>(ndim - list.length).fill(1), ...list];
  if (times.some((count) => !Number.isInteger(count) || count < 0)) {
    throw argumentError('np.tile', `repeats [${list.join(', ')}] must be non-negative integers`);
  }
  const own = [...new Array<number>(ndim - array.ndim).fill(1), ...array.shape];
  if (times.every((count) => count === 1)) return reshapeOf('np.tile', array, own);
  // [a, b] → [times_a, a, times_b, b] by one broadcast, then merged.
  const spread = own.flatMap((extent, axis) => [times[axis], extent]);
  const placed = placeIn(
    array,
    spread,
    array.shape.map((_, axis) => 2 * (axis + ndim - array.ndim) + 1),
  );
  return reshapeOf(
    'np.tile',
    placed,
    own.map((extent, axis) => extent * times[axis]),
  );
}

/** `x` with zeros where `keep` says no, by row and column of the last two axes. */
function triangle(where: string, x: ArrayLike, keep: (row: number, column: number) => boolean): NdArray {
  const array = asArray(x, where);
  if (array.ndim < 2) throw argumentError(where, `x must have at least two dimensions, not ${array.ndim}`);
  const [rows, columns] = array.shape.slice(-2);
  const mask = new Uint8Array(rows * columns);
  mask.forEach((_, place) => (mask[place] = Number(keep(Math.floor(place / columns), place % columns))));
  const test = expandTo(new ConcreteArray(mask, [rows, columns], 'bool'), array.shape, [array]);
  return bind('select', [test, array, fullLikeWith(array, 0)], undefined);
}

/** The lower triangle of the last two axes, up to the k-th diagonal. */
export function tril(x: ArrayLike, k = 0): NdArray {
  return triangle('np.tril', x, (row, column) => column <= row + k);
}

/** The upper triangle of the last two axes, from the k-th diagonal on. */
export function triu(x: ArrayLike, k = 0): NdArray {
  return triangle('np.triu', x, (row, column) => column >= row + k);
}
