/** Small factories that fill most rows of the rule tables. */
import { ShapeError } from '../errors';
import { isFloat, sameShape, type Aval, type DType } from '../program/aval';
import type { Emitter } from '../program/emitter';
import { NONE, type Row } from '../program/program';
import type { ParamsOf } from '../program/program';
import type { PrimitiveName } from './params';
import type { BatchEquation, Batched, JvpEquation, MaybeRow, Primitive, TransposeEquation } from './primitive';
import { mapBinary, mapUnary, type Loop } from './arrays';

/** Any primitive without parameters. */
export type PlainPrimitive = Primitive<'neg'>;

const ONE_BATCHED: readonly boolean[] = [true];

/** A single batched result. */
export function batchedRow(row: Row): Batched {
  return { rows: [row], batched: ONE_BATCHED };
}

/** All operands with the batch axis in front: those without one are repeated. */
export function allBatched<P extends PrimitiveName>(b: Emitter, { operands, batched, size }: BatchEquation<P>): Row[] {
  return operands.map((row, index) => (batched[index] ? row : b.repeat(row, size)));
}

/** The primitive itself applied to operands that all have the batch axis: elementwise primitives. */
export function batchElementwise<P extends PrimitiveName>(name: P) {
  return (b: Emitter, equation: BatchEquation<P>): Batched =>
    batchedRow(b.emit(name, allBatched(b, equation), equation.params));
}

/** For results that do not move: integers, booleans, steps. */
export function zeroTangent(): readonly MaybeRow[] {
  return [NONE];
}

// ------------------------------------------------------------------------------------------ dtype rules

export type DTypeRule = (dtype: DType) => boolean;
export const floating: DTypeRule = isFloat;
export const numeric: DTypeRule = (dtype) => dtype !== 'bool';
export const integerOrBool: DTypeRule = (dtype) => !isFloat(dtype);
export const integral: DTypeRule = (dtype) => dtype === 'int32' || dtype === 'uint32';
export const anyDType: DTypeRule = () => true;

const RULE_NAMES = new Map<DTypeRule, string>([
  [floating, 'floating-point'],
  [numeric, 'numeric'],
  [integerOrBool, 'integer or boolean'],
  [integral, 'integer'],
]);

/** @throws ShapeError where the dtype does not suit the primitive */
export function requireDType(name: PrimitiveName, rule: DTypeRule, operands: readonly Aval[]): void {
  for (const { dtype } of operands) {
    if (!rule(dtype)) throw new ShapeError(name, `needs ${RULE_NAMES.get(rule) ?? 'other'} operands`, operands);
  }
}

/** @throws ShapeError where two or more operands differ in shape or dtype */
export function requireEqual(name: PrimitiveName, operands: readonly Aval[]): void {
  const [first] = operands;
  for (const aval of operands) {
    if (aval === first) continue;
    if (!sameShape(aval.shape, first.shape)) throw new ShapeError(name, 'operands must have equal shapes', operands);
    if (aval.dtype !== first.dtype) throw new ShapeError(name, 'operands must have equal dtypes', operands);
  }
}

// ------------------------------------------------------------------------------------------ elementwise, one operand

/** dtype of a result that is like its operand. */
const likeOperand = (dtype: DType): DType => dtype;

interface UnaryRule {
  readonly accepts: DTypeRule;
  readonly result?: DType;
  readonly f: (x: number) => number;
  readonly jvp: PlainPrimitive['jvp'];
  readonly transpose?: PlainPrimitive['transpose'];
}

function unaryPrimitive(name: PrimitiveName, rule: UnaryRule): PlainPrimitive {
  const result = rule.result ? () => rule.result as DType : likeOperand;
  return {
    shape(operands) {
      requireDType(name, rule.accepts, operands);
      return rule.result ? { shape: operands[0].shape, dtype: rule.result } : operands[0];
    },
    evaluate: ([x]) => mapUnary(x, result(x.dtype), rule.f),
    jvp: rule.jvp,
    transpose: rule.transpose ?? null,
    batch: batchElementwise(name as 'neg'),
  };
}

/** A smooth function of floats: `derivative` writes f'(x), from x and y = f(x). */
export function smooth(
  name: PrimitiveName,
  f: (x: number) => number,
  derivative: (b: Emitter, x: Row, y: Row) => Row,
): PlainPrimitive {
  return unaryPrimitive(name, {
    accepts: floating,
    f,
    jvp: (b, { primals, tangents, results }) => [b.mul(tangents[0], derivative(b, primals[0], results[0]))],
  });
}

/** A step function of floats: its derivative is 0. */
export function step(name: PrimitiveName, f: (x: number) => number, accepts: DTypeRule = floating): PlainPrimitive {
  return unaryPrimitive(name, { accepts, f, jvp: zeroTangent });
}

/** A test of every element: boolean, derivative 0. */
export function test(name: PrimitiveName, f: (x: number) => boolean): PlainPrimitive {
  return unaryPrimitive(name, { accepts: floating, result: 'bool', f: (x) => (f(x) ? 1 : 0), jvp: zeroTangent });
}

