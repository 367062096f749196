/**
 * Where every operand of every site comes from, over all iterations: found by walking all rows once, in order. Exact: a source is
 * claimed only if it held for every row.
 */
import type { Tape } from '../scalar/tape';
import { isLoop, type Item, type Loop, type LoopTree } from './tree';

/** The value of a site's last execution before the operand is read: a register. */
interface LastSource {
  readonly kind: 'last';
  readonly site: number;
}
/** The same number always. */
interface NumberSource {
  readonly kind: 'number';
  readonly value: number;
}
/** Instance `first + Σ k_l · strides[l]` of a site, or of the inputs (INPUTS) or literals (LITERALS). */
export interface AffineSource {
  readonly kind: 'affine';
  readonly site: number;
  readonly first: number;
  readonly strides: readonly number[];
}
/** Anything else: read through a table of addresses, one an instance. */
interface GatherSource {
  readonly kind: 'gather';
}
/** `initial` in the first iteration of the loop at depth `depth`, `later` in the others. */
export interface CarriedSource {
  readonly kind: 'carried';
  readonly depth: number;
  readonly initial: Source;
  readonly later: Source;
}
export type Source = LastSource | NumberSource | AffineSource | GatherSource | CarriedSource;

/** Pseudo-sites. */
export const INPUTS = -2;
export const LITERALS = -3;

const UNSEEN = -9;
const IS_LAST = 1;
const IS_AFFINE = 2;
const IS_NUMBER = 4;
const UNKNOWN = 0x7fffffff;

export interface Classification {
  /** Site of every row. */
  readonly siteOf: Int32Array;
  /** Instance of its site that a row is. */
  readonly instanceOf: Int32Array;
  /** By site · width + operand; undefined for absent operands. */
  readonly sources: readonly (Source | undefined)[];
  readonly width: number;
}

/**
 * What is still possible for one operand over some subset of its instances. All trackers stand in flat arrays: for an operand
 * in D loops there are 2D + 1 (all; not first in the innermost loop; first in it; first in it but not in the next; …).
 */
class Trackers {
  readonly site: Int32Array;
  readonly modes: Uint8Array;
  /** Instance, then loop indices, of the first sighting, then strides. */
  readonly data: Int32Array;
  readonly stride: number;

  constructor(
    count: number,
    private readonly deepest: number,
    private readonly literals: Float64Array,
  ) {
    this.site = new Int32Array(count).fill(UNSEEN);
    this.modes = new Uint8Array(count);
    this.stride = 1 + 2 * deepest;
    this.data = new Int32Array(count * this.stride);
  }

  see(tracker: number, site: number, instance: number, isLast: boolean, indices: Int32Array, depth: number): void {
    const modes = this.modes[tracker];
    const { data, deepest } = this;
    const base = tracker * this.stride;
    if (this.site[tracker] === UNSEEN) {
      this.site[tracker] = site;
      this.modes[tracker] = (isLast ? IS_LAST : 0) | IS_AFFINE | (site === LITERALS ? IS_NUMBER : 0);
      data[base] = instance;
      for (let level = 0; level < depth; level++) {
        data[base + 1 + level] = indices[level];
        data[base + 1 + deepest + level] = UNKNOWN;
      }
      return;
    }
    if (modes === 0) return;
    if (this.site[tracker] !== site) {
      this.modes[tracker] = 0;
      return;
    }
    let left = modes;
    if (!isLast) left &= ~IS_LAST;
    if (left & IS_NUMBER && !Object.is(this.literals[instance], this.literals[data[base]])) left &= ~IS_NUMBER;
    if (left & IS_AFFINE) {
      let rest = instance - data[base];
      let unknown = -1;
      for (let level = 0; level < depth; level++) {
        const moved = indices[level] - data[base + 1 + level];
        if (moved === 0) continue;
        const stride = data[base + 1 + deepest + level];
        if (stride !== UNKNOWN) rest -= moved * stride;
        else if (unknown < 0) unknown = level;
        else unknown = depth;
      }
      if (unknown < 0) {
        if (rest !== 0) left &= ~IS_AFFINE;
      } else if (unknown === depth) {
        left &= ~IS_AFFINE;
      } else {
        const stride = rest / (indices[unknown] - data[base + 1 + unknown]);
        if (Number.isInteger(stride)) data[base + 1 + deepest + unknown] = stride;
        else left &= ~IS_AFFINE;
      }
    }
    this.modes[tracker] = left;
  }

