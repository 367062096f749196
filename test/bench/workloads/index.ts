/** All workloads, in the order of the table. */
import type { Workload } from '../harness';
import { banded, brusselator } from './brusselator';
import { hessianVector, naiveHessian } from './hessianVector';
import { hessians } from './hessians';
import { jacobians } from './jacobians';
import { logistic } from './logistic';
import { loops } from './loops';
import { perceptron } from './perceptron';
import { product } from './product';
import { rosenbrocks } from './rosenbrock';
import { jacobianMatrix, matrixJacobian } from './vmap';

export const workloads: readonly Workload[] = [
  logistic,
  hessianVector,
  naiveHessian,
  ...hessians,
  ...jacobians,
  matrixJacobian,
  jacobianMatrix,
  perceptron,
  product,
  ...rosenbrocks,
  brusselator,
  banded,
  ...loops,
];
