/** `links`: which lines carry a row or a column of the derivative, and the entries that a line carries. */
import assert from 'node:assert/strict';
import { links } from '../../../src/runner/requests/links';
import { contextFor, session } from './support/derive';

const file = '/virtual/links.ts';
const text = `export function polar(r: number, angle: number): number[] {
  const cosine = Math.cos(angle);
  const sine = Math.sin(angle);
  const unused = r * angle;
  const x = r * cosine;
  const y = r * sine;
  return [x, y, 3 * r];
}
`;

describe('links between entries and lines', () => {
  before(() => session.overlay(file, text));

  const ask = (params: { rows?: number[]; columns?: number[]; line?: number }) =>
    links(contextFor(), {
      file,
      fn: 'polar',
      args: [2, 0.5],
      rows: params.rows ?? [],
      columns: params.columns ?? [],
      ...(params.line === undefined ? {} : { line: { file, line: params.line } }),
    });
  const lines = async (rows: number[], columns: number[]) =>
    (await ask({ rows, columns })).lines.map(({ line }) => line);

  it('a row leads to the lines that its output is made on', async () => {
    assert.deepEqual(await lines([0], []), [2, 5]);
    assert.deepEqual(await lines([1], []), [3, 6]);
    assert.deepEqual(await lines([2], []), [7]);
    assert.deepEqual(await lines([0, 1], []), [2, 3, 5, 6]);
  });

  it('an entry leads to the lines between that input and that output only', async () => {
    assert.deepEqual(await lines([0], [0]), [5]);
    assert.deepEqual(await lines([1], [1]), [3, 6]);
    assert.deepEqual(await lines([2], [1]), []);
  });

  it('a column leads to everything that the input reaches, dead values included', async () => {
    assert.deepEqual(await lines([], [1]), [2, 3, 4, 5, 6]);
  });

  it('nothing chosen leads nowhere', async () => {
    assert.deepEqual(await ask({}), { lines: [], rows: [], columns: [] });
  });

  it('a line tells the rows and columns that pass through it', async () => {
    const { rows, columns } = await ask({ line: 3 });
    assert.deepEqual([rows, columns], [[1], [1]]);
    const both = await ask({ line: 5 });
    assert.deepEqual([both.rows, both.columns], [[0], [0, 1]]);
    const dead = await ask({ line: 4 });
    assert.deepEqual([dead.rows, dead.columns], [[], [0, 1]]);
    const none = await ask({ line: 1 });
    assert.deepEqual([none.rows, none.columns], [[], []]);
  });
});
