/** Means, spreads and order statistics. */
import { sizeOf } from '../program/aval';
import { bind } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';
import { argumentError, normalizeAxes, reducedShape, reduceOptions } from './arguments';
import { applyBinary } from './binary';
import { fullLikeWith, placeIn } from './broadcast';
import { contract } from './contractions';
import { asArray, convertType } from './convert';
import { reduce } from './reductions';
import { atleast2d, permute, reshapeOf } from './shape';
import type { ArrayLike, AxisOrOptions, ReduceOptions } from './types';
import { applyUnary, asFloat } from './unary';

export interface SpreadOptions extends ReduceOptions {
  /** Divisor n − ddof; default 0. */
  readonly ddof?: number;
}

/** The value of a reduction, without its axes, repeated over them. */
export function overAxes(value: NdArray, like: NdArray, axes: readonly number[]): NdArray {
  const kept = like.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return placeIn(value, like.shape, kept, [like]);
}

/** `out` with the axes it was reduced over as axes of size one. */
export function keepAxes(out: NdArray, shape: readonly number[], axes: readonly number[], keepdims = false): NdArray {
  return keepdims ? reshapeOf('np.reduce', out, reducedShape(shape, axes, true)) : out;
}

function countOver(shape: readonly number[], axes: readonly number[]): number {
  return sizeOf(axes.map((axis) => shape[axis]));
}

function meanOf(array: NdArray, axes: readonly number[]): NdArray {
  const total = reduce('reduceSum', array, axes);
  return applyBinary('div', total, fullLikeWith(total, countOver(array.shape, axes)));
}

/** Arithmetic mean over `axis` (default all). */
export function mean(x: ArrayLike, axisOrOptions?: AxisOrOptions): NdArray {
  const options = reduceOptions(axisOrOptions);
  const array = asFloat(x, 'np.mean');
  const axes = normalizeAxes('np.mean', options.axis, array.ndim);
  return keepAxes(meanOf(array, axes), array.shape, axes, options.keepdims);
}

/** Mean squared deviation over `axis`: `np.var` (a keyword, hence the name here). */
export function variance(x: ArrayLike, axisOrOptions?: AxisOrOptions<SpreadOptions>): NdArray {
  const options = reduceOptions(axisOrOptions);
  const array = asFloat(x, 'np.var');
  const axes = normalizeAxes('np.var', options.axis, array.ndim);
  const deviation = applyBinary('sub', array, overAxes(meanOf(array, axes), array, axes));
  const total = reduce('reduceSum', bind('integerPow', [deviation], { exponent: 2 }), axes);
  const divisor = countOver(array.shape, axes) - (options.ddof ?? 0);
  return keepAxes(applyBinary('div', total, fullLikeWith(total, divisor)), array.shape, axes, options.keepdims);
}

/** Standard deviation over `axis`. */
export function std(x: ArrayLike, axisOrOptions?: AxisOrOptions<SpreadOptions>): NdArray {
  return applyUnary('sqrt', variance(x, axisOrOptions));
}

export interface AverageOptions extends ReduceOptions {
  /** Of the shape of `x`, or a vector for one axis. */
  readonly weights?: ArrayLike;
}

/** Weighted mean. @throws GradLensError where the weights fit neither `x` nor the axis */
export function average(x: ArrayLike, axisOrOptions?: AxisOrOptions<AverageOptions>): NdArray {
  const options = reduceOptions(axisOrOptions);
  if (options.weights === undefined) return mean(x, options);
  const array = asFloat(x, 'np.average');
  const axes = normalizeAxes('np.average', options.axis, array.ndim);
  const given = convertType(asArray(options.weights, 'np.average', 'weights'), array.dtype);
  const vector = given.ndim === 1 && array.ndim !== 1 && axes.length === 1 && given.size === array.shape[axes[0]];
  if (!vector && given.shape.join() !== array.shape.join()) {
    throw argumentError(
      'np.average',
      `weights of shape [${given.shape.join(', ')}] fit neither x [${array.shape.join(', ')}] nor its axis`,
    );
  }
  const weights = vector ? placeIn(given, array.shape, axes, [array]) : given;
  const total = reduce('reduceSum', applyBinary('mul', array, weights), axes);
  return keepAxes(applyBinary('div', total, reduce('reduceSum', weights, axes)), array.shape, axes, options.keepdims);
}

type QuantileMethod = 'linear' | 'lower' | 'higher' | 'nearest' | 'midpoint';
export interface QuantileOptions extends ReduceOptions {
  /** Between two elements: interpolate (default), take one, or their middle. */
  readonly method?: QuantileMethod;
}

/** The axes to reduce brought together as the last one. */
export function axesTogether(array: NdArray, axes: readonly number[]): NdArray {
  const kept = array.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return reshapeOf('np.quantile', permute(array, [...kept, ...axes]), [
    ...kept.map((axis) => array.shape[axis]),
    countOver(array.shape, axes),
  ]);
}

/**
 * The value below which a share `q` (0 … 1, a number or an array of numbers) of the elements lies. Arrays of shares become the
 * first axes of the result. Slices with a NaN give NaN.
 */
export function quantile(
  x: ArrayLike,
  q: number | readonly number[],
  axisOrOptions?: AxisOrOptions<QuantileOptions>,
): NdArray {
  return quantileOf('np.quantile', x, q, reduceOptions(axisOrOptions));
}

/** `quantile` by percentages. */
export function percentile(
  x: ArrayLike,
  q: number | readonly number[],
  axisOrOptions?: AxisOrOptions<QuantileOptions>,
): NdArray {
  const shares = typeof q === 'number' ? q / 100 : q.map((one) => one / 100);
  return quantileOf('np.percentile', x, shares, reduceOptions(axisOrOptions));
}

