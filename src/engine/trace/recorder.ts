/**
 * Value-carrying tracing: a recorder writes the equations of one running function and knows the concrete value of each, so that
 * any control flow works. Scalars' values stand in a column beside the rows, those of arrays are computed when first asked for.
 */
import { DerivativeLostError, LeakedTracerError } from '../errors';
import { OPCODES } from '../primitives/opcodes';
import type { PrimitiveName } from '../primitives/params';
import { primitiveAt } from '../primitives/table';
import { SCALAR, printAval, type ArrayValue, type Aval } from '../program/aval';
import { BOOL_AVAL, SCALAR_AVAL } from '../program/builder';
import { Emitter } from '../program/emitter';
import type { PositionTable } from '../program/positions';
import type { ParamsOf, Program, Row } from '../program/program';
import { ConcreteArray, NdArray } from './ndarray';

/** The recorders whose functions are running now, outermost first. */
const running: Recorder[] = [];

/** The innermost function that is being traced; undefined outside any trace. */
export function currentRecorder(): Recorder | undefined {
  return running[running.length - 1];
}

/** Bits of the column beside the values. */
const KNOWN = 1;
const GUARDED = 2;

export class Recorder extends Emitter {
  /** Nesting depth of the trace: operations on tracers of several traces go to the innermost. */
  readonly level = running.length + 1;
  /** Values of scalar rows written by the hot path (`recordScalar*`) and of literals; anything elsewhere. */
  values = new Float64Array(64);

  private flags = new Uint8Array(64);
  /** Values of all other rows that somebody asked for. */
  private readonly known = new Map<Row, ArrayValue | readonly ArrayValue[]>();
  private readonly sources = new Map<Row, () => ArrayValue>();
  private readonly lifted = new Map<NdArray, Row>();
  private readonly capturedValues: Tracer[] = [];
  private readonly guardParams = new Map<number, number>();
  private closed = false;

  /** Inner traces share the position table of the outer one. */
  constructor(positionTable: PositionTable | undefined = currentRecorder()?.positionTable) {
    super(positionTable);
    running.push(this);
  }

  get isClosed(): boolean {
    return this.closed;
  }

  override reserve(rows: number): void {
    super.reserve(rows);
    if (rows > this.flags.length) this.growValues(rows - 1);
  }

  // ------------------------------------------------------------------------------------------ what comes in

  /** A new input that carries `value` (itself possibly a tracer of an outer trace). */
  argument(value: NdArray): Tracer {
    return this.argumentOf(value.aval, () => value.concrete);
  }

  /** A new input whose sample value is computed when somebody asks. */
  argumentOf(aval: Aval, sample: () => ArrayValue): Tracer {
    const row = this.input(aval);
    this.sources.set(row, sample);
    return new Tracer(this, row);
  }

  /** A new float64 input that is a plain number in the user's code: of these there may be millions. */
  numberArgument(value: number): Tracer {
    const row = this.input(SCALAR);
    this.keep(row, value);
    return new Tracer(this, row, true);
  }

  /** Outer tracers that the function used, in the order of the extra inputs that stand for them. */
  get captured(): readonly Tracer[] {
    return this.capturedValues;
  }

  /** The row of a value in this trace: its own tracer, a constant, or an outer tracer as a captured input. */
  lift(value: NdArray): Row {
    if (value instanceof Tracer) {
      if (value.recorder === this) return value.row;
      // A value of a trace inside this one has no meaning here; taken for a constant its derivative would be lost.
      if (value.recorder.closed || value.recorder.level > this.level) throw new LeakedTracerError();
    }
    let row = this.lifted.get(value);
    if (row === undefined) {
      if (value instanceof Tracer) {
        row = this.input(value.aval);
        this.sources.set(row, () => value.concrete);
        this.capturedValues.push(value);
      } else {
        row = this.constant(value.concrete);
      }
      this.lifted.set(value, row);
    }
    return row;
  }

  override literal(value: number): Row {
    const row = super.literal(value);
    this.keep(row, value);
    return row;
  }

  override newLiteral(value: number): Row {
    const row = super.newLiteral(value);
    this.keep(row, value);
    return row;
  }

  // ------------------------------------------------------------------------------------------ recording

  /** Records an equation; its value is computed when somebody asks. */
  record<P extends PrimitiveName>(name: P, operands: readonly NdArray[], params: ParamsOf<P>): Tracer[] {
    if (this.closed) throw new LeakedTracerError();
    const rows = operands.map((operand) => this.lift(operand));
    return this.emitMany(name, rows, params).map((row) => new Tracer(this, row));
  }

  /** The hot path of plain numbers: an equation on scalars whose value is known already. */
  recordScalar1(opcode: number, x: Row, value: number, avalIndex = SCALAR_AVAL): Row {
    const row = this.emitScalar1(opcode, x, avalIndex);
    this.keep(row, value);
    return row;
  }

  recordScalar2(opcode: number, x: Row, y: Row, value: number, avalIndex = SCALAR_AVAL): Row {
    const row = this.emitScalar2(opcode, x, y, avalIndex);
    this.keep(row, value);
    return row;
  }

  /**
   * Records that control flow depended on the value of a one-element row, which stays `expected` wherever the program is used
   * again, and returns it. Guarding a row twice costs nothing.
   */
  guard(row: Row): number {
    const expected = this.scalarAt(row);
    if (row < this.flags.length && this.flags[row] & GUARDED) return expected;
    this.flag(row, GUARDED);
    const opcode = this.opcode(row);
    if (opcode === OPCODES.literal || opcode === OPCODES.constant) return expected;
    let params = this.guardParams.get(expected);
    if (params === undefined) this.guardParams.set(expected, (params = this.internParams({ expected })));
    this.emitScalar1(OPCODES.guard, row, this.avalIndexOf(row), params);
    return expected;
  }

