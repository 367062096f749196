/** Random numbers: JAX's (0.5 and later, partitionable threefry2x32), bit for bit where JAX is exact. */
import assert from 'node:assert/strict';
import { grad, np, random, vmap, type NdArray } from '../../../../src/engine/index';
import { threefry2x32 } from '../../../../src/engine/primitives/random';
import { assertClose } from '../numpy/support/close';

const list = (x: NdArray): unknown => x.tolist();

describe('keys', () => {
  it('hashes as the Random123 known answers say', () => {
    assert.deepEqual(threefry2x32([0, 0], [0, 0]), [0x6b200159, 0x99ba4efe]);
    assert.deepEqual(threefry2x32([0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff]), [0x1cb996fc, 0xbb002be7]);
    assert.deepEqual(threefry2x32([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3]), [0xc4923a9c, 0x483df7a0]);
  });

  it('makes a key of a seed', () => {
    assert.deepEqual(list(random.key(42)), [0, 42]);
    assert.deepEqual(list(random.key(2 ** 32 - 1)), [0, 4294967295]);
    assert.deepEqual(list(random.key(2 ** 33 + 5)), [2, 5]);
    assert.deepEqual(list(random.key(-1)), [4294967295, 4294967295]);
    assert.deepEqual(list(random.key(np.int32(7))), [0, 7]);
    assert.throws(() => random.key(0.5), /random\.key.*0\.5/);
  });

  it('splits a key', () => {
    assert.deepEqual(list(random.split(random.key(0))), [
      [1797259609, 2579123966],
      [928981903, 3453687069],
    ]);
    assert.deepEqual([...random.split(random.key(0), [2, 3]).shape], [2, 3, 2]);
    assert.throws(() => random.split(random.split(random.key(0))), /random\.split.*uint32\[2,2\]/);
    assert.throws(() => random.uniform([1, 2, 3]), /random\.uniform/);
  });

  it('folds numbers into a key: those of the split', () => {
    const key = random.key(9);
    const all = random.split(key, 5);
    for (let k = 0; k < 5; k++) assert.deepEqual(list(random.foldIn(key, k)), list(all.slice(k)));
    assert.deepEqual(list(random.foldIn(key, 4294967295)), threefry2x32([0, 9], [0, 4294967295]));
    assert.deepEqual(list(random.foldIn(key, -1)), list(random.foldIn(key, 4294967295)));
  });

  it('hashes traced keys and numbers alike', () => {
    const keys = random.split(random.key(3), 4);
    const folded = vmap((key: NdArray) => random.foldIn(key, 77))(keys);
    const expected = [...keys].map((key) => random.foldIn(key, 77).tolist());
    assert.deepEqual(list(folded), expected);
    const numbers = vmap((n: NdArray) => random.foldIn(random.key(8), n))(np.uint32([0, 1, 4294967295]));
    assert.deepEqual(
      list(numbers),
      [0, 1, 4294967295].map((n) => random.foldIn(random.key(8), n).tolist()),
    );
    const draws = vmap((key: NdArray) => random.normal(key, [2]))(keys);
    assertClose(draws, np.stack([...keys].map((key) => random.normal(key, [2]))), 0);
    const keyed = vmap((n: NdArray) => random.key(n))(np.int32([1, 2]));
    assert.deepEqual(list(keyed), [
      [0, 1],
      [0, 2],
    ]);
  });
});

