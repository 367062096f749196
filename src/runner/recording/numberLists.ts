/**
 * Plain arrays of numbers that stand for one traced array until somebody looks at a number of them. The function gets a proxy: the
 * engine takes the traced array behind it; every other access but that of its length takes it apart first, so that the language sees
 * what it would have seen anyway.
 */
import { NUMBER, Tracer } from '../../engine/trace/tracer';

interface Whole {
  readonly numbers: unknown[];
  readonly tracer: Tracer;
  readonly onApart: () => void;
}

const wholes = new WeakMap<object, Whole>();

/** The traced array that a list still stands for. */
export function wholeList(list: object): Tracer | undefined {
  return wholes.get(list)?.tracer;
}

/** The shape of an ordinary array of numbers, or of a rectangular one of such; undefined for all others. */
export function shapeOfNumbers(value: readonly unknown[]): number[] | undefined {
  if (!isOrdinary(value)) return undefined;
  const [first] = value;
  if (!Array.isArray(first)) return value.every((item) => typeof item === 'number') ? [value.length] : undefined;
  const inner = shapeOfNumbers(first);
  const same = (item: unknown) => Array.isArray(item) && String(shapeOfNumbers(item)) === String(inner);
  return inner && value.every(same) ? [value.length, ...inner] : undefined;
}

/** Has elements and nothing else: no holes, no properties of its own, no class. */
function isOrdinary(value: readonly unknown[]): boolean {
  if (value.length === 0 || Object.keys(value).length !== value.length) return false;
  // The prototype of arrays, of whatever realm, stands two above null.
  const above = Object.getPrototypeOf(Object.getPrototypeOf(value)) as object | null;
  return above !== null && Object.getPrototypeOf(above) === null;
}

/** `numbers`, of which nobody else knows, in one piece; `onApart` is told when somebody looks at a part of it. */
export function holdList(numbers: unknown[], tracer: Tracer, onApart: () => void): unknown[] {
  const proxy = new Proxy(numbers, handler);
  wholes.set(proxy, { numbers, tracer, onApart });
  lists.set(numbers, proxy);
  return proxy;
}

/** Proxies by what they stand before: traps are told of that only. */
const lists = new WeakMap<unknown[], object>();

function takeApart(numbers: unknown[]): void {
  const proxy = lists.get(numbers);
  const whole = proxy && wholes.get(proxy);
  if (!proxy || !whole) return;
  wholes.delete(proxy);
  whole.onApart();
  const parts = partsOf(whole.tracer);
  let next = 0;
  const fill = (list: unknown[]): void => {
    list.forEach((item, index) => (Array.isArray(item) ? fill(item) : (list[index] = parts[next++])));
  };
  fill(numbers);
}

/** The numbers of a traced array, one by one in order. */
export function partsOf(tracer: Tracer): Tracer[] {
  const { recorder, size } = tracer;
  const [flat] = tracer.ndim === 1 ? [tracer] : recorder.record('reshape', [tracer], { shape: [size] });
  return Array.from({ length: size }, (_, index) => {
    const [part] = recorder.record('slice', [flat], { start: [index], limit: [index + 1], strides: [1] });
    const [{ row }] = recorder.record('reshape', [part], { shape: [] });
    return new Tracer(recorder, row, NUMBER);
  });
}

/** On the array itself, after it was taken apart. */
const apart =
  <Rest extends unknown[], Result>(operation: (list: unknown[], ...rest: Rest) => Result) =>
  (list: unknown[], ...rest: Rest): Result => {
    takeApart(list);
    return operation(list, ...rest);
  };

const handler: ProxyHandler<unknown[]> = {
  get: (list, key) => {
    if (key !== 'length') takeApart(list);
    return Reflect.get(list, key) as unknown;
  },
  set: apart((list, key: string | symbol, value: unknown) => Reflect.set(list, key, value)),
  has: apart(Reflect.has),
  deleteProperty: apart(Reflect.deleteProperty),
  ownKeys: apart(Reflect.ownKeys),
  getOwnPropertyDescriptor: apart((list, key: string | symbol) => Reflect.getOwnPropertyDescriptor(list, key)),
  defineProperty: apart(Reflect.defineProperty),
  setPrototypeOf: apart(Reflect.setPrototypeOf),
  preventExtensions: apart(Reflect.preventExtensions),
};
