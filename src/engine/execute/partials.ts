/** Partial derivatives of the scalar operations as numbers: the same as the primitives' rules give, without writing a program. */
import { OPCODES } from '../primitives/opcodes';

/** ∂result/∂x from the operand and the result. */
type UnaryPartial = (x: number, result: number) => number;

const UNARY: Partial<Record<number, UnaryPartial>> = {
  [OPCODES.neg]: () => -1,
  [OPCODES.abs]: (x) => Math.sign(x),
  [OPCODES.exp]: (_, y) => y,
  [OPCODES.expm1]: (x) => Math.exp(x),
  [OPCODES.log]: (x) => 1 / x,
  [OPCODES.log1p]: (x) => 1 / (1 + x),
  [OPCODES.log2]: (x) => 1 / (x * Math.LN2),
  [OPCODES.log10]: (x) => 1 / (x * Math.LN10),
  [OPCODES.sqrt]: (_, y) => 0.5 / y,
  [OPCODES.cbrt]: (_, y) => 1 / (3 * y * y),
  [OPCODES.sin]: (x) => Math.cos(x),
  [OPCODES.cos]: (x) => -Math.sin(x),
  [OPCODES.tan]: (_, y) => 1 + y * y,
  [OPCODES.asin]: (x) => 1 / Math.sqrt((1 - x) * (1 + x)),
  [OPCODES.acos]: (x) => -1 / Math.sqrt((1 - x) * (1 + x)),
  [OPCODES.atan]: (x) => 1 / (1 + x * x),
  [OPCODES.sinh]: (x) => Math.cosh(x),
  [OPCODES.cosh]: (x) => Math.sinh(x),
  [OPCODES.tanh]: (_, y) => 1 - y * y,
  [OPCODES.asinh]: (x) => 1 / Math.sqrt(x * x + 1),
  [OPCODES.acosh]: (x) => 1 / (Math.sqrt(x - 1) * Math.sqrt(x + 1)),
  [OPCODES.atanh]: (x) => 1 / ((1 - x) * (1 + x)),
  [OPCODES.logistic]: (_, y) => y * (1 - y),
};

/** Operations with one operand that have a partial here; 1 in the opcode's place. */
export const hasUnaryPartial = new Uint8Array(256);
for (const opcode of Object.keys(UNARY)) hasUnaryPartial[Number(opcode)] = 1;

export function unaryPartial(opcode: number, x: number, result: number): number {
  return (UNARY[opcode] as UnaryPartial)(x, result);
}

const BINARY: readonly number[] = [
  OPCODES.add,
  OPCODES.sub,
  OPCODES.mul,
  OPCODES.div,
  OPCODES.pow,
  OPCODES.rem,
  OPCODES.min,
  OPCODES.max,
  OPCODES.atan2,
  OPCODES.hypot,
];

export const hasBinaryPartials = new Uint8Array(256);
for (const opcode of BINARY) hasBinaryPartials[opcode] = 1;

/** ∂result/∂x, the first operand. */
export function leftPartial(opcode: number, x: number, y: number, result: number): number {
  switch (opcode) {
    case OPCODES.mul:
      return y;
    case OPCODES.div:
      return 1 / y;
    case OPCODES.pow:
      return y === 0 ? 0 : y * Math.pow(x, y - 1);
    case OPCODES.min:
    case OPCODES.max:
      return share(x, y, result);
    case OPCODES.atan2:
      return y / (x * x + y * y);
    case OPCODES.hypot:
      return result === 0 ? 0 : x / result;
    default:
      return 1;
  }
}

/** ∂result/∂y, the second operand. */
export function rightPartial(opcode: number, x: number, y: number, result: number): number {
  switch (opcode) {
    case OPCODES.add:
      return 1;
    case OPCODES.sub:
      return -1;
    case OPCODES.mul:
      return x;
    case OPCODES.div:
      return -result / y;
    case OPCODES.pow:
      return (x === 0 ? 0 : Math.log(x)) * result;
    case OPCODES.rem:
      return -Math.trunc(x / y);
    case OPCODES.min:
    case OPCODES.max:
      return share(y, x, result);
    case OPCODES.atan2:
      return -x / (x * x + y * y);
    case OPCODES.hypot:
      return result === 0 ? 0 : y / result;
    default:
      return 1;
  }
}

/** Ties share the derivative equally. */
function share(x: number, other: number, result: number): number {
  if (x === other) return 0.5;
  if (Number.isNaN(result)) return NaN;
  return x === result ? 1 : 0;
}

/** Operations through which no derivative goes: steps, tests and constants. */
export const isFlat = new Uint8Array(256);
for (const opcode of [
  OPCODES.literal,
  OPCODES.constant,
  OPCODES.guard,
  OPCODES.floor,
  OPCODES.ceil,
  OPCODES.round,
  OPCODES.roundHalfUp,
  OPCODES.trunc,
  OPCODES.sign,
  OPCODES.not,
  OPCODES.isFinite,
  OPCODES.isNaN,
  OPCODES.stopGradient,
  OPCODES.eq,
  OPCODES.ne,
  OPCODES.lt,
  OPCODES.le,
  OPCODES.gt,
  OPCODES.ge,
  OPCODES.and,
  OPCODES.or,
  OPCODES.xor,
  OPCODES.shiftLeft,
  OPCODES.shiftRightLogical,
  OPCODES.shiftRightArithmetic,
  OPCODES.argmax,
  OPCODES.argmin,
  OPCODES.argsort,
  OPCODES.iota,
  OPCODES.randomBits,
]) {
  isFlat[opcode] = 1;
}
