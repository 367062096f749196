/** Choices between functions: cond and switchCase, as in `jax.lax`. */
import { ArgumentError, TreeError } from '../../errors';
import { sameAval } from '../../primitives/structured/programs';
import { printAval } from '../../program/aval';
import { bind, bindMany } from '../../trace/bind';
import type { NdArray } from '../../trace/ndarray';
import { Tracer } from '../../trace/recorder';
import { hasGuards, shareCaptured, zerosOf } from '../../trace/subprogram';
import { traceFunction, type Traced } from '../../trace/trace';
import { leafPaths, printStructure, sameStructure, unflatten } from '../../tree/structure';
import { restore } from './arguments';
import { flattenValues, itemOf, type Predicate } from './carry';

/**
 * One of two functions of the operands, as `jax.lax.cond`. With a traced predicate both are traced, and one runs; under vmap
 * with a predicate that differs between examples both run and the result is selected.
 * @throws TreeError, ShapeError where the functions' results have different structures or types
 */
export function cond<Args extends readonly unknown[], R>(
  predicate: Predicate,
  onTrue: (...operands: Args) => R,
  onFalse: (...operands: Args) => R,
  ...operands: Args
): R {
  if (!(predicate instanceof Tracer)) return (itemOf(predicate) ? onTrue : onFalse)(...operands);
  const decision = predicate.dtype === 'bool' ? predicate : bind('ne', [predicate, zerosOf(predicate.aval)], undefined);
  return branch('cond', bind('convert', [decision], { dtype: 'int32' }), [onFalse, onTrue], operands);
}

/** One of several functions, by an index that is clamped to them, as `jax.lax.switch`. Errors as `cond`. */
export function switchCase<Args extends readonly unknown[], R>(
  index: number | NdArray,
  branches: readonly ((...operands: Args) => R)[],
  ...operands: Args
): R {
  if (branches.length === 0) throw new ArgumentError('switchCase', 'needs at least one branch.');
  if (!(index instanceof Tracer)) {
    return branches[clampIndex(Number(itemOf(index)), branches.length)](...operands);
  }
  return branch('switchCase', bind('convert', [index], { dtype: 'int32' }), branches, operands);
}

function clampIndex(index: number, count: number): number {
  return Math.min(Math.max(Math.trunc(index), 0), count - 1);
}

function branch<Args extends readonly unknown[], R>(
  where: string,
  index: NdArray,
  branches: readonly ((...operands: Args) => R)[],
  operands: Args,
): R {
  const { structure, arrays, inputs } = flattenValues(operands);
  const chosen = clampIndex(index.concrete.data[0], branches.length);
  const traced: Traced[] = [];
  for (const [number, f] of branches.entries()) {
    try {
      traced.push(traceFunction((tracers) => f(...(unflatten(structure, tracers) as unknown as Args)), inputs));
    } catch (error) {
      // A branch that fails at this point may still be never taken here.
      if (number === chosen) throw error;
      return takeBranch(index, branches, operands);
    }
  }
  if (traced.some(({ program }) => hasGuards(program))) return takeBranch(index, branches, operands);
  for (const other of traced) requireSameType(where, 'one branch', 'another', traced[0], other);
  const { programs, captured } = shareCaptured(traced);
  const results = bindMany('cond', [index, ...arrays, ...captured], { branches: programs });
  const kinds = traced[0].outputKinds.map((kind, leaf) =>
    traced.every((one) => one.outputKinds[leaf] === kind) ? kind : 'array',
  );
  return restore(traced[0].output, results, kinds) as R;
}

/** Decides now, and records that it did. */
function takeBranch<Args extends readonly unknown[], R>(
  index: NdArray,
  branches: readonly ((...operands: Args) => R)[],
  operands: Args,
): R {
  return branches[clampIndex(Number(index.item()), branches.length)](...operands);
}

function requireSameType(where: string, first: string, second: string, a: Traced, b: Traced): void {
  if (!sameStructure(a.output, b.output)) {
    throw new TreeError(where, `the result of ${second}`, printStructure(a.output), printStructure(b.output));
  }
  const others = b.program.outputAvals;
  a.program.outputAvals.forEach((aval, index) => {
    if (sameAval(aval, others[index])) return;
    const path = leafPaths(a.output, 'result')[index];
    throw new ArgumentError(
      where,
      `${path} is ${printAval(aval)} in ${first} and ${printAval(others[index])} in ${second}.`,
    );
  });
}
