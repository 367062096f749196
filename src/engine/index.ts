/**
 * The public API, named as in JAX. Arguments and results may be any pytrees (see tree/structure.ts). Gradients, tangents and
 * cotangents are like what they belong to: a number for a number, a typed array of floats for one, an NdArray for an NdArray;
 * a function's own results stay what the function made of them. Inside another transform all of these are traced NdArrays.
 */
import './primitives/all';
import './execute/tiers';

export { grad, valueAndGrad, type GradOptions } from './transforms/functions/grad';
export { jvp, linearize } from './transforms/functions/forward';
export { vjp, vjpWithAux, linearTranspose, type VjpFunction } from './transforms/functions/backward';
export { jacfwd, jacobian, jacrev, hessian } from './transforms/functions/jacobian';
export { hvp, type HvpMode } from './transforms/functions/hvp';
export { vmap, type VmapOptions } from './transforms/functions/vmap';
export type { Axes } from './transforms/functions/axes';
export * as np from './numpy/index';
export * as linalg from './linalg/index';
export * as random from './random/index';
export * as nn from './nn/index';
export * as special from './nn/special';
export type { ArrayLike } from './numpy/types';
export { jit, type Jitted, type JitOptions } from './transforms/functions/jit';
export { checkpoint, checkpoint as remat, stopGradient } from './transforms/functions/checkpoint';
export { customJvp, type CustomJvpFunction, type CustomOptions } from './transforms/functions/customJvp';
export { customVjp, type CustomVjpFunction } from './transforms/functions/customVjp';
export { cond, switchCase } from './transforms/functions/branches';
export { foriLoop, scan, whileLoop, type ScanOptions } from './transforms/functions/loops';
export * as lax from './transforms/functions/lax';
export { evalShape, makeProgram } from './transforms/functions/inspect';
export { printProgram, type PrintOptions } from './program/print';
export { simplify } from './program/simplify';
export { validateProgram } from './program/validate';
export {
  deserializeProgram,
  programFromJson,
  programToJson,
  serializeProgram,
  type SerializedProgram,
} from './program/serialize';
export type { Program } from './program/program';
export * from './errors';
export * from './checks/index';
export {
  sparseHessian,
  sparseJacobian,
  SparseMatrix,
  type SparseJacobianOptions,
  type SparseOptions,
  type Sparsity,
} from './sparse/index';
export { NdArray } from './trace/ndarray';
export type { Gradient, Jacobian, Stacked } from './tree/types';
export * as tree from './tree/tree';

export const version = '0.1.0';
