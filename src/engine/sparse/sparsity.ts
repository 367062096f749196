/** Where a sparse matrix may differ from zero, in compressed rows. */
/** Where a matrix may differ from zero. */
export interface Sparsity {
  readonly rows: number;
  readonly columns: number;
  /** rows + 1 entries: the columns of row i are indices[indptr[i] … indptr[i + 1]), ascending. */
  readonly indptr: Int32Array;
  readonly indices: Int32Array;
}

/** The pattern of the transposed matrix. `origin[k]` is the place of its k-th entry in the original. */
export function transposedSparsity({
  rows,
  columns,
  indptr,
  indices,
}: Sparsity): Sparsity & { readonly origin: Int32Array } {
  const starts = new Int32Array(columns + 1);
  for (const column of indices) starts[column + 1]++;
  for (let column = 0; column < columns; column++) starts[column + 1] += starts[column];
  const next = starts.slice(0, columns);
  const transposed = new Int32Array(indices.length);
  const origin = new Int32Array(indices.length);
  for (let row = 0; row < rows; row++) {
    for (let at = indptr[row]; at < indptr[row + 1]; at++) {
      const to = next[indices[at]]++;
      transposed[to] = row;
      origin[to] = at;
    }
  }
  return { rows: columns, columns: rows, indptr: starts, indices: transposed, origin };
}

/** The pattern with every entry's mirror image. */
export function symmetricSparsity(pattern: Sparsity): Sparsity {
  const mirror = transposedSparsity(pattern);
  const { rows } = pattern;
  const indptr = new Int32Array(rows + 1);
  const indices = new Int32Array(2 * pattern.indices.length);
  let length = 0;
  for (let row = 0; row < rows; row++) {
    const own = pattern.indices.subarray(pattern.indptr[row], pattern.indptr[row + 1]);
    const other = mirror.indices.subarray(mirror.indptr[row], mirror.indptr[row + 1]);
    let i = 0;
    let j = 0;
    while (i < own.length || j < other.length) {
      const smallest = Math.min(own[i] ?? Infinity, other[j] ?? Infinity);
      if (own[i] === smallest) i++;
      if (other[j] === smallest) j++;
      indices[length++] = smallest;
    }
    indptr[row + 1] = length;
  }
  return { rows, columns: rows, indptr, indices: indices.slice(0, length) };
}
