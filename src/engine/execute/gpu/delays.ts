/** Operands that read what a site of the same loop gave several turns before: x[k] from x[k − 2], as in Verlet's steps. */
import type { Classification } from '../roll/classify';
import { INPUTS, LITERALS, type Source } from '../roll/sources';
import type { Loop, LoopTree } from '../roll/tree';
import type { Tape } from '../scalar/tape';

/** The value of `site`, as many turns before as there are `initials`: what the first turns read, in their order. */
export interface Delayed {
  readonly kind: 'delayed';
  readonly site: number;
  readonly initials: readonly Source[];
}
export type RolledSource = Source | Delayed;

/** Turns back that a thread keeps in variables; what reaches further back stays as it was traced. */
const MOST_TURNS = 16;

/** The sources of a classification, those among them told that are delayed values. */
export function withDelays(
  tape: Tape,
  tree: LoopTree,
  classification: Classification,
): readonly (RolledSource | undefined)[] {
  const { sources, width } = classification;
  return sources.map((source, operand) => {
    const site = Math.floor(operand / width);
    const loopId = tree.siteLoops[site];
    if (source?.kind !== 'gather' || loopId < 0) return source;
    const column = [tape.a, tape.b, tape.c][operand % width];
    return delayedSource(tape, tree, classification, instances(column, site, tree), tree.loops[loopId]) ?? source;
  });
}

/** What an operand is in all instances of its site, in their order. */
function instances(column: Int32Array, site: number, { loops, siteLoops, siteRows }: LoopTree): Int32Array {
  let rows = Int32Array.of(siteRows[site]);
  for (let loop: Loop | null = loops[siteLoops[site]]; loop; loop = loop.parent) {
    const { count, rowsPerIteration } = loop;
    const inner = rows;
    rows = new Int32Array(inner.length * count);
    for (let at = 0; at < rows.length; at++)
      rows[at] = inner[at % inner.length] + Math.floor(at / inner.length) * rowsPerIteration;
  }
  return rows.map((row) => column[row]);
}

function delayedSource(
  tape: Tape,
  tree: LoopTree,
  { siteOf, instanceOf }: Classification,
  values: Int32Array,
  loop: Loop,
): Delayed | undefined {
  const { inputCount, firstLiteral } = tape;
  const isRow = (value: number) => value >= inputCount && value < firstLiteral;
  const { count } = loop;
  const final = values[count - 1];
  if (!isRow(final)) return undefined;
  const site = siteOf[final - inputCount];
  const lag = count - 1 - instanceOf[final - inputCount];
  if (tree.siteLoops[site] !== loop.id || lag < 1 || lag > MOST_TURNS || lag >= count) return undefined;
  for (let at = 0; at < values.length; at++) {
    if (at % count < lag) continue;
    const row = values[at] - inputCount;
    if (!isRow(values[at]) || siteOf[row] !== site || instanceOf[row] !== at - lag) return undefined;
  }
  const place = (value: number): Place => {
    if (value >= firstLiteral) return { site: LITERALS, instance: value - firstLiteral };
    if (value < inputCount) return { site: INPUTS, instance: value };
    return { site: siteOf[value - inputCount], instance: instanceOf[value - inputCount] };
  };
  const initials: Source[] = [];
  for (let turn = 0; turn < lag; turn++) {
    const places: Place[] = [];
    for (let at = turn; at < values.length; at += count) places.push(place(values[at]));
    const initial = initialSource(places, loop, tree);
    if (!initial) return undefined;
    initials.push(initial);
  }
  return { kind: 'delayed', site, initials };
}

interface Place {
  readonly site: number;
  readonly instance: number;
}

/** What is read before a loop, in all turns of the loops around it. */
function initialSource(places: readonly Place[], loop: Loop, { siteLoops }: LoopTree): Source | undefined {
  const [{ site, instance: first }] = places;
  if (places.some((place) => place.site !== site) || site >= loop.firstSite) return undefined;
  const around = loop.parent?.id ?? -1;
  if (site >= 0 && siteLoops[site] === around && places.every(({ instance }, at) => instance === at))
    return { kind: 'last', site };
  // By the loops around, the outermost first: the innermost one's neighbours are neighbours here.
  const strides: number[] = [0];
  let distance = 1;
  for (let outer = loop.parent; outer; outer = outer.parent) {
    strides.unshift(outer.count > 1 ? places[distance].instance - first : 0);
    distance *= outer.count;
  }
  const isAffine = places.every(({ instance }, at) => {
    let expected = first;
    let rest = at;
    for (let outer = loop.parent; outer; outer = outer.parent) {
      expected += (rest % outer.count) * strides[outer.depth - 1];
      rest = Math.floor(rest / outer.count);
    }
    return instance === expected;
  });
  return isAffine ? { kind: 'affine', site, first, strides } : undefined;
}
