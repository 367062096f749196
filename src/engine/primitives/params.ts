/**
 * The primitives and the type of each one's parameters. The rule tables are total over this interface, so a primitive
 * without a rule does not compile. Names and meanings follow `jax.lax`; operands of elementwise primitives have equal
 * shapes (broadcasting is explicit, by `broadcastInDim`), as there. Programs hold parameters and parameters hold programs:
 * so that no circle of imports comes of it, the type of a sub-program is a type parameter here, and `ParamsOf` stands beside
 * `Program`.
 */
import type { Aval, DType, Shape } from '../program/aval';

type NoParams = undefined;
export interface AxesParams {
  readonly axes: readonly number[];
}
export interface AxisParams {
  readonly axis: number;
}
export interface CumulativeParams extends AxisParams {
  readonly reverse: boolean;
}
export interface DotParams {
  readonly lhsContract: readonly number[];
  readonly rhsContract: readonly number[];
  readonly lhsBatch: readonly number[];
  readonly rhsBatch: readonly number[];
}
/**
 * operand: B ++ O, indices (int32): B ++ I ++ [k] with k = axes.length; `axes` index operand dimensions ≥ batchDims;
 * result: B ++ I ++ (O without `axes`). Out of bounds: `gather` clamps, `scatter*` drops (as JAX's defaults).
 */
export interface GatherParams {
  readonly axes: readonly number[];
  readonly batchDims: number;
}
/** Layout NC+spatial for the operand, OI+spatial for the kernel, as `lax.conv_general_dilated`'s default. */
export interface ConvParams {
  readonly strides: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  readonly lhsDilation: readonly number[];
  readonly rhsDilation: readonly number[];
  readonly featureGroupCount: number;
  readonly batchGroupCount: number;
}
export interface TriangularSolveParams {
  readonly leftSide: boolean;
  readonly lower: boolean;
  readonly transposeA: boolean;
  readonly unitDiagonal: boolean;
}

export interface PrimitiveParamsOver<Program> {
  // structure of a program
  input: { readonly index: number };
  /** A float64 scalar of the program's literal pool; the parameter column holds the pool's index. */
  literal: NoParams;
  /** An array of the program's constants; the parameter column holds its index. */
  constant: NoParams;
  /** Result `index` of a primitive with several results. */
  project: { readonly index: number };
  /** Operand must be `expected` (0 or 1 for a decision, an integer for an index, any number for `item()`), else trace again. */
  guard: { readonly expected: number };

  // elementwise, one operand
  neg: NoParams;
  abs: NoParams;
  sign: NoParams;
  floor: NoParams;
  ceil: NoParams;
  round: NoParams; // to even, as jnp.round
  roundHalfUp: NoParams; // as Math.round
  trunc: NoParams;
  exp: NoParams;
  expm1: NoParams;
  log: NoParams;
  log1p: NoParams;
  log2: NoParams;
  log10: NoParams;
  sqrt: NoParams;
  cbrt: NoParams;
  sin: NoParams;
  cos: NoParams;
  tan: NoParams;
  asin: NoParams;
  acos: NoParams;
  atan: NoParams;
  sinh: NoParams;
  cosh: NoParams;
  tanh: NoParams;
  asinh: NoParams;
  acosh: NoParams;
  atanh: NoParams;
  erf: NoParams;
  erfc: NoParams;
  erfInv: NoParams;
  lgamma: NoParams;
  digamma: NoParams;
  polygamma: { readonly order: number };
  logistic: NoParams;
  softplus: NoParams;
  not: NoParams;
  isFinite: NoParams;
  isNaN: NoParams;
  integerPow: { readonly exponent: number };
  convert: { readonly dtype: DType };
  stopGradient: NoParams;

  // elementwise, two operands
  add: NoParams;
  sub: NoParams;
  mul: NoParams;
  div: NoParams;
  pow: NoParams;
  rem: NoParams; // sign of the dividend, as % in JavaScript
  min: NoParams;
  max: NoParams;
  atan2: NoParams;
  hypot: NoParams;
  eq: NoParams;
  ne: NoParams;
  lt: NoParams;
  le: NoParams;
  gt: NoParams;
  ge: NoParams;
  and: NoParams;
  or: NoParams;
  xor: NoParams;
  shiftLeft: NoParams;
  shiftRightLogical: NoParams;
  shiftRightArithmetic: NoParams;

