/**
 * Derivatives of a program that has just run, as numbers: the adjoint (or the tangent) of EVERY row in one sweep. Nothing is
 * compiled and no program is written, so it suits a single evaluation, such as the one behind an editor's inline values; what
 * is evaluated again and again goes the way of the transforms. Rows of scalars cost a few nanoseconds each; rows of arrays go
 * through the primitives' own rules.
 */
import { OPCODES } from '../primitives/opcodes';
import { allocate, isFloat, sizeOf, type ArrayValue, type Aval } from '../program/aval';
import { Emitter } from '../program/emitter';
import { NumberList } from '../program/numberList';
import type { Program, Row } from '../program/program';
import { jvpProgram } from '../transforms/jvp';
import { vjpProgram } from '../transforms/reverse';
import { interpret } from './interpret';
import { hasBinaryPartials, hasUnaryPartial, isFlat, leftPartial, rightPartial, unaryPartial } from './partials';

/** One number a scalar row; one list a row of arrays. `reached`: 1 where the value belongs to the sweep at all. */
export interface RowDerivatives {
  readonly scalars: Float64Array;
  readonly reached: Uint8Array;
  readonly arrays: Map<Row, Float64Array>;
}

export interface Seed {
  readonly row: Row;
  readonly values: ArrayLike<number>;
}

/** How a row's derivative is computed: not at all, by the primitive's own rules, by one stored partial derivative, or … */
export const NOTHING = 0;
export const GENERAL = 1;
export const ONE = 2;
/** … by two operands, from `TWO` on: stored partial derivatives, or those that need no storing. */
export const TWO = 3;
const SUM = 4;
export const DIFFERENCE = 5;
export const PRODUCT = 6;

export class LinearizedProgram {
  /** How each row's derivative is computed: `NOTHING`, …, `GENERAL`. */
  readonly kinds: Uint8Array;
  /** 1 where a row depends on an input smoothly. */
  private readonly active: Uint8Array;
  private readonly scalar: Uint8Array;
  /** Partial derivatives in the order of the rows: one for each row of kind `ONE`, two for each of kind `TWO`. */
  partials: Float64Array = new Float64Array(0);

  /**
   * @param scalars values of the rows that are float64 scalars, by row
   * @param valueOf value of any other row
   */
  constructor(
    readonly program: Program,
    readonly scalars: Float64Array,
    private readonly valueOf: (row: Row) => ArrayValue,
  ) {
    const { size } = program;
    this.kinds = new Uint8Array(size);
    this.active = new Uint8Array(size);
    this.scalar = new Uint8Array(size);
    this.linearize();
  }

  /** True where the row depends on an input, and not only in steps. */
  isActive(row: Row): boolean {
    return this.active[row] === 1;
  }

  /** True for a float64 scalar. */
  isScalar(row: Row): boolean {
    return this.scalar[row] === 1;
  }

  /** Value of a scalar row. */
  scalarAt(row: Row): number {
    return this.scalars[row];
  }

  /** Adjoints of all rows, from those of the outputs. Rows that no seed depends on are not reached: their adjoint is no 0 · ∞. */
  reverse(seeds: readonly Seed[]): RowDerivatives {
    const { opcodes, operandStarts, operands } = this.program.columns;
    const { kinds, active, partials } = this;
    const values = this.scalars;
    const out = this.newDerivatives();
    const { scalars, reached } = out;
    for (const { row, values: given } of seeds) this.accumulate(out, row, given);
    const tuples = new Map<Row, Float64Array[]>();
    let next = partials.length;
    for (let row = this.program.size - 1; row >= 0; row--) {
      const kind = kinds[row];
      if (kind === ONE) next--;
      else if (kind === TWO) next -= 2;
      if (reached[row] === 0 || kind === NOTHING) continue;
      if (kind === GENERAL) {
        this.reverseGeneral(out, tuples, row, opcodes[row]);
        continue;
      }
      const start = operandStarts[row];
      const adjoint = scalars[row];
      const x = operands[start];
      if (kind === ONE) {
        if (active[x] === 1) {
          scalars[x] += adjoint * partials[next];
          reached[x] = 1;
        }
        continue;
      }
      const y = operands[start + 1];
      if (active[x] === 1) {
        scalars[x] += kind === PRODUCT ? adjoint * values[y] : kind === TWO ? adjoint * partials[next] : adjoint;
        reached[x] = 1;
      }
      if (active[y] === 1) {
        if (kind === PRODUCT) scalars[y] += adjoint * values[x];
        else if (kind === TWO) scalars[y] += adjoint * partials[next + 1];
        else if (kind === SUM) scalars[y] += adjoint;
        else scalars[y] -= adjoint;
        reached[y] = 1;
      }
    }
    return out;
  }

