/** The structure of arguments and results: which numbers are in them, what they are called, and how to put them back. */
import { NdArray } from '../../engine/trace/ndarray';
import { Tracer } from '../../engine/trace/tracer';
import { wholeList } from '../recording/numberLists';
import { elements, hasTraced, isFloatArray, isTypedArray, wholeTyped } from '../recording/typedArrays';
import type { Data, LeafInfo } from '../protocol';

export type Layout =
  | { kind: 'number' }
  | { kind: 'numbers'; length: number }
  | { kind: 'typed'; name: 'Float64Array' | 'Float32Array'; length: number }
  | { kind: 'ndarray'; shape: readonly number[] }
  | { kind: 'list'; items: Layout[] }
  | { kind: 'fields'; names: string[]; items: Layout[] }
  /** Not differentiated: text, integers, functions. */
  | { kind: 'fixed'; value: Data };

/** A number, a traced number or an array of the engine. */
type Element = number | NdArray;

export interface Described {
  layout: Layout;
  /** In order; an array of the engine counts as one, and so does one of the user's that stands for such a one. */
  elements: Element[];
}

const NUMBER: Layout = { kind: 'number' };
const MAX_DEPTH = 32;

export function describe(value: unknown): Described {
  const elements: Element[] = [];
  return { layout: layoutOf(value, (element) => elements.push(element)), elements };
}

/** The layout of a value; its elements go to `found` one after the other. */
export function layoutOf(value: unknown, found: (element: Element) => void): Layout {
  const seen = new Set<object>();
  const visit = (item: unknown, depth: number): Layout => {
    if (typeof item === 'number') {
      found(item);
      return NUMBER;
    }
    if (item instanceof NdArray) {
      found(item);
      return item instanceof Tracer && item.isNumber ? NUMBER : { kind: 'ndarray', shape: [...item.shape] };
    }
    if (typeof item !== 'object' || item === null) return { kind: 'fixed', value: fixedData(item) };
    if (seen.has(item) || depth > MAX_DEPTH) return { kind: 'fixed', value: null };
    if (isTypedArray(item)) {
      if (!isFloatArray(item)) return { kind: 'fixed', value: item };
      const whole = wholeTyped(item);
      const list = whole ? [whole] : hasTraced(item) ? elements(item) : Array.from(item);
      for (const element of list) found(element as Element);
      return {
        kind: 'typed',
        name: item.BYTES_PER_ELEMENT === 8 ? 'Float64Array' : 'Float32Array',
        length: item.length,
      };
    }
    const whole = wholeList(item);
    if (whole) {
      found(whole);
      return numbersOf(whole.shape);
    }
    seen.add(item);
    try {
      if (Array.isArray(item)) return list(item, depth);
      if (isMap(item)) return fields([...item.keys()].map(String), [...item.values()], depth);
      const names = Object.keys(item).filter((name) => typeof (item as Record<string, unknown>)[name] !== 'function');
      return fields(
        names,
        names.map((name) => (item as Record<string, unknown>)[name]),
        depth,
      );
    } finally {
      seen.delete(item);
    }
  };
  const list = (items: unknown[], depth: number): Layout => {
    const length = items.length;
    let plain = true;
    for (let index = 0; plain && index < length; index++) {
      const item = items[index];
      plain = typeof item === 'number' || (item instanceof Tracer && item.isNumber);
    }
    if (!plain) return { kind: 'list', items: Array.from(items, (item) => visit(item, depth + 1)) };
    for (const item of items) found(item as Element);
    return { kind: 'numbers', length };
  };
  const fields = (names: string[], items: unknown[], depth: number): Layout => ({
    kind: 'fields',
    names,
    items: items.map((item) => visit(item, depth + 1)),
  });
  return visit(value, 0);
}

/** Of arrays of numbers, one in the other. */
function numbersOf([length, ...inner]: readonly number[]): Layout {
  if (inner.length === 0) return { kind: 'numbers', length };
  return { kind: 'list', items: Array.from({ length }, () => numbersOf(inner)) };
}

function isMap(value: object): value is Map<unknown, unknown> {
  return Object.prototype.toString.call(value) === '[object Map]';
}

function fixedData(value: unknown): Data {
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  return typeof value === 'function' ? `[function ${value.name}]` : (value as Data);
}

/** Some of its numbers are kept in a Float32Array. */
export function hasFloat32(layout: Layout): boolean {
  if (layout.kind === 'typed') return layout.name === 'Float32Array';
  return 'items' in layout && layout.items.some(hasFloat32);
}

export function sizeOf(layout: Layout): number {
  switch (layout.kind) {
    case 'number':
      return 1;
    case 'numbers':
    case 'typed':
      return layout.length;
    case 'ndarray':
      return layout.shape.reduce((product, extent) => product * extent, 1);
    case 'list':
    case 'fields':
      return layout.items.reduce((sum, item) => sum + sizeOf(item), 0);
    case 'fixed':
      return 0;
  }
}

/** Shape of a rectangular array of numbers; undefined for anything else. */
function shapeOf(layout: Layout): number[] | undefined {
  switch (layout.kind) {
    case 'number':
      return [];
    case 'numbers':
    case 'typed':
      return [layout.length];
    case 'ndarray':
      return [...layout.shape];
    case 'list': {
      if (layout.items.length === 0) return undefined;
      const first = shapeOf(layout.items[0]);
      if (!first) return undefined;
      const same = layout.items.every((item) => String(shapeOf(item)) === String(first) && shapeOf(item) !== undefined);
      return same ? [layout.items.length, ...first] : undefined;
    }
    default:
      return undefined;
  }
}

