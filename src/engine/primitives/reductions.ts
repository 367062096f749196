/** Reductions over axes. The result keeps the other axes, in order. */
import { ShapeError } from '../errors';
import { allocate, type ArrayData, type ArrayValue, type Aval, type DType } from '../program/aval';
import type { Emitter } from '../program/emitter';
import { NONE, type Row } from '../program/program';
import { around, axesLast } from './arrays';
import {
  anyDType,
  batchedRow,
  floating,
  laterAxes,
  laterAxis,
  linearJvp,
  numeric,
  requireAxes,
  requireDType,
  zeroTangent,
  type DTypeRule,
} from './factories';
import type { PrimitiveName } from './params';
import type { Primitive, PrimitiveTable } from './primitive';

/** Any reduction over `axes`. */
type Reduction = Primitive<'reduceSum'>;

/** Result of one run of `count` elements from `start` on. */
type RunReducer = (data: ArrayData, start: number, count: number) => number;

interface ReductionRule {
  readonly accepts: DTypeRule;
  readonly reduce: RunReducer;
  readonly jvp: Reduction['jvp'];
  readonly transpose?: Reduction['transpose'];
  /** False where an empty reduction has no value (max, min of integers). */
  readonly hasUnit?: boolean;
}

function reducedShape(operand: Aval, axes: readonly number[]): number[] {
  return operand.shape.filter((_, axis) => !axes.includes(axis));
}

function reduction(name: PrimitiveName, rule: ReductionRule): Reduction {
  return {
    shape([operand], { axes }) {
      requireDType(name, rule.accepts, [operand]);
      requireAxes(name, axes, operand);
      if (rule.hasUnit === false && axes.some((axis) => operand.shape[axis] === 0)) {
        throw new ShapeError(name, 'of no elements has no value', [operand]);
      }
      return { shape: reducedShape(operand, axes), dtype: operand.dtype };
    },
    evaluate: ([x], { axes }) => reduceRuns(x, axes, rule.reduce),
    jvp: rule.jvp,
    transpose: rule.transpose ?? null,
    batch: (b, { operands, params }) => batchedRow(b.emit(name as 'reduceSum', operands, laterAxes(params))),
  };
}

function reduceRuns(x: ArrayValue, axes: readonly number[], reduce: RunReducer): ArrayValue {
  if (axes.length === 0) return x;
  const { kept, outer, inner, data } = axesLast(x, axes);
  const out = allocate(x.dtype, outer);
  for (let i = 0; i < outer; i++) out[i] = reduce(data, i * inner, inner);
  return { shape: kept, dtype: x.dtype, data: out };
}

/** Sums of up to this many elements are plain; longer ones are halved first (pairwise summation). */
const PLAIN_SUM = 128;

/** Pairwise summation: the error grows with log n instead of n. */
function sum(data: ArrayData, start: number, count: number): number {
  if (count > PLAIN_SUM) {
    const half = count >>> 1;
    return sum(data, start, half) + sum(data, start + half, count - half);
  }
  let total = 0;
  for (let i = start; i < start + count; i++) total += data[i];
  return total;
}

function product(data: ArrayData, start: number, count: number): number {
  let total = 1;
  if (data instanceof Float64Array || data instanceof Float32Array) {
    for (let i = start; i < start + count; i++) total *= data[i];
  } else {
    for (let i = start; i < start + count; i++) total = Math.imul(total, data[i]);
  }
  return total;
}

function maximum(data: ArrayData, start: number, count: number): number {
  let best = -Infinity;
  for (let i = start; i < start + count; i++) best = Math.max(best, data[i]);
  return best;
}

function minimum(data: ArrayData, start: number, count: number): number {
  let best = Infinity;
  for (let i = start; i < start + count; i++) best = Math.min(best, data[i]);
  return best;
}

function all(data: ArrayData, start: number, count: number): number {
  for (let i = start; i < start + count; i++) if (!data[i]) return 0;
  return 1;
}

function some(data: ArrayData, start: number, count: number): number {
  for (let i = start; i < start + count; i++) if (data[i]) return 1;
  return 0;
}

/** log Σ exp(x − max) + max; −∞ for rows of −∞, ∞ where one element is. */
function logSumExp(data: ArrayData, start: number, count: number): number {
  const best = maximum(data, start, count);
  if (!Number.isFinite(best)) return best;
  let total = 0;
  for (let i = start; i < start + count; i++) total += Math.exp(data[i] - best);
  return Math.log(total) + best;
}

/** Tangent of max and min: the mean of the tangents where the extreme value stands, so ties share equally. */
const extremeJvp: Reduction['jvp'] = (b, { primals: [x], tangents: [t], results: [y], params: { axes } }) => {
  const { shape, dtype } = b.aval(x);
  const mask = b.convert(b.eq(x, b.expandReduced(y, shape, axes)), dtype);
  return [b.div(b.reduceSum(b.mul(t, mask), axes), b.reduceSum(mask, axes))];
};

