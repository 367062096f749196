/** checkpoint (remat): memory for time. stopGradient: a value that does not move. */
import { bind, bindMany, innermost } from '../../trace/bind';
import { currentRecorder } from '../../trace/recorder';
import { hoistGuards } from '../../trace/subprogram';
import { traceFunction, traceInput } from '../../trace/trace';
import { kindOf, toKind, toNdArray, type Leaf } from '../../tree/leaves';
import { flattenInto, unflatten } from '../../tree/structure';
import { describeCall, restore, type AnyFunction } from './arguments';

/**
 * The function, of which reverse mode keeps the arguments only and computes the inside again, as `jax.checkpoint` (remat). Where
 * nothing is differentiated it is the function itself.
 */
export function checkpoint<Args extends readonly unknown[], R>(f: (...args: Args) => R): (...args: Args) => R {
  return asCall(f, 'checkpoint');
}

/** Calls of `f` inside a trace become one row. */
export function asCall<Args extends readonly unknown[], R>(
  f: (...args: Args) => R,
  kind: 'jit' | 'checkpoint',
): (...args: Args) => R {
  const name = f.name || 'function';
  const where = describeCall(kind, f as unknown as AnyFunction);
  const call = (...args: Args): R => {
    if (!currentRecorder()) return f(...args);
    const leaves: Leaf[] = [];
    const structure = flattenInto(args, leaves);
    const arrays = leaves.map(toNdArray);
    const traced = hoistGuards(
      where,
      traceFunction(
        (tracers) => f(...(unflatten(structure, tracers) as Args)),
        leaves.map((leaf, index) => traceInput(leaf, arrays[index])),
      ),
      arrays,
    );
    const operands = [...arrays, ...traced.captured];
    if (!innermost(operands)) return f(...args);
    const results = bindMany('call', operands, { program: traced.program, name, kind });
    return restore(traced.output, results, traced.outputKinds) as R;
  };
  return Object.defineProperty(call, 'name', { value: f.name }) as typeof call;
}

/** The value with derivatives of zero, as `jax.lax.stop_gradient`; any pytree. */
export function stopGradient<T>(value: T): T {
  const leaves: Leaf[] = [];
  const structure = flattenInto(value, leaves);
  const stopped = leaves.map((leaf) => toKind(bind('stopGradient', [toNdArray(leaf)], undefined), kindOf(leaf)));
  return unflatten(structure, stopped) as T;
}
