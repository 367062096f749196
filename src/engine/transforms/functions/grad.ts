/** grad and valueAndGrad: reverse mode for functions with one scalar result. */
import { ArgumentError } from '../../errors';
import { isFloat, printAval } from '../../program/aval';
import { Emitter } from '../../program/emitter';
import { NONE, type Program } from '../../program/program';
import { eliminateDeadRows } from '../../program/prune';
import { toKind } from '../../tree/leaves';
import type { ByArgnums, Gradient } from '../../tree/types';
import { transcribeVjp } from '../reverse';
import {
  describeCall,
  moving,
  normalizeArgnums,
  perArgument,
  requireFloatArguments,
  restore,
  splitAux,
  traceCall,
  type AnyFunction,
  type TracedCall,
} from './arguments';
import { applyMade } from './made';

/** Which arguments to differentiate (default 0) and whether the function returns [result, auxiliary data]. */
export interface GradOptions<
  N extends number | readonly number[] = number | readonly number[],
  Aux extends boolean = boolean,
> {
  readonly argnums?: N;
  readonly hasAux?: Aux;
}

/** The gradient by the arguments in `N`. */
export type GradientOf<Args extends readonly unknown[], N> = Gradient<ByArgnums<Args, N>>;

/** `argnums` alone, or all options. */
export function gradOptions(options: number | readonly number[] | GradOptions | undefined): GradOptions {
  if (typeof options === 'number' || Array.isArray(options)) return { argnums: options as number | readonly number[] };
  return (options as GradOptions | undefined) ?? {};
}

/**
 * The gradient of a function with a scalar float result, as `jax.grad`: a function of the same arguments that returns the
 * gradient by argument 0, or by `argnums` (an array of gradients where that is a list). Arguments may be any pytrees;
 * gradients have their structure, numbers for numbers, typed arrays for typed arrays. With `hasAux` the function returns
 * [result, aux] and the gradient function [gradient, aux].
 * @throws ArgumentError where the result is not one float scalar or a differentiated argument is not float
 */
export function grad<Args extends readonly unknown[], Aux, const N extends number | readonly number[] = 0>(
  f: (...args: Args) => readonly [unknown, Aux],
  options: GradOptions<N, true> & { readonly hasAux: true },
): (...args: Args) => [GradientOf<Args, N>, Aux];
export function grad<Args extends readonly unknown[], const N extends number | readonly number[] = 0>(
  f: (...args: Args) => unknown,
  options?: N | (GradOptions<N, false> & { readonly hasAux?: false }),
): (...args: Args) => GradientOf<Args, N>;
export function grad(
  f: AnyFunction,
  options?: number | readonly number[] | GradOptions,
): (...args: never[]) => unknown {
  const { argnums, hasAux = false } = gradOptions(options);
  const where = describeCall('grad', f);
  return (...args) => {
    const { gradient, aux } = evaluate(where, f, args, argnums, hasAux);
    return hasAux ? [gradient, aux] : gradient;
  };
}

/** As `grad`, but returns [value, gradient], and [[value, aux], gradient] with `hasAux`. */
export function valueAndGrad<Args extends readonly unknown[], R, Aux, const N extends number | readonly number[] = 0>(
  f: (...args: Args) => readonly [R, Aux],
  options: GradOptions<N, true> & { readonly hasAux: true },
): (...args: Args) => [[R, Aux], GradientOf<Args, N>];
export function valueAndGrad<Args extends readonly unknown[], R, const N extends number | readonly number[] = 0>(
  f: (...args: Args) => R,
  options?: N | (GradOptions<N, false> & { readonly hasAux?: false }),
): (...args: Args) => [R, GradientOf<Args, N>];
export function valueAndGrad(
  f: AnyFunction,
  options?: number | readonly number[] | GradOptions,
): (...args: never[]) => unknown {
  const { argnums, hasAux = false } = gradOptions(options);
  const where = describeCall('valueAndGrad', f);
  return (...args) => {
    const { value, gradient, aux } = evaluate(where, f, args, argnums, hasAux);
    return [hasAux ? [value, aux] : value, gradient];
  };
}

function evaluate(
  where: string,
  f: AnyFunction,
  args: readonly unknown[],
  argnums: number | readonly number[] | undefined,
  hasAux: boolean,
): { value: unknown; gradient: unknown; aux: unknown } {
  const { list, single } = normalizeArgnums(argnums);
  const moved = moving(where, args, list);
  requireFloatArguments(where, moved);
  const call = traceCall(f, args, moved);
  const { output, aux } = splitAux(where, call.output, hasAux);
  requireScalar(where, call, output.kind === 'leaf');
  const { results } = applyMade('grad', call, () => ({ program: gradProgram(call.program, call.active) }));
  const count = call.outputKinds.length;
  const gradients = perArgument(
    moved,
    results.slice(count).map((array, index) => toKind(array, moved.kinds[index])),
  );
  return {
    value: restore(output, results, call.outputKinds),
    gradient: single ? gradients[0] : gradients,
    aux: aux && restore(aux, results.slice(1, count), call.outputKinds.slice(1)),
  };
}

export function requireScalar(where: string, { program, outputKinds }: TracedCall, isLeaf: boolean): void {
  if (!isLeaf) {
    const found = outputKinds.length === 0 ? 'nothing' : 'a tree of several arrays';
    throw new ArgumentError(
      where,
      `gradients are defined for functions with one scalar result, but the function returned ${found}.`,
      'Use jacobian for several results, or hasAux for [result, auxiliary data].',
    );
  }
  const aval = program.aval(program.outputs[0]);
  if (aval.shape.length > 0) {
    throw new ArgumentError(
      where,
      `gradients are defined for scalar results only, but the result is ${printAval(aval)}.`,
      'Sum the result, or use jacobian (jacrev, jacfwd) for all its derivatives.',
    );
  }
  if (!isFloat(aval.dtype)) throw new ArgumentError(where, `the result must be a float, but is ${printAval(aval)}.`);
}

/** inputs → (...results, ...gradients of result 0 by the active inputs) */
export function gradProgram(program: Program, active: readonly boolean[]): Program {
  const b = new Emitter(program.columns.positionTable);
  const primals = program.inputAvals.map((aval) => b.input(aval));
  const { results, cotangents } = transcribeVjp(b, program, primals, active, (rows) =>
    rows.map((row, index) => (index === 0 ? b.fullLike(row, 1) : NONE)),
  );
  const gradients = cotangents.flatMap((row, index) =>
    active[index] ? [b.instantiate(row, b.aval(primals[index]))] : [],
  );
  return eliminateDeadRows(b.finish([...results, ...gradients]));
}
