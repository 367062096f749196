/**
 * Where every operand of every site comes from, over all iterations: found by walking all rows once, in order. Exact: a source is
 * claimed only if it held for every row.
 */
import type { Tape } from '../scalar/tape';
import { eachSource, INPUTS, LITERALS, type Source } from './sources';
import { Trackers } from './trackers';
import { isLoop, type Item, type Loop, type LoopTree } from './tree';

export interface Classification {
  /** Site of every row. */
  readonly siteOf: Int32Array;
  /** Instance of its site that a row is. */
  readonly instanceOf: Int32Array;
  /** By site · width + operand; undefined for absent operands. A site without any is left out. */
  readonly sources: readonly (Source | undefined)[];
  readonly width: number;
}

export function classify(tape: Tape, tree: LoopTree): Classification {
  const columns = tape.c.length > 0 ? [tape.a, tape.b, tape.c] : [tape.a, tape.b];
  const walk = new Walk(tape, tree, columns);
  walk.whole();
  return {
    siteOf: walk.siteOf,
    instanceOf: walk.instanceOf,
    sources: new Resolver(tree, columns, walk).sources(),
    width: columns.length,
  };
}

/** Loops of an operand, counted from the innermost, whose first iterations are told from the others. */
const MOST_SPLIT = 3;

/**
 * Two walks over all rows. The first has a tracker for each operand. The second has, for those operands that no one source
 * explains, a tracker for each way to look at first or later iterations only of the loops around: 3^D of them, by the digits
 * 0 (any iteration), 1 (later), 2 (first), the innermost loop's digit being the most significant.
 */
class Walk {
  readonly siteOf: Int32Array;
  readonly instanceOf: Int32Array;
  readonly trackers: Trackers;
  /** By operand: where its trackers of the second walk begin; −1 where it has none. */
  readonly splitAt: Int32Array;
  split: Trackers;

  private readonly width: number;
  private readonly lastRow: Int32Array;
  private readonly counts: Int32Array;
  private readonly indices: Int32Array;
  private readonly deepest: number;
  private row = 0;
  private isSecond = false;
  /** By loop: does the second walk look at rows in it? */
  private readonly isOpen: Uint8Array;

  constructor(
    private readonly tape: Tape,
    private readonly tree: LoopTree,
    private readonly columns: readonly Int32Array[],
  ) {
    const { siteCount, loops } = tree;
    this.width = columns.length;
    this.siteOf = new Int32Array(tape.size);
    this.instanceOf = new Int32Array(tape.size);
    this.deepest = loops.reduce((most, { depth }) => Math.max(most, depth), 0);
    this.trackers = new Trackers(siteCount * this.width, this.deepest, tape.literals);
    this.split = this.trackers;
    this.splitAt = new Int32Array(siteCount * this.width).fill(-1);
    this.lastRow = new Int32Array(siteCount).fill(-1);
    this.counts = new Int32Array(siteCount);
    this.indices = new Int32Array(this.deepest);
    this.isOpen = new Uint8Array(loops.length);
  }

  whole(): void {
    const { siteCount, siteLoops, loops } = this.tree;
    this.items(this.tree.items, 0);
    let total = 0;
    for (let operand = 0; operand < siteCount * this.width; operand++) {
      const loopId = siteLoops[Math.floor(operand / this.width)];
      if (loopId < 0 || this.trackers.source(operand) !== 'none') continue;
      this.splitAt[operand] = total;
      total += 3 ** Math.min(loops[loopId].depth, MOST_SPLIT);
      for (let id = loopId; id >= 0; id = loops[id].parent?.id ?? -1) this.isOpen[id] = 1;
    }
    if (total === 0) return;
    this.split = new Trackers(total, this.deepest, this.tape.literals);
    this.isSecond = true;
    this.row = 0;
    this.lastRow.fill(-1);
    this.items(this.tree.items, 0);
  }

  private items(items: readonly Item[], depth: number): void {
    for (const item of items) {
      if (!isLoop(item)) for (let site = item.first; site < item.end; site++) this.visit(site, depth);
      else if (this.isSecond && !this.isOpen[item.id]) this.pass(item);
      else if (item.items.length === 1 && !isLoop(item.items[0])) this.innermost(item, depth);
      else {
        for (let index = 0; index < item.count; index++) {
          this.indices[depth] = index;
          this.items(item.items, depth + 1);
        }
      }
    }
  }

  /** Passes over a loop in which every operand is explained. */
  private pass(loop: Loop): void {
    const { siteLoops, siteRows, loops } = this.tree;
    for (let site = loop.firstSite; site < loop.endSite; site++) {
      let last = this.row + siteRows[site] - siteRows[loop.firstSite];
      for (let id = siteLoops[site]; ; id = (loops[id].parent as Loop).id) {
        last += (loops[id].count - 1) * loops[id].rowsPerIteration;
        if (id === loop.id) break;
      }
      this.lastRow[site] = last;
    }
    this.row += loop.count * loop.rowsPerIteration;
  }

