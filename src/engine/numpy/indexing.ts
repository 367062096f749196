/** Reading elements: numpy's basic and advanced indexing, `take`, `takeAlongAxis`. */
import { GradLensError } from '../errors';
import { bind } from '../trace/bind';
import { ConcreteArray, type NdArray } from '../trace/ndarray';
import { argumentError, normalizeAxis } from './arguments';
import { broadcastTo } from './creation';
import { commonShape, expandTo } from './broadcast';
import { asArray } from './convert';
import { normalizeIndices, parseIndex, type OutOfBounds } from './indexParse';
import type { Index, IndexPart, SliceIndex } from './indexTypes';
import { permute, ravel, reshapeOf } from './shape';
import type { ArrayLike } from './types';

/** A slice from variables, as Python's `slice`: `x.slice(np.slice(1, n))`. */
export function slice(startOrStop: number | null, stop?: number | null, step?: number | null): SliceIndex {
  return stop === undefined ? { stop: startOrStop } : { start: startOrStop, stop, step };
}

/** A new axis in an index. */
export const newaxis = null;

/**
 * `x[index]` of numpy. Known indices outside the array are errors; traced ones are moved to the nearest end, as in JAX.
 * @throws GradLensError (code `bad-index`)
 */
export function getItem(x: ArrayLike, ...index: readonly Index[]): NdArray {
  const array = asArray(x, 'slice');
  return readParts(array, parseIndex('slice', array.shape, index));
}

export function readParts(array: NdArray, parts: readonly IndexPart[]): NdArray {
  return parts.some((part) => part.kind === 'array') ? readAdvanced(array, parts) : readBasic(array, parts);
}

/** Slices, reversals, then one reshape for dropped and new axes. */
function readBasic(array: NdArray, parts: readonly IndexPart[]): NdArray {
  const out = sliceParts(array, parts);
  const shape = parts.flatMap((part) => (part.kind === 'new' ? [1] : part.kind === 'slice' ? [part.count] : []));
  return reshapeOf('slice', out, shape);
}

/** Every axis cut to its part; numbers leave an axis of size one, arrays the whole axis. */
export function sliceParts(array: NdArray, parts: readonly IndexPart[]): NdArray {
  const start = array.shape.map(() => 0);
  const limit = [...array.shape];
  const strides = array.shape.map(() => 1);
  const backwards: number[] = [];
  for (const part of parts) {
    if (part.kind === 'number') {
      start[part.axis] = part.index;
      limit[part.axis] = part.index + 1;
    } else if (part.kind === 'slice') {
      const last = part.start + (part.count - 1) * part.step;
      const [low, high] = part.step > 0 ? [part.start, last] : [last, part.start];
      start[part.axis] = part.count === 0 ? 0 : low;
      limit[part.axis] = part.count === 0 ? 0 : high + 1;
      strides[part.axis] = part.count < 2 ? 1 : Math.abs(part.step);
      if (part.step < 0 && part.count > 1) backwards.push(part.axis);
    }
  }
  const whole = array.shape.every((extent, axis) => start[axis] === 0 && limit[axis] === extent && strides[axis] === 1);
  const cut = whole ? array : bind('slice', [array], { start, limit, strides });
  return backwards.length === 0 ? cut : bind('reverse', [cut], { axes: backwards });
}

/** Where the axes of an advanced index go: I stands where its parts are if these are neighbours, else in front. */
export interface AdvancedLayout {
  /** Common shape I of the index arrays. */
  readonly shape: readonly number[];
  /** [...I, k], int32. */
  readonly indices: NdArray;
  readonly axes: readonly number[];
  /** Number of axes of the result before I, new ones not counted. */
  readonly before: number;
  /** Shape of the result with new axes. */
  readonly result: readonly number[];
}

/** Numbers beside index arrays count as index arrays, as in numpy. */
export function layoutOf(where: string, parts: readonly IndexPart[]): AdvancedLayout {
  const advanced = parts.flatMap((part) =>
    part.kind === 'array'
      ? [{ axis: part.axis, indices: part.indices }]
      : part.kind === 'number'
        ? [{ axis: part.axis, indices: new ConcreteArray(Int32Array.of(part.index), [], 'int32') }]
        : [],
  );
  const shape = commonShape(advanced.map(({ indices }) => indices.shape));
  if (!shape) {
    const shapes = advanced.map(({ indices }) => `[${indices.shape.join(', ')}]`).join(', ');
    throw new GradLensError('bad-index', `${where}: index arrays of shapes ${shapes} do not broadcast to one shape.`);
  }
  const isAdvanced = parts.map((part) => part.kind === 'array' || part.kind === 'number');
  const first = isAdvanced.indexOf(true);
  const neighbours = !isAdvanced.slice(first, isAdvanced.lastIndexOf(true)).includes(false);
  const front = neighbours ? parts.slice(0, first) : [];
  const lengths = (list: readonly IndexPart[]): number[] =>
    list.flatMap((part) => (part.kind === 'new' ? [1] : part.kind === 'slice' ? [part.count] : []));
  return {
    shape,
    indices: stackIndices(
      advanced.map(({ indices }) => indices),
      shape,
    ),
    axes: advanced.map(({ axis }) => axis),
    before: front.filter((part) => part.kind === 'slice').length,
    result: [...lengths(front), ...shape, ...lengths(parts.slice(front.length))],
  };
}

