/** Arrays as functions of their index, and operations on them by plain loops: what np is compared with. */
import { np, type NdArray } from '../../../../../src/engine/index';

export interface Plain {
  readonly shape: readonly number[];
  readonly at: (index: readonly number[]) => number;
}

/** All indices of a shape, row by row. */
export function* indicesOf(shape: readonly number[]): Generator<number[]> {
  if (shape.length === 0) yield [];
  else for (let i = 0; i < shape[0]; i++) for (const rest of indicesOf(shape.slice(1))) yield [i, ...rest];
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, extent) => size * extent, 1);
}

/** Position of an index in row-major order. */
function flat(shape: readonly number[], index: readonly number[]): number {
  return index.reduce((position, at, axis) => position * shape[axis] + at, 0);
}

export function plain(array: NdArray): Plain {
  const { data } = array.concrete;
  return { shape: array.shape, at: (index) => data[flat(array.shape, index)] };
}

/** The array with these elements. */
export function build(shape: readonly number[], at: (index: number[]) => number): NdArray {
  return np.array(Float64Array.from([...indicesOf(shape)], at)).reshape([...shape]);
}

/** Numbers that differ from element to element, of an array of a shape. */
export function sample(shape: readonly number[], seed: number): NdArray {
  let state = seed >>> 0;
  return build(shape, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.round((state / 4294967296 - 0.5) * 4000) / 1000;
  });
}
