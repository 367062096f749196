/** Writing scalar rows without shape rules, simplified on the way: what the scalar transforms are made with. */
import { OPCODES } from '../../primitives/opcodes';
import { BOOL_AVAL, SCALAR_AVAL, type ProgramBuilder } from '../../program/builder';
import type { Emitter } from '../../program/emitter';
import { NONE, type Program, type Row } from '../../program/program';
import { primitive } from '../../primitives/table';

/** The number that a row is, or undefined. */
function numberOf(b: ProgramBuilder, row: Row): number | undefined {
  return b.opcode(row) === OPCODES.literal ? b.literalOf(row) : undefined;
}

/** x · y. Products with ±1 and of two numbers are exact without a row; one with 0 is not (0 · ∞). */
export function multiply(b: ProgramBuilder, x: Row, y: Row): Row {
  const p = numberOf(b, x);
  const q = numberOf(b, y);
  if (p !== undefined && q !== undefined) return b.literal(p * q);
  if (p === 1) return y;
  if (q === 1) return x;
  if (p === -1) return negate(b, y);
  if (q === -1) return negate(b, x);
  return b.emitScalar2(OPCODES.mul, x, y);
}

export function negate(b: ProgramBuilder, x: Row): Row {
  const p = numberOf(b, x);
  if (p !== undefined) return b.literal(-p);
  return b.opcode(x) === OPCODES.neg ? b.operandsOf(x)[0] : b.emitScalar1(OPCODES.neg, x);
}

export function add(b: ProgramBuilder, x: Row, y: Row): Row {
  const p = numberOf(b, x);
  const q = numberOf(b, y);
  return p !== undefined && q !== undefined ? b.literal(p + q) : b.emitScalar2(OPCODES.add, x, y);
}

export function subtract(b: ProgramBuilder, x: Row, y: Row): Row {
  const p = numberOf(b, x);
  const q = numberOf(b, y);
  return p !== undefined && q !== undefined ? b.literal(p - q) : b.emitScalar2(OPCODES.sub, x, y);
}

export function divide(b: ProgramBuilder, x: Row, y: Row): Row {
  const p = numberOf(b, x);
  const q = numberOf(b, y);
  if (p !== undefined && q !== undefined) return b.literal(p / q);
  return q === 1 ? x : b.emitScalar2(OPCODES.div, x, y);
}

/** ∂(row)/∂(operand `index`) by the primitive's own rule, for operations that have no line of their own; NONE for zero. */
export function partialByRule(
  b: Emitter,
  program: Program,
  row: Row,
  index: number,
  primals: readonly Row[],
  result: Row,
): Row {
  const one = b.literal(1);
  const [tangent] = primitive(program.name(row)).jvp(b, {
    primals,
    tangents: primals.map((_, at) => (at === index ? one : NONE)),
    results: [result],
    params: program.params(row),
  });
  if (tangent === NONE || b.opcode(tangent) !== OPCODES.mul) return tangent;
  // Rules multiply by the tangent, which is 1 here: the row that does is left dead.
  const [x, y] = b.operandsOf(tangent);
  return x === one ? y : y === one ? x : tangent;
}

/** Literals beyond this many are data: they are not looked up one by one to be shared. */
const FEW_LITERALS = 4096;

/** Copies a row of a scalar program; `map` holds its operands' rows. */
export function copyScalarRow(b: Emitter, program: Program, row: Row, map: Int32Array): void {
  const { opcodes, literals, operandStarts, operands, paramIndices, avals, avalIndices } = program.columns;
  const opcode = opcodes[row];
  const start = operandStarts[row];
  const count = operandStarts[row + 1] - start;
  if (opcode === OPCODES.literal && literals.length > FEW_LITERALS) {
    map[row] = b.newLiteral(program.literal(row));
  } else if (paramIndices[row] >= 0 || count > 2) {
    map[row] = b.copy(program, row, map);
  } else {
    // What nearly all rows are, without the tables that a copy in general has to look into.
    b.position = b.positionIn(program, row);
    const aval = avals[avalIndices[row]].dtype === 'bool' ? BOOL_AVAL : SCALAR_AVAL;
    const x = map[operands[start]];
    map[row] = count === 2 ? b.emitScalar2(opcode, x, map[operands[start + 1]], aval) : b.emitScalar1(opcode, x, aval);
  }
}
