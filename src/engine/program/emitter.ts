/**
 * A builder with one method an operation: what rules and transforms are written in. Operands of elementwise methods have equal
 * shapes and dtypes. On float64 scalars the methods skip the shape rules, so that long scalar traces transform quickly.
 */
import { OPCODES } from '../primitives/opcodes';
import type {
  AxisParams,
  CumulativeParams,
  DotParams,
  GatherParams,
  TriangularSolveParams,
} from '../primitives/params';
import { isFloat, type Aval, type DType, type Shape } from './aval';
import { BOOL_AVAL, ProgramBuilder } from './builder';
import { NONE, type Row } from './program';

/** Primitives of one operand of any float dtype whose result has the operand's shape and dtype. */
export type UnaryName =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'trunc'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'sqrt'
  | 'sin'
  | 'cos'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'logistic'
  | 'lgamma'
  | 'digamma'
  | 'erf'
  | 'stopGradient';

/** Primitives of two equal operands whose result is like them. */
export type BinaryName = 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'rem' | 'max' | 'min' | 'hypot';

/** Comparisons: the result is boolean. */
export type ComparisonName = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';

/** Parameters of `integerPow`, shared so that each exponent has one entry among those of a program. */
const exponents: Record<number, { readonly exponent: number }> = {};

export class Emitter extends ProgramBuilder {
  // ------------------------------------------------------------------------------------------ elementwise

  /** Any elementwise primitive of one operand without parameters. */
  unary(name: UnaryName, x: Row): Row {
    return this.isScalar(x) ? this.emitScalar1(OPCODES[name], x) : this.emit(name, [x], undefined);
  }

  /** Any elementwise primitive of two operands without parameters. */
  binary(name: BinaryName, x: Row, y: Row): Row {
    if (this.isScalar(x) && this.isScalar(y)) return this.emitScalar2(OPCODES[name], x, y);
    return this.emit(name, [x, y], undefined);
  }

  compare(name: ComparisonName, x: Row, y: Row): Row {
    if (this.isScalar(x) && this.isScalar(y)) return this.emitScalar2(OPCODES[name], x, y, BOOL_AVAL);
    return this.emit(name, [x, y], undefined);
  }

  neg(x: Row): Row {
    return this.unary('neg', x);
  }
  abs(x: Row): Row {
    return this.unary('abs', x);
  }
  sign(x: Row): Row {
    return this.unary('sign', x);
  }
  exp(x: Row): Row {
    return this.unary('exp', x);
  }
  expm1(x: Row): Row {
    return this.unary('expm1', x);
  }
  log(x: Row): Row {
    return this.unary('log', x);
  }
  sqrt(x: Row): Row {
    return this.unary('sqrt', x);
  }
  sin(x: Row): Row {
    return this.unary('sin', x);
  }
  cos(x: Row): Row {
    return this.unary('cos', x);
  }
  sinh(x: Row): Row {
    return this.unary('sinh', x);
  }
  cosh(x: Row): Row {
    return this.unary('cosh', x);
  }
  logistic(x: Row): Row {
    return this.unary('logistic', x);
  }
  digamma(x: Row): Row {
    return this.unary('digamma', x);
  }
  stopGradient(x: Row): Row {
    return this.unary('stopGradient', x);
  }

  add(x: Row, y: Row): Row {
    return this.binary('add', x, y);
  }
  sub(x: Row, y: Row): Row {
    return this.binary('sub', x, y);
  }
  mul(x: Row, y: Row): Row {
    return this.binary('mul', x, y);
  }
  div(x: Row, y: Row): Row {
    return this.binary('div', x, y);
  }
  pow(x: Row, y: Row): Row {
    return this.binary('pow', x, y);
  }
  max(x: Row, y: Row): Row {
    return this.binary('max', x, y);
  }
  min(x: Row, y: Row): Row {
    return this.binary('min', x, y);
  }

