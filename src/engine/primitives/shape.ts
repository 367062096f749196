/** Primitives that move elements without changing them. All are linear. */
import { ShapeError } from '../errors';
import { allocate, sizeOf, type ArrayValue, type Aval } from '../program/aval';
import { NONE } from '../program/program';
import { around, gatherStrided, stridesOf, walkStrided } from './arrays';
import { allBatched, batchedRow, laterAxes, laterAxis, linearJvp, requireAxes, zeroTangent } from './factories';
import type { Params } from './factories';
import type { Primitive, PrimitiveTable } from './primitive';

const reshape: Primitive<'reshape'> = {
  shape([operand], { shape }) {
    if (sizeOf(shape) !== sizeOf(operand.shape)) {
      throw new ShapeError('reshape', `cannot arrange ${sizeOf(operand.shape)} elements as [${shape.join(', ')}]`, [
        operand,
      ]);
    }
    return { shape, dtype: operand.dtype };
  },
  evaluate: ([x], { shape }) => ({ shape, dtype: x.dtype, data: x.data }),
  jvp: linearJvp('reshape'),
  transpose: (b, { cotangents: [c], avals: [{ shape }] }) => [b.reshape(c, shape)],
  batch: (b, { operands: [x], size, params: { shape } }) => batchedRow(b.reshape(x, [size, ...shape])),
};

