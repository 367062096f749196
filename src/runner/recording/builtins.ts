/** Puts functions that understand traced numbers in the place of a recording realm's own. Positions come with `called`. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import { Tracer } from '../../engine/trace/tracer';
import { useArrayHost } from '../../engine/trace/typedArrays';
import { installCollections } from './collections';
import { cloneData } from './copies';
import { installJson } from './json';
import { installMath } from './mathFunctions';
import { installObjects } from './objects';
import { convertText, num, onTextToNumber, seq, lt } from './operators';
import { wholeList } from './numberLists';
import { lose, pin, state, valueOf } from './state';
import { rememberText, textBecomesNumber, tracedText } from './text';
import { installDataView, installTypedArrays } from './typedArrayMethods';
import { holdWhole, readForEngine, type AnyTypedArray } from './typedArrays';

type Any = any;

export function installBuiltins(realm: Record<string, Any>): void {
  onTextToNumber(textBecomesNumber);
  installMath(realm.Math);
  installNumber(realm);
  installArray(realm);
  installCollections(realm);
  installTypedArrays(realm);
  useArrayHost({
    elements: readForEngine,
    list: wholeList,
    // An inner trace gives what it gives where nothing is recorded: an array of np.
    typed: (array) => (array.recorder === state.recorder ? typedOf(array, realm) : undefined),
  });
  installDataView(realm);
  installObjects(realm);
  installJson(realm.JSON);
  realm.structuredClone = (value: unknown) => cloneData(value);
  realm.Object.is = (a: unknown, b: unknown) => {
    if (!(a instanceof Tracer) && !(b instanceof Tracer)) return Object.is(a, b);
    return seq(a, b, 0) || Object.is(a instanceof Tracer ? valueOf(a) : a, b instanceof Tracer ? valueOf(b) : b);
  };
  const now = realm.Date.now as () => number;
  realm.Date.now = () => {
    state.randomCalls++;
    return now();
  };
}

/** A typed array of the realm that holds a traced array of its dtype. */
function typedOf(array: Tracer, realm: Record<string, Any>): AnyTypedArray {
  const typed = realm[array.dtype === 'float64' ? 'Float64Array' : 'Float32Array'].from(array.concrete.data);
  holdWhole(typed, array, () => undefined);
  return typed;
}

/** What a tracer does where the language itself wants a primitive: a native function, a conversion that no rewriting saw. */
export function installTracerConversions(): void {
  const prototype = Tracer.prototype as Any;
  const define = (name: string | symbol, value: unknown) =>
    Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
  const refuse = prototype[Symbol.toPrimitive] as (this: Tracer, hint: string) => unknown;
  define(Symbol.toPrimitive, function (this: Tracer, hint: string) {
    // Outside a recording (a transform that plain code calls), and for arrays, the engine's own rule holds: an error.
    if (state.recorder === undefined || this.aval.shape.length > 0) return refuse.call(this, hint);
    if (hint === 'string') return tracedText(this, 0);
    return lose(
      this,
      0,
      'a traced number becomes a plain one in code that GradLens cannot follow',
      'Do the calculation in TypeScript or JavaScript code.',
    );
  });
  for (const name of ['toFixed', 'toPrecision', 'toExponential', 'toLocaleString']) {
    define(name, function (this: Tracer, ...list: unknown[]) {
      return rememberText((valueOf(this) as Any)[name](...list), this);
    });
  }
  const toJson = prototype.toJSON as ((this: Tracer) => unknown) | undefined;
  define('toJSON', function (this: Tracer) {
    return this.aval.shape.length === 0 || !toJson ? this : toJson.call(this);
  });
  const original = prototype.toString as (this: Tracer) => string;
  define('toString', function (this: Tracer, radix?: number) {
    if (state.recorder === undefined || this.aval.shape.length > 0) return original.call(this);
    return rememberText(valueOf(this).toString(radix), this);
  });
  define('valueOf', function (this: Tracer) {
    return this;
  });
}