function stackIndices(list: readonly NdArray[], shape: readonly number[]): NdArray {
  const columns = list.map((indices) => reshapeOf('slice', expandTo(indices, shape, list), [...shape, 1]));
  return columns.length === 1 ? columns[0] : bind('concatenate', columns, { axis: shape.length });
}

function readAdvanced(array: NdArray, parts: readonly IndexPart[]): NdArray {
  const onlySlices = parts.filter((part) => part.kind !== 'number');
  const cut = sliceParts(array, onlySlices);
  const { shape, indices, axes, before, result } = layoutOf('slice', parts);
  const out = bind('gather', [cut, indices], { axes, batchDims: 0 });
  return reshapeOf('slice', permute(out, movedFromFront(out.ndim, shape.length, before)), result);
}

/** The permutation that moves the first `count` axes behind `before` others. */
export function movedFromFront(ndim: number, count: number, before: number): number[] {
  const axes = Array.from({ length: ndim }, (_, axis) => axis);
  const rest = axes.slice(count);
  return [...rest.slice(0, before), ...axes.slice(0, count), ...rest.slice(before)];
}

export interface TakeOptions {
  /** What known indices outside the axis do: 'throw' (default) or go to the nearest end, as traced ones always do. */
  readonly mode?: Exclude<OutOfBounds, 'drop'>;
}

/** Elements at `indices` along `axis`, or of the flattened array. */
export function take(
  x: ArrayLike,
  indices: ArrayLike,
  axis: number | null = null,
  { mode = 'throw' }: TakeOptions = {},
): NdArray {
  const given = asArray(x, 'np.take');
  const array = axis === null ? ravel(given) : given;
  const along = normalizeAxis('np.take', axis ?? 0, array.ndim);
  const places = normalizeIndices('np.take', asArray(indices, 'np.take', 'indices'), array.shape[along], along, mode);
  const stacked = reshapeOf('np.take', places, [...places.shape, 1]);
  const out = bind('gather', [array, stacked], { axes: [along], batchDims: 0 });
  return permute(out, movedFromFront(out.ndim, places.ndim, along));
}

/** Elements at `indices` along `axis`, a different choice for every place of the other axes: what undoes `argsort`. */
export function takeAlongAxis(
  x: ArrayLike,
  indices: ArrayLike,
  axis: number | null = -1,
  { mode = 'throw' }: TakeOptions = {},
): NdArray {
  const where = 'np.takeAlongAxis';
  const array = axis === null ? ravel(x) : asArray(x, where);
  const chosen = axis === null ? ravel(indices) : asArray(indices, where, 'indices');
  if (array.ndim !== chosen.ndim) {
    throw argumentError(where, `x has ${array.ndim} dimensions and indices has ${chosen.ndim}: they must be as many`);
  }
  const last = array.ndim - 1;
  const along = normalizeAxis(where, axis ?? 0, array.ndim);
  const others = array.shape.map((_, k) => k).filter((k) => k !== along);
  const batch = commonShape([others.map((k) => array.shape[k]), others.map((k) => chosen.shape[k])]);
  if (!batch) {
    throw argumentError(
      where,
      `x [${array.shape.join(', ')}] and indices [${chosen.shape.join(', ')}] do not broadcast beside axis ${along}`,
    );
  }
  const places = normalizeIndices(where, chosen, array.shape[along], along, mode);
  const operand = broadcastTo(permute(array, [...others, along]), [...batch, array.shape[along]]);
  const index = broadcastTo(permute(places, [...others, along]), [...batch, chosen.shape[along]]);
  const out = bind('gather', [operand, reshapeOf(where, index, [...index.shape, 1])], {
    axes: [last],
    batchDims: last,
  });
  const back = Array.from({ length: array.ndim }, (_, k) => (k === along ? last : k < along ? k : k - 1));
  return permute(out, back);
}

/** Whole slices along `axis` where `condition` (1-D) is true. */
export function compress(condition: ArrayLike, x: ArrayLike, axis: number | null = null): NdArray {
  const array = axis === null ? ravel(x) : asArray(x, 'np.compress');
  const along = normalizeAxis('np.compress', axis ?? 0, array.ndim);
  const mask = asArray(condition, 'np.compress', 'condition');
  const index: Index[] = array.shape.map(() => ':');
  index[along] = mask;
  return getItem(array, ...index);
}
