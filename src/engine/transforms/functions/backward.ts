/** vjp and linearTranspose: reverse mode by hand. */
import { NotLinearError } from '../../errors';
import { isFloat, type Aval } from '../../program/aval';
import { applyProgram } from '../../trace/apply';
import type { NdArray } from '../../trace/ndarray';
import { toKind, toNdArray, type Leaf } from '../../tree/leaves';
import { flattenInto, leafPaths, type Structure } from '../../tree/structure';
import { requireSameStructure } from '../../tree/tree';
import type { Gradient } from '../../tree/types';
import { linearizeProgram } from '../linearize';
import { requireLinear, transposeProgram } from '../reverse';
import { describeCall, moving, perArgument, restore, splitAux, traceCall, type AnyFunction } from './arguments';
import { fit, zeros } from './forward';

/** Cotangents of the result to cotangents of the arguments, one an argument. */
export type VjpFunction<Args extends readonly unknown[]> = (cotangent: unknown) => Gradient<Args>;

/**
 * Value and transposed derivative, as `jax.vjp`: [f(...primals), vjpFunction], where `vjpFunction(ct)` returns an array with
 * one cotangent an argument. The forward pass runs once; `ct` has the structure and shapes of the result.
 * @throws TreeError, ShapeError where a cotangent does not fit
 */
export function vjp<Args extends readonly unknown[], R>(
  f: (...args: Args) => R,
  ...primals: Args
): [R, VjpFunction<Args>] {
  const { value, pullback } = pullBack('vjp', f as AnyFunction, primals, false);
  return [value as R, pullback as VjpFunction<Args>];
}

/** As `vjp` for a function that returns [result, aux]: [result, vjpFunction, aux]. */
export function vjpWithAux<Args extends readonly unknown[], R, Aux>(
  f: (...args: Args) => readonly [R, Aux],
  ...primals: Args
): [R, VjpFunction<Args>, Aux] {
  const { value, pullback, aux } = pullBack('vjpWithAux', f as AnyFunction, primals, true);
  return [value as R, pullback as VjpFunction<Args>, aux as Aux];
}

function pullBack(
  transform: string,
  f: AnyFunction,
  primals: readonly unknown[],
  hasAux: boolean,
): { value: unknown; pullback: (cotangent: unknown) => unknown; aux: unknown } {
  const where = describeCall(transform, f);
  const moved = moving(
    where,
    primals,
    primals.map((_, index) => index),
  );
  const call = traceCall(f, primals, moved);
  const { output, outputCount, aux } = splitAux(where, call.output, hasAux);
  const active = call.active.map((isActive, index) => isActive && isFloat(call.operands[index].dtype));
  const { primal, linear, residuals: residualCount, nonzero } = linearizeProgram(call.program, active);
  const results = applyProgram(primal, call.operands);
  const count = call.outputKinds.length;
  const residuals = results.slice(count);
  const outputAvals = call.program.outputAvals;
  const isTangent = linear.inputAvals.map((_, index) => index >= residualCount);
  // Transposed on the first call, then used again.
  let transposed: ReturnType<typeof transposeProgram> | undefined;
  const pullback = (cotangent: unknown): unknown => {
    const cotangents = cotangentArrays(where, output, outputAvals.slice(0, outputCount), cotangent);
    const given = outputAvals.flatMap((aval, index) => (nonzero[index] ? [cotangents[index] ?? zeros(aval)] : []));
    transposed ??= transposeProgram(linear, isTangent);
    const found = applyProgram(transposed, [...residuals, ...given]);
    let next = 0;
    const gradients = moved.arrays.map((array, index) =>
      toKind(active[index] ? found[next++] : zeros(array.aval), moved.kinds[index]),
    );
    return perArgument(moved, gradients);
  };
  return {
    value: restore(output, results, call.outputKinds),
    pullback,
    aux: aux && restore(aux, results.slice(outputCount, count), call.outputKinds.slice(outputCount)),
  };
}

/** Cotangents as arrays, one a leaf of the result. @throws TreeError, ShapeError */
function cotangentArrays(where: string, output: Structure, avals: readonly Aval[], cotangent: unknown): NdArray[] {
  const leaves: Leaf[] = [];
  requireSameStructure(where, 'the cotangent', output, flattenInto(cotangent, leaves));
  const paths = leafPaths(output, 'result');
  return leaves.map((leaf, index) => fit(where, `the cotangent of ${paths[index]}`, toNdArray(leaf), avals[index]));
}

/**
 * The transposition of a linear function, as `jax.linear_transpose`: a function from cotangents of the result to an array with
 * one cotangent an argument. The primals say only which shapes the arguments have.
 * @throws NotLinearError where the function is not linear
 */
export function linearTranspose<Args extends readonly unknown[]>(
  f: (...args: Args) => unknown,
  ...primals: Args
): VjpFunction<Args> {
  const where = describeCall('linearTranspose', f as AnyFunction);
  const moved = moving(
    where,
    primals,
    primals.map((_, index) => index),
  );
  const call = traceCall(f as AnyFunction, primals, moved);
  const avals = call.program.outputAvals;
  if (!avals.every(({ dtype }) => isFloat(dtype))) throw new NotLinearError(where);
  requireLinear(call.program, call.active);
  const transposed = transposeProgram(call.program, call.active);
  return (cotangent) => {
    const given = cotangentArrays(where, call.output, avals, cotangent);
    const found = applyProgram(transposed, [...call.captured, ...given]);
    return perArgument(
      moved,
      found.map((array, index) => toKind(array, moved.kinds[index])),
    ) as unknown as Gradient<Args>;
  };
}
