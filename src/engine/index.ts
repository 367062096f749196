/** The public API, named as in JAX. */
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
export { NdArray } from './trace/ndarray';
export type { Gradient, Jacobian, Stacked } from './tree/types';
export * as tree from './tree/tree';

export const version = '0.1.0';
