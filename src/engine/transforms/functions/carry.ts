/** What structured control flow shares: values as trees, what loops carry, and what decides. */
import { ShapeError, TreeError } from '../../errors';
import { sameAval } from '../../primitives/structured/programs';
import { isFloat, type Aval } from '../../program/aval';
import { bind } from '../../trace/bind';
import { NdArray } from '../../trace/ndarray';
import { traceFunction, traceInput, type TraceInput, type Traced } from '../../trace/trace';
import { toNdArray, type Leaf } from '../../tree/leaves';
import { flattenInto, leafPaths, printStructure, sameStructure, unflatten, type Structure } from '../../tree/structure';

/** What decides: a boolean or a traced one. */
export type Predicate = boolean | number | NdArray;

/** The boolean or number that decides; traced ones are guarded. */
export function itemOf(value: Predicate): number | boolean {
  return value instanceof NdArray ? value.item() : value;
}

export function flattenValues(value: unknown): {
  structure: Structure;
  leaves: Leaf[];
  arrays: NdArray[];
  inputs: TraceInput[];
} {
  const leaves: Leaf[] = [];
  const structure = flattenInto(value, leaves);
  const arrays = leaves.map(toNdArray);
  return { structure, leaves, arrays, inputs: leaves.map((leaf, index) => traceInput(leaf, arrays[index])) };
}

export interface Carry {
  readonly structure: Structure;
  readonly arrays: readonly NdArray[];
  readonly inputs: readonly TraceInput[];
  readonly traced: Traced;
  readonly count: number;
}

/**
 * Traces a body on what it carries (and one slice), and checks that it returns the same type. Plain numbers take the float dtype
 * that the body gives them, as JAX's weak types do.
 */
export function traceCarry(
  where: string,
  init: unknown,
  body: (carry: unknown, x?: unknown) => unknown,
  slices?: { readonly structure: Structure; readonly inputs: readonly TraceInput[] },
): Carry {
  const values = flattenValues(init);
  let { arrays, inputs } = values;
  const count = arrays.length;
  const trace = () =>
    traceFunction(
      (tracers) => {
        const carry = unflatten(values.structure, tracers.slice(0, count));
        return slices ? body(carry, unflatten(slices.structure, tracers.slice(count))) : body(carry);
      },
      [...inputs, ...(slices?.inputs ?? [])],
    );
  let traced = trace();
  const wanted = traced.program.outputAvals.slice(0, count);
  const weak = arrays.map(
    (array, index) =>
      typeof values.leaves[index] === 'number' &&
      wanted[index]?.shape.length === 0 &&
      isFloat(wanted[index].dtype) &&
      wanted[index].dtype !== array.dtype,
  );
  if (weak.includes(true)) {
    arrays = arrays.map((array, index) =>
      weak[index] ? bind('convert', [array], { dtype: wanted[index].dtype }) : array,
    );
    inputs = inputs.map((input, index) =>
      weak[index] ? { ...input, aval: arrays[index].aval, sample: () => arrays[index].concrete } : input,
    );
    traced = trace();
  }
  requireCarry(
    where,
    values.structure,
    arrays,
    slices ? firstOfPair(traced.output) : traced.output,
    traced.program.outputAvals,
  );
  return { structure: values.structure, arrays, inputs, traced, count };
}

function firstOfPair(output: Structure): Structure {
  return output.kind === 'array' ? output.children[0] : output;
}

function requireCarry(
  where: string,
  structure: Structure,
  arrays: readonly NdArray[],
  output: Structure,
  avals: readonly Aval[],
): void {
  if (!sameStructure(structure, output)) {
    throw new TreeError(where, 'what the body returns to carry', printStructure(structure), printStructure(output));
  }
  const paths = leafPaths(structure, 'carry');
  arrays.forEach(({ aval }, index) => {
    if (sameAval(aval, avals[index])) return;
    throw new ShapeError(where, `the body must return what it carries: ${paths[index]} went in and came out as`, [
      aval,
      avals[index],
    ]);
  });
}
