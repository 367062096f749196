/**
 * The symmetric eigenproblem: Householder tridiagonalisation and the QL method with implicit shifts (tred2 and tql2 of Bowdler,
 * Martin, Reinsch and Wilkinson, Handbook for Automatic Computation II, 1971, in the form of EISPACK and JAMA).
 */

/** Flips every column of `x` (rows × columns) whose largest entry is negative, and tells which. */
export function positiveColumns(
  x: Float64Array,
  rows: number,
  columns: number,
  flipped?: (column: number) => void,
): void {
  for (let j = 0; j < columns; j++) {
    let largest = 0;
    for (let i = 0; i < rows; i++) {
      // A little slack, so that rounding does not decide between entries of equal size.
      if (Math.abs(x[i * columns + j]) > Math.abs(largest) * (1 + 1e-10)) largest = x[i * columns + j];
    }
    if (largest >= 0) continue;
    for (let i = 0; i < rows; i++) x[i * columns + j] = -x[i * columns + j];
    flipped?.(j);
  }
}

/** `a` is overwritten with the eigenvectors (columns), sorted by eigenvalue. */
export function symmetricEigen(a: Float64Array, n: number): { values: Float64Array; vectors: Float64Array } {
  const d = new Float64Array(n);
  const e = new Float64Array(n);
  if (n > 0) {
    tridiagonalize(a, n, d, e);
    diagonalize(a, n, d, e);
    sortAscending(a, n, d);
    positiveColumns(a, n, n);
  }
  return { values: d, vectors: a };
}

/** Reduces the symmetric `v` to tridiagonal form: diagonal d, subdiagonal e; `v` becomes the transformation. */
function tridiagonalize(v: Float64Array, n: number, d: Float64Array, e: Float64Array): void {
  for (let j = 0; j < n; j++) d[j] = v[(n - 1) * n + j];
  for (let i = n - 1; i > 0; i--) {
    let scale = 0;
    let h = 0;
    for (let k = 0; k < i; k++) scale += Math.abs(d[k]);
    if (scale === 0) {
      e[i] = d[i - 1];
      for (let j = 0; j < i; j++) {
        d[j] = v[(i - 1) * n + j];
        v[i * n + j] = 0;
        v[j * n + i] = 0;
      }
    } else {
      h = reflectRow(v, n, i, scale, d, e);
    }
    d[i] = h;
  }
  accumulate(v, n, d);
  e[0] = 0;
}

/** One Householder step on row i. Returns h = uᵀu / 2. */
function reflectRow(v: Float64Array, n: number, i: number, scale: number, d: Float64Array, e: Float64Array): number {
  let h = 0;
  for (let k = 0; k < i; k++) {
    d[k] /= scale;
    h += d[k] * d[k];
  }
  let f = d[i - 1];
  const g = f > 0 ? -Math.sqrt(h) : Math.sqrt(h);
  e[i] = scale * g;
  h -= f * g;
  d[i - 1] = f - g;
  for (let j = 0; j < i; j++) e[j] = 0;
  // e = A u / h
  for (let j = 0; j < i; j++) {
    f = d[j];
    v[j * n + i] = f;
    let sum = e[j] + v[j * n + j] * f;
    for (let k = j + 1; k < i; k++) {
      sum += v[k * n + j] * d[k];
      e[k] += v[k * n + j] * f;
    }
    e[j] = sum;
  }
  f = 0;
  for (let j = 0; j < i; j++) {
    e[j] /= h;
    f += e[j] * d[j];
  }
  const hh = f / (h + h);
  for (let j = 0; j < i; j++) e[j] -= hh * d[j];
  for (let j = 0; j < i; j++) {
    for (let k = j; k < i; k++) v[k * n + j] -= d[j] * e[k] + e[j] * d[k];
    d[j] = v[(i - 1) * n + j];
    v[i * n + j] = 0;
  }
  return h;
}

/** Multiplies the reflections together. */
function accumulate(v: Float64Array, n: number, d: Float64Array): void {
  for (let i = 0; i < n - 1; i++) {
    v[(n - 1) * n + i] = v[i * n + i];
    v[i * n + i] = 1;
    const h = d[i + 1];
    if (h !== 0) {
      for (let k = 0; k <= i; k++) d[k] = v[k * n + i + 1] / h;
      for (let j = 0; j <= i; j++) {
        let g = 0;
        for (let k = 0; k <= i; k++) g += v[k * n + i + 1] * v[k * n + j];
        for (let k = 0; k <= i; k++) v[k * n + j] -= g * d[k];
      }
    }
    for (let k = 0; k <= i; k++) v[k * n + i + 1] = 0;
  }
  for (let j = 0; j < n; j++) {
    d[j] = v[(n - 1) * n + j];
    v[(n - 1) * n + j] = 0;
  }
  v[(n - 1) * n + n - 1] = 1;
}

/** QL iterations on the tridiagonal matrix (d, e); the rotations go into `v`. */
function diagonalize(v: Float64Array, n: number, d: Float64Array, e: Float64Array): void {
  for (let i = 1; i < n; i++) e[i - 1] = e[i];
  e[n - 1] = 0;
  let shift = 0;
  let size = 0;
  for (let l = 0; l < n; l++) {
    size = Math.max(size, Math.abs(d[l]) + Math.abs(e[l]));
    // A NaN or an infinity in the matrix makes everything NaN instead of iterating for ever.
    if (!Number.isFinite(size)) {
      d.fill(NaN);
      v.fill(NaN);
      return;
    }
    let m = l;
    while (m < n - 1 && Math.abs(e[m]) > Number.EPSILON * size) m++;
    for (let iteration = 0; m > l && iteration < 60; iteration++) {
      let g = d[l];
      let p = (d[l + 1] - g) / (2 * e[l]);
      let r = p < 0 ? -Math.hypot(p, 1) : Math.hypot(p, 1);
      d[l] = e[l] / (p + r);
      d[l + 1] = e[l] * (p + r);
      const next = d[l + 1];
      let h = g - d[l];
      for (let i = l + 2; i < n; i++) d[i] -= h;
      shift += h;
      p = d[m];
      let c = 1;
      let c2 = 1;
      let c3 = 1;
      let s = 0;
      let s2 = 0;
      const below = e[l + 1];
      for (let i = m - 1; i >= l; i--) {
        c3 = c2;
        c2 = c;
        s2 = s;
        g = c * e[i];
        h = c * p;
        r = Math.hypot(p, e[i]);
        e[i + 1] = s * r;
        s = e[i] / r;
        c = p / r;
        p = c * d[i] - s * g;
        d[i + 1] = h + s * (c * g + s * d[i]);
        for (let k = 0; k < n; k++) {
          h = v[k * n + i + 1];
          v[k * n + i + 1] = s * v[k * n + i] + c * h;
          v[k * n + i] = c * v[k * n + i] - s * h;
        }
      }
      p = (-s * s2 * c3 * below * e[l]) / next;
      e[l] = s * p;
      d[l] = c * p;
      if (Math.abs(e[l]) <= Number.EPSILON * size) break;
    }
    d[l] += shift;
    e[l] = 0;
  }
}

function sortAscending(v: Float64Array, n: number, d: Float64Array): void {
  const order = Array.from(d.keys()).sort((i, j) => d[i] - d[j]);
  const values = d.slice();
  const vectors = v.slice();
  order.forEach((from, to) => {
    d[to] = values[from];
    for (let k = 0; k < n; k++) v[k * n + to] = vectors[k * n + from];
  });
}
