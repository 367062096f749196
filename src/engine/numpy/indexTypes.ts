/** What an index is written with, and what it means for an array of a given shape. */
import { GradLensError } from '../errors';
import type { NdArray } from '../trace/ndarray';
import type { NestedArray, TypedArray } from './types';

/** As Python's `slice(start, stop, step)`; null or missing ends are open, negative ones count from the end. */
export interface SliceIndex {
  readonly start?: number | null;
  readonly stop?: number | null;
  readonly step?: number | null;
}

/**
 * One element of an index, as between numpy's brackets:
 * - a number takes one element and drops the axis; negative ones count from the end;
 * - a text is a slice (`'1:3'`, `'::-1'`, `':'`) or `'...'`, all axes not named;
 * - `np.slice(start, stop, step)` is a slice from variables;
 * - null is a new axis of size one;
 * - an array of integers takes these elements, an array of booleans those where it is true.
 */
export type Index = number | string | null | SliceIndex | NdArray | TypedArray | NestedArray;

/** What a part of an index does with the axis (or axes) that it stands for. */
export type IndexPart =
  | { readonly kind: 'new' }
  | { readonly kind: 'number'; readonly axis: number; readonly index: number }
  | {
      readonly kind: 'slice';
      readonly axis: number;
      readonly start: number;
      readonly step: number;
      readonly count: number;
    }
  | { readonly kind: 'array'; readonly axis: number; readonly indices: NdArray };

const SLICE = /^\s*([+-]?\d+)?\s*:\s*([+-]?\d+)?\s*(?::\s*([+-]?\d+)?\s*)?$/;

/** The slice that a text like `'1:-1:2'` means; undefined for a text that is none. */
export function parseSlice(text: string): SliceIndex | undefined {
  const match = SLICE.exec(text);
  if (!match) return undefined;
  const [start, stop, step] = match.slice(1).map((end) => (end === undefined ? null : Number(end)));
  return { start, stop, step };
}

/** The elements that a slice takes of `extent` ones, by Python's rules. @throws GradLensError for a step of 0 or fractions */
export function resolveSlice(
  where: string,
  { start, stop, step }: SliceIndex,
  extent: number,
): { start: number; step: number; count: number } {
  const by = step ?? 1;
  for (const value of [start ?? 0, stop ?? 0, by]) {
    if (!Number.isInteger(value))
      throw new GradLensError('bad-index', `${where}: a slice needs integers, not ${String(value)}.`);
  }
  if (by === 0) throw new GradLensError('bad-index', `${where}: the step of a slice must not be 0.`);
  const [lowest, highest] = by > 0 ? [0, extent] : [-1, extent - 1];
  const clamp = (value: number): number => Math.min(Math.max(value < 0 ? value + extent : value, lowest), highest);
  const from = start == null ? (by > 0 ? 0 : extent - 1) : clamp(start);
  const to = stop == null ? (by > 0 ? extent : -1) : clamp(stop);
  return { start: from, step: by, count: Math.max(0, Math.ceil((to - from) / by)) };
}
