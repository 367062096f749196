/** checkGrads: derivatives against differences, in both modes, to any order. */
import { GradLensError } from '../errors';
import { describeCall, type AnyFunction } from '../transforms/functions/arguments';
import { vjp } from '../transforms/functions/backward';
import { jvp } from '../transforms/functions/forward';
import { jit } from '../transforms/functions/jit';
import { differentiate } from './differences';
import { dot, flat, generator, Point, randomDirection } from './vectors';

export type CheckMode = 'fwd' | 'rev';

export interface CheckOptions {
  /** Derivatives up to this order (default 2). */
  readonly order?: number;
  /** Default both. */
  readonly modes?: readonly CheckMode[];
  /** Default 1e-6, 2e-2 where there are single-precision arguments. */
  readonly absolute?: number;
  /** Default 1e-6, 2e-2 where there are single-precision arguments. */
  readonly relative?: number;
  /** Largest step of the differences; default 1e-2 (1e-1 for single precision). */
  readonly step?: number;
  readonly seed?: number;
}

/** One comparison: a derivative along a random direction with its difference quotient. */
export interface CheckResult {
  /** The modes from the first derivative to the last: `['rev', 'fwd']` is forward over reverse. */
  readonly modes: readonly CheckMode[];
  readonly ok: boolean;
  /** The element that differs most: derivative, difference quotient, how far apart and how far they may be. */
  readonly derivative: number;
  readonly numeric: number;
  readonly error: number;
  readonly tolerance: number;
  /** Its index among the float elements of the result (reverse mode compares one number). */
  readonly element: number;
}

/** A derivative differs from its difference quotient. */
export class GradientCheckError extends GradLensError {
  override name = 'GradientCheckError';

  constructor(
    where: string,
    readonly results: readonly CheckResult[],
  ) {
    const worst = results.filter(({ ok }) => !ok)[0];
    super(
      'check-failed',
      `${where}: the derivative of order ${worst.modes.length} (${worst.modes.join(', then ')}) is ${worst.derivative}, ` +
        `but differences give ${worst.numeric} (element ${worst.element}; they may differ by ${worst.tolerance}).`,
    );
  }
}

/**
 * Compares jvp and vjp of `f` at `args` with central differences, extrapolated, along random directions; then those of its
 * directional derivatives, up to `order`. As `jax.test_util.check_grads`.
 * @returns all comparisons; @throws GradientCheckError for the first order in which one fails
 */
export function checkGrads<Args extends readonly unknown[]>(
  f: (...args: Args) => unknown,
  args: Args,
  options: CheckOptions = {},
): CheckResult[] {
  const results = compareGrads(f, args, options);
  if (results.some(({ ok }) => !ok))
    throw new GradientCheckError(describeCall('checkGrads', f as AnyFunction), results);
  return results;
}

/** As `checkGrads`, but reports failures among the results instead of throwing. */
export function compareGrads<Args extends readonly unknown[]>(
  f: (...args: Args) => unknown,
  args: Args,
  { order = 2, modes = ['fwd', 'rev'], seed = 0, ...tolerances }: CheckOptions = {},
): CheckResult[] {
  const single = new Point('checkGrads', args).isSingle;
  const settings: Settings = {
    absolute: tolerances.absolute ?? (single ? 2e-2 : 1e-6),
    relative: tolerances.relative ?? (single ? 2e-2 : 1e-6),
    step: tolerances.step ?? (single ? 1e-1 : 1e-2),
    halvings: single ? 3 : 7,
    modes,
    random: generator(seed),
  };
  const results: CheckResult[] = [];
  check(f as AnyFunction, args, order, [], settings, results);
  return results;
}

interface Settings {
  readonly absolute: number;
  readonly relative: number;
  readonly step: number;
  readonly halvings: number;
  readonly modes: readonly CheckMode[];
  readonly random: () => number;
}

function check(
  f: AnyFunction,
  args: readonly unknown[],
  order: number,
  path: readonly CheckMode[],
  settings: Settings,
  results: CheckResult[],
): void {
  if (order === 0) return;
  const call = f as (...args: readonly unknown[]) => unknown;
  const point = new Point('checkGrads', args);
  const direction = randomDirection(point.size, settings.random);
  const tangents = point.with(direction, true) as readonly unknown[];
  // Traced once for all steps; where control flow goes another way, again.
  const compiled = jit(call);
  const { value: numeric, error } = differentiate(
    (h) => flat(compiled(...(point.moved(direction, h) as unknown[]))),
    settings,
  );
  for (const mode of settings.modes) {
    const own = [...path, mode];
    if (mode === 'fwd') {
      results.push(compare(own, flat(jvp(call, args, tangents)[1]), numeric, error, settings));
      check(
        named(f, (...moved) => jvp(call, moved, tangents)[1]),
        args,
        order - 1,
        own,
        settings,
        results,
      );
      continue;
    }
    const [value, pullback] = vjp(call, ...args);
    const result = new Point('checkGrads', value);
    const weights = randomDirection(result.size, settings.random);
    const cotangent = result.with(weights, true);
    const along = Float64Array.of(dot(flat(pullback(cotangent)), direction));
    const spread = error.reduce((sum, each, index) => sum + Math.abs(each * weights[index]), 0);
    results.push(compare(own, along, Float64Array.of(dot(weights, numeric)), Float64Array.of(spread), settings));
    check(
      named(f, (...moved) => vjp(call, ...moved)[1](cotangent)),
      args,
      order - 1,
      own,
      settings,
      results,
    );
  }
}

function named(f: AnyFunction, derived: (...args: unknown[]) => unknown): AnyFunction {
  return Object.defineProperty(derived as AnyFunction, 'name', { value: f.name });
}

function compare(
  modes: readonly CheckMode[],
  derivative: Float64Array,
  numeric: Float64Array,
  error: Float64Array,
  { absolute, relative }: Settings,
): CheckResult {
  let worst: CheckResult | undefined;
  let worstExcess = -Infinity;
  derivative.forEach((value, element) => {
    const difference = Math.abs(value - numeric[element]);
    // What the differences themselves cannot tell is not held against the derivative.
    const tolerance =
      absolute +
      relative * Math.abs(numeric[element]) +
      10 * Math.min(error[element], 1e-3 * (1 + Math.abs(numeric[element])));
    const same = Object.is(value, numeric[element]) || difference <= tolerance;
    const excess = same ? difference - tolerance : Number.isNaN(difference) ? Infinity : difference - tolerance;
    if (worst && excess <= worstExcess) return;
    worstExcess = excess;
    worst = { modes, ok: same, derivative: value, numeric: numeric[element], error: difference, tolerance, element };
  });
  return worst ?? { modes, ok: true, derivative: 0, numeric: 0, error: 0, tolerance: absolute, element: 0 };
}
