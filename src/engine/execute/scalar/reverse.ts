/**
 * Reverse mode of scalar programs, straight over the columns. One backward sweep writes each row's contributions to the
 * cotangents of its operands as soon as the row's own cotangent is complete, so the backward part of a loop's trace is as
 * periodic as the loop and rolls up like it.
 */
import { OPCODES } from '../../primitives/opcodes';
import type { Emitter } from '../../program/emitter';
import { NONE, type Program, type Row } from '../../program/program';
import { add, copyScalarRow, divide, multiply, negate, partialByRule, subtract } from './emit';
import { isTest } from './operations';

/** As `transcribeVjp`, for programs that pass `isScalarProgram`. */
export function transcribeScalarVjp(
  b: Emitter,
  program: Program,
  primals: readonly Row[],
  active: readonly boolean[],
  cotangents: (results: readonly Row[]) => readonly Row[],
): { results: Row[]; cotangents: Row[] } {
  const map = new Int32Array(program.size).fill(NONE);
  const varied = new Uint8Array(program.size);
  program.inputs.forEach((row, index) => {
    map[row] = primals[index];
    if (active[index]) varied[row] = 1;
  });
  const { opcodes, operandStarts, operands } = program.columns;
  const adopted = primals.every((row, index) => row === index) && b.adopt(program);
  for (let row = 0; row < program.size; row++) {
    const opcode = opcodes[row];
    if (opcode === OPCODES.input) continue;
    if (adopted) map[row] = row;
    else copyScalarRow(b, program, row, map);
    if (isTest[opcode] || opcode === OPCODES.stopGradient) continue;
    const end = operandStarts[row + 1];
    for (let at = operandStarts[row]; at < end; at++) if (varied[operands[at]]) varied[row] = 1;
  }
  const results = Array.from(program.outputs, (row) => map[row]);
  const given = cotangents(results);
  const sweep = new Sweep(b, program, map, varied);
  program.outputs.forEach((row, index) => {
    if (given[index] !== NONE) sweep.contribute(row, given[index]);
  });
  for (let row = program.size - 1; row >= 0; row--) sweep.row(row);
  return {
    results,
    cotangents: Array.from(program.inputs, (row, index) => (active[index] ? sweep.cotangentOf[row] : NONE)),
  };
}

class Sweep {
  readonly cotangentOf: Int32Array;

  constructor(
    private readonly b: Emitter,
    private readonly program: Program,
    private readonly map: Int32Array,
    private readonly varied: Uint8Array,
  ) {
    this.cotangentOf = new Int32Array(program.size).fill(NONE);
  }

  contribute(row: Row, cotangent: Row): void {
    if (this.varied[row] === 0) return;
    const known = this.cotangentOf[row];
    this.cotangentOf[row] = known === NONE ? cotangent : add(this.b, known, cotangent);
  }

  private contributeNegative(row: Row, cotangent: Row): void {
    if (this.varied[row] === 0) return;
    const known = this.cotangentOf[row];
    this.cotangentOf[row] = known === NONE ? negate(this.b, cotangent) : subtract(this.b, known, cotangent);
  }

  /** Passes the cotangent of a row on to its operands. */
  row(row: Row): void {
    const g = this.cotangentOf[row];
    if (g === NONE) return;
    const { b, map, varied } = this;
    const { opcodes, operandStarts, operands } = this.program.columns;
    const opcode = opcodes[row];
    if (opcode === OPCODES.input || opcode === OPCODES.literal) return;
    const start = operandStarts[row];
    const first = operands[start];
    const second = operandStarts[row + 1] - start > 1 ? operands[start + 1] : first;
    b.position = b.positionIn(this.program, row);
    switch (opcode) {
      case OPCODES.guard:
        this.contribute(first, g);
        return;
      case OPCODES.add:
        this.contribute(first, g);
        this.contribute(second, g);
        return;
      case OPCODES.sub:
        this.contribute(first, g);
        this.contributeNegative(second, g);
        return;
      case OPCODES.neg:
        this.contributeNegative(first, g);
        return;
      case OPCODES.mul:
        if (first === second) {
          const half = multiply(b, g, map[first]);
          this.contribute(first, add(b, half, half));
          return;
        }
        if (varied[first]) this.contribute(first, multiply(b, g, map[second]));
        if (varied[second]) this.contribute(second, multiply(b, g, map[first]));
        return;
      case OPCODES.div: {
        const share = divide(b, g, map[second]);
        this.contribute(first, share);
        if (varied[second]) this.contributeNegative(second, multiply(b, share, map[row]));
        return;
      }
      case OPCODES.exp:
        this.contribute(first, multiply(b, g, map[row]));
        return;
      case OPCODES.log:
        this.contribute(first, divide(b, g, map[first]));
        return;
      case OPCODES.sin:
        this.contribute(first, multiply(b, g, b.emitScalar1(OPCODES.cos, map[first])));
        return;
      case OPCODES.cos:
        this.contributeNegative(first, multiply(b, g, b.emitScalar1(OPCODES.sin, map[first])));
        return;
      case OPCODES.sqrt:
        this.contribute(first, multiply(b, g, divide(b, b.literal(0.5), map[row])));
        return;
      case OPCODES.tanh:
        this.contribute(first, multiply(b, g, subtract(b, b.literal(1), multiply(b, map[row], map[row]))));
        return;
      case OPCODES.select:
        this.select(row, g);
        return;
      default:
        this.byRule(row, g);
    }
  }

  private select(row: Row, g: Row): void {
    const { b, map, varied } = this;
    const [condition, onTrue, onFalse] = this.program.operands(row);
    const zero = b.literal(0);
    if (varied[onTrue]) this.contribute(onTrue, b.select(map[condition], g, zero));
    if (varied[onFalse]) this.contribute(onFalse, b.select(map[condition], zero, g));
  }

  private byRule(row: Row, g: Row): void {
    const { b, map, program, varied } = this;
    const operands = Array.from(program.operands(row));
    const rows = operands.map((operand) => map[operand]);
    operands.forEach((operand, index) => {
      if (varied[operand] === 0) return;
      const partial = partialByRule(b, program, row, index, rows, map[row]);
      if (partial !== NONE) this.contribute(operand, multiply(b, g, partial));
    });
  }
}
