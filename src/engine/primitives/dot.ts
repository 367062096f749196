/** Contractions of two arrays (`lax.dot_general`): result axes are batch, then what is left of the left, then of the right. */
import { ShapeError } from '../errors';
import { allocate, isFloat, type ArrayData, type ArrayValue, type Aval, type DType } from '../program/aval';
import type { Emitter } from '../program/emitter';
import type { Row } from '../program/program';
import { gatherStrided, stridesOf } from './arrays';
import { batchedRow, bilinearJvp, bilinearTranspose, numeric, requireDType } from './factories';
import type { DotParams } from './params';
import type { Primitive } from './primitive';

/** Axes of an operand that are neither contracted nor batched. */
function freeAxes(rank: number, contract: readonly number[], batch: readonly number[]): number[] {
  return Array.from({ length: rank }, (_, axis) => axis).filter(
    (axis) => !contract.includes(axis) && !batch.includes(axis),
  );
}

function ascending(axes: readonly number[]): number[] {
  return [...axes].sort((x, y) => x - y);
}

function dotShape(operands: readonly Aval[], { lhsContract, rhsContract, lhsBatch, rhsBatch }: DotParams): Aval {
  const [lhs, rhs] = operands;
  requireDType('dotGeneral', numeric, operands);
  if (lhs.dtype !== rhs.dtype) throw new ShapeError('dotGeneral', 'operands must have equal dtypes', operands);
  const agree = (left: readonly number[], right: readonly number[]) =>
    left.length === right.length &&
    left.every((axis, index) => lhs.shape[axis] === rhs.shape[right[index]] && axis < lhs.shape.length);
  if (!agree(lhsContract, rhsContract)) {
    throw new ShapeError(
      'dotGeneral',
      `axes [${lhsContract.join(', ')}] and [${rhsContract.join(', ')}] cannot be contracted`,
      operands,
    );
  }
  if (!agree(lhsBatch, rhsBatch)) {
    throw new ShapeError(
      'dotGeneral',
      `batch axes [${lhsBatch.join(', ')}] and [${rhsBatch.join(', ')}] differ`,
      operands,
    );
  }
  const shape = [
    ...lhsBatch.map((axis) => lhs.shape[axis]),
    ...freeAxes(lhs.shape.length, lhsContract, lhsBatch).map((axis) => lhs.shape[axis]),
    ...freeAxes(rhs.shape.length, rhsContract, rhsBatch).map((axis) => rhs.shape[axis]),
  ];
  return { shape, dtype: lhs.dtype };
}

/** The elements with the axes in the given order, contiguous. */
function packed(x: ArrayValue, order: readonly number[]): ArrayData {
  if (order.every((axis, index) => axis === index)) return x.data;
  const strides = stridesOf(x.shape);
  return gatherStrided(
    x.data,
    x.dtype,
    order.map((axis) => x.shape[axis]),
    order.map((axis) => strides[axis]),
  ).data;
}

function extent(x: Aval, axes: readonly number[]): number {
  return axes.reduce((total, axis) => total * x.shape[axis], 1);
}

/**
 * Two rows of a product at a time, upper and lower: upper[j] = Σ a[at + p] b[p, j], lower the same one row of `a` (k) further on. Four
 * rows of b at a time, so that the running sums are read and written a quarter as often and each element of b serves twice:
 * twice as fast as row by row at 512 × 512.
 */
function multiplyPair(
  a: ArrayData,
  at: number,
  b: ArrayData,
  bAt: number,
  k: number,
  n: number,
  upper: Float64Array,
  lower: Float64Array,
): void {
  upper.fill(0);
  lower.fill(0);
  let p = 0;
  for (; p + 3 < k; p += 4) {
    const u = at + p;
    const l = u + k;
    const u0 = a[u];
    const u1 = a[u + 1];
    const u2 = a[u + 2];
    const u3 = a[u + 3];
    const l0 = a[l];
    const l1 = a[l + 1];
    const l2 = a[l + 2];
    const l3 = a[l + 3];
    const first = bAt + p * n;
    const second = first + n;
    const third = second + n;
    const fourth = third + n;
    for (let j = 0; j < n; j++) {
      const b0 = b[first + j];
      const b1 = b[second + j];
      const b2 = b[third + j];
      const b3 = b[fourth + j];
      upper[j] += u0 * b0 + u1 * b1 + u2 * b2 + u3 * b3;
      lower[j] += l0 * b0 + l1 * b1 + l2 * b2 + l3 * b3;
    }
  }
  for (; p < k; p++) {
    const u0 = a[at + p];
    const l0 = a[at + k + p];
    const row = bAt + p * n;
    for (let j = 0; j < n; j++) {
      upper[j] += u0 * b[row + j];
      lower[j] += l0 * b[row + j];
    }
  }
}

