/** Abstract values: shape and element type, without the numbers. */

export type DType = 'float64' | 'float32' | 'int32' | 'uint32' | 'bool';
export type Shape = readonly number[];

export interface Aval {
  readonly shape: Shape;
  readonly dtype: DType;
}

export type ArrayData = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array;

/** A concrete array: contiguous, row-major. `bool` is stored as 0 and 1 in a Uint8Array. */
export interface ArrayValue extends Aval {
  readonly data: ArrayData;
}

/** The scalar that plain TypeScript numbers are: shape `[]`, float64. */
export const SCALAR: Aval = { shape: [], dtype: 'float64' };

export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

export function isFloat(dtype: DType): boolean {
  return dtype === 'float64' || dtype === 'float32';
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** Zero-filled storage of `size` elements. */
export function allocate(dtype: DType, size: number): ArrayData {
  switch (dtype) {
    case 'float64':
      return new Float64Array(size);
    case 'float32':
      return new Float32Array(size);
    case 'int32':
      return new Int32Array(size);
    case 'uint32':
      return new Uint32Array(size);
    case 'bool':
      return new Uint8Array(size);
  }
}

/** As JAX writes it: `f64[3,2]`. */
export function printAval(aval: Aval): string {
  const name = { float64: 'f64', float32: 'f32', int32: 'i32', uint32: 'u32', bool: 'bool' }[aval.dtype];
  return `${name}[${aval.shape.join(',')}]`;
}
