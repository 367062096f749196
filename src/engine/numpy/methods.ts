/** The methods of `NdArray`: the functions of `np` with the array as their first argument. */
import { DerivativeLostError } from '../errors';
import type { DType, Shape } from '../program/aval';
import { ConcreteArray, NdArray } from '../trace/ndarray';

import { add, divide, maximum, minimum, mod, multiply, power, subtract } from './binary';
import { dot, matmul } from './contractions';
import { diagonal, trace } from './diagonal';
import { getItem, take, type TakeOptions } from './indexing';
import type { Index } from './indexTypes';
import { unstack, repeat } from './join';
import {
  astype,
  clip,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  notEqual,
} from './logic';
import { printArray, toNested, type NestedNumbers } from './print';
import {
  all,
  any,
  argmax,
  argmin,
  cumprod,
  cumsum,
  max,
  min,
  prod,
  sum,
  type ArgOptions,
  type CumulateOptions,
  type MaskedReduceOptions,
  type SumOptions,
} from './reductions';
import { expandDims, matrixTranspose, moveaxis, ravel, reshape, squeeze, swapaxes, transpose } from './shape';
import { argsort, sort, type SortOptions } from './sorting';
import { mean, std, variance, type SpreadOptions } from './statistics';
import type { ArrayLike, Axis, AxisOrOptions } from './types';
import { abs, cos, exp, log, negative, round, sign, sin, sqrt, square, tan, tanh } from './unary';
import { at, type IndexedArray } from './update';

declare module '../trace/ndarray' {
  interface NdArray {
    add(y: ArrayLike): NdArray;
    sub(y: ArrayLike): NdArray;
    mul(y: ArrayLike): NdArray;
    div(y: ArrayLike): NdArray;
    pow(y: ArrayLike): NdArray;
    /** Remainder with the sign of the divisor. */
    mod(y: ArrayLike): NdArray;
    neg(): NdArray;
    abs(): NdArray;
    sign(): NdArray;
    square(): NdArray;
    sqrt(): NdArray;
    exp(): NdArray;
    log(): NdArray;
    sin(): NdArray;
    cos(): NdArray;
    tan(): NdArray;
    tanh(): NdArray;
    maximum(y: ArrayLike): NdArray;
    minimum(y: ArrayLike): NdArray;
    round(decimals?: number): NdArray;
    clip(low?: ArrayLike | null, high?: ArrayLike | null): NdArray;

    eq(y: ArrayLike): NdArray;
    ne(y: ArrayLike): NdArray;
    lt(y: ArrayLike): NdArray;
    le(y: ArrayLike): NdArray;
    gt(y: ArrayLike): NdArray;
    ge(y: ArrayLike): NdArray;
    and(y: ArrayLike): NdArray;
    or(y: ArrayLike): NdArray;
    not(): NdArray;

    sum(axis?: AxisOrOptions<SumOptions>): NdArray;
    prod(axis?: AxisOrOptions<SumOptions>): NdArray;
    mean(axis?: AxisOrOptions): NdArray;
    var(axis?: AxisOrOptions<SpreadOptions>): NdArray;
    std(axis?: AxisOrOptions<SpreadOptions>): NdArray;
    max(axis?: AxisOrOptions<MaskedReduceOptions>): NdArray;
    min(axis?: AxisOrOptions<MaskedReduceOptions>): NdArray;
    any(axis?: AxisOrOptions): NdArray;
    all(axis?: AxisOrOptions): NdArray;
    argmax(axis?: AxisOrOptions<ArgOptions>): NdArray;
    argmin(axis?: AxisOrOptions<ArgOptions>): NdArray;
    cumsum(axis?: number | null, options?: CumulateOptions): NdArray;
    cumprod(axis?: number | null, options?: CumulateOptions): NdArray;
    sort(axis?: number | null, options?: SortOptions): NdArray;
    argsort(axis?: number | null, options?: SortOptions): NdArray;
    dot(y: ArrayLike): NdArray;
    matmul(y: ArrayLike): NdArray;
    trace(offset?: number): NdArray;
    diagonal(offset?: number): NdArray;

    /** The same elements in another shape, given as a list or as arguments; one extent may be −1. */
    reshape(shape: Shape): NdArray;
    reshape(...shape: number[]): NdArray;
    /** All axes reversed, or in the given order. */
    transpose(...axes: number[]): NdArray;
    /** All axes reversed. */
    readonly T: NdArray;
    /** The last two axes exchanged. */
    readonly mT: NdArray;
    swapaxes(axis1: number, axis2: number): NdArray;
    moveaxis(source: number | readonly number[], destination: number | readonly number[]): NdArray;
    ravel(): NdArray;
    flatten(): NdArray;
    squeeze(axis?: Axis): NdArray;
    expandDims(axis: number | readonly number[]): NdArray;
    repeat(repeats: number | readonly number[], axis?: number | null): NdArray;
    astype(dtype: DType): NdArray;

