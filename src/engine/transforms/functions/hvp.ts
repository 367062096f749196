/** Hessian-vector products in the three orders, and the naive one. Costs: a few evaluations each, n times that for naive. */
import { applyBlocks } from './tensordot';
import { jvp } from './forward';
import { grad } from './grad';
import { hessian } from './jacobian';
import { vjp } from './backward';
import type { Gradient } from '../../tree/types';

/** How to order forward and reverse mode in a Hessian-vector product. */
export type HvpMode = 'forwardOverReverse' | 'reverseOverForward' | 'reverseOverReverse' | 'naive';

type Scalar<Args extends readonly unknown[]> = (...args: Args) => unknown;

/**
 * The product of the Hessian of a scalar function by argument 0 with the vector `tangents[0]`, at `primals`. Further arguments
 * are fixed, and their tangents ignored where given. Forward-over-reverse, the cheapest, unless `mode` says otherwise.
 * @throws as `grad` and `jvp`
 */
export function hvp<Args extends readonly unknown[]>(
  f: Scalar<Args>,
  primals: Args,
  tangents: readonly unknown[],
  { mode = 'forwardOverReverse' }: { readonly mode?: HvpMode } = {},
): Gradient<Args[0]> {
  return orders[mode](f as Scalar<readonly unknown[]>, primals, tangents) as Gradient<Args[0]>;
}

type Order = (f: Scalar<readonly unknown[]>, primals: readonly unknown[], tangents: readonly unknown[]) => unknown;

/** The function of argument 0 alone. */
function atPoint(f: Scalar<readonly unknown[]>, [, ...rest]: readonly unknown[]): (x: unknown) => unknown {
  return Object.defineProperty((x: unknown) => f(x, ...rest), 'name', { value: f.name }) as (x: unknown) => unknown;
}

const orders: Record<HvpMode, Order> = {
  forwardOverReverse: (f, primals, [v]) => jvp(grad(atPoint(f, primals)), [primals[0]], [v])[1],
  reverseOverForward: (f, primals, [v]) => {
    const g = atPoint(f, primals);
    const directional = (x: unknown) => jvp(g, [x], [v])[1];
    return grad(Object.defineProperty(directional, 'name', { value: f.name }))(primals[0]);
  },
  reverseOverReverse: (f, primals, [v]) => {
    const [, pullback] = vjp(grad(atPoint(f, primals)) as (x: unknown) => unknown, primals[0]);
    return pullback(v)[0];
  },
  naive: (f, primals, [v]) => applyBlocks(hessian(atPoint(f, primals))(primals[0]), primals[0], v),
};
