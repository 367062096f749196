/** Patterns through reductions and scans along axes. */
import { around, axesLast } from '../../primitives/arrays';
import type { AxesParams, CumulativeParams } from '../../primitives/params';
import type { Aval } from '../../program/aval';
import { EMPTY, type IndexSets } from '../indexSets';
import { asArray, type Pattern, type PatternRule } from './pattern';

/** Unions over axes, in the shape without them. */
export function unionOver(sets: IndexSets, pattern: Pattern, aval: Aval, axes: readonly number[]): Pattern {
  if (pattern === null || axes.length === 0) return pattern;
  const { outer, inner, data } = axesLast(asArray(pattern, aval), axes);
  const out = new Int32Array(outer);
  for (let i = 0; i < outer; i++) out[i] = sets.unionOf(data as Int32Array, i * inner, (i + 1) * inner);
  return out;
}

export const reduced: PatternRule<AxesParams> = ({ sets, patterns: [x], avals: [aval], params: { axes } }) => [
  unionOver(sets, x, aval, axes),
];

/** Unions of all elements so far. */
export const running: PatternRule<CumulativeParams> = (equation) => {
  const {
    sets,
    patterns: [x],
    avals: [{ shape }],
    params: { axis, reverse },
  } = equation;
  if (x === null) return [null];
  const { outer, extent, inner } = around(shape, axis);
  const out = new Int32Array(x.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let total = EMPTY;
      for (let k = 0; k < extent; k++) {
        const at = (o * extent + (reverse ? extent - 1 - k : k)) * inner + i;
        out[at] = total = sets.union(total, x[at]);
      }
    }
  }
  return [out];
};