  /** Tangents of all rows, from those of the inputs. */
  forward(seeds: readonly Seed[]): RowDerivatives {
    const { operandStarts, operands } = this.program.columns;
    const { kinds, partials } = this;
    const values = this.scalars;
    const out = this.newDerivatives();
    const { scalars, reached } = out;
    for (const { row, values: given } of seeds) this.accumulate(out, row, given);
    let next = 0;
    for (let row = 0; row < this.program.size; row++) {
      const kind = kinds[row];
      if (kind === NOTHING) continue;
      if (kind === GENERAL) {
        this.forwardGeneral(out, row);
        continue;
      }
      const start = operandStarts[row];
      const x = operands[start];
      const y = kind >= TWO ? operands[start + 1] : x;
      let tangent = 0;
      let any = false;
      if (reached[x] === 1) {
        const by = kind === PRODUCT ? values[y] : kind <= TWO ? partials[next] : 1;
        tangent = scalars[x] * by;
        any = true;
      }
      if (kind >= TWO && reached[y] === 1) {
        const by = kind === PRODUCT ? values[x] : kind === TWO ? partials[next + 1] : kind === SUM ? 1 : -1;
        tangent += scalars[y] * by;
        any = true;
      }
      if (kind === ONE) next++;
      else if (kind === TWO) next += 2;
      if (!any) continue;
      scalars[row] = tangent;
      reached[row] = 1;
    }
    return out;
  }

  /** The derivative of one row as a list, zeros where it was not reached. */
  read(derivatives: RowDerivatives, row: Row): Float64Array {
    if (this.scalar[row] === 1) return Float64Array.of(derivatives.scalars[row]);
    return derivatives.arrays.get(row) ?? new Float64Array(sizeOf(this.program.aval(row).shape));
  }

  /** Writes the derivative of one row to `out` from `offset` on; what was not reached writes nothing. */
  write(derivatives: RowDerivatives, row: Row, out: Float64Array, offset: number): void {
    if (derivatives.reached[row] === 0) return;
    if (this.scalar[row] === 1) out[offset] = derivatives.scalars[row];
    else out.set(this.read(derivatives, row), offset);
  }

  private newDerivatives(): RowDerivatives {
    const { size } = this.program;
    return { scalars: new Float64Array(size), reached: new Uint8Array(size), arrays: new Map() };
  }

  private accumulate(out: RowDerivatives, row: Row, values: ArrayLike<number>): void {
    if (this.active[row] === 0) return;
    out.reached[row] = 1;
    if (this.scalar[row] === 1) {
      out.scalars[row] += values[0];
      return;
    }
    let sum = out.arrays.get(row);
    if (!sum) out.arrays.set(row, (sum = new Float64Array(values.length)));
    for (let index = 0; index < sum.length; index++) sum[index] += values[index];
  }

  private linearize(): void {
    const { program, kinds, active, scalar, scalars } = this;
    const partials = new NumberList();
    const { opcodes, operandStarts, operands, avals, avalIndices, paramIndices } = program.columns;
    const isScalar = avals.map(({ shape, dtype }) => shape.length === 0 && dtype === 'float64');
    const floats = avals.map(({ dtype }) => isFloat(dtype));
    for (let row = 0; row < opcodes.length; row++) {
      const avalIndex = avalIndices[row];
      const opcode = opcodes[row];
      scalar[row] = avalIndex >= 0 && isScalar[avalIndex] ? 1 : 0;
      if (opcode === OPCODES.input) {
        active[row] = floats[avalIndex] && paramIndices[row] >= 0 ? 1 : 0;
        continue;
      }
      if (isFlat[opcode] === 1) continue;
      const start = operandStarts[row];
      const end = operandStarts[row + 1];
      if (opcode >= OPCODES.add && opcode <= OPCODES.div && scalar[row] === 1) {
        // Nearly every row of a scalar trace. Float64 scalars come of nothing else here.
        const x = operands[start];
        const y = operands[start + 1];
        if ((active[x] | active[y]) === 0) continue;
        active[row] = 1;
        if (opcode === OPCODES.div) {
          kinds[row] = TWO;
          partials.push(1 / scalars[y]);
          partials.push(-scalars[row] / scalars[y]);
        } else {
          kinds[row] = opcode === OPCODES.mul ? PRODUCT : opcode === OPCODES.add ? SUM : DIFFERENCE;
        }
        continue;
      }
      let depends = 0;
      let allScalar = scalar[row];
      for (let at = start; at < end; at++) {
        if (active[operands[at]] === 1) depends = 1;
        if (scalar[operands[at]] === 0) allScalar = 0;
      }
      if (depends === 0 || (avalIndex >= 0 && !floats[avalIndex])) continue;
      active[row] = 1;
      if (allScalar === 0) {
        kinds[row] = GENERAL;
        continue;
      }
      const x = operands[start];
      const result = scalars[row];
      if (hasUnaryPartial[opcode] === 1) {
        kinds[row] = ONE;
        partials.push(unaryPartial(opcode, scalars[x], result));
      } else if (hasBinaryPartials[opcode] === 1) {
        const y = operands[start + 1];
        kinds[row] = TWO;
        partials.push(active[x] === 1 ? leftPartial(opcode, scalars[x], scalars[y], result) : 0);
        partials.push(active[y] === 1 ? rightPartial(opcode, scalars[x], scalars[y], result) : 0);
      } else {
        kinds[row] = GENERAL;
      }
    }
    this.partials = partials.numbers;
  }

