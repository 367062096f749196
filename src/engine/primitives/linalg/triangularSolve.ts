/** Linear systems with triangular matrices. */
import { ShapeError } from '../../errors';
import { sameShape, type ArrayValue } from '../../program/aval';
import type { Emitter } from '../../program/emitter';
import { NONE, type Row } from '../../program/program';
import type { TriangularSolveParams } from '../params';
import type { Primitive } from '../primitive';
import {
  batchLeading,
  batchShape,
  eachMatrix,
  emptyLike,
  lowerTriangle,
  matrixSize,
  requireMatrix,
  upperTriangle,
} from './matrices';

/**
 * Solves in place for one vector of `x` (elements at `start`, `start + step`, …): M y = x where M is `a` or its transpose,
 * read by (row stride, column stride).
 */
function substitute(
  a: Float64Array,
  n: number,
  rowStride: number,
  columnStride: number,
  forward: boolean,
  unitDiagonal: boolean,
  x: Float64Array,
  start: number,
  step: number,
): void {
  for (let s = 0; s < n; s++) {
    const i = forward ? s : n - 1 - s;
    let sum = x[start + i * step];
    const from = forward ? 0 : i + 1;
    const to = forward ? i : n;
    for (let j = from; j < to; j++) sum -= a[i * rowStride + j * columnStride] * x[start + j * step];
    x[start + i * step] = unitDiagonal ? sum : sum / a[i * rowStride + i * columnStride];
  }
}

function solve(
  a: ArrayValue,
  y: ArrayValue,
  { leftSide, lower, transposeA, unitDiagonal }: TriangularSolveParams,
): ArrayValue {
  const [n] = matrixSize(a);
  const [rows, columns] = matrixSize(y);
  const out = emptyLike(y, y.shape);
  const matrices: Float64Array[] = [];
  eachMatrix(a, (matrix) => matrices.push(matrix));
  // X M = Y is Mᵀ Xᵀ = Yᵀ: row by row instead of column by column.
  const transposed = transposeA === leftSide;
  const forward = lower !== transposed;
  const [rowStride, columnStride] = transposed ? [1, n] : [n, 1];
  const count = leftSide ? columns : rows;
  eachMatrix(y, (x, index) => {
    for (let k = 0; k < count; k++) {
      const [start, step] = leftSide ? [k, columns] : [k * columns, 1];
      substitute(matrices[index], n, rowStride, columnStride, forward, unitDiagonal, x, start, step);
    }
    out.data.set(x, index * rows * columns);
  });
  return out;
}

/** The part of a tangent of the matrix that the solution depends on. */
function usedTriangle(b: Emitter, t: Row, { lower, unitDiagonal }: TriangularSolveParams): Row {
  const skip = unitDiagonal ? 1 : 0;
  return lower ? lowerTriangle(b, t, -skip) : upperTriangle(b, t, skip);
}

/** (a, y): the x with op(a) x = y, or x op(a) = y; op transposes where `transposeA`. The other triangle of a is not read. */
export const triangularSolve: Primitive<'triangularSolve'> = {
  shape(operands, { leftSide }) {
    const [a, y] = operands;
    requireMatrix('triangularSolve', a, true);
    requireMatrix('triangularSolve', y);
    const [rows, columns] = matrixSize(y);
    const [n] = matrixSize(a);
    if (n !== (leftSide ? rows : columns) || !sameShape(batchShape(a), batchShape(y)) || a.dtype !== y.dtype) {
      throw new ShapeError('triangularSolve', 'the matrix and the right-hand sides do not fit', operands);
    }
    return y;
  },
  evaluate: ([a, y], params) => solve(a, y, params),
  // op(A) X = Y: dX = op(A)⁻¹ (dY − op(dA) X)
  jvp(b, { primals: [a], tangents: [ta, ty], results: [x], params }) {
    let right = ty;
    if (ta !== NONE) {
      const used = usedTriangle(b, ta, params);
      const moved = params.transposeA ? b.matrixTranspose(used) : used;
      const product = params.leftSide ? b.matmul(moved, x) : b.matmul(x, moved);
      right = ty === NONE ? b.neg(product) : b.sub(ty, product);
    }
    return [b.triangularSolve(a, right, params)];
  },
  transpose: (b, { cotangents: [c], operands: [a], params }) => [
    NONE,
    b.triangularSolve(a, c, { ...params, transposeA: !params.transposeA }),
  ],
  batch: batchLeading('triangularSolve'),
};
