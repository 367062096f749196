/** Reduced singular value decompositions. */
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
} from './matrices';
import { positiveColumns } from './symmetricEigen';

const MAX_SWEEPS = 60;

/** Columns of a matrix as arrays of their own. */
function columnsOf(a: Float64Array, m: number, n: number): Float64Array[] {
  return Array.from({ length: n }, (_, j) => Float64Array.from({ length: m }, (__, i) => a[i * n + j]));
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

function rotate(x: Float64Array, y: Float64Array, c: number, s: number): void {
  for (let i = 0; i < x.length; i++) {
    const a = x[i];
    const b = y[i];
    x[i] = c * a - s * b;
    y[i] = s * a + c * b;
  }
}

/**
 * One-sided Jacobi (Hestenes 1958): rotates pairs of columns of u until all are orthogonal; v collects the rotations. Small
 * singular values come out to high relative accuracy (Demmel and Veselić 1992).
 */
function orthogonalize(u: Float64Array[], v: Float64Array[]): void {
  const tolerance = Number.EPSILON;
  for (let sweep = 0, moved = true; moved && sweep < MAX_SWEEPS; sweep++) {
    moved = false;
    // Squared norms follow the rotations within a sweep and are computed anew for the next.
    const squares = u.map((column) => dot(column, column));
    for (let p = 0; p < u.length; p++) {
      for (let q = p + 1; q < u.length; q++) {
        const gamma = dot(u[p], u[q]);
        if (!(Math.abs(gamma) > tolerance * Math.sqrt(squares[p] * squares[q]))) continue;
        moved = true;
        const zeta = (squares[q] - squares[p]) / (2 * gamma);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const c = 1 / Math.hypot(1, t);
        rotate(u[p], u[q], c, c * t);
        rotate(v[p], v[q], c, c * t);
        squares[p] = Math.max(0, squares[p] - t * gamma);
        squares[q] += t * gamma;
      }
    }
  }
}

/** Replaces a zero column by a unit vector that is orthogonal to the columns in `basis`. */
function complete(column: Float64Array, basis: readonly Float64Array[]): void {
  for (let axis = 0; axis < column.length; axis++) {
    column.fill(0);
    column[axis] = 1;
    // Twice is enough (Kahan).
    for (let pass = 0; pass < 2; pass++) {
      for (const other of basis) {
        const along = dot(column, other);
        for (let i = 0; i < column.length; i++) column[i] -= along * other[i];
      }
    }
    const norm = Math.sqrt(dot(column, column));
    if (norm > 0.5 / Math.sqrt(column.length)) {
      for (let i = 0; i < column.length; i++) column[i] /= norm;
      return;
    }
  }
}

/** For m ≥ n: U (m × n), S, V (n × n), each row-major. */
function tallSvd(a: Float64Array, m: number, n: number): { u: Float64Array; s: Float64Array; v: Float64Array } {
  // Scaled, so that no square over- or underflows.
  const size = a.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  if (!Number.isFinite(size)) {
    const nan = (length: number) => new Float64Array(length).fill(NaN);
    return { u: nan(m * n), s: nan(n), v: nan(n * n) };
  }
  const scale = size > 0 ? size : 1;
  const columns = columnsOf(
    a.map((x) => x / scale),
    m,
    n,
  );
  const rotations = Array.from({ length: n }, (_, j) => Float64Array.from({ length: n }, (__, i) => (i === j ? 1 : 0)));
  orthogonalize(columns, rotations);
  const norms = columns.map((column) => Math.sqrt(dot(column, column)));
  const order = norms.map((_, index) => index).sort((i, j) => norms[j] - norms[i]);
  const u = new Float64Array(m * n);
  const v = new Float64Array(n * n);
  const s = new Float64Array(n);
  const threshold = norms[order[0]] * Number.EPSILON * Number.EPSILON;
  const basis: Float64Array[] = [];
  order.forEach((from, to) => {
    const column = columns[from];
    const norm = norms[from];
    s[to] = norm * scale;
    if (norm > threshold) for (let i = 0; i < m; i++) column[i] /= norm;
    else complete(column, basis);
    basis.push(column);
    for (let i = 0; i < m; i++) u[i * n + to] = column[i];
    for (let i = 0; i < n; i++) v[i * n + to] = rotations[from][i];
  });
  positiveColumns(u, m, n, (j) => {
    for (let i = 0; i < n; i++) v[i * n + j] = -v[i * n + j];
  });
  return { u, s, v };
}

function transposed(a: Float64Array, m: number, n: number): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[j * m + i] = a[i * n + j];
  return out;
}

