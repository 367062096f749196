/** vmap: a function of one example becomes one of many. */
import { ArgumentError, TreeError } from '../../errors';
import { printAval } from '../../program/aval';
import type { Program } from '../../program/program';
import { applyProgram } from '../../trace/apply';
import type { NdArray } from '../../trace/ndarray';
import { traceFunction, type Traced } from '../../trace/trace';
import { toNdArray, type Leaf } from '../../tree/leaves';
import { flattenInto, leafPaths, printStructure, sameStructure, unflatten, type Structure } from '../../tree/structure';
import type { Stackable, Stacked } from '../../tree/types';
import { BatchAxisError, batchProgram } from '../batch';
import { describeCall, type AnyFunction } from './arguments';
import { axesOfArguments, axesOfOutput, type Axes } from './axes';
import { hasGuards, laneOf, lanesThatFollow, mergeGroups, takeLanes } from './lanes';

export interface VmapOptions {
  /** The axis of each argument that holds the examples: a number for all, or one entry (a tree of axes, null for none) each. */
  readonly inAxes?: Axes;
  /** Where the examples' axis stands in the results: a number or a tree of them; null where a result has none. */
  readonly outAxes?: Axes;
  /** The number of examples, where no argument has the axis. */
  readonly axisSize?: number;
}

/** An argument's leaves that are mapped, with their axes. */
interface Mapped {
  readonly arrays: readonly NdArray[];
  readonly axes: readonly number[];
  readonly size: number;
}

/**
 * The function for many examples at once, as `jax.vmap`: arguments have one axis more (axis 0, or as `inAxes` says; null for an
 * argument that all examples share), and so have the results (`outAxes`). Where the control flow of examples differs, those
 * that go the same way are computed together.
 * @throws ArgumentError where axes are out of range or sizes differ, as JAX's
 */
export function vmap<Args extends readonly unknown[], R>(
  f: (...args: Args) => R,
  inAxes?: Axes | VmapOptions,
  outAxes?: Axes,
): (...args: { readonly [K in keyof Args]: Stackable<Args[K]> }) => Stacked<R> {
  const options = vmapOptions(inAxes, outAxes);
  const where = describeCall('vmap', f as AnyFunction);
  return (...args) => mapCall(where, f as AnyFunction, args, options) as Stacked<R>;
}

function vmapOptions(
  inAxes: Axes | VmapOptions | undefined,
  outAxes: Axes | undefined,
): Required<Omit<VmapOptions, 'axisSize'>> & VmapOptions {
  const isOptions =
    typeof inAxes === 'object' &&
    inAxes !== null &&
    !Array.isArray(inAxes) &&
    !(inAxes instanceof Map) &&
    outAxes === undefined;
  const given: VmapOptions = isOptions ? (inAxes as VmapOptions) : { inAxes: inAxes as Axes, outAxes };
  return {
    ...given,
    inAxes: given.inAxes === undefined ? 0 : given.inAxes,
    outAxes: given.outAxes === undefined ? 0 : given.outAxes,
  };
}

function mapCall(
  where: string,
  f: AnyFunction,
  args: readonly unknown[],
  { inAxes, outAxes, axisSize }: ReturnType<typeof vmapOptions>,
): unknown {
  const leaves: Leaf[] = [];
  const structure = flattenInto(args, leaves);
  const leafAxes = axesOfArguments(where, structure, inAxes);
  const isMapped = leafAxes.map((axis) => axis !== null);
  const mapped = checkSizes(where, structure, leaves, leafAxes, axisSize);
  const callLanes = (lanes: Mapped): Traced =>
    traceFunction(
      (tracers) => {
        let next = 0;
        const filled = leaves.map((leaf, index) => (isMapped[index] ? tracers[next++] : leaf));
        return (f as (...args: unknown[]) => unknown)(...(unflatten(structure, filled) as unknown[]));
      },
      lanes.arrays.map((array, index) => ({
        aval: { shape: array.shape.filter((_, axis) => axis !== lanes.axes[index]), dtype: array.dtype },
        sample: () => laneOf(array.concrete, lanes.axes[index], 0),
        kind: array.ndim === 1 ? 'number' : 'array',
      })),
    );
  const first = callLanes(mapped);
  const outLeafAxes = axesOfOutput(where, first.output, first.program.outputAvals, outAxes);
  const arrays = hasGuards(first.program)
    ? mapGroups(where, first, mapped, outLeafAxes, callLanes)
    : applyBatched(where, first, mapped, outLeafAxes);
  return unflatten(first.output, arrays);
}