function installNumber(realm: Record<string, Any>): void {
  const native = realm.Number;
  const plain = (test: (value: number) => boolean) => (value: unknown) =>
    value instanceof Tracer ? decision(value, test(valueOf(value))) : test(value as number);
  native.isFinite = plain(native.isFinite);
  native.isNaN = plain(native.isNaN);
  native.isInteger = plain(native.isInteger);
  native.isSafeInteger = plain(native.isSafeInteger);
  realm.isNaN = plain(realm.isNaN);
  realm.isFinite = plain(realm.isFinite);
  const parse =
    (convert: (text: unknown, radix?: number) => number, integer: boolean) => (value: unknown, radix?: number) => {
      if (value instanceof Tracer) {
        // parseFloat(x) is x; parseInt(x) truncates.
        return integer ? realm.Math.trunc(value) : value;
      }
      if (typeof value === 'string') textBecomesNumber(value, 0);
      return convert(value, radix);
    };
  realm.parseFloat = parse(realm.parseFloat, false);
  realm.parseInt = parse(realm.parseInt, true);
  native.parseFloat = realm.parseFloat;
  native.parseInt = realm.parseInt;
  realm.Number = new Proxy(native, {
    apply: (target, receiver, list: unknown[]) => {
      const [value] = list;
      if (value instanceof Tracer) return num(value, 0);
      return typeof value === 'string' ? convertText(value, 0) : Reflect.apply(target, receiver, list);
    },
  });
  native.prototype.constructor = realm.Number;
}

/** A test that comes out the same for all values nearby; where it does not, the program is traced again. */
function decision(tracer: Tracer, outcome: boolean): boolean {
  const value = valueOf(tracer);
  if (!Number.isFinite(value)) pin(tracer, 0);
  return outcome;
}

function installArray(realm: Record<string, Any>): void {
  const prototype = realm.Array.prototype;
  const search = (name: string, from: 'first' | 'last') => {
    const native = prototype[name];
    prototype[name] = function (this: ArrayLike<unknown>, wanted: unknown, ...rest: unknown[]) {
      if (!(wanted instanceof Tracer) && !Array.prototype.some.call(this, (element) => element instanceof Tracer)) {
        return native.call(this, wanted, ...rest);
      }
      const same = (element: unknown) => seq(element, wanted, 0);
      const index =
        from === 'first'
          ? Array.prototype.findIndex.call(this, (element, at) => at >= Number(rest[0] ?? 0) && same(element))
          : Array.prototype.findLastIndex.call(this, same);
      return name === 'includes' ? index >= 0 : index;
    };
  };
  search('indexOf', 'first');
  search('includes', 'first');
  search('lastIndexOf', 'last');
  for (const name of ['sort', 'toSorted']) {
    const native = prototype[name];
    if (!native) continue;
    prototype[name] = function (this: unknown[], comparator?: (a: unknown, b: unknown) => unknown) {
      return native.call(this, comparator ? tracedComparator(comparator) : textComparator(this));
    };
  }
  const join = prototype.join;
  prototype.join = function (this: unknown[], separator?: string) {
    if (!Array.prototype.some.call(this, (element) => element instanceof Tracer)) return join.call(this, separator);
    return join.call(
      Array.from(this, (element) => (element instanceof Tracer ? tracedText(element, 0) : element)),
      separator,
    );
  };
}

/** The sign of what a comparator gives is a decision. */
function tracedComparator(comparator: (a: unknown, b: unknown) => unknown): (a: unknown, b: unknown) => number {
  return (a, b) => {
    const result = comparator(a, b);
    if (!(result instanceof Tracer)) return result as number;
    if (lt(result, 0, 0)) return -1;
    return seq(result, 0, 0) ? 0 : 1;
  };
}

/** Without a comparator the language sorts by text. */
function textComparator(list: unknown[]): ((a: unknown, b: unknown) => number) | undefined {
  if (!list.some((element) => element instanceof Tracer)) return undefined;
  const text = (element: unknown) => (element instanceof Tracer ? String(pin(element, 0)) : String(element));
  return (a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0);
}
