/** Comparisons, logic and selection. Plain numbers compare exactly with integers; the results are bool. */
import { isFloat } from '../program/aval';
import { bind } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';
import { argumentError } from './arguments';
import { align, commonShape, expandTo, fullLikeWith } from './broadcast';
import { applyBinary, binaryFunction, type BinaryFunction } from './binary';
import { asArray, convertType, scalarOf } from './convert';
import type { ArrayLike } from './types';
import { applyUnary, type UnaryFunction } from './unary';
import { ShapeError } from '../errors';

export const equal = binaryFunction('np.equal', 'eq');
export const notEqual = binaryFunction('np.notEqual', 'ne');
export const less = binaryFunction('np.less', 'lt');
export const lessEqual = binaryFunction('np.lessEqual', 'le');
export const greater = binaryFunction('np.greater', 'gt');
export const greaterEqual = binaryFunction('np.greaterEqual', 'ge');

/** True where `x` is not zero. */
export function toBool(x: ArrayLike, where: string, name = 'x'): NdArray {
  const array = asArray(x, where, name);
  return array.dtype === 'bool' ? array : applyBinary('ne', array, fullLikeWith(array, 0));
}

function logical(where: string, primitive: 'and' | 'or' | 'xor'): BinaryFunction {
  return (x, y) => bind(primitive, align(where, [toBool(x, where), toBool(y, where, 'y')], ['x', 'y']), undefined);
}

export const logicalAnd = logical('np.logicalAnd', 'and');
export const logicalOr = logical('np.logicalOr', 'or');
export const logicalXor = logical('np.logicalXor', 'xor');

export function logicalNot(x: ArrayLike): NdArray {
  return applyUnary('not', toBool(x, 'np.logicalNot'));
}

/** A test that no integer passes (or every one does). */
function floatTest(where: string, test: (x: NdArray) => NdArray, ofIntegers: boolean): UnaryFunction {
  return (x) => {
    const array = asArray(x, where);
    return isFloat(array.dtype) ? test(array) : expandTo(scalarOf(Number(ofIntegers), 'bool'), array.shape, [array]);
  };
}

export const isnan = floatTest('np.isnan', (x) => applyUnary('isNaN', x), false);
export const isfinite = floatTest('np.isfinite', (x) => applyUnary('isFinite', x), true);
export const isinf = floatTest(
  'np.isinf',
  (x) => applyBinary('eq', applyUnary('abs', x), fullLikeWith(x, Infinity)),
  false,
);
export const isposinf = floatTest('np.isposinf', (x) => applyBinary('eq', x, fullLikeWith(x, Infinity)), false);
export const isneginf = floatTest('np.isneginf', (x) => applyBinary('eq', x, fullLikeWith(x, -Infinity)), false);

/**
 * `x` where `condition` is not zero, else `y`. Both are computed and differentiated, as in JAX: a NaN in the derivative of the
 * one not taken reaches the result, so give it a harmless argument there.
 * @throws ShapeError where the three do not broadcast
 */
export function where(condition: ArrayLike, x: ArrayLike, y: ArrayLike): NdArray {
  return select('np.where', condition, x, y);
}

export function select(name: string, condition: ArrayLike, x: ArrayLike, y: ArrayLike): NdArray {
  const test = toBool(condition, name, 'condition');
  const [a, b] = align(name, [x, y], ['x', 'y']);
  const shape = commonShape([test.shape, a.shape]);
  if (!shape) throw new ShapeError(name, 'condition, x and y do not broadcast to one shape', [test.aval, a.aval]);
  const all = [test, a, b];
  return bind(
    'select',
    all.map((operand) => expandTo(operand, shape, all)),
    undefined,
  );
}

/**
 * Elementwise the value of the first true condition, else `otherwise`.
 * @throws GradLensError unless there is one choice a condition
 */
export function selectFirst(
  conditions: readonly ArrayLike[],
  choices: readonly ArrayLike[],
  otherwise: ArrayLike = 0,
): NdArray {
  if (conditions.length !== choices.length || conditions.length === 0) {
    throw argumentError('np.select', `there are ${conditions.length} conditions and ${choices.length} choices`);
  }
  return conditions.reduceRight<NdArray>(
    (rest, condition, index) => select('np.select', condition, choices[index], rest),
    asArray(otherwise, 'np.select', 'otherwise'),
  );
}

