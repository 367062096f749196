/** structuredClone with traced numbers in it. */
import { Tracer } from '../../engine/trace/tracer';
import { copyCells, isTypedArray, type AnyTypedArray } from './typedArrays';

export function cloneData(value: unknown, seen = new Map<object, unknown>()): unknown {
  if (typeof value === 'function' || typeof value === 'symbol')
    throw new TypeError(`${String(value)} could not be cloned.`);
  if (typeof value !== 'object' || value === null || value instanceof Tracer) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  const keep = <T>(copy: T): T => {
    seen.set(value, copy);
    return copy;
  };
  if (isTypedArray(value)) {
    const buffer = cloneBuffer(value.buffer);
    const Kind = value.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => AnyTypedArray;
    return keep(new Kind(buffer, value.byteOffset, value.length));
  }
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  switch (kind) {
    case 'Array': {
      const copy = keep(new (value.constructor as ArrayConstructor)(0));
      for (const element of value as unknown[]) copy.push(cloneData(element, seen));
      return copy;
    }
    case 'Map': {
      const copy = keep(new (value.constructor as MapConstructor)());
      for (const [key, item] of value as Map<unknown, unknown>) copy.set(cloneData(key, seen), cloneData(item, seen));
      return copy;
    }
    case 'Set': {
      const copy = keep(new (value.constructor as SetConstructor)());
      for (const item of value as Set<unknown>) copy.add(cloneData(item, seen));
      return copy;
    }
    case 'Date':
      return keep(new (value.constructor as DateConstructor)(+(value as Date)));
    case 'ArrayBuffer':
      return keep(cloneBuffer(value as ArrayBuffer));
    case 'RegExp':
      return keep(new RegExp(value as RegExp));
    default: {
      const copy: Record<string, unknown> = keep({});
      for (const [name, item] of Object.entries(value)) copy[name] = cloneData(item, seen);
      return copy;
    }
  }
}

function cloneBuffer(buffer: ArrayBufferLike): ArrayBufferLike {
  const copy = buffer.slice(0);
  copyCells(buffer, copy, 0, buffer.byteLength);
  return copy;
}
