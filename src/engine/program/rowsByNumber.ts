/** Rows by the numbers that they hold. */
import type { Row } from './program';

const FIRST_SLOTS = 16;
/** Entries of a slot: the row, one more than it so that 0 says "empty", and the number's bits. */
const WIDTH = 3;

const number = new Float64Array(1);
const bits = new Int32Array(number.buffer);

/** A hash table in one column: a `Map` takes several times as long, and a trace looks up nearly every plain number that it meets. */
export class RowsByNumber {
  private count = 0;
  /** A power of two of slots, at least half of them empty; before the first number one. */
  private slots = 1;
  private entries = new Int32Array(WIDTH);

  /** The row of a number, bit for bit; `NONE` where it has none. */
  get(value: number): Row {
    number[0] = value;
    return this.entries[this.find(bits[0], bits[1])] - 1;
  }

  /** @param value has no row yet */
  set(value: number, row: Row): void {
    if (2 * this.count >= this.slots - 1) this.grow();
    this.count++;
    number[0] = value;
    this.write(row + 1, bits[0], bits[1]);
  }

  /** Where the slot of a number begins, or the empty one that it would get. */
  private find(low: number, high: number): number {
    const { entries, slots } = this;
    // Short decimals and small integers differ in their upper bits only.
    const folded = low ^ high;
    const mixed = Math.imul(folded ^ (folded >>> 15), 0x9e3779b1);
    let slot = (mixed ^ (mixed >>> 16)) & (slots - 1);
    for (;;) {
      const at = slot * WIDTH;
      if (entries[at] === 0 || (entries[at + 1] === low && entries[at + 2] === high)) return at;
      slot = (slot + 1) & (slots - 1);
    }
  }

  private write(entry: number, low: number, high: number): void {
    const at = this.find(low, high);
    this.entries[at] = entry;
    this.entries[at + 1] = low;
    this.entries[at + 2] = high;
  }

  private grow(): void {
    const { entries } = this;
    this.slots = Math.max(FIRST_SLOTS, 2 * this.slots);
    this.entries = new Int32Array(WIDTH * this.slots);
    for (let at = 0; at < entries.length; at += WIDTH)
      if (entries[at] !== 0) this.write(entries[at], entries[at + 1], entries[at + 2]);
  }
}
