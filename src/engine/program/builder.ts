/** Writes a program row by row into growing columns. */
import { OPCODES, OPCODE_NAMES } from '../primitives/opcodes';
import type { PrimitiveName } from '../primitives/params';
import { SCALAR, type ArrayValue, type Aval } from './aval';
import { grow, more } from './columns';
import { PositionTable, type SourcePosition } from './positions';
import { NONE, paramsIn, Program, type ParamsOf, type ProgramColumns, type Row } from './program';
import { RowsByNumber } from './rowsByNumber';
import { resultAvals } from './shapeRules';

const FIRST_CAPACITY = 64;

const BOOL_SCALAR: Aval = { shape: [], dtype: 'bool' };
/** Indices of the two avals that every builder starts with. */
export const SCALAR_AVAL = 0;
export const BOOL_AVAL = 1;

const projections: { readonly index: number }[] = [];

/** Parameters of `project`, shared. */
function projection(index: number): { readonly index: number } {
  return (projections[index] ??= { index });
}

export class ProgramBuilder {
  /** Position id that new rows get. */
  position = 0;

  /** All columns begin in one piece of memory: most builders stay small, and it is allocations that cost there. */
  private readonly memory = new ArrayBuffer(33 * FIRST_CAPACITY + 4);
  private literals: Float64Array = new Float64Array(this.memory, 0, FIRST_CAPACITY);
  private operandStarts: Int32Array = this.integers(8, 0, FIRST_CAPACITY + 1);
  private operandColumn: Int32Array = this.integers(12, 4, 2 * FIRST_CAPACITY);
  private paramIndices: Int32Array = this.integers(20, 4);
  private avalIndices: Int32Array = this.integers(24, 4);
  private positions: Int32Array = this.integers(28, 4);
  private opcodes: Uint8Array = new Uint8Array(this.memory, 32 * FIRST_CAPACITY + 4);
  private literalCount = 0;
  private rows = 0;
  private operandTotal = 0;
  private readonly paramTable: unknown[] = [];
  private readonly avalTable: Aval[] = [SCALAR, BOOL_SCALAR];
  /** Indices of avals by object, which spares writing their keys. */
  private readonly avalObjects = new Map<Aval, number>();
  private readonly avalIds = new Map<string, number>([
    ['float64:', SCALAR_AVAL],
    ['bool:', BOOL_AVAL],
  ]);
  private readonly tuples: (readonly Aval[])[] = [];
  private readonly constantTable: ArrayValue[] = [];
  private readonly paramIds = new Map<unknown, number>();
  /** The avals of the program last copied from, and where they stand here; −1 for not yet. */
  private foreignAvals: readonly Aval[] | undefined;
  private foreignMap: Int32Array = new Int32Array(0);
  private readonly foreignMaps = new Map<readonly Aval[], Int32Array>();
  private readonly literalRows = new RowsByNumber();
  private readonly inputRows: Row[] = [];

  constructor(readonly positionTable: PositionTable = new PositionTable()) {}

  /** A column behind others that take `bytes` for each row and `more`. */
  private integers(bytes: number, more: number, length = FIRST_CAPACITY): Int32Array {
    return new Int32Array(this.memory, bytes * FIRST_CAPACITY + more, length);
  }

  get size(): number {
    return this.rows;
  }

  get inputCount(): number {
    return this.inputRows.length;
  }

  // ------------------------------------------------------------------------------------------ reading what is written

  name(row: Row): PrimitiveName {
    return OPCODE_NAMES[this.opcodes[row]] as PrimitiveName;
  }

  opcode(row: Row): number {
    return this.opcodes[row];
  }

  aval(row: Row): Aval {
    const index = this.avalIndices[row];
    if (index < 0) throw new Error(`Row ${row} (${this.name(row)}) has several results.`);
    return this.avalTable[index];
  }

  /** Index of a row's aval among this builder's; rows of equal avals have equal indices. Negative for a tuple. */
  avalIndexOf(row: Row): number {
    return this.avalIndices[row];
  }

  tuple(row: Row): readonly Aval[] {
    const index = this.avalIndices[row];
    return index < 0 ? this.tuples[-1 - index] : [this.avalTable[index]];
  }

  /** True for a float64 scalar: one comparison, for the paths that skip the shape rules. */
  isScalar(row: Row): boolean {
    return this.avalIndices[row] === SCALAR_AVAL;
  }

