import assert from 'node:assert/strict';
import { fromFlat, parseVector, tangentOf } from '../../../src/extension/format/vectors';

describe('vectors that people type', () => {
  it('are read with commas, blanks or brackets', () => {
    for (const text of ['[1, -2, 3e-1]', '1, -2, .3', '1 −2 0.3', ' 1;-2;0.3 ']) {
      assert.deepEqual(parseVector(text, 3), Float64Array.of(1, -2, 0.3), text);
    }
  });

  it('are refused with a reason', () => {
    assert.match(String(parseVector('1, x', 2)), /“x” is not a number/);
    assert.match(String(parseVector('1', 2)), /2 numbers are needed, 1 are given/);
    assert.match(String(parseVector('', 2)), /0 are given/);
    assert.match(String(parseVector('1,,2', 3)), /not a number/);
  });
});

describe('structures from flat vectors', () => {
  const leaf = (path: string, offset: number, size: number, shape = [size]) => ({
    path,
    offset,
    size,
    shape,
    argument: 0,
  });

  it('follow the paths of the leaves, in whatever order they lie', () => {
    const data = {
      W: [
        [1, 2],
        [3, 4],
      ],
      name: 'net',
      b: Float64Array.of(5, 6),
    };
    const leaves = [leaf('p.b', 0, 2), leaf('p.W', 2, 4, [2, 2])];
    assert.deepEqual(fromFlat(data, 'p', leaves, [1, 2, 3, 4, 5, 6]), {
      W: [
        [3, 4],
        [5, 6],
      ],
      name: 'net',
      b: Float64Array.of(1, 2),
    });
  });

  it('reach leaves inside arrays', () => {
    const leaves = [leaf('x[0].m', 0, 1, []), leaf('x[1].m', 1, 1, [])];
    assert.deepEqual(fromFlat([{ m: 1 }, { m: 2 }], 'x', leaves, [7, 8]), [{ m: 7 }, { m: 8 }]);
  });

  it('give one part for one argument and a list for several', () => {
    const leaves = [leaf('x', 0, 2), leaf('k', 2, 1, [])];
    assert.deepEqual(tangentOf([[1, 2], 3], ['x', 'k'], [0], leaves, [5, 6]), [5, 6]);
    assert.deepEqual(tangentOf([[1, 2], 3], ['x', 'k'], [0, 1], leaves, [5, 6, 7]), [[5, 6], 7]);
  });
});
