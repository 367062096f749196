/** Loops over contiguous arrays that the elementwise primitives' evaluation is made of. */
import { allocate, type ArrayData, type ArrayValue, type DType, type Shape } from '../program/aval';

/** f of every element. float32 results are rounded by their storage. */
export function mapUnary(x: ArrayValue, dtype: DType, f: (x: number) => number): ArrayValue {
  const { data, shape } = x;
  const size = data.length;
  if (size === 1 && dtype === 'float64') {
    const out = new Float64Array(1);
    out[0] = f(data[0]);
    return { shape, dtype, data: out };
  }
  const out = allocate(dtype, size);
  if (data instanceof Float64Array && out instanceof Float64Array) mapFloat64(data, out, f);
  else for (let i = 0; i < size; i++) out[i] = f(data[i]);
  return { shape, dtype, data: out };
}

// Apart, so that the common case stays a loop over one kind of array.
function mapFloat64(data: Float64Array, out: Float64Array, f: (x: number) => number): void {
  for (let i = 0; i < out.length; i++) out[i] = f(data[i]);
}

/** A whole loop over float64 arrays. */
export type Loop = (x: Float64Array, y: Float64Array, out: Float64Array) => void;

/** f of every pair of elements; `loop` is the same for long float64 arrays, where a call an element would be most of the cost. */
export function mapBinary(
  x: ArrayValue,
  y: ArrayValue,
  dtype: DType,
  f: (x: number, y: number) => number,
  loop?: Loop,
): ArrayValue {
  const { data, shape } = x;
  const other = y.data;
  const size = data.length;
  if (size === 1 && dtype === 'float64') {
    const out = new Float64Array(1);
    out[0] = f(data[0], other[0]);
    return { shape, dtype, data: out };
  }
  const out = allocate(dtype, size);
  if (data instanceof Float64Array && other instanceof Float64Array && out instanceof Float64Array) {
    if (loop) loop(data, other, out);
    else zipFloat64(data, other, out, f);
  } else {
    for (let i = 0; i < size; i++) out[i] = f(data[i], other[i]);
  }
  return { shape, dtype, data: out };
}

function zipFloat64(x: Float64Array, y: Float64Array, out: Float64Array, f: (x: number, y: number) => number): void {
  for (let i = 0; i < out.length; i++) out[i] = f(x[i], y[i]);
}

/** Row-major strides of a shape, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/**
 * Reads `data` at the places that strides of any kind (zero and negative ones included) over `shape` describe, in row-major
 * order of `shape`: transposition, broadcasting, slicing and reversal are all this one walk.
 */
export function gatherStrided(
  data: ArrayData,
  dtype: DType,
  shape: Shape,
  strides: readonly number[],
  offset = 0,
): ArrayValue {
  let size = 1;
  for (const extent of shape) size *= extent;
  const out = allocate(dtype, size);
  walkStrided(shape, strides, offset, (from, to, count, step) => {
    for (let i = 0, at = from; i < count; i++, at += step) out[to + i] = data[at];
  });
  return { shape, dtype, data: out };
}

/** Calls `inner(from, to, count, step)` for every run along the last axis: `from` by the strides, `to` in row-major order. */
export function walkStrided(
  shape: Shape,
  strides: readonly number[],
  offset: number,
  inner: (from: number, to: number, count: number, step: number) => void,
): void {
  const rank = shape.length;
  if (rank === 0) return inner(offset, 0, 1, 0);
  const last = rank - 1;
  const count = shape[last];
  const step = strides[last];
  let runs = 1;
  for (let axis = 0; axis < last; axis++) runs *= shape[axis];
  if (count === 0) return;
  const index = new Int32Array(rank);
  let from = offset;
  for (let run = 0, to = 0; run < runs; run++, to += count) {
    inner(from, to, count, step);
    for (let axis = last - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

/** Moves the axes in `axes` behind the others: (kept extents, walked extents, data as [kept, walked]). */
export function axesLast(
  x: ArrayValue,
  axes: readonly number[],
): { kept: number[]; outer: number; inner: number; data: ArrayData } {
  const rank = x.shape.length;
  const others: number[] = [];
  for (let axis = 0; axis < rank; axis++) if (!axes.includes(axis)) others.push(axis);
  const sorted = [...axes].sort((a, b) => a - b);
  const kept = others.map((axis) => x.shape[axis]);
  const inner = sorted.reduce((product, axis) => product * x.shape[axis], 1);
  const outer = kept.reduce((product, extent) => product * extent, 1);
  const order = [...others, ...sorted];
  if (order.every((axis, index) => axis === index)) return { kept, outer, inner, data: x.data };
  const strides = stridesOf(x.shape);
  const moved = gatherStrided(
    x.data,
    x.dtype,
    order.map((axis) => x.shape[axis]),
    order.map((axis) => strides[axis]),
  );
  return { kept, outer, inner, data: moved.data };
}

/** An array seen as [outer, extent, inner] around one axis. */
export function around(shape: Shape, axis: number): { outer: number; extent: number; inner: number } {
  let outer = 1;
  let inner = 1;
  for (let i = 0; i < axis; i++) outer *= shape[i];
  for (let i = axis + 1; i < shape.length; i++) inner *= shape[i];
  return { outer, extent: shape[axis], inner };
}
