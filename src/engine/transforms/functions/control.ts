/** Structured control flow: cond, switchCase, whileLoop, foriLoop and scan, as in `jax.lax`. */
import { ArgumentError, ShapeError, TreeError } from '../../errors';
import { permuteInputs, sameAval } from '../../primitives/structured/programs';
import { isFloat, printAval, type Aval } from '../../program/aval';
import type { Program } from '../../program/program';
import { bind, bindMany } from '../../trace/bind';
import { ConcreteArray, NdArray } from '../../trace/ndarray';
import { Tracer } from '../../trace/recorder';
import { hasGuards, shareCaptured, zerosOf } from '../../trace/subprogram';
import { traceFunction, traceInput, type TraceInput, type Traced } from '../../trace/trace';
import { toKind, toNdArray, type Leaf, type LeafKind } from '../../tree/leaves';
import {
  flattenInto,
  leafCount,
  leafPaths,
  printStructure,
  sameStructure,
  unflatten,
  type Structure,
} from '../../tree/structure';
import type { Stacked } from '../../tree/types';
import { laneOf } from './lanes';

/** What decides: a boolean or a traced one. */
export type Predicate = boolean | number | NdArray;

/**
 * One of two functions of the operands, as `jax.lax.cond`. With a traced predicate both are traced, and one runs; under vmap
 * with a predicate that differs between examples both run and the result is selected.
 * @throws TreeError, ShapeError where the functions' results have different structures or types
 */
export function cond<Args extends readonly unknown[], R>(
  predicate: Predicate,
  onTrue: (...operands: Args) => R,
  onFalse: (...operands: Args) => R,
  ...operands: Args
): R {
  if (!(predicate instanceof Tracer)) return (itemOf(predicate) ? onTrue : onFalse)(...operands);
  const decision = predicate.dtype === 'bool' ? predicate : bind('ne', [predicate, zerosOf(predicate.aval)], undefined);
  return branch('cond', bind('convert', [decision], { dtype: 'int32' }), [onFalse, onTrue], operands);
}

/** One of several functions, by an index that is clamped to them, as `jax.lax.switch`. Errors as `cond`. */
export function switchCase<Args extends readonly unknown[], R>(
  index: number | NdArray,
  branches: readonly ((...operands: Args) => R)[],
  ...operands: Args
): R {
  if (branches.length === 0) throw new ArgumentError('switchCase', 'needs at least one branch.');
  if (!(index instanceof Tracer)) {
    return branches[clampIndex(Number(itemOf(index)), branches.length)](...operands);
  }
  return branch('switchCase', bind('convert', [index], { dtype: 'int32' }), branches, operands);
}

function clampIndex(index: number, count: number): number {
  return Math.min(Math.max(Math.trunc(index), 0), count - 1);
}

function branch<Args extends readonly unknown[], R>(
  where: string,
  index: NdArray,
  branches: readonly ((...operands: Args) => R)[],
  operands: Args,
): R {
  const { structure, arrays, inputs } = flattenValues(operands);
  const chosen = clampIndex(index.concrete.data[0], branches.length);
  const traced: Traced[] = [];
  for (const [number, f] of branches.entries()) {
    try {
      traced.push(traceFunction((tracers) => f(...(unflatten(structure, tracers) as unknown as Args)), inputs));
    } catch (error) {
      // A branch that fails at this point may still be never taken here.
      if (number === chosen) throw error;
      return takeBranch(index, branches, operands);
    }
  }
  if (traced.some(({ program }) => hasGuards(program))) return takeBranch(index, branches, operands);
  for (const other of traced) requireSameType(where, 'one branch', 'another', traced[0], other);
  const { programs, captured } = shareCaptured(traced);
  const results = bindMany('cond', [index, ...arrays, ...captured], { branches: programs });
  const kinds = traced[0].outputKinds.map((kind, leaf) =>
    traced.every((one) => one.outputKinds[leaf] === kind) ? kind : 'array',
  );
  return restoreTree(traced[0].output, results, kinds) as R;
}

/** Decides now, and records that it did. */
function takeBranch<Args extends readonly unknown[], R>(
  index: NdArray,
  branches: readonly ((...operands: Args) => R)[],
  operands: Args,
): R {
  return branches[clampIndex(Number(index.item()), branches.length)](...operands);
}

/**
 * Repeats `body` while `condition` holds, as `jax.lax.while_loop`. What it carries keeps its structure and types. Forward mode
 * only: reverse mode throws NotLinearError.
 * @throws TreeError, ShapeError where the body returns something else than it takes
 */
