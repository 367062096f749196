import assert from 'node:assert/strict';
import type { Data, LeafInfo } from '../../../src/runner/protocol';
import { Coalescer } from '../../../src/webview/coalesce';
import { dataTree, getAt, leavesByPath, mapNumbers, setAt, unflatten } from '../../../src/webview/inputs/dataTree';
import { pasteInto, parseTable } from '../../../src/webview/inputs/paste';
import { keepRange, parseNumber, sliderRange, sliderStep } from '../../../src/webview/inputs/sliders';

const leaf = (path: string, shape: number[], offset: number): LeafInfo => ({
  path,
  shape,
  offset,
  size: shape.reduce((a, b) => a * b, 1),
});

describe('arguments as trees', () => {
  const data: Data = {
    W: [
      [1, 2],
      [3, 4],
    ],
    b: Float32Array.of(5, 6),
    on: true,
    name: 'relu',
    deep: [{ k: 7 }],
    nothing: null,
  };

  it('know numbers, vectors, matrices and groups', () => {
    const tree = dataTree(data, 'params', [0]);
    assert.equal(tree.kind, 'group');
    const kinds = tree.kind === 'group' ? tree.children.map(({ kind, name }) => `${name}:${kind}`) : [];
    assert.deepEqual(kinds, [
      'params.W:matrix',
      'params.b:vector',
      'params.on:boolean',
      'params.name:text',
      'params.deep:group',
      'params.nothing:other',
    ]);
    assert.equal(dataTree([[1, 2], [3]], 'ragged', []).kind, 'group');
    assert.equal(dataTree([], 'empty', []).kind, 'group');
  });

  it('are edited without changing the original, arrays keeping their kind', () => {
    const edited = setAt(data, ['b', 1], 9) as typeof data & { b: Float32Array };
    assert.ok(edited.b instanceof Float32Array);
    assert.deepEqual([...edited.b], [5, 9]);
    assert.deepEqual([...(getAt(data, ['b']) as Float32Array)], [5, 6]);
    assert.equal(getAt(setAt(data, ['deep', 0, 'k'], 8), ['deep', 0, 'k']), 8);
    assert.deepEqual(
      mapNumbers([1, { a: Int8Array.of(2) }, 'x'], (v) => v * 2),
      [2, { a: Int8Array.of(4) }, 'x'],
    );
  });

  it('take flat vectors by the paths of their leaves, whatever the order', () => {
    const leaves = leavesByPath([leaf('p.b', [2], 0), leaf('p.W', [2, 2], 2)]);
    const template: Data = {
      W: [
        [0, 0],
        [0, 0],
      ],
      b: Float32Array.of(0, 0),
      k: 3,
    };
    assert.deepEqual(unflatten(template, 'p', leaves, [1, 2, 3, 4, 5, 6]), {
      W: [
        [3, 4],
        [5, 6],
      ],
      b: Float64Array.of(1, 2),
      k: 0,
    });
    assert.deepEqual(unflatten(template, 'p', leaves, [1, 2, 3, 4, 5, 6], 'keep'), {
      W: [
        [3, 4],
        [5, 6],
      ],
      b: Float32Array.of(1, 2),
      k: 3,
    });
    assert.deepEqual(
      unflatten([{ x: 0 }, { x: 0 }], 'q', leavesByPath([leaf('q[0].x', [], 1), leaf('q[1].x', [], 0)]), [10, 20]),
      [{ x: 20 }, { x: 10 }],
    );
  });
});

