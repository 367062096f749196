/**
 * What a primitive is: its shape rule, its evaluation and its three rules. Rules write rows into an `Emitter`, so that every
 * transform goes from program to program and nests without limit. The types depend on the parameters only, so that the same
 * rule serves all primitives with the same parameters.
 */
import type { ArrayValue, Aval } from '../program/aval';
import type { Emitter } from '../program/emitter';
import type { ParamsOf, Row } from '../program/program';
import type { PrimitiveName } from './params';

/** A tangent, a cotangent or NONE, the symbolic zero. */
export type MaybeRow = Row;

/** @public The package's declarations name it. */
export interface JvpEquationOf<Params> {
  readonly primals: readonly Row[];
  /** NONE for operands that do not depend on the inputs; never all of them. */
  readonly tangents: readonly MaybeRow[];
  /** The results' rows, already written. */
  readonly results: readonly Row[];
  readonly params: Params;
}

/**
 * What tangents are computed for: to be used as they are, or to be transposed (reverse mode), where the part that is linear in
 * them has to stand apart from the rest.
 */
export type JvpMode = 'forward' | 'linearize';

/** A structured primitive's equation, whose results are written along with their tangents. @public */
export interface JointJvpEquationOf<Params> {
  readonly primals: readonly Row[];
  readonly tangents: readonly MaybeRow[];
  readonly params: Params;
  readonly mode: JvpMode;
}

/** @public The package's declarations name it. */
export interface TransposeEquationOf<Params> {
  /** One a result; NONE for a symbolic zero, never all of them. */
  readonly cotangents: readonly MaybeRow[];
  /** True for the operands in which the equation is linear; the others' rows may be used. */
  readonly linear: readonly boolean[];
  /** Rows of the operands that are not linear; NONE where linear. */
  readonly operands: readonly MaybeRow[];
  readonly avals: readonly Aval[];
  readonly params: Params;
}

export interface BatchEquationOf<Params> {
  readonly operands: readonly Row[];
  /** True where the operand has the batch axis, always at 0; never all false. */
  readonly batched: readonly boolean[];
  readonly size: number;
  readonly params: Params;
}

/** Rows of the results and whether each has the batch axis (at 0). */
export interface Batched {
  readonly rows: readonly Row[];
  readonly batched: readonly boolean[];
}

export interface PrimitiveOf<Params> {
  /** Results' avals from the operands'; an array of them for a primitive with several results. @throws ShapeError */
  shape(operands: readonly Aval[], params: Params): Aval | readonly Aval[];
  /** The reference evaluation. Results are new arrays, or the operand itself where nothing changes. */
  evaluate(operands: readonly ArrayValue[], params: Params): ArrayValue | readonly ArrayValue[];
  /** Tangents of the results (NONE for zero). `zeroTangent` for primitives without a derivative. */
  jvp(b: Emitter, equation: JvpEquationOf<Params>): readonly MaybeRow[];
  /** In place of `jvp`, for structured primitives: writes the results too (with residuals for the reverse pass, say). */
  jointJvp?(
    b: Emitter,
    equation: JointJvpEquationOf<Params>,
  ): { results: readonly Row[]; tangents: readonly MaybeRow[] };
  /** Cotangents of the operands, NONE where not linear. `null`: never linear in anything. */
  transpose: ((b: Emitter, equation: TransposeEquationOf<Params>) => readonly MaybeRow[]) | null;
  batch(b: Emitter, equation: BatchEquationOf<Params>): Batched;
}

export type Primitive<P extends PrimitiveName> = PrimitiveOf<ParamsOf<P>>;
export type JvpEquation<P extends PrimitiveName> = JvpEquationOf<ParamsOf<P>>;
export type JointJvpEquation<P extends PrimitiveName> = JointJvpEquationOf<ParamsOf<P>>;
export type TransposeEquation<P extends PrimitiveName> = TransposeEquationOf<ParamsOf<P>>;
export type BatchEquation<P extends PrimitiveName> = BatchEquationOf<ParamsOf<P>>;

export type PrimitiveTable = { readonly [P in PrimitiveName]: Primitive<P> };
