/** Continuous distributions by transformation of uniform numbers, with JAX's formulas. */
import { checkShape } from '../numpy/arguments';
import { applyBinary } from '../numpy/binary';
import { fullLikeWith } from '../numpy/broadcast';
import type { ArrayLike } from '../numpy/types';
import { applyUnary } from '../numpy/unary';
import type { Shape } from '../program/aval';
import { bind } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';
import { floatOption, uniformOf, type FloatOptions, type FloatType } from './uniform';

/** Spacing of the numbers above 1, below 1, and the smallest normal number. */
const EPSILON: Record<FloatType, number> = { float32: 2 ** -23, float64: 2 ** -52 };
const BELOW_ONE: Record<FloatType, number> = { float32: 1 - 2 ** -24, float64: 1 - 2 ** -53 };
const TINY: Record<FloatType, number> = { float32: 2 ** -126, float64: 2 ** -1022 };

function times(x: NdArray, factor: number): NdArray {
  return applyBinary('mul', x, fullLikeWith(x, factor));
}

/** Standard normal numbers, by the inverse of the error function. */
export function normal(key: ArrayLike, shape: number | Shape = [], options: FloatOptions = {}): NdArray {
  return normalOf('random.normal', key, shape, options);
}

export function normalOf(where: string, key: ArrayLike, shape: number | Shape, options: FloatOptions): NdArray {
  const dtype = floatOption(where, options);
  const u = uniformOf(where, key, shape, { dtype, minval: -BELOW_ONE[dtype], maxval: 1 });
  return times(applyUnary('erfInv', u), Math.SQRT2);
}

/** Normal numbers inside (lower, upper). */
export function truncatedNormal(
  key: ArrayLike,
  lower: number,
  upper: number,
  shape: number | Shape = [],
  options: FloatOptions = {},
): NdArray {
  const where = 'random.truncatedNormal';
  const dtype = floatOption(where, options);
  const like = uniformOf(where, key, [], { dtype });
  const erfAt = (x: number): NdArray =>
    applyUnary(
      'erf',
      fullLikeWith(like, dtype === 'float32' ? Math.fround(Math.fround(x) / Math.fround(Math.SQRT2)) : x / Math.SQRT2),
    );
  const u = uniformOf(where, key, shape, { dtype, minval: erfAt(lower), maxval: erfAt(upper) });
  const out = times(applyUnary('erfInv', u), Math.SQRT2);
  // Rounding must not push a number onto a limit or out.
  const inside = [nextUp(lower, dtype), -nextUp(-upper, dtype)].map((limit) => fullLikeWith(out, limit));
  return applyBinary('min', applyBinary('max', out, inside[0]), inside[1]);
}

/** The next larger number of a type. */
function nextUp(x: number, dtype: FloatType): number {
  if (!Number.isFinite(x))
    return x === -Infinity ? (dtype === 'float32' ? -3.4028234663852886e38 : -Number.MAX_VALUE) : x;
  const [floats, words] =
    dtype === 'float32' ? [new Float32Array([x]), Int32Array] : [new Float64Array([x]), BigInt64Array];
  if (floats[0] === 0) return dtype === 'float32' ? 2 ** -149 : Number.MIN_VALUE;
  const view = new words(floats.buffer);
  if (view instanceof Int32Array) view[0] += x > 0 ? 1 : -1;
  else view[0] += x > 0 ? 1n : -1n;
  return floats[0];
}

/** Exponential numbers of rate 1. */
export function exponential(key: ArrayLike, shape: number | Shape = [], options: FloatOptions = {}): NdArray {
  const u = uniformOf('random.exponential', key, shape, options);
  return applyUnary('neg', applyUnary('log1p', applyUnary('neg', u)));
}

/** Standard Gumbel numbers. */
export function gumbel(key: ArrayLike, shape: number | Shape = [], options: FloatOptions = {}): NdArray {
  return gumbelOf('random.gumbel', key, shape, options);
}

export function gumbelOf(where: string, key: ArrayLike, shape: number | Shape, options: FloatOptions): NdArray {
  const dtype = floatOption(where, options);
  const u = uniformOf(where, key, shape, { dtype, minval: TINY[dtype], maxval: 1 });
  return applyUnary('neg', applyUnary('log', applyUnary('neg', applyUnary('log', u))));
}

/** Standard Laplace numbers. */
export function laplace(key: ArrayLike, shape: number | Shape = [], options: FloatOptions = {}): NdArray {
  const dtype = floatOption('random.laplace', options);
  const u = uniformOf('random.laplace', key, shape, { dtype, minval: -BELOW_ONE[dtype], maxval: 1 });
  return applyBinary('mul', applyUnary('sign', u), applyUnary('log1p', applyUnary('neg', applyUnary('abs', u))));
}

/** Standard logistic numbers. */
export function logistic(key: ArrayLike, shape: number | Shape = [], options: FloatOptions = {}): NdArray {
  const dtype = floatOption('random.logistic', options);
  const u = uniformOf('random.logistic', key, shape, { dtype, minval: EPSILON[dtype], maxval: 1 });
  return applyUnary('log', applyBinary('div', u, applyBinary('sub', fullLikeWith(u, 1), u)));
}

/** Standard Cauchy numbers. */
export function cauchy(key: ArrayLike, shape: number | Shape = [], options: FloatOptions = {}): NdArray {
  const dtype = floatOption('random.cauchy', options);
  const u = uniformOf('random.cauchy', key, shape, { dtype, minval: EPSILON[dtype], maxval: 1 });
  return applyUnary('tan', times(applyBinary('sub', u, fullLikeWith(u, 0.5)), Math.PI));
}

/** Pareto numbers of shape parameter `b` from 1 on. */
export function pareto(key: ArrayLike, b: number, shape: number | Shape = [], options: FloatOptions = {}): NdArray {
  const e = exponential(key, shape, options);
  return applyUnary('exp', applyBinary('div', e, fullLikeWith(e, b)));
}

/** −1 or 1, each with probability one half, int32. */
export function rademacher(key: ArrayLike, shape: number | Shape = []): NdArray {
  const u = uniformOf('random.rademacher', key, checkShape('random.rademacher', shape), {});
  const heads = bind('convert', [applyBinary('lt', u, fullLikeWith(u, 0.5))], { dtype: 'int32' });
  return applyBinary('sub', applyBinary('mul', heads, fullLikeWith(heads, 2)), fullLikeWith(heads, 1));
}
