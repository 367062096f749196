import assert from 'node:assert/strict';
import {
  checkGrads,
  cond,
  foriLoop,
  grad,
  jacfwd,
  jit,
  jvp,
  makeProgram,
  np,
  printProgram,
  scan,
  switchCase,
  vmap,
  whileLoop,
  type NdArray,
} from '../../../../src/engine/index';
import { array, assertArray, assertNumber, assertTree } from './support';

const x = array([0.3, -0.8]);

/** `f` of each row, stacked. */
const loop = (f: (x: NdArray) => NdArray, rows: NdArray) => np.stack([...rows].map(f));

describe('scan', () => {
  const xs = {
    k: array([0.5, -0.4, 0.3]),
    m: array([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
  };
  const w = array([
    [0.2, -0.5],
    [0.7, 0.1],
  ]);
  type Step = { k: NdArray; m: NdArray };

  const scanned = (c: NdArray, weights: NdArray, over: typeof xs, reverse = false) =>
    scan(
      (carry: NdArray, { k, m }: Step) => [np.tanh(np.dot(weights, carry)).mul(k), { out: carry.mul(m), k }] as const,
      c,
      over,
      { reverse },
    );

  function unrolled(
    c: NdArray,
    weights: NdArray,
    over: typeof xs,
    reverse = false,
  ): [NdArray, { out: NdArray; k: NdArray }] {
    let carry = c;
    const out: NdArray[] = [];
    const steps = reverse ? [2, 1, 0] : [0, 1, 2];
    for (const step of steps) {
      out[step] = carry.mul(over.m.slice(step));
      carry = np.tanh(np.dot(weights, carry)).mul(over.k.slice(step));
    }
    return [carry, { out: np.stack(out), k: over.k }];
  }

  for (const reverse of [false, true]) {
    it(`is a loop${reverse ? ' from the end' : ''}, with all its derivatives`, () => {
      assertTree(scanned(x, w, xs, reverse), unrolled(x, w, xs, reverse));
      const f = (c: NdArray, weights: NdArray, k: NdArray, m: NdArray) => scanned(c, weights, { k, m }, reverse);
      checkGrads(f, [x, w, xs.k, xs.m], { order: 3 });
      const total = (run: typeof unrolled) => (c: NdArray, weights: NdArray, k: NdArray) => {
        const [carry, ys] = run(c, weights, { k, m: xs.m }, reverse);
        return np.sum(carry).add(np.sum(np.square(ys.out)));
      };
      assertTree(grad(total(scanned), [0, 1, 2])(x, w, xs.k), grad(total(unrolled), [0, 1, 2])(x, w, xs.k));
    });
  }

  it('batches over the carry, the constants and what it runs over', () => {
    const f = (c: NdArray, weights: NdArray, k: NdArray) => np.sum(scanned(c, weights, { k, m: xs.m })[1].out);
    const cs = array([
      [1, 2],
      [-0.5, 0.3],
    ]);
    const ks = array([
      [1, 2, 3],
      [0.1, -0.2, 0.3],
    ]);
    assertArray(
      vmap(f, [0, null, null])(cs, w, xs.k),
      loop((c) => f(c, w, xs.k), cs),
    );
    assertArray(
      vmap(f, [null, null, 0])(x, w, ks),
      loop((k) => f(x, w, k), ks),
    );
    assertArray(
      vmap(grad(f), [null, 0, null])(x, np.stack([w, w.mul(2)]), xs.k),
      np.stack([grad(f)(x, w, xs.k), grad(f)(x, w.mul(2), xs.k)]),
    );
    assertArray(
      vmap(grad(f, 2), [null, null, 0])(x, w, ks),
      loop((k) => grad(f, 2)(x, w, k), ks),
    );
  });

  it('carries trees with numbers and integers, runs without xs, and zero times', () => {
    const one = np.asarray(1, { dtype: 'int32' });
    const start = { n: np.asarray(0, { dtype: 'int32' }), s: np.asarray(1), single: 0.5 as NdArray | number };
    const [carry, ys] = scan(
      ({ n, s, single: f }: typeof start) =>
        [{ n: n.add(one), s: s.mul(2), single: np.multiply(f, 2).astype('float32') }, null] as const,
      start,
      null,
      { length: 5 },
    );
    assert.equal(ys, null);
    assert.deepEqual([carry.n.item(), carry.s.item()], [5, 32]);
    // A plain number takes the float dtype that the body gives it.
    assert.equal((carry.single as NdArray).dtype, 'float32');
    assertNumber(carry.single, 16);
    const [none, empty] = scan((c: NdArray, k: NdArray) => [c.add(k), c] as const, np.asarray(3), np.zeros([0]));
    assertTree([none, empty], [np.asarray(3), np.zeros([0])]);
  });

  it('is one equation, however long', () => {
    const program = makeProgram(
      (c: NdArray) => scan((y: NdArray, k: NdArray) => [np.sin(y).mul(k), null], c, np.arange(1000))[0],
    )(np.asarray(1));
    assert.match(printProgram(program), /scan\[body=/);
    assert.ok(program.size < 10);
  });

  it('keeps residuals that do not change out of the loop', () => {
    // w is a residual of every step: it must not be stacked.
    const f = (weights: NdArray) =>
      np.sum(scan((y: NdArray) => [np.tanh(np.dot(weights, y)), null], x, null, { length: 50 })[0]);
    const text = printProgram(makeProgram(grad(f))(w));
    assert.doesNotMatch(text, /f64\[50,2,2\]/);
  });

  it('runs step by step where control flow inside depends on values', () => {
    const body = (c: NdArray, k: NdArray) => [np.greater(c, 1).item() ? c.mul(0.5) : c.add(k), c] as const;
    const f = (c: number) => scan(body, np.asarray(c), array([1, 2, 3]))[0];
    assertNumber(f(0.5), 3.75);
    assertNumber(grad(f)(0.5), 0.5);
    assertArray(
      vmap((c: NdArray) => scan(body, c, array([1, 2, 3]))[0])(array([0.5, -3, 7])),
      array([0.5, -3, 7].map((c) => Number(f(c)))),
    );
  });

  it('says what does not fit', () => {
    assert.throws(
      () => scan((c: NdArray) => [np.stack([c, c]), null], np.asarray(1), null, { length: 2 }),
      /carry went in and came out as \(got f64\[\], f64\[2\]\)/,
    );
    assert.throws(
      () => scan((c: NdArray) => [{ c } as unknown as NdArray, null], np.asarray(1), null, { length: 2 }),
      /\{c: \*\}/,
    );
    assert.throws(() => scan((c: NdArray) => [c, null], np.asarray(1), null), /or length/);
    assert.throws(
      () => scan((c: NdArray) => [c, null], np.asarray(1), { a: array([1, 2]), b: array([1]) }),
      /2 and 1 \(xs\.b\)/,
    );
    assert.throws(
      () => scan((c: NdArray) => c as unknown as [NdArray, null], np.asarray(1), array([1, 2])),
      /pair \[carry, y\]/,
    );
  });
});

describe('cond and switchCase', () => {
  const f = (y: NdArray) =>
    cond(
      np.greater(y, 0),
      (z) => z.mul(np.sin(z)),
      (z) => z.pow(3),
      y,
    );

  it('choose, with derivatives of what was chosen', () => {
    for (const point of [0.7, -0.7]) {
      checkGrads(f, [np.asarray(point)], { order: 3 });
      assertNumber(f(np.asarray(point)), point > 0 ? point * Math.sin(point) : point ** 3);
    }
    assertNumber(
      cond(
        true,
        () => 1,
        () => 2,
      ),
      1,
    );
  });

  it('are one equation with both branches', () => {
    const text = printProgram(makeProgram(f)(np.asarray(1)));
    assert.match(text, /cond\[branches=\(\{ lambda/);
  });

  it('select between both under vmap with a predicate that differs', () => {
    const points = array([0.7, -0.7, 1.3]);
    assertArray(vmap(f)(points), loop(f, points));
    assertArray(vmap(grad(f))(points), loop(grad(f), points));
    assertArray(vmap(grad(grad(f)))(points), loop(grad(grad(f)), points));
    const shared = (y: NdArray, on: NdArray) =>
      cond(
        on,
        (z) => z.mul(2),
        (z) => z.add(1),
        y,
      );
    assertArray(vmap(shared, [0, null])(points, np.asarray(true)), points.mul(2));
  });

  it('close over traced values, and take trees', () => {
    const g = (a: number, b: number) =>
      cond(
        np.greater(a, 0),
        (p) => ({ v: np.multiply(p.v, b) }),
        (p) => ({ v: np.multiply(a, p.v) }),
        { v: b },
      ).v;
    assertTree(grad(g, [0, 1])(2, 3), [0, 6]);
    assertTree(grad(g, [0, 1])(-2, 3), [3, -2]);
  });

  it('switchCase clamps its index', () => {
    const g = (i: NdArray, y: NdArray) => switchCase(i, [(z) => z, (z) => z.mul(z), (z) => np.sin(z)], y);
    const at = (i: number) => np.asarray(i, { dtype: 'int32' });
    const point = np.asarray(0.6);
    for (const [i, expected] of [
      [-3, 1],
      [0, 1],
      [1, 1.2],
      [2, Math.cos(0.6)],
      [9, Math.cos(0.6)],
    ]) {
      assertNumber(grad(g, 1)(at(i), point), expected);
      assertNumber(jit(grad(g, 1))(at(i), point), expected);
    }
    const indices = np.asarray([-1, 0, 1, 2, 5], { dtype: 'int32' });
    assertArray(vmap(grad(g, 1), [0, null])(indices, point), array([1, 1, 1.2, Math.cos(0.6), Math.cos(0.6)]));
  });

  it('say where branches differ', () => {
    const different = (y: NdArray) =>
      cond(
        np.greater(y, 0),
        (z) => z,
        (z) => np.stack([z, z]),
        y,
      );
    assert.throws(
      () => makeProgram(different)(np.asarray(1)),
      /cond: result is f64\[2\] in one branch and f64\[\] in another/,
    );
    const trees = (y: NdArray) =>
      cond<[NdArray], unknown>(
        np.greater(y, 0),
        (z) => [z],
        (z) => ({ z }),
        y,
      );
    assert.throws(() => makeProgram(trees)(np.asarray(1)), /cond: the structure/);
  });
});

describe('whileLoop and foriLoop', () => {
  // Newton's method for the square root
  const root = (y: NdArray) =>
    whileLoop(
      ({ step }) => np.greater(np.abs(step), 1e-12),
      ({ z }) => {
        const next = z.add(y.div(z)).mul(0.5);
        return { z: next, step: next.sub(z) };
      },
      { z: y, step: np.asarray(1) },
    ).z;

  it('repeats while its condition holds, and differentiates forward', () => {
    assertNumber(root(np.asarray(2)), Math.SQRT2);
    assertNumber(jvp(root, [np.asarray(2)], [1])[1], 1 / (2 * Math.SQRT2));
    assertNumber(jacfwd(jacfwd(root))(np.asarray(2)), -1 / (4 * 2 ** 1.5), 1e-9);
  });

  it('throws in reverse mode, and says what to do', () => {
    assert.throws(
      () => grad(root)(np.asarray(2)),
      (error: Error & { hint?: string }) => {
        assert.match(error.message, /Reverse-mode differentiation does not work through `while`/);
        assert.match(error.hint ?? '', /forward mode/);
        return true;
      },
    );
    // Where its result does not matter, nothing is wrong.
    assertNumber(grad((y: NdArray) => y.mul(2).add(root(np.asarray(2))))(np.asarray(2)), 2);
  });

  it('batches: examples that are done stay as they are', () => {
    const points = array([2, 100, 0.01]);
    assertArray(vmap(root)(points), np.sqrt(points), 1e-9);
    assertArray(vmap((y: NdArray) => jvp(root, [y], [1])[1])(points), np.divide(0.5, np.sqrt(points)), 1e-9);
  });

  it('foriLoop with plain bounds has both modes', () => {
    const f = (y: NdArray) => foriLoop(2, 6, (i, z) => np.sin(z.mul(i.astype('float64'))), y);
    const expected = (y: number) => [2, 3, 4, 5].reduce((z, i) => Math.sin(z * i), y);
    assertNumber(f(np.asarray(0.3)), expected(0.3));
    checkGrads(f, [np.asarray(0.3)], { order: 3 });
    assertNumber(
      foriLoop(3, 3, (_i, z: NdArray) => z.add(1), np.asarray(7)),
      7,
    );
  });

  it('foriLoop with a traced bound is a while loop', () => {
    const f = (n: NdArray, y: NdArray) => foriLoop(0, n, (_i, z) => z.mul(y), np.asarray(1));
    assertNumber(jit(f)(np.asarray(4, { dtype: 'int32' }), np.asarray(2)), 16);
    assertNumber(jacfwd(f, 1)(np.asarray(4, { dtype: 'int32' }), np.asarray(2)), 32);
  });

  it('says what does not fit', () => {
    assert.throws(
      () =>
        whileLoop(
          (z) => np.greater(z, 1),
          (z: NdArray) => np.stack([z, z]),
          np.asarray(2),
        ),
      /whileLoop: the body must return what it carries/,
    );
    assert.throws(
      () =>
        whileLoop(
          () => true,
          (z: NdArray) => z,
          np.asarray(2),
        ),
      /would not end/,
    );
    assert.throws(
      () =>
        whileLoop(
          (z) => z,
          (z: NdArray) => z,
          np.asarray(2),
        ),
      /one boolean scalar/,
    );
  });
});
