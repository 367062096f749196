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
import { grow } from '../program/columns';
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
  /** Values of the rows of known numbers, of comparisons and of literals; anything elsewhere. */
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
    return new Tracer(this, row, KNOWN_NUMBER);
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

  /** The hot path of plain numbers: what an operator makes of one of this trace, whose value is known already. */
  number1(opcode: number, x: Row, value: number, position: number): Tracer {
    if (this.closed) throw new LeakedTracerError();
    const row = this.emitScalar1(opcode, x, SCALAR_AVAL, -1, position);
    this.keep(row, value);
    return new Tracer(this, row, KNOWN_NUMBER);
  }

  number2(opcode: number, x: Row, y: Row, value: number, position: number): Tracer {
    if (this.closed) throw new LeakedTracerError();
    const row = this.emitScalar2(opcode, x, y, SCALAR_AVAL, position);
    this.keep(row, value);
    return new Tracer(this, row, KNOWN_NUMBER);
  }

  /** The row of a literal that an operator at this position brings along. */
  literalAt(value: number, position: number): Row {
    if (this.closed) throw new LeakedTracerError();
    this.position = position;
    const row = this.literal(value);
    this.position = 0;
    return row;
  }

  /** How two scalars compare. */
  comparison(opcode: number, x: Row, y: Row, outcome: boolean): Row {
    const row = this.emitScalar2(opcode, x, y, BOOL_AVAL);
    this.keep(row, outcome ? 1 : 0);
    return row;
  }

  /**
   * Records that control flow depended on the value of a one-element row, which stays `expected` wherever the program is used
   * again, and returns it. Guarding a row twice costs nothing.
   */
  guard(row: Row): number {
    const expected = this.scalarAt(row);
    if (this.flags[row] & GUARDED) return expected;
    if (this.isOneNumber(row)) this.keep(row, expected);
    this.flags[row] |= GUARDED;
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
    if (this.flags[row] & KNOWN) {
      const { dtype } = this.aval(row);
      const value = this.values[row];
      return { shape: [], dtype, data: dtype === 'bool' ? Uint8Array.of(value) : Float64Array.of(value) };
    }
    return this.compute(row) as ArrayValue;
  }

  /** Value of a one-element row as a number. */
  scalarAt(row: Row): number {
    return this.flags[row] & KNOWN ? this.values[row] : this.valueAt(row).data[0];
  }

  /** Values of the rows of scalars, by row. The column is this recorder's own. */
  scalarColumn(): Float64Array {
    const { flags, size } = this;
    // Nearly always every row is known: the column's own search is the quickest way to those that are not.
    for (let row = flags.indexOf(0); row >= 0 && row < size; row = flags.indexOf(0, row + 1)) {
      if (this.isOneNumber(row)) this.values[row] = this.scalarAt(row);
    }
    return this.values.subarray(0, size);
  }

  /** True for a float64 or boolean scalar. */
  private isOneNumber(row: Row): boolean {
    const index = this.avalIndexOf(row);
    return index === SCALAR_AVAL || index === BOOL_AVAL;
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

  /** Of a row that has no other mark yet. */
  private keep(row: Row, value: number): void {
    this.values[row] = value;
    this.flags[row] = KNOWN;
  }

  protected override growRows(rows: number): void {
    super.growRows(rows);
    this.values = grow(this.values, rows);
    this.flags = grow(this.flags, rows);
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
    return (this.flags[row] & KNOWN) !== 0 || this.known.has(row);
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

// What a tracer is in the user's code.
const ARRAY = 0;
/** A plain number: as a result it leaves the engine as one. */
export const NUMBER = 1;
/** A plain number that is a float64 scalar whose value stands in its recorder's column. */
export const KNOWN_NUMBER = 2;
/** A Float64Array, or a Float32Array: as a result it leaves the engine as one. */
export const FLOAT64 = 3;
export const FLOAT32 = 4;

/**
 * A value of a function that is being traced: a row of its recorder. There is one an operation, so that it has as few fields as can be;
 * these are declared as such, since V8 never compiles what makes objects of a class without any whose name a bundler keeps.
 */
export class Tracer extends NdArray {
  constructor(
    readonly recorder: Recorder,
    readonly row: Row,
    readonly form = ARRAY,
  ) {
    super();
  }

  get isNumber(): boolean {
    return this.form === NUMBER || this.form === KNOWN_NUMBER;
  }

  get typed(): 'float64' | 'float32' | undefined {
    return this.form === FLOAT64 ? 'float64' : this.form === FLOAT32 ? 'float32' : undefined;
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