describe('uniform numbers', () => {
  it("are JAX's", () => {
    assertClose(random.uniform(random.key(0), [3]), np.float32([0.947667, 0.9785799, 0.33229148]), 1e-7);
    assert.equal(random.uniform(random.key(0)).item(), Math.fround(0.947667));
    assertClose(random.uniform(random.split(random.key(0)).slice(1)), np.float32(0.00729382), 1e-8);
    assert.equal(random.uniform(random.key(0)).dtype, 'float32');
  });

  it('use 52 bits for float64', () => {
    const x = random.uniform(random.key(0), [3], { dtype: 'float64' });
    assertClose(x, [0.41845711, 0.21629545, 0.96532146], 1e-8);
    const [high, low] = threefry2x32([0, 0], [0, 0]);
    assert.equal(x.slice(0).item(), Number(((BigInt(high) << 32n) | BigInt(low)) >> 12n) / 2 ** 52);
  });

  it('lie in their limits, which may be arrays', () => {
    const x = random.uniform(random.key(1), [1000, 2], { minval: [-1, 5], maxval: [1, 6] });
    assert.ok(np.all(x.ge([-1, 5]).and(x.lt([1, 6]))).item());
    assertClose(x.mean(0), np.float32([0, 5.5]), 0.05);
    assert.throws(() => random.uniform(random.key(1), [2], { maxval: [1, 2, 3] }), /maxval.*\[3\].*\[2\]/);
    assert.throws(() => random.uniform(random.key(1), [2], { dtype: 'int32' as 'float32' }), /int32/);
  });

  it('differentiate by their limits', () => {
    const draw = random.uniform(random.key(2), [4], { dtype: 'float64' });
    const slope = grad((high: NdArray) => random.uniform(random.key(2), [4], { dtype: 'float64', maxval: high }).sum())(
      np.array(3),
    );
    assertClose(slope, draw.sum(), 1e-12);
  });

  it('make bits, integers and coin tosses', () => {
    const words = Array.from({ length: 3 }, (_, k) => threefry2x32([0, 5], [0, k])).map(([a, b]) => (a ^ b) >>> 0);
    assert.deepEqual(list(random.bits(random.key(5), [3])), words);
    const dice = random.randint(random.key(5), [6000], 1, 7);
    assert.equal(dice.dtype, 'int32');
    assertClose(
      np.bincount(dice).astype('float64').div(6000),
      [0, 1, 1, 1, 1, 1, 1].map((one) => one / 6),
      0.02,
    );
    const byLimits = random.randint(random.key(5), [6000], np.int32(1), np.int32(7));
    assert.ok(np.arrayEqual(dice, byLimits).item());
    assert.deepEqual(list(random.randint(random.key(5), [3], 4, 4)), [4, 4, 4]);
    assert.equal(random.randint(random.key(5), [2], 0, 2 ** 32, { dtype: 'uint32' }).dtype, 'uint32');
    const tosses = random.bernoulli(random.key(6), 0.3, [5000]);
    assert.equal(tosses.dtype, 'bool');
    assertClose(np.mean(tosses), 0.3, 0.02);
    assert.deepEqual(list(random.bernoulli(random.key(6), [0, 1])), [false, true]);
  });

  it('follow the recipe for integers word by word', () => {
    const [first, second] = [...random.split(random.key(11))];
    const [high, low] = [random.bits(first).item(), random.bits(second).item()].map((word) => BigInt(Number(word)));
    const value = (((high << 32n) | low) % 1000n) - 500n;
    assert.equal(random.randint(random.key(11), [], -500, 500).item(), Number(value));
  });
});