/** The leaves of a structure as the user would name them. */
export function leavesOf(layout: Layout, path: string, offset: number, argument?: number): LeafInfo[] {
  const leaves: LeafInfo[] = [];
  let next = offset;
  const visit = (item: Layout, name: string): void => {
    const shape = shapeOf(item);
    if (shape) {
      const size = sizeOf(item);
      leaves.push({ path: name, shape, offset: next, size, ...(argument === undefined ? {} : { argument }) });
      next += size;
    } else if (item.kind === 'list') item.items.forEach((inner, index) => visit(inner, `${name}[${index}]`));
    else if (item.kind === 'fields') {
      item.items.forEach((inner, index) => visit(inner, join(name, item.names[index])));
    }
  };
  visit(layout, path);
  return leaves;
}

/** The leaves of the arguments at `wrt`, whose layouts these are, counted through; `names` are those of all parameters. */
export function argumentLeaves(
  layouts: readonly Layout[],
  wrt: readonly number[],
  names: readonly string[],
): LeafInfo[] {
  let offset = 0;
  return wrt.flatMap((index, position) => {
    const leaves = leavesOf(layouts[position], names[index] ?? `argument${index}`, offset, index);
    offset += sizeOf(layouts[position]);
    return leaves;
  });
}

function join(path: string, name: string): string {
  if (!/^[\p{L}$_][\p{L}\p{N}$_]*$/u.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === '' ? name : `${path}.${name}`;
}

/** Puts values into the structure: `at(k)` is what stands for number k. */
export function build(layout: Layout, at: (index: number) => Data): Data {
  let next = 0;
  const visit = (item: Layout): Data => {
    switch (item.kind) {
      case 'number':
        return at(next++);
      case 'numbers':
        return Array.from({ length: item.length }, () => at(next++));
      case 'typed': {
        const list = Array.from({ length: item.length }, () => at(next++));
        if (!list.every((value) => typeof value === 'number')) return list;
        return item.name === 'Float64Array' ? Float64Array.from(list) : Float32Array.from(list);
      }
      case 'ndarray':
        return nested(item.shape, () => at(next++));
      case 'list':
        return item.items.map(visit);
      case 'fields':
        return Object.fromEntries(item.items.map((inner, index) => [item.names[index], visit(inner)]));
      case 'fixed':
        return item.value;
    }
  };
  return visit(layout);
}

function nested(shape: readonly number[], next: () => Data): Data {
  if (shape.length === 0) return next();
  return Array.from({ length: shape[0] }, () => nested(shape.slice(1), next));
}

export function buildFrom(layout: Layout, values: ArrayLike<number>, offset = 0): Data {
  return build(layout, (index) => values[offset + index]);
}

/** The numbers of a value given as data for a structure (a tangent, a vector); undefined where it does not fit. */
export function flatten(layout: Layout, data: Data): number[] | undefined {
  const out: number[] = [];
  const number = (value: unknown): boolean => {
    const parsed = typeof value === 'string' ? parseNumber(value) : value;
    if (typeof parsed !== 'number') return false;
    out.push(parsed);
    return true;
  };
  const numbers = (value: unknown, length: number): boolean =>
    isList(value) && value.length === length && Array.from(value).every(number);
  const visit = (item: Layout, value: unknown): boolean => {
    switch (item.kind) {
      case 'number':
        return number(value);
      case 'numbers':
      case 'typed':
        return numbers(value, item.length);
      case 'ndarray': {
        if (item.shape.length === 0) return number(value);
        const [extent, ...rest] = item.shape;
        if (!isList(value) || value.length !== extent) return false;
        return Array.from(value).every((inner) => visit({ kind: 'ndarray', shape: rest }, inner));
      }
      case 'list':
        return (
          isList(value) &&
          value.length === item.items.length &&
          item.items.every((inner, index) => visit(inner, value[index]))
        );
      case 'fields':
        return (
          typeof value === 'object' &&
          value !== null &&
          item.items.every((inner, index) => visit(inner, (value as Record<string, unknown>)[item.names[index]]))
        );
      case 'fixed':
        return true;
    }
  };
  return visit(layout, data) ? out : undefined;
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || isTypedArray(value);
}

/** NaN and infinities are text in JSON. */
export function parseNumber(text: string): number | undefined {
  switch (text) {
    case 'NaN':
      return NaN;
    case 'Infinity':
      return Infinity;
    case '-Infinity':
      return -Infinity;
    default:
      return undefined;
  }
}

/** The user's name of component `index` of the flat inputs or outputs. */
export function pathOf(leaves: readonly LeafInfo[], index: number): string {
  const leaf = leaves.find(({ offset, size }) => index >= offset && index < offset + size);
  if (!leaf) return `component ${index}`;
  let rest = index - leaf.offset;
  const parts: string[] = [];
  for (let axis = leaf.shape.length - 1; axis >= 0; axis--) {
    parts.unshift(`[${rest % leaf.shape[axis]}]`);
    rest = Math.floor(rest / leaf.shape[axis]);
  }
  return leaf.path + parts.join('');
}
