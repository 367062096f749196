/** The Program tab's list of loops: which were rolled up, how often they go round, and where they stand. */
import assert from 'node:assert/strict';
import type { Data, Operation } from '../../../src/runner/protocol';
import { programView } from '../../../src/runner/requests/program';
import { contextFor, session } from './support/derive';

let count = 0;

async function loopsOf(text: string, args: Data[], op: Operation = 'value') {
  const file = `/virtual/rolled${++count}.ts`;
  session.overlay(file, text);
  const { loops } = await programView(contextFor(), { file, fn: 'f', args, op });
  return loops.map(({ location, trips, body }) => ({ line: location?.line, trips, body }));
}

const numbers = (length: number) => Array.from({ length }, (_, index) => Math.sin(index + 1));

describe('the rolled loops of a program', () => {
  const sum = `export function f(x: number[]): number {
  let s = 0;
  for (const v of x) {
    const y = v * v;
    s += Math.sin(y);
  }
  return s;
}`;

  it('are listed with their rounds, rows and line', async () => {
    const [loop, ...more] = await loopsOf(sum, [numbers(50)]);
    assert.deepEqual(more, []);
    assert.deepEqual([loop.line, loop.body], [3, 3]);
    assert.ok(loop.trips >= 49 && loop.trips <= 50, String(loop.trips));
  });

  it('are found in gradients too', async () => {
    const loops = await loopsOf(sum, [numbers(50)], 'grad');
    assert.ok(loops.length >= 1);
    assert.ok(loops.every(({ line, trips }) => line === 3 && trips >= 48));
  });

  it('nest, each at its own line', async () => {
    const loops = await loopsOf(
      `export function f(x: number[]): number {
  let s = 0;
  for (let i = 0; i < 20; i++) {
    let t = 1;
    for (let j = 0; j < 40; j++) {
      t += Math.sin(x[j]) * x[j];
    }
    s += t * x[i];
  }
  return s;
}`,
      [numbers(40)],
    );
    // The first round, which starts from plain numbers, stands before the nest with an inner loop of its own.
    assert.deepEqual(
      loops.map(({ line }) => line),
      [5, 3, 5],
    );
    const [, outer, inner] = loops;
    assert.ok(outer.trips >= 18 && inner.trips >= 38, JSON.stringify(loops));
    assert.ok(outer.body > inner.trips * inner.body);
  });

  it('may be array methods', async () => {
    const loops = await loopsOf(
      'export const f = (x: number[]) =>\n  x\n    .map((v) => v * Math.exp(v))\n    .reduce((a, b) => a + b, 0);',
      [numbers(60)],
    );
    assert.deepEqual(
      loops.map(({ line, body }) => [line, body]),
      [
        [3, 2],
        [4, 1],
      ],
    );
  });

  it('are none where nothing repeats', async () => {
    assert.deepEqual(await loopsOf('export const f = (x: number[]) => x[0] * Math.sin(x[1]);', [[1, 2]]), []);
  });
});
