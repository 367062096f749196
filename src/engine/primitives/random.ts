/**
 * Random bits by threefry2x32 with 20 rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
 * 2011): a keyed hash of a counter. The counter of an element is its row-major index, as in JAX ≥ 0.5 ("partitionable").
 */
import { ShapeError } from '../errors';
import { sizeOf, type ArrayValue } from '../program/aval';
import { batchedRow, zeroTangent } from './factories';
import type { Primitive } from './primitive';

const PARITY = 0x1bd11bda;

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
];

/** What the key adds after every group of four rounds, as pairs. */
function keySchedule(k0: number, k1: number): Int32Array {
  const k2 = k0 ^ k1 ^ PARITY;
  return Int32Array.of(k1, k2 + 1, k2, k0 + 2, k0, k1 + 3, k1, k2 + 4, k2, k0 + 5);
}

/** Hashes the counter (c0, c1) with the key (k0, k1) and its schedule into `out`. */
function hash(k0: number, k1: number, schedule: Int32Array, c0: number, c1: number, out: Uint32Array): void {
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;
  for (let group = 0; group < 5; group++) {
    const rotations = ROTATIONS[group % 2];
    for (let i = 0; i < 4; i++) {
      const r = rotations[i];
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << r) | (x1 >>> (32 - r))) ^ x0;
    }
    x0 = (x0 + schedule[2 * group]) | 0;
    x1 = (x1 + schedule[2 * group + 1]) | 0;
  }
  out[0] = x0;
  out[1] = x1;
}

/** The two words of the hash of a counter. */
export function threefry2x32(key: readonly [number, number], counter: readonly [number, number]): [number, number] {
  const out = new Uint32Array(2);
  hash(key[0], key[1], keySchedule(key[0], key[1]), counter[0], counter[1], out);
  return [out[0], out[1]];
}

/** Extents of the bits of one key: one word each, or two (high, low) for 64 bits. */
function bitsShape(shape: readonly number[], bitWidth: 32 | 64): readonly number[] {
  return bitWidth === 64 ? [...shape, 2] : shape;
}

function evaluateBits(key: ArrayValue, shape: readonly number[], bitWidth: 32 | 64): ArrayValue {
  const count = sizeOf(shape);
  const keys = key.data.length / 2;
  const words = bitWidth === 64 ? 2 : 1;
  const data = new Uint32Array(keys * count * words);
  const pair = new Uint32Array(2);
  for (let k = 0, to = 0; k < keys; k++) {
    const k0 = key.data[2 * k];
    const k1 = key.data[2 * k + 1];
    const schedule = keySchedule(k0, k1);
    for (let i = 0; i < count; i++) {
      hash(k0, k1, schedule, Math.floor(i / 4294967296), i, pair);
      if (words === 1) {
        data[to++] = pair[0] ^ pair[1];
      } else {
        data[to++] = pair[0];
        data[to++] = pair[1];
      }
    }
  }
  return { shape: [...key.shape.slice(0, -1), ...bitsShape(shape, bitWidth)], dtype: 'uint32', data };
}

/** key uint32 [...batch, 2] → uint32 [...batch, ...shape], with a last axis (high, low) for 64 bits. */
export const randomBits: Primitive<'randomBits'> = {
  shape([key], { shape, bitWidth }) {
    if (key.dtype !== 'uint32' || key.shape[key.shape.length - 1] !== 2) {
      throw new ShapeError('randomBits', 'needs a key, two words of dtype uint32', [key]);
    }
    return { shape: [...key.shape.slice(0, -1), ...bitsShape(shape, bitWidth)], dtype: 'uint32' };
  },
  evaluate: ([key], { shape, bitWidth }) => evaluateBits(key, shape, bitWidth),
  jvp: zeroTangent,
  transpose: null,
  batch: (b, { operands, params }) => batchedRow(b.emit('randomBits', operands, params)),
};