  operandsOf(row: Row): Int32Array {
    return this.operandColumn.subarray(this.operandStarts[row], this.operandStarts[row + 1]);
  }

  /** Whether an operand at or behind `start` is flagged (flags count from `start`). */
  dependsOn(row: Row, start: Row, flags: Uint8Array): boolean {
    for (let index = this.operandStarts[row]; index < this.operandStarts[row + 1]; index++) {
      const operand = this.operandColumn[index];
      if (operand >= start && flags[operand - start]) return true;
    }
    return false;
  }

  /** The operands of a row as an array of their own. */
  operandList(row: Row): Row[] {
    const list: Row[] = [];
    for (let index = this.operandStarts[row]; index < this.operandStarts[row + 1]; index++)
      list.push(this.operandColumn[index]);
    return list;
  }

  params<P extends PrimitiveName = PrimitiveName>(row: Row): ParamsOf<P> {
    return paramsIn(this.paramTable, this.opcodes[row], this.paramIndices[row]) as ParamsOf<P>;
  }

  literalOf(row: Row): number {
    return this.literals[this.paramIndices[row]];
  }

  constantOf(row: Row): ArrayValue {
    return this.constantTable[this.paramIndices[row]];
  }

  positionOf(row: Row): number {
    return this.positions[row];
  }

  // ------------------------------------------------------------------------------------------ writing

  /** A new input of the program. */
  input(aval: Aval): Row {
    const row = this.append(
      OPCODES.input,
      this.inputRows.length,
      aval === SCALAR ? SCALAR_AVAL : this.internAval(aval),
    );
    this.inputRows.push(row);
    return row;
  }

  /** A row that stands for a value fed in later, inside a transform (a tangent seed); it must be dead in the end. */
  placeholder(aval: Aval): Row {
    return this.append(OPCODES.input, -1, this.internAval(aval));
  }

  /** A float64 scalar. Equal numbers (bit for bit) share a row. */
  literal(value: number): Row {
    const known = this.literalRows.get(value);
    if (known !== NONE) return known;
    const row = this.newLiteral(value);
    this.literalRows.set(value, row);
    return row;
  }

  /** A float64 scalar with a row and a pool entry of its own, for data that a loop reads one after the other. */
  newLiteral(value: number): Row {
    if (this.literalCount === this.literals.length) this.literals = grow(this.literals);
    this.literals[this.literalCount] = value;
    return this.append(OPCODES.literal, this.literalCount++, SCALAR_AVAL);
  }

  constant(value: ArrayValue): Row {
    if (value.shape.length === 0 && value.dtype === 'float64') return this.literal(value.data[0]);
    this.constantTable.push(value);
    return this.append(OPCODES.constant, this.constantTable.length - 1, this.internAvalOf(value));
  }

  /**
   * Appends an equation with one result and returns its row. Shapes are checked by the primitive's shape rule.
   * @throws ShapeError where the operands do not fit.
   */
  emit<P extends PrimitiveName>(name: P, operands: readonly Row[], params: ParamsOf<P>): Row {
    const avals = resultAvals(
      name,
      operands.map((row) => this.aval(row)),
      params,
    );
    if (!Array.isArray(avals)) return this.write(OPCODES[name], operands, params, this.internAval(avals as Aval));
    throw new Error(`${name} has several results; use emitMany().`);
  }

  /** Appends an equation with one or several results and returns the rows of all of them. @throws ShapeError */
  emitMany<P extends PrimitiveName>(name: P, operands: readonly Row[], params: ParamsOf<P>): Row[] {
    const avals = resultAvals(
      name,
      operands.map((row) => this.aval(row)),
      params,
    );
    if (!Array.isArray(avals)) return [this.write(OPCODES[name], operands, params, this.internAval(avals as Aval))];
    const tuple = this.writeTuple(OPCODES[name], operands, this.internParams(params), avals as Aval[]);
    return (avals as Aval[]).map((_, index) => tuple + 1 + index);
  }

