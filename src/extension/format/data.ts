/** The user's values in one short line: scalars, vectors, shapes; cut in the middle of nothing. */
import type { Data, NumericArray } from '../../runner/protocol';
import { shortNumber } from './number';

/** True for the typed arrays that the runner sends. */
export function isNumericArray(value: Data): value is NumericArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** At most `width` characters, an ellipsis where something is left out. */
export function truncate(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(1, width - 1)).trimEnd()}…`;
}

/** One line for a value: `24.2`, `[1, −2, 3]`, `[1, 2, … 98 more]`, `{pos: [0, 1], m: 2}`. */
export function shortData(value: Data, width = 40, digits = 4): string {
  const text = render(value, width, digits);
  return truncate(text, width);
}

function render(value: Data, width: number, digits: number): string {
  if (typeof value === 'number') return shortNumber(value, digits);
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'boolean') return String(value);
  if (isNumericArray(value)) return list(Array.from(value), width, digits);
  if (Array.isArray(value)) return list(value, width, digits);
  const parts = Object.entries(value).map(([key, part]) => `${key}: ${render(part, width, digits)}`);
  return `{${parts.join(', ')}}`;
}

function list(values: readonly Data[], width: number, digits: number): string {
  const parts: string[] = [];
  let length = 2;
  for (const value of values) {
    const part = render(value, width, digits);
    const rest = values.length - parts.length;
    const suffix = `, … ${rest} more]`.length;
    if (parts.length > 0 && length + part.length + 2 > width - (rest > 1 ? suffix : 0)) {
      return `[${parts.join(', ')}, … ${rest} more]`;
    }
    parts.push(part);
    length += part.length + 2;
  }
  return `[${parts.join(', ')}]`;
}
