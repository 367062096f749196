/** The leaves of pytrees: numbers, arrays and typed arrays, and how each becomes an NdArray and back. */
import type { Aval } from '../program/aval';
import { NdArray } from '../trace/ndarray';
import { FLOAT32, FLOAT64, NUMBER, scalar, Tracer } from '../trace/recorder';
import { fromTyped, toTyped, typedDType, type TypedArray } from '../trace/typedArrays';

export type { TypedArray };

export type Leaf = number | NdArray | TypedArray;

/** What a leaf was in the user's hands, so that results can be given back as the same. */
export type LeafKind = 'number' | 'array' | 'float64' | 'float32' | 'integers';

export function isLeaf(value: unknown): value is Leaf {
  return typeof value === 'number' || value instanceof NdArray || isTypedArray(value);
}

function isTypedArray(value: unknown): value is TypedArray {
  return (
    ArrayBuffer.isView(value) &&
    !(value instanceof DataView) &&
    !(value instanceof BigInt64Array) &&
    !(value instanceof BigUint64Array)
  );
}

export function kindOf(leaf: Leaf): LeafKind {
  if (typeof leaf === 'number') return 'number';
  if (leaf instanceof Tracer) return leaf.isNumber ? 'number' : (leaf.typed ?? 'array');
  if (leaf instanceof NdArray) return 'array';
  const dtype = typedDType(leaf);
  return dtype === 'float64' || dtype === 'float32' ? dtype : 'integers';
}

const SCALAR_LEAF: Aval = { shape: [], dtype: 'float64' };

/** Shape and dtype of a leaf: numbers are float64 scalars, typed arrays of integers of less than 32 bits are int32. */
export function avalOf(leaf: Leaf): Aval {
  if (typeof leaf === 'number') return SCALAR_LEAF;
  if (leaf instanceof NdArray) return leaf.aval;
  return { shape: [leaf.length], dtype: typedDType(leaf) };
}

/** A leaf as an array. Typed arrays are copied, so that later changes of the user's are not seen. */
export function toNdArray(leaf: Leaf): NdArray {
  if (typeof leaf === 'number') return scalar(leaf);
  if (leaf instanceof NdArray) return leaf;
  return fromTyped(leaf);
}

function tracerOfKind(array: Tracer, kind: LeafKind): Leaf {
  if (!isTyped(array, kind))
    return new Tracer(array.recorder, array.row, kind === 'number' && array.ndim === 0 ? NUMBER : undefined);
  return toTyped(array) ?? new Tracer(array.recorder, array.row, kind === 'float64' ? FLOAT64 : FLOAT32);
}

/** Whether an array has the shape and dtype of a Float64Array or Float32Array. */
function isTyped(array: NdArray, kind: LeafKind): kind is 'float64' | 'float32' {
  return (kind === 'float64' || kind === 'float32') && array.ndim === 1 && array.dtype === kind;
}

/**
 * An array in the kind of a leaf: a number for numbers, a Float64Array or Float32Array where the shape and dtype are such a
 * one's, the array itself else. Inside an outer trace the result stays a tracer, unless the host has typed arrays of traced numbers.
 */
export function toKind(array: NdArray, kind: LeafKind): Leaf {
  if (array instanceof Tracer) return kindOf(array) === kind ? array : tracerOfKind(array, kind);
  if (kind === 'number') return array.ndim === 0 ? array.concrete.data[0] : array;
  return isTyped(array, kind) ? (array.concrete.data.slice() as Float64Array | Float32Array) : array;
}
