/** `linalg` (also `np.linalg`): `jax.numpy.linalg` with a few of `jax.scipy.linalg`. Matrices stand in the last two axes. */
export { cholesky, eigh, eigvalsh, lu, qr, svd, svdvals, type QrOptions, type SvdOptions } from './factor';
export { choSolve, inv, solve, solveTriangular, triangularSolve, type TriangularOptions } from './solve';
export { lstsq, matrixRank, pinv, type LeastSquares, type RankOptions } from './leastSquares';
export { det, slogdet } from './determinant';
export { cond, matrixNorm, norm, vectorNorm, type NormOptions, type NormOrder } from './norms';
export { expm, matrixPower, multiDot } from './powers';
export { matmul, outer, cross, tensordot, vecdot } from '../numpy/contractions';
export { diagonal, trace } from '../numpy/diagonal';
export { matrixTranspose } from '../numpy/shape';