/** The middle element, or the mean of the two middle ones. */
export function median(x: ArrayLike, axisOrOptions?: AxisOrOptions): NdArray {
  return quantileOf('np.median', x, 0.5, reduceOptions(axisOrOptions));
}

function quantileOf(
  where: string,
  x: ArrayLike,
  q: number | readonly number[],
  options: Partial<QuantileOptions>,
): NdArray {
  const array = asFloat(x, where);
  const axes = normalizeAxes(where, options.axis, array.ndim);
  const together = axesTogether(array, axes);
  const last = together.ndim - 1;
  const count = together.shape[last];
  if (count === 0) throw argumentError(where, `x of shape [${array.shape.join(', ')}] has no elements there`);
  const ordered = bind('sort', [together], { axis: last });
  // NaN is sorted last, so the last element tells.
  const top = element(ordered, last, count - 1);
  const results = (typeof q === 'number' ? [q] : q).map((share) => {
    if (!(share >= 0 && share <= 1))
      throw argumentError(where, `q must be between 0 and ${where === 'np.percentile' ? 100 : 1}`);
    const value = between(ordered, share * (count - 1), options.method ?? 'linear');
    const checked = bind('select', [applyUnary('isNaN', top), top, value], undefined);
    return keepAxes(checked, array.shape, axes, options.keepdims);
  });
  if (typeof q === 'number') return results[0];
  return bind(
    'concatenate',
    results.map((one) => bind('reshape', [one], { shape: [1, ...one.shape] })),
    { axis: 0 },
  );
}

function element(array: NdArray, axis: number, index: number): NdArray {
  const cut = bind('slice', [array], {
    start: array.shape.map((_, k) => (k === axis ? index : 0)),
    limit: array.shape.map((extent, k) => (k === axis ? index + 1 : extent)),
    strides: array.shape.map(() => 1),
  });
  return bind('reshape', [cut], { shape: array.shape.filter((_, k) => k !== axis) });
}

function between(ordered: NdArray, position: number, method: QuantileMethod): NdArray {
  const last = ordered.ndim - 1;
  const [low, high] = [Math.floor(position), Math.ceil(position)];
  const at = (index: number): NdArray => element(ordered, last, index);
  if (low === high || method === 'lower') return at(low);
  if (method === 'higher') return at(high);
  // To the nearest even index, as numpy.
  if (method === 'nearest') return at(position - low === 0.5 ? low + (low % 2) : Math.round(position));
  const [a, b] = [at(low), at(high)];
  const share = method === 'midpoint' ? 0.5 : position - low;
  const weigh = (value: NdArray, weight: number): NdArray => applyBinary('mul', value, fullLikeWith(value, weight));
  return applyBinary('add', weigh(a, 1 - share), weigh(b, share));
}

/** Covariance matrix of variables in rows (or columns). */
export function cov(
  x: ArrayLike,
  { rowvar = true, ddof = 1 }: { readonly rowvar?: boolean; readonly ddof?: number } = {},
): NdArray {
  const given = atleast2d(asFloat(x, 'np.cov'));
  if (given.ndim > 2) throw argumentError('np.cov', `x must have at most two dimensions, not ${given.ndim}`);
  const array = rowvar || given.shape[0] === 1 ? given : permute(given, [1, 0]);
  const deviation = applyBinary('sub', array, overAxes(meanOf(array, [1]), array, [1]));
  const product = contract('np.cov', deviation, deviation, { lhsContract: [1], rhsContract: [1] });
  const out = applyBinary('div', product, fullLikeWith(product, array.shape[1] - ddof));
  return out.size === 1 ? reshapeOf('np.cov', out, []) : out;
}

/** Correlation coefficients of variables in rows (or columns). */
export function corrcoef(x: ArrayLike, options: { readonly rowvar?: boolean } = {}): NdArray {
  const matrix = cov(x, options);
  if (matrix.ndim === 0) return applyBinary('div', matrix, matrix);
  const n = matrix.shape[0];
  const places = Int32Array.from({ length: 2 * n }, (_, k) => k >> 1);
  const indices = asArray(places, 'np.corrcoef');
  const variances = bind('gather', [matrix, bind('reshape', [indices], { shape: [n, 2] })], {
    axes: [0, 1],
    batchDims: 0,
  });
  const deviations = applyUnary('sqrt', variances);
  const rows = placeIn(deviations, [n, n], [0], [matrix]);
  const columns = placeIn(deviations, [n, n], [1], [matrix]);
  return applyBinary('div', applyBinary('div', matrix, rows), columns);
}

interface HistogramOptions {
  /** Default: from the smallest to the largest element. */
  readonly range?: readonly [number, number];
}

/** Numbers of elements in `bins` equal intervals and the edges of these. The edges must be known. */
export function histogram(x: ArrayLike, bins = 10, { range }: HistogramOptions = {}): [NdArray, NdArray] {
  const array = asFloat(x, 'np.histogram');
  const data = Array.from(array.concrete.data);
  let [low, high] = range ?? [
    data.reduce((a, b) => Math.min(a, b), Infinity),
    data.reduce((a, b) => Math.max(a, b), -Infinity),
  ];
  if (!(low <= high)) [low, high] = [0, 1];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const edges = Float64Array.from({ length: bins + 1 }, (_, k) => low + ((high - low) * k) / bins);
  const counts = new Int32Array(bins);
  for (const value of data) {
    if (value < low || value > high || Number.isNaN(value)) continue;
    let bin = Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins));
    if (value < edges[bin]) bin--;
    else if (bin < bins - 1 && value >= edges[bin + 1]) bin++;
    counts[bin]++;
  }
  return [asArray(counts, 'np.histogram'), asArray(edges, 'np.histogram')];
}
