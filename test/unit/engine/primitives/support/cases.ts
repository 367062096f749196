/** What every primitive is checked with. The type makes the table total: a new primitive without cases does not compile. */
import type { PrimitiveName } from '../../../../../src/engine/primitives/params';
import type { ArrayValue } from '../../../../../src/engine/program/aval';
import type { ParamsOf } from '../../../../../src/engine/program/program';
import { array, distinct, generator, scalar, uniform } from './values';

/** Primitives that are no functions of arrays alone: tested with the transforms and in structured.test.ts. */
type StructuredName =
  | 'input'
  | 'literal'
  | 'constant'
  | 'project'
  | 'guard'
  | 'cond'
  | 'while'
  | 'scan'
  | 'call'
  | 'customJvp'
  | 'customVjp'
  | 'linearCall';

type Random = () => number;

export interface CaseOf<Params> {
  readonly params: Params;
  /** Operands at a generic point; called once an example, so every call gives others. */
  readonly operands: (random: Random) => readonly ArrayValue[];
  /** Operands that the derivative is taken of: all floating-point ones by default. */
  readonly active?: readonly number[];
  /** Sets of operands in which the primitive is linear. */
  readonly linear?: readonly (readonly number[])[];
  /** First step of the finite differences. */
  readonly step?: number;
  readonly tolerance?: number;
  readonly order?: number;
  /** Rounding that batching may differ by. */
  readonly batchTolerance?: number;
}

export type Case<P extends PrimitiveName> = CaseOf<ParamsOf<P>>;
export type Cases = { readonly [P in Exclude<PrimitiveName, StructuredName>]: readonly Case<P>[] };

// ------------------------------------------------------------------------------------------ elementwise

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

const integers = (
  random: Random,
  shape: readonly number[],
  low: number,
  high: number,
  dtype: 'int32' | 'uint32' | 'bool' = 'int32',
) => array(shape, uniform(random, shape, low, high).data.map(Math.floor), dtype);

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

// ------------------------------------------------------------------------------------------ the rest

const matrix = (random: Random) => uniform(random, [3, 4], 0.3, 1.3);
const small = (random: Random) => uniform(random, [2, 3], 0.3, 1.3);
const spread = (random: Random) => distinct(random, [2, 3]);
const int = (value: number) => scalar(value, 'int32');

/** A reduction over one, both and no axis. */
function reduction(operand: (random: Random) => ArrayValue, linear = false): readonly Case<'reduceSum'>[] {
  return [[0], [1], [0, 1], [1, 0], []].map((axes) => ({
    params: { axes },
    operands: (random) => [operand(random)],
    ...(linear ? { linear: [[0]] } : {}),
  }));
}

function cumulative(operand: (random: Random) => ArrayValue, linear = false): readonly Case<'cumsum'>[] {
  return [0, 1].flatMap((axis) =>
    [false, true].map((reverse) => ({
      params: { axis, reverse },
      operands: (random: Random) => [operand(random)],
      ...(linear ? { linear: [[0]] } : {}),
    })),
  );
}

function alongAxes(operand: (random: Random) => ArrayValue): readonly Case<'sort'>[] {
  return [0, 1].map((axis) => ({ params: { axis }, operands: (random) => [operand(random)] }));
}

const LINEAR = { linear: [[0]] };

const scatterCases = (updates: (random: Random, shape: number[]) => ArrayValue): readonly Case<'scatterAdd'>[] => [
  {
    // rows 0, 2 and one outside
    params: { axes: [0], batchDims: 0 },
    operands: (random) => [matrix(random), array([3, 1], [0, 2, 7], 'int32'), updates(random, [3, 4])],
    linear: [[0], [2], [0, 2]],
  },
  {
    // single elements, one place twice
    params: { axes: [1, 0], batchDims: 0 },
    operands: (random) => [
      matrix(random),
      array([2, 2, 2], [0, 0, 3, 2, 0, 0, -1, 1], 'int32'),
      updates(random, [2, 2]),
    ],
    linear: [[0], [2], [0, 2]],
  },
  {
    params: { axes: [2], batchDims: 1 },
    operands: (random) => [uniform(random, [2, 2, 3]), integers(random, [2, 2, 1], 0, 3), updates(random, [2, 2, 2])],
    linear: [[0], [2], [0, 2]],
  },
];