  /** The source that a tracker proves, if any. `undefined` where it saw nothing. */
  source(tracker: number): Source | undefined | 'none' {
    const site = this.site[tracker];
    if (site === UNSEEN) return undefined;
    const modes = this.modes[tracker];
    const base = tracker * this.stride;
    if (modes & IS_LAST) return { kind: 'last', site };
    if (modes & IS_NUMBER) return { kind: 'number', value: this.literals[this.data[base]] };
    if (!(modes & IS_AFFINE)) return 'none';
    const strides: number[] = [];
    let first = this.data[base];
    for (let level = 0; level < this.deepest; level++) {
      const stride = this.data[base + 1 + this.deepest + level];
      strides.push(stride === UNKNOWN ? 0 : stride);
      first -= strides[level] * this.data[base + 1 + level];
    }
    return { kind: 'affine', site, first, strides };
  }
}

export function classify(tape: Tape, tree: LoopTree): Classification {
  const { inputCount, firstLiteral, size } = tape;
  const columns = tape.c.length > 0 ? [tape.a, tape.b, tape.c] : [tape.a, tape.b];
  const width = columns.length;
  const { siteCount, siteLoops, siteRows, loops } = tree;
  const siteOf = new Int32Array(size);
  const instanceOf = new Int32Array(size);
  let deepest = 0;
  for (const loop of loops) deepest = Math.max(deepest, loop.depth);
  const trackersAt = new Int32Array(siteCount * width + 1);
  let total = 0;
  for (let site = 0; site < siteCount; site++) {
    const depth = siteLoops[site] < 0 ? 0 : loops[siteLoops[site]].depth;
    for (let column = 0; column < width; column++) {
      trackersAt[site * width + column] = total;
      if (columns[column][siteRows[site]] >= 0) total += 2 * depth + 1;
    }
  }
  const trackers = new Trackers(total, deepest, tape.literals);
  const lastRow = new Int32Array(siteCount).fill(-1);
  const counts = new Int32Array(siteCount);
  const indices = new Int32Array(deepest);
  let row = 0;
  const visit = (site: number, depth: number) => {
    siteOf[row] = site;
    instanceOf[row] = counts[site]++;
    for (let column = 0; column < width; column++) {
      const value = columns[column][row];
      if (value < 0) continue;
      let from: number;
      let instance: number;
      let isLast = false;
      if (value >= firstLiteral) {
        from = LITERALS;
        instance = value - firstLiteral;
      } else if (value < inputCount) {
        from = INPUTS;
        instance = value;
      } else {
        const operandRow = value - inputCount;
        from = siteOf[operandRow];
        instance = instanceOf[operandRow];
        isLast = lastRow[from] === operandRow;
      }
      let tracker = trackersAt[site * width + column];
      trackers.see(tracker, from, instance, isLast, indices, depth);
      for (let level = depth - 1; level >= 0; level--) {
        if (indices[level] > 0) {
          trackers.see(tracker + 1, from, instance, isLast, indices, depth);
          break;
        }
        trackers.see(tracker + 2, from, instance, isLast, indices, depth);
        tracker += 2;
      }
    }
    lastRow[site] = row++;
  };
  const iteration = ({ firstSite, endSite }: Loop, index: number, depth: number) => {
    indices[depth] = index;
    for (let site = firstSite; site < endSite; site++) visit(site, depth + 1);
  };
  /** An innermost loop: where all operands move evenly, the first iterations and the last prove the rest. */
  const innermost = (loop: Loop, depth: number) => {
    const { count, firstSite, endSite } = loop;
    const period = endSite - firstSite;
    if (count < LEAST_EVEN || !movesEvenly(columns, row, period, count, tape)) {
      for (let index = 0; index < count; index++) iteration(loop, index, depth);
      return;
    }
    const start = row;
    for (let index = 0; index < 3; index++) iteration(loop, index, depth);
    const end = start + period * count;
    for (let at = row; at < end; at++) {
      siteOf[at] = siteOf[at - period];
      instanceOf[at] = instanceOf[at - period] + 1;
    }
    if (!staysInPlace(start, loop)) {
      for (let index = 3; index < count; index++) iteration(loop, index, depth);
      return;
    }
    row = end - period;
    for (let site = firstSite; site < endSite; site++) {
      counts[site] += count - 4;
      lastRow[site] = row - period + site - firstSite;
    }
    iteration(loop, count - 1, depth);
  };
  /** Do the operands of an evenly moving loop walk through instances of one site each, from iteration 2 to the last? */
  const staysInPlace = (start: number, { count, firstSite, endSite }: Loop): boolean => {
    const period = endSite - firstSite;
    for (let offset = 0; offset < period; offset++) {
      for (let column = 0; column < width; column++) {
        const third = columns[column][start + 2 * period + offset];
        const last = columns[column][start + (count - 1) * period + offset];
        if (third === last || third < inputCount || third >= firstLiteral) {
          // Inputs and literals stand in a row, unless the walk leaves them.
          if (third !== last && third < inputCount !== last < inputCount) return false;
          if (third !== last && third >= firstLiteral !== last >= firstLiteral) return false;
          continue;
        }
        const from = third - inputCount;
        const to = last - inputCount;
        if (last < inputCount || last >= firstLiteral || siteOf[from] !== siteOf[to]) return false;
        const inner = siteLoops[siteOf[from]];
        if (inner < 0) return false;
        const { rowsPerIteration, count: times } = loops[inner];
        const steps = (to - from) / rowsPerIteration;
        if (instanceOf[to] - instanceOf[from] !== steps || steps % (count - 3) !== 0) return false;
        if (Math.floor(instanceOf[to] / times) !== Math.floor(instanceOf[from] / times)) return false;
      }
    }
    return true;
  };
  const walk = (items: readonly Item[], depth: number) => {
    for (const item of items) {
      if (!isLoop(item)) {
        for (let site = item.first; site < item.end; site++) visit(site, depth);
      } else if (item.items.length === 1 && !isLoop(item.items[0])) {
        innermost(item, depth);
      } else {
        for (let index = 0; index < item.count; index++) {
          indices[depth] = index;
          walk(item.items, depth + 1);
        }
      }
    }
  };
  walk(tree.items, 0);

  const inLoop = (site: number, loopId: number): boolean =>
    site >= 0 && site >= loops[loopId].firstSite && site < loops[loopId].endSite;
  /** Source of an operand whose trackers start at `tracker`, in the loop `loopId` at depth `depth`. */
  const resolve = (tracker: number, loopId: number, depth: number, user: number): Source => {
    const whole = trackers.source(tracker);
    if (whole !== 'none') return (whole ?? { kind: 'gather' }) as Source;
    if (depth === 0) return { kind: 'gather' };
    const later = trackers.source(tracker + 1);
    if (later === undefined || later === 'none') return { kind: 'gather' };
    const initial = resolve(tracker + 2, loops[loopId].parent?.id ?? -1, depth - 1, user);
    // The initial value is read ahead of the loop, so it must be there by then: not of this execution of the loop.
    if (initial.kind === 'gather' || touches(initial, (site) => site < user && inLoop(site, loopId)))
      return { kind: 'gather' };
    return { kind: 'carried', depth, initial, later };
  };
  const sources = new Array<Source | undefined>(siteCount * width);
  for (let site = 0; site < siteCount; site++) {
    const loopId = siteLoops[site];
    const depth = loopId < 0 ? 0 : loops[loopId].depth;
    for (let column = 0; column < width; column++) {
      if (columns[column][siteRows[site]] < 0) continue;
      sources[site * width + column] = resolve(trackersAt[site * width + column], loopId, depth, site);
    }
  }
  return { siteOf, instanceOf, sources, width };
}

/** Fewer iterations are cheaper to look at one by one. */
const LEAST_EVEN = 8;

/** Do all operands change by the same from each iteration to the next, from the second on? Literals: by nothing at all. */
function movesEvenly(
  columns: readonly Int32Array[],
  start: number,
  period: number,
  count: number,
  { firstLiteral, literals }: Tape,
): boolean {
  const from = start + 3 * period;
  const end = start + period * count;
  for (const column of columns) {
    for (let row = from; row < end; row++) {
      const before = column[row - period];
      if (column[row] - before !== before - column[row - 2 * period]) return false;
    }
    for (let row = start + period; row < start + 2 * period; row++) {
      const value = column[row];
      if (value < firstLiteral || column[row + period] === value) continue;
      // Different literals may hold the same number for a while: then each must be looked at.
      if (Object.is(literals[value - firstLiteral], literals[column[row + period] - firstLiteral])) return false;
    }
  }
  return true;
}

/** Does a source read a site for which `test` holds? */
function touches(source: Source, test: (site: number) => boolean): boolean {
  switch (source.kind) {
    case 'last':
    case 'affine':
      return test(source.site);
    case 'carried':
      return touches(source.initial, test) || touches(source.later, test);
    default:
      return false;
  }
}
