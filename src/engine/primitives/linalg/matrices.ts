/** What the matrix primitives share: checks, batches of matrices, and triangles, diagonals and identities inside rules. */
import { ShapeError } from '../../errors';
import { allocate, isFloat, sizeOf, type ArrayValue, type Aval, type Shape } from '../../program/aval';
import type { Emitter } from '../../program/emitter';
import type { Row } from '../../program/program';
import type { BatchEquationOf, Batched } from '../primitive';
import type { PrimitiveName } from '../params';
import { allBatched } from '../factories';

/** Extents of the last two axes. */
export function matrixSize({ shape }: { readonly shape: Shape }): readonly [rows: number, columns: number] {
  return [shape[shape.length - 2], shape[shape.length - 1]];
}

export function batchShape({ shape }: { readonly shape: Shape }): number[] {
  return shape.slice(0, -2);
}

/** @throws ShapeError for anything but floating-point matrices (square ones, where `square`) */
export function requireMatrix(name: PrimitiveName, operand: Aval, square = false): void {
  if (operand.shape.length < 2) throw new ShapeError(name, 'needs a matrix', [operand]);
  if (!isFloat(operand.dtype)) throw new ShapeError(name, 'needs a floating-point matrix', [operand]);
  const [rows, columns] = matrixSize(operand);
  if (square && rows !== columns) throw new ShapeError(name, 'needs a square matrix', [operand]);
}

/** The matrices of a batch as float64, one after the other: each call gets a copy that it may overwrite. */
export function eachMatrix(x: ArrayValue, visit: (matrix: Float64Array, index: number) => void): void {
  const [rows, columns] = matrixSize(x);
  const size = rows * columns;
  const count = sizeOf(batchShape(x));
  for (let index = 0; index < count; index++) {
    visit(Float64Array.from(x.data.subarray(index * size, (index + 1) * size)), index);
  }
}

/** A zero-filled result of the dtype of `like`. */
export function emptyLike(like: ArrayValue, shape: Shape): ArrayValue {
  return { shape, dtype: like.dtype, data: allocate(like.dtype, sizeOf(shape)) };
}

/** (a + aᵀ)/2 in place. */
export function symmetrize(a: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) a[i * n + j] = a[j * n + i] = 0.5 * (a[i * n + j] + a[j * n + i]);
  }
}

/** Matrix primitives work on any leading axes: the batch axis is one more. */
export function batchLeading<Name extends PrimitiveName>(name: Name) {
  return (b: Emitter, equation: BatchEquationOf<never>): Batched => {
    const rows = b.emitMany(name, allBatched(b, equation), equation.params);
    return { rows, batched: rows.map(() => true) };
  };
}

// ------------------------------------------------------------------------------------------ inside rules

/** Boolean [...batch, m, n]: row + offset ≥ column. */
function lowerMask(b: Emitter, shape: Shape, offset: number): Row {
  const rank = shape.length;
  const matrix = shape.slice(rank - 2);
  const rows = b.shift(b.iota(matrix, 0, 'int32'), offset);
  const mask = b.ge(rows, b.iota(matrix, 1, 'int32'));
  return rank === 2 ? mask : b.broadcast(mask, shape, [rank - 2, rank - 1]);
}

/** The lower triangle, up to the `offset`-th diagonal; zeros elsewhere. */
export function lowerTriangle(b: Emitter, x: Row, offset = 0): Row {
  return b.select(lowerMask(b, b.aval(x).shape, offset), x, b.fullLike(x, 0));
}

/** The upper triangle, from the `offset`-th diagonal on; zeros elsewhere. */
export function upperTriangle(b: Emitter, x: Row, offset = 0): Row {
  return b.select(lowerMask(b, b.aval(x).shape, offset - 1), b.fullLike(x, 0), x);
}

/** Identity matrices in the shape and dtype of `x` ([...batch, n, n]). */
export function identityLike(b: Emitter, x: Row): Row {
  const { shape, dtype } = b.aval(x);
  const rank = shape.length;
  const matrix = shape.slice(rank - 2);
  const eye = b.convert(b.eq(b.iota(matrix, 0, 'int32'), b.iota(matrix, 1, 'int32')), dtype);
  return rank === 2 ? eye : b.broadcast(eye, shape, [rank - 2, rank - 1]);
}

/** Diagonals of square matrices: [...batch, n, n] → [...batch, n]. */
export function diagonal(b: Emitter, x: Row): Row {
  return b.reduceSum(b.mul(x, identityLike(b, x)), [b.aval(x).shape.length - 1]);
}

/** (x + xᵀ)/2 */
export function symmetricPart(b: Emitter, x: Row): Row {
  return b.scale(b.add(x, b.matrixTranspose(x)), 0.5);
}

/** Repeats vectors [...batch, n] as the rows of matrices in the shape of `like` ([...batch, m, n]). */
export function asRows(b: Emitter, vector: Row, like: Row): Row {
  const { shape } = b.aval(like);
  const rank = shape.length;
  return b.broadcast(vector, shape, [...shape.slice(0, -2).map((_, axis) => axis), rank - 1]);
}

/** Repeats vectors [...batch, m] as the columns of matrices in the shape of `like` ([...batch, m, n]). */
export function asColumns(b: Emitter, vector: Row, like: Row): Row {
  const { shape } = b.aval(like);
  return b.broadcast(
    vector,
    shape,
    shape.slice(0, -1).map((_, axis) => axis),
  );
}

/** Rows [0, rows) and columns [0, columns) of matrices. */
export function corner(b: Emitter, x: Row, rows: number, columns: number): Row {
  const rank = b.aval(x).shape.length;
  return b.sliceAxis(b.sliceAxis(x, rank - 2, 0, rows), rank - 1, 0, columns);
}

/** Extends matrices by zeros to `rows` × `columns`. */
export function extended(b: Emitter, x: Row, rows: number, columns: number): Row {
  const aval = b.aval(x);
  const [m, n] = matrixSize(aval);
  if (m === rows && n === columns) return x;
  const none = aval.shape.map(() => 0);
  const high = [...none.slice(0, -2), rows - m, columns - n];
  return b.emit('pad', [x, b.full({ shape: [], dtype: aval.dtype }, 0)], { low: none, high, interior: none });
}
