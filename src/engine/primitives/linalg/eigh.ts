/** Eigenvalues and eigenvectors of symmetric matrices. */
import type { Primitive } from '../primitive';
import {
  asColumns,
  asRows,
  batchLeading,
  batchShape,
  diagonal,
  eachMatrix,
  emptyLike,
  identityLike,
  matrixSize,
  requireMatrix,
  symmetricPart,
  symmetrize,
} from './matrices';
import { symmetricEigen } from './symmetricEigen';

/**
 * (eigenvalues ascending [...batch, n], eigenvectors as columns [...batch, n, n]) of the symmetric part of the operand. The sign
 * of a vector is chosen so that its largest entry is positive.
 */
export const eigh: Primitive<'eigh'> = {
  shape([operand]) {
    requireMatrix('eigh', operand, true);
    return [{ shape: operand.shape.slice(0, -1), dtype: operand.dtype }, operand];
  },
  evaluate([x]) {
    const [n] = matrixSize(x);
    const values = emptyLike(x, [...batchShape(x), n]);
    const vectors = emptyLike(x, x.shape);
    eachMatrix(x, (a, index) => {
      symmetrize(a, n);
      const eigen = symmetricEigen(a, n);
      values.data.set(eigen.values, index * n);
      vectors.data.set(eigen.vectors, index * n * n);
    });
    return [values, vectors];
  },
  // dw = diag(Vᵀ dA V), dV = V (F ∘ Vᵀ dA V), Fᵢⱼ = 1/(wⱼ − wᵢ) off the diagonal
  jvp(b, { tangents: [t], results: [w, v] }) {
    const inner = b.matmul(b.matmul(b.matrixTranspose(v), symmetricPart(b, t)), v);
    const eye = identityLike(b, v);
    const gaps = b.add(eye, b.sub(asRows(b, w, v), asColumns(b, w, v)));
    const f = b.sub(b.reciprocal(gaps), eye);
    return [diagonal(b, inner), b.matmul(v, b.mul(f, inner))];
  },
  transpose: null,
  batch: batchLeading('eigh'),
};
