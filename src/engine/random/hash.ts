/** The hash of threefry2x32 written in primitives, for keys and counters that are traced. */
import { scalarOf } from '../numpy/convert';
import { bind } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
];

/** The two words of the hash of the counter (0, low) with a key: uint32[2]. */
export function hashTraced(key: NdArray, low: NdArray): NdArray {
  const word = (index: number): NdArray =>
    bind('reshape', [bind('slice', [key], { start: [index], limit: [index + 1], strides: [1] })], { shape: [] });
  const number = (value: number): NdArray => scalarOf(value, 'uint32');
  const apply = (name: 'add' | 'xor' | 'or' | 'shiftLeft' | 'shiftRightLogical', x: NdArray, y: NdArray): NdArray =>
    bind(name, [x, y], undefined);
  const [k0, k1] = [word(0), word(1)];
  const keys = [k0, k1, apply('xor', apply('xor', k0, k1), number(0x1bd11bda))];
  let x0 = k0;
  let x1 = apply('add', low, k1);
  for (let group = 0; group < 5; group++) {
    for (const turn of ROTATIONS[group % 2]) {
      x0 = apply('add', x0, x1);
      const rotated = apply(
        'or',
        apply('shiftLeft', x1, number(turn)),
        apply('shiftRightLogical', x1, number(32 - turn)),
      );
      x1 = apply('xor', rotated, x0);
    }
    x0 = apply('add', x0, keys[(group + 1) % 3]);
    x1 = apply('add', x1, apply('add', keys[(group + 2) % 3], number(group + 1)));
  }
  const words = [x0, x1].map((one) => bind('reshape', [one], { shape: [1] }));
  return bind('concatenate', words, { axis: 0 });
}
