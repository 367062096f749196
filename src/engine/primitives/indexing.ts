/** Gather and scatter. Linear in all but the indices. */
import { ShapeError } from '../errors';
import { allocate, sameShape, sizeOf, type ArrayValue, type Aval } from '../program/aval';
import type { Emitter } from '../program/emitter';
import { NONE, type Row } from '../program/program';
import { OPCODES } from './opcodes';
import { stridesOf, walkStrided } from './arrays';
import { allBatched, batchedRow } from './factories';
import type { GatherParams, PrimitiveName } from './params';
import type { BatchEquation, Batched, Primitive, PrimitiveTable } from './primitive';

type ScatterName = 'scatterAdd' | 'scatterSet';

// ------------------------------------------------------------------------------------------ shapes

/** Extents of the index positions: I in `indices: B ++ I ++ [k]`. */
function indexExtents(indices: Aval, { batchDims }: GatherParams): readonly number[] {
  return indices.shape.slice(batchDims, -1);
}

/** Operand axes that every index takes whole. */
function windowAxes(operand: Aval, { axes, batchDims }: GatherParams): number[] {
  return operand.shape.map((_, axis) => axis).filter((axis) => axis >= batchDims && !axes.includes(axis));
}

/** Shape of the gathered elements: B ++ I ++ (O without axes). @throws ShapeError */
function gatheredShape(name: PrimitiveName, operand: Aval, indices: Aval, params: GatherParams): number[] {
  const { axes, batchDims } = params;
  const batch = operand.shape.slice(0, batchDims);
  const avals = [operand, indices];
  if (indices.dtype !== 'int32' && indices.dtype !== 'uint32')
    throw new ShapeError(name, 'needs integer indices', avals);
  if (indices.shape.length <= batchDims || indices.shape[indices.shape.length - 1] !== axes.length) {
    throw new ShapeError(
      name,
      `the last axis of the indices must have one entry for each of ${axes.length} axes`,
      avals,
    );
  }
  if (!sameShape(indices.shape.slice(0, batchDims), batch))
    throw new ShapeError(name, 'the leading axes must agree', avals);
  if (axes.some((axis) => axis < batchDims || axis >= operand.shape.length) || new Set(axes).size !== axes.length) {
    throw new ShapeError(name, `axes ${axes.join(', ')} do not suit the operand`, avals);
  }
  return [
    ...batch,
    ...indexExtents(indices, params),
    ...windowAxes(operand, params).map((axis) => operand.shape[axis]),
  ];
}

// ------------------------------------------------------------------------------------------ evaluation

/** Offsets of a window's elements from its first, in row-major order of the window. */
function windowOffsets(operand: Aval, params: GatherParams): Int32Array {
  const axes = windowAxes(operand, params);
  const strides = stridesOf(operand.shape);
  const shape = axes.map((axis) => operand.shape[axis]);
  const offsets = new Int32Array(sizeOf(shape));
  walkStrided(
    shape,
    axes.map((axis) => strides[axis]),
    0,
    (from, to, count, step) => {
      for (let i = 0; i < count; i++) offsets[to + i] = from + i * step;
    },
  );
  return offsets;
}

/**
 * Calls `visit(position, start)` for every index: `start` is the offset of its window in the operand, −1 where an index is out
 * of bounds and `clamp` is false.
 */
function eachWindow(
  operand: Aval,
  indices: ArrayValue,
  { axes, batchDims }: GatherParams,
  clamp: boolean,
  visit: (position: number, start: number) => void,
): void {
  const strides = stridesOf(operand.shape);
  const batches = sizeOf(operand.shape.slice(0, batchDims));
  const batchStride = sizeOf(operand.shape.slice(batchDims));
  const each = sizeOf(indices.shape.slice(batchDims, -1));
  const count = axes.length;
  let read = 0;
  for (let batch = 0, position = 0; batch < batches; batch++) {
    for (let i = 0; i < each; i++, position++) {
      let start = batch * batchStride;
      for (let k = 0; k < count; k++) {
        const extent = operand.shape[axes[k]];
        let index = indices.data[read++];
        if (index < 0 || index >= extent) {
          if (clamp) index = index < 0 ? 0 : extent - 1;
          else start = -Infinity;
        }
        start += index * strides[axes[k]];
      }
      visit(position, start < 0 ? -1 : start);
    }
  }
}

