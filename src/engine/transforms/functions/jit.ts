/** jit: a function traced and compiled once for each structure, shapes and way of its control flow. */
import { GuardError } from '../../errors';
import { compile, type Executable } from '../../execute/run';
import type { ArrayValue, Aval } from '../../program/aval';
import { simplify } from '../../program/simplify';
import { ConcreteArray, NdArray } from '../../trace/ndarray';
import { currentRecorder } from '../../trace/recorder';
import { traceFunction, traceInput } from '../../trace/trace';
import { avalOf, toKind, toNdArray, type Leaf, type LeafKind } from '../../tree/leaves';
import { flattenInto, matchInto, unflatten, type Structure } from '../../tree/structure';
import { asCall } from './checkpoint';

export interface JitOptions {
  /** Arguments that stay as they are; the function is traced again for each of their values. */
  readonly staticArgnums?: readonly number[];
}

/** A jitted function, and how often it was traced. */
export type Jitted<Args extends readonly unknown[], R> = ((...args: Args) => R) & {
  /** Number of ways that are compiled now. */
  readonly cacheSize: () => number;
  readonly clearCache: () => void;
};

/** One way through the function: what it is valid for, and what it gives. */
interface Entry {
  readonly structure: Structure;
  readonly statics: readonly unknown[];
  readonly avals: readonly Aval[];
  readonly executable: Executable;
  readonly output: Structure;
  readonly outputKinds: readonly LeafKind[];
}

/** Ways kept for one function; the least recently used goes first. */
const MOST_ENTRIES = 64;

/**
 * The function, traced once and compiled, as `jax.jit`: calls with arguments of the same structure, shapes and dtypes reuse the
 * program as long as control flow goes the same way (its guards hold), else the function is traced again. Numbers among the
 * arguments are traced; name those that only steer (sizes, flags are static anyway) in `staticArgnums`. Values from outside the
 * function are those of the first call. Inside another transform a call becomes one row.
 */
export function jit<Args extends readonly unknown[], R>(
  f: (...args: Args) => R,
  { staticArgnums = [] }: JitOptions = {},
): Jitted<Args, R> {
  const inner = asCall(f, 'jit');
  let entries: Entry[] = [];
  const leaves: Leaf[] = [];
  const call = (...args: Args): R => {
    if (currentRecorder()) return staticArgnums.length === 0 ? inner(...args) : withStatics(f, args, staticArgnums);
    const { moving, statics } = separate(args, staticArgnums);
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index];
      leaves.length = 0;
      if (!sameStatics(entry.statics, statics) || !matchInto(entry.structure, moving, leaves)) continue;
      if (!sameAvals(entry.avals, leaves)) continue;
      try {
        const result = runEntry(entry, leaves.map(valueOf));
        if (index > 0) {
          entries.splice(index, 1);
          entries.unshift(entry);
        }
        return result as R;
      } catch (error) {
        if (!(error instanceof GuardError)) throw error;
      }
    }
    const entry = traceEntry(f, args, moving, statics, staticArgnums);
    entries.unshift(entry);
    if (entries.length > MOST_ENTRIES) entries.pop();
    leaves.length = 0;
    flattenInto(moving, leaves);
    return runEntry(entry, leaves.map(valueOf)) as R;
  };
  Object.defineProperty(call, 'name', { value: f.name });
  return Object.assign(call, {
    cacheSize: () => entries.length,
    clearCache: () => {
      entries = [];
    },
  });
}

function separate(
  args: readonly unknown[],
  staticArgnums: readonly number[],
): { moving: readonly unknown[]; statics: readonly unknown[] } {
  if (staticArgnums.length === 0) return { moving: args, statics: NO_STATICS };
  return {
    moving: args.filter((_, index) => !staticArgnums.includes(index)),
    statics: args.filter((_, index) => staticArgnums.includes(index)),
  };
}

const NO_STATICS: readonly unknown[] = [];

function sameStatics(a: readonly unknown[], b: readonly unknown[]): boolean {
  for (let index = 0; index < a.length; index++) if (!Object.is(a[index], b[index])) return false;
  return a.length === b.length;
}

/** The arguments in the order of the call. */
function joined(moving: readonly unknown[], args: readonly unknown[], staticArgnums: readonly number[]): unknown[] {
  let next = 0;
  return args.map((arg, index) => (staticArgnums.includes(index) ? arg : moving[next++]));
}

function withStatics<Args extends readonly unknown[], R>(
  f: (...args: Args) => R,
  args: Args,
  staticArgnums: readonly number[],
): R {
  const { moving } = separate(args, staticArgnums);
  const bound = (...given: unknown[]) => f(...(joined(given, args, staticArgnums) as unknown as Args));
  return asCall(Object.defineProperty(bound, 'name', { value: f.name }), 'jit')(...moving);
}

function traceEntry<Args extends readonly unknown[], R>(
  f: (...args: Args) => R,
  args: Args,
  moving: readonly unknown[],
  statics: readonly unknown[],
  staticArgnums: readonly number[],
): Entry {
  const found: Leaf[] = [];
  const structure = flattenInto(moving, found);
  const traced = traceFunction(
    (tracers) => f(...(joined(unflatten(structure, tracers) as unknown[], args, staticArgnums) as unknown as Args)),
    found.map((leaf) => traceInput(leaf)),
  );
  return {
    structure,
    statics: [...statics],
    avals: found.map(avalOf),
    executable: compile(simplify(traced.program)),
    output: traced.output,
    outputKinds: traced.outputKinds,
  };
}

function sameAvals(avals: readonly Aval[], leaves: readonly Leaf[]): boolean {
  for (let index = 0; index < leaves.length; index++) {
    const leaf = leaves[index];
    const { shape, dtype } = avals[index];
    if (typeof leaf === 'number') {
      if (shape.length > 0 || dtype !== 'float64') return false;
      continue;
    }
    const own = avalOf(leaf);
    if (own.dtype !== dtype || own.shape.length !== shape.length) return false;
    for (let axis = 0; axis < shape.length; axis++) if (own.shape[axis] !== shape[axis]) return false;
  }
  return true;
}

function valueOf(leaf: Leaf): ArrayValue {
  if (typeof leaf === 'number') return { shape: [], dtype: 'float64', data: Float64Array.of(leaf) };
  return (leaf instanceof NdArray ? leaf : toNdArray(leaf)).concrete;
}

function runEntry({ executable, output, outputKinds }: Entry, inputs: readonly ArrayValue[]): unknown {
  const results = executable.run(inputs);
  if (output.kind === 'leaf') return toKind(ConcreteArray.of(results[0]), outputKinds[0]);
  return unflatten(
    output,
    results.map((value, index) => toKind(ConcreteArray.of(value), outputKinds[index])),
  );
}