/** Matrices near a diagonal one, with their rows in the given order: well conditioned, with eigenvalues far apart. */
function matrixNear(random: Random, shape: number[], diagonal: number[], order?: number[]): ArrayValue {
  const [m, n] = shape.slice(-2);
  const out = uniform(random, shape, -0.4, 0.4);
  for (let start = 0; start < out.data.length; start += m * n) {
    diagonal.forEach((value, i) => (out.data[start + (order?.[i] ?? i) * n + i] += value));
  }
  return out;
}

function convCase(lhs: number[], rhs: number[], params: Partial<ParamsOf<'conv'>>): Case<'conv'> {
  const each = <T>(value: T) => lhs.slice(2).map(() => value);
  return {
    params: {
      strides: each(1),
      padding: each([0, 0] as const),
      lhsDilation: each(1),
      rhsDilation: each(1),
      featureGroupCount: 1,
      batchGroupCount: 1,
      ...params,
    },
    operands: (random) => [uniform(random, lhs), uniform(random, rhs)],
    linear: [[0], [1]],
  };
}

export const cases: Cases = {
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

  reduceSum: reduction(small, true),
  reduceProd: reduction(small),
  reduceMax: reduction(spread),
  reduceMin: reduction(spread),
  reduceAnd: reduction((random) => integers(random, [2, 3], 0, 2, 'bool')),
  reduceOr: reduction((random) => integers(random, [2, 3], 0, 2, 'bool')),
  reduceLogSumExp: reduction(small),
  argmax: alongAxes(spread),
  argmin: alongAxes(spread),
  cumsum: cumulative(small, true),
  cumprod: cumulative(small),
  cummax: cumulative(spread),
  cummin: cumulative(spread),
  sort: alongAxes(spread),
  argsort: alongAxes(spread),

  reshape: [
    { params: { shape: [2, 6] }, operands: (random) => [matrix(random)], ...LINEAR },
    { params: { shape: [] }, operands: (random) => [uniform(random, [1, 1])], ...LINEAR },
  ],
  transpose: [
    { params: { permutation: [1, 0] }, operands: (random) => [matrix(random)], ...LINEAR },
    { params: { permutation: [2, 0, 1] }, operands: (random) => [uniform(random, [2, 3, 4])], ...LINEAR },
  ],
  broadcastInDim: [
    { params: { shape: [2, 3], broadcastDimensions: [] }, operands: (random) => [uniform(random, [])], ...LINEAR },
    {
      params: { shape: [4, 2, 3], broadcastDimensions: [0, 2] },
      operands: (random) => [uniform(random, [4, 1])],
      ...LINEAR,
    },
    { params: { shape: [2, 3], broadcastDimensions: [1] }, operands: (random) => [uniform(random, [3])], ...LINEAR },
    {
      params: { shape: [1, 3], broadcastDimensions: [0, 1] },
      operands: (random) => [uniform(random, [1, 3])],
      ...LINEAR,
    },
  ],
  concatenate: [
    {
      params: { axis: 0 },
      operands: (random) => [uniform(random, [2, 3]), uniform(random, [1, 3])],
      linear: [[0], [1], [0, 1]],
    },
    {
      params: { axis: 1 },
      operands: (random) => [uniform(random, [2, 1]), uniform(random, [2, 0]), uniform(random, [2, 2])],
      linear: [[0], [2], [0, 1, 2]],
    },
  ],
  slice: [
    { params: { start: [1, 0], limit: [3, 4], strides: [1, 2] }, operands: (random) => [matrix(random)], ...LINEAR },
    { params: { start: [0, 1], limit: [3, 3], strides: [2, 3] }, operands: (random) => [matrix(random)], ...LINEAR },
  ],
  pad: [
    {
      params: { low: [1, 0], high: [0, 2], interior: [1, 0] },
      operands: (random) => [uniform(random, [2, 3]), uniform(random, [])],
      linear: [[0], [1], [0, 1]],
    },
    {
      params: { low: [-1, 2], high: [1, -2], interior: [0, 2] },
      operands: (random) => [uniform(random, [3, 3]), uniform(random, [])],
      linear: [[0], [1], [0, 1]],
    },
    {
      params: { low: [-3], high: [-2], interior: [1] },
      operands: (random) => [uniform(random, [5]), uniform(random, [])],
      linear: [[0], [1], [0, 1]],
    },
  ],
  reverse: [
    { params: { axes: [1] }, operands: (random) => [matrix(random)], ...LINEAR },
    { params: { axes: [0, 1] }, operands: (random) => [matrix(random)], ...LINEAR },
  ],
  iota: [{ params: { shape: [2, 3], axis: 1, dtype: 'float64' }, operands: () => [] }],

  gather: [
    {
      params: { axes: [0], batchDims: 0 },
      operands: (random) => [matrix(random), array([4, 1], [2, 0, 2, 9], 'int32')],
      ...LINEAR,
    },
    {
      params: { axes: [1, 0], batchDims: 0 },
      operands: (random) => [matrix(random), array([2, 2, 2], [0, 0, 3, 2, 1, -4, 1, 1], 'int32')],
      ...LINEAR,
    },
    {
      params: { axes: [1], batchDims: 0 },
      operands: (random) => [uniform(random, [2, 3, 2]), integers(random, [1], 0, 3)],
      ...LINEAR,
    },
    {
      params: { axes: [2], batchDims: 1 },
      operands: (random) => [uniform(random, [2, 2, 3]), integers(random, [2, 2, 1], 0, 3)],
      ...LINEAR,
    },
    {
      params: { axes: [1], batchDims: 1 },
      operands: (random) => [uniform(random, [2, 3]), integers(random, [2, 2, 1], 0, 3)],
      ...LINEAR,
    },
  ],
  scatterAdd: scatterCases((random, shape) => uniform(random, shape)),
  scatterSet: scatterCases((random, shape) => uniform(random, shape)),
  dynamicSlice: [
    {
      params: { sizes: [2, 3] },
      operands: (random) => [matrix(random), integers(random, [], -1, 3), integers(random, [], 0, 4)],
      ...LINEAR,
    },
    { params: { sizes: [2] }, operands: (random) => [uniform(random, [5]), int(1)], ...LINEAR },
  ],
  dynamicUpdateSlice: [
    {
      params: undefined,
      operands: (random) => [
        matrix(random),
        uniform(random, [2, 3]),
        integers(random, [], -1, 3),
        integers(random, [], 0, 4),
      ],
      linear: [[0], [1], [0, 1]],
    },
  ],

  dotGeneral: [
    {
      params: { lhsContract: [1], rhsContract: [0], lhsBatch: [], rhsBatch: [] },
      operands: (random) => [uniform(random, [2, 5]), uniform(random, [5, 3])],
      linear: [[0], [1]],
    },
    {
      params: { lhsContract: [0], rhsContract: [0], lhsBatch: [], rhsBatch: [] },
      operands: (random) => [uniform(random, [4]), uniform(random, [4])],
      linear: [[0], [1]],
    },
    {
      params: { lhsContract: [], rhsContract: [], lhsBatch: [], rhsBatch: [] },
      operands: (random) => [uniform(random, [2]), uniform(random, [3])],
      linear: [[0], [1]],
    },
    {
      params: { lhsContract: [1, 3], rhsContract: [3, 0], lhsBatch: [2], rhsBatch: [1] },
      operands: (random) => [uniform(random, [2, 3, 2, 4]), uniform(random, [4, 2, 2, 3])],
      linear: [[0], [1]],
    },
    {
      params: { lhsContract: [2], rhsContract: [1], lhsBatch: [1, 0], rhsBatch: [0, 2] },
      operands: (random) => [uniform(random, [2, 3, 2]), uniform(random, [3, 2, 2])],
      linear: [[0], [1]],
    },
  ],

  conv: [
    // 1-D, strided, asymmetric padding
    convCase([2, 2, 6], [3, 2, 3], { strides: [2], padding: [[1, 0]] }),
    // 2-D, dilated kernel, negative padding
    convCase([1, 2, 5, 4], [2, 2, 2, 2], {
      rhsDilation: [2, 1],
      padding: [
        [1, 1],
        [-1, 2],
      ],
    }),
    // transposed convolution
    convCase([1, 1, 3], [2, 1, 2], { lhsDilation: [2], padding: [[1, 2]] }),
    // strides that do not divide, so that part of the operand is never met
    convCase([1, 1, 8], [1, 1, 2], { strides: [3] }),
    convCase([2, 4, 3], [6, 2, 2], { featureGroupCount: 2 }),
    convCase([4, 2, 3], [2, 2, 2], { batchGroupCount: 2, padding: [[1, 0]] }),
    convCase([2, 3], [2, 3], {}),
  ],

  cholesky: [
    { params: undefined, operands: (random) => [matrixNear(random, [3, 3], [3, 4, 5])] },
    { params: undefined, operands: (random) => [matrixNear(random, [2, 2, 2], [2, 3])] },
  ],
  triangularSolve: [true, false].flatMap((leftSide) =>
    [true, false].flatMap((lower) =>
      [true, false].flatMap((transposeA) =>
        [true, false].map((unitDiagonal) => ({
          params: { leftSide, lower, transposeA, unitDiagonal },
          operands: (random: Random) => [
            matrixNear(random, [3, 3], [2, 2.5, -2]),
            uniform(random, leftSide ? [3, 2] : [2, 3]),
          ],
          linear: [[1]],
        })),
      ),
    ),
  ),
  lu: [
    { params: undefined, operands: (random) => [matrixNear(random, [3, 3], [3, -4, 5], [2, 0, 1])] },
    { params: undefined, operands: (random) => [matrixNear(random, [4, 2], [3, 4], [1, 0])] },
    { params: undefined, operands: (random) => [matrixNear(random, [2, 4], [3, 4], [1, 0])] },
    { params: undefined, operands: (random) => [matrixNear(random, [2, 2, 2], [3, 4], [1, 0])] },
  ],
  qr: [
    { params: { fullMatrices: false }, operands: (random) => [matrixNear(random, [3, 3], [2, -3, 3])] },
    { params: { fullMatrices: false }, operands: (random) => [matrixNear(random, [4, 2], [2, 3])] },
    { params: { fullMatrices: false }, operands: (random) => [matrixNear(random, [2, 4], [2, 3])] },
    { params: { fullMatrices: true }, operands: (random) => [matrixNear(random, [3, 3], [2, 3, 4])] },
    { params: { fullMatrices: true }, operands: (random) => [matrixNear(random, [2, 3], [2, 3])] },
    // The last columns of Q are not unique, so there is no derivative.
    { params: { fullMatrices: true }, operands: (random) => [matrixNear(random, [4, 2], [2, 3])], active: [] },
    { params: { fullMatrices: false }, operands: (random) => [matrixNear(random, [2, 3, 2], [2, 3])] },
  ],
  eigh: [
    { params: undefined, operands: (random) => [matrixNear(random, [3, 3], [1, 4, -2])], batchTolerance: 1e-10 },
    { params: undefined, operands: (random) => [matrixNear(random, [2, 2, 2], [1, 3])], batchTolerance: 1e-10 },
  ],
  svd: [
    { params: undefined, operands: (random) => [matrixNear(random, [3, 3], [2, 4, -6])], batchTolerance: 1e-10 },
    { params: undefined, operands: (random) => [matrixNear(random, [4, 2], [2, 4])], batchTolerance: 1e-10 },
    { params: undefined, operands: (random) => [matrixNear(random, [2, 3], [2, 4])], batchTolerance: 1e-10 },
    { params: undefined, operands: (random) => [matrixNear(random, [2, 2, 2], [2, 4])], batchTolerance: 1e-10 },
  ],

  randomBits: [32, 64].map((bitWidth) => ({
    params: { shape: [2, 3], bitWidth: bitWidth as 32 | 64 },
    operands: (random) => [integers(random, [2], 0, 4294967296, 'uint32')],
  })),
};

/** The operands of a case at its own point. */
export function operandsOf(one: Pick<CaseOf<never>, 'operands'>, seed: number): readonly ArrayValue[] {
  return one.operands(generator(seed));
}
