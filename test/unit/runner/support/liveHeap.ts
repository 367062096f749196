/** Run with --expose-gc: prints the kilobytes that an edit leaves on the heap. */
import assert from 'node:assert/strict';
import { inspect } from '../../../../src/runner/requests/inspect';
import { contextFor, session } from './derive';

const WARM_UP = 100;
const EDITS = 400;
const FILE = '/virtual/live.ts';

async function edit(round: number): Promise<void> {
  // Another constant each time: another program, and another text of the module.
  session.overlay(FILE, `export const f = (x: number[]) => x.reduce((sum, v) => sum + v * v * ${round}.5, 0);`);
  const { matrix } = await inspect(contextFor(), { file: FILE, fn: 'f', args: [[1, 2]] });
  assert.deepEqual(matrix && 'values' in matrix && matrix.values, Float64Array.of(2 * round + 1, 4 * round + 2));
}

async function heapPerEdit(): Promise<number> {
  const collect = globalThis.gc as () => void;
  for (let round = 0; round < WARM_UP; round++) await edit(round);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < EDITS; round++) await edit(WARM_UP + round);
  collect();
  return (process.memoryUsage().heapUsed - before) / 1024 / EDITS;
}

void heapPerEdit().then((kilobytes) => console.log(kilobytes));
