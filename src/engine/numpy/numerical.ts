/** Differences, integrals, interpolation, convolution and polynomials. */
import { bind } from '../trace/bind';
import { ConcreteArray, type NdArray } from '../trace/ndarray';
import { argumentError, checkSize, normalizeAxes, normalizeAxis } from './arguments';
import { applyBinary } from './binary';
import { expandTo, fullLikeWith, placeIn } from './broadcast';
import { asArray, convertType } from './convert';
import { concatenate } from './join';
import { floatType, resultType } from './promote';
import { sliceAxis } from './shape';
import { searchsorted } from './sorting';
import type { ArrayLike } from './types';
import { applyUnary, asFloat } from './unary';

/** Differences of neighbours along `axis`, `n` times over. */
export function diff(x: ArrayLike, n = 1, axis = -1): NdArray {
  checkSize('np.diff', 'n', n);
  let array = asArray(x, 'np.diff');
  const along = normalizeAxis('np.diff', axis, array.ndim);
  for (let time = 0; time < n; time++) {
    const extent = array.shape[along];
    const later = sliceAxis(array, along, Math.min(1, extent), extent);
    const earlier = sliceAxis(array, along, 0, Math.max(0, extent - 1));
    array = applyBinary(array.dtype === 'bool' ? 'ne' : 'sub', later, earlier);
  }
  return array;
}

/**
 * Central differences inside, one-sided ones at both ends, along one axis or several (default all): one array an axis, or the
 * array itself where there is one axis. `spacing` is the distance of neighbours.
 */
export function gradient(
  x: ArrayLike,
  spacing: number | readonly number[] = 1,
  axis: number | readonly number[] | null = null,
): NdArray | NdArray[] {
  const where = 'np.gradient';
  const array = asFloat(x, where);
  const axes =
    typeof axis === 'number' ? [normalizeAxis(where, axis, array.ndim)] : normalizeAxes(where, axis, array.ndim);
  const steps = typeof spacing === 'number' ? axes.map(() => spacing) : spacing;
  if (steps.length !== axes.length)
    throw argumentError(where, `there are ${steps.length} spacings for ${axes.length} axes`);
  const out = axes.map((along, k) => {
    const extent = array.shape[along];
    if (extent < 2) throw argumentError(where, `axis ${along} of size ${extent} is too short: it needs two elements`);
    const difference = (from: number, count: number, distance: number): NdArray => {
      const change = applyBinary(
        'sub',
        sliceAxis(array, along, from + distance, from + distance + count),
        sliceAxis(array, along, from, from + count),
      );
      return applyBinary('div', change, fullLikeWith(change, distance * steps[k]));
    };
    const ends = [difference(0, 1, 1), difference(extent - 2, 1, 1)];
    return concatenate(extent === 2 ? ends : [ends[0], difference(0, extent - 2, 2), ends[1]], along);
  });
  return out.length === 1 ? out[0] : out;
}

export interface TrapezoidOptions {
  /** Sample points, a vector along the axis or of the shape of `y`; overrides `dx`. */
  readonly x?: ArrayLike;
  readonly dx?: number;
  readonly axis?: number;
}

/** The integral along `axis` by the trapezoidal rule. The second argument is the sample points, or options. */
export function trapezoid(y: ArrayLike, xOrOptions: ArrayLike | TrapezoidOptions = {}): NdArray {
  const where = 'np.trapezoid';
  const options = isOptions(xOrOptions) ? xOrOptions : { x: xOrOptions };
  const array = asFloat(y, where, 'y');
  const along = normalizeAxis(where, options.axis ?? -1, array.ndim);
  const extent = array.shape[along];
  const sides = applyBinary(
    'add',
    sliceAxis(array, along, Math.min(1, extent), extent),
    sliceAxis(array, along, 0, Math.max(0, extent - 1)),
  );
  if (options.x === undefined) {
    const sum = bind('reduceSum', [sides], { axes: [along] });
    return applyBinary('mul', sum, fullLikeWith(sum, (options.dx ?? 1) / 2));
  }
  const points = convertType(asArray(options.x, where), array.dtype);
  const widths = diff(points, 1, points.ndim === 1 ? 0 : along);
  if (points.ndim === 1 ? points.size !== extent : points.shape.join() !== array.shape.join()) {
    throw argumentError(
      where,
      `x of shape [${points.shape.join(', ')}] fits neither y [${array.shape.join(', ')}] nor its axis ${along}`,
    );
  }
  const wide = points.ndim === 1 && array.ndim !== 1 ? placeIn(widths, sides.shape, [along], [sides]) : widths;
  const total = bind('reduceSum', [applyBinary('mul', sides, wide)], { axes: [along] });
  return applyBinary('mul', total, fullLikeWith(total, 0.5));
}
export { trapezoid as trapz };

