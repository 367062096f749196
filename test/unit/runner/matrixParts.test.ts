/** Rows and columns of Jacobians and Hessians that are too large for one answer: together they are the whole. */
import assert from 'node:assert/strict';
import '../../../src/engine';
import type { EvaluateParams, MatrixPart } from '../../../src/runner/protocol';
import { evaluate } from '../../../src/runner/requests/evaluate';
import { contextFor, session } from './support/derive';

const FILE = '/virtual/parts.ts';
const SOURCE = `export function wide(x: number[]): number[] {
  return [0, 1, 2, 3].map((row) => x.reduce((sum, value, i) => sum + Math.sin(value * (row + 1)) * (i + 1), 0));
}
export function energy(x: number[]): number {
  return x.reduce((sum, value, i) => sum + value ** 3 * (x[(i + 1) % x.length] + i), 0);
}
`;

describe('parts of matrices', () => {
  const args = [Array.from({ length: 21 }, (_, i) => Math.cos(i) / 2)];

  before(() => session.overlay(FILE, SOURCE));

  const matrix = async (params: Pick<EvaluateParams, 'fn' | 'op' | 'part'>) => {
    const answer = await evaluate(contextFor(), { file: FILE, args, structured: false, ...params });
    assert.ok(answer.matrix?.kind === 'dense');
    assert.equal(answer.result, null);
    return answer.matrix;
  };

  const cases: [string, 'jacobian' | 'hessian', MatrixPart['by'], number][] = [
    ['wide', 'jacobian', 'rows', 4],
    ['wide', 'jacobian', 'columns', 21],
    ['energy', 'hessian', 'columns', 21],
  ];
  for (const [fn, op, by, count] of cases) {
    it(`${by} of a ${op}`, async () => {
      const whole = await matrix({ fn, op });
      for (const [from, to] of [
        [0, 3],
        [3, count],
        [count - 1, count + 7],
      ]) {
        const part = await matrix({ fn, op, part: { by, from, to } });
        const last = Math.min(to, count);
        assert.deepEqual(
          [part.rows, part.columns],
          by === 'rows' ? [last - from, whole.columns] : [whole.rows, last - from],
        );
        part.values.forEach((value, index) => {
          const [r, c] = [Math.floor(index / part.columns), index % part.columns];
          const expected =
            by === 'rows' ? whole.values[(from + r) * whole.columns + c] : whole.values[r * whole.columns + from + c];
          assert.ok(
            Math.abs(value - expected) <= 1e-12 * (1 + Math.abs(expected)),
            `${r} ${c}: ${value}, not ${expected}`,
          );
        });
      }
    });
  }
});
