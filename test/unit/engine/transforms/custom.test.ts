import assert from 'node:assert/strict';
import {
  checkGrads,
  customJvp,
  customVjp,
  grad,
  hvp,
  jacfwd,
  jacrev,
  jit,
  jvp,
  makeProgram,
  np,
  printProgram,
  vjp,
  vmap,
  type NdArray,
} from '../../../../src/engine/index';
import { array, assertArray, assertNumber, assertTree } from './support';

const x = np.asarray(0.6);

describe('customJvp', () => {
  // log(1 + eˣ), stable on both sides
  const log1pexp = customJvp(function log1pexp(y: NdArray) {
    return np.log(np.exp(y).add(1));
  });
  log1pexp.defjvp(([y]: [NdArray], [t]: [NdArray]) => [
    log1pexp(y),
    t.mul(np.subtract(1, np.divide(1, np.exp(y).add(1)))),
  ]);

  it('is stable where plain differentiation is not, as in the documentation of JAX', () => {
    const naive = (y: NdArray) => np.log(np.exp(y).add(1));
    assert.ok(Number.isNaN(Number(grad(naive)(np.asarray(1000)))));
    assertNumber(grad(log1pexp)(np.asarray(1000)), 1);
    assertNumber(log1pexp(x), Math.log(1 + Math.exp(0.6)));
  });

  it('serves both modes, to third order, and vmap', () => {
    checkGrads(log1pexp, [x], { order: 3 });
    const points = array([-1, 0.2, 2]);
    assertArray(vmap(grad(log1pexp))(points), np.divide(1, np.exp(points.neg()).add(1)));
    assertArray(grad((y: NdArray) => np.sum(vmap(log1pexp)(y)))(points), np.divide(1, np.exp(points.neg()).add(1)));
    assertNumber(jit(grad(log1pexp))(x), 1 / (1 + Math.exp(-0.6)));
  });

  it('uses the rule and nothing else', () => {
    const f = customJvp((y: number) => np.sin(y));
    f.defjvp(([y]: [number], [t]: [number]) => [np.sin(y), np.multiply(np.multiply(2, y), t)]);
    assertNumber(grad(f)(0.5), 1);
    assertNumber(jacfwd(f)(0.5), 1);
    assertNumber(grad(grad(f))(0.5), 2);
    assertNumber(grad((y: number) => f(np.square(y) as unknown as number))(0.5), 2 * 0.25 * 2 * 0.5);
  });

  it('takes trees, integers, arguments that are not differentiated, and rules one an argument', () => {
    const f = customJvp((power: number, p: { a: NdArray; n: NdArray }) => ({ out: p.a.pow(power), n: p.n }), {
      nondiffArgnums: [0],
    });
    f.defjvp((power: number, [p]: [{ a: NdArray; n: NdArray }], [t]: [{ a: NdArray; n: NdArray }]) => [
      { out: p.a.pow(power), n: p.n },
      { out: t.a.mul(10), n: t.n },
    ]);
    const n = np.asarray(3, { dtype: 'int32' });
    assertTree(
      jacrev((a: NdArray) => f(2, { a, n }).out)(array([1, 2])),
      array([
        [10, 0],
        [0, 10],
      ]),
    );
    const g = customJvp((a: NdArray, b: NdArray) => a.mul(b));
    g.defjvps((t: NdArray, _out: NdArray, _a: NdArray, b: NdArray) => t.mul(b).mul(3), null);
    assertTree(grad(g, [0, 1])(x, np.asarray(5)), [np.asarray(15), np.asarray(0)]);
  });

  it('follows control flow inside, and stays right where it goes another way', () => {
    const f = customJvp((y: NdArray) => (np.greater(y, 0).item() ? y.mul(2) : y.mul(3)));
    f.defjvp(([y]: [NdArray], [t]: [NdArray]) => (np.greater(y, 1).item() ? [f(y), t.mul(7)] : [f(y), t.mul(-1)]));
    const g = jit(grad(f));
    for (const [at, expected] of [
      [2, 7],
      [0.5, -1],
      [-1, -1],
      [3, 7],
    ])
      assertNumber(g(np.asarray(at)), expected);
    assertArray(vmap(grad(f))(array([2, 0.5, -1, 3])), array([7, -1, -1, 7]));
    assertArray(vmap(f)(array([2, -1])), array([4, -3]));
  });

  it('names what is wrong', () => {
    const unruled = customJvp(function unruled(y: NdArray) {
      return y;
    });
    assertNumber(unruled(x), 0.6);
    assert.throws(() => grad(unruled)(x), /customJvp\(unruled\): there is no derivative rule/);
    const badShape = customJvp((y: NdArray) => y);
    badShape.defjvp(([y]: [NdArray], [t]: [NdArray]) => [y, np.stack([t, t])]);
    assert.throws(
      () => grad(badShape)(x),
      /the rule's tangent must have the type of the value itself \(got f64\[2\], f64\[\]\)/,
    );
    const notPair = customJvp((y: NdArray) => y);
    notPair.defjvp((([y]: [NdArray]) => y) as unknown as () => [unknown, unknown]);
    assert.throws(() => grad(notPair)(x), /must return a pair/);
    const closes = (y: NdArray) => {
      const f = customJvp((z: NdArray) => z.mul(y));
      f.defjvp(([z]: [NdArray], [t]: [NdArray]) => [z.mul(y), t.mul(y)]);
      return f(y.mul(2));
    };
    assert.throws(() => grad(closes)(x), /with respect to a value that it closes over/);
    const byTangent = customJvp((z: NdArray) => z);
    byTangent.defjvp(([z]: [NdArray], [t]: [NdArray]) => [z, np.greater(t, 0).item() ? t : t.mul(2)]);
    assert.throws(() => grad(byTangent)(x), /control flow must not depend on the values of tangents/);
  });
});