function evaluateGather(operand: ArrayValue, indices: ArrayValue, params: GatherParams): ArrayValue {
  const shape = gatheredShape('gather', operand, indices, params);
  const out = allocate(operand.dtype, sizeOf(shape));
  const offsets = windowOffsets(operand, params);
  const width = offsets.length;
  const { data } = operand;
  if (width === 1) {
    eachWindow(operand, indices, params, true, (position, start) => (out[position] = data[start]));
  } else if (offsets[width - 1] === width - 1) {
    eachWindow(operand, indices, params, true, (position, start) =>
      out.set(data.subarray(start, start + width), position * width),
    );
  } else {
    eachWindow(operand, indices, params, true, (position, start) => {
      for (let i = 0; i < width; i++) out[position * width + i] = data[start + offsets[i]];
    });
  }
  return { shape, dtype: operand.dtype, data: out };
}

function evaluateScatter(
  operand: ArrayValue,
  indices: ArrayValue,
  updates: ArrayValue,
  params: GatherParams,
  add: boolean,
): ArrayValue {
  const out = operand.data.slice();
  const offsets = windowOffsets(operand, params);
  const width = offsets.length;
  const { data } = updates;
  eachWindow(operand, indices, params, false, (position, start) => {
    if (start < 0) return;
    const from = position * width;
    if (add) for (let i = 0; i < width; i++) out[start + offsets[i]] += data[from + i];
    else for (let i = 0; i < width; i++) out[start + offsets[i]] = data[from + i];
  });
  return { shape: operand.shape, dtype: operand.dtype, data: out };
}

/** For every element of the updates, the place in the operand that it goes to; −1 where it is dropped. */
export function scatterTargets(operand: Aval, indices: ArrayValue, params: GatherParams): Int32Array {
  const offsets = windowOffsets(operand, params);
  const width = offsets.length;
  const targets = new Int32Array((indices.data.length / Math.max(params.axes.length, 1)) * width).fill(-1);
  eachWindow(operand, indices, params, false, (position, start) => {
    if (start < 0) return;
    for (let i = 0; i < width; i++) targets[position * width + i] = start + offsets[i];
  });
  return targets;
}

// ------------------------------------------------------------------------------------------ indices inside rules

/** True where the indices are a constant of the program and all inside the operand. */
function knownInside(b: Emitter, indices: Row, operand: Aval, { axes }: GatherParams): boolean {
  if (b.opcode(indices) !== OPCODES.constant) return false;
  const { data } = b.constantOf(indices);
  for (let i = 0; i < data.length; i++) {
    if (data[i] < 0 || data[i] >= operand.shape[axes[i % axes.length]]) return false;
  }
  return true;
}

/** The last valid index along each of `axes`, in the shape of the indices. */
function lastIndices(b: Emitter, indices: Row, operand: Aval, { axes }: GatherParams): Row {
  const { shape, dtype } = b.aval(indices);
  const data = allocate(dtype, axes.length);
  axes.forEach((axis, k) => (data[k] = operand.shape[axis] - 1));
  return b.broadcast(b.constant({ shape: [axes.length], dtype, data }), shape, [shape.length - 1]);
}

/** Indices as `gather` takes them: those outside moved to the nearest end. */
function clampedIndices(b: Emitter, indices: Row, operand: Aval, params: GatherParams): Row {
  if (knownInside(b, indices, operand, params)) return indices;
  return b.emit('clamp', [b.fullLike(indices, 0), indices, lastIndices(b, indices, operand, params)], undefined);
}

/** `updates` with zeros where the index is outside, whose update `scatter` drops. */
function keptUpdates(b: Emitter, updates: Row, indices: Row, operand: Aval, params: GatherParams): Row {
  if (knownInside(b, indices, operand, params)) return updates;
  const last = b.aval(indices).shape.length - 1;
  const inside = b.emit(
    'reduceAnd',
    [b.and(b.ge(indices, b.fullLike(indices, 0)), b.le(indices, lastIndices(b, indices, operand, params)))],
    { axes: [last] },
  );
  const { shape } = b.aval(updates);
  const mask = b.broadcast(
    inside,
    shape,
    Array.from({ length: last }, (_, axis) => axis),
  );
  return b.select(mask, updates, b.fullLike(updates, 0));
}

/** Where an update is the last one written to its place: the others leave no trace in `scatterSet`'s result. */
function winners(b: Emitter, indices: Row, updates: Aval, operand: Aval, params: GatherParams): Row {
  const count = sizeOf(updates.shape);
  const ids = b.shift(b.reshape(b.iota([count], 0, 'int32'), updates.shape), 1);
  const written = b.scatterSet(b.zeros({ shape: operand.shape, dtype: 'int32' }), indices, ids, params);
  return b.eq(b.gather(written, indices, params), ids);
}

// ------------------------------------------------------------------------------------------ gather, scatter

