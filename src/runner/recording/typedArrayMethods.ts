/** The typed arrays of a recording realm: constructors and methods that carry traced numbers along. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import { Tracer } from '../../engine/trace/tracer';
import { lose, pin, valueOf } from './state';
import { lt, seq } from './operators';
import {
  copyCells,
  elementOf,
  elements,
  hasTraced,
  isTypedArray,
  rounded,
  storeElement,
  storeViewCell,
  viewCell,
} from './typedArrays';

type Any = any;

const NAMES = [
  ...[
    'Float64Array',
    'Float32Array',
    'Int32Array',
    'Uint32Array',
    'Int16Array',
    'Uint16Array',
    'Int8Array',
    'Uint8Array',
  ],
  'Uint8ClampedArray',
];

export function installTypedArrays(realm: Record<string, Any>): void {
  const prototype = Object.getPrototypeOf(realm.Float64Array.prototype);
  for (const name of NAMES) realm[name] = tracedConstructor(realm, realm[name]);
  installMethods(realm, prototype);
  const nativeSlice = realm.ArrayBuffer.prototype.slice;
  realm.ArrayBuffer.prototype.slice = function (this: ArrayBuffer, start = 0, end = this.byteLength) {
    const copy = nativeSlice.call(this, start, end);
    copyCells(this, copy, start < 0 ? this.byteLength + start : start, end < 0 ? this.byteLength + end : end);
    return copy;
  };
}

/** Lengths may be traced, and what is given may hold traced numbers. */
function tracedConstructor(realm: Record<string, Any>, native: Any): Any {
  const build = (values: unknown[], newTarget: Any = native): Any => {
    const array: Any = Reflect.construct(native, [values.length], newTarget);
    values.forEach((value, index) => storeElement(array, index, value));
    return array;
  };
  const proxy: Any = new Proxy(native, {
    construct: (target: Any, list: unknown[], newTarget: Any): Any => {
      const [first] = list;
      const target_: Any = newTarget === proxy ? target : newTarget;
      if (first instanceof Tracer) return Reflect.construct(target, [pin(first, 0)], target_);
      if (isTypedArray(first))
        return hasTraced(first) ? build(elements(first), target_) : Reflect.construct(target, list, target_);
      if (typeof first === 'object' && first !== null && !(first instanceof realm.ArrayBuffer)) {
        const values: unknown[] =
          Symbol.iterator in first ? [...(first as Iterable<unknown>)] : Array.from(first as ArrayLike<unknown>);
        if (values.some((value) => value instanceof Tracer)) return build(values, target_);
        return Reflect.construct(target, [values], target_);
      }
      return Reflect.construct(
        target,
        list.map((item) => (item instanceof Tracer ? pin(item, 0) : item)),
        target_,
      );
    },
  });
  native.from = (source: Any, map?: (value: unknown, index: number) => unknown, receiver?: unknown) => {
    const values: unknown[] = source[Symbol.iterator]
      ? [...source]
      : Array.from({ length: Number(source.length) }, (_, index) => source[index]);
    return build(map ? values.map((value, index) => map.call(receiver, value, index)) : values);
  };
  native.of = (...values: unknown[]) => build(values);
  native.prototype.constructor = proxy;
  return proxy;
}

/** Callbacks get the typed array, not the list that stands for it. */
function withArray(callback: Any, array: Any, last: number): Any {
  return function (this: unknown, ...given: unknown[]) {
    given[last] = array;
    return callback.apply(this, given);
  };
}

