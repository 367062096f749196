/** What the functions of linear algebra share: operands as stacks of matrices in one float type. */
import { ShapeError } from '../errors';
import type { Shape } from '../program/aval';
import { matmul } from '../numpy/contractions';
import { commonShape, expandTo } from '../numpy/broadcast';
import { convertType } from '../numpy/convert';
import { promoteTypes } from '../numpy/promote';
import type { ArrayLike } from '../numpy/types';
import { asFloat } from '../numpy/unary';
import { swapaxes } from '../numpy/shape';
import { ConcreteArray, type NdArray } from '../trace/ndarray';
import { allocate } from '../program/aval';
import type { TriangularSolveParams } from '../primitives/params';
import { bind } from '../trace/bind';

/** A stack of matrices [..., m, n] in a float type. @throws ShapeError for fewer than two dimensions */
export function asMatrix(where: string, a: ArrayLike, name = 'a'): NdArray {
  const array = asFloat(a, where, name);
  if (array.ndim < 2) throw new ShapeError(where, `${name} must have at least two dimensions`, [array.aval]);
  return array;
}

/** A stack of square matrices. @throws ShapeError */
export function asSquare(where: string, a: ArrayLike, name = 'a'): NdArray {
  const array = asMatrix(where, a, name);
  const [m, n] = sizeOfMatrix(array);
  if (m !== n) throw new ShapeError(where, `${name} must be square`, [array.aval]);
  return array;
}

export function sizeOfMatrix(array: NdArray): [rows: number, columns: number] {
  return [array.shape[array.ndim - 2], array.shape[array.ndim - 1]];
}

function batchOf(array: NdArray): Shape {
  return array.shape.slice(0, -2);
}

/** The transposed matrices. */
export function adjoint(array: NdArray): NdArray {
  return swapaxes(array, -1, -2);
}

export function times(a: NdArray, b: NdArray): NdArray {
  return matmul(a, b);
}

/** Two operands in one float type, their batch axes broadcast; `b` has `trailing` axes of its own. @throws ShapeError */
export function alignBatches(where: string, a: NdArray, b: NdArray, trailing: number): [NdArray, NdArray] {
  const dtype = promoteTypes(a.dtype, b.dtype);
  const [left, right] = [convertType(a, dtype), convertType(b, dtype)];
  const own = right.shape.slice(right.ndim - trailing);
  const batch = commonShape([batchOf(left), right.shape.slice(0, right.ndim - trailing)]);
  if (!batch) throw new ShapeError(where, 'the leading axes do not broadcast', [a.aval, b.aval]);
  return [expandTo(left, [...batch, ...sizeOfMatrix(left)], [right]), expandTo(right, [...batch, ...own], [left])];
}

/** The identity in the type of `like`, repeated over its batch axes. */
export function identityOf(like: NdArray, n: number): NdArray {
  const data = allocate(like.dtype, n * n);
  for (let i = 0; i < n; i++) data[i * (n + 1)] = 1;
  return expandTo(new ConcreteArray(data, [n, n], like.dtype), [...batchOf(like), n, n], [like]);
}

/** The solution of a triangular system, by rows of `a` (op(a) x = b) or by columns (x op(a) = b). */
export function solveTriangles(a: NdArray, b: NdArray, params: Partial<TriangularSolveParams>): NdArray {
  return bind('triangularSolve', [a, b], {
    leftSide: true,
    lower: true,
    transposeA: false,
    unitDiagonal: false,
    ...params,
  });
}

/** An axis of size one at the end. */
export function asColumn(x: NdArray): NdArray {
  return bind('reshape', [x], { shape: [...x.shape, 1] });
}

export function withoutLast(x: NdArray): NdArray {
  return bind('reshape', [x], { shape: x.shape.slice(0, -1) });
}

/** Two arrays in their common float type. */
export function inOneType(a: NdArray, b: NdArray): [NdArray, NdArray] {
  const dtype = promoteTypes(a.dtype, b.dtype);
  return [convertType(a, dtype), convertType(b, dtype)];
}
