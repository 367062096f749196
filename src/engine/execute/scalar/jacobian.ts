/**
 * Sparse Jacobians of scalar programs: forward mode in which each row carries the tangents that are not structurally zero, one
 * for each input that it depends on. A banded Jacobian costs its band, without a pattern or a colouring made beforehand, and the
 * program of a loop stays as periodic as the loop.
 */
import { OPCODES } from '../../primitives/opcodes';
import { Emitter } from '../../program/emitter';
import { NONE, type Program, type Row } from '../../program/program';
import { add, copyScalarRow, divide, multiply, negate, partialByRule, subtract } from './emit';
import { type ScalarExecutable, scalarExecutable } from './executable';
import { isTest } from './operations';
import { isScalarProgram } from './tape';

interface SparseJacobianProgram {
  /** inputs → the entries that are not structurally zero, row by row. */
  readonly program: Program;
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

/** Tangents that all rows together may have, for each row: beyond that, other modes are cheaper. */
const MOST_TANGENTS = 24;

/** @returns undefined for programs that are not scalar, or whose rows depend on too many inputs each */
function sparseJacobianProgram(program: Program): SparseJacobianProgram | undefined {
  if (!isScalarProgram(program)) return undefined;
  const b = new Emitter(program.columns.positionTable);
  const tangents = new Tangents(program, b);
  const { opcodes } = program.columns;
  const map = tangents.map;
  program.inputs.forEach((row, index) => {
    map[row] = b.input(program.aval(row));
    tangents.seed(row, index);
  });
  const limit = 10_000 + MOST_TANGENTS * program.size;
  for (let row = 0; row < program.size; row++) {
    if (opcodes[row] === OPCODES.input) continue;
    copyScalarRow(b, program, row, map);
    if (opcodes[row] === OPCODES.literal || isTest[opcodes[row]] || opcodes[row] === OPCODES.stopGradient) continue;
    tangents.row(row);
    if (tangents.total > limit) return undefined;
  }
  const rows: number[] = [];
  const columns: number[] = [];
  const entries: Row[] = [];
  program.outputs.forEach((row, output) =>
    tangents.each(row, (input, tangent) => {
      rows.push(output);
      columns.push(input);
      entries.push(tangent);
    }),
  );
  return { program: b.finish(entries), rows: Int32Array.from(rows), columns: Int32Array.from(columns) };
}

/** For each row the inputs that it depends on, ascending, and the rows of its derivatives by them. */
class Tangents {
  readonly map: Int32Array;
  total = 0;
  private readonly starts: Int32Array;
  private readonly counts: Int32Array;
  private inputs = new Int32Array(1024);
  private rows = new Int32Array(1024);

  constructor(
    private readonly program: Program,
    private readonly b: Emitter,
  ) {
    this.map = new Int32Array(program.size).fill(NONE);
    this.starts = new Int32Array(program.size);
    this.counts = new Int32Array(program.size);
  }

  seed(row: Row, input: number): void {
    this.starts[row] = this.total;
    this.push(input, this.b.literal(1));
    this.counts[row] = 1;
  }

  each(row: Row, visit: (input: number, tangent: Row) => void): void {
    for (let at = this.starts[row]; at < this.starts[row] + this.counts[row]; at++)
      visit(this.inputs[at], this.rows[at]);
  }

  private push(input: number, row: Row): void {
    if (this.total === this.inputs.length) {
      const inputs = new Int32Array(this.total * 2);
      inputs.set(this.inputs);
      this.inputs = inputs;
      const rows = new Int32Array(this.total * 2);
      rows.set(this.rows);
      this.rows = rows;
    }
    this.inputs[this.total] = input;
    this.rows[this.total++] = row;
  }

  /** Derivatives of a row by the chain rule. */
  row(row: Row): void {
    const { b, map } = this;
    const { opcodes, operandStarts, operands } = this.program.columns;
    const opcode = opcodes[row];
    const start = operandStarts[row];
    const first = operands[start];
    const second = operandStarts[row + 1] - start > 1 ? operands[start + 1] : NONE;
    this.starts[row] = this.total;
    switch (opcode) {
      case OPCODES.guard:
        this.unary(row, first, (tangent) => tangent);
        return;
      case OPCODES.neg:
        this.unary(row, first, (tangent) => negate(b, tangent));
        return;
      case OPCODES.add:
        this.merge(
          row,
          first,
          second,
          (tx) => tx,
          (ty) => ty,
          (tx, ty) => add(b, tx, ty),
        );
        return;
      case OPCODES.sub:
        this.merge(
          row,
          first,
          second,
          (tx) => tx,
          (ty) => negate(b, ty),
          (tx, ty) => subtract(b, tx, ty),
        );
        return;
      case OPCODES.select: {
        const zero = b.literal(0);
        const third = operands[start + 2];
        const condition = map[first];
        const pick = (x: Row, y: Row) => b.select(condition, x, y);
        this.merge(
          row,
          second,
          third,
          (tx) => pick(tx, zero),
          (ty) => pick(zero, ty),
          pick,
        );
        return;
      }
      default:
    }
    if (second !== NONE && this.counts[first] > 0 && this.counts[second] > 0 && first !== second) {
      const p = this.partial(row, 0);
      const q = this.partial(row, 1);
      const left = (tx: Row) => (p === NONE ? NONE : multiply(b, tx, p));
      const right = (ty: Row) => (q === NONE ? NONE : multiply(b, ty, q));
      this.merge(row, first, second, left, right, (tx, ty) => b.addMaybe(left(tx), right(ty)));
      return;
    }
    if (first === second) {
      const p = this.partial(row, 0);
      const q = this.partial(row, 1);
      const both = p === NONE ? q : q === NONE ? p : add(b, p, q);
      this.unary(row, first, (tangent) => (both === NONE ? NONE : multiply(b, tangent, both)));
      return;
    }
    const all = Array.from(this.program.operands(row));
    const moved = all.findIndex((operand) => this.counts[operand] > 0);
    if (moved < 0) return;
    if (opcode === OPCODES.div && moved === 0) {
      this.unary(row, first, (tangent) => divide(b, tangent, map[second]));
      return;
    }
    if (all.filter((operand) => this.counts[operand] > 0).length > 1) {
      // Three operands that move (clamp): their derivatives one after the other.
      this.several(row, all);
      return;
    }
    const p = this.partial(row, moved);
    this.unary(row, all[moved], (tangent) => (p === NONE ? NONE : multiply(b, tangent, p)));
  }