/** One row of a product, for the last of an odd number. */
function multiplyRow(
  a: ArrayData,
  at: number,
  b: ArrayData,
  bAt: number,
  k: number,
  n: number,
  row: Float64Array,
): void {
  row.fill(0);
  for (let p = 0; p < k; p++) {
    const factor = a[at + p];
    const from = bAt + p * n;
    for (let j = 0; j < n; j++) row[j] += factor * b[from + j];
  }
}

/** out[m, n] = Σ a[m, k] b[k, n], at offsets; sums are float64 and stay in `sums` (2 × n) until they are done. */
function multiply(
  a: ArrayData,
  aAt: number,
  b: ArrayData,
  bAt: number,
  out: ArrayData,
  outAt: number,
  m: number,
  k: number,
  n: number,
  sums: Float64Array,
): void {
  const upper = sums.subarray(0, n);
  const lower = sums.subarray(n);
  let i = 0;
  for (; i + 1 < m; i += 2) {
    multiplyPair(a, aAt + i * k, b, bAt, k, n, upper, lower);
    out.set(sums, outAt + i * n);
  }
  if (i < m) {
    multiplyRow(a, aAt + i * k, b, bAt, k, n, upper);
    out.set(upper, outAt + i * n);
  }
}

/** out[m] = Σ a[m, k] b[k], the matrix times a vector. */
function multiplyVector(
  a: ArrayData,
  aAt: number,
  b: ArrayData,
  bAt: number,
  out: ArrayData,
  outAt: number,
  m: number,
  k: number,
): void {
  for (let i = 0, at = aAt; i < m; i++) {
    let total = 0;
    for (let p = 0; p < k; p++) total += a[at++] * b[bAt + p];
    out[outAt + i] = total;
  }
}

/** As `multiply`, modulo 2³². */
function multiplyIntegers(
  a: ArrayData,
  aAt: number,
  b: ArrayData,
  bAt: number,
  out: ArrayData,
  outAt: number,
  m: number,
  k: number,
  n: number,
): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let total = 0;
      for (let p = 0; p < k; p++) total = (total + Math.imul(a[aAt + i * k + p], b[bAt + p * n + j])) | 0;
      out[outAt + i * n + j] = total;
    }
  }
}

/** Batched matrix product of packed operands [batch, m, k] and [batch, k, n]. */
export function matrixProduct(
  a: ArrayData,
  b: ArrayData,
  dtype: DType,
  batch: number,
  m: number,
  k: number,
  n: number,
): ArrayData {
  const out = allocate(dtype, batch * m * n);
  const sums = new Float64Array(2 * n);
  for (let i = 0; i < batch; i++) {
    const aAt = i * m * k;
    const bAt = i * k * n;
    const outAt = i * m * n;
    if (!isFloat(dtype)) multiplyIntegers(a, aAt, b, bAt, out, outAt, m, k, n);
    else if (n === 1) multiplyVector(a, aAt, b, bAt, out, outAt, m, k);
    else multiply(a, aAt, b, bAt, out, outAt, m, k, n, sums);
  }
  return out;
}

function evaluateDot(lhs: ArrayValue, rhs: ArrayValue, params: DotParams): ArrayValue {
  const { lhsContract, rhsContract, lhsBatch, rhsBatch } = params;
  const lhsFree = freeAxes(lhs.shape.length, lhsContract, lhsBatch);
  const rhsFree = freeAxes(rhs.shape.length, rhsContract, rhsBatch);
  const { shape, dtype } = dotShape([lhs, rhs], params);
  const a = packed(lhs, [...lhsBatch, ...lhsFree, ...lhsContract]);
  const b = packed(rhs, [...rhsBatch, ...rhsContract, ...rhsFree]);
  const data = matrixProduct(
    a,
    b,
    dtype,
    extent(lhs, lhsBatch),
    extent(lhs, lhsFree),
    extent(lhs, lhsContract),
    extent(rhs, rhsFree),
  );
  return { shape, dtype, data };
}