  // elementwise, three operands
  /** (bool, onTrue, onFalse) */
  select: NoParams;
  /** (low, x, high) */
  clamp: NoParams;

  // reductions and scans along axes
  reduceSum: AxesParams;
  reduceProd: AxesParams;
  reduceMax: AxesParams;
  reduceMin: AxesParams;
  reduceAnd: AxesParams;
  reduceOr: AxesParams;
  reduceLogSumExp: AxesParams;
  argmax: AxisParams;
  argmin: AxisParams;
  cumsum: CumulativeParams;
  cumprod: CumulativeParams;
  cummax: CumulativeParams;
  cummin: CumulativeParams;
  sort: AxisParams;
  argsort: AxisParams;

  // shape
  reshape: { readonly shape: Shape };
  transpose: { readonly permutation: readonly number[] };
  broadcastInDim: { readonly shape: Shape; readonly broadcastDimensions: readonly number[] };
  concatenate: AxisParams;
  slice: { readonly start: readonly number[]; readonly limit: readonly number[]; readonly strides: readonly number[] };
  /** (operand, paddingValue); negative low and high crop, as in lax. */
  pad: { readonly low: readonly number[]; readonly high: readonly number[]; readonly interior: readonly number[] };
  reverse: AxesParams;
  iota: { readonly shape: Shape; readonly axis: number; readonly dtype: DType };

  // indexing
  gather: GatherParams;
  scatterAdd: GatherParams;
  scatterSet: GatherParams;
  /** (operand, ...int32 scalar starts); starts are clamped */
  dynamicSlice: { readonly sizes: readonly number[] };
  /** (operand, update, ...int32 scalar starts) */
  dynamicUpdateSlice: NoParams;

  // contractions
  dotGeneral: DotParams;
  conv: ConvParams;

  // linear algebra, batched over leading dimensions
  cholesky: NoParams;
  triangularSolve: TriangularSolveParams;
  lu: NoParams; // (LU, pivots, permutation)
  qr: { readonly fullMatrices: boolean }; // (Q, R)
  eigh: NoParams; // (eigenvalues ascending, eigenvectors)
  svd: NoParams; // (U, S, Vt), reduced

  // random: (key [...,2] uint32)
  randomBits: { readonly shape: Shape; readonly bitWidth: 32 | 64 };

  // structured; operands are as each says, several results
  /** (index, ...operands): branch clamp(index). */
  cond: { readonly branches: readonly Program[] };
  /** (...condConsts, ...bodyConsts, ...carry) */
  while: { readonly cond: Program; readonly body: Program; readonly condConsts: number; readonly bodyConsts: number };
  /** (...consts, ...carry, ...xs with leading axis `length`) → (...carry, ...ys) */
  scan: {
    readonly body: Program;
    readonly length: number;
    readonly consts: number;
    readonly carry: number;
    readonly reverse: boolean;
  };
  /** A sub-program called as a whole; `checkpoint` recomputes its inside in the reverse pass. */
  call: { readonly program: Program; readonly name: string; readonly kind: 'jit' | 'checkpoint' };
  /**
   * Operands (...primals, ...captured): the last `captured` ones are values of outer traces that the functions closed over, by
   * which there is no derivative. `program`: operands → results; `jvp`: (...operands, ...tangents of the float primals) →
   * (...results, ...tangents of the float results).
   */
  customJvp: { readonly program: Program; readonly jvp: Program; readonly captured: number; readonly name: string };
  /**
   * A function linear in its tangents with a transposition of its own (as `jax.custom_derivatives.linear_call`): what structured
   * primitives and custom rules become when they are differentiated. Operands (...residuals, ...tangents).
   * `forward`: operands → result tangents, or null where only the reverse pass exists (custom_vjp);
   * `backward`: (...residuals, ...cotangents of the results) → cotangents of the tangents, or null where only the forward pass
   * exists (while).
   */
  linearCall: {
    readonly forward: Program | null;
    readonly backward: Program | null;
    readonly residuals: number;
    readonly results: readonly Aval[];
    readonly name: string;
  };
  /**
   * Operands as `customJvp`'s. `forward`: operands → (...results, ...residuals); `backward`: (...residuals, ...cotangents of the
   * float results) → cotangents of the float primals.
   */
  customVjp: {
    readonly program: Program;
    readonly forward: Program;
    readonly backward: Program;
    readonly residuals: number;
    readonly captured: number;
    readonly name: string;
  };
}

export type PrimitiveName = keyof PrimitiveParamsOver<unknown>;
