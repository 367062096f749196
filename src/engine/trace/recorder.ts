/**
 * Value-carrying tracing: a recorder writes the equations of one running function and knows the concrete value of each, so that
 * any control flow works. Scalars' values stand in a column beside the rows, those of arrays are computed when first asked for.
 */
import { LeakedTracerError } from '../errors';
import { OPCODES } from '../primitives/opcodes';
import type { ParamsOf, PrimitiveName } from '../primitives/params';
import { primitive } from '../primitives/table';
import type { ArrayValue } from '../program/aval';
import { SCALAR_AVAL } from '../program/builder';
import { Emitter } from '../program/emitter';
import type { PositionTable } from '../program/positions';
import type { Program, Row } from '../program/program';
import { ConcreteArray, NdArray } from './ndarray';
import { Tracer } from './tracer';

let depth = 0;

export class Recorder extends Emitter {
  /** Nesting depth of the trace: operations on tracers of several traces go to the innermost. */
  readonly level = ++depth;
  /** Values of scalar float rows written by the hot path (`recordScalar*`); NaN elsewhere. */
  values = new Float64Array(64);

  private readonly known = new Map<Row, ArrayValue | readonly ArrayValue[]>();
  private readonly lifted = new Map<NdArray, Row>();
  private readonly capturedValues: NdArray[] = [];
  private hot = new Uint8Array(64);
  private closed = false;

  constructor(positionTable?: PositionTable) {
    super(positionTable);
  }

  /** A new input that carries `value` (itself possibly a tracer of an outer trace). */
  argument(value: NdArray): Tracer {
    const row = this.input(value.aval);
    this.sources.set(row, value);
    return new Tracer(this, row);
  }

  /** Outer tracers that the function used, in the order of the extra inputs that stand for them. */
  get captured(): readonly NdArray[] {
    return this.capturedValues;
  }

  /** The row of a value in this trace: its own tracer, a constant, or an outer tracer as a captured input. */
  lift(value: NdArray): Row {
    if (value instanceof Tracer) {
      if (value.recorder === this) return value.row;
      if (value.recorder.closed) throw new LeakedTracerError();
    }
    let row = this.lifted.get(value);
    if (row === undefined) {
      if (value instanceof Tracer) {
        row = this.input(value.aval);
        this.sources.set(row, value);
        this.capturedValues.push(value);
      } else {
        row = this.constant(value.concrete);
      }
      this.lifted.set(value, row);
    }
    return row;
  }

  /** Records an equation; its value is computed when somebody asks. */
  record<P extends PrimitiveName>(name: P, operands: readonly NdArray[], params: ParamsOf<P>): Tracer[] {
    if (this.closed) throw new LeakedTracerError();
    return this.emitMany(name, operands.map((operand) => this.lift(operand)), params).map((row) => new Tracer(this, row));
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

  /** Records that control flow depended on the row's value, which stays `expected` wherever the program is used again. */
  guard(row: Row): number {
    const expected = this.valueAt(row).data[0];
    this.emit('guard', [row], { expected });
    return expected;
  }

  /** Concrete value of a row, computed (with what it needs) and remembered. */
  valueAt(row: Row): ArrayValue {
    if (row < this.hot.length && this.hot[row]) {
      const { dtype } = this.aval(row);
      const value = this.values[row];
      return { shape: [], dtype, data: dtype === 'bool' ? Uint8Array.of(value) : Float64Array.of(value) };
    }
    return this.compute(row) as ArrayValue;
  }

  /** Scalar value of a row as a number. */
  scalarAt(row: Row): number {
    return row < this.hot.length && this.hot[row] ? this.values[row] : this.valueAt(row).data[0];
  }

  /** Ends the trace: later use of its tracers is an error. */
  close(outputs: readonly NdArray[]): Program {
    const rows = outputs.map((output) => this.lift(output));
    this.closed = true;
    depth--;
    return this.finish(rows);
  }

  /** Ends the trace without a program (the traced function threw). */
  abandon(): void {
    if (!this.closed) depth--;
    this.closed = true;
  }

  private readonly sources = new Map<Row, NdArray>();

  private keep(row: Row, value: number): void {
    if (row >= this.values.length) {
      const values = new Float64Array(Math.max(row + 1, this.values.length * 2));
      values.set(this.values);
      this.values = values;
      const hot = new Uint8Array(values.length);
      hot.set(this.hot);
      this.hot = hot;
    }
    this.values[row] = value;
    this.hot[row] = 1;
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
      const operands = Array.from(this.operandsOf(top));
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
    return (row < this.hot.length && this.hot[row] === 1) || this.known.has(row);
  }

  private evaluateRow(row: Row, operands: Row[]): ArrayValue | readonly ArrayValue[] {
    switch (this.opcode(row)) {
      case OPCODES.input:
        return (this.sources.get(row) as NdArray).concrete;
      case OPCODES.literal:
        return { shape: [], dtype: 'float64', data: Float64Array.of(this.literalOf(row)) };
      case OPCODES.constant:
        return this.constantOf(row);
      case OPCODES.project:
        return (this.known.get(operands[0]) as readonly ArrayValue[])[this.params<'project'>(row).index];
      case OPCODES.guard:
        return this.valueAt(operands[0]);
      default:
        return primitive(this.name(row)).evaluate(
          operands.map((operand) => this.valueAt(operand)),
          this.params(row),
        );
    }
  }
}

/** A number as a float64 scalar. */
export function scalar(value: number): ConcreteArray {
  return new ConcreteArray(Float64Array.of(value), [], 'float64');
}
