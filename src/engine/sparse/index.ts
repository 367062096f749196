/** Sparse derivatives: patterns found by following index sets, computed in as few passes as colouring allows. */
import { ArgumentError } from '../errors';
import { isFloat, printAval } from '../program/aval';
import type { Program } from '../program/program';
import { Tracer } from '../trace/recorder';
import {
  describeCall,
  moving,
  normalizeArgnums,
  requireFloatArguments,
  traceCall,
  type AnyFunction,
  type TracedCall,
} from '../transforms/functions/arguments';
import { gradProgram, requireScalar } from '../transforms/functions/grad';
import { extract } from '../transforms/transcribe';
import { sparseDerivative } from './derivative';
import type { SparseMatrix } from './matrix';
import { hasSymmetricHessian } from './symmetry';

export { SparseMatrix } from './matrix';
export type { Sparsity } from './sparsity';

export interface SparseOptions {
  /** The arguments to differentiate by, their leaves one after the other in the columns. Default: 0. */
  readonly argnums?: number | readonly number[];
  /**
   * An earlier result whose pattern and colouring to take, where both stay the same from point to point: then only the passes are
   * left to do.
   */
  readonly like?: SparseMatrix;
}

export interface SparseJacobianOptions extends SparseOptions {
  /** Passes over columns (`forward`) or rows (`reverse`); by default whichever are fewer. */
  readonly mode?: 'forward' | 'reverse';
}

/** Traces a call whose arguments are all concrete. */
function traceConcrete(where: string, f: AnyFunction, args: readonly unknown[], options: SparseOptions): TracedCall {
  const moved = moving(where, args, normalizeArgnums(options.argnums).list);
  requireFloatArguments(where, moved);
  const call = traceCall(f, args, moved);
  if (call.operands.some((operand) => operand instanceof Tracer)) {
    throw new ArgumentError(
      where,
      'a sparse matrix has no place in another transform: its pattern is found outside of programs.',
      'Use jacobian or hessian there, or take sparse derivatives of the transformed function instead.',
    );
  }
  return call;
}

/**
 * The Jacobian as a sparse matrix: rows are the elements of all leaves of the result, columns those of argument 0 (of `argnums`),
 * each flattened in order. Cost: one Jacobian-vector or vector-Jacobian product for each colour, 3 for a tridiagonal matrix of any
 * size; memory for the entries of the pattern only.
 * @throws ArgumentError where arguments or results are not float, TooDenseError where the matrix is not sparse at all
 */
export function sparseJacobian<Args extends readonly unknown[]>(
  f: (...args: Args) => unknown,
  options: SparseJacobianOptions = {},
): (...args: Args) => SparseMatrix {
  const where = describeCall('sparseJacobian', f);
  return (...args) => {
    const { program, active, operands } = traceConcrete(where, f as AnyFunction, args, options);
    const wrong = program.outputAvals.find(({ dtype }) => !isFloat(dtype));
    if (wrong) throw new ArgumentError(where, `derivatives need float results, but one is ${printAval(wrong)}.`);
    return sparseDerivative({ program, active, inputs: operands.map(({ concrete }) => concrete) }, options);
  };
}

/** inputs → gradients alone */
function gradientOnly(program: Program, active: readonly boolean[]): Program {
  const all = gradProgram(program, active);
  return extract(all, Array.from(all.inputs), Array.from(all.outputs).slice(program.outputs.length), true);
}

/**
 * The Hessian of a scalar function as a sparse matrix; rows and columns are the elements of argument 0 (of `argnums`), flattened in
 * order. Cost: one Hessian-vector product for each colour of a star colouring, which reads an entry or its mirror image; of the
 * columns where the function has derivative rules of its own, which need not make it symmetric.
 * @throws as `grad`, and TooDenseError where the matrix is not sparse at all
 */
export function sparseHessian<Args extends readonly unknown[]>(
  f: (...args: Args) => unknown,
  options: SparseOptions = {},
): (...args: Args) => SparseMatrix {
  const where = describeCall('sparseHessian', f);
  return (...args) => {
    const call = traceConcrete(where, f as AnyFunction, args, options);
    requireScalar(where, call, call.output.kind === 'leaf');
    const { active, operands } = call;
    const program = gradientOnly(call.program, active);
    const inputs = operands.map(({ concrete }) => concrete);
    const symmetric = hasSymmetricHessian(call.program);
    return sparseDerivative({ program, active, inputs }, { symmetric, mode: 'forward', like: options.like });
  };
}
