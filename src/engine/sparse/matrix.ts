/** Sparse matrices in compressed rows. */
import { ConcreteArray, type NdArray } from '../trace/ndarray';
import type { Coloring } from './coloring';
import type { Sparsity } from './sparsity';

/** How the columns (`forward`, `symmetric`) or rows (`reverse`) of a matrix are put together in passes. */
export interface Compression {
  readonly mode: 'forward' | 'reverse' | 'symmetric';
  readonly coloring: Coloring;
}

/**
 * A sparse matrix with its values, in compressed rows (CSR). Entries of the pattern may happen to be zero at the point.
 */
export class SparseMatrix {
  constructor(
    readonly sparsity: Sparsity,
    /** One value an entry of the pattern. */
    readonly data: Float64Array,
    readonly compression: Compression,
  ) {}

  /** Passes that it took: Jacobian-vector (`forward`), vector-Jacobian (`reverse`) or Hessian-vector products (`symmetric`). */
  get colors(): number {
    return this.compression.coloring.count;
  }

  get mode(): Compression['mode'] {
    return this.compression.mode;
  }

  get shape(): readonly [rows: number, columns: number] {
    return [this.sparsity.rows, this.sparsity.columns];
  }

  /** rows + 1 entries: row i stands at [indptr[i], indptr[i + 1]) in `indices` and `data`. */
  get indptr(): Int32Array {
    return this.sparsity.indptr;
  }

  /** Column of every entry. */
  get indices(): Int32Array {
    return this.sparsity.indices;
  }

  /** Number of entries in the pattern. */
  get nnz(): number {
    return this.data.length;
  }

  /** The entry at (row, column); 0 outside the pattern. */
  get(row: number, column: number): number {
    let low = this.indptr[row];
    let high = this.indptr[row + 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.indices[middle] < column) low = middle + 1;
      else high = middle;
    }
    return low < this.indptr[row + 1] && this.indices[low] === column ? this.data[low] : 0;
  }

  /** The product with a vector of `columns` numbers. */
  multiply(x: ArrayLike<number>): Float64Array {
    const out = new Float64Array(this.sparsity.rows);
    for (let row = 0; row < out.length; row++) {
      let sum = 0;
      for (let at = this.indptr[row]; at < this.indptr[row + 1]; at++) sum += this.data[at] * x[this.indices[at]];
      out[row] = sum;
    }
    return out;
  }

  /** The whole matrix, zeros and all. */
  toDense(): NdArray {
    const [rows, columns] = this.shape;
    const data = new Float64Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      for (let at = this.indptr[row]; at < this.indptr[row + 1]; at++)
        data[row * columns + this.indices[at]] = this.data[at];
    }
    return new ConcreteArray(data, [rows, columns], 'float64');
  }
}
