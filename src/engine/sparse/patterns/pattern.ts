/** What the pattern rules take and give. */
import { sizeOf, isFloat, type ArrayValue, type Aval } from '../../program/aval';
import { EMPTY, type IndexSets } from '../indexSets';

/** A set for every element, row-major; null for a value that does not move at all. */
export type Pattern = Int32Array | null;

export interface PatternEquation<Params> {
  readonly sets: IndexSets;
  readonly patterns: readonly Pattern[];
  /** Values of the operands that depend on nothing that moves. */
  readonly known: readonly (ArrayValue | undefined)[];
  readonly avals: readonly Aval[];
  readonly results: readonly Aval[];
  readonly params: Params;
}

/** Patterns of the results. */
export type PatternRule<Params = unknown> = (equation: PatternEquation<Params>) => readonly Pattern[];

/** Element by element. */
export function unite(sets: IndexSets, x: Pattern, y: Pattern): Pattern {
  if (x === y || y === null) return x;
  if (x === null) return y;
  const out = new Int32Array(x.length);
  for (let i = 0; i < out.length; i++) out[i] = sets.union(x[i], y[i]);
  return out;
}

/** The set of all that any element depends on. */
export function everything(sets: IndexSets, patterns: readonly Pattern[]): number {
  return patterns.reduce((total, x) => (x === null ? total : sets.union(total, sets.unionOf(x, 0, x.length))), EMPTY);
}

/** Every float result by everything that any operand depends on. */
export const mixed: PatternRule = ({ sets, patterns, results }) => {
  const all = everything(sets, patterns);
  return results.map(({ shape, dtype }) =>
    isFloat(dtype) && all !== EMPTY ? new Int32Array(sizeOf(shape)).fill(all) : null,
  );
};

/** A pattern as an array that primitives which only move elements can be evaluated on. */
export function asArray(pattern: Pattern, { shape }: Aval): ArrayValue {
  return { shape, dtype: 'int32', data: pattern ?? new Int32Array(sizeOf(shape)) };
}
