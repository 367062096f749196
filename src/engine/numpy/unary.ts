/** Elementwise functions of one array. Those on floats take integers and booleans as float64. */
import { isFloat } from '../program/aval';
import type { PrimitiveName } from '../primitives/params';
import { bind } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';
import { argumentError } from './arguments';
import { fullLikeWith } from './broadcast';
import { asArray, convertType } from './convert';
import { floatType } from './promote';
import type { ArrayLike } from './types';

/** The primitives of one operand without parameters. */
export type UnaryPrimitive = Extract<
  PrimitiveName,
  | 'neg'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'trunc'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'log2'
  | 'log10'
  | 'sqrt'
  | 'cbrt'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'erf'
  | 'erfc'
  | 'erfInv'
  | 'lgamma'
  | 'digamma'
  | 'logistic'
  | 'softplus'
  | 'not'
  | 'isFinite'
  | 'isNaN'
  | 'stopGradient'
>;
export type UnaryFunction = (x: ArrayLike) => NdArray;

/** `x` in the type that functions on floats compute in. */
export function asFloat(x: ArrayLike, where: string, name = 'x'): NdArray {
  const array = asArray(x, where, name);
  return convertType(array, floatType(array.dtype));
}

export function applyUnary(primitive: UnaryPrimitive, x: NdArray): NdArray {
  return bind(primitive, [x], undefined);
}

/** An elementwise function on floats that is one primitive. */
export function floatFunction(where: string, primitive: UnaryPrimitive): UnaryFunction {
  return (x) => bind(primitive, [asFloat(x, where)], undefined);
}

/** A rounding: integers are themselves. */
function rounding(where: string, primitive: UnaryPrimitive): UnaryFunction {
  return (x) => {
    const array = asArray(x, where);
    return isFloat(array.dtype) ? bind(primitive, [array], undefined) : array;
  };
}

/** A function that keeps the type of numbers; booleans count as int32. */
function numeric(where: string, primitive: UnaryPrimitive): UnaryFunction {
  return (x) => {
    const array = asArray(x, where);
    return bind(primitive, [array.dtype === 'bool' ? convertType(array, 'int32') : array], undefined);
  };
}

export const exp = floatFunction('np.exp', 'exp');
export const expm1 = floatFunction('np.expm1', 'expm1');
export const log = floatFunction('np.log', 'log');
export const log1p = floatFunction('np.log1p', 'log1p');
export const log2 = floatFunction('np.log2', 'log2');
export const log10 = floatFunction('np.log10', 'log10');
export const sqrt = floatFunction('np.sqrt', 'sqrt');
export const cbrt = floatFunction('np.cbrt', 'cbrt');
export const sin = floatFunction('np.sin', 'sin');
export const cos = floatFunction('np.cos', 'cos');
export const tan = floatFunction('np.tan', 'tan');
export const arcsin = floatFunction('np.arcsin', 'asin');
export const arccos = floatFunction('np.arccos', 'acos');
export const arctan = floatFunction('np.arctan', 'atan');
export const sinh = floatFunction('np.sinh', 'sinh');
export const cosh = floatFunction('np.cosh', 'cosh');
export const tanh = floatFunction('np.tanh', 'tanh');
export const arcsinh = floatFunction('np.arcsinh', 'asinh');
export const arccosh = floatFunction('np.arccosh', 'acosh');
export const arctanh = floatFunction('np.arctanh', 'atanh');
/** The array API standard's names, which `jax.numpy` has too. */
export { arcsin as asin, arccos as acos, arctan as atan, arcsinh as asinh, arccosh as acosh, arctanh as atanh };

export const negative = numeric('np.negative', 'neg');
/** |x|, with derivative sign(x), which is 0 at 0. */
export const abs = numeric('np.abs', 'abs');
export { abs as absolute };
export const sign = numeric('np.sign', 'sign');

export const floor = rounding('np.floor', 'floor');
export const ceil = rounding('np.ceil', 'ceil');
export const trunc = rounding('np.trunc', 'trunc');
export { trunc as fix };
/** To the nearest integer, ties to even. */
export const rint = rounding('np.rint', 'round');

/** Rounds to `decimals` places, ties to even. */
export function round(x: ArrayLike, decimals = 0): NdArray {
  const array = asArray(x, 'np.round');
  if (!isFloat(array.dtype)) return array;
  if (!Number.isInteger(decimals))
    throw argumentError('np.round', `decimals must be an integer, not ${String(decimals)}`);
  if (decimals === 0) return applyUnary('round', array);
  const factor = fullLikeWith(array, 10 ** Math.abs(decimals));
  const [there, back] = decimals > 0 ? (['mul', 'div'] as const) : (['div', 'mul'] as const);
  return bind(back, [applyUnary('round', bind(there, [array, factor], undefined)), factor], undefined);
}

export function positive(x: ArrayLike): NdArray {
  return asArray(x, 'np.positive');
}

/** x² */
export function square(x: ArrayLike): NdArray {
  const array = asArray(x, 'np.square');
  return isFloat(array.dtype) ? bind('integerPow', [array], { exponent: 2 }) : bind('mul', [array, array], undefined);
}

/** 1/x */
export function reciprocal(x: ArrayLike): NdArray {
  const array = asFloat(x, 'np.reciprocal');
  return bind('integerPow', [array], { exponent: -1 });
}

/** 2ˣ */
export function exp2(x: ArrayLike): NdArray {
  const array = asFloat(x, 'np.exp2');
  return bind('pow', [fullLikeWith(array, 2), array], undefined);
}

function scaled(where: string, factor: number): UnaryFunction {
  return (x) => {
    const array = asFloat(x, where);
    return bind('mul', [array, fullLikeWith(array, factor)], undefined);
  };
}

export const deg2rad = scaled('np.deg2rad', Math.PI / 180);
export const rad2deg = scaled('np.rad2deg', 180 / Math.PI);
export { deg2rad as radians, rad2deg as degrees };

/** sin(πx)/(πx), 1 at 0, with right derivatives of every order there (by its series). */
export function sinc(x: ArrayLike): NdArray {
  const array = asFloat(x, 'np.sinc');
  const at = (value: number): NdArray => fullLikeWith(array, value);
  const mul = (a: NdArray, b: NdArray): NdArray => bind('mul', [a, b], undefined);
  const t = mul(array, at(Math.PI));
  const square = bind('integerPow', [t], { exponent: 2 });
  let series = at(1 / 362880);
  for (const coefficient of [-1 / 5040, 1 / 120, -1 / 6, 1]) {
    series = bind('add', [mul(series, square), at(coefficient)], undefined);
  }
  const near = bind('lt', [square, at(0.01)], undefined);
  // The quotient must not see 0, not even where it is not taken: its derivative would be NaN.
  const safe = bind('select', [near, at(1), t], undefined);
  return bind('select', [near, series, bind('div', [applyUnary('sin', safe), safe], undefined)], undefined);
}

/** Real numbers are their own conjugates and real parts. */
export function conjugate(x: ArrayLike): NdArray {
  return asArray(x, 'np.conjugate');
}
export { conjugate as conj, conjugate as real };