  // ------------------------------------------------------------------------------------------ values

  /** Concrete value of a row, computed (with what it needs) and remembered. */
  valueAt(row: Row): ArrayValue {
    if (row < this.flags.length && this.flags[row] & KNOWN) {
      const { dtype } = this.aval(row);
      const value = this.values[row];
      return { shape: [], dtype, data: dtype === 'bool' ? Uint8Array.of(value) : Float64Array.of(value) };
    }
    return this.compute(row) as ArrayValue;
  }

  /** Value of a one-element row as a number. */
  scalarAt(row: Row): number {
    return row < this.flags.length && this.flags[row] & KNOWN ? this.values[row] : this.valueAt(row).data[0];
  }

  /** Values of the rows of scalars, by row. The column is this recorder's own. */
  scalarColumn(): Float64Array {
    if (this.size > this.flags.length) this.growValues(this.size - 1);
    for (let row = 0; row < this.size; row++) {
      if ((this.flags[row] & KNOWN) !== 0) continue;
      const index = this.avalIndexOf(row);
      if (index === SCALAR_AVAL || index === BOOL_AVAL) this.values[row] = this.scalarAt(row);
    }
    return this.values.subarray(0, this.size);
  }

  /** Says what a row's value is where it is known already. */
  know(row: Row, value: ArrayValue): void {
    this.known.set(row, value);
  }

  // ------------------------------------------------------------------------------------------ the end

  /** Ends the trace: later use of its tracers is an error. */
  close(outputs: readonly NdArray[]): Program {
    const rows = outputs.map((output) => this.lift(output));
    this.abandon();
    return this.finish(rows);
  }

  /** Ends the trace without a program (the traced function threw). */
  abandon(): void {
    const index = running.lastIndexOf(this);
    if (index >= 0) running.splice(index, 1);
    this.closed = true;
  }

  private keep(row: Row, value: number): void {
    if (row >= this.flags.length) this.growValues(row);
    this.values[row] = value;
    this.flags[row] |= KNOWN;
  }

  private flag(row: Row, bit: number): void {
    if (row >= this.flags.length) this.growValues(row);
    this.flags[row] |= bit;
  }

  private growValues(row: Row): void {
    const values = new Float64Array(Math.max(row + 1, this.values.length * 2));
    values.set(this.values);
    this.values = values;
    const flags = new Uint8Array(values.length);
    flags.set(this.flags);
    this.flags = flags;
  }

  /** Evaluates `row` after whatever it needs, without recursion (traces are deep). */
  private compute(row: Row): ArrayValue | readonly ArrayValue[] {
    const done = this.known.get(row);
    if (done) return done;
    const stack = [row];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (this.has(top)) {
        stack.pop();
        continue;
      }
      const operands = this.operandList(top);
      const missing = operands.filter((operand) => !this.has(operand));
      if (missing.length > 0) stack.push(...missing);
      else {
        this.known.set(top, this.evaluateRow(top, operands));
        stack.pop();
      }
    }
    return this.known.get(row) ?? this.valueAt(row);
  }

  private has(row: Row): boolean {
    return (row < this.flags.length && (this.flags[row] & KNOWN) !== 0) || this.known.has(row);
  }

  private evaluateRow(row: Row, operands: Row[]): ArrayValue | readonly ArrayValue[] {
    switch (this.opcode(row)) {
      case OPCODES.input: {
        const source = this.sources.get(row);
        if (!source) throw new Error(`Row ${row} stands for a value that is not known while tracing.`);
        return source();
      }
      case OPCODES.constant:
        return this.constantOf(row);
      case OPCODES.project:
        return (this.known.get(operands[0]) as readonly ArrayValue[])[this.params<'project'>(row).index];
      case OPCODES.guard:
        return this.valueAt(operands[0]);
      default:
        return primitiveAt(this.opcode(row)).evaluate(
          operands.map((operand) => this.valueAt(operand)),
          this.params(row) as never,
        );
    }
  }
}

/** A value of a function that is being traced: a row of its recorder. */
export class Tracer extends NdArray {
  constructor(
    readonly recorder: Recorder,
    readonly row: Row,
    /** True for what is a plain number in the user's code: such a result leaves the engine as a number, not as an array. */
    readonly isNumber = false,
    /** The kind of typed array that it is in the user's code, if any: such a result leaves the engine as one. */
    readonly typed?: 'float64' | 'float32',
  ) {
    super();
  }

  get aval(): Aval {
    return this.recorder.aval(this.row);
  }

  get concrete(): ArrayValue {
    return this.recorder.valueAt(this.row);
  }

  /**
   * The number or boolean of a one-element array, for control flow: what the function does next depends on it, so a guard is
   * recorded. @throws LeakedTracerError, ShapeError
   */
  item(): number | boolean {
    if (this.recorder.isClosed) throw new LeakedTracerError();
    this.requireOneElement();
    const value = this.recorder.guard(this.row);
    return this.dtype === 'bool' ? value !== 0 : value;
  }

  /** Operators see no number. @throws DerivativeLostError */
  protected override asNumber(): number {
    throw new DerivativeLostError(this.aval);
  }

  override toString(): string {
    return `Traced<${printAval(this.aval)}>`;
  }
}

/** A number as a float64 scalar. */
export function scalar(value: number): ConcreteArray {
  return new ConcreteArray(Float64Array.of(value), [], 'float64');
}
