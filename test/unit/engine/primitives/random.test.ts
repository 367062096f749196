/** Random bits against the known answers of Random123 and of JAX ≥ 0.5. */
import assert from 'node:assert/strict';
import { interpret } from '../../../../src/engine/execute/interpret';
import { threefry2x32 } from '../../../../src/engine/primitives/random';
import { batchProgram } from '../../../../src/engine/transforms/batch';
import { equation } from './support/checks';
import { array } from './support/values';

const key = (...words: number[]) => array([2], words, 'uint32');

describe('Random bits', () => {
  it('are those of Random123 (threefry2x32, 20 rounds)', () => {
    assert.deepEqual(threefry2x32([0, 0], [0, 0]), [0x6b200159, 0x99ba4efe]);
    assert.deepEqual(threefry2x32([0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff]), [0x1cb996fc, 0xbb002be7]);
    assert.deepEqual(threefry2x32([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3]), [0xc4923a9c, 0x483df7a0]);
  });

  it('of 64 bits are the words that JAX splits a key into', () => {
    const [bits] = interpret(equation('randomBits', [key(0, 0)], { shape: [2], bitWidth: 64 }), [key(0, 0)]);
    assert.deepEqual(bits, array([2, 2], [1797259609, 2579123966, 928981903, 3453687069], 'uint32'));
  });

  it('of 32 bits are those that JAX makes uniform numbers of', () => {
    const [{ data }] = interpret(equation('randomBits', [key(0, 0)], { shape: [3], bitWidth: 32 }), [key(0, 0)]);
    const uniform = Array.from(data, (word) => Math.fround(Math.floor(word / 512) / 8388608));
    assert.deepEqual(uniform, [0.947667, 0.9785799, 0.33229148].map(Math.fround));
  });

  it('of a batch of keys are those of each', () => {
    const program = equation('randomBits', [key(0, 0)], { shape: [3], bitWidth: 32 });
    const [both] = interpret(batchProgram(program, [0], 2), [array([2, 2], [1, 2, 3, 4], 'uint32')]);
    const each = [key(1, 2), key(3, 4)].map((one) => Array.from(interpret(program, [one])[0].data));
    assert.deepEqual(Array.from(both.data), each.flat());
  });

  it('need a key of two words', () => {
    const wrong = array([3], [1, 2, 3], 'uint32');
    assert.throws(
      () => equation('randomBits', [wrong], { shape: [3], bitWidth: 32 }),
      /randomBits: needs a key.*u32\[3\]/,
    );
  });
});