/**
 * `x` limited to [low, high], either of which may be null. At a limit itself the derivative is one half, as that of the maximum.
 */
export function clip(x: ArrayLike, low: ArrayLike | null = null, high: ArrayLike | null = null): NdArray {
  let out = asArray(x, 'np.clip');
  if (low !== null) out = bind('max', align('np.clip', [out, low], ['x', 'low']), undefined);
  if (high !== null) out = bind('min', align('np.clip', [out, high], ['x', 'high']), undefined);
  return out;
}

export interface CloseOptions {
  /** Relative tolerance, of |y|; default 1e-5. */
  readonly rtol?: number;
  /** Absolute tolerance; default 1e-8. */
  readonly atol?: number;
  readonly equalNan?: boolean;
}

/** Elementwise |x − y| ≤ atol + rtol·|y|; infinities are close to themselves. */
export function isclose(
  x: ArrayLike,
  y: ArrayLike,
  { rtol = 1e-5, atol = 1e-8, equalNan = false }: CloseOptions = {},
): NdArray {
  const [a, b] = align('np.isclose', [x, y], ['x', 'y'], 'float');
  const distance = applyUnary('abs', applyBinary('sub', a, b));
  const scale = applyBinary('mul', applyUnary('abs', b), fullLikeWith(b, rtol));
  const near = applyBinary('le', distance, applyBinary('add', scale, fullLikeWith(b, atol)));
  const finite = applyBinary('and', applyUnary('isFinite', a), applyUnary('isFinite', b));
  const close = applyBinary('or', applyBinary('and', finite, near), applyBinary('eq', a, b));
  return equalNan
    ? applyBinary('or', close, applyBinary('and', applyUnary('isNaN', a), applyUnary('isNaN', b)))
    : close;
}

/** Whether all of `isclose` is true, as a bool scalar. */
export function allclose(x: ArrayLike, y: ArrayLike, options?: CloseOptions): NdArray {
  const close = isclose(x, y, options);
  return bind('reduceAnd', [close], { axes: close.shape.map((_, axis) => axis) });
}

/** Whether shapes and all elements are equal, as a bool scalar. */
export function arrayEqual(x: ArrayLike, y: ArrayLike, { equalNan = false } = {}): NdArray {
  const a = asArray(x, 'np.arrayEqual');
  const b = asArray(y, 'np.arrayEqual', 'y');
  if (a.ndim !== b.ndim || a.shape.some((extent, axis) => extent !== b.shape[axis])) return scalarOf(0, 'bool');
  let same = equal(a, b);
  if (equalNan) same = applyBinary('or', same, applyBinary('and', isnan(a), isnan(b)));
  return bind('reduceAnd', [same], { axes: same.shape.map((_, axis) => axis) });
}

export interface NanToNumOptions {
  readonly nan?: number;
  /** Default: the largest finite number of the type. */
  readonly posinf?: number;
  readonly neginf?: number;
}

const LARGEST = { float64: Number.MAX_VALUE, float32: 3.4028234663852886e38 };

/** Finite numbers in place of NaN and the infinities. */
export function nanToNum(x: ArrayLike, { nan = 0, posinf, neginf }: NanToNumOptions = {}): NdArray {
  const array = asArray(x, 'np.nanToNum');
  if (!isFloat(array.dtype)) return array;
  const largest = LARGEST[array.dtype as keyof typeof LARGEST];
  const replace = (value: NdArray, test: NdArray, by: number): NdArray =>
    bind('select', [test, fullLikeWith(array, by), value], undefined);
  const numbers = replace(array, isnan(array), nan);
  return replace(replace(numbers, isposinf(array), posinf ?? largest), isneginf(array), neginf ?? -largest);
}

/** `x` in another type. Floats become integers towards zero. */
export function astype(x: ArrayLike, dtype: NdArray['dtype']): NdArray {
  const array = asArray(x, 'np.astype');
  return dtype === 'bool' ? toBool(array, 'np.astype') : convertType(array, dtype);
}
