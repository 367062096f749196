/** What the functions of the array API accept. */
import type { DType } from '../program/aval';
import type { NdArray } from '../trace/ndarray';
import type { TypedArray } from '../trace/typedArrays';

export type { TypedArray };

/** Arrays in arrays: all at one depth have the same length. Leaves may be traced. */
export type NestedArray = readonly ArrayLike[];

/**
 * Anything that stands for an array. A number is *weakly typed*, as a Python scalar is in JAX: it takes the float type of what
 * it is combined with. JavaScript has no integer literals, so a number is always a float: an int32 array plus 1 is float64;
 * write `np.int32(1)` for an integer. Nested arrays of numbers are float64, of booleans bool.
 */
export type ArrayLike = NdArray | number | boolean | TypedArray | NestedArray;

/** One axis, several, or null for all; negative ones count from the end. */
export type Axis = number | readonly number[] | null;

export interface DTypeOption {
  readonly dtype?: DType;
}

export interface ReduceOptions {
  /** Default: all axes. */
  readonly axis?: Axis;
  /** Keep the reduced axes with size one. */
  readonly keepdims?: boolean;
}

/** A reduction's second argument: the axis, as in numpy, or an object of options. */
export type AxisOrOptions<O extends ReduceOptions = ReduceOptions> = Axis | O;
