/** Factors of matrices: Cholesky, LU, QR, eigenvalues of symmetric matrices, singular values. All take stacks [..., m, n]. */
import { argumentError } from '../numpy/arguments';
import { fullLikeWith } from '../numpy/broadcast';
import { convertType } from '../numpy/convert';
import { concatenate } from '../numpy/join';
import { sliceAxis, tril, triu } from '../numpy/shape';
import type { ArrayLike } from '../numpy/types';
import { add } from '../numpy/binary';
import { bind, bindMany } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';
import { adjoint, asMatrix, asSquare, identityOf, sizeOfMatrix } from './matrices';

/**
 * The lower factor L of a symmetric positive definite matrix, a = L Lᵀ; the upper one Lᵀ on request. Only the symmetric part of
 * `a` counts. NaN where it is not positive definite.
 */
export function cholesky(a: ArrayLike, { upper = false }: { readonly upper?: boolean } = {}): NdArray {
  const factor = linalgCholesky('linalg.cholesky', a);
  return upper ? adjoint(factor) : factor;
}

export function linalgCholesky(where: string, a: ArrayLike): NdArray {
  return bind('cholesky', [asSquare(where, a)], undefined);
}

/** (P, L, U) with a = P L U, as `jax.scipy.linalg.lu`. */
export function lu(a: ArrayLike): [p: NdArray, l: NdArray, u: NdArray] {
  const matrix = asMatrix('linalg.lu', a);
  const [m, n] = sizeOfMatrix(matrix);
  const k = Math.min(m, n);
  const [factors, , permutation] = bindMany('lu', [matrix], undefined);
  const [rows, columns] = [matrix.ndim - 2, matrix.ndim - 1];
  const lower = tril(sliceAxis(factors, columns, 0, k), -1);
  const unit = sliceAxis(identityOf(matrix, Math.max(m, k)), columns, 0, k);
  const batchDims = permutation.ndim - 1;
  const places = bind('reshape', [permutation], { shape: [...permutation.shape, 1] });
  const rowsOfP = bind('gather', [identityOf(matrix, m), places], { axes: [batchDims], batchDims });
  return [adjoint(rowsOfP), add(lower, unit), triu(sliceAxis(factors, rows, 0, k))];
}

export interface QrOptions {
  /** 'reduced' (default): Q is m × min(m, n); 'complete': m × m. */
  readonly mode?: 'reduced' | 'complete';
}

/** (Q, R) with a = Q R, Q orthogonal and R upper triangular. The complete form of a tall matrix has no derivative. */
export function qr(a: ArrayLike, { mode = 'reduced' }: QrOptions = {}): [q: NdArray, r: NdArray] {
  if (mode !== 'reduced' && mode !== 'complete')
    throw argumentError('linalg.qr', `mode must be 'reduced' or 'complete', not ${String(mode)}`);
  const [q, r] = bindMany('qr', [asMatrix('linalg.qr', a)], { fullMatrices: mode === 'complete' });
  return [q, r];
}

/**
 * Eigenvalues, ascending, and eigenvectors (columns) of symmetric matrices; only the symmetric part counts. Vectors of equal
 * eigenvalues have no derivative.
 */
export function eigh(a: ArrayLike): [values: NdArray, vectors: NdArray] {
  const [values, vectors] = bindMany('eigh', [asSquare('linalg.eigh', a)], undefined);
  return [values, vectors];
}

/** Eigenvalues of symmetric matrices, ascending. */
export function eigvalsh(a: ArrayLike): NdArray {
  return bindMany('eigh', [asSquare('linalg.eigvalsh', a)], undefined)[0];
}

export interface SvdOptions {
  /** U m × m and Vᵀ n × n (default, as numpy); else m × k and k × n with k = min(m, n), the form that has derivatives. */
  readonly fullMatrices?: boolean;
}

/** (U, s, Vᵀ) with a = U diag(s) Vᵀ, s descending. */
export function svd(a: ArrayLike, { fullMatrices = true }: SvdOptions = {}): [u: NdArray, s: NdArray, vt: NdArray] {
  const matrix = asMatrix('linalg.svd', a);
  const [u, s, vt] = bindMany('svd', [matrix], undefined);
  const [m, n] = sizeOfMatrix(matrix);
  if (!fullMatrices || m === n) return [u, s, vt];
  return m > n ? [completed(u), s, vt] : [u, s, adjoint(completed(adjoint(vt)))];
}

/** Orthonormal columns with others that make a basis: those of a complete QR. */
function completed(columns: NdArray): NdArray {
  const [m, k] = sizeOfMatrix(columns);
  const [q] = bindMany('qr', [columns], { fullMatrices: true });
  return concatenate([columns, sliceAxis(q, q.ndim - 1, k, m)], columns.ndim - 1);
}

/** Singular values, descending. */
export function svdvals(a: ArrayLike): NdArray {
  return bindMany('svd', [asMatrix('linalg.svdvals', a)], undefined)[1];
}

/** Sign of the permutation that LU chose, [...batch], in the type of `like`: −1 for an odd number of exchanges. */
export function permutationSign(pivots: NdArray, like: NdArray): NdArray {
  const axis = pivots.ndim - 1;
  const own = bind('iota', [], { shape: pivots.shape, axis, dtype: 'int32' });
  const exchanged = convertType(bind('ne', [pivots, own], undefined), 'int32');
  const count = bind('reduceSum', [exchanged], { axes: [axis] });
  const odd = bind('and', [count, fullLikeWith(count, 1)], undefined);
  const floats = convertType(odd, like.dtype);
  // 1 − 2·odd
  return bind('sub', [fullLikeWith(floats, 1), bind('add', [floats, floats], undefined)], undefined);
}
