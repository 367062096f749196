/** Inputs in single precision: rounding is neither a lost derivative nor a wrong one, and what is lost is told all the same. */
import assert from 'node:assert/strict';
import { check } from '../../../src/runner/requests/check';
import { evaluate } from '../../../src/runner/requests/evaluate';
import { contextFor, session } from './support/derive';

const FILE = '/virtual/single.ts';

async function judged(text: string): Promise<{ passed: boolean; warnings: string[] }> {
  session.overlay(FILE, text);
  const target = { file: FILE, fn: 'f' };
  const { passed } = await check(contextFor(), target);
  const { warnings } = await evaluate(contextFor(), { ...target, op: 'jacobian' });
  return { passed, warnings: warnings.map(({ code }) => code) };
}

describe('inputs in float32', () => {
  for (const [name, text] of [
    [
      'of a Float32Array',
      `/** @at new Float32Array([1.1, 2.2]) */
       export function f(x: Float32Array): number { return Math.sin(x[0]) * x[1] * x[1]; }`,
    ],
    [
      'beside numbers in double precision',
      `/** @at { w: new Float32Array([1.1, -2.2]), b: 0.5 } */
       export function f(p: { w: Float32Array; b: number }): number { return Math.tanh(p.w[0] * 2 + p.w[1] + p.b); }`,
    ],
    [
      'of an array of np',
      `import { np } from 'gradlens';
       /** @at np.array([1.1, 2.2], { dtype: 'float32' }) */
       export function f(x: np.Array): np.Array { return np.sum(np.sin(x).mul(x)); }`,
    ],
    [
      'of an array of np beside a number, which takes its type',
      `import { np } from 'gradlens';
       /** @at np.array([1.1, 2.2], { dtype: 'float32' }), 2 */
       export function f(x: np.Array, k: number): np.Array { return np.sum(np.multiply(np.exp(x), k)); }`,
    ],
  ]) {
    it(`are no reason to doubt a derivative: ${name}`, async () => {
      assert.deepEqual(await judged(text), { passed: true, warnings: [] });
    });
  }

  const search = (state: string) => `/** @at new Float32Array([4, 2.2]) */
    export function f(x: Float32Array): number {
      const b = ${state};
      for (let i = 0; i < 24; i++) { const m = (b[0] + b[1]) / 2; if (m * m < x[0]) b[0] = m; else b[1] = m; }
      return b[0] * x[1];
    }`;
  for (const [name, state] of [
    ['double', '[0, 10]'],
    ['single', 'new Float32Array([0, 10])'],
  ]) {
    it(`do not hide what a search by comparisons loses, in ${name} precision`, async () => {
      assert.deepEqual(await judged(search(state)), { passed: false, warnings: ['derivative-lost'] });
    });
  }
});
