/** Elementwise arithmetic of two arrays, which broadcast. */
import { isFloat } from '../program/aval';
import type { PrimitiveName } from '../primitives/params';
import { bind } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';
import { align, fullLikeWith, type TypeRule } from './broadcast';
import { asArray, convertType } from './convert';
import type { ArrayLike } from './types';
import { applyUnary, asFloat } from './unary';

export type BinaryPrimitive = Extract<
  PrimitiveName,
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'rem'
  | 'min'
  | 'max'
  | 'atan2'
  | 'hypot'
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge'
  | 'and'
  | 'or'
  | 'xor'
  | 'shiftLeft'
  | 'shiftRightLogical'
  | 'shiftRightArithmetic'
>;
export type BinaryFunction = (x: ArrayLike, y: ArrayLike) => NdArray;

const NAMES = ['x', 'y'];

export function applyBinary(primitive: BinaryPrimitive, x: NdArray, y: NdArray): NdArray {
  return bind(primitive, [x, y], undefined);
}

/** An elementwise function that is one primitive. */
export function binaryFunction(where: string, primitive: BinaryPrimitive, rule: TypeRule = 'any'): BinaryFunction {
  return (x, y) => bind(primitive, align(where, [x, y], NAMES, rule), undefined);
}

/** As `binaryFunction`, with booleans counted as int32. */
function arithmetic(where: string, primitive: BinaryPrimitive): BinaryFunction {
  return (x, y) => {
    const operands = align(where, [x, y], NAMES);
    return bind(
      primitive,
      operands[0].dtype === 'bool' ? operands.map((one) => convertType(one, 'int32')) : operands,
      undefined,
    );
  };
}

export const add = arithmetic('np.add', 'add');
export const subtract = arithmetic('np.subtract', 'sub');
export const multiply = arithmetic('np.multiply', 'mul');
/** True division: integers give floats. */
export const divide = binaryFunction('np.divide', 'div', 'float');
export { divide as trueDivide };
/** NaN where either is NaN; equal values share the derivative. */
export const maximum = binaryFunction('np.maximum', 'max');
export const minimum = binaryFunction('np.minimum', 'min');
export const arctan2 = binaryFunction('np.arctan2', 'atan2', 'float');
export { arctan2 as atan2 };
export const hypot = binaryFunction('np.hypot', 'hypot', 'float');
/** Remainder with the sign of the dividend, as C's. */
export const fmod = arithmetic('np.fmod', 'rem');

/** xʸ. A whole plain number as exponent has derivatives at x ≤ 0 too. */
export function power(x: ArrayLike, y: ArrayLike): NdArray {
  if (typeof y === 'number' && Number.isInteger(y) && Math.abs(y) <= 1024) {
    return bind('integerPow', [asFloat(x, 'np.power')], { exponent: y });
  }
  return arithmetic('np.power', 'pow')(x, y);
}
export { power as pow };

/** xʸ in floats. */
export const floatPower = binaryFunction('np.floatPower', 'pow', 'float');

function modOf(x: NdArray, y: NdArray): NdArray {
  const remainder = applyBinary('rem', x, y);
  if (y.dtype === 'uint32') return remainder;
  const zero = fullLikeWith(y, 0);
  const signsDiffer = applyBinary('ne', applyBinary('lt', remainder, zero), applyBinary('lt', y, zero));
  const wrong = applyBinary('and', signsDiffer, applyBinary('ne', remainder, zero));
  return bind('select', [wrong, applyBinary('add', remainder, y), remainder], undefined);
}

/** Remainder with the sign of the divisor, as Python's. */
export function mod(x: ArrayLike, y: ArrayLike): NdArray {
  const [a, b] = align('np.mod', [x, y], NAMES);
  return modOf(a, b);
}
export { mod as remainder };

/** The largest integer not above x/y. */
export function floorDivide(x: ArrayLike, y: ArrayLike): NdArray {
  const [a, b] = align('np.floorDivide', [x, y], NAMES);
  const quotient = applyBinary('div', applyBinary('sub', a, modOf(a, b)), b);
  return isFloat(a.dtype) ? applyUnary('round', quotient) : quotient;
}

/** [floorDivide(x, y), mod(x, y)] */
export function divmod(x: ArrayLike, y: ArrayLike): [NdArray, NdArray] {
  return [floorDivide(x, y), mod(x, y)];
}

/** The larger value; a NaN counts as missing. */
export function fmax(x: ArrayLike, y: ArrayLike): NdArray {
  return withoutNaN('np.fmax', 'max', x, y);
}

