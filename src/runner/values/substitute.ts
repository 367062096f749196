/** An argument with its numbers replaced by traced ones; what is not a number stays what it is. */
import { types } from 'node:util';
import { allocate } from '../../engine/program/aval';
import { ConcreteArray, NdArray } from '../../engine/trace/ndarray';
import { shapeOfNumbers } from '../recording/numberLists';
import { isFloatArray, isTypedArray, storeElement, type AnyTypedArray } from '../recording/typedArrays';

export interface Replace {
  number: (value: number) => unknown;
  array: (value: NdArray) => unknown;
  /** A copy of a typed array of floats, instead of its numbers one by one. */
  typed?: ((copy: AnyTypedArray) => void) | undefined;
  /** What stands for a copy of an array of numbers, or of a rectangular one of such, instead of its numbers one by one. */
  list?: ((copy: unknown[], shape: readonly number[]) => unknown) | undefined;
}

export interface Substituted {
  value: unknown;
  /** Puts back what was replaced in objects that could not be copied; once, when nothing runs any more. */
  restore: () => void;
}

/**
 * Numbers are replaced in the order in which `describe` finds them: in copies of arrays, maps and plain objects, and in place in
 * what cannot be copied. An instance has private fields, methods that know it as `this`, or slots of the language's own.
 */
export function substitute(root: unknown, replace: Replace): Substituted {
  // What is being replaced right now: cycles close, but what merely stands in two places counts twice.
  const open = new Map<object, unknown>();
  const inPlace = new Map<object, PropertyDescriptorMap>();
  const visit = (value: unknown): unknown => {
    if (typeof value === 'number') return replace.number(value);
    if (value instanceof NdArray) return replace.array(value);
    if (typeof value !== 'object' || value === null) return value;
    const started = open.get(value);
    if (started !== undefined) return started;
    try {
      return replaced(value);
    } finally {
      open.delete(value);
    }
  };
  const replaced = (value: object): unknown => {
    if (isTypedArray(value)) return typed(value);
    if (Array.isArray(value)) {
      const shape = replace.list && shapeOfNumbers(value);
      if (shape) return replace.list?.(deepCopy(value), shape);
      const copied = value.slice() as unknown[];
      open.set(value, copied);
      for (let index = 0; index < copied.length; index++) if (index in copied) copied[index] = visit(value[index]);
      return copied;
    }
    if (types.isMap(value)) {
      const copied = new (value.constructor as MapConstructor)();
      open.set(value, copied);
      for (const [key, item] of value) copied.set(key, visit(item));
      return copied;
    }
    const before: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(value);
    // A second time in the same place would take the first one's traced numbers for the argument's.
    const target =
      !inPlace.has(value) && needsItself(value, before) && isOpen(before)
        ? value
        : (Object.create(Object.getPrototypeOf(value) as object | null) as object);
    open.set(value, target);
    if (target === value) inPlace.set(value, before);
    for (const [name, property] of Object.entries(before)) {
      if (isReplaced(property))
        Object.defineProperty(target, name, { ...property, writable: true, value: visit(property.value) });
      else if (target !== value) Object.defineProperty(target, name, property);
    }
    return target;
  };
  const typed = (value: AnyTypedArray): AnyTypedArray => {
    if (!isFloatArray(value)) return value;
    const copied = value.slice() as AnyTypedArray;
    if (replace.typed && copied.length > 0) replace.typed(copied);
    else for (let index = 0; index < value.length; index++) storeElement(copied, index, replace.number(value[index]));
    return copied;
  };
  const restore = (): void => {
    moved.delete(restore);
    for (const [object, before] of inPlace) {
      // What the function froze meanwhile stays as it is.
      for (const name of Reflect.ownKeys(object))
        if (!Object.hasOwn(before, name)) Reflect.deleteProperty(object, name);
      for (const name of Reflect.ownKeys(before)) Reflect.defineProperty(object, name, before[name as string]);
    }
  };
  moved.add(restore);
  return { value: visit(root), restore };
}

function deepCopy(list: readonly unknown[]): unknown[] {
  const copied = list.slice();
  copied.forEach((item, index) => Array.isArray(item) && (copied[index] = deepCopy(item)));
  return copied;
}

/** The same for several arguments, those at `wrt`, one after the other; what stands in two of them is put back in turn. */
export function substituteAll(
  args: readonly unknown[],
  wrt: readonly number[],
  replace: Replace | ((index: number) => Replace),
): { args: unknown[]; restore: () => void } {
  const replaced = [...args];
  const restores: (() => void)[] = [];
  for (const index of wrt) {
    const { value, restore } = substitute(args[index], typeof replace === 'function' ? replace(index) : replace);
    replaced[index] = value;
    restores.unshift(restore);
  }
  return { args: replaced, restore: () => restores.forEach((restore) => restore()) };
}

/** What was moved and not put back: code that runs out of time is stopped without its `finally`. */
const moved = new Set<() => void>();

/** Puts back whatever an earlier request left moved. */
export function restoreAll(): void {
  for (const restore of [...moved].reverse()) restore();
}

/** To replace numbers by the next ones. */
export function byNumbers(next: () => number): Replace {
  return {
    number: next,
    array: ({ dtype, size, shape }) => {
      const data = allocate(dtype, size);
      for (let at = 0; at < data.length; at++) data[at] = next();
      return new ConcreteArray(data, shape, dtype);
    },
  };
}

/** Something in it cannot be said by data: a function, an instance of a class, a map. */
export function isMoreThanData(value: unknown): boolean {
  const seen = new Set<object>();
  const visit = (item: unknown): boolean => {
    if (typeof item === 'function') return true;
    if (typeof item !== 'object' || item === null || item instanceof NdArray || isTypedArray(item)) return false;
    if (seen.has(item)) return false;
    seen.add(item);
    if (Array.isArray(item)) return item.some(visit);
    if (types.isMap(item)) return true;
    const properties: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(item);
    return needsItself(item, properties) || Object.values(properties).some((property) => visit(property.value));
  };
  return visit(value);
}

/** A copy would not be the same: an instance, a proxy, or an object with functions of its own, which may hold it. */
function needsItself(value: object, properties: PropertyDescriptorMap): boolean {
  if (types.isProxy(value)) return true;
  const prototype = Object.getPrototypeOf(value) as object | null;
  // The prototype of plain objects, of whatever realm, has none itself.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return true;
  if (prototype !== null && !Object.hasOwn(prototype, 'hasOwnProperty')) return true;
  return Object.values(properties).some((property) => typeof property.value === 'function');
}

/** Functions stay: an own method. */
function isReplaced(property: PropertyDescriptor): boolean {
  return 'value' in property && property.enumerable === true && typeof property.value !== 'function';
}

/** What is to be replaced can be put back. */
function isOpen(properties: PropertyDescriptorMap): boolean {
  return Object.values(properties).every((property) => !isReplaced(property) || property.configurable === true);
}
