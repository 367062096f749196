/** All primitives. The type makes the table total: a primitive without an entry does not compile. */
import type { Aval } from '../program/aval';
import type { ParamsOf, PrimitiveName, } from './params';
import type { Primitive, PrimitiveTable } from './primitive';

export const primitives: PrimitiveTable = {} as PrimitiveTable;

export function primitive<P extends PrimitiveName>(name: P): Primitive<P> {
  return primitives[name] as Primitive<P>;
}

/** Avals of the results of an equation. @throws ShapeError */
export function resultAvals<P extends PrimitiveName>(
  name: P,
  operands: readonly Aval[],
  params: ParamsOf<P>,
): Aval | readonly Aval[] {
  return primitive(name).shape(operands, params);
}
