/** Elementwise primitives of two operands of equal shape and dtype, comparisons and bit operations among them. */
import type { Emitter } from '../program/emitter';
import { NONE, type Row } from '../program/program';
import {
  anyDType,
  binaryPrimitive,
  floating,
  integerOrBool,
  integral,
  numeric,
  partials,
  zeroTangent,
  bilinearTranspose,
  type NumberBinary,
  type PlainPrimitive,
} from './factories';
import { integerPower } from './elementwiseUnary';
import type { PrimitiveName } from './params';
import type { PrimitiveTable } from './primitive';

function comparison(name: PrimitiveName, f: (x: number, y: number) => boolean): PlainPrimitive {
  return binaryPrimitive(name, { accepts: anyDType, result: 'bool', f: (x, y) => (f(x, y) ? 1 : 0), jvp: zeroTangent });
}

/** Bit operations: booleans are 0 and 1, so the same operation serves them. */
function bitwise(name: PrimitiveName, f: NumberBinary, accepts = integerOrBool): PlainPrimitive {
  return binaryPrimitive(name, { accepts, f, jvp: zeroTangent });
}

/**
 * Share of the tangent that the operand `x` of max or min gets: 1 where it is the result, ½ where both are.
 */
export function balancedShare(b: Emitter, x: Row, result: Row, y: Row): Row {
  const won = b.select(b.eq(x, y), b.fullLike(x, 0.5), b.fullLike(x, 1));
  return b.select(b.eq(x, result), won, b.fullLike(x, 0));
}

const extremum = partials(
  (b, t, x, y, result) => b.mul(t, balancedShare(b, x, result, y)),
  (b, t, x, y, result) => b.mul(t, balancedShare(b, y, result, x)),
);

/** `x` with its zeros replaced by ones. */
function zerosToOnes(b: Emitter, x: Row): Row {
  const one = b.fullLike(x, 1);
  return b.select(b.eq(x, b.fullLike(x, 0)), one, x);
}

/** Towards zero; by zero −1, as XLA does. */
const divideInt32: NumberBinary = (x, y) => (y === 0 ? -1 : Math.trunc(x / y) | 0);
const divideUint32: NumberBinary = (x, y) => (y === 0 ? 4294967295 : Math.trunc(x / y));
const remainderInteger: NumberBinary = (x, y) => (y === 0 ? x : x % y);

