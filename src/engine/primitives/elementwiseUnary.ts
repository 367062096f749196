/** Elementwise primitives of one operand. The derivative stands as a formula above its rule. */
import type { DType } from '../program/aval';
import { isFloat } from '../program/aval';
import { NONE } from '../program/program';
import { mapUnary } from './arrays';
import {
  batchElementwise,
  linearUnary,
  numeric,
  requireDType,
  smooth,
  step,
  test,
  integerOrBool,
  zeroTangent,
} from './factories';
import type { Primitive, PrimitiveTable } from './primitive';

/** To the nearest integer, ties to the even one. */
function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x - Math.trunc(x)) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function logistic(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** log(1 + eˣ) without overflow, exact in both tails. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** xⁿ; small exponents by products. */
export function power(x: number, exponent: number): number {
  switch (exponent) {
    case 1:
      return x;
    case 2:
      return x * x;
    case 3:
      return x * x * x;
    case -1:
      return 1 / x;
    default:
      return Math.pow(x, exponent);
  }
}

/** xⁿ modulo 2³² by repeated squaring. */
export function integerPower(x: number, exponent: number): number {
  if (exponent < 0) return Math.abs(x) === 1 ? (exponent % 2 === 0 ? 1 : x) : 0;
  let result = 1;
  let square = x | 0;
  for (let n = exponent; n > 0; n = Math.floor(n / 2)) {
    if (n % 2 === 1) result = Math.imul(result, square);
    square = Math.imul(square, square);
  }
  return result;
}

// d xⁿ = n xⁿ⁻¹
const integerPow: Primitive<'integerPow'> = {
  shape(operands) {
    requireDType('integerPow', numeric, operands);
    return operands[0];
  },
  evaluate([x], { exponent }) {
    return mapUnary(x, x.dtype, isFloat(x.dtype) ? (v) => power(v, exponent) : (v) => integerPower(v, exponent));
  },
  jvp(b, { primals: [x], tangents: [t], params: { exponent } }) {
    if (exponent === 0) return [NONE];
    if (exponent === 1) return [t];
    const rest = exponent === 2 ? x : b.integerPow(x, exponent - 1);
    return [b.mul(t, b.scale(rest, exponent))];
  },
  transpose: null,
  batch: batchElementwise('integerPow'),
};

/** As XLA converts: to integers towards zero, out of range to the nearest end, NaN to 0. */
function converter(from: DType, to: DType): (x: number) => number {
  if (to === 'bool') return (x) => (x !== 0 ? 1 : 0);
  if (isFloat(to) || !isFloat(from)) return (x) => x;
  const [low, high] = to === 'int32' ? [-2147483648, 2147483647] : [0, 4294967295];
  return (x) => (Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(x), low), high));
}

// d convert(x) = convert(dx)
const convert: Primitive<'convert'> = {
  shape: ([{ shape }], { dtype }) => ({ shape, dtype }),
  evaluate: ([x], { dtype }) => (x.dtype === dtype ? x : mapUnary(x, dtype, converter(x.dtype, dtype))),
  jvp: (b, { tangents, params: { dtype } }) => [isFloat(dtype) ? b.convert(tangents[0], dtype) : NONE],
  transpose: (b, { cotangents, avals }) => [b.convert(cotangents[0], avals[0].dtype)],
  batch: batchElementwise('convert'),
};

// A barrier: the derivative is 0.
const stopGradient: Primitive<'stopGradient'> = {
  shape: ([x]) => x,
  evaluate: ([x]) => x,
  jvp: zeroTangent,
  transpose: null,
  batch: batchElementwise('stopGradient'),
};

const not: Primitive<'not'> = {
  shape(operands) {
    requireDType('not', integerOrBool, operands);
    return operands[0];
  },
  evaluate: ([x]) => mapUnary(x, x.dtype, x.dtype === 'bool' ? (v) => 1 - v : (v) => ~v),
  jvp: zeroTangent,
  transpose: null,
  batch: batchElementwise('not'),
};