  // ------------------------------------------------------------------------------------------ rows of arrays

  /** Value of any row. */
  valueAt(row: Row): ArrayValue {
    return this.scalar[row] === 1
      ? { shape: [], dtype: 'float64', data: Float64Array.of(this.scalars[row]) }
      : this.valueOf(row);
  }

  private reverseGeneral(out: RowDerivatives, tuples: Map<Row, Float64Array[]>, row: Row, opcode: number): void {
    const { program } = this;
    if (opcode === OPCODES.project) {
      const tuple = program.operand(row, 0);
      let list = tuples.get(tuple);
      if (!list) {
        list = program.tuple(tuple).map(({ shape }) => new Float64Array(sizeOf(shape)));
        tuples.set(tuple, list);
      }
      list[program.params<'project'>(row).index] = this.read(out, row);
      out.reached[tuple] = 1;
      return;
    }
    const operands = Array.from(program.operands(row));
    const flags = operands.map((operand) => this.active[operand] === 1);
    const cotangents = program.hasSeveralResults(row) ? (tuples.get(row) as Float64Array[]) : [this.read(out, row)];
    const avals = program.tuple(row);
    const given = avals.flatMap((aval, index) => (isFloat(aval.dtype) ? [arrayOf(aval, cotangents[index])] : []));
    const mini = this.equation(row, operands);
    const results = interpret(vjpProgram(mini, flags), [...operands.map((operand) => this.valueAt(operand)), ...given]);
    let next = avals.length;
    operands.forEach((operand, index) => {
      if (flags[index]) this.accumulate(out, operand, results[next++].data);
    });
  }

  private forwardGeneral(out: RowDerivatives, row: Row): void {
    const { program } = this;
    const operands = Array.from(program.operands(row));
    if (program.opcode(row) === OPCODES.project) {
      const list = this.tupleTangents.get(operands[0]);
      const tangent = list?.[program.params<'project'>(row).index];
      if (tangent && out.reached[operands[0]] === 1) this.accumulate(out, row, tangent);
      return;
    }
    const flags = operands.map((operand) => out.reached[operand] === 1);
    if (!flags.some(Boolean)) return;
    const tangents = operands.flatMap((operand, index) =>
      flags[index] ? [arrayOf(program.aval(operand), this.read(out, operand))] : [],
    );
    const results = interpret(jvpProgram(this.equation(row, operands), flags), [
      ...operands.map((operand) => this.valueAt(operand)),
      ...tangents,
    ]);
    const avals = program.tuple(row);
    let next = avals.length;
    const list = avals.map((aval) =>
      isFloat(aval.dtype) ? Float64Array.from(results[next++].data) : new Float64Array(0),
    );
    if (!program.hasSeveralResults(row)) {
      this.accumulate(out, row, list[0]);
      return;
    }
    out.reached[row] = 1;
    this.tupleTangents.set(row, list);
  }

  private readonly tupleTangents = new Map<Row, Float64Array[]>();

  /** The program of this one equation. */
  private equation(row: Row, operands: readonly Row[]): Program {
    const { program } = this;
    const b = new Emitter(program.columns.positionTable);
    const inputs = operands.map((operand) => b.input(program.aval(operand)));
    return b.finish(b.emitMany(program.name(row), inputs, program.params(row)));
  }
}

function arrayOf({ shape, dtype }: Aval, values: ArrayLike<number>): ArrayValue {
  const data = allocate(dtype, values.length);
  for (let index = 0; index < values.length; index++) data[index] = values[index];
  return { shape, dtype, data };
}
