import assert from 'node:assert/strict';
import type { BackendChoice, Data, EvaluateParams, Operation } from '../../../src/runner/protocol';
import { evaluate } from '../../../src/runner/requests/evaluate';
import { contextFor, session } from './support/derive';

const FILE = '/virtual/backends.ts';
const SOURCE = `export function energy(x: number[]): number {
  let sum = 0;
  for (let i = 0; i + 1 < x.length; i++) sum += Math.tanh(x[i] * x[i + 1]) + Math.exp(-x[i] * x[i]);
  return sum;
}
export function map(x: number[]): number[] {
  return [x[0] * x[1], Math.sin(x[0]), x[1] / (1 + x[2] * x[2])];
}
`;
const AT: Data[] = [[0.5, -1.25, 0.75]];

const numbersOf = (data: Data): number[] => (typeof data === 'number' ? [data] : (data as Data[]).flatMap(numbersOf));

/** What the user gets from each backend for one request. */
async function on(backend: BackendChoice, fn: string, op: Operation, extra: Partial<EvaluateParams> = {}) {
  return evaluate(contextFor(), { file: FILE, fn, op, args: AT, backend, ...extra });
}

describe('--backend', function () {
  this.timeout(60_000);
  before(() => session.overlay(FILE, SOURCE));

  const requests: [string, Operation, Partial<EvaluateParams>][] = [
    ['energy', 'grad', {}],
    ['energy', 'hessian', {}],
    ['energy', 'hvp', { vector: [1, -2, 0.5] }],
    ['map', 'jacobian', {}],
    ['map', 'jacfwd', {}],
    ['map', 'jacrev', {}],
    ['map', 'jvp', { tangent: [1, 2, 3] }],
    ['map', 'vjp', { cotangent: [1, 0, -1] }],
  ];
  for (const [fn, op, extra] of requests) {
    it(`gives the same ${op} by interpreting, by WebAssembly and by gpu.js`, async () => {
      const expected = await on('interpret', fn, op, extra);
      assert.equal(expected.backend, 'interpret');
      const compiled = await on('wasm', fn, op, extra);
      assert.equal(compiled.backend, 'wasm');
      const kernels = await on('gpu', fn, op, extra);
      assert.equal(kernels.backend, 'gpu.js webasm (float32)');
      const want = numbersOf(expected.result);
      assert.ok(want.some((value) => value !== 0));
      for (const [found, tolerance] of [[compiled, 1e-12], [kernels, 1e-5]] as const) {
        const got = numbersOf(found.result);
        assert.equal(got.length, want.length);
        got.forEach((value, index) => assert.ok(Math.abs(value - want[index]) <= tolerance * (1 + Math.abs(want[index])), `${index}: ${value}, not ${want[index]}`));
      }
    });
  }
});
