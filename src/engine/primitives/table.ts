/**
 * Where builders, transforms and executors look primitives up. The entries come from `all.ts`, which imports every family;
 * it stands apart because the structured primitives are themselves written with the transforms, which look up here.
 */
import type { ParamsOf } from '../program/program';
import { useShapeRule } from '../program/shapeRules';
import { OPCODES } from './opcodes';
import type { PrimitiveName } from './params';
import type { Primitive, PrimitiveOf, PrimitiveTable } from './primitive';

/** All primitives, once `primitives/all` is loaded. */
export const primitives: PrimitiveTable = {} as PrimitiveTable;

/** Fills the table: for `all.ts` alone. */
export function definePrimitives(table: PrimitiveTable): void {
  Object.assign(primitives, table);
  for (const [name, entry] of Object.entries(table)) byOpcode[OPCODES[name as PrimitiveName]] = entry as AnyPrimitive;
  useShapeRule((name, operands, params) => primitive(name).shape(operands, params as ParamsOf<typeof name> as never));
}

/** The primitive of a row whose name is not known: its parameters are whatever the row has. */
export type AnyPrimitive = PrimitiveOf<never>;

const byOpcode: AnyPrimitive[] = [];

/** The primitive of an opcode: quicker than by name. */
export function primitiveAt(opcode: number): AnyPrimitive {
  return byOpcode[opcode];
}

export function primitive<P extends PrimitiveName>(name: P): Primitive<P> {
  return primitives[name];
}
