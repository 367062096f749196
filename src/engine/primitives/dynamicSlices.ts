/** Slices and updates whose starts are values. Starts are moved so that the slice lies inside, as in `lax`. */
import { ShapeError } from '../errors';
import type { ArrayValue, Aval } from '../program/aval';
import type { Emitter } from '../program/emitter';
import { NONE, type Row } from '../program/program';
import { gatherStrided, stridesOf, walkStrided } from './arrays';
import { batchedRow } from './factories';
import type { PrimitiveName } from './params';
import type { Primitive, PrimitiveTable } from './primitive';

/** Offset of the first element, the starts moved so that the slice lies inside. */
function sliceOffset(operand: ArrayValue, sizes: readonly number[], starts: readonly ArrayValue[]): number {
  const strides = stridesOf(operand.shape);
  let offset = 0;
  operand.shape.forEach((extent, axis) => {
    offset += Math.min(Math.max(starts[axis].data[0], 0), extent - sizes[axis]) * strides[axis];
  });
  return offset;
}

function requireStarts(
  name: PrimitiveName,
  operands: readonly Aval[],
  sizes: readonly number[],
  starts: readonly Aval[],
): void {
  const { shape } = operands[0];
  if (sizes.length !== shape.length || sizes.some((extent, axis) => extent < 0 || extent > shape[axis])) {
    throw new ShapeError(name, `a slice of shape [${sizes.join(', ')}] does not fit`, operands);
  }
  if (
    starts.length !== shape.length ||
    starts.some(({ shape: s, dtype }) => s.length !== 0 || (dtype !== 'int32' && dtype !== 'uint32'))
  ) {
    throw new ShapeError(name, 'needs one integer scalar start for each axis', operands);
  }
}

/** Starts clamped so that a slice of `extent` fits into `total`. */
function clampedStart(b: Emitter, start: Row, total: number, extent: number): Row {
  return b.emit('clamp', [b.fullLike(start, 0), start, b.fullLike(start, total - extent)], undefined);
}

/** int32 positions [size, extent] along one axis of slices that start at `start: [size]`. */
function slicePositions(b: Emitter, start: Row, total: number, extent: number): Row {
  const [size] = b.aval(start).shape;
  const shape = [size, extent];
  const from = b.broadcast(b.convert(clampedStart(b, start, total, extent), 'int32'), shape, [0]);
  return b.add(from, b.iota(shape, 1, 'int32'));
}

const dynamicSlice: Primitive<'dynamicSlice'> = {
  shape(operands, { sizes }) {
    requireStarts('dynamicSlice', operands, sizes, operands.slice(1));
    return { shape: sizes, dtype: operands[0].dtype };
  },
  evaluate([x, ...starts], { sizes }) {
    return gatherStrided(x.data, x.dtype, sizes, stridesOf(x.shape), sliceOffset(x, sizes, starts));
  },
  jvp: (b, { primals: [, ...starts], tangents: [t], params }) => [b.emit('dynamicSlice', [t, ...starts], params)],
  transpose(b, { cotangents: [c], operands: [, ...starts], avals: [operand] }) {
    return [b.emit('dynamicUpdateSlice', [b.zeros(operand), c, ...starts], undefined), ...starts.map(() => NONE)];
  },
  batch(b, { operands: [x, ...starts], batched, size, params: { sizes } }) {
    if (!batched.slice(1).some(Boolean)) {
      const zero = b.convert(b.literal(0), 'int32');
      return batchedRow(b.emit('dynamicSlice', [x, zero, ...starts], { sizes: [size, ...sizes] }));
    }
    // One gather an axis, each taking the positions of its example.
    let out = batched[0] ? x : b.repeat(x, size);
    starts.forEach((start, axis) => {
      const total = b.aval(out).shape[axis + 1];
      const each = batched[axis + 1] ? start : b.repeat(start, size);
      const positions = b.reshape(slicePositions(b, each, total, sizes[axis]), [size, sizes[axis], 1]);
      out = b.moveAxis(b.gather(out, positions, { axes: [axis + 1], batchDims: 1 }), 1, axis + 1);
    });
    return batchedRow(out);
  },
};

const dynamicUpdateSlice: Primitive<'dynamicUpdateSlice'> = {
  shape(operands) {
    const [operand, update] = operands;
    requireStarts('dynamicUpdateSlice', operands, update.shape, operands.slice(2));
    if (operand.dtype !== update.dtype)
      throw new ShapeError('dynamicUpdateSlice', 'operand and update must have equal dtypes', operands);
    return operand;
  },
  evaluate([x, update, ...starts]) {
    const data = x.data.slice();
    walkStrided(update.shape, stridesOf(x.shape), sliceOffset(x, update.shape, starts), (at, from, count, step) => {
      for (let i = 0; i < count; i++) data[at + i * step] = update.data[from + i];
    });
    return { shape: x.shape, dtype: x.dtype, data };
  },
  jvp: (b, { primals: [x, update, ...starts], tangents: [tx, tUpdate] }) => [
    b.emit(
      'dynamicUpdateSlice',
      [b.instantiate(tx, b.aval(x)), b.instantiate(tUpdate, b.aval(update)), ...starts],
      undefined,
    ),
  ],
  transpose(b, { cotangents: [c], linear, operands: [, , ...starts], avals: [, update] }) {
    return [
      linear[0] ? b.emit('dynamicUpdateSlice', [c, b.zeros(update), ...starts], undefined) : NONE,
      linear[1] ? b.emit('dynamicSlice', [c, ...starts], { sizes: update.shape }) : NONE,
      ...starts.map(() => NONE),
    ];
  },
  batch(b, { operands: [x, update, ...starts], batched, size }) {
    const operand = batched[0] ? x : b.repeat(x, size);
    const each = batched[1] ? update : b.repeat(update, size);
    if (!batched.slice(2).some(Boolean)) {
      const zero = b.convert(b.literal(0), 'int32');
      return batchedRow(b.emit('dynamicUpdateSlice', [operand, each, zero, ...starts], undefined));
    }
    // A scatter to the places of every example's slice.
    const { shape } = b.aval(each);
    const places = starts.map((start, axis) => {
      const from = batched[axis + 2] ? start : b.repeat(start, size);
      const positions = slicePositions(b, from, b.aval(operand).shape[axis + 1], shape[axis + 1]);
      return b.broadcast(positions, [...shape, 1], [0, axis + 1]);
    });
    const axes = starts.map((_, axis) => axis + 1);
    if (axes.length === 0) return batchedRow(each);
    return batchedRow(b.scatterSet(operand, b.concatenate(places, shape.length), each, { axes, batchDims: 1 }));
  },
};

export const dynamicSlices = { dynamicSlice, dynamicUpdateSlice } satisfies Partial<PrimitiveTable>;
