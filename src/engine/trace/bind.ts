/** The only way to apply a primitive to values: evaluates it, or records it in the innermost trace among its operands. */
import type { PrimitiveName } from '../primitives/params';
import { primitive } from '../primitives/table';
import type { ArrayValue } from '../program/aval';
import type { ParamsOf } from '../program/program';
import { ConcreteArray, type NdArray } from './ndarray';
import { Tracer, type Recorder } from './recorder';

/** The innermost trace among some values; undefined where all are concrete. */
export function innermost(values: readonly NdArray[]): Recorder | undefined {
  let found: Recorder | undefined;
  for (const value of values) {
    if (value instanceof Tracer && (!found || value.recorder.level > found.level)) found = value.recorder;
  }
  return found;
}

/** All results of a primitive. @throws ShapeError */
export function bindMany<P extends PrimitiveName>(
  name: P,
  operands: readonly NdArray[],
  params: ParamsOf<P>,
): NdArray[] {
  const recorder = innermost(operands);
  if (recorder) return recorder.record(name, operands, params);
  const rule = primitive(name);
  // The shape rule is what checks the operands.
  rule.shape(
    operands.map((operand) => operand.aval),
    params,
  );
  const out = rule.evaluate(
    operands.map((operand) => operand.concrete),
    params,
  );
  return (Array.isArray(out) ? (out as readonly ArrayValue[]) : [out as ArrayValue]).map((value) =>
    ConcreteArray.of(value),
  );
}

/** The result of a primitive that has one. @throws ShapeError */
export function bind<P extends PrimitiveName>(name: P, operands: readonly NdArray[], params: ParamsOf<P>): NdArray {
  return bindMany(name, operands, params)[0];
}
