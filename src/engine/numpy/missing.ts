/** Reductions that take NaN for a missing element. */
import { isFloat } from '../program/aval';
import { bind } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';
import { normalizeAxes, normalizeAxis, reduceOptions } from './arguments';
import { applyBinary } from './binary';
import { fullLikeWith } from './broadcast';
import { asArray, convertType } from './convert';
import { argmax, argmin, cumprod, cumsum, prod, reduce, sum, type ArgOptions } from './reductions';
import { axesTogether, keepAxes, overAxes, type SpreadOptions } from './statistics';
import type { ArrayLike, AxisOrOptions, ReduceOptions } from './types';
import { applyUnary, asFloat } from './unary';

/** `x` with `value` for its NaNs. The derivative does not see what was replaced. */
function replaced(x: NdArray, value: number): NdArray {
  return isFloat(x.dtype) ? bind('select', [applyUnary('isNaN', x), fullLikeWith(x, value), x], undefined) : x;
}

export function nansum(x: ArrayLike, axisOrOptions?: AxisOrOptions): NdArray {
  return sum(replaced(asArray(x, 'np.nansum'), 0), axisOrOptions);
}

export function nanprod(x: ArrayLike, axisOrOptions?: AxisOrOptions): NdArray {
  return prod(replaced(asArray(x, 'np.nanprod'), 1), axisOrOptions);
}

export function nancumsum(x: ArrayLike, axis: number | null = null): NdArray {
  return cumsum(replaced(asArray(x, 'np.nancumsum'), 0), axis);
}

export function nancumprod(x: ArrayLike, axis: number | null = null): NdArray {
  return cumprod(replaced(asArray(x, 'np.nancumprod'), 1), axis);
}

/** The largest number; NaN where there is none. */
export function nanmax(x: ArrayLike, axisOrOptions?: AxisOrOptions): NdArray {
  return extreme('np.nanmax', 'reduceMax', -Infinity, x, reduceOptions(axisOrOptions));
}

/** The smallest number; NaN where there is none. */
export function nanmin(x: ArrayLike, axisOrOptions?: AxisOrOptions): NdArray {
  return extreme('np.nanmin', 'reduceMin', Infinity, x, reduceOptions(axisOrOptions));
}

function extreme(
  where: string,
  primitive: 'reduceMax' | 'reduceMin',
  unit: number,
  x: ArrayLike,
  options: Partial<ReduceOptions>,
): NdArray {
  const array = asFloat(x, where);
  const axes = normalizeAxes(where, options.axis, array.ndim);
  const out = reduce(primitive, replaced(array, unit), axes);
  const none = reduce('reduceAnd', applyUnary('isNaN', array), axes);
  return keepAxes(bind('select', [none, fullLikeWith(out, NaN), out], undefined), array.shape, axes, options.keepdims);
}

export function nanargmax(x: ArrayLike, axisOrOptions?: AxisOrOptions<ArgOptions>): NdArray {
  return argmax(replaced(asArray(x, 'np.nanargmax'), -Infinity), axisOrOptions);
}

export function nanargmin(x: ArrayLike, axisOrOptions?: AxisOrOptions<ArgOptions>): NdArray {
  return argmin(replaced(asArray(x, 'np.nanargmin'), Infinity), axisOrOptions);
}

/** How many are numbers, in the type of `array`. */
function counted(array: NdArray, axes: readonly number[]): NdArray {
  const numbers = applyUnary('not', applyUnary('isNaN', array));
  return reduce('reduceSum', convertType(numbers, array.dtype), axes);
}

/** Mean of the numbers; NaN where there is none. */
export function nanmean(x: ArrayLike, axisOrOptions?: AxisOrOptions): NdArray {
  const { axis, keepdims } = reduceOptions(axisOrOptions);
  const array = asFloat(x, 'np.nanmean');
  const axes = normalizeAxes('np.nanmean', axis, array.ndim);
  const out = applyBinary('div', reduce('reduceSum', replaced(array, 0), axes), counted(array, axes));
  return keepAxes(out, array.shape, axes, keepdims);
}

/** Mean squared deviation of the numbers. */
export function nanvar(x: ArrayLike, axisOrOptions?: AxisOrOptions<SpreadOptions>): NdArray {
  const { axis, keepdims, ddof = 0 } = reduceOptions(axisOrOptions);
  const array = asFloat(x, 'np.nanvar');
  const axes = normalizeAxes('np.nanvar', axis, array.ndim);
  const count = counted(array, axes);
  const centre = applyBinary('div', reduce('reduceSum', replaced(array, 0), axes), count);
  const deviation = replaced(applyBinary('sub', array, overAxes(centre, array, axes)), 0);
  const total = reduce('reduceSum', bind('integerPow', [deviation], { exponent: 2 }), axes);
  const out = applyBinary('div', total, applyBinary('sub', count, fullLikeWith(count, ddof)));
  return keepAxes(out, array.shape, axes, keepdims);
}

/** Standard deviation of the numbers. */
export function nanstd(x: ArrayLike, axisOrOptions?: AxisOrOptions<SpreadOptions>): NdArray {
  return applyUnary('sqrt', nanvar(x, axisOrOptions));
}

/** Median of the numbers; NaN where there is none. */
export function nanmedian(x: ArrayLike, axisOrOptions?: AxisOrOptions): NdArray {
  const where = 'np.nanmedian';
  const { axis, keepdims } = reduceOptions(axisOrOptions);
  const array = asFloat(x, where);
  const axes = normalizeAxes(where, axis, array.ndim);
  const together = axesTogether(array, axes);
  const last = normalizeAxis(where, -1, together.ndim);
  // NaN is sorted last; the middle of the numbers before depends on how many they are.
  const ordered = bind('sort', [together], { axis: last });
  const numbers = convertType(applyUnary('not', applyUnary('isNaN', together)), 'int32');
  const count = reduce('reduceSum', numbers, [last]);
  const half = (offset: number): NdArray => {
    const middle = applyBinary('div', applyBinary('sub', count, fullLikeWith(count, offset)), fullLikeWith(count, 2));
    const index = applyBinary('max', middle, fullLikeWith(middle, 0));
    const places = bind('reshape', [index], { shape: [...index.shape, 1] });
    return bind('gather', [ordered, places], { axes: [last], batchDims: last });
  };
  const sumOfTwo = applyBinary('add', half(1), half(0));
  const out = applyBinary('mul', sumOfTwo, fullLikeWith(sumOfTwo, 0.5));
  return keepAxes(out, array.shape, axes, keepdims);
}
