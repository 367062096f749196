/** Matrices as files and clipboard text. */
import type { Matrix } from '../../runner/protocol';
import { forEachEntry, matrixAt, storedEntries } from './matrix';
import type { AxisModel } from './labels';

/** A sparse matrix of more cells than this is written as its entries. */
const DENSE_CELLS = 4_000_000;

/** Entries whose text still fits into one string. */
const TEXT_ENTRIES = 2 ** 24;

function quote(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

/** With a head row and head column of labels; sparse matrices that would not fit as `row,column,value` lines. */
export function matrixToCsv(matrix: Matrix, rows: AxisModel, columns: AxisModel): string {
  const lines: string[] = [];
  if (matrix.kind === 'sparse' && matrix.rows * matrix.columns > DENSE_CELLS) {
    lines.push('row,column,value');
    forEachEntry(matrix, (r, c, value) => lines.push(`${quote(rows.label(r))},${quote(columns.label(c))},${value}`));
    return `${lines.join('\n')}\n`;
  }
  lines.push(['', ...Array.from({ length: matrix.columns }, (_, c) => quote(columns.label(c)))].join(','));
  for (let r = 0; r < matrix.rows; r++) {
    const cells = [quote(rows.label(r))];
    for (let c = 0; c < matrix.columns; c++) cells.push(String(matrixAt(matrix, r, c)));
    lines.push(cells.join(','));
  }
  return `${lines.join('\n')}\n`;
}

/** Tab-separated values of a rectangle, as spreadsheets paste it. */
export function rectangleToTsv(matrix: Matrix, top: number, left: number, bottom: number, right: number): string {
  const lines: string[] = [];
  for (let r = top; r <= bottom; r++) {
    const cells: string[] = [];
    for (let c = left; c <= right; c++) cells.push(String(matrixAt(matrix, r, c)));
    lines.push(cells.join('\t'));
  }
  return lines.join('\n');
}

/** NumPy's .npy, version 1.0, C order, float32 where it was computed so; sparse entries that are not stored are zeros. */
export function matrixToNpy(matrix: Matrix, single = false): Uint8Array {
  const size = single ? 4 : 8;
  const dictionary = `{'descr': '<f${size}', 'fortran_order': False, 'shape': (${matrix.rows}, ${matrix.columns}), }`;
  const unpadded = 10 + dictionary.length + 1;
  const header = dictionary + ' '.repeat((64 - (unpadded % 64)) % 64) + '\n';
  const bytes = new Uint8Array(10 + header.length + size * matrix.rows * matrix.columns);
  const view = new DataView(bytes.buffer);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  view.setUint16(8, header.length, true);
  for (let i = 0; i < header.length; i++) bytes[10 + i] = header.charCodeAt(i);
  const start = 10 + header.length;
  forEachEntry(matrix, (r, c, value) => {
    const at = start + size * (r * matrix.columns + c);
    if (single) view.setFloat32(at, value, true);
    else view.setFloat64(at, value, true);
  });
  return bytes;
}

/** Whether a dense file of the matrix is reasonable. */
export function fitsDense(matrix: Matrix): boolean {
  return matrix.rows * matrix.columns <= 2 * DENSE_CELLS;
}

/** Whether its entries as text are shorter than the longest string. */
export function fitsText(matrix: Matrix): boolean {
  return storedEntries(matrix) <= TEXT_ENTRIES;
}

/** JSON that keeps NaN and the infinities, as the command line writes them. */
export function toJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, item: unknown) => {
      if (typeof item === 'number' && !Number.isFinite(item)) return String(item);
      return ArrayBuffer.isView(item) ? Array.from(item as unknown as ArrayLike<number>) : item;
    },
    2,
  );
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
