/** Sums, products, extremes and cumulations along axes. */
import { sizeOf } from '../program/aval';
import { bind } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';
import { argumentError, normalizeAxes, normalizeAxis, reducedShape, reduceOptions } from './arguments';
import { expandTo, fullLikeWith } from './broadcast';
import { applyBinary } from './binary';
import { asArray, convertType, scalarOf } from './convert';
import { astype, toBool } from './logic';
import type { ArrayLike, AxisOrOptions, DTypeOption, ReduceOptions } from './types';

type Reducer = 'reduceSum' | 'reduceProd' | 'reduceMax' | 'reduceMin' | 'reduceAnd' | 'reduceOr' | 'reduceLogSumExp';

export interface MaskedReduceOptions extends ReduceOptions {
  /** Elements where this is not zero take part; it broadcasts. */
  readonly where?: ArrayLike;
  /** Takes part as one element more; needed for max and min of nothing. */
  readonly initial?: number;
}

export interface SumOptions extends MaskedReduceOptions, DTypeOption {}

/** Applies a reduction over `axes`, keeping their places with size one where asked. */
export function reduce(primitive: Reducer, x: NdArray, axes: readonly number[], keepdims = false): NdArray {
  const out = bind(primitive, [x], { axes });
  return keepdims && axes.length > 0 ? bind('reshape', [out], { shape: reducedShape(x.shape, axes, true) }) : out;
}

/** `x` with `unit` where the mask says no. */
function masked(where: string, x: NdArray, mask: ArrayLike | undefined, unit: number): NdArray {
  if (mask === undefined) return x;
  const test = expandTo(toBool(mask, where, 'where'), x.shape, [x]);
  return bind('select', [test, x, fullLikeWith(x, unit)], undefined);
}

function withInitial(out: NdArray, initial: number | undefined, combine: 'add' | 'mul' | 'max' | 'min'): NdArray {
  return initial === undefined ? out : applyBinary(combine, out, fullLikeWith(out, initial));
}

/** Sum over `axis` (default all). Booleans are counted as int32. */
export function sum(x: ArrayLike, axisOrOptions?: AxisOrOptions<SumOptions>): NdArray {
  return total('np.sum', 'reduceSum', 'add', 0, x, reduceOptions(axisOrOptions));
}

/** Product over `axis` (default all). */
export function prod(x: ArrayLike, axisOrOptions?: AxisOrOptions<SumOptions>): NdArray {
  return total('np.prod', 'reduceProd', 'mul', 1, x, reduceOptions(axisOrOptions));
}

function total(
  name: string,
  primitive: Reducer,
  combine: 'add' | 'mul',
  unit: number,
  x: ArrayLike,
  options: SumOptions,
): NdArray {
  const given = asArray(x, name);
  const array = options.dtype
    ? astype(given, options.dtype)
    : convertType(given, given.dtype === 'bool' ? 'int32' : given.dtype);
  const axes = normalizeAxes(name, options.axis, array.ndim);
  const out = reduce(primitive, masked(name, array, options.where, unit), axes, options.keepdims);
  return withInitial(out, options.initial, combine);
}

/** Largest element over `axis` (default all); equal ones share the derivative. @throws GradLensError when there is none */
export function max(x: ArrayLike, axisOrOptions?: AxisOrOptions<MaskedReduceOptions>): NdArray {
  return extreme('np.max', 'max', x, reduceOptions(axisOrOptions));
}
export { max as amax };

/** Smallest element over `axis` (default all); equal ones share the derivative. @throws GradLensError when there is none */
export function min(x: ArrayLike, axisOrOptions?: AxisOrOptions<MaskedReduceOptions>): NdArray {
  return extreme('np.min', 'min', x, reduceOptions(axisOrOptions));
}
export { min as amin };

function extreme(name: string, which: 'max' | 'min', x: ArrayLike, options: MaskedReduceOptions): NdArray {
  const array = asArray(x, name);
  const axes = normalizeAxes(name, options.axis, array.ndim);
  const { initial } = options;
  if (axes.some((axis) => array.shape[axis] === 0)) {
    if (initial === undefined)
      throw argumentError(name, `x of shape [${array.shape.join(', ')}] has no elements to choose from`);
    return expandTo(scalarOf(initial, array.dtype), reducedShape(array.shape, axes, options.keepdims ?? false));
  }
  if (options.where !== undefined && initial === undefined) {
    throw argumentError(name, 'with `where` an `initial` is needed, as nothing may be left');
  }
  const out = reduce(
    which === 'max' ? 'reduceMax' : 'reduceMin',
    masked(name, array, options.where, initial ?? 0),
    axes,
    options.keepdims,
  );
  return withInitial(out, initial, which);
}

