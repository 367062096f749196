/** Patterns through elementwise primitives. */
import type { ArrayValue } from '../../program/aval';
import { EMPTY } from '../indexSets';
import { unite, type Pattern, type PatternRule } from './pattern';

export const same: PatternRule = ({ patterns: [x] }) => [x];

/** Every element by what the operands' elements depend on. */
export const united: PatternRule = ({ sets, patterns }) => [patterns.reduce((x, y) => unite(sets, x, y), null)];

/** The pattern where the factor is not known to be zero. */
function masked(pattern: Pattern, factor: ArrayValue | undefined): Pattern {
  if (pattern === null || !factor?.data.includes(0)) return pattern;
  return pattern.map((set, i) => (factor.data[i] === 0 ? EMPTY : set));
}

export const product: PatternRule = ({ sets, patterns: [x, y], known }) => [
  unite(sets, masked(x, known[1]), masked(y, known[0])),
];

/** The branch taken, where the condition is known; else both. */
export const selected: PatternRule = ({ sets, patterns: [, x, y], known: [condition] }) => {
  if (!condition || (x === null && y === null)) return [unite(sets, x, y)];
  const chosen = condition.data;
  return [Int32Array.from({ length: chosen.length }, (_, i) => (chosen[i] ? x?.[i] : y?.[i]) ?? EMPTY)];
};
