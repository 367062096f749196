/** What functions with rules of their own share: which arguments the rules are about, and what rules may return. */
import { ArgumentError, GradLensError, ShapeError, TreeError } from '../../errors';
import { isFloat, sameShape, sizeOf, type ArrayValue, type Aval } from '../../program/aval';
import { allocate } from '../../program/aval';
import type { NdArray } from '../../trace/ndarray';
import { zerosOf } from '../../trace/subprogram';
import { traceInput, type TraceInput, type Traced } from '../../trace/trace';
import { toNdArray, type Leaf } from '../../tree/leaves';
import { flattenInto, leafCount, printStructure, sameStructure, unflatten, type Structure } from '../../tree/structure';

/** The arguments of a call that rules are about, flattened, and the others. */
export interface SplitArguments {
  /** The arguments that rules get in front. */
  readonly fixed: readonly unknown[];
  readonly structures: readonly Structure[];
  readonly arrays: readonly NdArray[];
  readonly inputs: readonly TraceInput[];
  /** All arguments, with leaves in place of the flattened ones'. */
  fill(leaves: readonly unknown[]): unknown[];
  /** The flattened arguments alone, made of other leaves. */
  trees(leaves: readonly unknown[]): unknown[];
}

export function splitArguments(args: readonly unknown[], nondiffArgnums: readonly number[]): SplitArguments {
  const isFixed = args.map(
    (_, index) => nondiffArgnums.includes(index) || nondiffArgnums.includes(index - args.length),
  );
  const leaves: Leaf[] = [];
  const structures = args.filter((_, index) => !isFixed[index]).map((arg) => flattenInto(arg, leaves));
  const arrays = leaves.map(toNdArray);
  const trees = (given: readonly unknown[]): unknown[] => {
    let next = 0;
    return structures.map((structure) => {
      next += leafCount(structure);
      return unflatten(structure, given.slice(next - leafCount(structure), next));
    });
  };
  return {
    fixed: args.filter((_, index) => isFixed[index]),
    structures,
    arrays,
    inputs: leaves.map((leaf, index) => traceInput(leaf, arrays[index])),
    trees,
    fill(given) {
      const own = trees(given);
      return args.map((arg, index) => (isFixed[index] ? arg : own.shift()));
    },
  };
}

/** A tangent or cotangent that is not known while a rule is traced: ones, for lack of a value. */
export function unknownInput(aval: Aval): TraceInput {
  const sample = (): ArrayValue => ({ ...aval, data: allocate(aval.dtype, sizeOf(aval.shape)).fill(1) });
  return { aval, sample, kind: 'array' };
}

/** Leaves of a result that must be like the function's. @throws TreeError, ShapeError */
export function leavesLike(where: string, what: string, value: unknown, { output, program }: Traced): Leaf[] {
  const leaves: Leaf[] = [];
  const structure = flattenInto(value, leaves);
  if (!sameStructure(output, structure))
    throw new TreeError(where, what, printStructure(output), printStructure(structure));
  const avals = program.outputAvals;
  leaves.forEach((leaf, index) => requireShape(where, what, toNdArray(leaf).aval, avals[index]));
  return leaves;
}

/** The pair that a rule must return. @throws ArgumentError */
export function requirePair(where: string, value: unknown, expected: string): readonly [unknown, unknown] {
  if (Array.isArray(value) && value.length === 2) return value as unknown as readonly [unknown, unknown];
  throw new ArgumentError(where, `the rule must return ${expected}.`);
}

/** Cotangents of the float leaves of the arguments; null stands for zeros. @throws ArgumentError, TreeError, ShapeError */
export function argumentCotangents(where: string, result: unknown, { structures, arrays }: SplitArguments): Leaf[] {
  if (!Array.isArray(result) || result.length !== structures.length) {
    const found = Array.isArray(result) ? `an array of ${result.length}` : 'something else';
    throw new ArgumentError(
      where,
      `the backward rule must return an array with one cotangent an argument (${structures.length}), but returned ${found}.`,
    );
  }
  let next = 0;
  return structures.flatMap((structure, argument) => {
    const own = arrays.slice(next, (next += leafCount(structure)));
    const value = (result as unknown[])[argument];
    if (value === null || value === undefined)
      return own.filter(({ dtype }) => isFloat(dtype)).map(({ aval }) => zerosOf(aval));
    const leaves: Leaf[] = [];
    const found = flattenInto(value, leaves);
    if (!sameStructure(structure, found)) {
      throw new TreeError(
        where,
        `the cotangent of argument ${argument}`,
        printStructure(structure),
        printStructure(found),
      );
    }
    leaves.forEach((leaf, index) =>
      requireShape(where, `the cotangent of argument ${argument}`, toNdArray(leaf).aval, own[index].aval),
    );
    return leaves.filter((_, index) => isFloat(own[index].dtype));
  });
}

/**
 * The trace of a rule that is traced late, by which time nothing can be captured any more.
 * @throws GradLensError where it uses values of outer traces
 */
export function withoutCaptures(where: string, traced: Traced): Traced {
  if (traced.captured.length === 0) return traced;
  throw new GradLensError(
    'custom-rule-closure',
    `${where}: a rule that calls its own function cannot close over traced values when it is differentiated again.`,
    'Pass the value as an argument instead.',
  );
}

function requireShape(where: string, what: string, actual: Aval, expected: Aval): void {
  if (sameShape(actual.shape, expected.shape) && actual.dtype === expected.dtype) return;
  throw new ShapeError(where, `${what} must have the type of the value itself`, [actual, expected]);
}
