/**
 * Convolution over any number of spatial axes (`lax.conv_general_dilated` with its default layout). Operand [N, C, ...S], kernel
 * [O, C / groups, ...K], result [N / batch groups, O, ...]. Groups are consecutive: group j takes the j-th part of the features
 * (or of the batch) and makes the j-th part of O. Rules as in JAX's `convolution.py`.
 */
import { ShapeError } from '../errors';
import { allocate, isFloat, sizeOf, type ArrayValue, type Aval } from '../program/aval';
import type { Emitter } from '../program/emitter';
import type { Row } from '../program/program';
import { matrixProduct } from './dot';
import { batchedRow, bilinearJvp, bilinearTranspose } from './factories';
import type { ConvParams } from './params';
import type { BatchEquation, Batched, Primitive } from './primitive';

/** Extent after dilation: `dilation − 1` holes between neighbours. */
function dilated(extent: number, dilation: number): number {
  return extent === 0 ? 0 : (extent - 1) * dilation + 1;
}

function convShape(operands: readonly Aval[], params: ConvParams): Aval {
  const [lhs, rhs] = operands;
  const { strides, padding, lhsDilation, rhsDilation, featureGroupCount: groups, batchGroupCount } = params;
  const rank = lhs.shape.length - 2;
  const fits =
    rank >= 0 &&
    rhs.shape.length === rank + 2 &&
    [strides, padding, lhsDilation, rhsDilation].every(({ length }) => length === rank);
  if (!fits)
    throw new ShapeError('conv', 'operand and kernel must have a batch, a feature and the same spatial axes', operands);
  if (lhs.dtype !== rhs.dtype || !isFloat(lhs.dtype))
    throw new ShapeError('conv', 'needs floating-point operands of one dtype', operands);
  const [batch, features] = lhs.shape;
  const [out, kernelFeatures] = rhs.shape;
  if (features !== kernelFeatures * groups || out % groups !== 0) {
    throw new ShapeError('conv', `${features} features in ${groups} groups do not suit the kernel`, operands);
  }
  if (batch % batchGroupCount !== 0 || out % batchGroupCount !== 0 || (groups > 1 && batchGroupCount > 1)) {
    throw new ShapeError('conv', `${batchGroupCount} batch groups do not suit the operands`, operands);
  }
  const spatial = strides.map((stride, axis) => {
    const total = dilated(lhs.shape[axis + 2], lhsDilation[axis]) + padding[axis][0] + padding[axis][1];
    return Math.max(0, Math.floor((total - dilated(rhs.shape[axis + 2], rhsDilation[axis])) / stride) + 1);
  });
  return { shape: [batch / batchGroupCount, out, ...spatial], dtype: lhs.dtype };
}

/**
 * For every kernel position and every result position, in this order, the spatial offset in the operand that meets them; −1 in
 * the padding and in the holes of dilation.
 */
function meetingOffsets(lhs: Aval, rhs: Aval, out: Aval, params: ConvParams): Int32Array {
  const { strides, padding, lhsDilation, rhsDilation } = params;
  let offsets = new Int32Array(1);
  let kernelCount = 1;
  let outCount = 1;
  strides.forEach((stride, axis) => {
    const extent = lhs.shape[axis + 2];
    const kernel = rhs.shape[axis + 2];
    const places = out.shape[axis + 2];
    const next = new Int32Array(offsets.length * kernel * places);
    let to = 0;
    for (let k = 0; k < kernelCount; k++) {
      for (let p = 0; p < kernel; p++) {
        for (let o = 0; o < outCount; o++) {
          const before = offsets[k * outCount + o];
          for (let q = 0; q < places; q++) {
            const at = q * stride - padding[axis][0] + p * rhsDilation[axis];
            const index = at / lhsDilation[axis];
            const inside = before >= 0 && at >= 0 && index < extent && Number.isInteger(index);
            next[to++] = inside ? before * extent + index : -1;
          }
        }
      }
    }
    offsets = next;
    kernelCount *= kernel;
    outCount *= places;
  });
  return offsets;
}

