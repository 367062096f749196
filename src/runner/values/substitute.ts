/** A copy of an argument with its numbers replaced by traced ones; what is not a number stays what it is. */
import { NdArray } from '../../engine/trace/ndarray';
import { isFloatArray, isTypedArray, storeElement, type AnyTypedArray } from '../recording/typedArrays';

export interface Replace {
  number: (value: number) => unknown;
  array: (value: NdArray) => unknown;
  /** A copy of a typed array of floats, instead of its numbers one by one. */
  typed?: ((copy: AnyTypedArray) => void) | undefined;
}

/** Numbers are replaced in the order in which `describe` finds them. */
export function substitute(root: unknown, replace: Replace): unknown {
  // Copies of what is being copied right now: cycles close, but what merely stands in two places counts twice.
  const copies = new Map<object, unknown>();
  const visit = (value: unknown): unknown => {
    if (typeof value === 'number') return replace.number(value);
    if (value instanceof NdArray) return replace.array(value);
    if (typeof value !== 'object' || value === null) return value;
    const open = copies.get(value);
    if (open !== undefined) return open;
    try {
      return copy(value);
    } finally {
      copies.delete(value);
    }
  };
  const copy = (value: object): unknown => {
    if (isTypedArray(value)) {
      if (!isFloatArray(value)) return value;
      const copied = value.slice() as AnyTypedArray;
      if (replace.typed && copied.length > 0) {
        replace.typed(copied);
        return copied;
      }
      for (let index = 0; index < value.length; index++) storeElement(copied, index, replace.number(value[index]));
      return copied;
    }
    if (Array.isArray(value)) {
      const copied = value.slice() as unknown[];
      copies.set(value, copied);
      for (let index = 0; index < value.length; index++) copied[index] = visit(value[index]);
      return copied;
    }
    if (Object.prototype.toString.call(value) === '[object Map]') {
      const map = value as Map<unknown, unknown>;
      const copied = new (map.constructor as MapConstructor)();
      copies.set(value, copied);
      for (const [key, item] of map) copied.set(key, visit(item));
      return copied;
    }
    const copied = Object.create(Object.getPrototypeOf(value) as object | null) as Record<string, unknown>;
    copies.set(value, copied);
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
      if ('value' in descriptor && descriptor.enumerable && typeof descriptor.value !== 'function') {
        Object.defineProperty(copied, name, { ...descriptor, value: visit(descriptor.value), writable: true });
      } else Object.defineProperty(copied, name, descriptor);
    }
    return copied;
  };
  return visit(root);
}
