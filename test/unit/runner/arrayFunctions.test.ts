/** Functions of large arrays: what their typed arrays become in programs, and an MLP's gradient on every backend. */
import assert from 'node:assert/strict';
import { evaluate } from '../../../src/runner/requests/evaluate';
import { recordTarget } from '../../../src/runner/requests/common';
import { contextFor, session } from './support/derive';
import { MLP } from './support/mlp';

const FILE = '/virtual/arrays.ts';
const SOURCE = `import { np, type NdArray } from 'gradlens';
export function given(w: Float64Array, x: Float32Array): NdArray {
  return np.sum(np.multiply(np.array(w), np.array(x)));
}
export function part(w: Float64Array): NdArray { return np.sum(np.sin(np.array(w.subarray(1, 3)))); }
export function nested(p: { w: Float64Array }): NdArray { return np.sum(np.square(np.array(p.w))); }
export function unused(w: Float64Array, x: Float64Array): NdArray { return np.sum(np.array(w)); }
export function both(w: Float64Array): NdArray { return np.multiply(np.sum(np.array(w)), w[1]); }
export function loop(w: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < w.length; i++) sum += w[i] * w[i];
  return sum;
}
export function changed(w: Float64Array): NdArray {
  const before = np.array(w);
  w[0] = 5;
  return np.sum(np.multiply(before, np.array(w)));
}
`;

describe('typed arrays of functions that use np', function () {
  this.timeout(60_000);
  before(() => session.overlay(FILE, SOURCE));

  const at = (fn: string, args: number[][]) => ({ file: FILE, fn, args: fn === 'nested' ? [{ w: args[0] }] : args });
  const cases: [fn: string, args: number[][], inputs: number, gradient: unknown][] = [
    [
      'given',
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      2,
      [Float64Array.of(4, 5, 6), Float32Array.of(1, 2, 3)],
    ],
    ['part', [[7, 0, Math.PI, 9]], 1, Float64Array.of(0, 1, -1, 0)],
    ['nested', [[3, 4]], 1, { w: Float64Array.of(6, 8) }],
    ['unused', [[3, 4], [1]], 2, [Float64Array.of(1, 1), Float64Array.of(0)]],
    // Looked at one by one, they are an input a number.
    ['both', [[3, 4]], 2, Float64Array.of(4, 11)],
    ['loop', [[3, 4, 5]], 3, Float64Array.of(6, 8, 10)],
    ['changed', [[3, 4]], 2, Float64Array.of(5, 8)],
  ];
  for (const [fn, args, inputs, gradient] of cases) {
    it(`are ${inputs} input${inputs === 1 ? '' : 's'} of \`${fn}\`, whose gradient is right`, async () => {
      const { recorded } = await recordTarget(contextFor(), at(fn, args));
      assert.equal(recorded.program.inputs.length, inputs);
      for (const backend of ['interpret', 'gpu'] as const) {
        const { result, warnings } = await evaluate(contextFor(), { ...at(fn, args), op: 'grad', backend });
        assert.deepEqual(warnings, []);
        if (backend === 'interpret') assert.deepEqual(result, gradient);
      }
    });
  }

  it('are two inputs of an MLP 784-256-10 with a batch of 64: its gradient by gpu.js agrees with float64', async () => {
    session.overlay('/virtual/mlp.ts', MLP(64, 784, 256, 10));
    const ask = (backend: 'interpret' | 'gpu') =>
      evaluate(contextFor(), { file: '/virtual/mlp.ts', fn: 'loss', op: 'grad', backend, structured: false });
    const exact = await ask('interpret');
    const { backend, float32, matrix, operations } = await ask('gpu');
    assert.equal(backend, 'gpu.js webasm (float32)');
    assert.ok(operations < 20, `${operations}`);
    assert.equal(float32?.checked, 784 * 256 + 256 * 10);
    assert.ok(float32.error > 0 && float32.error < 1e-5 && float32.worst === undefined);
    assert.equal(matrix?.values.length, exact.matrix?.values.length);
    assert.ok(exact.matrix?.values.some((value) => value !== 0));
  });
});
