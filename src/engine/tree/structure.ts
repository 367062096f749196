/**
 * Pytrees: any nesting of arrays, plain objects, class instances, Maps and registered types whose leaves are numbers, NdArrays
 * and typed arrays. Everything else (strings, booleans, null, functions) is part of the structure and passes through as it is:
 * a boolean must stay one, since a traced object would always count as true.
 */
import { isLeaf, type Leaf } from './leaves';

export type Structure =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'static'; readonly value: unknown }
  | { readonly kind: 'array'; readonly children: readonly Structure[] }
  | {
      readonly kind: 'object';
      readonly prototype: object | null;
      readonly keys: readonly string[];
      readonly children: readonly Structure[];
    }
  | { readonly kind: 'map'; readonly keys: readonly unknown[]; readonly children: readonly Structure[] }
  | {
      readonly kind: 'custom';
      readonly type: PytreeType<object>;
      readonly aux: unknown;
      readonly children: readonly Structure[];
    };

/** How a class is taken apart into children and put together again, for `registerPytree`. */
export interface PytreeType<T extends object> {
  flatten(value: T): { children: readonly unknown[]; aux?: unknown };
  unflatten(children: readonly unknown[], aux: unknown): T;
}

const LEAF: Structure = { kind: 'leaf' };

const registered = new Map<object, PytreeType<object>>();

/** Makes instances of a class inner nodes of pytrees, with children of its choice. */
export function registerPytree<T extends object>(
  constructor: abstract new (...args: never[]) => T,
  type: PytreeType<T>,
): void {
  registered.set(constructor.prototype as object, type as unknown as PytreeType<object>);
}

/** The structure of `value`; its leaves are appended to `leaves` in order. */
export function flattenInto(value: unknown, leaves: Leaf[]): Structure {
  if (isLeaf(value)) {
    leaves.push(value);
    return LEAF;
  }
  if (typeof value !== 'object' || value === null) return { kind: 'static', value };
  if (Array.isArray(value)) {
    return { kind: 'array', children: value.map((child: unknown) => flattenInto(child, leaves)) };
  }
  const prototype = Object.getPrototypeOf(value) as object | null;
  const type = prototype && registered.get(prototype);
  if (type) {
    const { children, aux } = type.flatten(value);
    return { kind: 'custom', type, aux, children: children.map((child) => flattenInto(child, leaves)) };
  }
  if (value instanceof Map) {
    const keys = [...(value as Map<unknown, unknown>).keys()];
    return { kind: 'map', keys, children: keys.map((key) => flattenInto(value.get(key), leaves)) };
  }
  if (isOpaque(value)) return { kind: 'static', value };
  const keys = Object.keys(value);
  const children = keys.map((key) => flattenInto((value as Record<string, unknown>)[key], leaves));
  return { kind: 'object', prototype, keys, children };
}

/** Objects whose own properties are not what they are made of. */
function isOpaque(value: object): boolean {
  return (
    value instanceof Date ||
    value instanceof RegExp ||
    value instanceof Set ||
    value instanceof Promise ||
    value instanceof WeakMap ||
    value instanceof Error ||
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer
  );
}

/** Puts leaves into a structure. Leaves may be anything, whole trees too. */
export function unflatten(structure: Structure, leaves: readonly unknown[]): unknown {
  let next = 0;
  const build = (node: Structure): unknown => {
    switch (node.kind) {
      case 'leaf':
        return leaves[next++];
      case 'static':
        return node.value;
      case 'array':
        return node.children.map(build);
      case 'map':
        return new Map(node.children.map((child, index) => [node.keys[index], build(child)]));
      case 'custom':
        return node.type.unflatten(node.children.map(build), node.aux);
      case 'object': {
        const result = Object.create(node.prototype) as Record<string, unknown>;
        node.keys.forEach((key, index) => (result[key] = build(node.children[index])));
        return result;
      }
    }
  };
  return build(structure);
}

