/** Functions along an axis: softmax and its relatives, standardization, one-hot vectors. */
import { argumentError, checkSize, normalizeAxes, normalizeAxis, reduceOptions } from '../numpy/arguments';
import { applyBinary } from '../numpy/binary';
import { fullLikeWith, placeIn } from '../numpy/broadcast';
import { asArray, convertType } from '../numpy/convert';
import { dtypeOf, type DTypeArgument } from '../numpy/creation';
import { reduce } from '../numpy/reductions';
import { keepAxes, overAxes, mean, variance } from '../numpy/statistics';
import type { ArrayLike, Axis, AxisOrOptions, ReduceOptions } from '../numpy/types';
import { applyUnary, asFloat } from '../numpy/unary';
import { bind } from '../trace/bind';
import { ConcreteArray, type NdArray } from '../trace/ndarray';

export interface LogSumExpOptions extends ReduceOptions {
  /** Factors of the exponentials; they broadcast. */
  readonly b?: ArrayLike;
}

/** log Σ eˣ over `axis` (default all) without overflow; with `b`, log Σ b·eˣ. */
export function logsumexp(x: ArrayLike, axisOrOptions?: AxisOrOptions<LogSumExpOptions>): NdArray {
  const where = 'nn.logsumexp';
  const { axis, keepdims, b } = reduceOptions(axisOrOptions);
  const array = asFloat(x, where);
  const axes = normalizeAxes(where, axis, array.ndim);
  if (b === undefined) return keepAxes(reduce('reduceLogSumExp', array, axes), array.shape, axes, keepdims);
  const factors = asFloat(b, where, 'b');
  const lead = array.ndim - factors.ndim;
  if (lead < 0 || factors.shape.some((extent, k) => extent !== 1 && extent !== array.shape[k + lead])) {
    throw argumentError(
      where,
      `b of shape [${factors.shape.join(', ')}] does not broadcast to x [${array.shape.join(', ')}]`,
    );
  }
  const weights = placeIn(
    convertType(factors, array.dtype),
    array.shape,
    factors.shape.map((_, k) => k + lead),
    [array],
  );
  // The largest element as a constant: it cancels out, so its derivative would be zero.
  const largest = bind('stopGradient', [reduce('reduceMax', array, axes)], undefined);
  const shift = bind('select', [applyUnary('isFinite', largest), largest, fullLikeWith(largest, 0)], undefined);
  const terms = applyBinary('mul', weights, applyUnary('exp', applyBinary('sub', array, overAxes(shift, array, axes))));
  const out = applyBinary('add', applyUnary('log', reduce('reduceSum', terms, axes)), shift);
  return keepAxes(out, array.shape, axes, keepdims);
}

/** x − logsumexp(x) along `axis`. */
export function logSoftmax(x: ArrayLike, axis: Axis = -1): NdArray {
  return shifted('nn.logSoftmax', x, axis);
}

/** eˣ/Σ eˣ along `axis`. */
export function softmax(x: ArrayLike, axis: Axis = -1): NdArray {
  return applyUnary('exp', shifted('nn.softmax', x, axis));
}

function shifted(where: string, x: ArrayLike, axis: Axis): NdArray {
  const array = asFloat(x, where);
  const axes = normalizeAxes(where, axis, array.ndim);
  return applyBinary('sub', array, overAxes(reduce('reduceLogSumExp', array, axes), array, axes));
}

/** (x − mean)/√(variance + ε) along `axis`. */
export function standardize(x: ArrayLike, axis: Axis = -1, epsilon = 1e-5): NdArray {
  const array = asFloat(x, 'nn.standardize');
  const axes = normalizeAxes('nn.standardize', axis, array.ndim);
  const centred = applyBinary('sub', array, overAxes(mean(array, axes), array, axes));
  const spread = variance(array, axes);
  const scale = applyUnary('sqrt', applyBinary('add', spread, fullLikeWith(spread, epsilon)));
  return applyBinary('div', centred, overAxes(scale, array, axes));
}

/** 1 at the index, 0 elsewhere, along a new axis of `classes`; zeros for an index outside. */
export function oneHot(
  indices: ArrayLike,
  classes: number,
  { axis = -1, dtype }: { readonly axis?: number; readonly dtype?: DTypeArgument } = {},
): NdArray {
  const where = 'nn.oneHot';
  const array = asArray(indices, where, 'indices');
  checkSize(where, 'classes', classes);
  const along = normalizeAxis(where, axis, array.ndim + 1);
  const shape = [...array.shape.slice(0, along), classes, ...array.shape.slice(along)];
  const wide = placeIn(
    array,
    shape,
    array.shape.map((_, k) => (k < along ? k : k + 1)),
    [array],
  );
  const numbers = convertType(
    new ConcreteArray(
      Int32Array.from({ length: classes }, (_, k) => k),
      [classes],
      'int32',
    ),
    array.dtype,
  );
  const hot = applyBinary('eq', wide, placeIn(numbers, shape, [along], [array]));
  return convertType(hot, dtypeOf(where, dtype));
}

/** The first half along `axis` times the sigmoid of the second. @throws GradLensError for an odd size */
export function glu(x: ArrayLike, axis = -1): NdArray {
  const array = asFloat(x, 'nn.glu');
  const along = normalizeAxis('nn.glu', axis, array.ndim);
  const extent = array.shape[along];
  if (extent % 2 !== 0) throw argumentError('nn.glu', `axis ${axis} of size ${extent} has no two halves`);
  const half = (from: number): NdArray =>
    bind('slice', [array], {
      start: array.shape.map((_, k) => (k === along ? from : 0)),
      limit: array.shape.map((size, k) => (k === along ? from + extent / 2 : size)),
      strides: array.shape.map(() => 1),
    });
  return applyBinary('mul', half(0), applyUnary('logistic', half(extent / 2)));
}
