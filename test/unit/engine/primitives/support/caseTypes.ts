/** What a case of a primitive is. */
import type { PrimitiveName } from '../../../../../src/engine/primitives/params';
import type { ArrayValue } from '../../../../../src/engine/program/aval';
import type { ParamsOf } from '../../../../../src/engine/program/program';

/** Primitives that are no functions of arrays alone: tested with the transforms and in structured.test.ts. */
type StructuredName =
  | 'input'
  | 'literal'
  | 'constant'
  | 'project'
  | 'guard'
  | 'cond'
  | 'while'
  | 'scan'
  | 'call'
  | 'customJvp'
  | 'customVjp'
  | 'linearCall';

export type Random = () => number;

export interface CaseOf<Params> {
  readonly params: Params;
  /** Operands at a generic point; called once an example, so every call gives others. */
  readonly operands: (random: Random) => readonly ArrayValue[];
  /** Operands that the derivative is taken of: all floating-point ones by default. */
  readonly active?: readonly number[];
  /** Sets of operands in which the primitive is linear. */
  readonly linear?: readonly (readonly number[])[];
  /** First step of the finite differences. */
  readonly step?: number;
  readonly tolerance?: number;
  readonly order?: number;
  /** Rounding that batching may differ by. */
  readonly batchTolerance?: number;
}

export type Case<P extends PrimitiveName> = CaseOf<ParamsOf<P>>;
export type Cases = { readonly [P in Exclude<PrimitiveName, StructuredName>]: readonly Case<P>[] };