describe('sliders', () => {
  it('have round ranges around their value', () => {
    for (const value of [0, 1, -1.2, 3.14159, 1e-5, 12345, -987654.321, 1e12]) {
      const [low, high] = sliderRange(value);
      assert.ok(low < value && value < high, String(value));
      assert.ok(high - low >= Math.abs(value) && high - low <= 41 * Math.max(1, Math.abs(value)));
    }
    assert.deepEqual(sliderRange(0), [-2, 2]);
    assert.deepEqual(sliderRange(NaN), [-1, 1]);
  });

  it('keep their range until the value comes to its end', () => {
    const range = sliderRange(0);
    assert.equal(keepRange(range, 1.5), range);
    assert.notEqual(keepRange(range, 2), range);
    assert.ok(sliderStep(range) > 0 && sliderStep(range) <= 0.02);
  });

  it('read numbers as people write them', () => {
    assert.deepEqual(['1.5', ' −2 ', '1e-3', '∞', '', 'x', '1,5'].map(parseNumber), [
      1.5,
      -2,
      1e-3,
      Infinity,
      undefined,
      undefined,
      undefined,
    ]);
    assert.ok(Number.isNaN(parseNumber('NaN')));
  });
});

describe('pasting', () => {
  it('reads CSV, tabs and spaces', () => {
    assert.deepEqual(parseTable('1,2\n3;4\r\n5\t6\n'), [
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    assert.equal(parseTable('a,b'), undefined);
  });

  it('fits the shape of the argument', () => {
    assert.deepEqual(pasteInto([0, 0], '1 2 3'), [1, 2, 3]);
    assert.deepEqual(pasteInto(Float32Array.of(0), '[1, 2]'), Float32Array.of(1, 2));
    assert.deepEqual(pasteInto([[0, 0]], '1,2\n3,4'), [
      [1, 2],
      [3, 4],
    ]);
    assert.deepEqual(pasteInto({ a: 0, b: [0] }, '{"a": 1, "b": [2, NaN]}'), { a: 1, b: [2, NaN] });
    assert.equal(pasteInto(0, '7'), 7);
    assert.equal(pasteInto(0, '7 8'), undefined);
    assert.equal(pasteInto({ a: 0 }, '{"b": 1}'), undefined);
    assert.equal(pasteInto([0, 'x'], '[1]'), undefined);
    assert.equal(pasteInto([0], '{broken'), undefined);
  });
});

describe('live requests', () => {
  it('are one at a time, the newest last, none piling up', async () => {
    const sent: number[] = [];
    const release: (() => void)[] = [];
    const coalescer = new Coalescer<number>(
      (value) => {
        sent.push(value);
        return new Promise((resolve) => release.push(resolve));
      },
      () => undefined,
    );
    for (let i = 0; i < 100; i++) coalescer.push(i);
    assert.deepEqual(sent, [0]);
    release.shift()?.();
    await new Promise(setImmediate);
    assert.deepEqual(sent, [0, 99]);
    release.shift()?.();
    await new Promise(setImmediate);
    assert.equal(coalescer.idle, true);
  });

  it('are several at a time where the way is longer than the work', async () => {
    const sent: number[] = [];
    const release: (() => void)[] = [];
    let width = 2;
    const coalescer = new Coalescer<number>(
      (value) => {
        sent.push(value);
        return new Promise((resolve) => release.push(resolve));
      },
      () => undefined,
      () => width,
    );
    for (let i = 0; i < 10; i++) coalescer.push(i);
    assert.deepEqual(sent, [0, 1]);
    release.shift()?.();
    await new Promise(setImmediate);
    assert.deepEqual(sent, [0, 1, 9]);
    width = 1;
    coalescer.push(10);
    release.shift()?.();
    await new Promise(setImmediate);
    assert.deepEqual(sent, [0, 1, 9]);
    release.shift()?.();
    await new Promise(setImmediate);
    assert.deepEqual(sent, [0, 1, 9, 10]);
  });

  it('go on after an error', async () => {
    const errors: unknown[] = [];
    const coalescer = new Coalescer<number>(
      (value) => (value === 1 ? Promise.reject(new Error('no')) : Promise.resolve()),
      (error) => errors.push(error),
    );
    coalescer.push(1);
    coalescer.push(2);
    await new Promise(setImmediate);
    assert.equal(errors.length, 1);
    assert.equal(coalescer.idle, true);
  });
});
