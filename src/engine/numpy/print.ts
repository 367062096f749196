/** Arrays as text and as nested JavaScript arrays. */
import type { ArrayValue } from '../program/aval';

export type NestedNumbers = number | boolean | NestedNumbers[];

/** The elements as nested arrays of numbers (of booleans for bool); a scalar is the number itself. */
export function toNested({ shape, dtype, data }: ArrayValue): NestedNumbers {
  let at = 0;
  const read = (axis: number): NestedNumbers => {
    if (axis === shape.length) {
      const value = data[at++];
      return dtype === 'bool' ? value !== 0 : value;
    }
    return Array.from({ length: shape[axis] }, () => read(axis + 1));
  };
  return read(0);
}

/** Larger arrays are printed with their ends only. */
const SUMMARIZE_ABOVE = 1000;
const ENDS = 3;
const DIGITS = 8;

function printNumber(value: number, dtype: string): string {
  if (dtype === 'bool') return value ? 'true' : 'false';
  return Number.isInteger(value) || !Number.isFinite(value) ? String(value) : String(Number(value.toPrecision(DIGITS)));
}

/** As numpy prints: rows under each other, numbers to eight digits, columns aligned; large arrays with their ends only. */
export function printArray({ shape, dtype, data }: ArrayValue, indent = ''): string {
  if (shape.length === 0) return printNumber(data[0], dtype);
  if (data.length === 0) return shape.length === 1 ? '[]' : `[] (shape [${shape.join(', ')}])`;
  const short = data.length > SUMMARIZE_ABOVE;
  const shown = (extent: number): number[] => {
    const all = Array.from({ length: extent }, (_, index) => index);
    return short && extent > 2 * ENDS ? [...all.slice(0, ENDS), -1, ...all.slice(-ENDS)] : all;
  };
  const texts = new Map<number, string>();
  let width = 0;
  const visit = (axis: number, offset: number): void => {
    if (axis === shape.length) {
      const text = printNumber(data[offset], dtype);
      texts.set(offset, text);
      width = Math.max(width, text.length);
    } else for (const index of shown(shape[axis])) if (index >= 0) visit(axis + 1, offset * shape[axis] + index);
  };
  visit(0, 0);
  const print = (axis: number, offset: number): string => {
    if (axis === shape.length) return (texts.get(offset) as string).padStart(width);
    const parts = shown(shape[axis]).map((index) =>
      index < 0 ? '...' : print(axis + 1, offset * shape[axis] + index),
    );
    if (axis === shape.length - 1) return `[${parts.join(', ')}]`;
    return `[${parts.join(`,${'\n'.repeat(shape.length - 1 - axis)}${indent}${' '.repeat(axis + 1)}`)}]`;
  };
  return print(0, 0);
}
