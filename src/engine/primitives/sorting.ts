/** Sorting along an axis: ascending, NaN last. */
import { allocate, type ArrayValue } from '../program/aval';
import { around } from './arrays';
import { batchedRow, laterAxis, requireAxes, zeroTangent } from './factories';
import type { Primitive, PrimitiveTable } from './primitive';

const sort: Primitive<'sort'> = {
  shape([operand], { axis }) {
    requireAxes('sort', [axis], operand);
    return operand;
  },
  evaluate([x], { axis }) {
    const { outer, extent, inner } = around(x.shape, axis);
    const data = x.data.slice();
    if (inner === 1) {
      for (let o = 0; o < outer; o++) data.subarray(o * extent, (o + 1) * extent).sort();
      return { shape: x.shape, dtype: x.dtype, data };
    }
    const run = allocate(x.dtype, extent);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const start = o * extent * inner + i;
        for (let k = 0; k < extent; k++) run[k] = data[start + k * inner];
        run.sort();
        for (let k = 0; k < extent; k++) data[start + k * inner] = run[k];
      }
    }
    return { shape: x.shape, dtype: x.dtype, data };
  },
  // d sort(x) = dx in the order of x
  jvp(b, { primals: [x], tangents: [t], params: { axis } }) {
    const last = b.aval(x).shape.length - 1;
    const order = b.moveAxis(b.argsort(x, { axis }), axis, last);
    const indices = b.reshape(order, [...b.aval(order).shape, 1]);
    const moved = b.gather(b.moveAxis(t, axis, last), indices, { axes: [last], batchDims: last });
    return [b.moveAxis(moved, last, axis)];
  },
  transpose: null,
  batch: (b, { operands, params }) => batchedRow(b.emit('sort', operands, laterAxis(params))),
};

/** Negative where element i comes before element j: by value, NaN last, equal ones by place. */
function comparePlaces(run: ArrayLike<number>): (i: number, j: number) => number {
  return (i, j) => {
    const x = run[i];
    const y = run[j];
    if (x < y) return -1;
    if (x > y) return 1;
    if (x !== x && y === y) return 1;
    if (x === x && y !== y) return -1;
    return i - j;
  };
}

function evaluateArgsort(x: ArrayValue, axis: number): ArrayValue {
  const { outer, extent, inner } = around(x.shape, axis);
  const data = new Int32Array(x.data.length);
  const run = allocate(x.dtype, extent);
  const order = new Int32Array(extent);
  const compare = comparePlaces(run);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const start = o * extent * inner + i;
      for (let k = 0; k < extent; k++) {
        run[k] = x.data[start + k * inner];
        order[k] = k;
      }
      order.sort(compare);
      for (let k = 0; k < extent; k++) data[start + k * inner] = order[k];
    }
  }
  return { shape: x.shape, dtype: 'int32', data };
}

const argsort: Primitive<'argsort'> = {
  shape([operand], { axis }) {
    requireAxes('argsort', [axis], operand);
    return { shape: operand.shape, dtype: 'int32' };
  },
  evaluate: ([x], { axis }) => evaluateArgsort(x, axis),
  jvp: zeroTangent,
  transpose: null,
  batch: (b, { operands, params }) => batchedRow(b.emit('argsort', operands, laterAxis(params))),
};

export const sorting = { sort, argsort } satisfies Partial<PrimitiveTable>;
