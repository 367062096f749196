/**
 * The shape rules as the builder sees them: one function, set by the primitive table when it is filled. It stands apart
 * because the primitives' rules are written with builders.
 */
import type { PrimitiveName } from '../primitives/params';
import type { Aval } from './aval';

/** Avals of the results of an equation: one, or an array for a primitive with several results. @throws ShapeError */
export type ShapeRule = (name: PrimitiveName, operands: readonly Aval[], params: unknown) => Aval | readonly Aval[];

let rule: ShapeRule = () => {
  throw new Error('The primitives are not loaded: import the engine from its index, or primitives/all.');
};

export function useShapeRule(shapeRule: ShapeRule): void {
  rule = shapeRule;
}

export function resultAvals(name: PrimitiveName, operands: readonly Aval[], params: unknown): Aval | readonly Aval[] {
  return rule(name, operands, params);
}