/** Runs the lanes that go the same way together, and puts the groups' results in order. */
function mapGroups(
  where: string,
  first: Traced,
  mapped: Mapped,
  outAxes: readonly (number | null)[],
  callLanes: (lanes: Mapped) => Traced,
): NdArray[] {
  let remaining = Array.from({ length: mapped.size }, (_, lane) => lane);
  const groups: { lanes: number[]; results: NdArray[] }[] = [];
  let traced = first;
  let lanes = mapped;
  for (;;) {
    const follows = lanesThatFollow(traced.program, lanes.arrays, lanes.axes, traced.captured, lanes.size);
    if (groups.length === 0 && follows.every(Boolean)) return applyBatched(where, traced, mapped, outAxes);
    requireSameResult(where, first, traced);
    const own = remaining.filter((_, index) => follows[index]);
    const part = selectLanes(mapped, own);
    groups.push({
      lanes: own,
      results: applyBatched(
        where,
        traced,
        part,
        outAxes.map((axis) => (axis === null ? null : 0)),
      ),
    });
    remaining = remaining.filter((_, index) => !follows[index]);
    if (remaining.length === 0) return mergeGroups(groups, outAxes);
    lanes = selectLanes(mapped, remaining);
    traced = callLanes(lanes);
  }
}

function selectLanes({ arrays, axes }: Mapped, lanes: readonly number[]): Mapped {
  return { arrays: arrays.map((array, index) => takeLanes(array, axes[index], lanes)), axes, size: lanes.length };
}

function requireSameResult(where: string, first: Traced, other: Traced): void {
  if (!sameStructure(first.output, other.output)) {
    throw new TreeError(
      where,
      'the result for some examples',
      printStructure(first.output),
      printStructure(other.output),
    );
  }
  const avals = other.program.outputAvals.map(printAval);
  first.program.outputAvals.map(printAval).forEach((expected, index) => {
    if (expected === avals[index]) return;
    const path = leafPaths(first.output, 'result')[index];
    throw new ArgumentError(where, `${path} is ${expected} for some examples and ${avals[index]} for others.`);
  });
}

function applyBatched(
  where: string,
  { program, captured, output }: Traced,
  { arrays, axes, size }: Mapped,
  outAxes: readonly (number | null)[],
): NdArray[] {
  const inAxes = [...axes, ...captured.map(() => null)];
  let batched: Program;
  try {
    batched = batchProgram(program, inAxes, size, outAxes);
  } catch (error) {
    if (!(error instanceof BatchAxisError)) throw error;
    const path = leafPaths(output, 'result')[error.output];
    throw new ArgumentError(
      where,
      `vmap has mapped output, but outAxes is null for ${path}, which depends on the mapped arguments.`,
    );
  }
  return applyProgram(batched, [...arrays, ...captured]);
}

/** @throws ArgumentError in JAX's words where ranks are too small or sizes differ */
function checkSizes(
  where: string,
  structure: Structure,
  leaves: readonly Leaf[],
  leafAxes: readonly (number | null)[],
  axisSize: number | undefined,
): Mapped {
  const paths = leafPaths(structure, 'argument ').map((path) => path.replace(/^argument \[(\d+)\]/, 'argument $1'));
  const arrays: NdArray[] = [];
  const axes: number[] = [];
  const sizes: { path: string; aval: string; axis: number; size: number }[] = [];
  leaves.forEach((leaf, index) => {
    const axis = leafAxes[index];
    if (axis === null) return;
    const array = toNdArray(leaf);
    const rank = array.ndim;
    if (axis >= rank || axis < -rank) {
      throw new ArgumentError(
        where,
        `vmap was requested to map ${paths[index]} along axis ${axis}, which implies that its rank should be at least ` +
          `${axis < 0 ? -axis : axis + 1}, but is only ${rank} (its shape is [${array.shape.join(', ')}]).`,
        rank === 0
          ? 'An array of numbers is a tree of scalars: use np.array or a Float64Array for one array of examples.'
          : undefined,
      );
    }
    const normalized = axis < 0 ? axis + rank : axis;
    arrays.push(array);
    axes.push(normalized);
    sizes.push({ path: paths[index], aval: printAval(array.aval), axis: normalized, size: array.shape[normalized] });
  });
  if (sizes.length === 0 && axisSize === undefined) {
    throw new ArgumentError(
      where,
      'vmap must have at least one argument that is mapped (inAxes not null), or axisSize.',
    );
  }
  const size = axisSize ?? sizes[0].size;
  if (sizes.some((found) => found.size !== size)) {
    const list = sizes.map(
      (found) => `axis ${found.axis} of ${found.path}, of type ${found.aval}, has size ${found.size}`,
    );
    throw new ArgumentError(where, `vmap got inconsistent sizes for array axes to be mapped: ${list.join('; ')}.`);
  }
  if (size === 0) throw new ArgumentError(where, 'vmap needs at least one example, but the mapped axes have size 0.');
  return { arrays, axes, size };
}
