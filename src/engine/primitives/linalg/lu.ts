/** LU factors with partial pivoting. */
import type { Aval } from '../../program/aval';
import type { Emitter } from '../../program/emitter';
import { NONE, type Row } from '../../program/program';
import type { Primitive } from '../primitive';
import {
  batchLeading,
  batchShape,
  corner,
  eachMatrix,
  emptyLike,
  extended,
  identityLike,
  lowerTriangle,
  matrixSize,
  requireMatrix,
  upperTriangle,
} from './matrices';

/** Overwrites a (m × n) with L (unit diagonal, not stored) and U; row i was exchanged with row pivots[i]. */
function factor(a: Float64Array, m: number, n: number, pivots: Int32Array, permutation: Int32Array): void {
  for (let i = 0; i < m; i++) permutation[i] = i;
  for (let j = 0; j < pivots.length; j++) {
    let best = j;
    for (let i = j + 1; i < m; i++) if (Math.abs(a[i * n + j]) > Math.abs(a[best * n + j])) best = i;
    pivots[j] = best;
    if (best !== j) {
      for (let k = 0; k < n; k++) [a[j * n + k], a[best * n + k]] = [a[best * n + k], a[j * n + k]];
      [permutation[j], permutation[best]] = [permutation[best], permutation[j]];
    }
    const pivot = a[j * n + j];
    if (pivot === 0) continue;
    for (let i = j + 1; i < m; i++) {
      const factor = (a[i * n + j] /= pivot);
      if (factor !== 0) for (let k = j + 1; k < n; k++) a[i * n + k] -= factor * a[j * n + k];
    }
  }
}

/** Rows of `x` ([...batch, m, n]) in the order of `permutation` ([...batch, m]). */
function permuteRows(b: Emitter, x: Row, permutation: Row): Row {
  const { shape } = b.aval(permutation);
  const batchDims = shape.length - 1;
  return b.gather(x, b.reshape(permutation, [...shape, 1]), { axes: [batchDims], batchDims });
}

/** (LU, pivots, permutation) of [...batch, m, n]: the rows of the operand in the order of the permutation are L U. */
export const lu: Primitive<'lu'> = {
  shape([operand]) {
    requireMatrix('lu', operand);
    const [m, n] = matrixSize(operand);
    const batch = batchShape(operand);
    const integers = (count: number): Aval => ({ shape: [...batch, count], dtype: 'int32' });
    return [operand, integers(Math.min(m, n)), integers(m)];
  },
  evaluate([x]) {
    const [m, n] = matrixSize(x);
    const k = Math.min(m, n);
    const out = emptyLike(x, x.shape);
    const batch = batchShape(x);
    const count = n === 0 || m === 0 ? 0 : x.data.length / (m * n);
    const pivots = new Int32Array(count * k);
    const permutation = new Int32Array(count * m);
    eachMatrix(x, (a, index) => {
      factor(a, m, n, pivots.subarray(index * k, (index + 1) * k), permutation.subarray(index * m, (index + 1) * m));
      out.data.set(a, index * m * n);
    });
    return [
      out,
      { shape: [...batch, k], dtype: 'int32', data: pivots },
      { shape: [...batch, m], dtype: 'int32', data: permutation },
    ];
  },
  // dL = L tril₋₁(L⁻¹ P dA U⁻¹), dU = triu(L⁻¹ P dA U⁻¹) U, with L and U extended to squares by identities
  jvp(b, { tangents: [t], results: [factors, , permutation] }) {
    const [m, n] = matrixSize(b.aval(t));
    const k = Math.min(m, n);
    const strictLower = extended(b, lowerTriangle(b, corner(b, factors, m, k), -1), m, m);
    const l = b.add(strictLower, identityLike(b, strictLower));
    let u = extended(b, upperTriangle(b, corner(b, factors, k, n)), n, n);
    if (n > k) {
      const eye = identityLike(b, u);
      u = b.add(u, b.sub(eye, extended(b, corner(b, eye, k, k), n, n)));
    }
    const inner = b.triangularSolve(l, permuteRows(b, t, permutation), {
      leftSide: true,
      lower: true,
      transposeA: false,
      unitDiagonal: true,
    });
    const both = b.triangularSolve(u, inner, { leftSide: false, lower: false, transposeA: false, unitDiagonal: false });
    return [b.add(b.matmul(l, lowerTriangle(b, both, -1)), b.matmul(upperTriangle(b, both), u)), NONE, NONE];
  },
  transpose: null,
  batch: batchLeading('lu'),
};