function isOptions(value: ArrayLike | TrapezoidOptions): value is TrapezoidOptions {
  return Object.getPrototypeOf(value) === Object.prototype;
}

export interface InterpOptions {
  /** Value below the first point; default its value. */
  readonly left?: ArrayLike;
  /** Value above the last point; default its value. */
  readonly right?: ArrayLike;
  /** Points repeat with this period; it takes the place of left and right. */
  readonly period?: number;
}

/** Piecewise linear interpolation at `x` through the points (xp, fp), xp ascending. */
export function interp(
  x: ArrayLike,
  xp: ArrayLike,
  fp: ArrayLike,
  { left, right, period }: InterpOptions = {},
): NdArray {
  const where = 'np.interp';
  const given = [asArray(x, where), asArray(xp, where, 'xp'), asArray(fp, where, 'fp')];
  const strong = given.slice(typeof x === 'number' ? 1 : 0).map((one) => one.dtype);
  const dtype = floatType(resultType(strong, false));
  const [at, points, values] = given.map((one) => convertType(one, dtype));
  if (points.ndim !== 1 || values.ndim !== 1 || points.size !== values.size || points.size === 0) {
    throw argumentError(
      where,
      `xp [${points.shape.join(', ')}] and fp [${values.shape.join(', ')}] must be vectors of one size`,
    );
  }
  if (period !== undefined) return periodic(at, points, values, period);
  return interpolate(at, points, values, left, right);
}

function interpolate(at: NdArray, points: NdArray, values: NdArray, left?: ArrayLike, right?: ArrayLike): NdArray {
  const count = points.size;
  const pick = (of: NdArray, index: NdArray): NdArray =>
    bind('gather', [of, bind('reshape', [index], { shape: [...index.shape, 1] })], { axes: [0], batchDims: 0 });
  const found = searchsorted(points, at, { side: 'right' });
  const one = fullLikeWith(found, 1);
  const upper = applyBinary('min', applyBinary('max', found, one), fullLikeWith(found, Math.max(1, count - 1)));
  const lower = applyBinary('sub', upper, one);
  const [x0, x1, f0, f1] = [pick(points, lower), pick(points, upper), pick(values, lower), pick(values, upper)];
  const width = applyBinary('sub', x1, x0);
  const flat = applyBinary('eq', width, fullLikeWith(width, 0));
  const share = applyBinary(
    'div',
    applyBinary('sub', at, x0),
    bind('select', [flat, fullLikeWith(width, 1), width], undefined),
  );
  const line = applyBinary('add', f0, applyBinary('mul', share, applyBinary('sub', f1, f0)));
  const inside = bind('select', [flat, f0, line], undefined);
  const end = (of: NdArray, k: number): NdArray =>
    expandTo(bind('reshape', [sliceAxis(of, 0, k, k + 1)], { shape: [] }), at.shape, [at, of]);
  const outer = (value: ArrayLike | undefined, k: number): NdArray =>
    value === undefined ? end(values, k) : expandTo(convertType(asArray(value, 'np.interp'), at.dtype), at.shape, [at]);
  const above = bind(
    'select',
    [applyBinary('gt', at, end(points, count - 1)), outer(right, count - 1), inside],
    undefined,
  );
  return bind('select', [applyBinary('lt', at, end(points, 0)), outer(left, 0), above], undefined);
}

/** All points moved into one period, in order, with one neighbour more at both ends. */
function periodic(at: NdArray, points: NdArray, values: NdArray, period: number): NdArray {
  if (!(period > 0)) throw argumentError('np.interp', 'period must be positive');
  const into = (x: NdArray): NdArray => {
    const size = fullLikeWith(x, period);
    const turns = applyUnary('floor', applyBinary('div', x, size));
    return applyBinary('sub', x, applyBinary('mul', turns, size));
  };
  const inPeriod = into(points);
  const order = bind('reshape', [bind('argsort', [inPeriod], { axis: 0 })], { shape: [points.size, 1] });
  const pick = (of: NdArray): NdArray => bind('gather', [of, order], { axes: [0], batchDims: 0 });
  const [xs, fs] = [pick(inPeriod), pick(values)];
  const count = points.size;
  const first = sliceAxis(xs, 0, 0, 1);
  const last = sliceAxis(xs, 0, count - 1, count);
  const wide = concatenate([
    applyBinary('sub', last, fullLikeWith(last, period)),
    xs,
    applyBinary('add', first, fullLikeWith(first, period)),
  ]);
  return interpolate(into(at), wide, concatenate([sliceAxis(fs, 0, count - 1, count), fs, sliceAxis(fs, 0, 0, 1)]));
}

export type ConvolveMode = 'full' | 'same' | 'valid';

