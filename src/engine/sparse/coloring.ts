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

/**
 * Star colouring of a symmetric pattern: neighbours differ, and every path of four vertices has three colours,
 * so that each entry or its mirror image can be read from a Hessian-vector product. Greedy, vertices with many neighbours first;
 * those with very many get colours that no other has, so that no walk goes over all that they touch.
 */
export function colorStars({ rows: n, indptr, indices }: Sparsity): Coloring {
  const colors = new Int32Array(n).fill(-1);
  const degree = (vertex: number) => indptr[vertex + 1] - indptr[vertex];
  const order = Int32Array.from({ length: n }, (_, vertex) => vertex).sort((x, y) => degree(y) - degree(x) || x - y);
  const many = 2 * Math.sqrt(indices.length) + 8;
  let hubs = 0;
  /** The first vertex of each colour. */
  const first: number[] = [];
  /** For colours of several vertices, how many of them stand around each vertex: 0, 1 or more. */
  const around: (Uint8Array | undefined)[] = [];
  const count = (vertex: number, near: Uint8Array) => {
    for (let at = indptr[vertex]; at < indptr[vertex + 1]; at++) if (near[indices[at]] < 2) near[indices[at]]++;
  };
  const forbidden = new BitSet();
  for (const vertex of order) {
    if (degree(vertex) > many) {
      colors[vertex] = first.length;
      hubs = first.push(vertex);
      continue;
    }
    forbidden.clear();
    for (let at = indptr[vertex]; at < indptr[vertex + 1]; at++) {
      const near = indices[at];
      const own = colors[near];
      if (near === vertex || (own >= 0 && own < hubs)) continue;
      let same: Uint8Array | undefined;
      if (own >= 0) {
        forbidden.add(own - hubs);
        // No path of two colours runs through the only vertex of its colour.
        if (!(same = around[own])) continue;
      }
      for (let k = indptr[near]; k < indptr[near + 1]; k++) {
        const far = indices[k];
        if (far === vertex || far === near || colors[far] < hubs) continue;
        // vertex – near – far – other, where other has the colour of near: vertex must not have that of far.
        if (!same || same[far] > 1) forbidden.add(colors[far] - hubs);
      }
    }
    const color = hubs + forbidden.firstMissing();
    colors[vertex] = color;
    if (color === first.length) {
      first.push(vertex);
      continue;
    }
    let near = around[color];
    if (!near) count(first[color], (near = around[color] = new Uint8Array(n)));
    count(vertex, near);
  }
  return { colors, count: first.length };
}
