/** Bits, and the numbers that come from them directly. */
import { argumentError, checkShape } from '../numpy/arguments';
import { applyBinary } from '../numpy/binary';
import { expandTo, fullLikeWith } from '../numpy/broadcast';
import { asArray, convertType, scalarOf } from '../numpy/convert';
import type { ArrayLike } from '../numpy/types';
import { asFloat } from '../numpy/unary';
import type { Shape } from '../program/aval';
import { bind } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';
import { checkKey, split } from './keys';

export type FloatType = 'float32' | 'float64';

export interface FloatOptions {
  /** Default float32, as JAX's; 'float64' gives the numbers of JAX with 64-bit types. */
  readonly dtype?: FloatType;
}

/** @throws GradLensError for a type that is no float */
export function floatOption(where: string, { dtype = 'float32' }: FloatOptions): FloatType {
  if (dtype !== 'float32' && dtype !== 'float64')
    throw argumentError(where, `dtype must be float32 or float64, not ${String(dtype)}`);
  return dtype;
}

/** 32 random bits an element, uint32. */
export function bits(key: ArrayLike, shape: number | Shape = []): NdArray {
  return bind('randomBits', [checkKey('random.bits', key)], { shape: checkShape('random.bits', shape), bitWidth: 32 });
}

/** Uniform in [0, 1): as many random bits as the mantissa has, so every product below is exact. */
function unit(key: NdArray, shape: Shape, dtype: FloatType): NdArray {
  const scaled = (words: NdArray, shift: number, factor: number): NdArray => {
    const kept = shift === 0 ? words : applyBinary('shiftRightLogical', words, fullLikeWith(words, shift));
    const floats = convertType(kept, dtype);
    return applyBinary('mul', floats, fullLikeWith(floats, factor));
  };
  if (dtype === 'float32') return scaled(bind('randomBits', [key], { shape, bitWidth: 32 }), 9, 2 ** -23);
  const pairs = bind('randomBits', [key], { shape, bitWidth: 64 });
  const word = (index: number): NdArray => {
    const last = pairs.ndim - 1;
    const cut = bind('slice', [pairs], {
      start: pairs.shape.map((_, axis) => (axis === last ? index : 0)),
      limit: pairs.shape.map((extent, axis) => (axis === last ? index + 1 : extent)),
      strides: pairs.shape.map(() => 1),
    });
    return bind('reshape', [cut], { shape: [...shape] });
  };
  return applyBinary('add', scaled(word(0), 0, 2 ** -32), scaled(word(1), 12, 2 ** -52));
}

export interface UniformOptions extends FloatOptions {
  /** Smallest value, default 0; broadcasts. */
  readonly minval?: ArrayLike;
  /** Upper limit, not reached, default 1; broadcasts. */
  readonly maxval?: ArrayLike;
}

/** Uniform numbers in [minval, maxval). */
export function uniform(key: ArrayLike, shape: number | Shape = [], options: UniformOptions = {}): NdArray {
  return uniformOf('random.uniform', key, shape, options);
}

export function uniformOf(where: string, key: ArrayLike, shape: number | Shape, options: UniformOptions): NdArray {
  const dtype = floatOption(where, options);
  const out = unit(checkKey(where, key), checkShape(where, shape), dtype);
  const { minval = 0, maxval = 1 } = options;
  if (minval === 0 && maxval === 1) return out;
  const limit = (value: ArrayLike, name: string): NdArray => {
    const array = typeof value === 'number' ? scalarOf(value, dtype) : convertType(asArray(value, where, name), dtype);
    const lead = out.ndim - array.ndim;
    if (lead < 0 || array.shape.some((extent, axis) => extent !== 1 && extent !== out.shape[axis + lead])) {
      throw argumentError(
        where,
        `${name} of shape [${array.shape.join(', ')}] does not broadcast to [${out.shape.join(', ')}]`,
      );
    }
    return array;
  };
  const [low, high] = [limit(minval, 'minval'), limit(maxval, 'maxval')];
  const width = low.ndim === 0 && high.ndim === 0 ? applyBinary('sub', high, low) : undefined;
  const wide = (value: NdArray): NdArray => expandTo(value, out.shape, [out]);
  const span = width ? wide(width) : applyBinary('sub', wide(high), wide(low));
  const moved = applyBinary('add', applyBinary('mul', out, span), wide(low));
  return applyBinary('max', wide(low), moved);
}

export interface RandintOptions {
  readonly dtype?: 'int32' | 'uint32';
}

/** Uniform integers in [minval, maxval). The limits are numbers or integer arrays that broadcast. */
export function randint(
  key: ArrayLike,
  shape: number | Shape,
  minval: ArrayLike,
  maxval: ArrayLike,
  { dtype = 'int32' }: RandintOptions = {},
): NdArray {
  const where = 'random.randint';
  const to = checkShape(where, shape);
  const [first, second] = split(checkKey(where, key));
  const draw = (from: NdArray): NdArray => bind('randomBits', [from], { shape: to, bitWidth: 32 });
  const [higher, lower] = [draw(first), draw(second)];
  const wide = (value: NdArray): NdArray => expandTo(value, to, [higher]);
  const { low, span } = limits(where, minval, maxval);
  // 2³² mod span by (2¹⁶ mod span)², so that 64 random bits decide.
  const root = applyBinary('rem', fullLikeWith(span, 65536), span);
  const multiplier = applyBinary('rem', applyBinary('mul', root, root), span);
  const size = wide(span);
  const sum = applyBinary(
    'add',
    applyBinary('mul', applyBinary('rem', higher, size), wide(multiplier)),
    applyBinary('rem', lower, size),
  );
  const offset = convertType(applyBinary('rem', sum, size), dtype);
  return applyBinary('add', wide(convertType(low, dtype)), offset);
}

/** The lower limit, and how many integers there are up to the upper one (at least one). */
function limits(where: string, minval: ArrayLike, maxval: ArrayLike): { low: NdArray; span: NdArray } {
  if (typeof minval === 'number' && typeof maxval === 'number') {
    if (!Number.isInteger(minval) || !Number.isInteger(maxval))
      throw argumentError(where, `minval and maxval must be integers, not ${minval} and ${maxval}`);
    const low = scalarOf(minval, minval < 0 ? 'int32' : 'uint32');
    return { low, span: scalarOf(maxval > minval ? maxval - minval : 1, 'uint32') };
  }
  const integer = (value: ArrayLike, name: string): NdArray => {
    const array = asArray(value, where, name);
    return convertType(array, 'int32');
  };
  const [low, high] = [integer(minval, 'minval'), integer(maxval, 'maxval')];
  const both =
    low.ndim >= high.ndim ? [low, expandTo(high, low.shape, [low])] : [expandTo(low, high.shape, [high]), high];
  const difference = convertType(applyBinary('sub', both[1], both[0]), 'uint32');
  const empty = applyBinary('le', both[1], both[0]);
  return { low: both[0], span: bind('select', [empty, fullLikeWith(difference, 1), difference], undefined) };
}

/** True with probability `p` (a number or an array of floats); the shape is that of `p` unless given. */
export function bernoulli(key: ArrayLike, p: ArrayLike = 0.5, shape?: number | Shape): NdArray {
  const where = 'random.bernoulli';
  const chance = typeof p === 'number' ? scalarOf(p, 'float32') : asFloat(p, where, 'p');
  const to = shape === undefined ? chance.shape : checkShape(where, shape);
  const draw = uniformOf(where, key, to, { dtype: chance.dtype as FloatType });
  return applyBinary('lt', draw, expandTo(chance, to, [draw]));
}