export const elementwiseUnary = {
  neg: linearUnary(
    'neg',
    (x) => -x,
    (b, t) => b.neg(t),
  ),
  // d |x| = sign(x), 0 at 0
  abs: {
    ...smooth('abs', Math.abs, (b, x) => b.sign(x)),
    shape(operands) {
      requireDType('abs', numeric, operands);
      return operands[0];
    },
  },
  sign: step('sign', Math.sign, numeric),
  floor: step('floor', Math.floor),
  ceil: step('ceil', Math.ceil),
  round: step('round', roundHalfEven),
  roundHalfUp: step('roundHalfUp', Math.round),
  trunc: step('trunc', Math.trunc),

  // d eˣ = eˣ
  exp: smooth('exp', Math.exp, (_b, _x, y) => y),
  // d (eˣ − 1) = eˣ, not y + 1, which loses the left tail
  expm1: smooth('expm1', Math.expm1, (b, x) => b.exp(x)),
  // d log x = 1/x
  log: {
    ...smooth('log', Math.log, (b, x) => b.reciprocal(x)),
    jvp: (b, { primals, tangents }) => [b.div(tangents[0], primals[0])],
  },
  // d log(1 + x) = 1/(1 + x)
  log1p: {
    ...smooth('log1p', Math.log1p, (b, x) => b.reciprocal(x)),
    jvp: (b, { primals, tangents }) => [b.div(tangents[0], b.shift(primals[0], 1))],
  },
  // d log₂ x = 1/(x log 2)
  log2: smooth('log2', Math.log2, (b, x) => b.reciprocal(b.scale(x, Math.LN2))),
  // d log₁₀ x = 1/(x log 10)
  log10: smooth('log10', Math.log10, (b, x) => b.reciprocal(b.scale(x, Math.LN10))),
  // d √x = 1/(2√x), ∞ at 0
  sqrt: smooth('sqrt', Math.sqrt, (b, _x, y) => b.div(b.fullLike(y, 0.5), y)),
  // d ∛x = 1/(3 ∛x²), ∞ at 0
  cbrt: smooth('cbrt', Math.cbrt, (b, _x, y) => b.scale(b.integerPow(y, -2), 1 / 3)),

  sin: smooth('sin', Math.sin, (b, x) => b.cos(x)),
  cos: smooth('cos', Math.cos, (b, x) => b.neg(b.sin(x))),
  // d tan x = 1 + tan² x
  tan: smooth('tan', Math.tan, (b, _x, y) => b.shift(b.square(y), 1)),
  // d asin x = 1/√((1 − x)(1 + x))
  asin: smooth('asin', Math.asin, (b, x) => b.reciprocal(b.sqrt(b.mul(b.subFrom(1, x), b.shift(x, 1))))),
  // d acos x = −1/√((1 − x)(1 + x))
  acos: smooth('acos', Math.acos, (b, x) => b.neg(b.reciprocal(b.sqrt(b.mul(b.subFrom(1, x), b.shift(x, 1)))))),
  // d atan x = 1/(1 + x²)
  atan: smooth('atan', Math.atan, (b, x) => b.reciprocal(b.shift(b.square(x), 1))),
  sinh: smooth('sinh', Math.sinh, (b, x) => b.cosh(x)),
  cosh: smooth('cosh', Math.cosh, (b, x) => b.sinh(x)),
  // d tanh x = 1 − tanh² x
  tanh: smooth('tanh', Math.tanh, (b, _x, y) => b.subFrom(1, b.square(y))),
  // d asinh x = 1/√(x² + 1)
  asinh: smooth('asinh', Math.asinh, (b, x) => b.reciprocal(b.sqrt(b.shift(b.square(x), 1)))),
  // d acosh x = 1/(√(x − 1) √(x + 1)): NaN left of 1, as the value
  acosh: smooth('acosh', Math.acosh, (b, x) => b.reciprocal(b.mul(b.sqrt(b.shift(x, -1)), b.sqrt(b.shift(x, 1))))),
  // d atanh x = 1/((1 − x)(1 + x))
  atanh: smooth('atanh', Math.atanh, (b, x) => b.reciprocal(b.mul(b.subFrom(1, x), b.shift(x, 1)))),

  // d σ(x) = σ(x) (1 − σ(x))
  logistic: smooth('logistic', logistic, (b, _x, y) => b.mul(y, b.subFrom(1, y))),
  // d log(1 + eˣ) = σ(x)
  softplus: smooth('softplus', softplus, (b, x) => b.logistic(x)),

  isFinite: test('isFinite', Number.isFinite),
  isNaN: test('isNaN', Number.isNaN),
  not,
  integerPow,
  convert,
  stopGradient,
} satisfies Partial<PrimitiveTable>;
