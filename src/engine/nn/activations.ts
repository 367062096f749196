/** Activation functions, with `jax.nn`'s formulas and derivatives. */
import { applyBinary } from '../numpy/binary';
import { fullLikeWith } from '../numpy/broadcast';
import { clip, select } from '../numpy/logic';
import type { ArrayLike } from '../numpy/types';
import { applyUnary, asFloat, floatFunction } from '../numpy/unary';
import { bind } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';

/** 1/(1 + e⁻ˣ) */
export const sigmoid = floatFunction('nn.sigmoid', 'logistic');
/** log(1 + eˣ) without overflow. */
export const softplus = floatFunction('nn.softplus', 'softplus');
export const tanh = floatFunction('nn.tanh', 'tanh');

function times(x: NdArray, factor: number): NdArray {
  return applyBinary('mul', x, fullLikeWith(x, factor));
}

function plus(x: NdArray, number: number): NdArray {
  return applyBinary('add', x, fullLikeWith(x, number));
}

/** x where it is positive, else `below`. NaN stays. */
function abovePositive(x: NdArray, below: NdArray): NdArray {
  return bind('select', [applyBinary('le', x, fullLikeWith(x, 0)), below, x], undefined);
}

/** x where it is negative, else 0: a safe argument for what is not taken. */
function negativePart(x: NdArray): NdArray {
  const zero = fullLikeWith(x, 0);
  return bind('select', [applyBinary('gt', x, zero), zero, x], undefined);
}

/** max(x, 0), with derivative 0 at 0. */
export function relu(x: ArrayLike): NdArray {
  const array = asFloat(x, 'nn.relu');
  return abovePositive(array, fullLikeWith(array, 0));
}

/** min(max(x, 0), 6) */
export function relu6(x: ArrayLike): NdArray {
  const array = asFloat(x, 'nn.relu6');
  return applyBinary('min', applyBinary('max', array, fullLikeWith(array, 0)), fullLikeWith(array, 6));
}

/** x, or `slope`·x below zero. */
export function leakyRelu(x: ArrayLike, slope = 0.01): NdArray {
  const array = asFloat(x, 'nn.leakyRelu');
  return select('nn.leakyRelu', applyBinary('ge', array, fullLikeWith(array, 0)), array, times(array, slope));
}

/** x, or α(eˣ − 1) below zero. */
export function elu(x: ArrayLike, alpha = 1): NdArray {
  const array = asFloat(x, 'nn.elu');
  return abovePositive(array, times(applyUnary('expm1', negativePart(array)), alpha));
}

/** x, or α(e^(x/α) − 1) below zero. */
export function celu(x: ArrayLike, alpha = 1): NdArray {
  const array = asFloat(x, 'nn.celu');
  return abovePositive(array, times(applyUnary('expm1', times(negativePart(array), 1 / alpha)), alpha));
}

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** The self-normalizing `elu`. */
export function selu(x: ArrayLike): NdArray {
  return times(elu(x, SELU_ALPHA), SELU_SCALE);
}

/** x·Φ(x); by default its approximation with tanh, as JAX's. */
export function gelu(x: ArrayLike, { approximate = true }: { readonly approximate?: boolean } = {}): NdArray {
  const array = asFloat(x, 'nn.gelu');
  if (!approximate) return applyBinary('mul', times(array, 0.5), applyUnary('erfc', times(array, -Math.SQRT1_2)));
  const cube = bind('integerPow', [array], { exponent: 3 });
  const inner = times(applyBinary('add', array, times(cube, 0.044715)), Math.sqrt(2 / Math.PI));
  return applyBinary('mul', array, times(plus(applyUnary('tanh', inner), 1), 0.5));
}

/** x·sigmoid(x) */
export function silu(x: ArrayLike): NdArray {
  const array = asFloat(x, 'nn.silu');
  return applyBinary('mul', array, applyUnary('logistic', array));
}
export { silu as swish };

/** x·tanh(softplus(x)) */
export function mish(x: ArrayLike): NdArray {
  const array = asFloat(x, 'nn.mish');
  return applyBinary('mul', array, applyUnary('tanh', applyUnary('softplus', array)));
}

/** log sigmoid(x) */
export function logSigmoid(x: ArrayLike): NdArray {
  return applyUnary('neg', applyUnary('softplus', applyUnary('neg', asFloat(x, 'nn.logSigmoid'))));
}

/** x/(1 + |x|) */
export function softSign(x: ArrayLike): NdArray {
  const array = asFloat(x, 'nn.softSign');
  return applyBinary('div', array, plus(applyUnary('abs', array), 1));
}

/** x limited to [−1, 1]. */
export function hardTanh(x: ArrayLike): NdArray {
  return clip(asFloat(x, 'nn.hardTanh'), -1, 1);
}

/** relu6(x + 3)/6 */
export function hardSigmoid(x: ArrayLike): NdArray {
  return times(relu6(plus(asFloat(x, 'nn.hardSigmoid'), 3)), 1 / 6);
}

/** x·hardSigmoid(x) */
export function hardSwish(x: ArrayLike): NdArray {
  const array = asFloat(x, 'nn.hardSwish');
  return applyBinary('mul', array, hardSigmoid(array));
}