/** Calls `visit` for every product that a convolution adds up: the places of the result, of the operand and of the kernel. */
export function eachConvProduct(
  operands: readonly Aval[],
  params: ConvParams,
  visit: (out: number, lhs: number, rhs: number) => void,
): void {
  const [lhs, rhs] = operands;
  const result = convShape(operands, params);
  const offsets = meetingOffsets(lhs, rhs, result, params);
  const { batchGroupCount } = params;
  const groups = params.featureGroupCount * batchGroupCount;
  const [batch, out] = result.shape;
  const [, features] = rhs.shape;
  const spatial = sizeOf(lhs.shape.slice(2));
  const places = sizeOf(result.shape.slice(2));
  const kernel = sizeOf(rhs.shape.slice(2));
  for (let n = 0, to = 0; n < batch; n++) {
    for (let o = 0; o < out; o++) {
      const group = Math.floor(o / (out / groups));
      const example = batchGroupCount > 1 ? group * batch + n : n;
      const firstFeature = batchGroupCount > 1 ? 0 : group * features;
      for (let place = 0; place < places; place++, to++) {
        for (let c = 0; c < features; c++) {
          for (let k = 0; k < kernel; k++) {
            const offset = offsets[k * places + place];
            if (offset < 0) continue;
            visit(to, (example * lhs.shape[1] + firstFeature + c) * spatial + offset, (o * features + c) * kernel + k);
          }
        }
      }
    }
  }
}

/** Gathers the operand's patches and multiplies them with the kernel, example by example and group by group. */
function evaluateConv(lhs: ArrayValue, rhs: ArrayValue, params: ConvParams): ArrayValue {
  const { featureGroupCount, batchGroupCount } = params;
  const { shape, dtype } = convShape([lhs, rhs], params);
  const data = allocate(dtype, sizeOf(shape));
  const offsets = meetingOffsets(lhs, rhs, { shape, dtype }, params);
  const groups = featureGroupCount * batchGroupCount;
  const [batch, out] = shape;
  const [, features] = rhs.shape;
  const spatial = sizeOf(lhs.shape.slice(2));
  const places = sizeOf(shape.slice(2));
  const kernel = sizeOf(rhs.shape.slice(2));
  const outEach = out / groups;
  const patches = allocate(dtype, features * offsets.length);
  for (let n = 0; n < batch; n++) {
    for (let group = 0; group < groups; group++) {
      // One of the two kinds of groups has just one member.
      const example = batchGroupCount > 1 ? group * batch + n : n;
      const firstFeature = batchGroupCount > 1 ? 0 : group * features;
      for (let c = 0, to = 0; c < features; c++) {
        const base = (example * lhs.shape[1] + firstFeature + c) * spatial;
        for (let i = 0; i < offsets.length; i++) patches[to++] = offsets[i] < 0 ? 0 : lhs.data[base + offsets[i]];
      }
      const width = features * kernel;
      const weights = rhs.data.subarray(group * outEach * width, (group + 1) * outEach * width);
      data.set(matrixProduct(weights, patches, dtype, 1, outEach, width, places), (n * out + group * outEach) * places);
    }
  }
  return { shape, dtype, data };
}

/** Swaps the first two axes. */
function swapFirst(b: Emitter, x: Row): Row {
  return b.moveAxis(x, 1, 0);
}

/** [g · a, rest…] and its like: splits axis `axis` into (count, extent / count). */
function splitAxis(b: Emitter, x: Row, axis: number, count: number): Row {
  const { shape } = b.aval(x);
  return b.reshape(x, [...shape.slice(0, axis), count, shape[axis] / count, ...shape.slice(axis + 1)]);
}

/** Undoes `splitAxis`: merges `axis` and the one behind it. */
function mergeAxes(b: Emitter, x: Row, axis: number): Row {
  const { shape } = b.aval(x);
  return b.reshape(x, [...shape.slice(0, axis), shape[axis] * shape[axis + 1], ...shape.slice(axis + 2)]);
}

/** Moves the groups that lead axis `from` so that they lead axis `to`. */
function moveGroups(b: Emitter, x: Row, from: number, to: number, count: number): Row {
  if (count === 1) return x;
  return mergeAxes(b, b.moveAxis(splitAxis(b, x, from, count), from, to), to);
}

