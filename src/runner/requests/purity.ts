/** Does the function give the same twice? Random numbers, the clock and module state make derivatives meaningless. */
import { withTimeLimit } from '../limits';
import { numbersOf } from '../plain';
import type { Finding, Location, Target } from '../protocol';
import { isPromise } from '../record';
import type { Context, RecordedTarget } from './common';

/** Evaluates the plain function at the same point and compares. */
export function impurity(
  context: Context,
  target: Target,
  { recorded, impure }: RecordedTarget,
  location: Location,
): Finding[] {
  const finding = (message: string, hint: string): Finding[] => [{ code: 'impure', message, location, hint }];
  if (recorded.randomCalls > 0) {
    return finding(
      'The function uses random numbers or the clock: its derivative is that of one draw.',
      'Pass a seeded generator or the numbers as an argument.',
    );
  }
  if (impure) {
    return finding(
      'The function keeps values of earlier calls in a variable outside it.',
      'Pass what it remembers as an argument.',
    );
  }
  try {
    // Twice: what counts its calls may well be in step with the recorded function.
    const first = plainValue(context, target);
    const second = first && plainValue(context, target);
    if (!first || !second) return [];
    const differs = [second, Array.from(recorded.outputValues)].some(
      (other) => !same(first, other, recorded.float32 ? 1e-5 : 1e-9),
    );
    if (!differs) return [];
    return finding(
      'Two evaluations at the same point give different results.',
      'Does it change a variable outside it? Make what it depends on an argument.',
    );
  } catch {
    // What the plain run throws, the recorded one would have thrown, but for the time limit.
    return [];
  }
}

function same(a: readonly number[], b: readonly number[], tolerance: number): boolean {
  return a.length === b.length && a.every((value, index) => close(value, b[index], tolerance));
}

function close(a: number, b: number, tolerance: number): boolean {
  return Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b));
}

/** Numbers of the plain function's result; undefined for an async one. */
function plainValue(
  { session, timeLimit }: Pick<Context, 'session' | 'timeLimit'>,
  target: Target,
): number[] | undefined {
  return withTimeLimit(timeLimit, () => {
    const { fn, args } = session.prepare(target, false);
    const result = fn(...args);
    if (isPromise(result)) {
      result.then(undefined, () => undefined);
      return undefined;
    }
    return numbersOf(result);
  });
}
