/** Vectors that people type, and the user's structures that they stand for. */
import type { Data, LeafInfo, NumericArray } from '../../runner/protocol';
import { isNumericArray } from './data';
import { t } from './l10n';

/** The numbers of `[1, 2]`, `1, 2` or `1 2`; a string says what is wrong with the text. */
export function parseVector(text: string, size: number): Float64Array | string {
  const inner = text
    .trim()
    .replace(/^\[|\]$/g, '')
    .replace(/\u2212/g, '-')
    .trim();
  const parts = inner === '' ? [] : inner.split(/\s*[,;\s]\s*/);
  const numbers = parts.map((part) => (part === '' ? NaN : Number(part)));
  const bad = numbers.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) return t('“{0}” is not a number.', parts[bad] ?? '');
  if (numbers.length !== size) return t('{0} numbers are needed, {1} are given.', size, numbers.length);
  return Float64Array.from(numbers);
}

/** `data` with the numbers of its differentiable leaves replaced by those of the flat vector. */
export function fromFlat(data: Data, path: string, leaves: readonly LeafInfo[], flat: ArrayLike<number>): Data {
  const leaf = leaves.find((entry) => entry.path === path);
  if (leaf) {
    const cursor = { at: leaf.offset };
    return refill(data, () => flat[cursor.at++] ?? 0);
  }
  if (Array.isArray(data)) return data.map((item, index) => fromFlat(item, `${path}[${index}]`, leaves, flat));
  if (typeof data === 'object' && data !== null && !isNumericArray(data)) {
    const join = (key: string): string => (path === '' ? key : `${path}.${key}`);
    return Object.fromEntries(
      Object.entries(data).map(([key, item]) => [key, fromFlat(item, join(key), leaves, flat)]),
    );
  }
  return data;
}

/** The same structure with the numbers that `next` gives, first to last. */
function refill(data: Data, next: () => number): Data {
  if (typeof data === 'number') return next();
  if (isNumericArray(data)) {
    const copy = data.slice() as NumericArray;
    for (let index = 0; index < copy.length; index++) copy[index] = next();
    return copy;
  }
  if (Array.isArray(data)) return data.map((item) => refill(item, next));
  if (typeof data === 'object' && data !== null) {
    return Object.fromEntries(Object.entries(data).map(([key, item]) => [key, refill(item, next)]));
  }
  return data;
}

/** A tangent for the arguments that are differentiated: of one argument's structure, or an array of several. */
export function tangentOf(
  args: readonly Data[],
  names: readonly string[],
  wrt: readonly number[],
  leaves: readonly LeafInfo[],
  flat: ArrayLike<number>,
): Data {
  const parts = wrt.map((index) => fromFlat(args[index], names[index] ?? '', leaves, flat));
  return parts.length === 1 ? parts[0] : parts;
}