/** Puts result axis i of `x` where `axes[i]` says. */
function arrange(b: Emitter, x: Row, axes: readonly number[]): Row {
  return b.transpose(
    x,
    axes.map((_, axis) => axes.indexOf(axis)),
  );
}

/** Consecutive axes from `from` on. */
function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

// d lhs: contract the cotangent with the free axes of rhs; what is left is batch, free of lhs, contracted of rhs
function transposeLhs(
  b: Emitter,
  c: Row,
  rhs: Row,
  lhs: Aval,
  { lhsContract, rhsContract, lhsBatch, rhsBatch }: DotParams,
): Row {
  const lhsFree = freeAxes(lhs.shape.length, lhsContract, lhsBatch);
  const rhsFree = freeAxes(b.aval(rhs).shape.length, rhsContract, rhsBatch);
  const batch = lhsBatch.length;
  const out = b.dotGeneral(c, rhs, {
    lhsContract: range(batch + lhsFree.length, rhsFree.length),
    rhsContract: rhsFree,
    lhsBatch: range(0, batch),
    rhsBatch,
  });
  const contracted = ascending(rhsContract).map((axis) => lhsContract[rhsContract.indexOf(axis)]);
  return arrange(b, out, [...lhsBatch, ...lhsFree, ...contracted]);
}

// d rhs: contract the free axes of lhs with the cotangent; what is left is batch, contracted of lhs, free of rhs
function transposeRhs(
  b: Emitter,
  c: Row,
  lhs: Row,
  rhs: Aval,
  { lhsContract, rhsContract, lhsBatch, rhsBatch }: DotParams,
): Row {
  const lhsFree = freeAxes(b.aval(lhs).shape.length, lhsContract, lhsBatch);
  const rhsFree = freeAxes(rhs.shape.length, rhsContract, rhsBatch);
  const batch = lhsBatch.length;
  const out = b.dotGeneral(lhs, c, {
    lhsContract: lhsFree,
    rhsContract: range(batch, lhsFree.length),
    lhsBatch,
    rhsBatch: range(0, batch),
  });
  const contracted = ascending(lhsContract).map((axis) => rhsContract[lhsContract.indexOf(axis)]);
  return arrange(b, out, [...rhsBatch, ...contracted, ...rhsFree]);
}

const later = (axes: readonly number[]) => axes.map((axis) => axis + 1);

export const dotGeneral: Primitive<'dotGeneral'> = {
  shape: dotShape,
  evaluate: ([lhs, rhs], params) => evaluateDot(lhs, rhs, params),
  jvp: bilinearJvp('dotGeneral'),
  transpose: bilinearTranspose<'dotGeneral'>(
    (b, c, rhs, { avals: [lhs], params }) => transposeLhs(b, c, rhs, lhs, params),
    (b, c, lhs, { avals: [, rhs], params }) => transposeRhs(b, c, lhs, rhs, params),
  ),
  batch(b, { operands: [lhs, rhs], batched, params }) {
    const lhsAxes = { lhsContract: later(params.lhsContract), lhsBatch: later(params.lhsBatch) };
    const rhsAxes = { rhsContract: later(params.rhsContract), rhsBatch: later(params.rhsBatch) };
    if (batched[0] && batched[1]) {
      return batchedRow(
        b.dotGeneral(lhs, rhs, {
          ...lhsAxes,
          ...rhsAxes,
          lhsBatch: [0, ...lhsAxes.lhsBatch],
          rhsBatch: [0, ...rhsAxes.rhsBatch],
        }),
      );
    }
    // One operand has the batch axis, as its first free one.
    const batch = params.lhsBatch.length;
    if (batched[0]) return batchedRow(b.moveAxis(b.dotGeneral(lhs, rhs, { ...params, ...lhsAxes }), batch, 0));
    const lhsFree = b.aval(lhs).shape.length - batch - params.lhsContract.length;
    return batchedRow(b.moveAxis(b.dotGeneral(lhs, rhs, { ...params, ...rhsAxes }), batch + lhsFree, 0));
  },
};
