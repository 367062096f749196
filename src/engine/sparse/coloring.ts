/**
 * Colourings for compressed derivatives (Gebremedhin, Manne and Pothen, "What color is your Jacobian?", SIAM Review 2005): columns
 * of one colour are computed in one pass.
 */
import { transposedSparsity, type Sparsity } from './sparsity';

export interface Coloring {
  /** Colour of every column, from 0 on; −1 for columns without entries, which need none. */
  readonly colors: Int32Array;
  readonly count: number;
}

/** Rows longer than this keep a bit set of their colours; shorter ones are walked. */
const LONG_ROW = 64;

/** Bits that grow on demand. */
class BitSet {
  private words = new Int32Array(4);

  add(bit: number): void {
    const word = bit >>> 5;
    if (word >= this.words.length) {
      const larger = new Int32Array(Math.max(word + 1, this.words.length * 2));
      larger.set(this.words);
      this.words = larger;
    }
    this.words[word] |= 1 << bit;
  }

  addAll({ words }: BitSet): void {
    if (words.length > this.words.length) {
      const larger = new Int32Array(words.length);
      larger.set(this.words);
      this.words = larger;
    }
    for (let i = 0; i < words.length; i++) this.words[i] |= words[i];
  }

  clear(): void {
    this.words.fill(0);
  }

  /** The smallest number that is not in the set. */
  firstMissing(): number {
    for (let i = 0; i < this.words.length; i++) {
      if (this.words[i] === -1) continue;
      return 32 * i + 31 - Math.clz32(~this.words[i] & (this.words[i] + 1));
    }
    return 32 * this.words.length;
  }
}

/**
 * Colours columns so that no two of one colour meet in a row: a greedy distance-2 colouring in the order of the columns, which is
 * optimal for bands. Gives up (null) once more than `limit` colours are needed.
 */
export function colorColumns(pattern: Sparsity, limit = Infinity): Coloring | null {
  const { rows, columns, indptr, indices } = pattern;
  const byColumn = transposedSparsity(pattern);
  const colors = new Int32Array(columns).fill(-1);
  const long = new Map<number, BitSet>();
  for (let row = 0; row < rows; row++) {
    const length = indptr[row + 1] - indptr[row];
    // As many colours as the longest row has entries are needed at the least.
    if (length > limit) return null;
    if (length > LONG_ROW) long.set(row, new BitSet());
  }
  const forbidden = new BitSet();
  let count = 0;
  for (let column = 0; column < columns; column++) {
    const start = byColumn.indptr[column];
    const end = byColumn.indptr[column + 1];
    if (start === end) continue;
    forbidden.clear();
    for (let at = start; at < end; at++) {
      const row = byColumn.indices[at];
      const known = long.get(row);
      if (known) {
        forbidden.addAll(known);
        continue;
      }
      for (let k = indptr[row]; k < indptr[row + 1]; k++) {
        const color = colors[indices[k]];
        if (color >= 0) forbidden.add(color);
      }
    }
    const color = forbidden.firstMissing();
    colors[column] = color;
    if (color >= count) count = color + 1;
    if (count > limit) return null;
    for (let at = start; at < end; at++) long.get(byColumn.indices[at])?.add(color);
  }
  return { colors, count };
}

/** How often colours stand among the neighbours of vertices. */
class NeighbourColors {
  private readonly counts = new Map<number, number>();

  private key(vertex: number, color: number): number {
    return vertex * 4194304 + color;
  }

  add(vertex: number, color: number): void {
    const key = this.key(vertex, color);
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  count(vertex: number, color: number): number {
    return this.counts.get(this.key(vertex, color)) ?? 0;
  }
}

/**
 * Star colouring of a symmetric pattern: neighbours differ, and every path of four vertices has three colours,
 * so that each entry or its mirror image can be read from a Hessian-vector product. Greedy, vertices with many neighbours first.
 */
export function colorStars({ rows: n, indptr, indices }: Sparsity): Coloring {
  const colors = new Int32Array(n).fill(-1);
  const order = Array.from({ length: n }, (_, vertex) => vertex);
  const degree = (vertex: number) => indptr[vertex + 1] - indptr[vertex];
  order.sort((x, y) => degree(y) - degree(x) || x - y);
  const members: number[] = [];
  const around = new NeighbourColors();
  const forbidden = new BitSet();
  for (const vertex of order) {
    forbidden.clear();
    for (let at = indptr[vertex]; at < indptr[vertex + 1]; at++) {
      const near = indices[at];
      if (near === vertex) continue;
      const color = colors[near];
      if (color >= 0) forbidden.add(color);
      // No path of two colours runs through the only vertex of its colour (the hub of an arrow, say).
      if (color >= 0 && members[color] === 1) continue;
      for (let k = indptr[near]; k < indptr[near + 1]; k++) {
        const far = indices[k];
        if (far === vertex || far === near || colors[far] < 0) continue;
        // vertex – near – far – other, where other has the colour of near: vertex must not have that of far.
        if (color < 0 || around.count(far, color) > 1) forbidden.add(colors[far]);
      }
    }
    const color = forbidden.firstMissing();
    colors[vertex] = color;
    members[color] = (members[color] ?? 0) + 1;
    for (let at = indptr[vertex]; at < indptr[vertex + 1]; at++) {
      if (indices[at] !== vertex) around.add(indices[at], color);
    }
  }
  return { colors, count: members.length };
}
