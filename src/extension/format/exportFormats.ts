/** Derivatives in other languages' notations, for the clipboard; and NumPy's file format. Full precision throughout. */
import type { Data, Matrix } from '../../runner/protocol';
import { isNumericArray } from './data';

export type ExportFormat = 'json' | 'csv' | 'numpy' | 'latex' | 'typescript';

/** What is exported: a vector (a gradient) or a matrix, and the names of its columns. */
export interface Exportable {
  matrix: Matrix;
  vector: boolean;
  columns: string[];
  /** A gradient in the user's own structure, where that is not a plain list. */
  structured?: Data;
  /** Where a GPU computed it: what that means for its digits, in words. Notations that have comments carry it. */
  float32?: string;
}

/** Rows formatted before others get their turn, so that the extension host never stands still. */
const ENTRIES_AT_ONCE = 4000;

/** The text of `value` in a format; large matrices are worked off in pieces. */
export async function exportText(value: Exportable, format: ExportFormat): Promise<string> {
  const { float32 } = value;
  switch (format) {
    case 'json':
      return listed(value, jsonNumber);
    case 'typescript':
      return `${await listed(value, typescriptNumber)}${float32 === undefined ? '' : ` /* ${float32} */`}`;
    case 'numpy': {
      const list = await nested(value, numpyNumber, '[', ']', ', ', '[', ']', ', ');
      return float32 === undefined ? `np.array(${list})` : `np.array(${list}, dtype=np.float32)  # ${float32}`;
    }
    case 'csv': {
      const rows = await nested({ ...value, vector: false }, csvNumber, '', '', ',', '', '', '\n');
      return `${value.columns.map(csvField).join(',')}\n${rows}\n`;
    }
    case 'latex': {
      const rows = await nested({ ...value, vector: false }, latexNumber, '', '', ' & ', '', '', ' \\\\\n');
      return `\\begin{bmatrix}${float32 === undefined ? '' : ` % ${float32}`}\n${rows}\n\\end{bmatrix}`;
    }
  }
}

async function listed(value: Exportable, number: (value: number) => string): Promise<string> {
  if (value.structured !== undefined) return literal(value.structured, number);
  return nested(value, number, '[', ']', ', ', '[', ']', ', ');
}

async function nested(
  { matrix, vector }: Exportable,
  number: (value: number) => string,
  open: string,
  close: string,
  comma: string,
  openRow: string,
  closeRow: string,
  separator: string,
): Promise<string> {
  const rows: string[] = [];
  let worked = 0;
  for (let row = 0; row < matrix.rows; row++) {
    rows.push(openRow + Array.from(rowOf(matrix, row), number).join(comma) + closeRow);
    worked += matrix.columns;
    if (worked > ENTRIES_AT_ONCE) {
      worked = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return vector ? (rows[0] ?? `${open}${close}`) : `${open}${rows.join(separator)}${close}`;
}

/** One row of a matrix, dense. */
function rowOf(matrix: Matrix, row: number): Float64Array {
  if (matrix.kind === 'dense') return matrix.values.subarray(row * matrix.columns, (row + 1) * matrix.columns);
  const dense = new Float64Array(matrix.columns);
  const end = matrix.rowStarts[row + 1] ?? 0;
  for (let at = matrix.rowStarts[row] ?? 0; at < end; at++)
    dense[matrix.columnIndices[at] ?? 0] = matrix.values[at] ?? 0;
  return dense;
}

const jsonNumber = (value: number): string => (Number.isFinite(value) ? plain(value) : JSON.stringify(String(value)));
const typescriptNumber = (value: number): string => plain(value);
const csvNumber = (value: number): string => plain(value);

function plain(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function numpyNumber(value: number): string {
  if (Number.isNaN(value)) return 'np.nan';
  if (!Number.isFinite(value)) return value > 0 ? 'np.inf' : '-np.inf';
  const text = plain(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function latexNumber(value: number): string {
  if (Number.isNaN(value)) return '\\mathrm{NaN}';
  if (!Number.isFinite(value)) return value > 0 ? '\\infty' : '-\\infty';
  const [mantissa = '', exponent] = plain(value).split('e');
  return exponent === undefined ? mantissa : `${mantissa} \\cdot 10^{${Number(exponent)}}`;
}

function csvField(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

/** Any of the user's values as a literal. */
export function literal(value: Data, number: (value: number) => string = typescriptNumber): string {
  if (typeof value === 'number') return number(value);
  if (isNumericArray(value)) return `[${Array.from(value, number).join(', ')}]`;
  if (Array.isArray(value)) return `[${value.map((item) => literal(item, number)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const quote = number === jsonNumber;
    const key = (name: string): string => (!quote && /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));
    return `{${quote ? '' : ' '}${Object.entries(value)
      .map(([name, item]) => `${key(name)}: ${literal(item, number)}`)
      .join(', ')}${quote ? '' : ' '}}`;
  }
  return value === undefined ? 'null' : JSON.stringify(value);
}

/**
 * A matrix as a .npy file (version 1.0, little-endian, C order), in float64, or in float32 where it was computed so; a gradient is
 * one-dimensional.
 */
export function toNpy(matrix: Matrix, vector: boolean, single = false): Uint8Array {
  const shape = vector ? `(${matrix.columns},)` : `(${matrix.rows}, ${matrix.columns})`;
  const size = single ? 4 : 8;
  const dictionary = `{'descr': '<f${size}', 'fortran_order': False, 'shape': ${shape}, }`;
  const padding = (64 - ((10 + dictionary.length + 1) % 64)) % 64;
  const header = `${dictionary}${' '.repeat(padding)}\n`;
  const bytes = new Uint8Array(10 + header.length + matrix.rows * matrix.columns * size);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  const view = new DataView(bytes.buffer);
  view.setUint16(8, header.length, true);
  for (let index = 0; index < header.length; index++) bytes[10 + index] = header.charCodeAt(index);
  let at = 10 + header.length;
  for (let row = 0; row < matrix.rows; row++) {
    for (const value of rowOf(matrix, row)) {
      if (single) view.setFloat32(at, value, true);
      else view.setFloat64(at, value, true);
      at += size;
    }
  }
  return bytes;
}