/** max − min over `axis`. */
export function ptp(x: ArrayLike, axisOrOptions?: AxisOrOptions): NdArray {
  const array = asArray(x, 'np.ptp');
  return applyBinary('sub', max(array, axisOrOptions), min(array, axisOrOptions));
}

/** Whether all elements over `axis` are not zero. */
export function all(x: ArrayLike, axisOrOptions?: AxisOrOptions): NdArray {
  return truth('np.all', 'reduceAnd', x, reduceOptions(axisOrOptions));
}

/** Whether any element over `axis` is not zero. */
export function any(x: ArrayLike, axisOrOptions?: AxisOrOptions): NdArray {
  return truth('np.any', 'reduceOr', x, reduceOptions(axisOrOptions));
}

function truth(
  name: string,
  primitive: 'reduceAnd' | 'reduceOr',
  x: ArrayLike,
  { axis, keepdims }: ReduceOptions,
): NdArray {
  const array = toBool(x, name);
  return reduce(primitive, array, normalizeAxes(name, axis, array.ndim), keepdims);
}

/** How many elements are not zero, int32. */
export function countNonzero(x: ArrayLike, axisOrOptions?: AxisOrOptions): NdArray {
  return sum(toBool(x, 'np.countNonzero'), axisOrOptions);
}

/** Index of the largest element along one axis, or in the flattened array; the first of equals. int32. */
export function argmax(x: ArrayLike, axisOrOptions?: AxisOrOptions<ArgOptions>): NdArray {
  return indexOf('np.argmax', 'argmax', x, reduceOptions(axisOrOptions));
}

/** Index of the smallest element along one axis, or in the flattened array; the first of equals. int32. */
export function argmin(x: ArrayLike, axisOrOptions?: AxisOrOptions<ArgOptions>): NdArray {
  return indexOf('np.argmin', 'argmin', x, reduceOptions(axisOrOptions));
}

export interface ArgOptions extends ReduceOptions {
  readonly axis?: number | null;
}

function indexOf(name: string, primitive: 'argmax' | 'argmin', x: ArrayLike, { axis, keepdims }: ArgOptions): NdArray {
  let array = asArray(x, name);
  const { ndim } = array;
  if (array.size === 0)
    throw argumentError(name, `x of shape [${array.shape.join(', ')}] has no elements to choose from`);
  if (axis == null) array = array.ndim === 1 ? array : bind('reshape', [array], { shape: [array.size] });
  else if (typeof axis !== 'number') throw argumentError(name, 'takes one axis or none');
  const along = axis == null ? 0 : normalizeAxis(name, axis, ndim);
  const out = bind(primitive, [array], { axis: along });
  if (!keepdims) return out;
  const shape = axis == null ? new Array<number>(ndim).fill(1) : reducedShape(array.shape, [along], true);
  return bind('reshape', [out], { shape });
}

type Cumulation = 'cumsum' | 'cumprod' | 'cummax' | 'cummin';

/** A cumulation along `axis`, or of the flattened array. */
function cumulate(name: string, primitive: Cumulation, x: ArrayLike, axis: number | null, reverse: boolean): NdArray {
  const given = asArray(x, name);
  let array = given.dtype === 'bool' ? convertType(given, 'int32') : given;
  if (axis === null && array.ndim !== 1) array = bind('reshape', [array], { shape: [sizeOf(array.shape)] });
  return bind(primitive, [array], { axis: normalizeAxis(name, axis ?? 0, array.ndim), reverse });
}

export interface CumulateOptions {
  /** From the end to the front (as `lax.cumsum`'s). */
  readonly reverse?: boolean;
}

/** Running sums along `axis` (null: of the flattened array). */
export function cumsum(x: ArrayLike, axis: number | null = null, { reverse = false }: CumulateOptions = {}): NdArray {
  return cumulate('np.cumsum', 'cumsum', x, axis, reverse);
}

/** Running products along `axis` (null: of the flattened array). */
export function cumprod(x: ArrayLike, axis: number | null = null, { reverse = false }: CumulateOptions = {}): NdArray {
  return cumulate('np.cumprod', 'cumprod', x, axis, reverse);
}

/** Running maxima along `axis` (null: of the flattened array). */
export function cummax(x: ArrayLike, axis: number | null = null, { reverse = false }: CumulateOptions = {}): NdArray {
  return cumulate('np.cummax', 'cummax', x, axis, reverse);
}

/** Running minima along `axis` (null: of the flattened array). */
export function cummin(x: ArrayLike, axis: number | null = null, { reverse = false }: CumulateOptions = {}): NdArray {
  return cumulate('np.cummin', 'cummin', x, axis, reverse);
}
