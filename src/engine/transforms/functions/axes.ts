/** Trees of axes: what inAxes and outAxes of vmap say about each leaf. */
import { ArgumentError } from '../../errors';
import type { Aval } from '../../program/aval';
import { leafCount, leafPaths, printStructure, type Structure } from '../../tree/structure';

/** An axis for all leaves below, null for none, or a tree of them that is a prefix of the value's. */
export type Axes = number | null | readonly Axes[] | { readonly [key: string]: Axes } | ReadonlyMap<unknown, Axes>;

/** The axis of every leaf of the arguments. @throws ArgumentError where the axes do not fit the arguments */
export function axesOfArguments(where: string, args: Structure, inAxes: Axes): (number | null)[] {
  if (args.kind !== 'array') throw new Error('Arguments are a list.');
  if (inAxes === null || typeof inAxes === 'number')
    return args.children.flatMap((child) => spread(where, 'inAxes', child, inAxes));
  if (!Array.isArray(inAxes))
    throw new ArgumentError(where, 'inAxes must be a number, or an array with one entry an argument.');
  const list = inAxes as readonly Axes[];
  if (list.length !== args.children.length) {
    throw new ArgumentError(
      where,
      `inAxes must have one entry an argument, but has ${list.length} for ${args.children.length} arguments.`,
    );
  }
  return args.children.flatMap((child, index) => spread(where, `inAxes[${index}]`, child, list[index]));
}

/** The axis of every leaf of the result, counted from the front. @throws ArgumentError */
export function axesOfOutput(
  where: string,
  output: Structure,
  avals: readonly Aval[],
  outAxes: Axes,
): (number | null)[] {
  const paths = leafPaths(output, 'result');
  return spread(where, 'outAxes', output, outAxes).map((axis, index) => {
    if (axis === null) return null;
    const rank = avals[index].shape.length + 1;
    if (axis >= rank || axis < -rank) {
      throw new ArgumentError(
        where,
        `outAxes is ${axis} for ${paths[index]}, which has rank ${rank} with the examples' axis.`,
      );
    }
    return axis < 0 ? axis + rank : axis;
  });
}

/** @throws ArgumentError where the tree of axes is not a prefix of the structure */
function spread(where: string, what: string, structure: Structure, axes: Axes): (number | null)[] {
  if (axes === null || typeof axes === 'number') {
    if (axes !== null && !Number.isInteger(axes))
      throw new ArgumentError(where, `${what} must be an integer, but is ${axes}.`);
    return new Array<number | null>(leafCount(structure)).fill(axes);
  }
  const entries = entriesOf(structure, axes);
  if (!entries) {
    throw new ArgumentError(
      where,
      `${what} must be a tree of axes that fits ${printStructure(structure)}, or the beginning of one.`,
    );
  }
  return entries.flatMap(([child, entry, name]) => spread(where, `${what}${name}`, child, entry));
}

function entriesOf(structure: Structure, axes: Exclude<Axes, number | null>): [Structure, Axes, string][] | undefined {
  if (structure.kind === 'array' && Array.isArray(axes)) {
    const list = axes as readonly Axes[];
    if (list.length !== structure.children.length) return undefined;
    return structure.children.map((child, index) => [child, list[index], `[${index}]`]);
  }
  if (structure.kind === 'map' && axes instanceof Map) {
    const entries = axes as ReadonlyMap<unknown, Axes>;
    if (!structure.keys.every((key) => entries.has(key))) return undefined;
    return structure.children.map((child, index) => [
      child,
      entries.get(structure.keys[index]) as Axes,
      `.get(${String(structure.keys[index])})`,
    ]);
  }
  if (structure.kind === 'object' && !Array.isArray(axes) && !(axes instanceof Map)) {
    const entries = axes as { readonly [key: string]: Axes };
    const missing = structure.keys.some((key, index) => !(key in entries) && leafCount(structure.children[index]) > 0);
    if (missing) return undefined;
    return structure.children.map((child, index) => [
      child,
      entries[structure.keys[index]] ?? null,
      `.${structure.keys[index]}`,
    ]);
  }
  return undefined;
}