export function leafCount(structure: Structure): number {
  if (structure.kind === 'leaf') return 1;
  if (structure.kind === 'static') return 0;
  return structure.children.reduce((count, child) => count + leafCount(child), 0);
}

export function sameStructure(a: Structure, b: Structure): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case 'leaf':
      return b.kind === 'leaf';
    case 'static':
      return b.kind === 'static' && Object.is(a.value, b.value);
    case 'array':
      return b.kind === 'array' && sameChildren(a.children, b.children);
    case 'object':
      return (
        b.kind === 'object' &&
        a.prototype === b.prototype &&
        sameKeys(a.keys, b.keys) &&
        sameChildren(a.children, b.children)
      );
    case 'map':
      return b.kind === 'map' && sameKeys(a.keys, b.keys) && sameChildren(a.children, b.children);
    case 'custom':
      return (
        b.kind === 'custom' && a.type === b.type && Object.is(a.aux, b.aux) && sameChildren(a.children, b.children)
      );
  }
}

function sameKeys(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((key, index) => Object.is(key, b[index]));
}

function sameChildren(a: readonly Structure[], b: readonly Structure[]): boolean {
  return a.length === b.length && a.every((child, index) => sameStructure(child, b[index]));
}

/**
 * Appends the leaves of `value` where it has exactly `structure`; false (with some leaves appended) where it has not.
 * Allocates nothing: the fast path of `jit`.
 */
export function matchInto(structure: Structure, value: unknown, leaves: Leaf[]): boolean {
  switch (structure.kind) {
    case 'leaf':
      if (!isLeaf(value)) return false;
      leaves.push(value);
      return true;
    case 'static':
      return Object.is(structure.value, value);
    case 'array': {
      const { children } = structure;
      if (!Array.isArray(value) || value.length !== children.length) return false;
      for (let index = 0; index < children.length; index++) {
        if (!matchInto(children[index], value[index], leaves)) return false;
      }
      return true;
    }
    default: {
      const found: Leaf[] = [];
      if (!sameStructure(structure, flattenInto(value, found))) return false;
      leaves.push(...found);
      return true;
    }
  }
}

/** The path of each leaf in the user's words, `prefix` in front: `x[2].w`. */
export function leafPaths(structure: Structure, prefix = ''): string[] {
  switch (structure.kind) {
    case 'leaf':
      return [prefix];
    case 'static':
      return [];
    case 'array':
      return structure.children.flatMap((child, index) => leafPaths(child, `${prefix}[${index}]`));
    case 'object':
      return structure.children.flatMap((child, index) => leafPaths(child, member(prefix, structure.keys[index])));
    case 'map':
      return structure.children.flatMap((child, index) =>
        leafPaths(child, `${prefix}.get(${String(structure.keys[index])})`),
      );
    case 'custom':
      return structure.children.flatMap((child, index) => leafPaths(child, `${prefix}#${index}`));
  }
}

function member(prefix: string, key: string): string {
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${prefix}[${JSON.stringify(key)}]`;
  return prefix ? `${prefix}.${key}` : key;
}

/** A structure as text, `*` for leaves: `{w: *, b: [*, *]}`. */
export function printStructure(structure: Structure): string {
  switch (structure.kind) {
    case 'leaf':
      return '*';
    case 'static':
      return typeof structure.value === 'string' ? JSON.stringify(structure.value) : describe(structure.value);
    case 'array':
      return `[${structure.children.map(printStructure).join(', ')}]`;
    case 'object':
      return `{${structure.children.map((child, index) => `${structure.keys[index]}: ${printStructure(child)}`).join(', ')}}`;
    case 'map':
      return `Map{${structure.children.map((child, index) => `${String(structure.keys[index])}: ${printStructure(child)}`).join(', ')}}`;
    case 'custom':
      return `Custom(${structure.children.map(printStructure).join(', ')})`;
  }
}

function describe(value: unknown): string {
  if (typeof value === 'function') return `function ${value.name}`.trim();
  return typeof value === 'object' && value !== null ? value.constructor.name : String(value);
}