  eq(x: Row, y: Row): Row {
    return this.compare('eq', x, y);
  }
  ne(x: Row, y: Row): Row {
    return this.compare('ne', x, y);
  }
  lt(x: Row, y: Row): Row {
    return this.compare('lt', x, y);
  }
  le(x: Row, y: Row): Row {
    return this.compare('le', x, y);
  }
  gt(x: Row, y: Row): Row {
    return this.compare('gt', x, y);
  }
  ge(x: Row, y: Row): Row {
    return this.compare('ge', x, y);
  }

  not(x: Row): Row {
    return this.emit('not', [x], undefined);
  }
  and(x: Row, y: Row): Row {
    return this.emit('and', [x, y], undefined);
  }
  or(x: Row, y: Row): Row {
    return this.emit('or', [x, y], undefined);
  }

  select(condition: Row, onTrue: Row, onFalse: Row): Row {
    if (this.isScalar(onTrue) && this.isScalar(onFalse) && this.avalIndexOf(condition) === BOOL_AVAL) {
      return this.emitScalar3(OPCODES.select, condition, onTrue, onFalse);
    }
    return this.emit('select', [condition, onTrue, onFalse], undefined);
  }

  integerPow(x: Row, exponent: number): Row {
    const params = (exponents[exponent] ??= { exponent });
    if (this.isScalar(x)) return this.emitScalar1(OPCODES.integerPow, x, undefined, this.internParams(params));
    return this.emit('integerPow', [x], params);
  }

  /** The `order`-th derivative of digamma. */
  polygamma(x: Row, order: number): Row {
    return this.emit('polygamma', [x], { order });
  }

  square(x: Row): Row {
    return this.mul(x, x);
  }

  /** 1 / x. */
  reciprocal(x: Row): Row {
    return this.div(this.fullLike(x, 1), x);
  }

  convert(x: Row, dtype: DType): Row {
    return this.aval(x).dtype === dtype ? x : this.emit('convert', [x], { dtype });
  }

  // ------------------------------------------------------------------------------------------ constants

  /** `value` in the shape and dtype of `aval`. */
  full(aval: Aval, value: number): Row {
    const scalar = this.convert(this.literal(value), aval.dtype);
    return aval.shape.length === 0 ? scalar : this.broadcast(scalar, aval.shape, []);
  }

  /** `value` in the shape and dtype of a row. */
  fullLike(row: Row, value: number): Row {
    return this.isScalar(row) ? this.literal(value) : this.full(this.aval(row), value);
  }

  zeros(aval: Aval): Row {
    return this.full(aval, 0);
  }

  /** 0, 1, 2, … along `axis`. */
  iota(shape: Shape, axis: number, dtype: DType): Row {
    return this.emit('iota', [], { shape, axis, dtype });
  }

  /** x · c for a number c. */
  scale(x: Row, factor: number): Row {
    return this.mul(x, this.fullLike(x, factor));
  }

  /** x + c for a number c. */
  shift(x: Row, offset: number): Row {
    return this.add(x, this.fullLike(x, offset));
  }

  /** c − x for a number c. */
  subFrom(value: number, x: Row): Row {
    return this.sub(this.fullLike(x, value), x);
  }

  // ------------------------------------------------------------------------------------------ symbolic zeros

  /** Sum of two tangents or cotangents, either of which may be NONE. */
  addMaybe(x: Row, y: Row): Row {
    if (x === NONE) return y;
    return y === NONE ? x : this.add(x, y);
  }

  /** A tangent or cotangent as a row: zeros of `aval` for NONE. */
  instantiate(x: Row, aval: Aval): Row {
    return x === NONE ? this.zeros(aval) : x;
  }

  // ------------------------------------------------------------------------------------------ shapes

  broadcast(x: Row, shape: Shape, broadcastDimensions: readonly number[]): Row {
    return this.emit('broadcastInDim', [x], { shape, broadcastDimensions });
  }

  reshape(x: Row, shape: Shape): Row {
    const own = this.aval(x).shape;
    const same = own.length === shape.length && own.every((extent, axis) => extent === shape[axis]);
    return same ? x : this.emit('reshape', [x], { shape });
  }

