/** Choosing among elements, and vectors of several variables. */
import { linalgCholesky } from '../linalg/factor';
import { argumentError, checkShape, normalizeAxis } from '../numpy/arguments';
import { add, applyBinary, subtract } from '../numpy/binary';
import { broadcastShapes, expandTo } from '../numpy/broadcast';
import { broadcastTo } from '../numpy/creation';
import { asArray, convertType } from '../numpy/convert';
import { einsum } from '../numpy/einsum';
import { take, takeAlongAxis } from '../numpy/indexing';
import { argmax, cumsum } from '../numpy/reductions';
import { sliceAxis, reshapeOf } from '../numpy/shape';
import { argsort, searchsorted } from '../numpy/sorting';
import type { ArrayLike } from '../numpy/types';
import { asFloat, log, negative } from '../numpy/unary';
import { sizeOf, type Shape } from '../program/aval';
import { ConcreteArray, type NdArray } from '../trace/ndarray';
import { gumbelOf, normalOf } from './distributions';
import { checkKey, split } from './keys';
import { bits, randint, uniformOf, type FloatOptions, type FloatType } from './uniform';

function range(count: number): NdArray {
  return new ConcreteArray(
    Int32Array.from({ length: count }, (_, index) => index),
    [count],
    'int32',
  );
}

/** Sorts by random words, several times over so that equal words do not matter. */
function shuffle(key: NdArray, x: NdArray, axis: number): NdArray {
  const rounds = Math.ceil((3 * Math.log(Math.max(1, x.size))) / Math.log(4294967295));
  let [rest, out] = [key, x];
  for (let round = 0; round < rounds; round++) {
    const [next, now] = split(rest);
    rest = next;
    const order = argsort(bits(now, x.shape), axis);
    out = x.ndim === 1 ? take(out, order, 0) : takeAlongAxis(out, order, axis);
  }
  return out;
}

export interface PermutationOptions {
  readonly axis?: number;
  /** Every vector along the axis in an order of its own. */
  readonly independent?: boolean;
}

/** 0 … n − 1 (int32) in random order, or an array with its slices along `axis` in random order. */
export function permutation(
  key: ArrayLike,
  x: number | ArrayLike,
  { axis = 0, independent = false }: PermutationOptions = {},
): NdArray {
  const where = 'random.permutation';
  const from = checkKey(where, key);
  if (typeof x === 'number') {
    if (!Number.isInteger(x) || x < 0)
      throw argumentError(where, `x must be an array or a non-negative integer, not ${String(x)}`);
    return shuffle(from, range(x), 0);
  }
  const array = asArray(x, where);
  const along = normalizeAxis(where, axis, array.ndim);
  if (independent || array.ndim === 1) return shuffle(from, array, along);
  return take(array, shuffle(from, range(array.shape[along]), 0), along);
}

export interface ChoiceOptions {
  /** Whether an element may be drawn again; default true. */
  readonly replace?: boolean;
  /** Probability of each element, a vector; default all the same. */
  readonly p?: ArrayLike;
  readonly axis?: number;
}

/**
 * Elements (slices along `axis`) drawn from an array, or from 0 … a − 1 for a number; as many as `shape` says.
 * @throws GradLensError for a larger sample than there are elements without replacement, or probabilities that do not fit
 */
export function choice(
  key: ArrayLike,
  a: number | ArrayLike,
  shape: number | Shape = [],
  options: ChoiceOptions = {},
): NdArray {
  const where = 'random.choice';
  const from = checkKey(where, key);
  const to = checkShape(where, shape);
  const array = typeof a === 'number' ? undefined : asArray(a, where, 'a');
  const along = array ? normalizeAxis(where, options.axis ?? 0, array.ndim) : 0;
  const count = array ? array.shape[along] : (a as number);
  const wanted = sizeOf(to);
  const { replace = true } = options;
  if (!Number.isInteger(count) || count < 1)
    throw argumentError(where, `there must be something to choose from, not ${String(count)} elements`);
  if (!replace && wanted > count)
    throw argumentError(where, `cannot draw ${wanted} of ${count} elements without replacement`);
  const chosen =
    options.p === undefined ? evenly(from, count, to, replace) : weighted(where, from, count, to, replace, options.p);
  const places = reshapeOf(where, chosen, to);
  return array ? take(array, places, along) : places;
}