/**
 * (U, S descending, Vᵀ) of [...batch, m, n], k = min(m, n): U is m × k, Vᵀ k × n. The largest entry of each column of U (of V,
 * where m < n) is positive.
 */
export const svd: Primitive<'svd'> = {
  shape([operand]) {
    requireMatrix('svd', operand);
    const [m, n] = matrixSize(operand);
    const k = Math.min(m, n);
    const batch = batchShape(operand);
    const { dtype } = operand;
    return [
      { shape: [...batch, m, k], dtype },
      { shape: [...batch, k], dtype },
      { shape: [...batch, k, n], dtype },
    ];
  },
  evaluate([x]) {
    const [m, n] = matrixSize(x);
    const k = Math.min(m, n);
    const batch = batchShape(x);
    const u = emptyLike(x, [...batch, m, k]);
    const s = emptyLike(x, [...batch, k]);
    const vt = emptyLike(x, [...batch, k, n]);
    if (k > 0) {
      eachMatrix(x, (a, index) => {
        const tall = m >= n;
        const parts = tall ? tallSvd(a, m, n) : tallSvd(transposed(a, m, n), n, m);
        u.data.set(tall ? parts.u : parts.v, index * m * k);
        s.data.set(parts.s, index * k);
        vt.data.set(transposed(tall ? parts.v : parts.u, n, k), index * k * n);
      });
    }
    return [u, s, vt];
  },
  // With P = Uᵀ dA V and Fᵢⱼ = 1/(sⱼ² − sᵢ²): ds = diag P, dU = U (F ∘ (P S + S Pᵀ)), dV = V (F ∘ (S P + Pᵀ S)), and for m ≠ n
  // what of dA V S⁻¹ (of dAᵀ U S⁻¹) lies outside U (outside V). Townsend 2016.
  jvp(b, { tangents: [t], results: [u, s, vt] }) {
    const [m, n] = matrixSize(b.aval(t));
    const ut = b.matrixTranspose(u);
    const v = b.matrixTranspose(vt);
    const inner = b.matmul(b.matmul(ut, t), v);
    const rows = asRows(b, s, inner);
    const columns = asColumns(b, s, inner);
    const eye = identityLike(b, inner);
    const f = b.sub(b.reciprocal(b.add(eye, b.mul(b.add(rows, columns), b.sub(rows, columns)))), eye);
    const symmetricOf = (x: number) => b.add(x, b.matrixTranspose(x));
    let du = b.matmul(u, b.mul(f, symmetricOf(b.mul(rows, inner))));
    let dv = b.matmul(v, b.mul(f, symmetricOf(b.mul(columns, inner))));
    if (m > n) {
      const along = b.matmul(t, v);
      du = b.add(du, b.div(b.sub(along, b.matmul(u, b.matmul(ut, along))), asRows(b, s, u)));
    }
    if (n > m) {
      const along = b.matmul(b.matrixTranspose(t), u);
      dv = b.add(dv, b.div(b.sub(along, b.matmul(v, b.matmul(vt, along))), asRows(b, s, v)));
    }
    return [du, diagonal(b, inner), b.matrixTranspose(dv)];
  },
  transpose: null,
  batch: batchLeading('svd'),
};