  transpose(x: Row, permutation: readonly number[]): Row {
    return permutation.every((axis, index) => axis === index) ? x : this.emit('transpose', [x], { permutation });
  }

  /** Moves one axis, keeping the order of the others. */
  moveAxis(x: Row, from: number, to: number): Row {
    const order = this.aval(x)
      .shape.map((_, axis) => axis)
      .filter((axis) => axis !== from);
    order.splice(to, 0, from);
    return this.transpose(x, order);
  }

  /** Swaps the last two axes. */
  matrixTranspose(x: Row): Row {
    const rank = this.aval(x).shape.length;
    return this.moveAxis(x, rank - 1, rank - 2);
  }

  /** Gives `x` a leading axis of `size` by repetition. */
  repeat(x: Row, size: number): Row {
    const { shape } = this.aval(x);
    return this.broadcast(
      x,
      [size, ...shape],
      shape.map((_, axis) => axis + 1),
    );
  }

  /** Undoes a reduction over `axes` of an operand of `shape`: repeats `x` along them. */
  expandReduced(x: Row, shape: Shape, axes: readonly number[]): Row {
    if (axes.length === 0) return x;
    return this.broadcast(
      x,
      shape,
      shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis)),
    );
  }

  /** Elements [start, limit) along one axis, in steps of `stride`. */
  sliceAxis(x: Row, axis: number, start: number, limit: number, stride = 1): Row {
    const { shape } = this.aval(x);
    if (start === 0 && limit === shape[axis] && stride === 1) return x;
    return this.emit('slice', [x], {
      start: shape.map((_, index) => (index === axis ? start : 0)),
      limit: shape.map((extent, index) => (index === axis ? limit : extent)),
      strides: shape.map((_, index) => (index === axis ? stride : 1)),
    });
  }

  concatenate(parts: readonly Row[], axis: number): Row {
    return parts.length === 1 ? parts[0] : this.emit('concatenate', parts, { axis });
  }

  reverse(x: Row, axes: readonly number[]): Row {
    return axes.length === 0 ? x : this.emit('reverse', [x], { axes });
  }

  // ------------------------------------------------------------------------------------------ reductions and scans

  reduceSum(x: Row, axes: readonly number[]): Row {
    return axes.length === 0 ? x : this.emit('reduceSum', [x], { axes });
  }

  cumsum(x: Row, params: CumulativeParams): Row {
    return this.emit('cumsum', [x], params);
  }

  argsort(x: Row, params: AxisParams): Row {
    return this.emit('argsort', [x], params);
  }

  // ------------------------------------------------------------------------------------------ indexing and contractions

  gather(x: Row, indices: Row, params: GatherParams): Row {
    return this.emit('gather', [x, indices], params);
  }

  scatterAdd(x: Row, indices: Row, updates: Row, params: GatherParams): Row {
    return this.emit('scatterAdd', [x, indices, updates], params);
  }

  scatterSet(x: Row, indices: Row, updates: Row, params: GatherParams): Row {
    return this.emit('scatterSet', [x, indices, updates], params);
  }

  dotGeneral(x: Row, y: Row, params: DotParams): Row {
    return this.emit('dotGeneral', [x, y], params);
  }

  /** Matrix product over the last two axes; the leading axes of both are equal. */
  matmul(x: Row, y: Row): Row {
    const rank = this.aval(x).shape.length;
    const batch = Array.from({ length: rank - 2 }, (_, axis) => axis);
    return this.dotGeneral(x, y, {
      lhsContract: [rank - 1],
      rhsContract: [rank - 2],
      lhsBatch: batch,
      rhsBatch: batch,
    });
  }

  triangularSolve(a: Row, y: Row, params: TriangularSolveParams): Row {
    return this.emit('triangularSolve', [a, y], params);
  }

  isFloat(row: Row): boolean {
    return isFloat(this.aval(row).dtype);
  }
}
