/** Clipboard text (CSV, tab-separated, JSON) as new contents of an argument. Pure. */
import type { Data, NumericArray } from '../../runner/protocol';
import { isNumericArray } from './dataTree';
import { parseNumber } from './sliders';

/** Rows of numbers, or undefined where something else stands in the text. */
export function parseTable(text: string): number[][] | undefined {
  const rows: number[][] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const cells = line.split(/[\t,;]|\s+/).filter((cell) => cell !== '');
    const numbers = cells.map(parseNumber);
    if (numbers.some((value) => value === undefined)) return undefined;
    rows.push(numbers as number[]);
  }
  return rows.length > 0 ? rows : undefined;
}

/** The argument with the pasted contents; undefined where their shapes don't fit. Lengths of vectors may change. */
export function pasteInto(target: Data, text: string): Data | undefined {
  const trimmed = text.trim();
  if (/^[[{]/.test(trimmed)) {
    try {
      return reshape(target, JSON.parse(trimmed.replace(/\bNaN\b|-?\bInfinity\b/g, (word) => `"${word}"`)) as unknown);
    } catch {
      return undefined;
    }
  }
  const table = parseTable(trimmed);
  if (table === undefined) return undefined;
  const flat = table.flat();
  if (typeof target === 'number') return flat.length === 1 ? flat[0] : undefined;
  return reshape(target, Array.isArray(target) && Array.isArray(target[0]) ? table : flat);
}

function reshape(target: Data, value: unknown): Data | undefined {
  if (typeof target === 'number')
    return typeof value === 'number' ? value : typeof value === 'string' ? parseNumber(value) : undefined;
  if (typeof target === 'boolean' || typeof target === 'string')
    return typeof value === typeof target ? (value as Data) : undefined;
  if (isNumericArray(target)) {
    if (!Array.isArray(value)) return undefined;
    const numbers = value.map((item) => reshape(0, item));
    return numbers.some((item) => item === undefined)
      ? undefined
      : new (target.constructor as new (items: number[]) => NumericArray)(numbers as number[]);
  }
  if (Array.isArray(target)) return reshapeArray(target, value);
  if (
    typeof target !== 'object' ||
    target === null ||
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value)
  )
    return undefined;
  const result: { [key: string]: Data } = {};
  for (const [key, item] of Object.entries(target)) {
    const given = (value as Record<string, unknown>)[key];
    const shaped = given === undefined ? undefined : reshape(item, given);
    if (shaped === undefined) return undefined;
    result[key] = shaped;
  }
  return result;
}

/** A list of things of one kind may grow and shrink; a tuple may not. */
function reshapeArray(target: Data[], value: unknown): Data | undefined {
  if (!Array.isArray(value)) return undefined;
  const uniform = target.every((item) => typeof item === typeof target[0]);
  if (!uniform && value.length !== target.length) return undefined;
  const result: Data[] = [];
  for (const [i, item] of value.entries()) {
    const shaped = reshape(target[Math.min(i, target.length - 1)], item);
    if (shaped === undefined) return undefined;
    result.push(shaped);
  }
  return result;
}
