/** jvp and linearize: forward mode. */
import { ArgumentError, ShapeError } from '../../errors';
import { allocate, isFloat, sameShape, sizeOf, type Aval } from '../../program/aval';
import { applyProgram } from '../../trace/apply';
import { bind } from '../../trace/bind';
import { ConcreteArray, type NdArray } from '../../trace/ndarray';
import { toNdArray, type Leaf } from '../../tree/leaves';
import { flattenInto } from '../../tree/structure';
import { requireSameStructure } from '../../tree/tree';
import type { Gradient } from '../../tree/types';
import { jvpProgram } from '../jvp';
import { linearizeProgram } from '../linearize';
import {
  argumentPath,
  describeCall,
  moving,
  restore,
  splitAux,
  traceCall,
  type AnyFunction,
  type MovingArguments,
} from './arguments';

/**
 * Value and directional derivative, as `jax.jvp`: `jvp(f, [x, y], [dx, dy])` returns [f(x, y), ∂f·(dx, dy)]. Tangents have the
 * structure, shapes and dtypes of the primals. With `hasAux`: [value, tangent, aux].
 * @throws TreeError, ShapeError where tangents do not fit
 */
export function jvp<Args extends readonly unknown[], R, Aux>(
  f: (...args: Args) => readonly [R, Aux],
  primals: Args,
  tangents: { readonly [K in keyof Args]: unknown },
  options: { readonly hasAux: true },
): [R, Gradient<R>, Aux];
export function jvp<Args extends readonly unknown[], R>(
  f: (...args: Args) => R,
  primals: Args,
  tangents: { readonly [K in keyof Args]: unknown },
): [R, Gradient<R>];
export function jvp(
  f: AnyFunction,
  primals: readonly unknown[],
  tangents: readonly unknown[],
  { hasAux = false }: { readonly hasAux?: boolean } = {},
): unknown[] {
  const where = describeCall('jvp', f);
  const moved = moving(
    where,
    primals,
    primals.map((_, index) => index),
  );
  const directions = tangentArrays(where, moved, tangents);
  const call = traceCall(f, primals, moved);
  const { output, outputCount, aux } = splitAux(where, call.output, hasAux);
  const active = call.active.map((isActive, index) => isActive && isFloat(call.operands[index].dtype));
  const results = applyProgram(jvpProgram(call.program, active), [
    ...call.operands,
    ...directions.filter((_, index) => active[index]),
  ]);
  const count = call.outputKinds.length;
  const outTangents = withZeros(call.program.outputAvals, results.slice(count));
  const pair = [
    restore(output, results.slice(0, outputCount), call.outputKinds),
    restore(output, outTangents.slice(0, outputCount), call.outputKinds),
  ];
  return aux ? [...pair, restore(aux, results.slice(outputCount, count), call.outputKinds.slice(outputCount))] : pair;
}

/**
 * As `jax.linearize`: [f(...primals), the linear map of the tangents], whose work that does not depend on the tangents is done
 * once. @throws as `jvp` when the map is called
 */
export function linearize<Args extends readonly unknown[], R>(
  f: (...args: Args) => R,
  ...primals: Args
): [R, (...tangents: unknown[]) => Gradient<R>] {
  const where = describeCall('linearize', f as AnyFunction);
  const moved = moving(
    where,
    primals,
    primals.map((_, index) => index),
  );
  const call = traceCall(f as AnyFunction, primals, moved);
  const active = call.active.map((isActive, index) => isActive && isFloat(call.operands[index].dtype));
  const { primal, linear, nonzero } = linearizeProgram(call.program, active);
  const results = applyProgram(primal, call.operands);
  const count = call.outputKinds.length;
  const residuals = results.slice(count);
  const avals = call.program.outputAvals;
  const map = (...tangents: unknown[]): Gradient<R> => {
    const directions = tangentArrays(where, moved, tangents).filter((_, index) => active[index]);
    const found = applyProgram(linear, [...residuals, ...directions]);
    let next = 0;
    const outTangents = avals.map((aval, index) => (nonzero[index] ? found[next++] : zeros(aval)));
    return restore(call.output, outTangents, call.outputKinds) as Gradient<R>;
  };
  return [restore(call.output, results.slice(0, count), call.outputKinds) as R, map];
}

/** Tangents as arrays, one a moving leaf. @throws TreeError, ShapeError */
function tangentArrays(where: string, moved: MovingArguments, tangents: readonly unknown[]): NdArray[] {
  if (tangents.length !== moved.structures.length) {
    throw new ArgumentError(
      where,
      `needs one tangent an argument: ${moved.structures.length}, not ${tangents.length}.`,
    );
  }
  const leaves: Leaf[] = [];
  tangents.forEach((tangent, index) => {
    requireSameStructure(where, `tangent ${index}`, moved.structures[index], flattenInto(tangent, leaves));
  });
  return leaves.map((leaf, index) =>
    fit(where, `the tangent of ${argumentPath(moved, index)}`, toNdArray(leaf), moved.arrays[index].aval),
  );
}

/** A tangent or cotangent, converted to the dtype that it must have. @throws ShapeError that names both shapes */
export function fit(where: string, what: string, array: NdArray, aval: Aval): NdArray {
  if (!sameShape(array.shape, aval.shape))
    throw new ShapeError(where, `${what} must have the shape of the value itself`, [array.aval, aval]);
  return array.dtype === aval.dtype ? array : bind('convert', [array], { dtype: aval.dtype });
}

/** The tangents of the float results with zeros for the others. */
function withZeros(avals: readonly Aval[], tangents: readonly NdArray[]): NdArray[] {
  let next = 0;
  return avals.map((aval) => (isFloat(aval.dtype) ? tangents[next++] : zeros(aval)));
}

export function zeros(aval: Aval): NdArray {
  return new ConcreteArray(allocate(aval.dtype, sizeOf(aval.shape)), aval.shape, aval.dtype);
}