    /** `x[…]` of numpy: numbers, texts like `'1:3'`, null for a new axis, arrays and masks. */
    slice(...index: readonly Index[]): NdArray;
    take(indices: ArrayLike, axis?: number | null, options?: TakeOptions): NdArray;
    /** The elements at an index, to be replaced in a copy: `x.at(0, '1:').set(5)`. */
    at(...index: readonly Index[]): IndexedArray;
    /** The slices along the first axis, so that `const [a, b] = x` works. */
    [Symbol.iterator](): IterableIterator<NdArray>;

    /** The elements as nested arrays; a scalar is its number. @throws DerivativeLostError for a traced array */
    tolist(): NestedNumbers;
    toJSON(): NestedNumbers;
  }
}

type Method = (this: NdArray, ...args: never) => unknown;

/** A function of `np` as a method. */
function method<A extends readonly unknown[], R>(f: (x: NdArray, ...args: A) => R): Method {
  return function (this: NdArray, ...args: A): R {
    return f(this, ...args);
  };
}

function known(x: NdArray): ConcreteArray {
  if (x instanceof ConcreteArray) return x;
  throw new DerivativeLostError(x.aval);
}

function* rows(x: NdArray): IterableIterator<NdArray> {
  yield* unstack(x);
}

/** What an inspecting console shows. */
function inspect(x: NdArray): string {
  if (!(x instanceof ConcreteArray)) return x.toString();
  const type = x.dtype === 'float64' ? '' : `, ${x.dtype}`;
  return `array(${printArray(x, ' '.repeat('array('.length))}${type})`;
}

const methods: Record<string | symbol, Method> = {
  add: method(add),
  sub: method(subtract),
  mul: method(multiply),
  div: method(divide),
  pow: method(power),
  mod: method(mod),
  neg: method(negative),
  abs: method(abs),
  sign: method(sign),
  square: method(square),
  sqrt: method(sqrt),
  exp: method(exp),
  log: method(log),
  sin: method(sin),
  cos: method(cos),
  tan: method(tan),
  tanh: method(tanh),
  maximum: method(maximum),
  minimum: method(minimum),
  round: method(round),
  clip: method(clip),
  eq: method(equal),
  ne: method(notEqual),
  lt: method(less),
  le: method(lessEqual),
  gt: method(greater),
  ge: method(greaterEqual),
  and: method(logicalAnd),
  or: method(logicalOr),
  not: method(logicalNot),
  sum: method(sum),
  prod: method(prod),
  mean: method(mean),
  var: method(variance),
  std: method(std),
  max: method(max),
  min: method(min),
  any: method(any),
  all: method(all),
  argmax: method(argmax),
  argmin: method(argmin),
  cumsum: method(cumsum),
  cumprod: method(cumprod),
  sort: method(sort),
  argsort: method(argsort),
  dot: method(dot),
  matmul: method(matmul),
  trace: method(trace),
  diagonal: method(diagonal),
  reshape: method((x, ...shape: (number | Shape)[]) =>
    reshape(x, typeof shape[0] === 'object' ? shape[0] : (shape as number[])),
  ),
  transpose: method((x, ...axes: number[]) => transpose(x, axes.length === 0 ? null : axes)),
  swapaxes: method(swapaxes),
  moveaxis: method(moveaxis),
  ravel: method(ravel),
  flatten: method(ravel),
  squeeze: method(squeeze),
  expandDims: method(expandDims),
  repeat: method(repeat),
  astype: method(astype),
  slice: method(getItem),
  take: method(take),
  at: method(at),
  [Symbol.iterator]: method(rows),
  tolist: method((x) => toNested(known(x))),
  toJSON: method((x) => toNested(known(x))),
  toString: method((x) => printArray(known(x))),
  [Symbol.for('nodejs.util.inspect.custom')]: method(inspect),
};

for (const name of Reflect.ownKeys(methods)) {
  Object.defineProperty(NdArray.prototype, name, { value: methods[name], writable: true, configurable: true });
}
Object.defineProperty(NdArray.prototype, 'T', {
  get: method((x) => transpose(x)) as () => NdArray,
  configurable: true,
});
Object.defineProperty(NdArray.prototype, 'mT', {
  get: method((x) => matrixTranspose(x)) as () => NdArray,
  configurable: true,
});
