/** The Taylor test: what is left of f(x + h v) after each order of its series must fall as the next power of h. */
import { jvp } from '../transforms/functions/forward';
import { flat, generator, norm, Point, randomDirection } from './vectors';

export interface TaylorResult {
  readonly ok: boolean;
  readonly steps: readonly number[];
  /** |f(x+hv) − f(x)|, then less h J v, then less h²/2 vᵀ H v too: one list an order, one entry a step. */
  readonly remainders: readonly (readonly number[])[];
  /** The slope of each order's remainders against h in logarithms: 1, 2 and 3 for right derivatives; NaN where all are rounding. */
  readonly slopes: readonly number[];
}

export interface TaylorOptions {
  /** A tree like the arguments; random by default. */
  readonly direction?: readonly unknown[];
  readonly steps?: readonly number[];
  /** Orders of derivatives to test: 1 or 2 (default). */
  readonly order?: 1 | 2;
  /** How far below the ideal a slope may lie. */
  readonly slack?: number;
  readonly seed?: number;
}

/** Runs the test with the derivatives of forward mode. A remainder within rounding of f counts as zero. */
export function taylorTest<Args extends readonly unknown[]>(
  f: (...args: Args) => unknown,
  args: Args,
  { direction, steps = [1e-1, 5e-2, 2.5e-2, 1.25e-2, 6.25e-3], order = 2, slack = 0.2, seed = 0 }: TaylorOptions = {},
): TaylorResult {
  const point = new Point('taylorTest', args);
  const call = f as unknown as (...args: unknown[]) => unknown;
  const v = direction ? flat(direction) : randomDirection(point.size, generator(seed));
  const tangents = point.with(v, true) as unknown[];
  const value = flat(call(...args));
  const series = [flat(jvp(call, [...args], tangents)[1])];
  if (order === 2) {
    const along = (...moved: unknown[]) => jvp(call, moved, tangents)[1];
    series.push(flat(jvp(along, [...args], tangents)[1]).map((element) => element / 2));
  }
  const remainders: number[][] = Array.from({ length: order + 1 }, () => []);
  const floor: number[] = [];
  for (const h of steps) {
    let rest = flat(call(...(point.moved(v, h) as unknown[]))).map((element, index) => element - value[index]);
    floor.push(1e-14 * (norm(value) + norm(rest)) + Number.MIN_VALUE);
    remainders[0].push(norm(rest));
    series.forEach((term, index) => {
      rest = rest.map((element, k) => element - term[k] * h ** (index + 1));
      remainders[index + 1].push(norm(rest));
    });
  }
  const slopes = remainders.map((list) => slope(steps, list, floor));
  const ok = slopes.every((found, index) => Number.isNaN(found) || index === 0 || found >= index + 1 - slack);
  return { ok, steps, remainders, slopes };
}

/** Least-squares slope of log remainder against log step, over the remainders above rounding; NaN for fewer than two. */
function slope(steps: readonly number[], remainders: readonly number[], floor: readonly number[]): number {
  const points = steps
    .map((h, index) => ({ x: Math.log(h), y: Math.log(remainders[index]), above: remainders[index] > floor[index] }))
    .filter(({ above }) => above);
  if (points.length < 2) return NaN;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length;
  const covariance = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  return covariance / points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
}