/** The smaller value; a NaN counts as missing. */
export function fmin(x: ArrayLike, y: ArrayLike): NdArray {
  return withoutNaN('np.fmin', 'min', x, y);
}

function withoutNaN(where: string, primitive: 'max' | 'min', x: ArrayLike, y: ArrayLike): NdArray {
  const [a, b] = align(where, [x, y], NAMES);
  if (!isFloat(a.dtype)) return applyBinary(primitive, a, b);
  const first = bind('select', [applyUnary('isNaN', a), b, a], undefined);
  return applyBinary(primitive, first, bind('select', [applyUnary('isNaN', b), first, b], undefined));
}

/** log(eˣ + eʸ) without overflow, smooth to every order, also where x = y. */
export function logaddexp(x: ArrayLike, y: ArrayLike): NdArray {
  const [a, b] = align('np.logaddexp', [x, y], NAMES, 'float');
  // Two equal infinities have no difference.
  const finite = applyBinary('or', applyUnary('isFinite', a), applyUnary('isFinite', b));
  const difference = bind('select', [finite, applyBinary('sub', a, b), fullLikeWith(a, 0)], undefined);
  const ifLarger = applyBinary('add', a, applyUnary('softplus', applyUnary('neg', difference)));
  const ifSmaller = applyBinary('add', b, applyUnary('softplus', difference));
  return bind('select', [applyBinary('gt', a, b), ifLarger, ifSmaller], undefined);
}

/** log₂(2ˣ + 2ʸ) */
export function logaddexp2(x: ArrayLike, y: ArrayLike): NdArray {
  const [a, b] = align('np.logaddexp2', [x, y], NAMES, 'float');
  const ln2 = fullLikeWith(a, Math.LN2);
  return applyBinary('div', logaddexp(applyBinary('mul', a, ln2), applyBinary('mul', b, ln2)), ln2);
}

/** 0 below zero, 1 above, `at0` at zero. */
export function heaviside(x: ArrayLike, at0: ArrayLike): NdArray {
  const [a, h] = align('np.heaviside', [x, at0], ['x', 'at0'], 'float');
  const zero = fullLikeWith(a, 0);
  const aside = bind('select', [applyBinary('lt', a, zero), zero, fullLikeWith(a, 1)], undefined);
  const known = bind('select', [applyUnary('isNaN', a), a, aside], undefined);
  return bind('select', [applyBinary('eq', a, zero), h, known], undefined);
}

/** True where the sign bit is set: below zero and at −0. */
export function signbit(x: ArrayLike): NdArray {
  const array = asArray(x, 'np.signbit');
  const zero = fullLikeWith(array, 0);
  if (!isFloat(array.dtype)) return applyBinary('lt', array, zero);
  const inverse = applyBinary('div', fullLikeWith(array, 1), array);
  return bind(
    'select',
    [applyBinary('eq', array, zero), applyBinary('lt', inverse, zero), applyBinary('lt', array, zero)],
    undefined,
  );
}

/** |x| with the sign of y. */
export function copysign(x: ArrayLike, y: ArrayLike): NdArray {
  const [a, b] = align('np.copysign', [x, y], NAMES, 'float');
  return bind('select', [applyBinary('ne', signbit(a), signbit(b)), applyUnary('neg', a), a], undefined);
}

/** x · 2ⁿ */
export function ldexp(x: ArrayLike, n: ArrayLike): NdArray {
  const exponent = asArray(n, 'np.ldexp', 'n');
  const [a, b] = align('np.ldexp', [x, convertType(exponent, 'float32')], ['x', 'n'], 'float');
  return applyBinary('mul', a, applyBinary('pow', fullLikeWith(b, 2), b));
}

export const bitwiseAnd = binaryFunction('np.bitwiseAnd', 'and', 'integer');
export const bitwiseOr = binaryFunction('np.bitwiseOr', 'or', 'integer');
export const bitwiseXor = binaryFunction('np.bitwiseXor', 'xor', 'integer');
export const leftShift = binaryFunction('np.leftShift', 'shiftLeft', 'integer');

/** Fills with the sign for int32, with zeros for uint32. */
export function rightShift(x: ArrayLike, y: ArrayLike): NdArray {
  const [a, b] = align('np.rightShift', [x, y], NAMES, 'integer');
  return applyBinary(a.dtype === 'uint32' ? 'shiftRightLogical' : 'shiftRightArithmetic', a, b);
}

/** ~x */
export function bitwiseNot(x: ArrayLike): NdArray {
  return applyUnary('not', align('np.bitwiseNot', [x], ['x'], 'integer')[0]);
}
export { bitwiseNot as invert };
