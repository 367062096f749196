/** jacfwd, jacrev, jacobian and hessian: all derivatives of all results by all inputs, `[...output shape, ...input shape]`. */
import { ArgumentError, GradLensError } from '../../errors';
import { allocate, isFloat, printAval, sizeOf, type ArrayValue, type Aval, type Shape } from '../../program/aval';
import { Emitter } from '../../program/emitter';
import type { Program, Row } from '../../program/program';
import { applyProgram } from '../../trace/apply';
import { toKind } from '../../tree/leaves';
import { leafPaths, unflatten } from '../../tree/structure';
import type { ByArgnums, Jacobian } from '../../tree/types';
import { transcribeBatch } from '../batch';
import { jvpProgram } from '../jvp';
import { vjpProgram } from '../reverse';
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

/** Writes all blocks [...output shape, ...input shape], outputs outermost; results first. */
type JacobianProgram = (program: Program, active: readonly boolean[], outputs: number) => Program;

function jacobianTransform(name: string, build: JacobianProgram): JacobianTransform {
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
      const results = applyProgram(build(call.program, call.active, outputCount), call.operands);
      const count = call.outputKinds.length;
      const blocks = results.slice(count);
      const width = moved.arrays.length;
      const rows = Array.from({ length: outputCount }, (_, out) => {
        const row = blocks.slice(out * width, (out + 1) * width).map((block, index) => {
          const isNumber = call.outputKinds[out] === 'number' && moved.kinds[index] === 'number';
          return toKind(block, isNumber ? 'number' : 'array');
        });
        const trees = perArgument(moved, row);
        return single ? trees[0] : trees;
      });
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
 * Jacobian by the mode that needs fewer passes, or by the other where the function has only that one (a while loop, a
 * customVjp). Result and errors as `jacfwd`.
 */
export const jacobian: JacobianTransform = jacobianTransform('jacobian', (program, active, outputs) => {
  const columns = total(program.inputAvals.filter((_, index) => active[index]));
  const rows = total(program.outputAvals.slice(0, outputs));
  // A reverse pass costs a few forward ones.
  const forwardFirst = columns <= 2 * rows && !(rows === 1 && columns > 1);
  const [first, second] = forwardFirst ? [forwardJacobian, reverseJacobian] : [reverseJacobian, forwardJacobian];
  try {
    return first(program, active, outputs);
  } catch (error) {
    if (!(error instanceof GradLensError) || !ONE_MODE.has(error.code)) throw error;
    return second(program, active, outputs);
  }
});

/** Codes of the errors of functions that have one mode only. */
const ONE_MODE = new Set(['no-reverse-mode', 'no-forward-mode']);

/**
 * Second derivatives, forward over reverse: the structure of the result over that of the argument, twice.
 * `hessian(f)(x)` of a scalar function has shape [...x, ...x]. Errors as `jacfwd`.
 */
export const hessian = ((f: AnyFunction, options?: number | readonly number[] | GradOptions) => {
  const { argnums, hasAux = false } = gradOptions(options);
  const first = (jacrev as unknown as (f: AnyFunction, options: GradOptions) => AnyFunction)(named(f), {
    argnums,
    hasAux,
  });
  return (jacfwd as unknown as (f: AnyFunction, options: GradOptions) => AnyFunction)(named(first, f), {
    argnums,
    hasAux,
  });
}) as HessianTransform;

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

/** The function under the name of another, for error messages. */
function named(f: AnyFunction, like: AnyFunction = f): AnyFunction {
  return Object.defineProperty((...args: never[]) => f(...args), 'name', { value: like.name });
}

function total(avals: readonly Aval[]): number {
  return avals.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** For each aval, its slice of the rows of the identity of all: [total, ...shape]. */
function basis(avals: readonly Aval[]): ArrayValue[] {
  const size = total(avals);
  let offset = 0;
  return avals.map(({ shape, dtype }) => {
    const own = sizeOf(shape);
    const data = allocate(dtype, size * own);
    for (let index = 0; index < own; index++) data[(offset + index) * own + index] = 1;
    offset += own;
    return { shape: [size, ...shape], dtype, data };
  });
}

/** Rows [offset, offset + size) of `x`'s first axis, which then has the given shape. */
function block(b: Emitter, x: Row, offset: number, shape: Shape): Row {
  const rest = b.aval(x).shape.slice(1);
  return b.reshape(b.sliceAxis(x, 0, offset, offset + sizeOf(shape)), [...shape, ...rest]);
}

/** Axes of [...first, ...second] in the order [...second, ...first]. */
function swapped(first: number, second: number): number[] {
  return Array.from({ length: first + second }, (_, axis) => (axis < second ? first + axis : axis - second));
}

function forwardJacobian(program: Program, active: readonly boolean[], outputs: number): Program {
  const b = new Emitter(program.columns.positionTable);
  const primals = program.inputAvals.map((aval) => b.input(aval));
  const inputs = program.inputAvals.filter((_, index) => active[index]);
  const size = total(inputs);
  const tangents = basis(inputs).map((value) => b.constant(value));
  const moved = jvpProgram(program, active);
  const out = transcribeBatch(
    b,
    moved,
    [...primals, ...tangents],
    [...primals.map(() => false), ...tangents.map(() => true)],
    size,
  );
  const count = program.outputs.length;
  const blocks: Row[] = [];
  // The float results come first among the tangents, and all of the first `outputs` are float.
  for (let index = 0; index < outputs; index++) {
    const outShape = program.aval(program.outputs[index]).shape;
    const tangent = out.batched[count + index] ? out.rows[count + index] : b.repeat(out.rows[count + index], size);
    let offset = 0;
    for (const { shape } of inputs) {
      blocks.push(b.transpose(block(b, tangent, offset, shape), swapped(shape.length, outShape.length)));
      offset += sizeOf(shape);
    }
  }
  return b.finish([...out.rows.slice(0, count), ...blocks]);
}

function reverseJacobian(program: Program, active: readonly boolean[], outputs: number): Program {
  const b = new Emitter(program.columns.positionTable);
  const primals = program.inputAvals.map((aval) => b.input(aval));
  const outAvals = program.outputAvals.slice(0, outputs);
  const size = total(outAvals);
  const cotangents = basis(outAvals).map((value) => b.constant(value));
  const unused = program.outputAvals.slice(outputs).flatMap((aval) => (isFloat(aval.dtype) ? [b.zeros(aval)] : []));
  const pulled = vjpProgram(program, active);
  const out = transcribeBatch(
    b,
    pulled,
    [...primals, ...cotangents, ...unused],
    [...primals.map(() => false), ...cotangents.map(() => true), ...unused.map(() => false)],
    size,
  );
  const count = program.outputs.length;
  const blocks: Row[] = [];
  let offset = 0;
  for (const { shape } of outAvals) {
    for (let index = count; index < out.rows.length; index++) {
      const gradient = out.batched[index] ? out.rows[index] : b.repeat(out.rows[index], size);
      blocks.push(block(b, gradient, offset, shape));
    }
    offset += sizeOf(shape);
  }
  return b.finish([...out.rows.slice(0, count), ...blocks]);
}
