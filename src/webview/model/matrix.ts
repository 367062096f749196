/** Reading dense and sparse matrices alike. */
import type { Matrix } from '../../runner/protocol';

/** The first stored entry of a row at or right of a column. */
export function lowerBound(indices: Int32Array, from: number, to: number, column: number): number {
  while (from < to) {
    const middle = (from + to) >> 1;
    if (indices[middle] < column) from = middle + 1;
    else to = middle;
  }
  return from;
}

export function matrixAt(matrix: Matrix, row: number, column: number): number {
  if (matrix.kind === 'dense') return matrix.values[row * matrix.columns + column];
  const to = matrix.rowStarts[row + 1];
  const e = lowerBound(matrix.columnIndices, matrix.rowStarts[row], to, column);
  return e < to && matrix.columnIndices[e] === column ? matrix.values[e] : 0;
}

/** How many entries are stored. */
export function storedEntries(matrix: Matrix): number {
  return matrix.values.length;
}

/** Row and column of a stored entry. */
export function entryPosition(matrix: Matrix, entry: number): { row: number; column: number } {
  if (matrix.kind === 'dense') {
    const row = Math.floor(entry / matrix.columns);
    return { row, column: entry - row * matrix.columns };
  }
  let low = 0;
  let high = matrix.rows - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (matrix.rowStarts[middle] <= entry) low = middle;
    else high = middle - 1;
  }
  return { row: low, column: matrix.columnIndices[entry] };
}

/** Calls back for every stored entry, in order of rows. */
export function forEachEntry(matrix: Matrix, visit: (row: number, column: number, value: number) => void): void {
  if (matrix.kind === 'dense') {
    for (let r = 0, i = 0; r < matrix.rows; r++)
      for (let c = 0; c < matrix.columns; c++, i++) visit(r, c, matrix.values[i]);
    return;
  }
  for (let r = 0; r < matrix.rows; r++) {
    for (let e = matrix.rowStarts[r]; e < matrix.rowStarts[r + 1]; e++)
      visit(r, matrix.columnIndices[e], matrix.values[e]);
  }
}
