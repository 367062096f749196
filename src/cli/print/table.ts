/** Aligned columns, and matrices with names of rows and columns. */
import type { LeafInfo, Matrix } from '../../runner/protocol';
import { number } from './numbers';

export function table(rows: readonly (readonly string[])[], rightFrom = 1): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  return rows
    .map((row) =>
      row
        .map((cell, index) => (index >= rightFrom ? cell.padStart(widths[index]) : cell.padEnd(widths[index])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names of the components: `x[0]`, `p.a`. */
export function componentNames(leaves: readonly LeafInfo[], fallback: string): string[] {
  return leaves.flatMap(({ path, shape, size }) =>
    Array.from({ length: size }, (_, index) => {
      let rest = index;
      let text = '';
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        text = `[${rest % shape[axis]}]${text}`;
        rest = Math.floor(rest / shape[axis]);
      }
      return `${path === '' ? fallback : path}${text}`;
    }),
  );
}

const MAX_ROWS = 40;
const MAX_COLUMNS = 12;

export function entryOf(matrix: Matrix, row: number, column: number): number {
  if (matrix.kind === 'dense') return matrix.values[row * matrix.columns + column];
  for (let at = matrix.rowStarts[row]; at < matrix.rowStarts[row + 1]; at++) {
    if (matrix.columnIndices[at] === column) return matrix.values[at];
  }
  return 0;
}

export function matrixTable(matrix: Matrix, rowNames: readonly string[], columnNames: readonly string[]): string {
  const rows = Math.min(matrix.rows, MAX_ROWS);
  const columns = Math.min(matrix.columns, MAX_COLUMNS);
  const more = matrix.columns > columns ? ['…'] : [];
  const lines: string[][] = [['', ...columnNames.slice(0, columns), ...more]];
  for (let row = 0; row < rows; row++) {
    const cells = Array.from({ length: columns }, (_, column) => number(entryOf(matrix, row, column)));
    lines.push([rowNames[row] ?? String(row), ...cells, ...more]);
  }
  const text = table(lines);
  return matrix.rows > rows || matrix.columns > columns
    ? `${text}\n(${matrix.rows} × ${matrix.columns} in all; --json prints everything)`
    : text;
}
