import assert from 'node:assert/strict';
import { derive } from './support/derive';

/** Bodies of a function of x = (0.1, 0.2, 0.3), its value and its Jacobian. */
type Case = [body: string, value: number[], jacobian: number[]];
const cases: Case[] = [
  ['np.multiply(x, 2)', [0.2, 0.4, 0.6], [2, 0, 0, 0, 2, 0, 0, 0, 2]],
  ['np.matmul(np.array([[1, 2, 3], [0, 1, 0]]), x)', [1.4, 0.2], [1, 2, 3, 0, 1, 0]],
  ['np.sum(np.multiply(new Float64Array([1.5, 2.5, 3.5]), x))', [1.7], [1.5, 2.5, 3.5]],
  ['np.sum(np.array([x, [1, 2, x[0]]]))', [3.7], [2, 1, 1]],
  ['grad((y: Float64Array) => np.sum(np.multiply(y, y)))(x)', [0.2, 0.4, 0.6], [2, 0, 0, 0, 2, 0, 0, 0, 2]],
  // Its gradient is a typed array too, as it is where nothing is recorded: these are of Σ y³, 3 y².
  ...[
    'GRAD(x)[1]',
    'GRAD(x).subarray(1, 2)',
    'np.array(GRAD(x))[0] === undefined ? np.take(np.array(GRAD(x)), 1) : NaN',
    'GRAD(x).map((v) => v)[1]',
    '[...GRAD(x)][1]',
    'Array.from(GRAD(x))[1]',
    'GRAD(x) instanceof Float64Array && GRAD(x).length === 3 ? GRAD(x)[1] : NaN',
    '{ const g = GRAD(x); const before = np.array(g); g[1] = 7; return np.take(before, 1); }',
    '{ const g = GRAD(x); g[0] = g[1]; return g[0]; }',
    'valueAndGrad((y: Float64Array) => np.sum(np.power(y, 3)))(x)[1][1]',
    'vjp((y: Float64Array) => np.sum(np.power(y, 3)), x)[1](1)[0][1]',
  ].map((body): Case => [
    body.replaceAll('GRAD', 'grad((y: Float64Array) => np.sum(np.power(y, 3)))'),
    [0.12],
    [0, 1.2, 0],
  ]),
  [
    'grad((y: Float64Array) => np.sum(np.multiply(y, grad((z: Float64Array) => np.sum(np.power(z, 3)))(y))))(x)',
    [0.09, 0.36, 0.81],
    [1.8, 0, 0, 0, 3.6, 0, 0, 0, 5.4],
  ],
  [
    '{ const y = new Float64Array(3); y[1] = x[0] * 5; return np.multiply(y, 2); }',
    [0, 1, 0],
    [0, 0, 0, 10, 0, 0, 0, 0, 0],
  ],
];

describe('typed arrays in np functions', () => {
  for (const [type, point] of [
    ['Float64Array', Float64Array.of(0.1, 0.2, 0.3)],
    ['Float32Array', Float32Array.of(0.1, 0.2, 0.3)],
  ] as const) {
    for (const [body, value, jacobian] of cases) {
      it(`keep value and derivative: ${type}, ${body}`, async () => {
        const code = body.startsWith('{') ? body : `{ return ${body}; }`;
        const text = `import { grad, np, valueAndGrad, vjp } from 'gradlens';\nexport function f(x: ${type}) ${code}`;
        const derived = await derive(text.replaceAll(/(?<=[yz]: |instanceof )Float64Array/g, type), [point]);
        const tolerance = type === 'Float64Array' ? 1e-12 : 1e-6;
        for (const [found, expected] of [
          [derived.value, value],
          [derived.jacobian, jacobian],
        ]) {
          assert.equal(found.length, expected.length);
          found.forEach((entry, index) =>
            assert.ok(Math.abs(entry - expected[index]) < tolerance, `${index}: ${entry}`),
          );
        }
        assert.deepEqual(derived.warnings, []);
      });
    }
  }
});
