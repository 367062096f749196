/** Forward mode of scalar programs, straight over the columns: 10⁶ rows without an object each. */
import { OPCODES } from '../../primitives/opcodes';
import type { Emitter } from '../../program/emitter';
import { NONE, type Program, type Row } from '../../program/program';
import { add, copyScalarRow, divide, multiply, negate, partialByRule, subtract } from './emit';
import { isTest } from './operations';

/** As `transcribeJvp`, for programs that pass `isScalarProgram`. */
export function transcribeScalarJvp(
  b: Emitter,
  program: Program,
  primals: readonly Row[],
  tangents: readonly Row[],
): { primals: Row[]; tangents: Row[] } {
  const { opcodes, operandStarts, operands } = program.columns;
  const map = new Int32Array(program.size).fill(NONE);
  const tangentOf = new Int32Array(program.size).fill(NONE);
  program.inputs.forEach((row, index) => {
    map[row] = primals[index];
    tangentOf[row] = tangents[index];
  });
  for (let row = 0; row < program.size; row++) {
    const opcode = opcodes[row];
    if (opcode === OPCODES.input) continue;
    copyScalarRow(b, program, row, map);
    if (opcode === OPCODES.literal || isTest[opcode]) continue;
    const start = operandStarts[row];
    const end = operandStarts[row + 1];
    let active = false;
    for (let at = start; at < end; at++) if (tangentOf[operands[at]] !== NONE) active = true;
    if (active) tangentOf[row] = tangent(b, program, row, map, tangentOf);
  }
  return {
    primals: Array.from(program.outputs, (row) => map[row]),
    tangents: Array.from(program.outputs, (row) => tangentOf[row]),
  };
}

function tangent(b: Emitter, program: Program, row: Row, map: Int32Array, tangentOf: Int32Array): Row {
  const { opcodes, operandStarts, operands } = program.columns;
  const start = operandStarts[row];
  const first = operands[start];
  const second = operandStarts[row + 1] - start > 1 ? operands[start + 1] : first;
  const tx = tangentOf[first];
  const ty = tangentOf[second];
  const x = map[first];
  const y = map[second];
  const out = map[row];
  switch (opcodes[row]) {
    case OPCODES.guard:
      return tx;
    case OPCODES.stopGradient:
      return NONE;
    case OPCODES.add:
      return tx === NONE ? ty : ty === NONE ? tx : add(b, tx, ty);
    case OPCODES.sub:
      return tx === NONE ? negate(b, ty) : ty === NONE ? tx : subtract(b, tx, ty);
    case OPCODES.neg:
      return negate(b, tx);
    case OPCODES.mul: {
      if (first === second) {
        const half = multiply(b, tx, x);
        return add(b, half, half);
      }
      if (tx === NONE) return multiply(b, x, ty);
      const left = multiply(b, tx, y);
      return ty === NONE ? left : add(b, left, multiply(b, x, ty));
    }
    case OPCODES.div: {
      // d (x / y) = (dx − (x / y) dy) / y
      if (ty === NONE) return divide(b, tx, y);
      const moved = multiply(b, out, ty);
      return divide(b, tx === NONE ? negate(b, moved) : subtract(b, tx, moved), y);
    }
    case OPCODES.exp:
      return multiply(b, tx, out);
    case OPCODES.log:
      return divide(b, tx, x);
    case OPCODES.sin:
      return multiply(b, tx, b.emitScalar1(OPCODES.cos, x));
    case OPCODES.cos:
      return negate(b, multiply(b, tx, b.emitScalar1(OPCODES.sin, x)));
    case OPCODES.sqrt:
      return multiply(b, tx, divide(b, b.literal(0.5), out));
    case OPCODES.select: {
      const tz = tangentOf[operands[start + 2]];
      const zero = () => b.literal(0);
      return b.select(x, ty === NONE ? zero() : ty, tz === NONE ? zero() : tz);
    }
    case OPCODES.tanh:
      return multiply(b, tx, subtract(b, b.literal(1), multiply(b, out, out)));
    default: {
      const rows = Array.from(program.operands(row), (operand) => map[operand]);
      const [result] = rule(b, program, row, rows, tangentOf, out);
      return result;
    }
  }
}

/** Tangent of an operation without a line of its own: the sum of its partial derivatives times the operands' tangents. */
function rule(b: Emitter, program: Program, row: Row, rows: readonly Row[], tangentOf: Int32Array, out: Row): [Row] {
  let sum: Row = NONE;
  program.operands(row).forEach((operand, index) => {
    const moved = tangentOf[operand];
    if (moved === NONE) return;
    const partial = partialByRule(b, program, row, index, rows, out);
    if (partial === NONE) return;
    const term = multiply(b, moved, partial);
    sum = sum === NONE ? term : add(b, sum, term);
  });
  return [sum];
}