  private visit(site: number, depth: number): void {
    const { row, columns, width, siteOf, instanceOf, lastRow, indices, isSecond } = this;
    const { inputCount, firstLiteral } = this.tape;
    if (!isSecond) {
      siteOf[row] = site;
      instanceOf[row] = this.counts[site]++;
    }
    for (let column = 0; column < width; column++) {
      const value = columns[column][row];
      const operand = site * width + column;
      if (value < 0 || (isSecond && this.splitAt[operand] < 0)) continue;
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
      if (!isSecond) this.trackers.see(operand, from, instance, isLast, indices, depth);
      else {
        const levels = Math.min(depth, MOST_SPLIT);
        for (let subset = 1; subset < 1 << levels; subset++) {
          let digits = 0;
          for (let level = 0, place = 1; level < levels; level++, place *= 3)
            if (subset & (1 << level)) digits += place * (indices[depth - levels + level] > 0 ? 1 : 2);
          this.split.see(this.splitAt[operand] + digits, from, instance, isLast, indices, depth);
        }
      }
    }
    lastRow[site] = this.row++;
  }

  private iteration({ firstSite, endSite }: Loop, index: number, depth: number): void {
    this.indices[depth] = index;
    for (let site = firstSite; site < endSite; site++) this.visit(site, depth + 1);
  }

  /** An innermost loop: where all operands move evenly, the first iterations and the last prove the rest. */
  private innermost(loop: Loop, depth: number): void {
    const { siteOf, instanceOf } = this;
    const { count, firstSite, endSite } = loop;
    const period = endSite - firstSite;
    if (count < LEAST_EVEN || !movesEvenly(this.columns, this.row, period, count, this.tape)) {
      for (let index = 0; index < count; index++) this.iteration(loop, index, depth);
      return;
    }
    const start = this.row;
    for (let index = 0; index < 3; index++) this.iteration(loop, index, depth);
    const end = start + period * count;
    if (!this.isSecond) {
      for (let at = this.row; at < end; at++) {
        siteOf[at] = siteOf[at - period];
        instanceOf[at] = instanceOf[at - period] + 1;
      }
    }
    if (!this.staysInPlace(start, loop)) {
      for (let index = 3; index < count; index++) this.iteration(loop, index, depth);
      return;
    }
    this.row = end - period;
    for (let site = firstSite; site < endSite; site++) {
      if (!this.isSecond) this.counts[site] += count - 4;
      this.lastRow[site] = this.row - period + site - firstSite;
    }
    this.iteration(loop, count - 1, depth);
  }

  /** Do the operands of an evenly moving loop walk through instances of one site each, from iteration 2 to the last? */
  private staysInPlace(start: number, { count, firstSite, endSite }: Loop): boolean {
    const { columns, siteOf, instanceOf } = this;
    const { inputCount, firstLiteral } = this.tape;
    const { loops, siteLoops } = this.tree;
    const period = endSite - firstSite;
    for (let offset = 0; offset < period; offset++) {
      for (let column = 0; column < this.width; column++) {
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
  }
}

/** Puts together what the trackers proved. */
class Resolver {
  constructor(
    private readonly tree: LoopTree,
    private readonly columns: readonly Int32Array[],
    private readonly walk: Walk,
  ) {}

  sources(): (Source | undefined)[] {
    const { siteCount, siteLoops, siteRows, loops } = this.tree;
    const width = this.columns.length;
    const sources = new Array<Source | undefined>(siteCount * width);
    for (let site = 0; site < siteCount; site++) {
      const depth = siteLoops[site] < 0 ? 0 : loops[siteLoops[site]].depth;
      for (let column = 0; column < width; column++) {
        if (this.columns[column][siteRows[site]] < 0) continue;
        sources[site * width + column] = this.source(site, site * width + column, 0, depth, siteLoops[site], depth);
      }
    }
    return sources;
  }

  /**
   * Source of an operand in those iterations that `digits` name, read at `depth`: where the operand is, or ahead of a loop
   * around it. `loopId` is the innermost loop there, `levels` the loops around the operand itself.
   */
  private source(user: number, operand: number, digits: number, depth: number, loopId: number, levels: number): Source {
    const { trackers, split, splitAt } = this.walk;
    const known = digits === 0 ? trackers.source(operand) : split.source(splitAt[operand] + digits);
    if (known !== 'none') return known ?? { kind: 'gather' };
    if (splitAt[operand] < 0) return { kind: 'gather' };
    const shallowest = Math.max(levels - MOST_SPLIT, 0);
    const { loops } = this.tree;
    for (let level = depth; level > shallowest; level--) {
      const place = 3 ** (level - 1 - shallowest);
      if (Math.floor(digits / place) % 3 !== 0) continue;
      const later = this.source(user, operand, digits + place, depth, loopId, levels);
      if (later.kind === 'gather') continue;
      if (level === depth) {
        const outside = loops[loopId].parent?.id ?? -1;
        const initial = this.source(user, operand, digits + 2 * place, depth - 1, outside, levels);
        // The initial value is read ahead of the loop, so it must be there by then: not of this execution of the loop.
        const { firstSite } = loops[loopId];
        if (initial.kind !== 'gather' && !touches(initial, (site) => site >= firstSite && site < user))
          return { kind: 'carried', depth: level, inside: false, initial, later };
      }
      const initial = this.source(user, operand, digits + 2 * place, depth, loopId, levels);
      if (initial.kind !== 'gather') return { kind: 'carried', depth: level, inside: true, initial, later };
    }
    return { kind: 'gather' };
  }
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
  let found = false;
  eachSource(source, (part) => {
    if ((part.kind === 'last' || part.kind === 'affine') && test(part.site)) found = true;
  });
  return found;
}
