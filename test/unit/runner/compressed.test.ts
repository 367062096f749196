import assert from 'node:assert/strict';
import '../../../src/engine';
import { jacobianOf, linearOf } from '../../../src/runner/derivatives';
import { recordTarget } from '../../../src/runner/requests/common';
import { inspect } from '../../../src/runner/requests/inspect';
import { contextFor, session } from './support/derive';

const FILE = '/virtual/compressed.ts';
const SOURCE = `export function residual(u: Float64Array): Float64Array {
  const r = new Float64Array(u.length);
  for (let i = 0; i < u.length; i++) {
    const left = i > 0 ? u[i - 1] : 0;
    const right = i + 1 < u.length ? u[i + 1] : 0;
    r[i] = left - 2 * u[i] + 1.5 * right + u[i] * u[i] * u[i];
  }
  return r;
}
export function full(u: Float64Array): Float64Array {
  let sum = 0;
  for (const value of u) sum += value * value;
  return u.map((value) => value * sum);
}
`;
const point = (n: number) => [Float64Array.from({ length: n }, (_, i) => Math.sin(i))];

describe('large Jacobians', function () {
  this.timeout(120_000);
  before(() => session.overlay(FILE, SOURCE));

  it('of a banded function are compressed: 3 colours, the same numbers as dense', async () => {
    const target = { file: FILE, fn: 'residual', args: point(400) };
    const { matrix, summary, strategy } = await inspect(contextFor(), target);
    assert.equal(strategy, 'compressed, 3 colours');
    assert.ok(matrix?.kind === 'sparse');
    assert.equal(summary?.nonZeros, 3 * 400 - 2);
    assert.equal(summary.symmetric, false);
    const { recorded } = await recordTarget(contextFor(), target);
    const dense = jacobianOf(linearOf(recorded), 'reverse').matrix.values;
    const expanded = new Float64Array(400 * 400);
    for (let row = 0; row < 400; row++) {
      for (let k = matrix.rowStarts[row]; k < matrix.rowStarts[row + 1]; k++) {
        expanded[row * 400 + matrix.columnIndices[k]] = matrix.values[k];
      }
    }
    assert.ok(expanded.every((value, index) => Math.abs(value - dense[index]) < 1e-12));
  });

  it('of a function whose every output depends on every input stay dense', async () => {
    const { matrix } = await inspect(contextFor(), { file: FILE, fn: 'full', args: point(330) });
    assert.equal(matrix?.kind, 'dense');
  });
});
