/** Typed arrays as they come in: from any realm, and with the traced numbers that a recording host keeps beside them. */
import { allocate, type DType } from '../program/aval';
import { bind } from './bind';
import { ConcreteArray, NdArray } from './ndarray';
import { scalar, type Tracer } from './recorder';

export type TypedArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray;

/** What a host that lets users' own arrays hold traced numbers knows of them. */
export interface ArrayHost {
  /** The elements of a typed array, traced where traced numbers were stored, or all as one; undefined where there are none. */
  elements(array: TypedArray): readonly (number | NdArray)[] | NdArray | undefined;
  /** The traced array that a plain one stands for. */
  list(list: readonly unknown[]): NdArray | undefined;
  /** A typed array that holds a traced one of its length and dtype, where the user's code would get one if nothing were traced. */
  typed(array: Tracer): TypedArray | undefined;
}

let host: ArrayHost | undefined;

export function useArrayHost(of: ArrayHost): void {
  host = of;
}

/** The traced array that a plain one stands for, in hosts where such a one exists. */
export function fromList(list: readonly unknown[]): NdArray | undefined {
  return host?.list(list);
}

/** A typed array that holds a traced one, in hosts where that can be. */
export function toTyped(array: Tracer): TypedArray | undefined {
  return host?.typed(array);
}

/** By the array's own tag: `instanceof` knows only the arrays of this realm. */
export function typedDType(array: TypedArray): DType {
  switch (array[Symbol.toStringTag]) {
    case 'Float64Array':
      return 'float64';
    case 'Float32Array':
      return 'float32';
    case 'Uint32Array':
      return 'uint32';
    default:
      return 'int32';
  }
}

/** A copy: later changes of the typed array are not seen. Records where it holds traced numbers. */
export function fromTyped(array: TypedArray): NdArray {
  const dtype = typedDType(array);
  const elements = host?.elements(array);
  if (elements === undefined) {
    const data = allocate(dtype, array.length);
    data.set(array);
    return new ConcreteArray(data, [array.length], dtype);
  }
  const joined = elements instanceof NdArray ? elements : join(elements);
  return joined.dtype === dtype ? joined : bind('convert', [joined], { dtype });
}

function join(elements: readonly (number | NdArray)[]): NdArray {
  const parts = elements.map((element) =>
    bind('reshape', [typeof element === 'number' ? scalar(element) : element], { shape: [1] }),
  );
  return parts.length === 1 ? parts[0] : bind('concatenate', parts, { axis: 0 });
}
