/** What an afternoon of typing leaves behind. */
import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { inspect } from '../../../src/runner/requests/inspect';
import { contextFor, session } from './support/derive';

const EDITS = 200;

describe('live evaluation', () => {
  it(`leaves less than 5 KB an edit on the heap`, async function () {
    this.timeout(60_000);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const file = '/virtual/live.ts';
    const edit = async (round: number) => {
      // Another constant each time: another program, and another text of the module.
      session.overlay(file, `export const f = (x: number[]) => x.reduce((sum, v) => sum + v * v * ${round}.5, 0);`);
      const { matrix } = await inspect(contextFor(), { file, fn: 'f', args: [[1, 2]] });
      assert.deepEqual(matrix && 'values' in matrix && matrix.values, Float64Array.of(2 * round + 1, 4 * round + 2));
    };
    for (let round = 0; round < 50; round++) await edit(round);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let round = 0; round < EDITS; round++) await edit(50 + round);
    collect();
    const grown = (process.memoryUsage().heapUsed - before) / 1024 / EDITS;
    assert.ok(grown < 5, `${grown.toFixed(1)} KB an edit`);
  });
});
