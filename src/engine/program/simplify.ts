/**
 * Simplification: folds constants, drops neutral elements (x + 0, x · 1, …), merges equal equations and leaves out dead ones.
 * Results are the same bit for bit, but for the sign of a zero to which 0 was added. x · 0 stays: it is NaN for a NaN.
 */
import { OPCODES } from '../primitives/opcodes';
import { primitiveAt } from '../primitives/table';
import { sizeOf, type ArrayValue } from './aval';
import { Emitter } from './emitter';
import { NONE, type Program, type Row } from './program';
import { eliminateDeadRows, neededRows } from './prune';

export interface SimplifyOptions {
  /** Constants of at most this many elements are folded. */
  readonly foldLimit?: number;
}

/** Largest array that constant folding makes. */
const FOLD_LIMIT = 1024;

/** Rows below this number have keys that are exact as numbers: 8 bits of opcode and twice 22 of operands. */
const LARGEST_KEYED = 2 ** 22;

/** Rows that may not be merged or folded: inputs, guards, and calls whose point is to compute again. */
const KEPT = new Set<number>([OPCODES.input, OPCODES.guard, OPCODES.project]);

/** A shorter program with the same results. */
export function simplify(program: Program, { foldLimit = FOLD_LIMIT }: SimplifyOptions = {}): Program {
  return eliminateDeadRows(new Simplifier(program, foldLimit).run());
}

class Simplifier {
  private readonly b: Emitter;
  private readonly map: Int32Array;
  /** Rows by what they compute; those of at most two operands and no parameters by a number. */
  private readonly seen = new Map<string | number, Row>();
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
    const needed = neededRows(program, [], program.outputs, true);
    for (let row = 0; row < program.size; row++) {
      if (needed[row] && program.opcode(row) !== OPCODES.input) map[row] = this.visit(row);
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
    const operands = program.mapOperands(row, map);
    if (!program.hasSeveralResults(row)) {
      const value = this.fold(row, operands);
      if (value) return this.constant(value);
      const same = this.algebraic(row, operands);
      if (same !== NONE) return same;
    }
    const key = this.keyOf(row, operands);
    const known = this.seen.get(key);
    if (known !== undefined) return known;
    const written = b.copy(program, row, map);
    this.seen.set(key, written);
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
    if (operands.length === 0) return undefined;
    const values: ArrayValue[] = [];
    for (const operand of operands) {
      const value = this.valueOf(operand);
      if (!value) return undefined;
      values.push(value);
    }
    const { shape } = program.aval(row);
    const opcode = program.opcode(row);
    // Broadcast constants stay broadcast: folding them would only make them large.
    if (sizeOf(shape) > this.foldLimit || (opcode === OPCODES.broadcastInDim && shape.length > 0)) return undefined;
    return primitiveAt(opcode).evaluate(values, program.params(row) as never) as ArrayValue;
  }

  /** The value of a row that depends on no input. */
  private valueOf(row: Row): ArrayValue | undefined {
    const opcode = this.b.opcode(row);
    return opcode === OPCODES.literal || opcode === OPCODES.constant ? this.folded.get(row) : undefined;
  }

  /** Value of a row all of whose elements are one number; undefined where they are not known to be. */
  private uniform(row: Row): number | undefined {
    const value = this.valueOf(row);
    if (value) {
      const { data } = value;
      if (data.length === 1) return data[0];
      const isUniform =
        data.length > 0 && data.length <= this.foldLimit && data.every((each) => Object.is(each, data[0]));
      return isUniform ? data[0] : undefined;
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

  /** Equal for equal equations. */
  private keyOf(row: Row, operands: readonly Row[]): string | number {
    const { program } = this;
    const params = program.params(row) as unknown;
    const opcode = program.opcode(row);
    if (params === undefined && operands.length <= 2 && this.b.size < LARGEST_KEYED) {
      return (opcode * LARGEST_KEYED + (operands[0] ?? 0)) * LARGEST_KEYED + (operands[1] ?? 0);
    }
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