  /**
   * Appends a row of another program as it is, its operands renamed by `map`; no shape rule runs and parameters are shared.
   * A tuple's projections come with it, directly behind: those of the source need no copy of their own.
   */
  copy(program: Program, row: Row, map: Int32Array): Row {
    const { columns } = program;
    const opcode = columns.opcodes[row];
    const paramIndex = columns.paramIndices[row];
    if (opcode === OPCODES.literal) return this.literal(columns.literals[paramIndex]);
    if (opcode === OPCODES.constant) return this.constant(columns.constants[paramIndex]);
    if (opcode === OPCODES.project) return map[program.operand(row, 0)] + 1 + program.params<'project'>(row).index;
    this.position = this.positionIn(program, row);
    const start = columns.operandStarts[row];
    const end = columns.operandStarts[row + 1];
    const params = paramIndex < 0 ? -1 : this.internParams(columns.params[paramIndex]);
    const avalIndex = columns.avalIndices[row];
    if (avalIndex < 0) {
      const operands = program.mapOperands(row, map);
      return this.writeTuple(opcode, operands, params, columns.tuples[-1 - avalIndex]);
    }
    while (this.operandTotal + end - start > this.operandColumn.length) this.operandColumn = grow(this.operandColumn);
    for (let index = start; index < end; index++)
      this.operandColumn[this.operandTotal++] = map[columns.operands[index]];
    return this.append(opcode, params, this.avalIn(columns, avalIndex));
  }

  /** Takes over a program of float64 and boolean scalars as it is, into a builder of its inputs alone; false where that cannot be. */
  adopt({ columns, size, inputs }: Program): boolean {
    const fits = this.rows === inputs.length && this.literalCount === 0 && columns.positionTable === this.positionTable;
    if (!fits || columns.avals.length + this.avalTable.length + columns.constants.length > 4) return false;
    for (let row = 0; row < this.rows; row++) {
      if (inputs[row] !== row || this.inputRows[row] !== row || columns.paramIndices[row] !== row) return false;
    }
    for (const params of columns.params) this.paramTable.push(params);
    // What is written next is about as long again.
    this.reserve(2 * size);
    this.opcodes.set(columns.opcodes);
    this.paramIndices.set(columns.paramIndices);
    this.avalIndices.set(columns.avalIndices);
    this.positions.set(columns.positions);
    this.operandStarts.set(columns.operandStarts);
    this.operandColumn = grow(columns.operands, 4 * size);
    this.operandTotal = columns.operands.length;
    this.literals = grow(columns.literals, 2 * columns.literals.length + FIRST_CAPACITY);
    this.literalCount = columns.literals.length;
    this.rows = size;
    return true;
  }

  /** The position of a program's row in this builder's table. */
  positionIn(program: Program, row: Row): number {
    const id = program.columns.positions[row];
    const table = program.columns.positionTable;
    if (id === 0 || table === this.positionTable) return id;
    const { file, line, column } = table.at(id) as SourcePosition;
    return this.positionTable.add(file, line, column);
  }

  /** The hot path of scalar traces: no shape rule, float64 (or bool, by `avalIndex`) scalars only. */
  emitScalar1(opcode: number, x: Row, avalIndex = SCALAR_AVAL, paramIndex = -1, position = this.position): Row {
    if (this.operandTotal + 3 > this.operandColumn.length) this.operandColumn = grow(this.operandColumn);
    this.operandColumn[this.operandTotal++] = x;
    return this.append(opcode, paramIndex, avalIndex, position);
  }

  emitScalar2(opcode: number, x: Row, y: Row, avalIndex = SCALAR_AVAL, position = this.position): Row {
    if (this.operandTotal + 3 > this.operandColumn.length) this.operandColumn = grow(this.operandColumn);
    this.operandColumn[this.operandTotal++] = x;
    this.operandColumn[this.operandTotal++] = y;
    return this.append(opcode, -1, avalIndex, position);
  }

  emitScalar3(opcode: number, x: Row, y: Row, z: Row): Row {
    if (this.operandTotal + 3 > this.operandColumn.length) this.operandColumn = grow(this.operandColumn);
    this.operandColumn[this.operandTotal++] = x;
    this.operandColumn[this.operandTotal++] = y;
    this.operandColumn[this.operandTotal++] = z;
    return this.append(opcode, -1, SCALAR_AVAL);
  }

  /** Gives the rows from `start` on that have no position yet this one. */
  placeRows(start: Row, position: number): void {
    for (let row = start; row < this.rows; row++) if (this.positions[row] === 0) this.positions[row] = position;
  }

