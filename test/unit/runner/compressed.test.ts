import assert from 'node:assert/strict';
import '../../../src/engine';
import { compressedJacobian } from '../../../src/runner/compressed';
import { jacobianOf, linearOf, patternOf } from '../../../src/runner/derivatives';
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
export function wide(u: Float64Array): Float64Array {
  const r = u.map((value) => Math.sin(value) / 3);
  for (let i = 1; i < u.length; i++) r[0] += u[i] * u[i];
  return r;
}
export function scattered(u: Float64Array): Float64Array {
  const r = new Float64Array(300);
  for (let i = 0; i < 300; i++) for (let j = 0; j < 150; j++) r[i] += u[(i * 7919 + j * j * 31 + j * 104729) % u.length];
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

  async function assertCompressed(fn: string, strategy: string, nonZeros: number): Promise<void> {
    const target = { file: FILE, fn, args: point(400) };
    const found = await inspect(contextFor(), target);
    const { matrix, summary } = found;
    assert.equal(found.strategy, strategy);
    assert.ok(matrix?.kind === 'sparse');
    assert.equal(summary?.nonZeros, nonZeros);
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
  }

  it('of a banded function are compressed: 3 colours, the same numbers as dense', () =>
    assertCompressed('residual', 'compressed, 3 colours', 3 * 400 - 2));

  it('with one full row are compressed by rows', () => assertCompressed('wide', 'compressed, 2 colours', 2 * 400 - 1));

  it('whose pattern takes too long to find count as dense', async () => {
    const { recorded } = await recordTarget(contextFor(), { file: FILE, fn: 'scattered', args: point(601) });
    assert.equal(patternOf(linearOf(recorded), 1), 'dense');
  });

  it('of a function whose every output depends on every input stay dense', async () => {
    const { matrix } = await inspect(contextFor(), { file: FILE, fn: 'full', args: point(330) });
    assert.equal(matrix?.kind, 'dense');
  });

  it('ask for the inputs of the program a few times, however many there are', async () => {
    const { recorded } = await recordTarget(contextFor(), { file: FILE, fn: 'residual', args: point(2000) });
    let asked = 0;
    const counted = Object.defineProperty({ ...recorded }, 'inputs', {
      get: () => {
        asked++;
        return recorded.inputs;
      },
    });
    assert.equal(compressedJacobian(counted)?.colors, 3);
    assert.ok(asked < 10, `${asked} times`);
  });
});
