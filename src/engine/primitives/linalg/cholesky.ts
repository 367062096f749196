/** Cholesky factors of symmetric positive definite matrices. */
import {
  batchLeading,
  eachMatrix,
  emptyLike,
  lowerTriangle,
  matrixSize,
  requireMatrix,
  symmetricPart,
  symmetrize,
  identityLike,
} from './matrices';
import type { Primitive } from '../primitive';

/** Overwrites the symmetric a with its lower factor; false where it is not positive definite. */
function factor(a: Float64Array, n: number): boolean {
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
      if (i === j) {
        if (!(sum > 0)) return false;
        a[j * n + j] = Math.sqrt(sum);
      } else {
        a[i * n + j] = sum / a[j * n + j];
      }
    }
    for (let i = 0; i < j; i++) a[i * n + j] = 0;
  }
  return true;
}

/** The operand's symmetric part is factored (as JAX's default); NaN where it is not positive definite. */
export const cholesky: Primitive<'cholesky'> = {
  shape([operand]) {
    requireMatrix('cholesky', operand, true);
    return operand;
  },
  evaluate([x]) {
    const [n] = matrixSize(x);
    const out = emptyLike(x, x.shape);
    eachMatrix(x, (a, index) => {
      symmetrize(a, n);
      out.data.set(factor(a, n) ? a : a.fill(NaN), index * n * n);
    });
    return out;
  },
  // dL = L Φ(L⁻¹ dA L⁻ᵀ), Φ the lower triangle with half the diagonal (Murray 2016)
  jvp(b, { tangents: [t], results: [l] }) {
    const left = { leftSide: true, lower: true, transposeA: false, unitDiagonal: false };
    const right = b.triangularSolve(l, symmetricPart(b, t), { ...left, leftSide: false, transposeA: true });
    const both = b.triangularSolve(l, right, left);
    const phi = b.sub(lowerTriangle(b, both), b.scale(b.mul(both, identityLike(b, both)), 0.5));
    return [b.matmul(l, phi)];
  },
  transpose: null,
  batch: batchLeading('cholesky'),
};
