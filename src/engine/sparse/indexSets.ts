/**
 * Sets of indices as sorted, disjoint intervals, each set stored once: equal sets have equal ids, so a pattern is one integer an
 * element and uniting the same two sets again is a look-up. A run of neighbours is one interval, however long, so that sums over
 * everything and bands alike stay small.
 */

/** The set without elements. */
export const EMPTY = 0;

/**
 * Integers that all sets together may take. Beyond, new sets are rounded up to one interval, which is more than they are: patterns
 * stay safe, only less sharp.
 */
const MAX_STORED = 1 << 27;

function grown(array: Int32Array, needed: number): Int32Array {
  if (needed <= array.length) return array;
  const larger = new Int32Array(Math.max(needed, array.length * 2));
  larger.set(array);
  return larger;
}

export class IndexSets {
  /** Intervals looked at in all unions so far: what they cost. */
  work = 0;
  /** (low, high) pairs of all sets, one after the other; high is exclusive. */
  private bounds: Int32Array;
  /** Set k is bounds[starts[k] … starts[k + 1]). */
  private starts: Int32Array;
  private count = 0;
  /** Open addressing by content; −1 for free. */
  private table: Int32Array;
  private scratch: Int32Array = new Int32Array(64);
  /** Unions known: of two sets, by a slot that both decide; a newer pair takes the place of an older one. */
  private readonly memoLeft: Int32Array;
  private readonly memoRight: Int32Array;
  private readonly memoResult: Int32Array;

  /** `universe`: about how many different indices there will be. */
  constructor(universe: number) {
    const capacity = 1 << Math.min(22, Math.max(8, Math.ceil(Math.log2(universe + 1)) + 2));
    this.bounds = new Int32Array(capacity);
    this.starts = new Int32Array(capacity);
    this.table = new Int32Array(capacity).fill(-1);
    const memo = Math.min(capacity, 1 << 20);
    this.memoLeft = new Int32Array(memo).fill(-1);
    this.memoRight = new Int32Array(memo);
    this.memoResult = new Int32Array(memo);
    this.intern(0);
  }

  /** The set {index}. */
  single(index: number): number {
    return this.range(index, index + 1);
  }

  /** All indices in [low, high). */
  range(low: number, high: number): number {
    if (low >= high) return EMPTY;
    this.scratch[0] = low;
    this.scratch[1] = high;
    return this.intern(2);
  }

  /** Number of elements. */
  size(set: number): number {
    let total = 0;
    for (let at = this.starts[set]; at < this.starts[set + 1]; at += 2) total += this.bounds[at + 1] - this.bounds[at];
    return total;
  }

  /** Writes the elements in ascending order from `out[at]` on; returns the place behind the last. */
  write(set: number, out: Int32Array, at: number): number {
    for (let pair = this.starts[set]; pair < this.starts[set + 1]; pair += 2) {
      for (let index = this.bounds[pair]; index < this.bounds[pair + 1]; index++) out[at++] = index;
    }
    return at;
  }

