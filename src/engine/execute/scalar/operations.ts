/** The operations that a tape knows, as functions of numbers: the same as the primitives' reference evaluation. */
import { OPCODES, OPCODE_NAMES } from '../../primitives/opcodes';
import type { PrimitiveName } from '../../primitives/params';
import { power } from '../../primitives/elementwiseUnary';
import { primitive } from '../../primitives/table';
import type { ArrayValue } from '../../program/aval';

const UNARY: readonly PrimitiveName[] = [
  'neg', 'abs', 'sign', 'floor', 'ceil', 'round', 'roundHalfUp', 'trunc', 'exp', 'expm1', 'log', 'log1p', 'log2', 'log10',
  'sqrt', 'cbrt', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'erf', 'erfc',
  'erfInv', 'lgamma', 'digamma', 'logistic', 'softplus', 'not', 'isFinite', 'isNaN', 'stopGradient', 'guard', 'input', 'literal',
]; // prettier-ignore
const BINARY: readonly PrimitiveName[] = [
  'add', 'sub', 'mul', 'div', 'pow', 'rem', 'min', 'max', 'atan2', 'hypot', 'eq', 'ne', 'lt', 'le', 'gt', 'ge', 'and', 'or', 'xor',
  'integerPow',
]; // prettier-ignore
const TERNARY: readonly PrimitiveName[] = ['select', 'clamp'];

/** Number of operands of an operation in a tape (where `integerPow` has its exponent as the second); 0: not in a tape. */
export const tapeArity = new Uint8Array(256);
for (const name of UNARY) tapeArity[OPCODES[name]] = 1;
for (const name of BINARY) tapeArity[OPCODES[name]] = 2;
for (const name of TERNARY) tapeArity[OPCODES[name]] = 3;

/** Operations whose result is a boolean. `and`, `or`, `xor`, `not` are among them: tapes hold no integers. */
export const isTest = new Uint8Array(256);
for (const name of ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'and', 'or', 'xor', 'not', 'isFinite', 'isNaN'] as const) {
  isTest[OPCODES[name]] = 1;
}

export type ScalarFunction = (x: number, y: number, z: number) => number;

/** Operations that JavaScript has ready. Everything else is asked of the primitive's `evaluate`. */
const DIRECT: Partial<Record<PrimitiveName, ScalarFunction>> = {
  neg: (x) => -x,
  abs: (x) => Math.abs(x),
  sign: (x) => Math.sign(x),
  floor: (x) => Math.floor(x),
  ceil: (x) => Math.ceil(x),
  trunc: (x) => Math.trunc(x),
  roundHalfUp: (x) => Math.round(x),
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  log2: Math.log2,
  log10: Math.log10,
  sqrt: Math.sqrt,
  cbrt: Math.cbrt,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  not: (x) => (x !== 0 ? 0 : 1),
  isFinite: (x) => (Number.isFinite(x) ? 1 : 0),
  isNaN: (x) => (Number.isNaN(x) ? 1 : 0),
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  pow: Math.pow,
  rem: (x, y) => x % y,
  atan2: Math.atan2,
  eq: (x, y) => (x === y ? 1 : 0),
  ne: (x, y) => (x !== y ? 1 : 0),
  lt: (x, y) => (x < y ? 1 : 0),
  le: (x, y) => (x <= y ? 1 : 0),
  gt: (x, y) => (x > y ? 1 : 0),
  ge: (x, y) => (x >= y ? 1 : 0),
  and: (x, y) => x & y,
  or: (x, y) => x | y,
  xor: (x, y) => x ^ y,
  select: (x, y, z) => (x !== 0 ? y : z),
  integerPow: power,
  min: (x, y) => Math.min(x, y),
  max: (x, y) => Math.max(x, y),
};

function byEvaluation(name: PrimitiveName, arity: number): ScalarFunction {
  const cells = [0, 1, 2]
    .slice(0, arity)
    .map((): ArrayValue => ({ shape: [], dtype: 'float64', data: new Float64Array(1) }));
  return (x, y, z) => {
    cells[0].data[0] = x;
    if (arity > 1) cells[1].data[0] = y;
    if (arity > 2) cells[2].data[0] = z;
    return (primitive(name).evaluate(cells, undefined as never) as ArrayValue).data[0];
  };
}

const functions: (ScalarFunction | undefined)[] = [];

/** The function of an opcode of a tape. */
export function scalarFunction(opcode: number): ScalarFunction {
  let found = functions[opcode];
  if (!found) {
    const name = OPCODE_NAMES[opcode] as PrimitiveName;
    found = functions[opcode] = DIRECT[name] ?? byEvaluation(name, tapeArity[opcode]);
  }
  return found;
}