function installMethods(realm: Record<string, Any>, prototype: Any): void {
  const list = realm.Array.prototype;
  // Callbacks get traced elements; results that are typed arrays are built element by element.
  for (const name of [
    'forEach',
    'reduce',
    'reduceRight',
    'some',
    'every',
    'find',
    'findIndex',
    'findLast',
    'findLastIndex',
    'at',
    'join',
    'indexOf',
    'lastIndexOf',
    'includes',
  ]) {
    const native = prototype[name];
    prototype[name] = function (this: Any, ...parameters: Any[]) {
      if (!hasTraced(this)) return native.apply(this, parameters);
      const values = elements(this);
      const [callback] = parameters;
      if (typeof callback === 'function') {
        parameters[0] = withArray(callback, this, name.startsWith('reduce') ? 3 : 2);
      }
      return list[name].apply(values, parameters);
    };
  }
  const like = (array: Any, values: unknown[]): Any => {
    const result = new array.constructor(values.length);
    values.forEach((value, index) => storeElement(result, index, value));
    return result;
  };
  const rebuilt: Record<string, (this: Any, values: unknown[], parameters: Any[]) => unknown[]> = {
    filter: (values, [test, receiver]) => values.filter((value, index) => test.call(receiver, value, index)),
    slice: (values, [start, end]) => values.slice(start, end),
    toReversed: (values) => values.reverse(),
    with: (values, [index, value]) =>
      values.map((old, at) => (at === (index < 0 ? values.length + index : index) ? value : old)),
    toSorted: (values, [comparator]) => sorted(values, comparator),
  };
  for (const [name, compute] of Object.entries(rebuilt)) {
    const native = prototype[name];
    if (!native) continue;
    prototype[name] = function (this: Any, ...parameters: Any[]) {
      const traced = hasTraced(this) || parameters.some((parameter) => parameter instanceof Tracer);
      return traced ? like(this, compute.call(this, elements(this), parameters)) : native.apply(this, parameters);
    };
  }
  prototype.map = function (this: Any, callback: Any, receiver?: unknown) {
    const result = new this.constructor(this.length);
    for (let index = 0; index < this.length; index++) {
      storeElement(result, index, callback.call(receiver, elementOf(this, index), index, this));
    }
    return result;
  };
  const store = (array: Any, values: unknown[], offset = 0) => {
    values.forEach((value, index) => storeElement(array, offset + index, value));
    return array;
  };
  const nativeFill = prototype.fill;
  prototype.fill = function (this: Any, value: unknown, start = 0, end = this.length) {
    if (!(value instanceof Tracer) && !hasTraced(this)) return nativeFill.call(this, value, start, end);
    const from = start < 0 ? Math.max(0, this.length + start) : start;
    const to = Math.min(this.length, end < 0 ? this.length + end : end);
    for (let index = from; index < to; index++) storeElement(this, index, value);
    return this;
  };
  const nativeSet = prototype.set;
  prototype.set = function (this: Any, source: Any, offset = 0) {
    const values: unknown[] = isTypedArray(source)
      ? hasTraced(source)
        ? elements(source)
        : []
      : Array.from(source as ArrayLike<unknown>);
    if (!hasTraced(this) && !values.some((value) => value instanceof Tracer))
      return nativeSet.call(this, source, offset);
    if (offset + source.length > this.length) throw new realm.RangeError('offset is out of bounds');
    store(this, isTypedArray(source) ? elements(source) : values, offset);
    return undefined;
  };
  const inPlace: Record<string, (values: unknown[], parameters: Any[]) => unknown[]> = {
    reverse: (values) => values.reverse(),
    sort: (values, [comparator]) => sorted(values, comparator),
    copyWithin: (values, [target, start, end]) => values.copyWithin(target, start, end),
  };
  for (const [name, compute] of Object.entries(inPlace)) {
    const native = prototype[name];
    prototype[name] = function (this: Any, ...parameters: Any[]) {
      return hasTraced(this) ? store(this, compute(elements(this), parameters)) : native.apply(this, parameters);
    };
  }
  const nativeValues = prototype.values;
  prototype.values = prototype[Symbol.iterator] = function (this: Any) {
    return hasTraced(this) ? list.values.call(elements(this)) : nativeValues.call(this);
  };
  const nativeEntries = prototype.entries;
  prototype.entries = function (this: Any) {
    return hasTraced(this) ? list.entries.call(elements(this)) : nativeEntries.call(this);
  };
}

/** Typed arrays sort by number. */
function sorted(values: unknown[], comparator?: (a: unknown, b: unknown) => unknown): unknown[] {
  return values.sort((a, b) => {
    if (!comparator) return lt(a, b, 0) ? -1 : seq(a, b, 0) ? 0 : 1;
    const result = comparator(a, b);
    if (!(result instanceof Tracer)) return result as number;
    return lt(result, 0, 0) ? -1 : seq(result, 0, 0) ? 0 : 1;
  });
}

export function installDataView(realm: Record<string, Any>): void {
  const { prototype } = realm.DataView;
  const sizes: Record<string, number> = {
    Float64: 8,
    Float32: 4,
    Int8: 1,
    Uint8: 1,
    Int16: 2,
    Uint16: 2,
    Int32: 4,
    Uint32: 4,
    BigInt64: 8,
    BigUint64: 8,
  };
  for (const [name, size] of Object.entries(sizes)) {
    const nativeSet = prototype[`set${name}`];
    const nativeGet = prototype[`get${name}`];
    const float = name.startsWith('Float');
    prototype[`set${name}`] = function (this: DataView, byte: number, value: unknown, little?: boolean) {
      const plain = !(value instanceof Tracer)
        ? value
        : float
          ? valueOf(value)
          : lose(value, 0, 'a DataView stores it as an integer');
      nativeSet.call(this, byte, plain, little);
      storeViewCell(
        this,
        byte,
        size,
        !float ? undefined : value instanceof Tracer && size === 4 ? rounded(value, 0) : value,
      );
    };
    prototype[`get${name}`] = function (this: DataView, byte: number, little?: boolean) {
      const plain = nativeGet.call(this, byte, little);
      if (float) return viewCell(this, byte, size) ?? plain;
      viewCell(this, byte, 16);
      return plain;
    };
  }
}