  union(x: number, y: number): number {
    if (x === y || y === EMPTY) return x;
    if (x === EMPTY) return y;
    const [left, right] = x < y ? [x, y] : [y, x];
    const slot = (Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)) & (this.memoLeft.length - 1);
    if (this.memoLeft[slot] === left && this.memoRight[slot] === right) return this.memoResult[slot];
    const result = this.merge(left, right);
    this.memoLeft[slot] = left;
    this.memoRight[slot] = right;
    this.memoResult[slot] = result;
    return result;
  }

  /** The union of sets[from … to). */
  unionOf(sets: Int32Array, from: number, to: number): number {
    if (to - from <= 8) {
      let result = EMPTY;
      for (let i = from; i < to; i++) result = this.union(result, sets[i]);
      return result;
    }
    const distinct = sets.slice(from, to).sort();
    let kept = 0;
    for (let i = 0; i < distinct.length; i++) {
      if (distinct[i] !== EMPTY && (kept === 0 || distinct[i] !== distinct[kept - 1])) distinct[kept++] = distinct[i];
    }
    return this.mergeMany(distinct.subarray(0, kept));
  }

  /** Merges two sets of at least one interval each. */
  private merge(x: number, y: number): number {
    let i = this.starts[x];
    let j = this.starts[y];
    const iEnd = this.starts[x + 1];
    const jEnd = this.starts[y + 1];
    this.work += iEnd - i + jEnd - j;
    this.scratch = grown(this.scratch, iEnd - i + jEnd - j);
    const { bounds, scratch } = this;
    let length = 0;
    while (i < iEnd || j < jEnd) {
      const fromX = j >= jEnd || (i < iEnd && bounds[i] <= bounds[j]);
      const at = fromX ? i : j;
      length = append(scratch, length, bounds[at], bounds[at + 1]);
      if (fromX) i += 2;
      else j += 2;
    }
    return this.intern(length);
  }

  /** Sorts all intervals of many sets at once. */
  private mergeMany(sets: Int32Array): number {
    let total = 0;
    for (const set of sets) total += (this.starts[set + 1] - this.starts[set]) / 2;
    // Number of the interval in the low digits, its low end above: one numeric sort.
    const keys = new Float64Array(total);
    const highs = new Int32Array(total);
    let next = 0;
    for (const set of sets) {
      for (let at = this.starts[set]; at < this.starts[set + 1]; at += 2) {
        keys[next] = this.bounds[at] * total + next;
        highs[next++] = this.bounds[at + 1];
      }
    }
    keys.sort();
    this.scratch = grown(this.scratch, 2 * total);
    let length = 0;
    for (const key of keys) {
      const low = Math.floor(key / total);
      length = append(this.scratch, length, low, highs[key - low * total]);
    }
    return this.intern(length);
  }

  /** Id of the set whose pairs are scratch[0 … length). */
  private intern(length: number): number {
    if (this.starts[this.count] + length > MAX_STORED && length > 2) {
      this.scratch[1] = this.scratch[length - 1];
      length = 2;
    }
    let slot = this.hash(length) & (this.table.length - 1);
    for (; this.table[slot] >= 0; slot = (slot + 1) & (this.table.length - 1)) {
      if (this.equals(this.table[slot], length)) return this.table[slot];
    }
    const id = this.count++;
    const start = this.starts[id];
    this.bounds = grown(this.bounds, start + length);
    this.bounds.set(this.scratch.subarray(0, length), start);
    this.starts = grown(this.starts, id + 2);
    this.starts[id + 1] = start + length;
    this.table[slot] = id;
    if (this.count * 2 > this.table.length) this.rehash();
    return id;
  }

  private equals(id: number, length: number): boolean {
    const start = this.starts[id];
    if (this.starts[id + 1] - start !== length) return false;
    for (let i = 0; i < length; i++) if (this.bounds[start + i] !== this.scratch[i]) return false;
    return true;
  }

  private hash(length: number): number {
    return hashOf(this.scratch, 0, length);
  }

  private rehash(): void {
    const table = new Int32Array(this.table.length * 2).fill(-1);
    for (let id = 0; id < this.count; id++) {
      let slot = hashOf(this.bounds, this.starts[id], this.starts[id + 1]) & (table.length - 1);
      while (table[slot] >= 0) slot = (slot + 1) & (table.length - 1);
      table[slot] = id;
    }
    this.table = table;
  }
}

/** Adds an interval behind those in scratch[0 … length), none of which starts later; returns the new length. */
function append(scratch: Int32Array, length: number, low: number, high: number): number {
  if (length > 0 && low <= scratch[length - 1]) {
    if (high > scratch[length - 1]) scratch[length - 1] = high;
    return length;
  }
  scratch[length] = low;
  scratch[length + 1] = high;
  return length + 2;
}

function hashOf(values: Int32Array, from: number, to: number): number {
  let hash = to - from;
  for (let i = from; i < to; i++) {
    hash = Math.imul(hash ^ values[i], 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
