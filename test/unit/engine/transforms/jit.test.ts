import assert from 'node:assert/strict';
import {
  checkGrads,
  checkpoint,
  grad,
  jacfwd,
  jit,
  makeProgram,
  np,
  printProgram,
  vmap,
  type NdArray,
} from '../../../../src/engine/index';
import { array, assertArray, assertNumber, assertTree } from './support';

describe('jit', () => {
  it('traces once for each structure, shape and dtype', () => {
    let traces = 0;
    const f = jit((p: { a: NdArray; b: number }) => {
      traces++;
      return { out: np.sin(p.a).mul(p.b) };
    });
    const call = (a: NdArray, b: number) => assertTree(f({ a, b }), { out: np.sin(a).mul(b) });
    call(array([1, 2]), 3);
    call(array([0.3, -2]), -1);
    assert.equal(traces, 1);
    call(array([1, 2, 3]), 3);
    call(np.asarray([1, 2], { dtype: 'int32' }), 3);
    assert.equal(traces, 3);
    call(array([5, 6]), 7);
    assert.equal(traces, 3);
    assert.equal(f.cacheSize(), 3);
    f.clearCache();
    assert.equal(f.cacheSize(), 0);
  });

  it('traces again where control flow goes another way, and keeps both ways', () => {
    let traces = 0;
    const f = jit((x: NdArray) => {
      traces++;
      let y = x;
      let steps = 0;
      while (np.less(np.sum(y), 10).item()) {
        y = y.mul(2);
        steps++;
      }
      return { y, steps };
    });
    const plain = (x: number) => {
      const steps = Math.max(0, Math.ceil(Math.log2(10 / x)));
      return { y: np.asarray(x * 2 ** steps), steps };
    };
    for (const x of [1, 1.1, 3, 1.2, 12, 3.1, 13, 1]) assertTree(f(np.asarray(x)), plain(x));
    assert.equal(traces, 3);
  });

  it('keeps numbers numbers and typed arrays typed arrays', () => {
    const f = jit((x: number, y: Float64Array) => ({ x, y, z: np.multiply(y, x) }));
    assertTree(f(2, Float64Array.of(1, 2)), { x: 2, y: Float64Array.of(1, 2), z: array([2, 4]) });
    // Results are the caller's own.
    const given = Float64Array.of(1, 2);
    const result = f(2, given);
    result.y[0] = 9;
    assert.equal(given[0], 1);
  });

  it('is static in flags, texts and what staticArgnums names', () => {
    let traces = 0;
    const f = jit(
      (x: NdArray, n: number, options: { negate: boolean; name: string }) => {
        traces++;
        let y = x;
        for (let k = 1; k < n; k++) y = y.mul(x);
        return options.negate ? y.neg() : y;
      },
      { staticArgnums: [1] },
    );
    const x = np.asarray(2);
    assertNumber(f(x, 3, { negate: false, name: 'a' }), 8);
    assertNumber(f(x, 3, { negate: true, name: 'a' }), -8);
    assertNumber(f(x, 4, { negate: false, name: 'a' }), 16);
    assertNumber(f(np.asarray(3), 3, { negate: false, name: 'a' }), 27);
    assert.equal(traces, 3);
    assertNumber(grad((y: NdArray) => f(y, 3, { negate: false, name: 'a' }))(x), 12);
  });

  it('composes with every transform, inside and outside', () => {
    const f = (x: NdArray) => np.sum(np.tanh(x).mul(x));
    const x = array([0.3, -0.7]);
    assertArray(grad(jit(f))(x), grad(f)(x));
    assertArray(jit(grad(f))(x), grad(f)(x));
    assertArray(jit(grad(jit(f)))(x), grad(f)(x));
    assertArray(jacfwd(jit(grad(jit(f))))(x), jacfwd(grad(f))(x));
    const rows = array([
      [1, 2],
      [0.5, -1],
    ]);
    assertArray(vmap(jit(grad(f)))(rows), vmap(grad(f))(rows));
    assertArray(jit(vmap(jit(f)))(rows), vmap(f)(rows));
    assert.match(printProgram(makeProgram(jit(f))(x)), /jit\[program=/);
  });

  it('inside a trace, its control flow becomes the outer one', () => {
    const f = jit((x: NdArray) => (np.greater(x, 0).item() ? x.mul(2) : x.mul(3)));
    const g = jit((x: NdArray) => f(x).add(1));
    assertArray(np.stack([1, -1, 2].map((x) => g(np.asarray(x)))), array([3, -2, 5]));
    assert.equal(g.cacheSize(), 2);
    assertArray(vmap(grad(f))(array([1, -1, 2])), array([2, 3, 2]));
  });

  it('throws what the function throws, and forgets it', () => {
    const f = jit((x: NdArray) => {
      if (np.greater(x, 1).item()) throw new RangeError('too large');
      return x;
    });
    assertNumber(f(np.asarray(0.5)), 0.5);
    assert.throws(() => f(np.asarray(2)), RangeError);
    assertNumber(f(np.asarray(0.7)), 0.7);
    assert.equal(f.cacheSize(), 1);
  });
});

describe('checkpoint', () => {
  const block = (x: NdArray, w: NdArray) => np.sin(np.tanh(np.dot(w, x)).mul(x));
  const x = array([0.3, -0.8]);
  const w = array([
    [0.2, -0.5],
    [0.7, 0.1],
  ]);

  it('changes no derivative, to third order, in any mode', () => {
    checkGrads(checkpoint(block), [x, w], { order: 3 });
    const f = (run: typeof block) => (y: NdArray) => np.sum(run(run(y, w), w));
    assertArray(grad(f(checkpoint(block)))(x), grad(f(block))(x));
    const rows = array([
      [1, 2],
      [0.1, -1],
    ]);
    assertArray(vmap(grad(f(checkpoint(block))))(rows), vmap(grad(f(block)))(rows));
    assertArray(jit(grad(f(checkpoint(checkpoint(block)))))(x), grad(f(block))(x));
  });

  it('computes the inside again in the reverse pass', () => {
    const f = (y: NdArray) => np.sum(checkpoint(block)(y, w));
    const text = printProgram(makeProgram(grad(f))(x));
    assert.equal(text.match(/checkpoint\[/g)?.length, 1);
    // Only the recomputation remains: its first pass is dead, and the second has its own tanh.
    assert.equal(text.match(/tanh/g)?.length, 1);
    const twice = printProgram(makeProgram((y: NdArray) => [f(y), grad(f)(y)])(x));
    assert.equal(twice.match(/= tanh/g)?.length, 2);
  });

  it('follows control flow', () => {
    const f = checkpoint((y: NdArray) => (np.greater(y, 0).item() ? y.mul(y) : y.mul(3)));
    assertNumber(grad(f)(np.asarray(2)), 4);
    assertArray(vmap(grad(f))(array([2, -1])), array([4, 3]));
    assertNumber(f(np.asarray(2)), 4);
  });
});