/** Operand and indices with the batch axis where the parameters that come with them say. */
function batchGather(b: Emitter, { operands: [x, indices], batched, params }: BatchEquation<'gather'>): Batched {
  const { axes, batchDims } = params;
  const later = axes.map((axis) => axis + 1);
  if (batched[0] && batched[1]) return batchedRow(b.gather(x, indices, { axes: later, batchDims: batchDims + 1 }));
  if (batched[0]) {
    // The batch axis becomes one that every index takes whole, right behind B.
    const out = b.gather(b.moveAxis(x, 0, batchDims), indices, { axes: later, batchDims });
    return batchedRow(b.moveAxis(out, b.aval(indices).shape.length - 1, 0));
  }
  // The batch axis becomes one more axis of positions, right behind B.
  const out = b.gather(x, b.moveAxis(indices, 0, batchDims), params);
  return batchedRow(b.moveAxis(out, batchDims, 0));
}

const gather: Primitive<'gather'> = {
  shape: ([operand, indices], params) => ({
    shape: gatheredShape('gather', operand, indices, params),
    dtype: operand.dtype,
  }),
  evaluate: ([operand, indices], params) => evaluateGather(operand, indices, params),
  jvp: (b, { primals: [, indices], tangents: [t], params }) => [b.gather(t, indices, params)],
  transpose(b, { cotangents: [c], operands: [, indices], avals: [operand], params }) {
    const inside = clampedIndices(b, indices, operand, params);
    return [b.scatterAdd(b.zeros(operand), inside, c, params), NONE];
  },
  batch: batchGather,
};

function scatterShape(name: ScatterName) {
  return (operands: readonly Aval[], params: GatherParams): Aval => {
    const [operand, indices, updates] = operands;
    const shape = gatheredShape(name, operand, indices, params);
    if (!sameShape(shape, updates.shape) || updates.dtype !== operand.dtype) {
      throw new ShapeError(
        name,
        `the updates must have shape [${shape.join(', ')}] and the dtype of the operand`,
        operands,
      );
    }
    return operand;
  };
}

function batchScatter(name: ScatterName) {
  return (b: Emitter, equation: BatchEquation<ScatterName>): Batched => {
    const { operands, batched, size, params } = equation;
    const [x, indices, updates] = operands;
    const { axes, batchDims } = params;
    const later = axes.map((axis) => axis + 1);
    if (batched[1]) return batchedRow(b.emit(name, allBatched(b, equation), { axes: later, batchDims: batchDims + 1 }));
    // The indices are the same for all: the batch axis is part of the window, right behind B.
    const places = b.aval(indices).shape.length - 1;
    const operand = batched[0] ? x : b.repeat(x, size);
    const each = batched[2] ? updates : b.repeat(updates, size);
    const out = b.emit(name, [b.moveAxis(operand, 0, batchDims), indices, b.moveAxis(each, 0, places)], {
      axes: later,
      batchDims,
    });
    return batchedRow(b.moveAxis(out, batchDims, 0));
  };
}

/** Scatters are linear in operand and updates together. */
function scatterJvp(name: ScatterName): Primitive<ScatterName>['jvp'] {
  return (b, { primals: [x, indices, updates], tangents: [tx, , tUpdates], params }) => [
    b.emit(name, [b.instantiate(tx, b.aval(x)), indices, b.instantiate(tUpdates, b.aval(updates))], params),
  ];
}

const scatterAdd: Primitive<'scatterAdd'> = {
  shape: scatterShape('scatterAdd'),
  evaluate: ([x, indices, updates], params) => evaluateScatter(x, indices, updates, params, true),
  jvp: scatterJvp('scatterAdd'),
  transpose(b, { cotangents: [c], linear, operands: [, indices], avals: [operand], params }) {
    if (!linear[2]) return [c, NONE, NONE];
    const updates = keptUpdates(b, b.gather(c, indices, params), indices, operand, params);
    return [linear[0] ? c : NONE, NONE, updates];
  },
  batch: batchScatter('scatterAdd'),
};

/** Of several updates to one place the last stays. */
const scatterSet: Primitive<'scatterSet'> = {
  shape: scatterShape('scatterSet'),
  evaluate: ([x, indices, updates], params) => evaluateScatter(x, indices, updates, params, false),
  jvp: scatterJvp('scatterSet'),
  transpose(b, { cotangents: [c], linear, operands: [, indices], avals: [operand, , updates], params }) {
    const kept = linear[0] ? b.scatterSet(c, indices, b.zeros(updates), params) : NONE;
    if (!linear[2]) return [kept, NONE, NONE];
    const mask = winners(b, indices, updates, operand, params);
    return [kept, NONE, b.select(mask, b.gather(c, indices, params), b.zeros(updates))];
  },
  batch: batchScatter('scatterSet'),
};

export const indexing = {
  gather,
  scatterAdd,
  scatterSet,
} satisfies Partial<PrimitiveTable>;
