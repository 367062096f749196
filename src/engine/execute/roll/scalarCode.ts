/** How each operation of a tape is written in WebAssembly. */
import { OPCODES, OPCODE_NAMES } from '../../primitives/opcodes';
import { OP } from '../wasm/instructions';

type Names = keyof typeof OPCODES;

function byOpcode(entries: Partial<Record<Names, number>>): Uint8Array {
  const table = new Uint8Array(256);
  for (const [name, code] of Object.entries(entries)) table[OPCODES[name as Names]] = code;
  return table;
}

/** One instruction for float64 operands and result. */
export const FLOAT_CODE = byOpcode({
  neg: OP.f64Neg,
  abs: OP.f64Abs,
  floor: OP.f64Floor,
  ceil: OP.f64Ceil,
  trunc: OP.f64Trunc,
  round: OP.f64Nearest,
  sqrt: OP.f64Sqrt,
  add: OP.f64Add,
  sub: OP.f64Sub,
  mul: OP.f64Mul,
  div: OP.f64Div,
  min: OP.f64Min,
  max: OP.f64Max,
});

/** One instruction from float64 operands to i32. */
export const COMPARE_CODE = byOpcode({
  eq: OP.f64Eq,
  ne: OP.f64Ne,
  lt: OP.f64Lt,
  le: OP.f64Le,
  gt: OP.f64Gt,
  ge: OP.f64Ge,
});

/** One instruction from i32 operands to i32. */
export const LOGIC_CODE = byOpcode({ and: OP.i32And, or: OP.i32Or, xor: OP.i32Xor, not: OP.i32Eqz });

/** Is the operation a call of an imported function? */
export function isImported(opcode: number): boolean {
  if (FLOAT_CODE[opcode] || COMPARE_CODE[opcode] || LOGIC_CODE[opcode]) return false;
  switch (opcode) {
    case OPCODES.select:
    case OPCODES.guard:
    case OPCODES.integerPow:
    case OPCODES.isNaN:
    case OPCODES.isFinite:
      return false;
    default:
      return true;
  }
}

export function importName(opcode: number): string {
  return OPCODE_NAMES[opcode] as string;
}
