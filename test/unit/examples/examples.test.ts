/** The examples against values that do not come from this program: closed forms, known figures, differences. */
import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { check } from '../../../src/runner/requests/check';
import { evaluate } from '../../../src/runner/requests/evaluate';
import { session, contextFor } from '../runner/support/derive';
import type { EvaluateParams } from '../../../src/runner/protocol';

const folder = resolve(__dirname, '../../../examples');

const ask = (file: string, fn: string, op: EvaluateParams['op'], more: Partial<EvaluateParams> = {}) =>
  evaluate(contextFor(), { file: join(folder, file), fn, op, ...more });

function close(actual: unknown, expected: number, digits = 1e-9): void {
  assert.ok(
    typeof actual === 'number' && Math.abs(actual - expected) <= digits * Math.max(1, Math.abs(expected)),
    `${String(actual)} is not ${expected}`,
  );
}

const FILES = [
  'rosenbrock',
  'logisticRegression',
  'robotArm',
  'blackScholes',
  'pendulum',
  'reactionDiffusion',
  'bundleAdjustment',
  'gaussianMixture',
  'neuralNetwork',
  'cameraOrbit',
  'leastSquares',
  'bisection',
];

describe('examples', function () {
  this.timeout(60_000);

  for (const name of FILES) {
    const file = join(folder, `${name}.ts`);
    it(`${name}: every function with a point agrees with Richardson differences`, async () => {
      const chosen = session.list(file).filter(({ points }) => points[0]?.source === '@at');
      assert.ok(chosen.length > 0);
      for (const { name: fn } of chosen) {
        const { passed, verdict, warnings } = await check(contextFor(), { file, fn });
        assert.ok(passed, `${fn}: ${verdict}`);
        assert.deepEqual(warnings, []);
      }
    });
  }

  it('rosenbrock: the Hessian that textbooks print', async () => {
    const { value, result } = await ask('rosenbrock.ts', 'rosenbrock', 'hessian', { at: '[-1.2, 1]' });
    close(value, 24.2);
    assert.deepEqual(result, [
      [1330, 480],
      [480, 200],
    ]);
  });

  it('logistic regression: the gradient that the JAX guide prints', async () => {
    const { result } = await ask('logisticRegression.ts', 'loss', 'grad', { wrt: [0, 1], at: '[0.5, -0.5, 0.25], 0' });
    const [W, b] = result as [number[], number];
    const inputs = [
      [0.52, 1.12, 0.77],
      [0.88, -1.08, 0.15],
      [0.52, 0.06, -1.3],
      [0.74, -2.49, 1.39],
    ];
    const targets = [1, 1, 0, 1];
    // ∂loss/∂W = Σ (p − t) x, in closed form.
    const residuals = inputs.map(
      (row, i) => 1 / (1 + Math.exp(-(row[0] * 0.5 - row[1] * 0.5 + row[2] * 0.25))) - targets[i],
    );
    W.forEach((entry, k) =>
      close(
        entry,
        residuals.reduce((sum, r, i) => sum + r * inputs[i][k], 0),
      ),
    );
    close(
      b,
      residuals.reduce((sum, r) => sum + r, 0),
    );
  });

  it('Black–Scholes: delta, vega, rho and theta in closed form', async () => {
    const { result } = await ask('blackScholes.ts', 'callPrice', 'grad', { wrt: [0, 2] });
    const [market, years] = result as [{ spot: number; sigma: number; rate: number }, number];
    const [S, K, sigma, r, T] = [100, 105, 0.2, 0.05, 0.5];
    const d1 = (Math.log(S / K) + (r + sigma ** 2 / 2) * T) / (sigma * Math.sqrt(T));
    const d2 = d1 - sigma * Math.sqrt(T);
    const density = Math.exp(-(d1 ** 2) / 2) / Math.sqrt(2 * Math.PI);
    const cdf = (x: number): number => {
      // Trapezoids over the density: exact to rounding for a smooth function on so wide an interval.
      let sum = 0;
      const n = 4000;
      for (let i = 0; i <= n; i++) {
        const t = -12 + ((x + 12) * i) / n;
        sum += (i === 0 || i === n ? 0.5 : 1) * Math.exp((-t * t) / 2);
      }
      return (sum * (x + 12)) / n / Math.sqrt(2 * Math.PI);
    };
    close(market.spot, cdf(d1), 1e-6);
    close(market.sigma, S * density * Math.sqrt(T), 1e-6);
    close(market.rate, K * T * Math.exp(-r * T) * cdf(d2), 1e-6);
    close(years, (S * density * sigma) / (2 * Math.sqrt(T)) + r * K * Math.exp(-r * T) * cdf(d2), 1e-6);
  });

  it('robot arm: an axis moves the hand at right angles to the lever', async () => {
    const { value, result } = await ask('robotArm.ts', 'handPosition', 'jacobian');
    const [x, y] = value as number[];
    const rows = result as number[][];
    // The first axis is vertical: velocity is z × r.
    close(rows[0][0], -y);
    close(rows[1][0], x);
    close(rows[2][0], 0);
    // The last joint turns about the hand's own axis.
    for (const row of rows) close(row[6], 0);
  });

  it('pendulum: without damping and for small swings, cosine and sine', async () => {
    const { result } = await ask('pendulum.ts', 'finalState', 'jacobian', {
      at: '[0, 0], { length: 1, damping: 0 }',
      wrt: [0],
    });
    const w = Math.sqrt(9.81);
    const expected = [
      [Math.cos(2 * w), Math.sin(2 * w) / w],
      [-w * Math.sin(2 * w), Math.cos(2 * w)],
    ];
    (result as number[][]).forEach((row, i) => row.forEach((entry, j) => close(entry, expected[i][j], 1e-6)));
  });

  it('reaction–diffusion: three bands', async () => {
    const { result, value } = await ask('reactionDiffusion.ts', 'residual', 'jacobian');
    assert.ok(value instanceof Float64Array && value.length === 40);
    (result as Float64Array[]).forEach((row, i) =>
      row.forEach((entry, j) => assert.equal(entry !== 0, Math.abs(i - j) <= 1)),
    );
    const weight = 1e-2 * 39 * 39;
    close((result as Float64Array[])[5][4], -weight);
  });

  it('neural network: the gradient has the structure of the parameters', async () => {
    const { result } = await ask('neuralNetwork.ts', 'loss', 'grad');
    const { hidden, output } = result as {
      hidden: { W: number[][]; b: number[] };
      output: { W: number[][]; b: number[] };
    };
    assert.deepEqual(
      [hidden.W.length, hidden.W[0].length, hidden.b.length, output.W[0].length, output.b.length],
      [3, 2, 3, 3, 1],
    );
  });

  it('least squares: the coefficients are linear in the measurements, and their rows sum as polynomials do', async () => {
    const { result } = await ask('leastSquares.ts', 'fit', 'jacobian', { wrt: [0] });
    // Fitting a constant gives that constant: rows sum to 1, 0, 0.
    (result as number[][])
      .map((row) => row.reduce((a, b) => a + b, 0))
      .forEach((sum, k) => close(sum, k === 0 ? 1 : 0));
  });
});
