/** `Object` and `Reflect` on typed arrays with traced numbers, whose elements the language itself reads as plain ones. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import { apply, get, noteArrayMethods, set, spread } from './elements';
import { elementIndex, hasTraced, isTypedArray } from './typedArrays';

type Any = any;

/** `key` is an element of `object`, which holds traced numbers. */
function isElement(object: unknown, key: unknown): boolean {
  return isTypedArray(object) && hasTraced(object) && elementIndex(key) !== undefined;
}

export function installObjects({ Object: object, Reflect: reflect, Array: array }: Record<string, Any>): void {
  noteArrayMethods(array.prototype as object);
  for (const name of ['values', 'entries']) {
    const native = object[name];
    object[name] = (value: unknown) => native(spread(value));
  }
  const { assign } = object;
  object.assign = (target: unknown, ...sources: unknown[]) => {
    if (!isTypedArray(target)) return assign(target, ...sources.map(spread));
    for (const source of sources)
      for (const [key, value] of Object.entries(Object(spread(source)) as object)) set(target, key, value, 0);
    return target;
  };
  for (const holder of [object, reflect]) {
    const native = holder.getOwnPropertyDescriptor;
    holder.getOwnPropertyDescriptor = (value: unknown, key: unknown) => {
      const found = native(value, key);
      return found && isElement(value, key) ? { ...found, value: get(value, key, 0) } : found;
    };
  }
  const { get: nativeGet, set: nativeSet } = reflect;
  reflect.get = (target: unknown, key: unknown, ...receiver: unknown[]) =>
    isElement(target, key) ? get(target, key, 0) : nativeGet(target, key, ...receiver);
  reflect.set = (target: unknown, key: unknown, value: unknown, ...receiver: unknown[]) => {
    if (!isTypedArray(target) || elementIndex(key) === undefined) return nativeSet(target, key, value, ...receiver);
    set(target, key, value, 0);
    return true;
  };
  reflect.apply = (target: unknown, receiver: unknown, list: unknown) => apply(target, receiver, list);
}
