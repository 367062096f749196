/** Element access of rewritten code: typed arrays keep their traced numbers, and traced keys become plain with a word about it. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import { Tracer } from '../../engine/trace/tracer';
import { key, post } from './operators';
import { elementOf, elements, hasTraced, isTypedArray, storeElement } from './typedArrays';

const isArray = Array.isArray;

export function get(object: any, index: any, site: number): unknown {
  const property = index instanceof Tracer ? key(index, site) : index;
  if (isArray(object)) return object[property];
  if (typeof property === 'number' && isTypedArray(object)) return elementOf(object, property, site);
  return object[property];
}

/** `object?.[index]`. */
export function maybeGet(object: any, index: any, site: number): unknown {
  return object === null || object === undefined ? undefined : get(object, index, site);
}

export function set(object: any, index: any, value: unknown, site: number): unknown {
  const property = index instanceof Tracer ? key(index, site) : index;
  if (isArray(object)) (object as any)[property] = value;
  else if (typeof property === 'number' && isTypedArray(object)) storeElement(object, property, value, site);
  else object[property] = value;
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
  if (typeof target === 'function' && isTypedArray(list) && hasTraced(list))
    return target.apply(receiver, elements(list));
  return target.apply(receiver, list);
}