export const elementwiseBinary = {
  add: binaryPrimitive('add', {
    accepts: numeric,
    f: (x, y) => x + y,
    loop: (x, y, out) => {
      for (let i = 0; i < out.length; i++) out[i] = x[i] + y[i];
    },
    jvp: (b, { tangents: [tx, ty] }) => [b.addMaybe(tx, ty)],
    transpose: (_b, { cotangents: [c], linear }) => linear.map((is) => (is ? c : NONE)),
  }),
  sub: binaryPrimitive('sub', {
    accepts: numeric,
    f: (x, y) => x - y,
    loop: (x, y, out) => {
      for (let i = 0; i < out.length; i++) out[i] = x[i] - y[i];
    },
    jvp: (b, { tangents: [tx, ty] }) => [ty === NONE ? tx : tx === NONE ? b.neg(ty) : b.sub(tx, ty)],
    transpose: (b, { cotangents: [c], linear }) => [linear[0] ? c : NONE, linear[1] ? b.neg(c) : NONE],
  }),
  mul: binaryPrimitive('mul', {
    accepts: numeric,
    f: (x, y) => x * y,
    loop: (x, y, out) => {
      for (let i = 0; i < out.length; i++) out[i] = x[i] * y[i];
    },
    int32: Math.imul,
    uint32: Math.imul,
    // d (x y) = dx y + x dy
    jvp: partials(
      (b, t, _x, y) => b.mul(t, y),
      (b, t, x) => b.mul(x, t),
    ),
    transpose: bilinearTranspose<'mul'>(
      (b, c, y) => b.mul(c, y),
      (b, c, x) => b.mul(x, c),
    ),
  }),
  div: binaryPrimitive('div', {
    accepts: numeric,
    f: (x, y) => x / y,
    loop: (x, y, out) => {
      for (let i = 0; i < out.length; i++) out[i] = x[i] / y[i];
    },
    int32: divideInt32,
    uint32: divideUint32,
    // d (x / y) = dx / y − (x / y) dy / y
    jvp: partials(
      (b, t, _x, y) => b.div(t, y),
      (b, t, _x, y, result) => b.mul(b.neg(t), b.div(result, y)),
    ),
    transpose: (b, { cotangents: [c], operands }) => [b.div(c, operands[1]), NONE],
  }),
  pow: binaryPrimitive('pow', {
    accepts: numeric,
    f: Math.pow,
    int32: integerPower,
    uint32: integerPower,
    jvp: partials(
      // ∂x xʸ = y xʸ⁻¹, 0 for y = 0
      (b, t, x, y) => {
        const zero = b.eq(y, b.fullLike(y, 0));
        const rest = b.pow(x, b.select(zero, b.fullLike(y, 1), b.shift(y, -1)));
        return b.mul(t, b.select(zero, b.fullLike(y, 0), b.mul(y, rest)));
      },
      // ∂y xʸ = log(x) xʸ, with log 0 taken as 0
      (b, t, x, _y, result) => b.mul(t, b.mul(b.log(zerosToOnes(b, x)), result)),
    ),
  }),
  rem: binaryPrimitive('rem', {
    accepts: numeric,
    f: (x, y) => x % y,
    int32: remainderInteger,
    uint32: remainderInteger,
    // x rem y = x − y trunc(x / y)
    jvp: partials(
      (_b, t) => t,
      (b, t, x, y) => b.mul(b.neg(t), b.unary('trunc', b.div(x, y))),
    ),
  }),
  // Ties share the derivative equally.
  max: binaryPrimitive('max', { accepts: anyDType, f: Math.max, jvp: extremum }),
  min: binaryPrimitive('min', { accepts: anyDType, f: Math.min, jvp: extremum }),
  // ∂y atan2(y, x) = x / (x² + y²), ∂x = −y / (x² + y²); operands (y, x)
  atan2: binaryPrimitive('atan2', {
    accepts: floating,
    f: Math.atan2,
    jvp: partials(
      (b, t, y, x) => b.mul(t, b.div(x, b.add(b.square(x), b.square(y)))),
      (b, t, y, x) => b.mul(t, b.neg(b.div(y, b.add(b.square(x), b.square(y))))),
    ),
  }),
  // ∂x hypot(x, y) = x / hypot, 0 at the origin
  hypot: binaryPrimitive('hypot', {
    accepts: floating,
    f: Math.hypot,
    jvp: partials(
      (b, t, x, _y, result) => b.mul(t, hypotShare(b, x, result)),
      (b, t, _x, y, result) => b.mul(t, hypotShare(b, y, result)),
    ),
  }),

  eq: comparison('eq', (x, y) => x === y),
  ne: comparison('ne', (x, y) => x !== y),
  lt: comparison('lt', (x, y) => x < y),
  le: comparison('le', (x, y) => x <= y),
  gt: comparison('gt', (x, y) => x > y),
  ge: comparison('ge', (x, y) => x >= y),

  and: bitwise('and', (x, y) => x & y),
  or: bitwise('or', (x, y) => x | y),
  xor: bitwise('xor', (x, y) => x ^ y),
  // Shifts by 32 and more (or by less than 0) push every bit out, as in XLA.
  shiftLeft: bitwise('shiftLeft', (x, y) => (y >>> 0 > 31 ? 0 : x << y), integral),
  shiftRightLogical: bitwise('shiftRightLogical', (x, y) => (y >>> 0 > 31 ? 0 : x >>> y), integral),
  shiftRightArithmetic: bitwise('shiftRightArithmetic', (x, y) => (x | 0) >> (y >>> 0 > 31 ? 31 : y), integral),
} satisfies Partial<PrimitiveTable>;

function hypotShare(b: Emitter, x: Row, result: Row): Row {
  const zero = b.fullLike(x, 0);
  return b.select(b.eq(result, zero), zero, b.div(x, zerosToOnes(b, result)));
}