export function whileLoop<T>(condition: (value: T) => Predicate, body: (value: T) => T, init: T): T {
  const carry = traceCarry('whileLoop', init, (value) => body(value as T));
  const decide = traceFunction((tracers) => condition(unflatten(carry.structure, tracers) as T), carry.inputs);
  if (hasGuards(carry.traced.program) || hasGuards(decide.program)) {
    let value = init;
    while (itemOf(condition(value))) value = body(value);
    return value;
  }
  const [decision] = decide.program.outputAvals;
  if (decide.output.kind === 'static') {
    // A plain boolean: it depends on nothing that is carried.
    if (decide.output.value)
      throw new ArgumentError('whileLoop', 'the condition is always true, so the loop would not end.');
    return init;
  }
  if (decide.output.kind !== 'leaf' || decision.dtype !== 'bool' || decision.shape.length > 0) {
    throw new ShapeError('whileLoop', 'the condition must return one boolean scalar', decide.program.outputAvals);
  }
  const results = bindMany('while', [...decide.captured, ...carry.traced.captured, ...carry.arrays], {
    cond: capturedFirst(decide),
    body: capturedFirst(carry.traced),
    condConsts: decide.captured.length,
    bodyConsts: carry.traced.captured.length,
  });
  return restoreTree(carry.structure, results, carry.traced.outputKinds) as T;
}

/**
 * `body(i, value)` for i from `lower` up to but not including `upper`, as `jax.lax.fori_loop`; `i` is an int32 scalar. Both
 * modes where the bounds are plain numbers; with traced bounds it is a `whileLoop`. Errors as `whileLoop`.
 */
export function foriLoop<T>(
  lower: number | NdArray,
  upper: number | NdArray,
  body: (i: NdArray, value: T) => T,
  init: T,
): T {
  if (lower instanceof Tracer || upper instanceof Tracer) {
    const start = bind('convert', [toNdArray(lower)], { dtype: 'int32' });
    const end = bind('convert', [toNdArray(upper)], { dtype: 'int32' });
    const one = new ConcreteArray(Int32Array.of(1), [], 'int32');
    const [, , value] = whileLoop<readonly [NdArray, NdArray, T]>(
      ([i, last]) => bind('lt', [i, last], undefined),
      ([i, last, current]) => [bind('add', [i, one], undefined), last, body(i, current)],
      [start, end, init],
    );
    return value;
  }
  const first = Number(itemOf(lower));
  const count = Math.max(0, Number(itemOf(upper)) - first);
  const indices = new ConcreteArray(
    Int32Array.from({ length: count }, (_, step) => first + step),
    [count],
    'int32',
  );
  return scan((value: T, i: NdArray) => [body(i, value), null], init, indices)[0];
}

export interface ScanOptions {
  /** Number of steps, where there is nothing to run over. */
  readonly length?: number;
  /** From the last step to the first; results keep their places. */
  readonly reverse?: boolean;
}

/** One slice of a tree of stacked arrays. */
export type Sliced<T> = T extends NdArray | Float64Array | Float32Array | Int32Array
  ? NdArray
  : T extends readonly unknown[] | { readonly [key: string]: unknown }
    ? { readonly [K in keyof T]: Sliced<T[K]> }
    : T;

/**
 * `f(carry, x)` → [carry, y] over the leading axis of `xs`, as `jax.lax.scan`: returns [the last carry, all y stacked]. The
 * carry keeps its structure and types. Both modes; reverse mode keeps what each step needs.
 * @throws ArgumentError where lengths differ; TreeError, ShapeError where the carry changes its type
 */
export function scan<C, X, Y>(
  f: (carry: C, x: Sliced<X>) => readonly [C, Y],
  init: C,
  xs: X,
  { length, reverse = false }: ScanOptions = {},
): [C, Stacked<Y>] {
  const stacked = flattenValues(xs);
  const steps = scanLength(stacked.arrays, stacked.structure, length);
  const slices = stacked.arrays.map((array): TraceInput => {
    const aval: Aval = { shape: array.shape.slice(1), dtype: array.dtype };
    const sample = () => (steps === 0 ? zerosOf(aval) : laneOf(array.concrete, 0, reverse ? steps - 1 : 0));
    return { aval, sample, kind: 'array' };
  });
  const carry = traceCarry(
    'scan',
    init,
    (value, x) => {
      const result = f(value as C, x as Sliced<X>);
      if (!Array.isArray(result) || result.length !== 2) {
        throw new ArgumentError('scan', 'the function must return a pair [carry, y].');
      }
      return result;
    },
    { structure: stacked.structure, inputs: slices },
  );
  const { traced, count } = carry;
  if (hasGuards(traced.program)) return unrolled(f, init, stacked, steps, reverse, traced);
  const results = bindMany('scan', [...traced.captured, ...carry.arrays, ...stacked.arrays], {
    body: capturedFirst(traced),
    length: steps,
    consts: traced.captured.length,
    carry: count,
    reverse,
  });
  const outputs = traced.output as Extract<Structure, { kind: 'array' }>;
  return [
    restoreTree(carry.structure, results.slice(0, count), traced.outputKinds) as C,
    unflatten(outputs.children[1], results.slice(count)) as Stacked<Y>,
  ];
}