  /** An immutable program of the rows up to now; what is written is final, so that its columns are shared. Dead rows stay: see `eliminateDeadRows`. */
  finish(outputs: readonly Row[]): Program {
    return new Program({
      opcodes: this.opcodes.subarray(0, this.rows),
      operandStarts: this.operandStarts.subarray(0, this.rows + 1),
      operands: this.operandColumn.subarray(0, this.operandTotal),
      paramIndices: this.paramIndices.subarray(0, this.rows),
      avalIndices: this.avalIndices.subarray(0, this.rows),
      positions: this.positions.subarray(0, this.rows),
      params: this.paramTable.slice(),
      avals: this.avalTable.slice(),
      tuples: this.tuples.slice(),
      literals: this.literals.subarray(0, this.literalCount),
      constants: this.constantTable.slice(),
      positionTable: this.positionTable,
      inputs: Int32Array.from(this.inputRows),
      outputs: Int32Array.from(outputs),
    });
  }

  protected internAval(aval: Aval): number {
    let index = this.avalObjects.get(aval);
    if (index === undefined) this.avalObjects.set(aval, (index = this.internAvalOf(aval)));
    return index;
  }

  private internAvalOf({ shape, dtype }: Aval): number {
    const key = `${dtype}:${shape.join(',')}`;
    let index = this.avalIds.get(key);
    if (index === undefined) this.avalIds.set(key, (index = this.avalTable.push({ shape: [...shape], dtype }) - 1));
    return index;
  }

  /** Parameters that are one object have one entry. */
  protected internParams(params: unknown): number {
    if (params === undefined) return -1;
    let index = this.paramIds.get(params);
    if (index === undefined) this.paramIds.set(params, (index = this.paramTable.push(params) - 1));
    return index;
  }

  /** Index here of an aval of another program. */
  private avalIn(columns: ProgramColumns, avalIndex: number): number {
    if (columns.avals !== this.foreignAvals) {
      this.foreignAvals = columns.avals;
      const known = this.foreignMaps.get(columns.avals);
      this.foreignMap = known ?? new Int32Array(columns.avals.length).fill(-1);
      if (!known) this.foreignMaps.set(columns.avals, this.foreignMap);
    }
    if (this.foreignMap[avalIndex] < 0) this.foreignMap[avalIndex] = this.internAval(columns.avals[avalIndex]);
    return this.foreignMap[avalIndex];
  }

  private writeTuple(opcode: number, operands: readonly Row[], paramIndex: number, avals: readonly Aval[]): Row {
    const tuple = this.writeRow(opcode, operands, paramIndex, -this.tuples.push(avals));
    avals.forEach((aval, index) =>
      this.writeRow(OPCODES.project, [tuple], this.internParams(projection(index)), this.internAval(aval)),
    );
    return tuple;
  }

  private write(opcode: number, operands: readonly Row[], params: unknown, avalIndex: number): Row {
    return this.writeRow(opcode, operands, this.internParams(params), avalIndex);
  }

  private writeRow(opcode: number, operands: readonly Row[], paramIndex: number, avalIndex: number): Row {
    while (this.operandTotal + operands.length > this.operandColumn.length)
      this.operandColumn = grow(this.operandColumn);
    for (const operand of operands) this.operandColumn[this.operandTotal++] = operand;
    return this.append(opcode, paramIndex, avalIndex);
  }

  private append(opcode: number, paramIndex: number, avalIndex: number, position = this.position): Row {
    const row = this.rows;
    if (row === this.opcodes.length) this.growRows(more(this.opcodes.length));
    this.opcodes[row] = opcode;
    this.paramIndices[row] = paramIndex;
    // Columns are made of zeros: of a long scalar trace this one then takes no memory.
    if (avalIndex !== SCALAR_AVAL) this.avalIndices[row] = avalIndex;
    this.positions[row] = position;
    this.rows = row + 1;
    this.operandStarts[row + 1] = this.operandTotal;
    return row;
  }

  /** Makes room for so many rows of two operands at once: a trace that is expected to be long then never moves. */
  reserve(rows: number): void {
    if (rows <= this.opcodes.length) return;
    this.growRows(rows);
    this.operandColumn = grow(this.operandColumn, rows * 2);
  }

  protected growRows(rows: number): void {
    this.opcodes = grow(this.opcodes, rows);
    this.paramIndices = grow(this.paramIndices, rows);
    this.avalIndices = grow(this.avalIndices, rows);
    this.positions = grow(this.positions, rows);
    this.operandStarts = grow(this.operandStarts, rows + 1);
  }
}
