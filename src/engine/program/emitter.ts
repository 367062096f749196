/** A builder with one method an operation: what rules are written in. Operands of elementwise methods have equal shapes. */
import type { DotParams } from '../primitives/params';
import { isFloat, type Aval, type DType, type Shape } from './aval';
import { ProgramBuilder } from './builder';
import { NONE, type Row } from './program';

type Unary = (x: Row) => Row;
type Binary = (x: Row, y: Row) => Row;

export class Emitter extends ProgramBuilder {
  private unary(name: 'neg'): Unary {
    return (x) => this.emit(name, [x], undefined);
  }

  private binary(name: 'add'): Binary {
    return (x, y) => this.emit(name, [x, y], undefined);
  }

  readonly neg = this.unary('neg');
  readonly abs = this.unary('abs' as 'neg');
  readonly sign = this.unary('sign' as 'neg');
  readonly exp = this.unary('exp' as 'neg');
  readonly expm1 = this.unary('expm1' as 'neg');
  readonly log = this.unary('log' as 'neg');
  readonly sqrt = this.unary('sqrt' as 'neg');
  readonly sin = this.unary('sin' as 'neg');
  readonly cos = this.unary('cos' as 'neg');
  readonly sinh = this.unary('sinh' as 'neg');
  readonly cosh = this.unary('cosh' as 'neg');
  readonly logistic = this.unary('logistic' as 'neg');
  readonly digamma = this.unary('digamma' as 'neg');
  readonly not = this.unary('not' as 'neg');

  readonly add = this.binary('add');
  readonly sub = this.binary('sub' as 'add');
  readonly mul = this.binary('mul' as 'add');
  readonly div = this.binary('div' as 'add');
  readonly pow = this.binary('pow' as 'add');
  readonly eq = this.binary('eq' as 'add');
  readonly lt = this.binary('lt' as 'add');
  readonly gt = this.binary('gt' as 'add');
  readonly ge = this.binary('ge' as 'add');
  readonly le = this.binary('le' as 'add');
  readonly and = this.binary('and' as 'add');

  select(condition: Row, onTrue: Row, onFalse: Row): Row {
    return this.emit('select', [condition, onTrue, onFalse], undefined);
  }

  integerPow(x: Row, exponent: number): Row {
    return this.emit('integerPow', [x], { exponent });
  }

  convert(x: Row, dtype: DType): Row {
    return this.aval(x).dtype === dtype ? x : this.emit('convert', [x], { dtype });
  }

  /** `value` in the shape and dtype of `aval`. */
  full(aval: Aval, value: number): Row {
    const scalar = this.convert(this.literal(value), aval.dtype);
    return aval.shape.length === 0 ? scalar : this.broadcast(scalar, aval.shape, []);
  }

  /** `value` in the shape and dtype of a row. */
  fullLike(row: Row, value: number): Row {
    return this.full(this.aval(row), value);
  }

  zeros(aval: Aval): Row {
    return this.full(aval, 0);
  }

  /** x · c for a number c. */
  scale(x: Row, factor: number): Row {
    return this.mul(x, this.fullLike(x, factor));
  }

  /** Sum of two tangents or cotangents, either of which may be NONE. */
  addMaybe(x: Row, y: Row): Row {
    if (x === NONE) return y;
    return y === NONE ? x : this.add(x, y);
  }

  broadcast(x: Row, shape: Shape, broadcastDimensions: readonly number[]): Row {
    return this.emit('broadcastInDim', [x], { shape, broadcastDimensions });
  }

  reshape(x: Row, shape: Shape): Row {
    return this.emit('reshape', [x], { shape });
  }

  transpose(x: Row, permutation: readonly number[]): Row {
    return permutation.every((axis, index) => axis === index) ? x : this.emit('transpose', [x], { permutation });
  }

  /** Moves one axis, keeping the order of the others. */
  moveAxis(x: Row, from: number, to: number): Row {
    const order = this.aval(x).shape.map((_, axis) => axis).filter((axis) => axis !== from);
    order.splice(to, 0, from);
    return this.transpose(x, order);
  }

  reduceSum(x: Row, axes: readonly number[]): Row {
    return axes.length === 0 ? x : this.emit('reduceSum', [x], { axes });
  }

  dotGeneral(x: Row, y: Row, params: DotParams): Row {
    return this.emit('dotGeneral', [x, y], params);
  }

  /** Gives `x` a leading axis of `size` by repetition. */
  repeat(x: Row, size: number): Row {
    const { shape } = this.aval(x);
    return this.broadcast(x, [size, ...shape], shape.map((_, axis) => axis + 1));
  }

  isFloat(row: Row): boolean {
    return isFloat(this.aval(row).dtype);
  }
}
