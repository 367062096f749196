/** The user's function as it is, without tracing: flat numbers in, flat numbers out. For differences, checks and timing. */
import { NdArray } from '../engine/trace/ndarray';
import { RunnerError } from './modules/errors';
import type { Target } from './protocol';
import { isPromise } from './record';
import type { Session } from './session';
import { describe } from './values/layout';
import { byNumbers, substituteAll } from './values/substitute';

export interface PlainFunction {
  /** Runs the function with other numbers in the arguments' places. */
  evaluate: (inputs: ArrayLike<number>) => Float64Array;
  /** Runs it with the arguments as they are, without taking the result apart. */
  call: () => unknown;
}

export function plainFunction(session: Session, target: Target, wrt: readonly number[]): PlainFunction {
  const { fn, args } = session.prepare(target, false);
  const evaluate = (inputs: ArrayLike<number>): Float64Array => {
    return withMoved(args, wrt, inputs, (moved) => Float64Array.from(numbersOf(atOnce(fn(...moved)))));
  };
  return { evaluate, call: () => fn(...args) };
}

/** What is there at once; a promise is refused. */
export function atOnce<T>(result: T | Promise<T>): T {
  if (!isPromise(result)) return result;
  result.then(undefined, () => undefined);
  throw new RunnerError(
    'async',
    'An async function cannot be evaluated many times at once.',
    {},
    'Check the function that it awaits.',
  );
}

/** What `use` makes of the arguments with other numbers in the places of those of `wrt`; they are as before afterwards. */
export function withMoved<T>(
  args: readonly unknown[],
  wrt: readonly number[],
  inputs: ArrayLike<number>,
  use: (moved: unknown[]) => T,
): T {
  let next = 0;
  const moved = substituteAll(
    args,
    wrt,
    byNumbers(() => inputs[next++]),
  );
  try {
    return use(moved.args);
  } finally {
    moved.restore();
  }
}

export function numbersOf(value: unknown): number[] {
  return describe(value).elements.flatMap((element) =>
    element instanceof NdArray ? Array.from(element.concrete.data) : [element],
  );
}

/** A seeded sequence of numbers in [−1, 1). */
export function seededDirection(size: number, seed: number): Float64Array {
  let state = seed >>> 0;
  return Float64Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2147483648 - 1;
  });
}
