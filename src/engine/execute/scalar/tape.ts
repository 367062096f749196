/**
 * A tape is a program of scalars in the form that executes fastest: live rows only, operands as indices into one array of
 * values. Values stand in this order: inputs, rows, literals. 13 bytes a row at most, no objects.
 */
import { OPCODES } from '../../primitives/opcodes';
import type { Program } from '../../program/program';
import { tapeArity } from './operations';

/** No operand. */
const ABSENT = -1;

export class Tape {
  constructor(
    readonly inputCount: number,
    /** One a row. A `guard` row checks operand a against operand b; its value is a's. */
    readonly ops: Uint8Array,
    readonly a: Int32Array,
    readonly b: Int32Array,
    /** Third operands; empty where no operation has one. */
    readonly c: Int32Array,
    readonly literals: Float64Array,
    /** Values to return. */
    readonly outputs: Int32Array,
    /** Rows of the program that the rows were made of (for errors). */
    readonly sources: Int32Array,
    /** Outputs that are booleans rather than float64. */
    readonly boolOutputs: Uint8Array,
  ) {}

  get size(): number {
    return this.ops.length;
  }

  /** Index of the first literal among the values. */
  get firstLiteral(): number {
    return this.inputCount + this.ops.length;
  }

  get valueCount(): number {
    return this.inputCount + this.ops.length + this.literals.length;
  }
}

/** Can a program be made a tape: are all its values float64 or boolean scalars, and all its operations known? */
export function isScalarProgram(program: Program): boolean {
  const { opcodes, avalIndices, avals, paramIndices } = program.columns;
  const scalar = avals.map(({ shape, dtype }) => shape.length === 0 && (dtype === 'float64' || dtype === 'bool'));
  for (let row = 0; row < opcodes.length; row++) {
    const aval = avalIndices[row];
    if (aval < 0 || !scalar[aval]) return false;
    const opcode = opcodes[row];
    if (tapeArity[opcode] === 0) return false;
    if (opcode === OPCODES.input && paramIndices[row] < 0) return false;
  }
  return program.size > 0;
}

/** Programs below this many rows go the general way: it costs them nothing, and they print as in JAX. */
export const LARGE = 256;

/** Do the transforms that work straight on the columns pay for a program? */
export function isLargeScalarProgram(program: Program): boolean {
  return program.size >= LARGE && isScalarProgram(program);
}

/** A row that only passes its first operand on (a guard does too, but also checks). */
function isAlias(opcode: number): boolean {
  return opcode === OPCODES.stopGradient || opcode === OPCODES.guard;
}

/** Rows that outputs and guards need (1), and how many of what kinds a tape will have of them. */
function markLive(program: Program): { live: Uint8Array; size: number; ternary: boolean; extraLiterals: number } {
  const { opcodes, operandStarts, operands, outputs } = program.columns;
  const live = new Uint8Array(opcodes.length);
  let size = 0;
  let ternary = false;
  let extraLiterals = 0;
  for (const row of outputs) live[row] = 1;
  for (let row = opcodes.length - 1; row >= 0; row--) {
    const opcode = opcodes[row];
    if (opcode === OPCODES.guard) live[row] = 1;
    if (live[row] === 0 || opcode === OPCODES.input || opcode === OPCODES.literal) continue;
    const end = operandStarts[row + 1];
    for (let at = operandStarts[row]; at < end; at++) live[operands[at]] = 1;
    if (opcode === OPCODES.stopGradient) continue;
    size++;
    if (tapeArity[opcode] === 3) ternary = true;
    if (opcode === OPCODES.guard || opcode === OPCODES.integerPow) extraLiterals++;
  }
  return { live, size, ternary, extraLiterals };
}

/** @returns undefined where the program is not one of scalars */
export function tapeOf(program: Program): Tape | undefined {
  if (!isScalarProgram(program)) return undefined;
  const { opcodes, operandStarts, operands, paramIndices, params, inputs, outputs, avals, avalIndices } =
    program.columns;
  const { live, size, ternary, extraLiterals } = markLive(program);
  const inputCount = inputs.length;
  const firstLiteral = inputCount + size;
  let literals = program.columns.literals;
  let literalCount = literals.length;
  if (extraLiterals > 0) {
    const larger = new Float64Array(literalCount + extraLiterals);
    larger.set(literals);
    literals = larger;
  }
  // Small exponents and expected decisions repeat: they share a literal.
  const shared = new Map<number, number>();
  const literalOf = (value: number): number => {
    let index = shared.get(value);
    if (index === undefined) {
      index = literalCount++;
      literals[index] = value;
      shared.set(value, index);
    }
    return firstLiteral + index;
  };
  const map = new Int32Array(opcodes.length);
  for (let index = 0; index < inputCount; index++) map[inputs[index]] = index;
  const ops = new Uint8Array(size);
  const a = new Int32Array(size);
  const b = new Int32Array(size).fill(ABSENT);
  const c = new Int32Array(ternary ? size : 0).fill(ABSENT);
  const sources = new Int32Array(size);
  let at = 0;
  for (let row = 0; row < opcodes.length; row++) {
    if (live[row] === 0) continue;
    const opcode = opcodes[row];
    if (opcode === OPCODES.input) continue;
    if (opcode === OPCODES.literal) {
      map[row] = firstLiteral + paramIndices[row];
      continue;
    }
    const start = operandStarts[row];
    const first = map[operands[start]];
    if (opcode === OPCODES.stopGradient) {
      map[row] = first;
      continue;
    }
    ops[at] = opcode;
    sources[at] = row;
    a[at] = first;
    if (opcode === OPCODES.guard) b[at] = literalOf((params[paramIndices[row]] as { expected: number }).expected);
    else if (opcode === OPCODES.integerPow)
      b[at] = literalOf((params[paramIndices[row]] as { exponent: number }).exponent);
    else {
      const count = operandStarts[row + 1] - start;
      if (count > 1) b[at] = map[operands[start + 1]];
      if (count > 2) c[at] = map[operands[start + 2]];
    }
    map[row] = isAlias(opcode) ? first : inputCount + at;
    at++;
  }
  return new Tape(
    inputCount,
    ops,
    a,
    b,
    c,
    literalCount === literals.length ? literals : literals.slice(0, literalCount),
    outputs.map((row) => map[row]),
    sources,
    new Uint8Array(outputs.map((row) => (avals[avalIndices[row]].dtype === 'bool' ? 1 : 0))),
  );
}