// d operand: convolve the cotangent, spread by the strides, with the mirrored kernel
function transposeOperand(b: Emitter, c: Row, rhs: Row, lhs: Aval, params: ConvParams): Row {
  const { strides, padding, lhsDilation, rhsDilation, featureGroupCount, batchGroupCount } = params;
  const kernelShape = b.aval(rhs).shape;
  const outShape = b.aval(c).shape;
  const groups = featureGroupCount * batchGroupCount;
  // [O, I, …] → [groups · I, O / groups, …]
  const swapped = swapFirst(b, moveGroups(b, rhs, 0, 1, groups));
  const mirrored = b.reverse(
    swapped,
    strides.map((_, axis) => axis + 2),
  );
  const out = b.emit('conv', [c, mirrored], {
    strides: lhsDilation,
    padding: strides.map((stride, axis) => {
      const kernel = dilated(kernelShape[axis + 2], rhsDilation[axis]);
      const before = kernel - padding[axis][0] - 1;
      const total = dilated(lhs.shape[axis + 2], lhsDilation[axis]) + kernel - 1 - dilated(outShape[axis + 2], stride);
      return [before, total - before] as const;
    }),
    lhsDilation: strides,
    rhsDilation,
    featureGroupCount: groups,
    batchGroupCount: 1,
  });
  return moveGroups(b, out, 1, 0, batchGroupCount);
}

// d kernel: convolve the operand with the cotangent, batch and features swapped
function transposeKernel(b: Emitter, c: Row, lhs: Row, rhs: Aval, params: ConvParams): Row {
  const { strides, padding, lhsDilation, rhsDilation, featureGroupCount, batchGroupCount } = params;
  const { shape } = b.aval(lhs);
  const outShape = b.aval(c).shape;
  const out = b.emit('conv', [swapFirst(b, lhs), swapFirst(b, c)], {
    strides: rhsDilation,
    padding: strides.map((stride, axis) => {
      const [before] = padding[axis];
      const fromOperand = dilated(outShape[axis + 2], stride) - dilated(shape[axis + 2], lhsDilation[axis]);
      return [before, fromOperand + dilated(rhs.shape[axis + 2], rhsDilation[axis]) - before - 1] as const;
    }),
    lhsDilation,
    rhsDilation: strides,
    featureGroupCount: batchGroupCount,
    batchGroupCount: featureGroupCount,
  });
  return swapFirst(b, out);
}

/** The batch axis joins the groups (both operands have it), the batch (the operand) or the kernel's features (the kernel). */
function batchConv(b: Emitter, { operands: [lhs, rhs], batched, size, params }: BatchEquation<'conv'>): Batched {
  const { featureGroupCount, batchGroupCount } = params;
  if (batched[0] && batched[1]) {
    const byBatch = batchGroupCount > 1;
    const operand = byBatch ? mergeAxes(b, lhs, 0) : mergeAxes(b, b.moveAxis(lhs, 0, 1), 1);
    const out = b.emit('conv', [operand, mergeAxes(b, rhs, 0)], {
      ...params,
      featureGroupCount: byBatch ? 1 : featureGroupCount * size,
      batchGroupCount: byBatch ? batchGroupCount * size : 1,
    });
    return batchedRow(b.moveAxis(splitAxis(b, out, 1, size), 1, 0));
  }
  if (batched[0]) {
    // [size, groups · N, …] → [groups · size · N, …]
    const grouped = b.moveAxis(splitAxis(b, lhs, 1, batchGroupCount), 1, 0);
    const operand = mergeAxes(b, mergeAxes(b, grouped, 0), 0);
    return batchedRow(splitAxis(b, b.emit('conv', [operand, rhs], params), 0, size));
  }
  const groups = featureGroupCount * batchGroupCount;
  const grouped = b.moveAxis(splitAxis(b, rhs, 1, groups), 1, 0);
  const out = b.emit('conv', [lhs, mergeAxes(b, mergeAxes(b, grouped, 0), 0)], params);
  // [N, groups · size · O, …] → [size, N, groups · O, …]
  const split = splitAxis(b, splitAxis(b, out, 1, groups), 2, size);
  return batchedRow(mergeAxes(b, b.moveAxis(split, 2, 0), 2));
}

export const conv: Primitive<'conv'> = {
  shape: convShape,
  evaluate: ([lhs, rhs], params) => evaluateConv(lhs, rhs, params),
  jvp: bilinearJvp('conv'),
  transpose: bilinearTranspose<'conv'>(
    (b, c, rhs, { avals: [lhs], params }) => transposeOperand(b, c, rhs, lhs, params),
    (b, c, lhs, { avals: [, rhs], params }) => transposeKernel(b, c, lhs, rhs, params),
  ),
  batch: batchConv,
};
