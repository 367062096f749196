/** Cases of the elementwise primitives. */
import type { Case, Cases, Random } from '../caseTypes';
import { integers, LINEAR } from '../operands';
import { array, distinct, uniform } from '../values';

interface UnaryOptions {
  readonly linear?: boolean;
  readonly step?: number;
  readonly tolerance?: number;
}

/** A function of one operand, checked on entries in [low, high) of a matrix and on a scalar. */
function unary(low: number, high: number, { linear, ...options }: UnaryOptions = {}): readonly Case<'neg'>[] {
  const linears = linear ? { linear: [[0]] } : {};
  return [
    { params: undefined, operands: (random) => [uniform(random, [2, 3], low, high)], ...linears, ...options },
    { params: undefined, operands: (random) => [uniform(random, [], low, high)], ...linears, ...options },
  ];
}

/** A function of two operands with entries in the given ranges. */
function binary(
  x: readonly [number, number],
  y: readonly [number, number],
  options: Partial<Case<'add'>> = {},
): readonly Case<'add'>[] {
  return [[2, 3], []].map((shape) => ({
    params: undefined,
    operands: (random) => [uniform(random, shape, ...x), uniform(random, shape, ...y)],
    ...options,
  }));
}

function bits(dtype: 'int32' | 'bool', high: number): Case<'and'> {
  return {
    params: undefined,
    operands: (random) => [integers(random, [3], 0, high, dtype), integers(random, [3], 0, high, dtype)],
  };
}

/** Two operands that never come near each other. */
const apart = (random: Random) => {
  const both = distinct(random, [12]).data;
  return [array([2, 3], both.slice(0, 6)), array([2, 3], both.slice(6))];
};

export const elementwiseCases = {
  neg: unary(-1, 1, { linear: true }),
  abs: [...unary(0.2, 1), ...unary(-1, -0.2)],
  sign: unary(0.2, 1),
  floor: unary(0.2, 0.8),
  ceil: unary(0.2, 0.8),
  round: unary(0.6, 1.4),
  roundHalfUp: unary(0.6, 1.4),
  trunc: unary(-0.8, -0.2),
  exp: unary(-1, 1),
  expm1: unary(-1, 1),
  log: unary(0.7, 2),
  log1p: unary(-0.3, 1),
  log2: unary(0.7, 2),
  log10: unary(0.7, 2),
  sqrt: unary(0.7, 2),
  cbrt: [...unary(0.7, 2), ...unary(-2, -0.7)],
  sin: unary(-3, 3),
  cos: unary(-3, 3),
  tan: unary(-0.8, 0.8),
  asin: unary(-0.6, 0.6),
  acos: unary(-0.6, 0.6),
  atan: unary(-2, 2),
  sinh: unary(-1, 1),
  cosh: unary(-1, 1),
  tanh: unary(-1, 1),
  asinh: unary(-2, 2),
  acosh: unary(1.6, 3),
  atanh: unary(-0.6, 0.6),
  erf: unary(-2, 2),
  erfc: unary(-2, 2),
  erfInv: unary(-0.6, 0.6),
  lgamma: [...unary(0.9, 3), ...unary(-0.6, -0.4, { step: 5e-3, tolerance: 1e-4 })],
  digamma: [...unary(0.9, 3), ...unary(-0.6, -0.4, { step: 5e-3, tolerance: 1e-4 })],
  polygamma: [1, 2].map((order) => ({
    params: { order },
    operands: (random) => [uniform(random, [3], 1, 3)],
    tolerance: 1e-5,
  })),
  logistic: unary(-3, 3),
  softplus: unary(-3, 3),
  not: [
    { params: undefined, operands: (random) => [integers(random, [2, 3], 0, 2, 'bool')] },
    { params: undefined, operands: (random) => [integers(random, [2, 3], -5, 5)] },
  ],
  isFinite: unary(0.2, 0.8),
  isNaN: unary(0.2, 0.8),
  integerPow: [0, 1, 2, 3, 5, -1, -2].map((exponent) => ({
    params: { exponent },
    operands: (random) => [uniform(random, [3], 0.7, 1.5)],
    tolerance: 1e-5,
  })),
  convert: [
    { params: { dtype: 'float64' }, operands: (random) => [uniform(random, [2, 3])], ...LINEAR },
    { params: { dtype: 'int32' }, operands: (random) => [uniform(random, [2, 3], 0.2, 0.8)] },
    { params: { dtype: 'float64' }, operands: (random) => [integers(random, [2, 3], -3, 3)] },
  ],
  // Its derivative is 0 by definition, not by difference.
  stopGradient: [{ params: undefined, operands: (random) => [uniform(random, [2, 3])], active: [] }],

  add: binary([-1, 1], [-1, 1], { linear: [[0], [1], [0, 1]] }),
  sub: binary([-1, 1], [-1, 1], { linear: [[0], [1], [0, 1]] }),
  mul: binary([-1, 1], [-1, 1], { linear: [[0], [1]] }),
  div: binary([-1, 1], [0.7, 1.5], { linear: [[0]] }),
  pow: binary([0.7, 1.5], [-2, 2], { tolerance: 1e-5 }),
  rem: binary([2.2, 2.8], [0.93, 0.97]),
  min: [{ params: undefined, operands: apart }],
  max: [{ params: undefined, operands: apart }],
  atan2: [...binary([0.5, 1], [0.5, 1], { tolerance: 1e-5 }), ...binary([-1, -0.5], [-1, -0.5], { tolerance: 1e-5 })],
  hypot: binary([0.5, 1], [-1, -0.5], { tolerance: 1e-5 }),
  eq: [{ params: undefined, operands: apart }],
  ne: [{ params: undefined, operands: apart }],
  lt: [{ params: undefined, operands: apart }],
  le: [{ params: undefined, operands: apart }],
  gt: [{ params: undefined, operands: apart }],
  ge: [{ params: undefined, operands: apart }],
  and: [bits('int32', 16), bits('bool', 2)],
  or: [bits('int32', 16), bits('bool', 2)],
  xor: [bits('int32', 16), bits('bool', 2)],
  shiftLeft: [bits('int32', 16)],
  shiftRightLogical: [bits('int32', 16)],
  shiftRightArithmetic: [bits('int32', 16)],

  select: [
    {
      params: undefined,
      operands: (random) => [integers(random, [2, 3], 0, 2, 'bool'), uniform(random, [2, 3]), uniform(random, [2, 3])],
      linear: [[1], [2], [1, 2]],
    },
  ],
  clamp: [
    {
      params: undefined,
      operands: (random) => [
        uniform(random, [6], -0.6, -0.4),
        distinct(random, [6], 0.35),
        uniform(random, [6], 0.3, 0.4),
      ],
    },
  ],
} satisfies Partial<Cases>;
