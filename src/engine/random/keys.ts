/** Keys of the counter-based generator threefry2x32, as JAX's: two words (uint32) each, split instead of advanced. */
import { GradLensError } from '../errors';
import { argumentError, checkShape } from '../numpy/arguments';
import { asArray, convertType } from '../numpy/convert';
import type { ArrayLike } from '../numpy/types';
import { threefry2x32 } from '../primitives/random';
import type { Shape } from '../program/aval';
import { bind } from '../trace/bind';
import { ConcreteArray, type NdArray } from '../trace/ndarray';
import { hashTraced } from './hash';

/**
 * The key of a seed: uint32[2]. A seed from 0 to 2³² − 1 gives JAX's key; other integers that of JAX with 64-bit integers.
 * @throws GradLensError unless the seed is a safe integer or an integer scalar
 */
export function key(seed: number | NdArray): NdArray {
  if (typeof seed === 'number') {
    if (!Number.isSafeInteger(seed))
      throw argumentError('random.key', `the seed must be an integer, not ${String(seed)}`);
    return new ConcreteArray(Uint32Array.of(Math.floor(seed / 4294967296), seed), [2], 'uint32');
  }
  if (seed.ndim !== 0 || (seed.dtype !== 'int32' && seed.dtype !== 'uint32')) {
    throw argumentError('random.key', `the seed must be an integer scalar, not ${seed.dtype}[${seed.shape.join(',')}]`);
  }
  const low = bind('reshape', [convertType(seed, 'uint32')], { shape: [1] });
  return bind('concatenate', [new ConcreteArray(new Uint32Array(1), [1], 'uint32'), low], { axis: 0 });
}
export { key as PRNGKey };

/** @throws GradLensError for what is no single key */
export function checkKey(where: string, value: ArrayLike): NdArray {
  const array = asArray(value, where, 'key');
  if (array.ndim !== 1 || array.shape[0] !== 2) {
    throw new GradLensError(
      'bad-key',
      `${where}: the first argument must be one key (uint32[2]), not ${array.dtype}[${array.shape.join(',')}].`,
      array.ndim > 1 ? 'Use vmap for an array of keys.' : 'Make one with random.key(seed).',
    );
  }
  return convertType(array, 'uint32');
}

/** New keys: [num, 2], or [...num, 2] for a shape. `const [a, b] = split(key)`. */
export function split(from: ArrayLike, num: number | Shape = 2): NdArray {
  const shape = checkShape('random.split', num);
  return bind('randomBits', [checkKey('random.split', from)], { shape, bitWidth: 64 });
}

/** A new key from a key and an integer, say the number of a step. */
export function foldIn(from: ArrayLike, data: number | NdArray): NdArray {
  const where = 'random.foldIn';
  const words = checkKey(where, from);
  if (typeof data === 'number' && !Number.isInteger(data))
    throw argumentError(where, `data must be an integer, not ${String(data)}`);
  const number =
    typeof data === 'number' ? new ConcreteArray(Uint32Array.of(data), [], 'uint32') : convertType(data, 'uint32');
  if (number.ndim !== 0) throw argumentError(where, `data must be a scalar, not of shape [${number.shape.join(', ')}]`);
  if (words instanceof ConcreteArray && number instanceof ConcreteArray) {
    const pair = threefry2x32([words.data[0], words.data[1]], [0, number.data[0]]);
    return new ConcreteArray(Uint32Array.from(pair), [2], 'uint32');
  }
  return hashTraced(words, number);
}
