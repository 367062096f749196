/** Element access of rewritten code: typed arrays keep their traced numbers, and traced keys become plain with a word about it. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import { Tracer } from '../../engine/trace/tracer';
import { key, post } from './operators';
import {
  elementIndex,
  elementOf,
  elements,
  hasTraced,
  isTypedArray,
  storeElement,
  type AnyTypedArray,
} from './typedArrays';

const isArray = Array.isArray;

export function get(object: any, index: any, site: number): unknown {
  const property = index instanceof Tracer ? key(index, site) : index;
  if (isArray(object)) return object[property];
  if (!isTypedArray(object)) return object[property];
  const at = elementIndex(property);
  return at === undefined ? (object as any)[property] : elementOf(object, at, site);
}

class Elements {
  constructor(private readonly object: unknown) {}

  get(index: unknown, site: number): unknown {
    return get(this.object, index, site);
  }
}

/** `object?.[index]` is `maybe(object)?.get(index)`: the chain ends where the language ends it, before the index is evaluated. */
export function maybe(object: unknown): Elements | undefined {
  return object === null || object === undefined ? undefined : new Elements(object);
}

export function set(object: any, index: any, value: unknown, site: number): unknown {
  const property = index instanceof Tracer ? key(index, site) : index;
  if (isArray(object)) (object as any)[property] = value;
  else {
    const at = isTypedArray(object) ? elementIndex(property) : undefined;
    if (at === undefined) object[property] = value;
    else storeElement(object, at, value, site);
  }
  return value;
}

type Operator = (a: unknown, b: unknown, site: number) => unknown;
type Step = (a: unknown, site: number) => unknown;

/** A place: object and key, evaluated once, read before the right side is evaluated, as the language does. */
class Reference {
  private readonly current: unknown;

  constructor(
    private readonly object: any,
    private readonly property: any,
    private readonly site: number,
  ) {
    this.current = get(object, property, site);
  }

  get value(): unknown {
    return get(this.object, this.property, this.site);
  }

  set value(value: unknown) {
    set(this.object, this.property, value, this.site);
  }

  update(operator: Operator, operand: unknown): unknown {
    return set(this.object, this.property, operator(this.current, operand, this.site), this.site);
  }

  step(operator: Step, postfix: boolean): unknown {
    const result = operator(this.current, this.site);
    set(this.object, this.property, result, this.site);
    return postfix ? post(this.current, result) : result;
  }
}

export function ref(object: any, index: any, site: number): Reference {
  return new Reference(object, index instanceof Tracer ? key(index, site) : index, site);
}

/** `target.apply(receiver, list)`. */
export function apply(target: any, receiver: unknown, list: any): unknown {
  if (typeof target !== 'function') return target.apply(receiver, list);
  const operands = isTypedArray(list) && hasTraced(list) ? elements(list) : list;
  return isArrayMethod(target) && isTypedArray(receiver) && hasTraced(receiver)
    ? onElements(target, receiver, operands)
    : target.apply(receiver, operands);
}

/** `target.call(receiver, ...list)`. */
export function call(target: any, receiver: unknown, ...list: unknown[]): unknown {
  if (isArrayMethod(target) && isTypedArray(receiver) && hasTraced(receiver)) return onElements(target, receiver, list);
  return target.call(receiver, ...list);
}

const arrayMethods = new WeakSet<object>();

/** The methods of a realm's arrays read the elements of a typed array behind the runtime's back. */
export function noteArrayMethods(prototype: object): void {
  for (const method of Object.values(Object.getOwnPropertyDescriptors(prototype)))
    if (typeof method.value === 'function') arrayMethods.add(method.value as object);
}

function isArrayMethod(target: unknown): boolean {
  return typeof target === 'function' && arrayMethods.has(target);
}

/** An array's method on the elements of a typed array; what it changes in place is stored. */
function onElements(method: any, array: AnyTypedArray, operands: unknown[]): unknown {
  const list = elements(array);
  const before = [...list];
  const result = method.apply(list, operands);
  list.forEach((value, index) => {
    if (!Object.is(value, before[index])) storeElement(array, index, value);
  });
  return result === list ? array : result;
}

/** What `{...value}` copies. */
export function spread(value: unknown): unknown {
  return isTypedArray(value) && hasTraced(value) ? elements(value) : value;
}