  private unary(row: Row, operand: Row, derive: (tangent: Row) => Row): void {
    const from = this.starts[operand];
    const end = from + this.counts[operand];
    for (let at = from; at < end; at++) {
      const derived = derive(this.rows[at]);
      if (derived !== NONE) this.push(this.inputs[at], derived);
    }
    this.counts[row] = this.total - this.starts[row];
  }

  private merge(
    row: Row,
    first: Row,
    second: Row,
    left: (tx: Row) => Row,
    right: (ty: Row) => Row,
    both: (tx: Row, ty: Row) => Row,
  ): void {
    let i = this.starts[first];
    let j = this.starts[second];
    const iEnd = i + this.counts[first];
    const jEnd = j + this.counts[second];
    while (i < iEnd || j < jEnd) {
      const x = i < iEnd ? this.inputs[i] : Infinity;
      const y = j < jEnd ? this.inputs[j] : Infinity;
      const derived = x < y ? left(this.rows[i]) : y < x ? right(this.rows[j]) : both(this.rows[i], this.rows[j]);
      if (derived !== NONE) this.push(Math.min(x, y), derived);
      if (x <= y) i++;
      if (y <= x) j++;
    }
    this.counts[row] = this.total - this.starts[row];
  }

  private several(row: Row, operands: readonly Row[]): void {
    const sums = new Map<number, Row>();
    operands.forEach((operand, index) => {
      if (this.counts[operand] === 0) return;
      const p = this.partial(row, index);
      if (p === NONE) return;
      this.each(operand, (input, tangent) =>
        sums.set(input, this.b.addMaybe(sums.get(input) ?? NONE, multiply(this.b, tangent, p))),
      );
    });
    for (const [input, tangent] of [...sums].sort(([x], [y]) => x - y)) this.push(input, tangent);
    this.counts[row] = this.total - this.starts[row];
  }

  /** ∂row/∂operand as a row. */
  private partial(row: Row, index: number): Row {
    const { b, map, program } = this;
    const x = map[program.operand(row, 0)];
    const out = map[row];
    switch (program.opcode(row)) {
      case OPCODES.mul:
        return map[program.operand(row, 1 - index)];
      case OPCODES.div: {
        const y = map[program.operand(row, 1)];
        return index === 0 ? divide(b, b.literal(1), y) : negate(b, divide(b, out, y));
      }
      case OPCODES.exp:
        return out;
      case OPCODES.log:
        return divide(b, b.literal(1), x);
      case OPCODES.sin:
        return b.emitScalar1(OPCODES.cos, x);
      case OPCODES.cos:
        return negate(b, b.emitScalar1(OPCODES.sin, x));
      case OPCODES.sqrt:
        return divide(b, b.literal(0.5), out);
      case OPCODES.tanh:
        return subtract(b, b.literal(1), multiply(b, out, out));
      default: {
        const rows = Array.from(program.operands(row), (operand) => map[operand]);
        return partialByRule(b, program, row, index, rows, out);
      }
    }
  }
}

/** A sparse Jacobian made ready to run; entries in the order of `rows` and `columns`. */
export class SparseJacobian {
  private constructor(
    readonly rows: Int32Array,
    readonly columns: Int32Array,
    readonly shape: readonly [number, number],
    readonly executable: ScalarExecutable,
  ) {}

  /** @returns undefined where `sparseJacobianProgram` is */
  static of(program: Program): SparseJacobian | undefined {
    const sparse = sparseJacobianProgram(program);
    const executable = sparse && scalarExecutable(sparse.program);
    if (!sparse || !executable) return undefined;
    return new SparseJacobian(sparse.rows, sparse.columns, [program.outputs.length, program.inputs.length], executable);
  }

  /** The entries at a point, in an array that the next call overwrites. */
  entries(inputs: ArrayLike<number>): Float64Array {
    return this.executable.run(inputs);
  }

  /** The whole matrix, row by row. `into` must be zero wherever the pattern is, as from an earlier call. */
  dense(
    inputs: ArrayLike<number>,
    into: Float64Array<ArrayBuffer> = new Float64Array(this.shape[0] * this.shape[1]),
  ): Float64Array<ArrayBuffer> {
    const entries = this.entries(inputs);
    const [, width] = this.shape;
    const { rows, columns } = this;
    for (let at = 0; at < entries.length; at++) into[rows[at] * width + columns[at]] = entries[at];
    return into;
  }
}
