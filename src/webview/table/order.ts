/** Orders of entries: indices sorted by value, fast for millions and exact. */
import type { EntryOrder } from '../store';

/** From here on keys are packed into doubles, whose sort is native; comparing callbacks would take seconds. */
const PACKED_FROM = 50_000;

/** Not-a-number comes first in every order by value: it is what one looks for. */
export function sortedOrder(values: Float64Array, order: EntryOrder): Uint32Array | undefined {
  if (order === 'position') return undefined;
  const key = sortKey(order);
  return values.length < PACKED_FROM ? comparedOrder(values, key) : packedOrder(values, key);
}

function sortKey(order: EntryOrder): (value: number) => number {
  const keys: Record<Exclude<EntryOrder, 'position'>, (value: number) => number> = {
    largest: (value) => -Math.abs(value),
    smallest: Math.abs,
    ascending: (value) => value,
    descending: (value) => -value,
  };
  const key = keys[order as Exclude<EntryOrder, 'position'>];
  return (value) => (value !== value ? -Infinity : key(value));
}

function comparedOrder(values: Float64Array, key: (value: number) => number): Uint32Array {
  const keys = values.map(key);
  return Uint32Array.from(values.keys()).sort((a, b) => compare(keys[a], keys[b]) || a - b);
}

const compare = (a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Sorts doubles whose upper part is the key rounded to 31 bits and whose lower part is the index, then puts neighbours that the
 * rounding had confused into their exact order.
 */
function packedOrder(values: Float64Array, key: (value: number) => number): Uint32Array {
  const n = values.length;
  const shift = 2 ** Math.ceil(Math.log2(n));
  const float = new Float32Array(1);
  const bits = new Int32Array(float.buffer);
  const packed = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    float[0] = key(values[i]);
    // The bits of a float in the order of its values, without the lowest.
    const ordered = bits[0] < 0 ? ~bits[0] + -0x80000000 : bits[0];
    packed[i] = Math.floor(ordered / 2) * shift + i;
  }
  packed.sort();
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = packed[i] - Math.floor(packed[i] / shift) * shift;
  for (let i = 1; i < n; i++) {
    const moving = order[i];
    const exact = key(values[moving]);
    let j = i - 1;
    while (j >= 0 && (key(values[order[j]]) > exact || (key(values[order[j]]) === exact && order[j] > moving))) {
      order[j + 1] = order[j];
      j--;
    }
    order[j + 1] = moving;
  }
  return order;
}