describe('distributions', () => {
  it("normal numbers are JAX's, to rounding", () => {
    assertClose(random.normal(random.key(42)), np.float32(-0.028304616), 1e-7);
    assertClose(random.normal(random.key(0), [3]), np.float32([1.6226422, 2.0252647, -0.43359444]), 3e-7);
    assertClose(random.normal(random.key(42), [3]), np.float32([-0.02830462, 0.46713185, 0.29570296]), 1e-7);
    const subkeys = random.split(random.key(42), 3);
    assertClose(
      np.stack([...subkeys].map((key) => random.normal(key))),
      np.float32([0.07592554, 0.60576403, 0.4323065]),
      2e-7,
    );
  });

  const moments: readonly [string, (n: number) => NdArray, mean: number, deviation: number][] = [
    ['normal', (n) => random.normal(random.key(1), [n], { dtype: 'float64' }), 0, 1],
    ['truncatedNormal', (n) => random.truncatedNormal(random.key(1), -1, 1, [n]), 0, 0.5396],
    ['exponential', (n) => random.exponential(random.key(1), [n]), 1, 1],
    ['gumbel', (n) => random.gumbel(random.key(1), [n]), 0.5772, Math.PI / Math.sqrt(6)],
    ['laplace', (n) => random.laplace(random.key(1), [n]), 0, Math.SQRT2],
    ['logistic', (n) => random.logistic(random.key(1), [n]), 0, Math.PI / Math.sqrt(3)],
    ['rademacher', (n) => random.rademacher(random.key(1), [n]), 0, 1],
    ['pareto', (n) => random.pareto(random.key(1), 5, [n]), 1.25, 0.3227],
  ];
  for (const [name, draw, mean, deviation] of moments) {
    it(`${name} has its mean and deviation`, () => {
      const x = draw(20000).astype('float64');
      assertClose(x.mean(), mean, 0.03);
      assertClose(x.std(), deviation, 0.05);
    });
  }

  it('cauchy has its quartiles', () => {
    assertClose(
      np.quantile(random.cauchy(random.key(1), [20000]).astype('float64'), [0.25, 0.5, 0.75]),
      [-1, 0, 1],
      0.06,
    );
  });

  it('truncated normal numbers stay inside', () => {
    const x = random.truncatedNormal(random.key(3), 2, 2.00001, [100]);
    assert.ok(np.all(x.gt(2).and(x.lt(2.00001))).item());
    assert.ok(np.all(random.truncatedNormal(random.key(3), 0.5, Infinity, [100]).gt(0.5)).item());
  });

  it('multivariate normal numbers have their covariance', () => {
    const covariance = [
      [2, 0.6],
      [0.6, 1],
    ];
    const x = random.multivariateNormal(random.key(2), [1, -1], covariance, { shape: [20000] });
    assert.deepEqual([...x.shape], [20000, 2]);
    assertClose(x.mean(0), [1, -1], 0.05);
    assertClose(np.cov(x, { rowvar: false }), covariance, 0.06);
  });
});

describe('choices', () => {
  const key = random.key(7);
  it('permutes', () => {
    const order = random.permutation(key, 100);
    assert.equal(order.dtype, 'int32');
    assert.deepEqual(
      list(np.sort(order)),
      Array.from({ length: 100 }, (_, k) => k),
    );
    const x = np.arange(12).reshape(4, 3);
    assert.deepEqual(list(np.sort(random.permutation(key, x).slice(':', 0))), [0, 3, 6, 9]);
    assert.deepEqual(
      list(random.permutation(key, x).slice(':', 1)),
      list(random.permutation(key, x).slice(':', 0).add(1)),
    );
    assert.deepEqual(list(np.sort(random.permutation(key, x, { axis: 1, independent: true }), 1)), list(x));
    assert.deepEqual(list(random.permutation(key, [5, 6, 7])), list(np.take([5, 6, 7], random.permutation(key, 3))));
    assert.deepEqual(list(random.permutation(key, 0)), []);
  });

  it('draws with and without replacement and by weights', () => {
    assert.deepEqual([...random.choice(key, 5, [2, 3]).shape], [2, 3]);
    assert.deepEqual(
      list(random.choice(key, 5, [4], { replace: false })),
      list(random.permutation(key, 5).slice('0:4')),
    );
    assert.deepEqual(
      list(
        random
          .choice(
            key,
            np.array([
              [1, 2],
              [3, 4],
            ]),
            [3],
            { axis: 1 },
          )
          .slice(1),
      ),
      list(
        random
          .choice(
            key,
            np.array([
              [1, 2],
              [3, 4],
            ]),
            [3],
            { axis: 1 },
          )
          .slice(0)
          .add(2),
      ),
    );
    const draws = random.choice(key, 3, [6000], { p: [0.2, 0, 0.8] });
    assertClose(np.bincount(draws).astype('float64').div(6000), [0.2, 0, 0.8], 0.02);
    assert.deepEqual(list(np.sort(random.choice(key, 4, [3], { replace: false, p: [0.3, 0.3, 0, 0.4] }))), [0, 1, 3]);
    assert.throws(() => random.choice(key, 3, [4], { replace: false }), /4 of 3/);
    assert.throws(() => random.choice(key, 3, [4], { p: [0.5, 0.5] }), /\[2\].*3 elements/);
  });

  it('draws categories by their logits', () => {
    const logits = np.log([
      [0.1, 0.9],
      [0.5, 0.5],
    ]);
    const x = random.categorical(key, logits, { shape: [5000, 2] });
    assert.equal(x.dtype, 'int32');
    assertClose(np.mean(x, 0), [0.9, 0.5], 0.03);
  });
});
