/** QR factors by Householder reflections. */
import { GradLensError } from '../../errors';
import type { Emitter } from '../../program/emitter';
import type { Row } from '../../program/program';
import type { Primitive } from '../primitive';
import {
  batchLeading,
  batchShape,
  corner,
  eachMatrix,
  emptyLike,
  lowerTriangle,
  matrixSize,
  requireMatrix,
} from './matrices';

/**
 * Overwrites a (m × n) with R and returns the first `columns` columns of Q (m × columns). Signs are LAPACK's: a reflection makes
 * the diagonal entry −sign(x₀)‖x‖, unless there is nothing to annihilate.
 */
function factor(a: Float64Array, m: number, n: number, columns: number): Float64Array {
  const steps = Math.min(m - 1, n);
  const reflections: { vector: Float64Array; scale: number }[] = [];
  for (let j = 0; j < steps; j++) {
    const vector = new Float64Array(m - j);
    let below = 0;
    for (let i = j; i < m; i++) {
      vector[i - j] = a[i * n + j];
      if (i > j) below = Math.hypot(below, a[i * n + j]);
    }
    if (below === 0) {
      reflections.push({ vector, scale: 0 });
      continue;
    }
    const head = vector[0];
    const diagonal = head > 0 ? -Math.hypot(head, below) : Math.hypot(head, below);
    // H = I − scale v vᵀ with v₀ = 1
    const pivot = head - diagonal;
    vector[0] = 1;
    for (let i = 1; i < vector.length; i++) vector[i] /= pivot;
    const scale = -pivot / diagonal;
    reflections.push({ vector, scale });
    reflect(a, n, j, j, n, vector, scale);
    for (let i = j + 1; i < m; i++) a[i * n + j] = 0;
  }
  const q = new Float64Array(m * columns);
  for (let i = 0; i < Math.min(m, columns); i++) q[i * columns + i] = 1;
  for (let j = steps - 1; j >= 0; j--) reflect(q, columns, j, 0, columns, reflections[j].vector, reflections[j].scale);
  return q;
}

/** Applies I − scale v vᵀ to the rows of `x` from `row` on, columns [from, to). */
function reflect(
  x: Float64Array,
  width: number,
  row: number,
  from: number,
  to: number,
  v: Float64Array,
  scale: number,
): void {
  if (scale === 0) return;
  for (let j = from; j < to; j++) {
    let sum = 0;
    for (let i = 0; i < v.length; i++) sum += v[i] * x[(row + i) * width + j];
    sum *= scale;
    for (let i = 0; i < v.length; i++) x[(row + i) * width + j] -= sum * v[i];
  }
}

/** Tangents for m ≥ n, Q of m × n and R of n × n: dA R⁻¹ = dQ + Q dR R⁻¹. */
function tallTangents(b: Emitter, t: Row, q: Row, r: Row): [dq: Row, dr: Row] {
  const right = b.triangularSolve(r, t, { leftSide: false, lower: false, transposeA: false, unitDiagonal: false });
  const inner = b.matmul(b.matrixTranspose(q), right);
  const lower = lowerTriangle(b, inner, -1);
  // Qᵀ dQ is skew, and equals Qᵀ dA R⁻¹ below the diagonal.
  const skew = b.sub(lower, b.matrixTranspose(lower));
  const dq = b.add(b.matmul(q, b.sub(skew, inner)), right);
  return [dq, b.matmul(b.sub(inner, skew), r)];
}

/** (Q, R) of [...batch, m, n]; Q is m × min(m, n), or m × m where `fullMatrices`. */
export const qr: Primitive<'qr'> = {
  shape([operand], { fullMatrices }) {
    requireMatrix('qr', operand);
    const [m, n] = matrixSize(operand);
    const inner = fullMatrices ? m : Math.min(m, n);
    const { dtype } = operand;
    return [
      { shape: [...batchShape(operand), m, inner], dtype },
      { shape: [...batchShape(operand), inner, n], dtype },
    ];
  },
  evaluate([x], { fullMatrices }) {
    const [m, n] = matrixSize(x);
    const inner = fullMatrices ? m : Math.min(m, n);
    const q = emptyLike(x, [...batchShape(x), m, inner]);
    const r = emptyLike(x, [...batchShape(x), inner, n]);
    eachMatrix(x, (a, index) => {
      q.data.set(factor(a, m, n, inner), index * m * inner);
      r.data.set(a.subarray(0, inner * n), index * inner * n);
    });
    return [q, r];
  },
  jvp(b, { primals: [a], tangents: [t], results: [q, r], params: { fullMatrices } }) {
    const [m, n] = matrixSize(b.aval(a));
    if (fullMatrices && m > n) {
      throw new GradLensError(
        'no-derivative',
        `The full QR decomposition of a ${m}×${n} matrix has no derivative: the last columns of Q are not unique.`,
        "Use the reduced decomposition (mode 'reduced').",
      );
    }
    if (m >= n) return tallTangents(b, t, q, r);
    // A = [A₁ A₂] with A₁ square: Q and R₁ come from A₁, R₂ = Qᵀ A₂.
    const rank = b.aval(a).shape.length;
    const rest = (x: Row) => b.sliceAxis(x, rank - 1, m, n);
    const [dq, dr] = tallTangents(b, corner(b, t, m, m), q, corner(b, r, m, m));
    const restTangent = b.add(b.matmul(b.matrixTranspose(dq), rest(a)), b.matmul(b.matrixTranspose(q), rest(t)));
    return [dq, b.concatenate([dr, restTangent], rank - 1)];
  },
  transpose: null,
  batch: batchLeading('qr'),
};
