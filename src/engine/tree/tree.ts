/** The pytree functions of `jax.tree`, for users. */
import { TreeError } from '../errors';
import type { Leaf } from './leaves';
import { flattenInto, leafPaths, printStructure, sameStructure, unflatten, type Structure } from './structure';
import type { NdArray } from '../trace/ndarray';
import type { TypedArray } from './leaves';

/** The same structure with every leaf replaced by an `R`. */
export type Mapped<T, R> = T extends number | NdArray | TypedArray
  ? R
  : T extends string | boolean | bigint | symbol | null | undefined | ((...args: never[]) => unknown)
    ? T
    : T extends ReadonlyMap<infer K, infer V>
      ? Map<K, Mapped<V, R>>
      : { -readonly [K in keyof T]: Mapped<T[K], R> };

/** Leaves in order, and the structure that `unflatten` needs to put them back. */
export function flatten(value: unknown): [Leaf[], Structure] {
  const leaves: Leaf[] = [];
  const structure = flattenInto(value, leaves);
  return [leaves, structure];
}

export function leaves(value: unknown): Leaf[] {
  return flatten(value)[0];
}

export function structure(value: unknown): Structure {
  return flatten(value)[1];
}

/**
 * `f` of every leaf, in the same structure; with several trees, `f` of the leaves at the same place.
 * @throws TreeError where the structures differ
 */
export function map<T, R>(f: (...leaves: Leaf[]) => R, first: T, ...rest: readonly unknown[]): Mapped<T, R> {
  const [firstLeaves, firstStructure] = flatten(first);
  const others = rest.map((value, index) => {
    const [found, other] = flatten(value);
    requireSameStructure('tree.map', `tree ${index + 1}`, firstStructure, other);
    return found;
  });
  const results = firstLeaves.map((leaf, index) => f(leaf, ...others.map((found) => found[index])));
  return unflatten(firstStructure, results) as Mapped<T, R>;
}

/** `f` folded over the leaves, from `initial`. */
export function reduce<R>(f: (sum: R, leaf: Leaf) => R, value: unknown, initial: R): R {
  return leaves(value).reduce(f, initial);
}

/** Every leaf with its path (`x[2].w`). */
export function leavesWithPath(value: unknown): { path: string; leaf: Leaf }[] {
  const [found, shape] = flatten(value);
  const paths = leafPaths(shape);
  return found.map((leaf, index) => ({ path: paths[index], leaf }));
}

export { registerPytree } from './structure';
export { unflatten };

/** @throws TreeError that names both structures */
export function requireSameStructure(where: string, what: string, expected: Structure, actual: Structure): void {
  if (sameStructure(expected, actual)) return;
  throw new TreeError(where, what, printStructure(expected), printStructure(actual));
}
