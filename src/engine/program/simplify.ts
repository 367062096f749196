/**
 * Simplification: folds constants, drops neutral elements (x + 0, x · 1, …), merges equal equations and leaves out dead ones.
 * Results are the same bit for bit, but for the sign of a zero to which 0 was added. x · 0 stays: it is NaN for a NaN.
 */
import { OPCODES } from '../primitives/opcodes';
import { primitive } from '../primitives/table';
import { sizeOf, type ArrayValue } from './aval';
import { Emitter } from './emitter';
import { NONE, type Program, type Row } from './program';
import { eliminateDeadRows } from './prune';

export interface SimplifyOptions {
  /** Constants of at most this many elements are folded. */
  readonly foldLimit?: number;
}

/** Largest array that constant folding makes. */
const FOLD_LIMIT = 1024;

/** Rows that may not be merged or folded: inputs, guards, and calls whose point is to compute again. */
const KEPT = new Set<number>([OPCODES.input, OPCODES.guard, OPCODES.project]);

/** A shorter program with the same results. */
export function simplify(program: Program, { foldLimit = FOLD_LIMIT }: SimplifyOptions = {}): Program {
  const pruned = eliminateDeadRows(program);
  return eliminateDeadRows(new Simplifier(pruned, foldLimit).run());
}

class Simplifier {
  private readonly b: Emitter;
  private readonly map: Int32Array;
  /** Rows by what they compute. */
  private readonly seen = new Map<string, Row>();
  /** Values of rows that depend on no input, where they are small. */
  private readonly folded = new Map<Row, ArrayValue>();
  private readonly paramKeys = new Map<unknown, string>();

  constructor(
    private readonly program: Program,
    private readonly foldLimit: number,
  ) {
    this.b = new Emitter(program.columns.positionTable);
    this.map = new Int32Array(program.size).fill(NONE);
  }

  run(): Program {
    const { program, map, b } = this;
    for (const row of program.inputs) map[row] = b.input(program.aval(row));
    for (let row = 0; row < program.size; row++) {
      if (program.opcode(row) !== OPCODES.input) map[row] = this.visit(row);
    }
    return b.finish(Array.from(program.outputs, (row) => map[row]));
  }

  private visit(row: Row): Row {
    const { program, map, b } = this;
    const opcode = program.opcode(row);
    if (opcode === OPCODES.literal)
      return this.remember(b.literal(program.literal(row)), {
        shape: [],
        dtype: 'float64',
        data: Float64Array.of(program.literal(row)),
      });
    if (opcode === OPCODES.constant) return this.constant(program.constant(row));
    if (opcode === OPCODES.guard && this.folded.has(map[program.operand(row, 0)])) return map[program.operand(row, 0)];
    if (KEPT.has(opcode)) return b.copy(program, row, map);
    const operands = Array.from(program.operands(row), (operand) => map[operand]);
    const several = program.hasSeveralResults(row);
    if (!several) {
      const value = this.fold(row, operands);
      if (value) return this.constant(value);
      const same = this.algebraic(row, operands);
      if (same !== NONE) return same;
    }
    const key = this.keyOf(row, operands);
    const known = key === undefined ? undefined : this.seen.get(key);
    if (known !== undefined) return known;
    const written = b.copy(program, row, map);
    if (key !== undefined) this.seen.set(key, written);
    return written;
  }

  private remember(row: Row, value: ArrayValue): Row {
    this.folded.set(row, value);
    return row;
  }

  private constant(value: ArrayValue): Row {
    return this.remember(this.b.constant(value), value);
  }

  private fold(row: Row, operands: readonly Row[]): ArrayValue | undefined {
    const { program } = this;
    const { shape } = program.aval(row);
    const opcode = program.opcode(row);
    if (sizeOf(shape) > this.foldLimit || opcode === OPCODES.iota) return undefined;
    // Broadcast constants stay broadcast: folding them would only make them large.
    if (opcode === OPCODES.broadcastInDim && shape.length > 0) return undefined;
    const values: ArrayValue[] = [];
    for (const operand of operands) {
      const value = this.folded.get(operand);
      if (!value) return undefined;
      values.push(value);
    }
    if (values.length === 0) return undefined;
    return primitive(program.name(row)).evaluate(values, program.params(row) as never) as ArrayValue;
  }

  /** Value of a row all of whose elements are one number; undefined where they are not known to be. */
  private uniform(row: Row): number | undefined {
    const value = this.folded.get(row);
    if (value) {
      const [first] = value.data;
      return value.data.length > 0 && value.data.every((element) => Object.is(element, first)) ? first : undefined;
    }
    if (this.b.opcode(row) === OPCODES.broadcastInDim) return this.uniform(this.b.operandsOf(row)[0]);
    return undefined;
  }

  /** The row that an equation amounts to, or NONE. */
  private algebraic(row: Row, operands: readonly Row[]): Row {
    const [x, y] = operands;
    switch (this.program.opcode(row)) {
      case OPCODES.add:
        if (this.uniform(y) === 0) return x;
        return this.uniform(x) === 0 ? y : NONE;
      case OPCODES.sub:
        return this.uniform(y) === 0 ? x : NONE;
      case OPCODES.mul:
        if (this.uniform(y) === 1) return x;
        return this.uniform(x) === 1 ? y : NONE;
      case OPCODES.div:
        return this.uniform(y) === 1 ? x : NONE;
      case OPCODES.neg:
        return this.b.opcode(x) === OPCODES.neg ? this.b.operandsOf(x)[0] : NONE;
      case OPCODES.integerPow:
        return this.program.params<'integerPow'>(row).exponent === 1 ? x : NONE;
      case OPCODES.transpose: {
        const { permutation } = this.program.params<'transpose'>(row);
        return permutation.every((axis, index) => axis === index) ? x : NONE;
      }
      case OPCODES.reshape:
        return sameExtents(this.b.aval(x).shape, this.program.params<'reshape'>(row).shape) ? x : NONE;
      case OPCODES.select:
        return operands[1] === operands[2] ? operands[1] : NONE;
      default:
        return NONE;
    }
  }

  /** Text that is equal for equal equations; undefined for those that are not merged. */
  private keyOf(row: Row, operands: readonly Row[]): string | undefined {
    const { program } = this;
    const params = program.params(row) as unknown;
    const opcode = program.opcode(row);
    return `${opcode}:${operands.join(',')}:${this.paramKey(opcode, params)}`;
  }

  /** Equal for parameters of equal contents; programs inside count by identity. */
  private paramKey(opcode: number, params: unknown): string {
    if (params === undefined) return '';
    let key = this.paramKeys.get(params);
    if (key === undefined) {
      const isStructured = opcode >= OPCODES.cond && opcode <= OPCODES.linearCall;
      key = isStructured ? `#${this.paramKeys.size}` : JSON.stringify(params);
      this.paramKeys.set(params, key);
    }
    return key;
  }
}

function sameExtents(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}
