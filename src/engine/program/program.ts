/**
 * The intermediate representation: SSA, one row an equation, stored in columns. A row is also the value that it computes; a
 * primitive with several results is a row followed directly by one `project` row for each of them. Programs are immutable:
 * transforms build new ones.
 */
import { OPCODES, OPCODE_NAMES } from '../primitives/opcodes';
import type { PrimitiveName, PrimitiveParamsOver } from '../primitives/params';
import type { ArrayValue, Aval } from './aval';
import type { PositionTable, SourcePosition } from './positions';

/** Index of an equation and of its value. */
export type Row = number;

/** No row: a symbolic zero among tangents and cotangents, "not batched" among batch axes. */
export const NONE = -1;

type PrimitiveParams = PrimitiveParamsOver<Program>;
/** Parameters of a primitive, undefined where it has none. */
export type ParamsOf<P extends PrimitiveName> = PrimitiveParams[P];

export interface ProgramColumns {
  readonly opcodes: Uint8Array;
  /** size + 1 entries; operands of row r are operands[operandStarts[r] … operandStarts[r + 1]). */
  readonly operandStarts: Int32Array;
  readonly operands: Int32Array;
  /**
   * Index into `params`, the literal pool (`literal`) or the constants (`constant`); −1 for none. Of an `input`: its place among
   * the inputs, −1 for a placeholder.
   */
  readonly paramIndices: Int32Array;
  /** Index into `avals`; −1 − k for the k-th of `tuples` (several results). */
  readonly avalIndices: Int32Array;
  /** Id in the position table; 0 unknown. */
  readonly positions: Int32Array;
  readonly params: readonly unknown[];
  readonly avals: readonly Aval[];
  readonly tuples: readonly (readonly Aval[])[];
  readonly literals: Float64Array;
  readonly constants: readonly ArrayValue[];
  readonly positionTable: PositionTable;
  /** Rows of the inputs, in order. */
  readonly inputs: Int32Array;
  readonly outputs: Int32Array;
}

/** Parameters of an equation by its index in the column. */
export function paramsIn(params: readonly unknown[], opcode: number, index: number): unknown {
  if (opcode === OPCODES.input) return { index };
  return index < 0 || opcode === OPCODES.literal || opcode === OPCODES.constant ? undefined : params[index];
}

/** `f` of each row. */
export function listOf<T>(rows: Int32Array, f: (row: Row) => T): T[] {
  const list: T[] = [];
  for (let index = 0; index < rows.length; index++) list.push(f(rows[index]));
  return list;
}

/** What a program computes of another one, `of`: known, it can be compiled without its own rows. */
export type Origin =
  /** The derivatives of the first output by the first `by` inputs. */
  | { readonly kind: 'gradient'; readonly of: Program; readonly by: number }
  /** (…inputs, …tangents) → the tangent of the first output. */
  | { readonly kind: 'slope'; readonly of: Program };

export class Program {
  private held: ProgramColumns | (() => ProgramColumns);

  /**
   * @param columns or what writes them when they are first asked for
   */
  constructor(
    columns: ProgramColumns | (() => ProgramColumns),
    readonly origin?: Origin,
  ) {
    this.held = columns;
  }

  get columns(): ProgramColumns {
    if (typeof this.held === 'function') this.held = this.held();
    return this.held;
  }

  get size(): number {
    return this.columns.opcodes.length;
  }

  get inputs(): Int32Array {
    return this.columns.inputs;
  }

  get outputs(): Int32Array {
    return this.columns.outputs;
  }

  get inputAvals(): Aval[] {
    return listOf(this.inputs, (row) => this.aval(row));
  }

  get outputAvals(): Aval[] {
    return listOf(this.outputs, (row) => this.aval(row));
  }

  opcode(row: Row): number {
    return this.columns.opcodes[row];
  }

  name(row: Row): PrimitiveName {
    return OPCODE_NAMES[this.columns.opcodes[row]] as PrimitiveName;
  }

  operandCount(row: Row): number {
    return this.columns.operandStarts[row + 1] - this.columns.operandStarts[row];
  }

  operand(row: Row, index: number): Row {
    return this.columns.operands[this.columns.operandStarts[row] + index];
  }

  /** The operands as a view of the column: do not keep or change it. */
  operands(row: Row): Int32Array {
    return this.columns.operands.subarray(this.columns.operandStarts[row], this.columns.operandStarts[row + 1]);
  }

  /** The operands, renamed by `map`, as an array of their own. */
  mapOperands(row: Row, map: ArrayLike<number>): number[] {
    const { operandStarts, operands } = this.columns;
    const list: number[] = [];
    for (let index = operandStarts[row]; index < operandStarts[row + 1]; index++) list.push(map[operands[index]]);
    return list;
  }

  /** Parameters of an equation; undefined for primitives without any, and for literals and constants. */
  params<P extends PrimitiveName = PrimitiveName>(row: Row): ParamsOf<P> {
    const { opcodes, paramIndices, params } = this.columns;
    return paramsIn(params, opcodes[row], paramIndices[row]) as ParamsOf<P>;
  }

  /** Shape and dtype of the row's value. Throws for a row with several results: see `tuple`. */
  aval(row: Row): Aval {
    const index = this.columns.avalIndices[row];
    if (index < 0) throw new Error(`Row ${row} (${this.name(row)}) has several results; use tuple().`);
    return this.columns.avals[index];
  }

  /** Shapes and dtypes of all results of a row. */
  tuple(row: Row): readonly Aval[] {
    const index = this.columns.avalIndices[row];
    return index < 0 ? this.columns.tuples[-1 - index] : [this.columns.avals[index]];
  }

  hasSeveralResults(row: Row): boolean {
    return this.columns.avalIndices[row] < 0;
  }

  literal(row: Row): number {
    return this.columns.literals[this.columns.paramIndices[row]];
  }

  constant(row: Row): ArrayValue {
    return this.columns.constants[this.columns.paramIndices[row]];
  }

  position(row: Row): SourcePosition | undefined {
    return this.columns.positionTable.at(this.columns.positions[row]);
  }
}