const transpose: Primitive<'transpose'> = {
  shape([operand], { permutation }) {
    requireAxes('transpose', permutation, operand);
    if (permutation.length !== operand.shape.length) {
      throw new ShapeError('transpose', `[${permutation.join(', ')}] does not name every axis`, [operand]);
    }
    return { shape: permutation.map((axis) => operand.shape[axis]), dtype: operand.dtype };
  },
  evaluate([x], { permutation }) {
    const strides = stridesOf(x.shape);
    return gatherStrided(
      x.data,
      x.dtype,
      permutation.map((axis) => x.shape[axis]),
      permutation.map((axis) => strides[axis]),
    );
  },
  jvp: linearJvp('transpose'),
  transpose: (b, { cotangents: [c], params: { permutation } }) => [
    b.transpose(
      c,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
  batch: (b, { operands: [x], params: { permutation } }) =>
    batchedRow(b.transpose(x, [0, ...permutation.map((axis) => axis + 1)])),
};

/** Operand axis i becomes result axis broadcastDimensions[i]; extent 1 is repeated. */
const broadcastInDim: Primitive<'broadcastInDim'> = {
  shape([operand], { shape, broadcastDimensions: dims }) {
    const fits =
      dims.length === operand.shape.length &&
      dims.every((to, axis) => {
        const extent = operand.shape[axis];
        return (
          (axis === 0 || to > dims[axis - 1]) && to >= 0 && to < shape.length && (extent === 1 || extent === shape[to])
        );
      });
    if (!fits)
      throw new ShapeError(
        'broadcastInDim',
        `cannot broadcast to [${shape.join(', ')}] along axes [${dims.join(', ')}]`,
        [operand],
      );
    return { shape, dtype: operand.dtype };
  },
  evaluate([x], { shape, broadcastDimensions }) {
    if (x.data.length === 1) {
      const data = allocate(x.dtype, sizeOf(shape));
      return { shape, dtype: x.dtype, data: data.fill(x.data[0]) };
    }
    const own = stridesOf(x.shape);
    const strides = shape.map(() => 0);
    broadcastDimensions.forEach((to, axis) => (strides[to] = x.shape[axis] === 1 ? 0 : own[axis]));
    return gatherStrided(x.data, x.dtype, shape, strides);
  },
  jvp: linearJvp('broadcastInDim'),
  transpose(b, { cotangents: [c], avals: [operand], params: { shape, broadcastDimensions } }) {
    const repeated = shape
      .map((_, axis) => axis)
      .filter((axis) => {
        const from = broadcastDimensions.indexOf(axis);
        return from < 0 || (operand.shape[from] === 1 && shape[axis] !== 1);
      });
    return [b.reshape(b.reduceSum(c, repeated), operand.shape)];
  },
  batch: (b, { operands: [x], size, params: { shape, broadcastDimensions } }) =>
    batchedRow(b.broadcast(x, [size, ...shape], [0, ...broadcastDimensions.map((axis) => axis + 1)])),
};

const concatenate: Primitive<'concatenate'> = {
  shape(operands, { axis }) {
    if (operands.length === 0) throw new ShapeError('concatenate', 'needs at least one operand');
    const [first] = operands;
    requireAxes('concatenate', [axis], first);
    for (const { shape, dtype } of operands) {
      const fits =
        shape.length === first.shape.length && shape.every((extent, i) => i === axis || extent === first.shape[i]);
      if (!fits || dtype !== first.dtype) {
        throw new ShapeError('concatenate', `operands must agree in dtype and in every axis but ${axis}`, operands);
      }
    }
    const total = operands.reduce((sum, { shape }) => sum + shape[axis], 0);
    return { shape: first.shape.map((extent, i) => (i === axis ? total : extent)), dtype: first.dtype };
  },
  evaluate(operands, { axis }) {
    const [first] = operands;
    const total = operands.reduce((sum, { shape }) => sum + shape[axis], 0);
    const shape = first.shape.map((extent, i) => (i === axis ? total : extent));
    const { outer, inner } = around(shape, axis);
    const data = allocate(first.dtype, sizeOf(shape));
    for (let o = 0, to = 0; o < outer; o++) {
      for (const operand of operands) {
        const run = operand.shape[axis] * inner;
        data.set(operand.data.subarray(o * run, (o + 1) * run), to);
        to += run;
      }
    }
    return { shape, dtype: first.dtype, data };
  },
  jvp(b, { primals, tangents, params }) {
    const parts = tangents.map((tangent, index) => b.instantiate(tangent, b.aval(primals[index])));
    return [b.emit('concatenate', parts, params)];
  },
  transpose(b, { cotangents: [c], linear, avals, params: { axis } }) {
    let start = 0;
    return avals.map(({ shape }, index) => {
      const from = start;
      start += shape[axis];
      return linear[index] ? b.sliceAxis(c, axis, from, start) : NONE;
    });
  },
  batch: (b, equation) => batchedRow(b.emit('concatenate', allBatched(b, equation), laterAxis(equation.params))),
};

const slice: Primitive<'slice'> = {
  shape([operand], { start, limit, strides }) {
    const fits =
      start.length === operand.shape.length &&
      operand.shape.every((extent, i) => start[i] >= 0 && start[i] <= limit[i] && limit[i] <= extent && strides[i] > 0);
    if (!fits) {
      throw new ShapeError(
        'slice',
        `[${start.join(', ')}] to [${limit.join(', ')}] by [${strides.join(', ')}] is not inside the operand`,
        [operand],
      );
    }
    return { shape: start.map((from, i) => Math.ceil((limit[i] - from) / strides[i])), dtype: operand.dtype };
  },
  evaluate([x], { start, limit, strides }) {
    const own = stridesOf(x.shape);
    const shape = start.map((from, i) => Math.ceil((limit[i] - from) / strides[i]));
    const offset = start.reduce((sum, from, i) => sum + from * own[i], 0);
    return gatherStrided(
      x.data,
      x.dtype,
      shape,
      own.map((stride, i) => stride * strides[i]),
      offset,
    );
  },
  jvp: linearJvp('slice'),
  transpose(b, { cotangents: [c], avals: [operand], params: { start, strides } }) {
    const { shape } = b.aval(c);
    const zero = b.full({ shape: [], dtype: operand.dtype }, 0);
    const span = shape.map((extent, i) => (extent === 0 ? 0 : (extent - 1) * strides[i] + 1));
    return [
      b.emit('pad', [c, zero], {
        low: start,
        high: operand.shape.map((extent, i) => extent - start[i] - span[i]),
        interior: strides.map((stride) => stride - 1),
      }),
    ];
  },
  batch: (b, { operands, size, params: { start, limit, strides } }) =>
    batchedRow(b.emit('slice', operands, { start: [0, ...start], limit: [size, ...limit], strides: [1, ...strides] })),
};

function paddedShape(operand: Aval, { low, high, interior }: Params<'pad'>): number[] {
  return operand.shape.map((extent, i) => low[i] + high[i] + extent + Math.max(extent - 1, 0) * interior[i]);
}

/** Per axis: first index of the operand that stays, how many do, and where the first one lands. */
function padWindow(operand: Aval, out: readonly number[], { low, interior }: Params<'pad'>) {
  const from: number[] = [];
  const count: number[] = [];
  const to: number[] = [];
  operand.shape.forEach((extent, i) => {
    const step = interior[i] + 1;
    const first = low[i] >= 0 ? 0 : Math.ceil(-low[i] / step);
    const last = Math.min(extent - 1, Math.floor((out[i] - 1 - low[i]) / step));
    from.push(first);
    count.push(Math.max(0, last - first + 1));
    to.push(low[i] + first * step);
  });
  return { from, count, to };
}

const pad: Primitive<'pad'> = {
  shape(operands, params) {
    const [operand, value] = operands;
    if (value.shape.length !== 0 || value.dtype !== operand.dtype) {
      throw new ShapeError('pad', 'the padding value must be a scalar of the dtype of the operand', operands);
    }
    const shape = params.low.length === operand.shape.length ? paddedShape(operand, params) : [-1];
    if (shape.some((extent) => extent < 0) || params.interior.some((extent) => extent < 0)) {
      throw new ShapeError('pad', `cannot pad by [${params.low.join(', ')}] and [${params.high.join(', ')}]`, operands);
    }
    return { shape, dtype: operand.dtype };
  },
  evaluate([x, value], params) {
    const shape = paddedShape(x, params);
    const data = allocate(x.dtype, sizeOf(shape));
    if (value.data[0] !== 0) data.fill(value.data[0]);
    const { from, count, to } = padWindow(x, shape, params);
    const source = stridesOf(x.shape);
    const target = stridesOf(shape).map((stride, i) => stride * (params.interior[i] + 1));
    const start = to.reduce((sum, index, i) => sum + index * stridesOf(shape)[i], 0);
    const window: ArrayValue = gatherStrided(
      x.data,
      x.dtype,
      count,
      source,
      from.reduce((sum, index, i) => sum + index * source[i], 0),
    );
    walkStrided(count, target, start, (at, index, length, step) => {
      for (let i = 0; i < length; i++) data[at + i * step] = window.data[index + i];
    });
    return { shape, dtype: x.dtype, data };
  },
  jvp(b, { primals: [x, value], tangents: [tx, tValue], params }) {
    return [b.emit('pad', [b.instantiate(tx, b.aval(x)), b.instantiate(tValue, b.aval(value))], params)];
  },
  transpose(b, { cotangents: [c], linear, avals: [operand], params }) {
    const zero = b.full({ shape: [], dtype: operand.dtype }, 0);
    // Crop or extend by the same amounts, then take every (interior + 1)-th element.
    const none = params.low.map(() => 0);
    const uncropped = b.emit('pad', [c, zero], {
      low: params.low.map((extent) => -extent),
      high: params.high.map((extent) => -extent),
      interior: none,
    });
    const inside = b.emit('slice', [uncropped], {
      start: none,
      limit: b.aval(uncropped).shape,
      strides: params.interior.map((extent) => extent + 1),
    });
    if (!linear[1]) return [inside, NONE];
    const every = params.low.map((_, axis) => axis);
    return [linear[0] ? inside : NONE, b.sub(b.reduceSum(c, every), b.reduceSum(inside, every))];
  },
  batch(b, { operands: [x, value], batched, size, params }) {
    const first = batched[0] ? x : b.repeat(x, size);
    const later = { low: [0, ...params.low], high: [0, ...params.high], interior: [0, ...params.interior] };
    if (!batched[1]) return batchedRow(b.emit('pad', [first, value], later));
    // A padding value for every example: pad with anything, then put the values where padding is.
    const aval = b.aval(first);
    const padded = b.emit('pad', [first, b.full({ shape: [], dtype: aval.dtype }, 0)], later);
    const inside = b.emit(
      'pad',
      [b.full({ shape: aval.shape, dtype: 'bool' }, 1), b.full({ shape: [], dtype: 'bool' }, 0)],
      later,
    );
    return batchedRow(b.select(inside, padded, b.broadcast(value, b.aval(padded).shape, [0])));
  },
};

const reverse: Primitive<'reverse'> = {
  shape([operand], { axes }) {
    requireAxes('reverse', axes, operand);
    return operand;
  },
  evaluate([x], { axes }) {
    const strides = stridesOf(x.shape);
    let offset = 0;
    for (const axis of axes) {
      offset += (x.shape[axis] - 1) * strides[axis];
      strides[axis] = -strides[axis];
    }
    return gatherStrided(x.data, x.dtype, x.shape, strides, offset);
  },
  jvp: linearJvp('reverse'),
  transpose: (b, { cotangents: [c], params: { axes } }) => [b.reverse(c, axes)],
  batch: (b, { operands, params }) => batchedRow(b.emit('reverse', operands, laterAxes(params))),
};

const iota: Primitive<'iota'> = {
  shape(_operands, { shape, axis, dtype }) {
    requireAxes('iota', [axis], { shape, dtype });
    return { shape, dtype };
  },
  evaluate(_operands, { shape, axis, dtype }) {
    const { outer, extent, inner } = around(shape, axis);
    const data = allocate(dtype, sizeOf(shape));
    for (let o = 0, to = 0; o < outer; o++) {
      for (let k = 0; k < extent; k++, to += inner) data.fill(k, to, to + inner);
    }
    return { shape, dtype, data };
  },
  jvp: zeroTangent,
  transpose: null,
  batch: (b, { params }) => ({ rows: [b.emit('iota', [], params)], batched: [false] }),
};

export const shapes = {
  reshape,
  transpose,
  broadcastInDim,
  concatenate,
  slice,
  pad,
  reverse,
  iota,
} satisfies Partial<PrimitiveTable>;
