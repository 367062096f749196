import assert from 'node:assert/strict';
import {
  checkGrads,
  compareGrads,
  customJvp,
  customVjp,
  differentiate,
  dotProductTest,
  GradientCheckError,
  np,
  taylorTest,
  type NdArray,
} from '../../../../src/engine/index';

const f = (p: { x: NdArray; n: NdArray }, y: number) => ({
  a: np.tanh(p.x.mul(y)),
  b: np.sum(np.exp(p.x)).mul(np.sin(y)),
  n: p.n,
});
const args: [{ x: NdArray; n: NdArray }, number] = [
  {
    x: np.array([
      [0.3, -0.7],
      [1.2, 0.1],
    ]),
    n: np.asarray([1, 2], { dtype: 'int32' }),
  },
  0.8,
];

/** sin with a derivative that is wrong by a factor. */
function wrongSine(factor: number): (x: NdArray) => NdArray {
  const g = customJvp((x: NdArray) => np.sin(x));
  g.defjvp(([x]: [NdArray], [t]: [NdArray]) => [np.sin(x), t.mul(np.cos(x)).mul(factor)]);
  return g;
}

describe('checkGrads', () => {
  it('accepts right derivatives, in all combinations of modes to third order', () => {
    const results = checkGrads(f, args, { order: 3 });
    assert.equal(results.length, 2 + 4 + 8);
    assert.ok(results.every(({ ok }) => ok));
    assert.ok(Math.max(...results.map(({ error }) => error)) < 1e-10);
    assert.deepEqual(
      checkGrads(f, args, { order: 2, modes: ['rev'] }).map(({ modes }) => modes.join(' ')),
      ['rev', 'rev rev'],
    );
  });

  it('finds a wrong first derivative, in both modes, and says what it compared', () => {
    for (const modes of [['fwd'], ['rev']] as const) {
      assert.throws(
        () => checkGrads(wrongSine(1.001), [np.asarray(0.4)], { order: 1, modes }),
        (error: unknown) => {
          assert.ok(error instanceof GradientCheckError);
          assert.match(error.message, /the derivative of order 1 \((fwd|rev)\) is .* but differences give/);
          return true;
        },
      );
    }
    assert.equal(compareGrads(wrongSine(1.001), [np.asarray(0.4)], { order: 1 }).filter(({ ok }) => !ok).length, 2);
  });

  it('finds a derivative that is wrong from the second order on', () => {
    // The first derivative is right, but its own rule is wrong.
    const cosine = customVjp((x: NdArray) => np.cos(x));
    cosine.defvjp(
      (x) => [np.cos(x), x],
      (x: NdArray, ct: NdArray) => [ct.mul(np.sin(x))],
    );
    const g = customVjp((x: NdArray) => np.sin(x));
    g.defvjp(
      (x) => [np.sin(x), x],
      (x: NdArray, ct: NdArray) => [ct.mul(cosine(x))],
    );
    const results = compareGrads(g, [np.asarray(0.4)], { order: 2, modes: ['rev'] });
    assert.deepEqual(
      results.map(({ ok }) => ok),
      [true, false],
    );
  });

  it('is as tolerant as single precision needs', () => {
    const x = np.asarray([0.3, -0.7], { dtype: 'float32' });
    checkGrads((y: NdArray) => np.sin(y).mul(y), [x], { order: 2 });
    assert.throws(() => checkGrads(wrongSine(1.2), [x], { order: 1 }), GradientCheckError);
  });

  it('passes over steps outside the domain, and wants something to move', () => {
    checkGrads((x: NdArray) => np.log(x), [np.asarray(0.005)], { order: 1, relative: 1e-4 });
    assert.throws(() => checkGrads((n: NdArray) => n, [np.asarray(1, { dtype: 'int32' })]), /no float/);
  });
});

describe('differentiate', () => {
  it('extrapolates central differences to some ten digits, with an honest error', () => {
    const { value, error } = differentiate((h) => Float64Array.of(Math.exp(1 + h), Math.sin(3 + h)), {
      step: 0.1,
      halvings: 6,
    });
    [Math.E, Math.cos(3)].forEach((expected, k) => {
      assert.ok(Math.abs(value[k] - expected) < 1e-11);
      assert.ok(Math.abs(value[k] - expected) <= error[k] * 10 + 1e-14);
    });
    assert.ok(Number.isNaN(differentiate(() => Float64Array.of(NaN), { step: 1, halvings: 2 }).value[0]));
  });
});

describe('dotProductTest', () => {
  it('holds to rounding where modes are each other’s transposition', () => {
    const { ok, relativeError } = dotProductTest(f, args);
    assert.ok(ok && relativeError < 1e-14);
  });

  it('finds modes that differ', () => {
    // The pull-back is right at its point only to first order of a wrong factor.
    const g = customJvp((x: NdArray) => np.sin(x));
    let factor = 1;
    g.defjvp(([x]: [NdArray], [t]: [NdArray]) => [np.sin(x), t.mul(np.cos(x)).mul((factor *= 1.01))]);
    const { ok, forward, reverse } = dotProductTest(g, [np.asarray(0.4)], { trials: 1 });
    assert.ok(!ok);
    assert.notEqual(forward, reverse);
  });
});

describe('taylorTest', () => {
  it('finds slopes 1, 2 and 3', () => {
    const { ok, slopes, remainders } = taylorTest(f, args);
    assert.ok(ok);
    slopes.forEach((slope, order) => assert.ok(Math.abs(slope - order - 1) < 0.1, `${slope}`));
    assert.ok(remainders[2].every((rest, step) => rest < remainders[1][step]));
  });

  it('finds wrong derivatives by their slope', () => {
    const { ok, slopes } = taylorTest(wrongSine(1.1), [np.asarray(0.4)], { order: 1, direction: [1] });
    assert.ok(!ok);
    assert.ok(slopes[1] < 1.2);
  });

  it('takes what is left within rounding for nothing', () => {
    const { ok, slopes } = taylorTest((x: NdArray) => x.mul(3), [np.asarray(0.4)]);
    assert.ok(ok);
    assert.ok(Number.isNaN(slopes[2]));
  });
});