/** Brings the reduced axes into one, the last, in a row of shape [...kept, n]. */
function reducedLast(b: Emitter, x: Row, axes: readonly number[]): Row {
  const { shape } = b.aval(x);
  const others = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const count = axes.reduce((total, axis) => total * shape[axis], 1);
  return b.reshape(b.transpose(x, [...others, ...axes]), [...others.map((axis) => shape[axis]), count]);
}

/** Products of all elements before each (after each, where `reverse`), along the last axis. */
function exclusiveProducts(b: Emitter, x: Row, reverse: boolean): Row {
  const { shape } = b.aval(x);
  const axis = shape.length - 1;
  const count = shape[axis];
  const one = b.full({ shape: [...shape.slice(0, axis), 1], dtype: b.aval(x).dtype }, 1);
  if (count === 1) return one;
  const rest = reverse ? b.sliceAxis(x, axis, 1, count) : b.sliceAxis(x, axis, 0, count - 1);
  const products = b.emit('cumprod', [rest], { axis, reverse });
  return b.concatenate(reverse ? [products, one] : [one, products], axis);
}

// d Π x = Σᵢ dxᵢ Π_{j≠i} xⱼ, without division, so zeros are no special case
const productJvp: Reduction['jvp'] = (b, { primals: [x], tangents: [t], params: { axes } }) => {
  if (axes.length === 0) return [t];
  const { shape } = b.aval(x);
  if (axes.some((axis) => shape[axis] === 0)) return [NONE];
  const flat = reducedLast(b, x, axes);
  const others = b.mul(exclusiveProducts(b, flat, false), exclusiveProducts(b, flat, true));
  return [b.reduceSum(b.mul(reducedLast(b, t, axes), others), [b.aval(flat).shape.length - 1])];
};

// d log Σ eˣ = Σ softmax(x) dx
const logSumExpJvp: Reduction['jvp'] = (b, { primals: [x], tangents: [t], results: [y], params: { axes } }) => {
  const { shape } = b.aval(x);
  // In a row of −∞ all weights are 0, not NaN.
  const empty = b.eq(y, b.fullLike(y, -Infinity));
  const shift = b.select(empty, b.fullLike(y, 0), y);
  const weights = b.exp(b.sub(x, b.expandReduced(shift, shape, axes)));
  return [b.reduceSum(b.mul(t, weights), axes)];
};

/** Index of the extreme element; the first NaN wins, then the first of equals. */
function argExtreme(name: 'argmax' | 'argmin', better: (x: number, best: number) => boolean): Primitive<'argmax'> {
  return {
    shape([operand], { axis }) {
      requireAxes(name, [axis], operand);
      if (operand.shape[axis] === 0) throw new ShapeError(name, 'of no elements has no value', [operand]);
      return { shape: reducedShape(operand, [axis]), dtype: 'int32' };
    },
    evaluate([x], { axis }) {
      const { outer, extent, inner } = around(x.shape, axis);
      const out = new Int32Array(outer * inner);
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < inner; i++) {
          const start = o * extent * inner + i;
          let best = x.data[start];
          let at = 0;
          for (let k = 1; k < extent && !Number.isNaN(best); k++) {
            const value = x.data[start + k * inner];
            if (better(value, best) || Number.isNaN(value)) {
              best = value;
              at = k;
            }
          }
          out[o * inner + i] = at;
        }
      }
      return { shape: reducedShape(x, [axis]), dtype: 'int32', data: out };
    },
    jvp: zeroTangent,
    transpose: null,
    batch: (b, { operands, params }) => batchedRow(b.emit(name, operands, laterAxis(params))),
  };
}

const booleans: DTypeRule = (dtype: DType) => dtype === 'bool';

export const reductions = {
  reduceSum: reduction('reduceSum', {
    accepts: numeric,
    reduce: sum,
    jvp: linearJvp('reduceSum'),
    transpose: (b, { cotangents: [c], avals: [{ shape }], params: { axes } }) => [b.expandReduced(c, shape, axes)],
  }),
  reduceProd: reduction('reduceProd', { accepts: numeric, reduce: product, jvp: productJvp }),
  reduceMax: reduction('reduceMax', { accepts: anyDType, reduce: maximum, jvp: extremeJvp, hasUnit: false }),
  reduceMin: reduction('reduceMin', { accepts: anyDType, reduce: minimum, jvp: extremeJvp, hasUnit: false }),
  reduceAnd: reduction('reduceAnd', { accepts: booleans, reduce: all, jvp: zeroTangent }),
  reduceOr: reduction('reduceOr', { accepts: booleans, reduce: some, jvp: zeroTangent }),
  reduceLogSumExp: reduction('reduceLogSumExp', { accepts: floating, reduce: logSumExp, jvp: logSumExpJvp }),
  argmax: argExtreme('argmax', (x, best) => x > best),
  argmin: argExtreme('argmin', (x, best) => x < best),
} satisfies Partial<PrimitiveTable>;
