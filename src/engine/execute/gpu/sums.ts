/** Long sums inside a kernel. */
import { addIndex } from './indexing';
import type { Atom, KernelWriter } from './writer';

/** Turns that are added one after the other before their sum goes to the next level: rounding grows with this, not with the length. */
const FEWEST_TURNS = 8;
/** Terms written out in one turn of the innermost loop: turns cost as much as terms. */
const UNROLL = 4;

export interface Terms {
  /** How many sums are taken side by side. */
  readonly count: number;
  /** The next term of each: the one at `position`, `step` places after the turn's first. */
  readonly at: (position: () => Atom, step: number) => readonly string[];
  /** Variables that `advance` moves on by some places. */
  readonly moving?: readonly Atom[];
  readonly advance?: (places: number) => void;
}

/** Sums over `length` positions in two levels (pairwise-like: drivers optimise compensated sums away). */
export function sums(w: KernelWriter, length: number, { count, at, moving = [], advance }: Terms): Atom[] {
  const totals = Array.from({ length: count }, () => w.variable('0'));
  const add = (to: readonly Atom[], terms: readonly string[]) =>
    terms.forEach((term, index) => w.statement(`${to[index]} = ${to[index]} + ${term};`));
  const turn = (to: readonly Atom[], start: () => Atom, terms: number) => {
    const positions: Atom[] = [];
    for (let step = 0; step < terms; step++)
      add(
        to,
        at(() => (positions[step] ??= addIndex(w, start(), step)), step),
      );
  };
  const turns = Math.floor(length / UNROLL);
  const perBlock = turnsPerBlock(turns);
  const blocks = turns > perBlock ? Math.floor(turns / perBlock) : 0;
  if (blocks > 0)
    w.loop(blocks, [...totals, ...moving], (outer) => {
      const parts = totals.map(() => w.variable('0'));
      w.loop(perBlock, [...parts, ...moving], (inner) => {
        turn(parts, () => w.define(`${outer} * ${perBlock * UNROLL} + ${inner} * ${UNROLL}`), UNROLL);
        advance?.(UNROLL);
      });
      add(totals, parts);
    });
  let done = blocks * perBlock * UNROLL;
  if (done === length) return totals;
  const rest = blocks === 0 ? totals : totals.map(() => w.variable('0'));
  const left = turns - blocks * perBlock;
  const first = done;
  if (left > 0)
    w.loop(left, [...rest, ...moving], (inner) => {
      turn(rest, () => w.define(`${inner} * ${UNROLL} + ${first}`), UNROLL);
      advance?.(UNROLL);
    });
  done += left * UNROLL;
  turn(rest, () => String(done), length - done);
  if (rest !== totals) add(totals, rest);
  return totals;
}

/** About the square root of all terms in a block, and so that blocks leave few turns over, for those are written once more. */
function turnsPerBlock(turns: number): number {
  const least = Math.max(FEWEST_TURNS, Math.ceil(Math.sqrt(turns / UNROLL)));
  let best = least;
  for (let size = least; size < 2 * least; size++) if (turns % size < turns % best) best = size;
  return best;
}