function evenly(key: NdArray, count: number, shape: Shape, replace: boolean): NdArray {
  return replace ? randint(key, shape, 0, count) : sliceAxis(shuffle(key, range(count), 0), 0, 0, sizeOf(shape));
}

/** By the inverse of the distribution function; without replacement the largest of log p + Gumbel noise. */
function weighted(where: string, key: NdArray, count: number, shape: Shape, replace: boolean, p: ArrayLike): NdArray {
  const weights = asFloat(p, where, 'p');
  if (weights.ndim !== 1 || weights.size !== count) {
    throw argumentError(
      where,
      `p of shape [${weights.shape.join(', ')}] does not give one probability for each of ${count} elements`,
    );
  }
  const dtype = weights.dtype as FloatType;
  if (!replace) {
    const noise = applyBinary('add', gumbelOf(where, key, [count], { dtype }), log(weights));
    return sliceAxis(argsort(negative(noise)), 0, 0, sizeOf(shape));
  }
  const sums = cumsum(weights, 0);
  const total = reshapeOf(where, sliceAxis(sums, 0, count - 1, count), []);
  const u = uniformOf(where, key, shape, { dtype });
  return searchsorted(sums, applyBinary('mul', expandTo(total, u.shape, [u]), subtract(1, u)));
}

/** Indices drawn with probabilities proportional to exp(logits) along `axis`, int32. */
export function categorical(
  key: ArrayLike,
  logits: ArrayLike,
  { axis = -1, shape }: { readonly axis?: number; readonly shape?: Shape } = {},
): NdArray {
  const where = 'random.categorical';
  const weights = asFloat(logits, where, 'logits');
  const along = normalizeAxis(where, axis, weights.ndim);
  const rest = weights.shape.filter((_, k) => k !== along);
  const batch = shape ?? rest;
  const lead = batch.length - rest.length;
  const full = [...batch.slice(0, lead), ...weights.shape];
  broadcastShapes(batch, rest);
  const noise = gumbelOf(where, key, full, { dtype: weights.dtype as FloatType });
  return argmax(add(noise, weights), along + lead);
}

export interface MultivariateOptions extends FloatOptions {
  /** Batch shape of the result; default from `mean` and `covariance`. */
  readonly shape?: Shape;
}

/** Normal vectors with a mean [..., n] and a positive definite covariance [..., n, n]. The type is that of the two. */
export function multivariateNormal(
  key: ArrayLike,
  mean: ArrayLike,
  covariance: ArrayLike,
  options: MultivariateOptions = {},
): NdArray {
  const where = 'random.multivariateNormal';
  const centre = asFloat(mean, where, 'mean');
  const matrix = convertType(asFloat(covariance, where, 'covariance'), centre.dtype);
  const n = centre.shape[centre.ndim - 1];
  if (
    centre.ndim < 1 ||
    matrix.ndim < 2 ||
    matrix.shape[matrix.ndim - 1] !== n ||
    matrix.shape[matrix.ndim - 2] !== n
  ) {
    throw argumentError(
      where,
      `mean [${centre.shape.join(', ')}] and covariance [${matrix.shape.join(', ')}] must be [..., n] and [..., n, n]`,
    );
  }
  const batch = options.shape ?? broadcastShapes(centre.shape.slice(0, -1), matrix.shape.slice(0, -2));
  const dtype = options.dtype ?? (centre.dtype as FloatType);
  const draws = normalOf(where, key, [...batch, n], { dtype });
  const factor = convertType(linalgCholesky(where, matrix), dtype);
  const spread = einsum('...ij,...j->...i', factor, draws);
  return add(broadcastTo(convertType(centre, dtype), [...batch, n]), spread);
}