/** Discrete convolution of two vectors. */
export function convolve(x: ArrayLike, y: ArrayLike, mode: ConvolveMode = 'full'): NdArray {
  const [a, b] = vectorsByLength('np.convolve', x, y);
  return slide(a, bind('reverse', [b], { axes: [0] }), mode);
}

/** Discrete cross-correlation of two vectors: the sum of x[n + k] y[n] for every shift k. */
export function correlate(x: ArrayLike, y: ArrayLike, mode: ConvolveMode = 'valid'): NdArray {
  const where = 'np.correlate';
  const [first, second] = [asArray(x, where), asArray(y, where, 'y')];
  const [a, b] = vectorsByLength(where, first, second);
  const out = slide(a, b, mode);
  return first.size < second.size ? bind('reverse', [out], { axes: [0] }) : out;
}

/** Two vectors in one type, the longer one first. */
function vectorsByLength(where: string, x: ArrayLike, y: ArrayLike): [NdArray, NdArray] {
  const [a, b] = [asFloat(x, where), asFloat(y, where, 'y')];
  if (a.ndim !== 1 || b.ndim !== 1 || a.size === 0 || b.size === 0) {
    throw argumentError(
      where,
      `takes two vectors that are not empty, not [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`,
    );
  }
  const dtype = resultType([a.dtype, b.dtype], false);
  const pair: [NdArray, NdArray] = [convertType(a, dtype), convertType(b, dtype)];
  return a.size < b.size ? [pair[1], pair[0]] : pair;
}

/** Sums of products of a kernel and the stretch of `x` that it lies over. */
function slide(x: NdArray, kernel: NdArray, mode: ConvolveMode): NdArray {
  const reach = kernel.size - 1;
  const before = mode === 'full' ? reach : mode === 'same' ? Math.floor(kernel.size / 2) : 0;
  const after = mode === 'full' ? reach : mode === 'same' ? reach - before : 0;
  const line = (of: NdArray): NdArray => bind('reshape', [of], { shape: [1, 1, of.size] });
  const out = bind('conv', [line(x), line(kernel)], {
    strides: [1],
    padding: [[before, after]],
    lhsDilation: [1],
    rhsDilation: [1],
    featureGroupCount: 1,
    batchGroupCount: 1,
  });
  return bind('reshape', [out], { shape: [out.size] });
}

/** Value of the polynomial with these coefficients, the highest power first, by Horner's rule. */
export function polyval(coefficients: ArrayLike, x: ArrayLike): NdArray {
  const where = 'np.polyval';
  const list = asFloat(coefficients, where, 'coefficients');
  if (list.ndim !== 1) throw argumentError(where, `coefficients must have one dimension, not ${list.ndim}`);
  const given = asArray(x, where);
  const dtype = typeof x === 'number' ? list.dtype : resultType([list.dtype, given.dtype], false);
  const points = convertType(given, dtype);
  const at = (k: number): NdArray => {
    const coefficient = bind('reshape', [sliceAxis(list, 0, k, k + 1)], { shape: [] });
    return expandTo(convertType(coefficient, dtype), points.shape, [points]);
  };
  if (list.size === 0) return fullLikeWith(points, 0);
  let out = at(0);
  for (let k = 1; k < list.size; k++) out = applyBinary('add', applyBinary('mul', out, points), at(k));
  return out;
}

/** Coefficients of the n-th derivative. */
export function polyder(coefficients: ArrayLike, n = 1): NdArray {
  let list = asFloat(coefficients, 'np.polyder', 'coefficients');
  for (let time = 0; time < checkSize('np.polyder', 'n', n) && list.size > 0; time++) {
    const degree = list.size - 1;
    const powers = new ConcreteArray(
      Float64Array.from({ length: degree }, (_, k) => degree - k),
      [degree],
      'float64',
    );
    list = applyBinary('mul', sliceAxis(list, 0, 0, degree), convertType(powers, list.dtype));
  }
  return list;
}

/** Coefficients of the antiderivative that is `constant` at 0. */
export function polyint(coefficients: ArrayLike, constant: ArrayLike = 0): NdArray {
  const list = asFloat(coefficients, 'np.polyint', 'coefficients');
  const powers = new ConcreteArray(
    Float64Array.from({ length: list.size }, (_, k) => list.size - k),
    [list.size],
    'float64',
  );
  const end = bind('reshape', [convertType(asArray(constant, 'np.polyint', 'constant'), list.dtype)], { shape: [1] });
  return concatenate([applyBinary('div', list, convertType(powers, list.dtype)), end]);
}

/** Coefficients of the product of two polynomials. */
export function polymul(x: ArrayLike, y: ArrayLike): NdArray {
  return convolve(x, y, 'full');
}