function scanLength(arrays: readonly NdArray[], structure: Structure, length: number | undefined): number {
  const paths = leafPaths(structure, 'xs');
  const bad = arrays.findIndex(({ ndim }) => ndim === 0);
  if (bad >= 0) throw new ArgumentError('scan', `${paths[bad]} is a scalar; what scan runs over needs a leading axis.`);
  const steps = length ?? arrays[0]?.shape[0];
  if (steps === undefined) throw new ArgumentError('scan', 'needs something to run over, or length.');
  const other = arrays.findIndex(({ shape }) => shape[0] !== steps);
  if (other >= 0) {
    throw new ArgumentError(
      'scan',
      `got different leading axis sizes: ${steps} and ${arrays[other].shape[0]} (${paths[other]}).`,
    );
  }
  return steps;
}

/** Step by step, for bodies whose control flow depends on values. */
function unrolled<C, X, Y>(
  f: (carry: C, x: Sliced<X>) => readonly [C, Y],
  init: C,
  { structure, arrays }: { readonly structure: Structure; readonly arrays: readonly NdArray[] },
  steps: number,
  reverse: boolean,
  traced: Traced,
): [C, Stacked<Y>] {
  let carry = init;
  const rows: Leaf[][] = [];
  let output = (traced.output as Extract<Structure, { kind: 'array' }>).children[1];
  for (let step = 0; step < steps; step++) {
    const index = reverse ? steps - 1 - step : step;
    const x = unflatten(
      structure,
      arrays.map((array) => sliceAt(array, index)),
    );
    const [next, y] = f(carry, x as Sliced<X>);
    carry = next;
    rows[index] = [];
    output = flattenInto(y, rows[index]);
  }
  const width = leafCount(output);
  const stacks = Array.from({ length: width }, (_, leaf) => {
    const parts = rows.map((row) => expand(toNdArray(row[leaf])));
    if (parts.length > 0) return bind('concatenate', parts, { axis: 0 });
    const { shape, dtype } = traced.program.outputAvals[traced.program.outputs.length - width + leaf];
    return zerosOf({ shape: [0, ...shape], dtype });
  });
  return [carry, unflatten(output, stacks) as Stacked<Y>];
}

function sliceAt(array: NdArray, index: number): NdArray {
  const [, ...rest] = array.shape;
  const slice = bind('slice', [array], {
    start: array.shape.map((_, axis) => (axis === 0 ? index : 0)),
    limit: array.shape.map((extent, axis) => (axis === 0 ? index + 1 : extent)),
    strides: array.shape.map(() => 1),
  });
  return bind('reshape', [slice], { shape: rest });
}

function expand(array: NdArray): NdArray {
  return bind('reshape', [array], { shape: [1, ...array.shape] });
}

// ------------------------------------------------------------------------------------------ what they share

function flattenValues(value: unknown): {
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

interface Carry {
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
function traceCarry(
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

function requireSameType(where: string, first: string, second: string, a: Traced, b: Traced): void {
  if (!sameStructure(a.output, b.output)) {
    throw new TreeError(where, `the result of ${second}`, printStructure(a.output), printStructure(b.output));
  }
  const others = b.program.outputAvals;
  a.program.outputAvals.forEach((aval, index) => {
    if (sameAval(aval, others[index])) return;
    const path = leafPaths(a.output, 'result')[index];
    throw new ArgumentError(
      where,
      `${path} is ${printAval(aval)} in ${first} and ${printAval(others[index])} in ${second}.`,
    );
  });
}

/** The program with the captured values in front of its own inputs, as `while` and `scan` want their constants. */
function capturedFirst({ program, captured }: Traced): Program {
  if (captured.length === 0) return program;
  const order = Array.from(program.inputs, (_, index) => index);
  return permuteInputs(program, [...order.slice(-captured.length), ...order.slice(0, -captured.length)]);
}

function restoreTree(structure: Structure, arrays: readonly NdArray[], kinds: readonly LeafKind[]): unknown {
  return unflatten(
    structure,
    arrays.map((array, index) => toKind(array, kinds[index])),
  );
}

/** The boolean or number that decides; traced ones are guarded. */
function itemOf(value: Predicate): number | boolean {
  return value instanceof NdArray ? value.item() : value;
}
