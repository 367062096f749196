/** Loops as one equation: whileLoop, foriLoop and scan, as in `jax.lax`. */
import { ArgumentError, ShapeError } from '../../errors';
import { permuteInputs } from '../../primitives/structured/programs';
import type { Aval } from '../../program/aval';
import type { Program } from '../../program/program';
import { bind, bindMany } from '../../trace/bind';
import { ConcreteArray, type NdArray } from '../../trace/ndarray';
import { Tracer } from '../../trace/recorder';
import { hasGuards, zerosOf } from '../../trace/subprogram';
import { traceFunction, type TraceInput, type Traced } from '../../trace/trace';
import { toNdArray, type Leaf } from '../../tree/leaves';
import { flattenInto, leafCount, leafPaths, unflatten, type Structure } from '../../tree/structure';
import type { Stacked } from '../../tree/types';
import { restore } from './arguments';
import { flattenValues, itemOf, traceCarry, type Predicate } from './carry';
import { laneOf } from './lanes';

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
  return restore(carry.structure, results, carry.traced.outputKinds) as T;
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
    restore(carry.structure, results.slice(0, count), traced.outputKinds) as C,
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

/** The program with the captured values in front of its own inputs, as `while` and `scan` want their constants. */
function capturedFirst({ program, captured }: Traced): Program {
  if (captured.length === 0) return program;
  const order = Array.from(program.inputs, (_, index) => index);
  return permuteInputs(program, [...order.slice(-captured.length), ...order.slice(0, -captured.length)]);
}
