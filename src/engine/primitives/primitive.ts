/**
 * What a primitive is: its shape rule, its evaluation and its three rules. Rules write rows into an `Emitter`, so that every
 * transform goes from program to program and nests without limit.
 */
import type { ArrayValue, Aval } from '../program/aval';
import type { Emitter } from '../program/emitter';
import type { Row } from '../program/program';
import type { ParamsOf, PrimitiveName } from './params';

/** A tangent, a cotangent or NONE, the symbolic zero. */
export type MaybeRow = Row;

export interface JvpEquation<P extends PrimitiveName> {
  readonly primals: readonly Row[];
  /** NONE for operands that do not depend on the inputs; never all of them. */
  readonly tangents: readonly MaybeRow[];
  /** The results' rows, already written. */
  readonly results: readonly Row[];
  readonly params: ParamsOf<P>;
}

export interface TransposeEquation<P extends PrimitiveName> {
  /** One a result; NONE for a symbolic zero, never all of them. */
  readonly cotangents: readonly MaybeRow[];
  /** True for the operands in which the equation is linear; the others' rows may be used. */
  readonly linear: readonly boolean[];
  /** Rows of the operands that are not linear; NONE where linear. */
  readonly operands: readonly MaybeRow[];
  readonly avals: readonly Aval[];
  readonly params: ParamsOf<P>;
}

export interface BatchEquation<P extends PrimitiveName> {
  readonly operands: readonly Row[];
  /** True where the operand has the batch axis, always at 0; never all false. */
  readonly batched: readonly boolean[];
  readonly size: number;
  readonly params: ParamsOf<P>;
}

/** Rows of the results and whether each has the batch axis (at 0). */
export interface Batched {
  readonly rows: readonly Row[];
  readonly batched: readonly boolean[];
}

export interface Primitive<P extends PrimitiveName> {
  /** Results' avals from the operands'; an array of them for a primitive with several results. @throws ShapeError */
  shape(operands: readonly Aval[], params: ParamsOf<P>): Aval | readonly Aval[];
  /** The reference evaluation. Results are new arrays, or the operand itself where nothing changes. */
  evaluate(operands: readonly ArrayValue[], params: ParamsOf<P>): ArrayValue | readonly ArrayValue[];
  /** Tangents of the results (NONE for zero). `zeroTangent` for primitives without a derivative. */
  jvp(b: Emitter, equation: JvpEquation<P>): readonly MaybeRow[];
  /** Cotangents of the operands, NONE where not linear. `null`: never linear in anything. */
  transpose: ((b: Emitter, equation: TransposeEquation<P>) => readonly MaybeRow[]) | null;
  batch(b: Emitter, equation: BatchEquation<P>): Batched;
}

export type PrimitiveTable = { readonly [P in PrimitiveName]: Primitive<P> };