/** A linear function of one operand whose tangent and cotangent go through `apply`. */
export function linearUnary(
  name: PrimitiveName,
  f: (x: number) => number,
  apply: (b: Emitter, x: Row) => Row,
): PlainPrimitive {
  return unaryPrimitive(name, {
    accepts: numeric,
    f,
    jvp: (b, { tangents }) => [apply(b, tangents[0])],
    transpose: (b, { cotangents }) => [apply(b, cotangents[0])],
  });
}

// ------------------------------------------------------------------------------------------ elementwise, two operands

export type NumberBinary = (x: number, y: number) => number;

interface BinaryRule {
  readonly accepts: DTypeRule;
  readonly result?: DType;
  readonly f: NumberBinary;
  /** Where integers go another way than floats. */
  readonly int32?: NumberBinary;
  readonly uint32?: NumberBinary;
  /** The same for whole float64 arrays. */
  readonly loop?: Loop;
  readonly jvp: PlainPrimitive['jvp'];
  readonly transpose?: PlainPrimitive['transpose'];
}

export function binaryPrimitive(name: PrimitiveName, rule: BinaryRule): PlainPrimitive {
  const { f, int32 = f, uint32 = f } = rule;
  return {
    shape(operands) {
      if (operands.length !== 2) throw new ShapeError(name, 'takes two operands', operands);
      requireEqual(name, operands);
      requireDType(name, rule.accepts, operands);
      return rule.result ? { shape: operands[0].shape, dtype: rule.result } : operands[0];
    },
    evaluate([x, y]) {
      const g = x.dtype === 'int32' ? int32 : x.dtype === 'uint32' ? uint32 : f;
      return mapBinary(x, y, rule.result ?? x.dtype, g, rule.loop);
    },
    jvp: rule.jvp,
    transpose: rule.transpose ?? null,
    batch: batchElementwise(name as 'add'),
  };
}

/** Tangent of a function of two operands from its partial derivatives, written only where they are needed. */
export function partials(
  dx: (b: Emitter, t: Row, x: Row, y: Row, result: Row) => Row,
  dy: (b: Emitter, t: Row, x: Row, y: Row, result: Row) => Row,
): PlainPrimitive['jvp'] {
  return (b, { primals: [x, y], tangents: [tx, ty], results: [result] }) => {
    const alongX = tx === NONE ? NONE : dx(b, tx, x, y, result);
    const alongY = ty === NONE ? NONE : dy(b, ty, x, y, result);
    return [b.addMaybe(alongX, alongY)];
  };
}

// ------------------------------------------------------------------------------------------ linear and bilinear

/** Tangent of a primitive that is linear in its only differentiable operand, the first: itself on the tangent. */
export function linearJvp<P extends PrimitiveName>(name: P) {
  return (b: Emitter, { primals, tangents, params }: JvpEquation<P>): readonly MaybeRow[] => [
    b.emit(name, [tangents[0], ...primals.slice(1)], params),
  ];
}

/** Tangent of a primitive that is linear in each of its two operands. */
export function bilinearJvp<P extends PrimitiveName>(name: P) {
  return (b: Emitter, { primals: [x, y], tangents: [tx, ty], params }: JvpEquation<P>): readonly MaybeRow[] => {
    const alongX = tx === NONE ? NONE : b.emit(name, [tx, y], params);
    const alongY = ty === NONE ? NONE : b.emit(name, [x, ty], params);
    return [b.addMaybe(alongX, alongY)];
  };
}

/** Cotangents of a primitive that is linear in each of its two operands, one at a time. */
export function bilinearTranspose<P extends PrimitiveName>(
  left: (b: Emitter, cotangent: Row, y: Row, equation: TransposeEquation<P>) => Row,
  right: (b: Emitter, cotangent: Row, x: Row, equation: TransposeEquation<P>) => Row,
) {
  return (b: Emitter, equation: TransposeEquation<P>): readonly MaybeRow[] => {
    const { cotangents, linear, operands } = equation;
    return linear[0]
      ? [left(b, cotangents[0], operands[1], equation), NONE]
      : [NONE, right(b, cotangents[0], operands[0], equation)];
  };
}

/** Params with every axis one further on: the batch axis stands in front. */
export function laterAxes<T extends { readonly axes: readonly number[] }>(params: T): T {
  return { ...params, axes: params.axes.map((axis) => axis + 1) };
}

export function laterAxis<T extends { readonly axis: number }>(params: T): T {
  return { ...params, axis: params.axis + 1 };
}

/** @throws ShapeError for an axis outside the operand or named twice */
export function requireAxes(name: PrimitiveName, axes: readonly number[], operand: Aval): void {
  const rank = operand.shape.length;
  for (const axis of axes) {
    if (!Number.isInteger(axis) || axis < 0 || axis >= rank) {
      throw new ShapeError(name, `axis ${axis} is out of range for ${rank} dimensions`, [operand]);
    }
  }
  if (new Set(axes).size !== axes.length) throw new ShapeError(name, `axes ${axes.join(', ')} repeat`, [operand]);
}

/** Type of the parameters of one primitive, for rules written apart from it. */
export type Params<P extends PrimitiveName> = ParamsOf<P>;
