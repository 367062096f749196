/** Arguments and results of checked functions as flat vectors of float64, and random directions among them. */
import { ArgumentError } from '../errors';
import { allocate, isFloat, type ArrayData } from '../program/aval';
import { ConcreteArray, type NdArray } from '../trace/ndarray';
import { toKind, toNdArray, kindOf, type Leaf } from '../tree/leaves';
import { flattenInto, unflatten, type Structure } from '../tree/structure';

/** A tree of concrete arrays whose float leaves can be moved. */
export class Point {
  private readonly leaves: readonly Leaf[];
  private readonly structure: Structure;
  private readonly arrays: readonly NdArray[];
  /** Number of float elements. */
  readonly size: number;

  constructor(
    where: string,
    readonly tree: unknown,
  ) {
    const leaves: Leaf[] = [];
    this.structure = flattenInto(tree, leaves);
    this.leaves = leaves;
    this.arrays = leaves.map(toNdArray);
    this.size = this.arrays.reduce((sum, array) => sum + (isFloat(array.dtype) ? array.size : 0), 0);
    if (this.size === 0) throw new ArgumentError(where, 'there is no float to check.');
  }

  /** True where some float leaf has single precision. */
  get isSingle(): boolean {
    return this.arrays.some(({ dtype }) => dtype === 'float32');
  }

  /** The float elements. */
  values(): Float64Array {
    const all = new Float64Array(this.size);
    let next = 0;
    for (const array of this.arrays) {
      if (!isFloat(array.dtype)) continue;
      all.set(array.concrete.data, next);
      next += array.size;
    }
    return all;
  }

  /** A tree of this one's structure with other float elements; integers are kept, or 0 with `zeroIntegers` (for tangents). */
  with(values: Float64Array, zeroIntegers = false): unknown {
    let next = 0;
    const leaves = this.arrays.map((array, index) => {
      if (!isFloat(array.dtype)) {
        return zeroIntegers
          ? new ConcreteArray(allocate(array.dtype, array.size), array.shape, array.dtype)
          : this.leaves[index];
      }
      const data: ArrayData = allocate(array.dtype, array.size);
      data.set(values.subarray(next, next + array.size));
      next += array.size;
      return toKind(new ConcreteArray(data, array.shape, array.dtype), kindOf(this.leaves[index]));
    });
    return unflatten(this.structure, leaves);
  }

  /** The tree moved by h along a direction. */
  moved(direction: Float64Array, h: number): unknown {
    return this.with(this.values().map((value, index) => value + h * direction[index]));
  }
}

/** The float elements of a tree, in order. */
export function flat(tree: unknown): Float64Array {
  const leaves: Leaf[] = [];
  flattenInto(tree, leaves);
  const arrays = leaves.map(toNdArray).filter(({ dtype }) => isFloat(dtype));
  const all = new Float64Array(arrays.reduce((sum, array) => sum + array.size, 0));
  let next = 0;
  for (const array of arrays) {
    all.set(array.concrete.data, next);
    next += array.size;
  }
  return all;
}

export function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, index) => sum + value * b[index], 0);
}

export function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}

/** Numbers in [0, 1) from a seed (mulberry32): the same checks every time. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A random direction of length 1. */
export function randomDirection(size: number, random: () => number): Float64Array {
  const direction = Float64Array.from({ length: size }, () => random() * 2 - 1);
  const length = norm(direction) || 1;
  return direction.map((value) => value / length);
}