describe('customVjp', () => {
  /** Clips the gradient. */
  const clip = customVjp((_low: NdArray, _high: NdArray, y: NdArray) => y.mul(1));
  clip.defvjp(
    (low, high, y) => [y, { low, high }],
    ({ low, high }: { low: NdArray; high: NdArray }, ct: NdArray) => [null, null, np.clip(ct, low, high)],
  );
  const clipped = (y: NdArray) => np.sum(np.sin(clip(np.asarray(-0.5), np.asarray(0.5), y)));

  it('replaces the reverse pass', () => {
    const points = array([0.1, 1.2, 3]);
    assertArray(grad(clipped)(points), np.clip(np.cos(points), -0.5, 0.5));
    assertArray(jit(grad(clipped))(points), np.clip(np.cos(points), -0.5, 0.5));
    assertArray(vmap(grad(clipped))(points), np.clip(np.cos(points), -0.5, 0.5));
  });

  it('throws in forward mode, as JAX, and allows forward over reverse', () => {
    const f = customVjp(function f(y: NdArray) {
      return np.sin(y);
    });
    f.defvjp(
      (y) => [np.sin(y), y],
      (y: NdArray, ct: NdArray) => [ct.mul(y).mul(y)],
    );
    assert.throws(
      () => jvp(f, [x], [1]),
      /Can't apply forward-mode differentiation \(jvp\) to a customVjp function \(f\)/,
    );
    assert.throws(() => jacfwd(f)(x), /customVjp function/);
    assertNumber(grad(f)(x), 0.36);
    assertNumber(grad(grad(f))(x), 1.2);
    for (const mode of ['forwardOverReverse', 'reverseOverReverse', 'naive'] as const) {
      assertNumber(hvp(f, [x], [2], { mode }), 2.4);
    }
  });

  it('sums cotangents of what all examples share', () => {
    const f = customVjp((w: NdArray, y: NdArray) => w.mul(y));
    f.defvjp(
      (w, y) => [w.mul(y), [w, y]],
      ([w, y]: [NdArray, NdArray], ct: NdArray) => [ct.mul(y), ct.mul(w)],
    );
    const points = array([1, 2, 4]);
    const total = (w: NdArray) => np.sum(vmap(f, [null, 0])(w, points));
    assertNumber(grad(total)(np.asarray(3)), 7);
    const byAll = customVjp((w: NdArray, y: NdArray) => w.add(y));
    byAll.defvjp(
      (w, y) => [w.add(y), null],
      (_none: null, ct: NdArray) => [ct, ct],
    );
    assertNumber(grad((w: NdArray) => np.sum(vmap(byAll, [null, 0])(w, points)))(x), 3);
  });

  it('uses residuals of any structure, traced values from outside in all three functions, and decides on residuals', () => {
    const outer = (scale: NdArray, y: NdArray) => {
      const fixed = scale.mul(1);
      const f = customVjp((z: NdArray) => z.mul(2));
      f.defvjp(
        (z) => [z.mul(2), { z, label: 'up', again: [z.mul(3)] }],
        (r: { z: NdArray; label: string; again: [NdArray] }, ct: NdArray) => [
          np.greater(r.again[0], 1).item() ? ct.mul(r.z) : ct.mul(fixed),
        ],
      );
      return f(y);
    };
    const by = (s: number) => jit((y: NdArray) => grad((z: NdArray) => outer(np.asarray(s), z))(y));
    assertNumber(by(5)(x), 0.6);
    assertNumber(by(5)(np.asarray(0.1)), 5);
    assertArray(vmap(by(5))(array([0.6, 0.1, 2])), array([0.6, 5, 2]));
    // the derivative of the backward pass by what it closes over
    assertNumber(grad((s: NdArray) => grad((z: NdArray) => outer(s, z))(np.asarray(0.1)))(np.asarray(5)), 1);
  });

  it('is one equation', () => {
    const f = customVjp(function named(y: NdArray) {
      return np.sin(y);
    });
    f.defvjp(
      (y) => [np.sin(y), y],
      (y: NdArray, ct: NdArray) => [ct.mul(y)],
    );
    assert.match(printProgram(makeProgram(f)(x)), /custom_vjp_call\[/);
  });

  it('names what is wrong', () => {
    const make = (backward: (...args: never[]) => readonly unknown[]) => {
      const f = customVjp((y: NdArray, _z: NdArray) => y);
      f.defvjp((y) => [y, null], backward);
      return () => vjp(f, x, x)[1](np.asarray(1));
    };
    assert.throws(
      make((_r: null, ct: NdArray) => [ct]),
      /one cotangent an argument \(2\), but returned an array of 1/,
    );
    assert.throws(
      make((_r: null, ct: NdArray) => [{ ct }, null]),
      /the cotangent of argument 0 is \{ct: \*\}, but should be \*/,
    );
    assert.throws(
      make((_r: null, ct: NdArray) => [np.stack([ct, ct]), null]),
      /argument 0 must have the type .*f64\[2\], f64\[\]/,
    );
    const f = customVjp((y: NdArray) => y);
    assert.throws(() => grad(f)(x), /Call defvjp first|there is no derivative rule/);
  });
});
