/** Looking at functions without running them: makeProgram and evalShape. */
import type { Aval } from '../../program/aval';
import type { Program } from '../../program/program';
import { eliminateDeadRows } from '../../program/prune';
import { traceFunction, traceInput, type Traced } from '../../trace/trace';
import type { Leaf } from '../../tree/leaves';
import { flattenInto, unflatten } from '../../tree/structure';
import type { Mapped } from '../../tree/tree';

function traceAll<Args extends readonly unknown[]>(f: (...args: Args) => unknown, args: Args): Traced {
  const leaves: Leaf[] = [];
  const structure = flattenInto(args, leaves);
  return traceFunction(
    (tracers) => f(...(unflatten(structure, tracers) as unknown as Args)),
    leaves.map((leaf) => traceInput(leaf)),
  );
}

/**
 * The program of a function at some arguments, as `jax.make_jaxpr`: `printProgram(makeProgram(f)(x))` shows it. Inputs are the
 * leaves of all arguments, outputs those of the result; rows that nothing needs are left out.
 */
export function makeProgram<Args extends readonly unknown[]>(
  f: (...args: Args) => unknown,
): (...args: Args) => Program {
  return (...args) => eliminateDeadRows(traceAll(f, args).program);
}

/** Shapes and dtypes of a function's result in its structure, without the numbers, as `jax.eval_shape`. */
export function evalShape<Args extends readonly unknown[], R>(f: (...args: Args) => R, ...args: Args): Mapped<R, Aval> {
  const { program, output } = traceAll(f, args);
  return unflatten(output, program.outputAvals) as Mapped<R, Aval>;
}
