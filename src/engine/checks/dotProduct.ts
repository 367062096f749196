/** The dot-product test: forward and reverse mode must be each other's transposition. */
import { vjp } from '../transforms/functions/backward';
import { jvp } from '../transforms/functions/forward';
import { dot, flat, generator, norm, Point, randomDirection } from './vectors';

export interface DotProductResult {
  readonly ok: boolean;
  /** ⟨u, J v⟩ by forward mode. */
  readonly forward: number;
  /** ⟨Jᵀ u, v⟩ by reverse mode. */
  readonly reverse: number;
  /** |forward − reverse| over the larger of |u| |J v| and |Jᵀ u| |v|. */
  readonly relativeError: number;
}

/**
 * ⟨u, J v⟩ = ⟨Jᵀ u, v⟩ for random u and v, with J the Jacobian of `f` at `args` (any pytrees). Needs no step size, so it holds
 * to rounding; it says that the modes agree, not that they are right (see checkGrads).
 */
export function dotProductTest<Args extends readonly unknown[]>(
  f: (...args: Args) => unknown,
  args: Args,
  {
    trials = 3,
    tolerance = 1e-10,
    seed = 0,
  }: { readonly trials?: number; readonly tolerance?: number; readonly seed?: number } = {},
): DotProductResult {
  const point = new Point('dotProductTest', args);
  const random = generator(seed);
  const call = f as unknown as (...args: unknown[]) => unknown;
  let worst: DotProductResult | undefined;
  for (let trial = 0; trial < trials; trial++) {
    const v = randomDirection(point.size, random);
    const [value, tangent] = jvp(call, [...args], point.with(v, true) as unknown[]);
    const result = new Point('dotProductTest', value);
    const u = randomDirection(result.size, random);
    const moved = flat(tangent);
    const pulled = flat(vjp(call, ...args)[1](result.with(u, true)));
    const forward = dot(u, moved);
    const reverse = dot(pulled, v);
    const scale = Math.max(norm(u) * norm(moved), norm(pulled) * norm(v), Number.MIN_VALUE);
    const relativeError = Math.abs(forward - reverse) / scale;
    const found = { ok: relativeError <= tolerance, forward, reverse, relativeError };
    if (!worst || !(found.relativeError <= worst.relativeError)) worst = found;
  }
  return worst as DotProductResult;
}
