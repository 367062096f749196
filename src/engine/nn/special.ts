/** Special functions, as `jax.scipy.special`. */
import { argumentError } from '../numpy/arguments';
import { applyBinary } from '../numpy/binary';
import { align, fullLikeWith } from '../numpy/broadcast';
import type { ArrayLike } from '../numpy/types';
import { applyUnary, asFloat, floatFunction } from '../numpy/unary';
import { bind } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';

export { logsumexp, logSoftmax, softmax } from './normalized';

export const erf = floatFunction('special.erf', 'erf');
/** 1 − erf(x), accurate where that is small. */
export const erfc = floatFunction('special.erfc', 'erfc');
/** The inverse of erf. */
export const erfinv = floatFunction('special.erfinv', 'erfInv');
/** log |Γ(x)| */
export const gammaln = floatFunction('special.gammaln', 'lgamma');
/** The derivative of log Γ. */
export const digamma = floatFunction('special.digamma', 'digamma');
export { digamma as psi };
/** 1/(1 + e⁻ˣ) */
export const expit = floatFunction('special.expit', 'logistic');

/** The n-th derivative of digamma, n ≥ 0. */
export function polygamma(n: number, x: ArrayLike): NdArray {
  if (!Number.isInteger(n) || n < 0)
    throw argumentError('special.polygamma', `n must be a non-negative integer, not ${String(n)}`);
  const array = asFloat(x, 'special.polygamma');
  return n === 0 ? applyUnary('digamma', array) : bind('polygamma', [array], { order: n });
}

/** log(x/(1 − x)), the inverse of expit. */
export function logit(x: ArrayLike): NdArray {
  const array = asFloat(x, 'special.logit');
  return applyBinary('sub', applyUnary('log', array), applyUnary('log1p', applyUnary('neg', array)));
}

/** x·f(y), 0 where both are at the singular point. */
function timesLog(
  where: string,
  x: ArrayLike,
  y: ArrayLike,
  log: 'log' | 'log1p',
  singular: number,
  harmless: number,
): NdArray {
  const [a, b] = align(where, [x, y], ['x', 'y'], 'float');
  const none = applyBinary(
    'and',
    applyBinary('eq', a, fullLikeWith(a, 0)),
    applyBinary('eq', b, fullLikeWith(b, singular)),
  );
  const safe = bind('select', [none, fullLikeWith(b, harmless), b], undefined);
  return applyBinary('mul', a, applyUnary(log, safe));
}

/** x·log(y), 0 for x = y = 0. */
export function xlogy(x: ArrayLike, y: ArrayLike): NdArray {
  return timesLog('special.xlogy', x, y, 'log', 0, 1);
}

/** x·log(1 + y), 0 for x = 0, y = −1. */
export function xlog1py(x: ArrayLike, y: ArrayLike): NdArray {
  return timesLog('special.xlog1py', x, y, 'log1p', -1, 0);
}

/** −x·log(x); 0 at 0, −∞ below. */
export function entr(x: ArrayLike): NdArray {
  const array = asFloat(x, 'special.entr');
  const zero = fullLikeWith(array, 0);
  const below = applyBinary('lt', array, zero);
  const safe = bind('select', [below, fullLikeWith(array, 1), array], undefined);
  return bind('select', [below, fullLikeWith(array, -Infinity), applyUnary('neg', xlogy(safe, safe))], undefined);
}

/** The distribution function of the standard normal distribution. */
export function ndtr(x: ArrayLike): NdArray {
  const array = asFloat(x, 'special.ndtr');
  const scaled = applyBinary('mul', array, fullLikeWith(array, -Math.SQRT1_2));
  const tail = applyUnary('erfc', scaled);
  return applyBinary('mul', tail, fullLikeWith(tail, 0.5));
}

/** log |B(x, y)| of the beta function. */
export function betaln(x: ArrayLike, y: ArrayLike): NdArray {
  const [a, b] = align('special.betaln', [x, y], ['x', 'y'], 'float');
  const logGamma = (value: NdArray): NdArray => applyUnary('lgamma', value);
  return applyBinary('sub', applyBinary('add', logGamma(a), logGamma(b)), logGamma(applyBinary('add', a, b)));
}
