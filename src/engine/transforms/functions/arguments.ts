/** From a call of a transformed function to a traced program: which arguments move, their leaves, and errors that name them. */
import { ArgumentError } from '../../errors';
import { isFloat, printAval } from '../../program/aval';
import type { NdArray } from '../../trace/ndarray';
import { traceFunction, traceInput, type Traced } from '../../trace/trace';
import { kindOf, toKind, toNdArray, type Leaf, type LeafKind } from '../../tree/leaves';
import { flattenInto, leafCount, leafPaths, unflatten, type Structure } from '../../tree/structure';

/** Any function: the transforms restore its type from its own parameters. */
export type AnyFunction = (...args: never[]) => unknown;

/** `name(f)` for error messages. */
export function describeCall(transform: string, f: AnyFunction): string {
  return `${transform}(${f.name || 'function'})`;
}

/** Some arguments of a call, flattened. */
export interface MovingArguments {
  readonly argnums: readonly number[];
  readonly structures: readonly Structure[];
  readonly leaves: readonly Leaf[];
  readonly arrays: readonly NdArray[];
  readonly kinds: readonly LeafKind[];
}

/** @throws ArgumentError for an argnum that is not an argument's index */
export function moving(where: string, args: readonly unknown[], argnums: readonly number[]): MovingArguments {
  const leaves: Leaf[] = [];
  const normalized = argnums.map((argnum) => {
    const index = argnum < 0 ? argnum + args.length : argnum;
    if (!Number.isInteger(index) || index < 0 || index >= args.length) {
      throw new ArgumentError(
        where,
        `argnums is ${argnum}, but the function was called with ${args.length} arguments.`,
      );
    }
    return index;
  });
  const structures = normalized.map((index) => flattenInto(args[index], leaves));
  return { argnums: normalized, structures, leaves, arrays: leaves.map(toNdArray), kinds: leaves.map(kindOf) };
}

/** The call's arguments with those that move replaced by trees of `leaves`. */
function withLeaves(
  args: readonly unknown[],
  { argnums, structures }: MovingArguments,
  leaves: readonly unknown[],
): unknown[] {
  const result = [...args];
  let next = 0;
  argnums.forEach((argnum, index) => {
    const count = leafCount(structures[index]);
    result[argnum] = unflatten(structures[index], leaves.slice(next, next + count));
    next += count;
  });
  return result;
}

/** One tree an argument. */
export function perArgument({ structures }: MovingArguments, leaves: readonly unknown[]): unknown[] {
  let next = 0;
  return structures.map((structure) => {
    const count = leafCount(structure);
    next += count;
    return unflatten(structure, leaves.slice(next - count, next));
  });
}

/** A traced call, with what its program is to be applied to. */
export interface TracedCall extends Traced {
  readonly moving: MovingArguments;
  /** The moving leaves and the captured tracers. */
  readonly operands: readonly NdArray[];
  /** True for the moving leaves, false for the captured tracers. */
  readonly active: readonly boolean[];
}

/** Traces a call in the arguments that move; the others pass as they are. */
export function traceCall(f: AnyFunction, args: readonly unknown[], moved: MovingArguments): TracedCall {
  const call = f as (...args: unknown[]) => unknown;
  const traced = traceFunction(
    (tracers) => call(...withLeaves(args, moved, tracers)),
    moved.leaves.map((leaf, index) => traceInput(leaf, moved.arrays[index])),
  );
  return {
    ...traced,
    moving: moved,
    operands: [...moved.arrays, ...traced.captured],
    active: [...moved.arrays.map(() => true), ...traced.captured.map(() => false)],
  };
}

/** Path of a moving leaf in the user's words: `argument 0.w[1]`. */
export function argumentPath({ argnums, structures }: MovingArguments, leaf: number): string {
  return argnums.flatMap((argnum, index) => leafPaths(structures[index], `argument ${argnum}`))[leaf];
}

/** @throws ArgumentError that names the first moving leaf that is not of a float dtype */
export function requireFloatArguments(where: string, moved: MovingArguments): void {
  moved.arrays.forEach((array, index) => {
    if (isFloat(array.dtype)) return;
    throw new ArgumentError(
      where,
      `derivatives need float inputs, but ${argumentPath(moved, index)} is ${printAval(array.aval)}.`,
      'Convert it to float64, or leave the argument out of argnums.',
    );
  });
}

/** Trees of results: arrays in the kinds in which the function gave its own. */
export function restore(structure: Structure, arrays: readonly NdArray[], kinds: readonly LeafKind[]): unknown {
  return unflatten(
    structure,
    arrays.map((array, index) => toKind(array, kinds[index])),
  );
}

/** A function's result and its auxiliary data apart. */
export interface AuxSplit {
  readonly output: Structure;
  readonly outputCount: number;
  readonly aux: Structure | undefined;
}

/** @throws ArgumentError where a function said to have auxiliary data does not return a pair */
export function splitAux(where: string, output: Structure, hasAux: boolean): AuxSplit {
  if (!hasAux) return { output, outputCount: leafCount(output), aux: undefined };
  if (output.kind !== 'array' || output.children.length !== 2) {
    throw new ArgumentError(where, 'with hasAux, the function must return a pair [result, auxiliary data].');
  }
  return { output: output.children[0], outputCount: leafCount(output.children[0]), aux: output.children[1] };
}

/** The indices of the arguments to differentiate, and whether the caller gave a list. */
export function normalizeArgnums(argnums: number | readonly number[] | undefined): {
  list: readonly number[];
  single: boolean;
} {
  if (argnums === undefined) return { list: [0], single: true };
  return typeof argnums === 'number' ? { list: [argnums], single: true } : { list: argnums, single: false };
}
