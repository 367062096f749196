/** jacfwd, jacrev, jacobian and hessian: all derivatives of all results by all inputs, `[...output shape, ...input shape]`. */
import { ArgumentError } from '../../errors';
import { isFloat, printAval, type Aval } from '../../program/aval';
import type { Program } from '../../program/program';
import { toKind } from '../../tree/leaves';
import { leafPaths, unflatten } from '../../tree/structure';
import type { ByArgnums, Jacobian } from '../../tree/types';
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
} from './arguments';
import { gradOptions, type GradOptions } from './grad';
import { applyMade } from './made';
import { expand, fewestPasses, forwardJacobian, hessianProgram, reverseJacobian, type MatrixProgram } from './matrices';

/** The Jacobian by the arguments in `N`. */
type JacobianOf<Args extends readonly unknown[], R, N> = Jacobian<R, ByArgnums<Args, N>>;

/** The signature of all Jacobian transforms. */
export interface JacobianTransform {
  <Args extends readonly unknown[], R, Aux, const N extends number | readonly number[] = 0>(
    f: (...args: Args) => readonly [R, Aux],
    options: GradOptions<N, true> & { readonly hasAux: true },
  ): (...args: Args) => [JacobianOf<Args, R, N>, Aux];
  <Args extends readonly unknown[], R, const N extends number | readonly number[] = 0>(
    f: (...args: Args) => R,
    options?: N | (GradOptions<N, false> & { readonly hasAux?: false }),
  ): (...args: Args) => JacobianOf<Args, R, N>;
}

/** @param order of the derivatives: how often inputs stand behind outputs in the blocks, and in the trees of the result. */
function jacobianTransform(
  name: string,
  build: (program: Program, active: readonly boolean[], outputs: number) => MatrixProgram,
  order = 1,
): JacobianTransform {
  const transform = (f: AnyFunction, options?: number | readonly number[] | GradOptions) => {
    const { argnums, hasAux = false } = gradOptions(options);
    const where = describeCall(name, f);
    const { list, single } = normalizeArgnums(argnums);
    return (...args: never[]): unknown => {
      const moved = moving(where, args, list);
      requireFloatArguments(where, moved);
      const call = traceCall(f, args, moved);
      const { output, outputCount, aux } = splitAux(where, call.output, hasAux);
      requireFloatResults(where, call.program.outputAvals.slice(0, outputCount), leafPaths(output, 'result'));
      const how = `${name} ${outputCount}`;
      const { made, results } = applyMade(how, call, () => build(call.program, call.active, outputCount));
      const count = call.outputKinds.length;
      const blocks = made.compressed ? expand(made.compressed, results[count]) : results.slice(count);
      let next = 0;
      const treeOf = (isNumber: boolean, depth: number): unknown => {
        if (depth === 0) return toKind(blocks[next++], isNumber ? 'number' : 'array');
        const leaves = moved.kinds.map((kind) => treeOf(isNumber && kind === 'number', depth - 1));
        const trees = perArgument(moved, leaves);
        return single ? trees[0] : trees;
      };
      const rows = call.outputKinds.slice(0, outputCount).map((kind) => treeOf(kind === 'number', order));
      const jacobian = unflatten(output, rows);
      return aux
        ? [jacobian, restore(aux, results.slice(outputCount, count), call.outputKinds.slice(outputCount))]
        : jacobian;
    };
  };
  return transform as JacobianTransform;
}

function requireFloatResults(where: string, avals: readonly Aval[], paths: readonly string[]): void {
  avals.forEach((aval, index) => {
    if (isFloat(aval.dtype)) return;
    throw new ArgumentError(where, `derivatives need float results, but ${paths[index]} is ${printAval(aval)}.`);
  });
}

/**
 * Jacobian column by column (forward mode): for more results than inputs. The structure is that of the result with, at each
 * leaf, that of the argument; blocks have shape [...output, ...input], a number for a number by a number.
 * @throws ArgumentError where inputs or results are not float
 */
export const jacfwd: JacobianTransform = jacobianTransform('jacfwd', forwardJacobian);

/** Jacobian row by row (reverse mode): for fewer results than inputs. Result and errors as `jacfwd`. */
export const jacrev: JacobianTransform = jacobianTransform('jacrev', reverseJacobian);

/**
 * Jacobian in the fewest passes: by columns or rows, several columns at once where the matrix is sparse, or by the one mode that the
 * function has (a while loop, a customVjp). Result and errors as `jacfwd`.
 */
export const jacobian: JacobianTransform = jacobianTransform('jacobian', fewestPasses);

/**
 * Second derivatives, forward over reverse: the structure of the result over that of the argument, twice.
 * `hessian(f)(x)` of a scalar function has shape [...x, ...x]; where it is large and sparse it takes as many products as a colouring
 * has colours. Errors as `jacfwd`.
 */
export const hessian = jacobianTransform('hessian', hessianProgram, 2) as HessianTransform;

/** The signature of `hessian`. */
export interface HessianTransform {
  <Args extends readonly unknown[], R, Aux, const N extends number | readonly number[] = 0>(
    f: (...args: Args) => readonly [R, Aux],
    options: GradOptions<N, true> & { readonly hasAux: true },
  ): (...args: Args) => [Jacobian<JacobianOf<Args, R, N>, ByArgnums<Args, N>>, Aux];
  <Args extends readonly unknown[], R, const N extends number | readonly number[] = 0>(
    f: (...args: Args) => R,
    options?: N | (GradOptions<N, false> & { readonly hasAux?: false }),
  ): (...args: Args) => Jacobian<JacobianOf<Args, R, N>, ByArgnums<Args, N>>;
}
