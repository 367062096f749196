import assert from 'node:assert/strict';
import { grad, jit, jvp, np, vmap, type NdArray } from '../../../../src/engine/index';
import { array, assertArray, assertTree } from './support';

/** `f` of each slice of x along an axis, stacked. */
function loop(f: (x: NdArray) => NdArray, x: NdArray, axis = 0): NdArray {
  return np.stack([...np.moveaxis(x, axis, 0)].map(f));
}

describe('vmap', () => {
  const x = np.arange(24).reshape([2, 3, 4]).mul(0.1).sub(0.7);
  const f = (y: NdArray) => np.sin(y).mul(y.sum());

  it('is a loop, for every axis in and out', () => {
    for (const inAxis of [0, 1, 2, -1, -3]) {
      for (const outAxis of [0, 1, 2, -1]) {
        assertArray(vmap(f, inAxis, outAxis)(x), np.moveaxis(loop(f, x, inAxis), 0, outAxis));
      }
    }
  });

  it('takes an axis an argument, none for what all examples share, and trees of axes', () => {
    const g = (p: { w: NdArray; b: number }, y: NdArray, scale: number) => p.w.mul(y).add(p.b).mul(scale);
    const w = array([1, 2]);
    const y = array([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const expected = np.stack([0, 1, 2].map((k) => g({ w, b: 0.5 }, y.slice(':', k), 2)));
    assertArray(vmap(g, [null, 1, null])({ w, b: 0.5 }, y, 2), expected);
    const many = {
      w: array([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      b: 0.5,
    };
    const each = np.stack([0, 1, 2].map((k) => g({ w: many.w.slice(k), b: 0.5 }, y.slice(':', k), 2)));
    assertArray(vmap(g, { inAxes: [{ w: 0, b: null }, 1, null] })(many, y, 2), each);
  });

  it('puts results where outAxes says, each leaf on its own', () => {
    const g = (y: NdArray) => ({ y, twice: [y.mul(2)] as const, constant: np.asarray(7) });
    const out = vmap(g, 0, { y: 1, twice: 0, constant: null })(
      array([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    );
    assertTree(out, {
      y: array([
        [1, 3, 5],
        [2, 4, 6],
      ]),
      twice: [
        array([
          [2, 4],
          [6, 8],
          [10, 12],
        ]),
      ],
      constant: np.asarray(7),
    });
  });

  it('repeats what does not depend on the examples, and takes a number of examples', () => {
    assertArray(vmap((_y: number) => np.asarray(3))(Float64Array.of(1, 2)), array([3, 3]));
    assertArray(vmap((y: number) => np.square(y), { inAxes: null, axisSize: 3 })(2), array([4, 4, 4]));
  });

  it('passes numbers and flags through as they are', () => {
    const power = (y: NdArray, n: number, negate: boolean) => {
      let result = y;
      for (let k = 1; k < n; k++) result = result.mul(y);
      return negate ? result.neg() : result;
    };
    assertArray(vmap(power, [0, null, null])(array([1, 2]), 3, true), array([-1, -8]));
  });

  it('nests, and composes with derivatives in any order', () => {
    const g = (y: NdArray) => np.sum(np.tanh(y)).mul(y.prod());
    const y = np.arange(12).reshape([2, 3, 2]).mul(0.1).sub(0.3);
    assertArray(
      vmap(vmap(grad(g)))(y),
      loop((z) => loop(grad(g), z), y),
    );
    const total = (z: NdArray) => np.sum(vmap(vmap(g))(z));
    assertArray(
      grad(total)(y),
      loop((z) => loop(grad(g), z), y),
    );
    const pushed = (z: NdArray) => jvp(vmap(g), [z], [np.ones(z.shape)])[1];
    assertArray(
      vmap(pushed)(y),
      loop((z) => loop((one) => jvp(g, [one], [np.ones([2])])[1], z), y),
    );
    assertArray(
      jit(vmap(vmap(grad(g))))(y),
      loop((z) => loop(grad(g), z), y),
    );
  });

  describe('where the control flow of examples differs', () => {
    const h = (y: NdArray): NdArray => {
      let z = y;
      while (np.less(np.sum(z), 10).item()) z = z.mul(z).add(1);
      return np.greater(z.slice(0), 20).item() ? z.neg() : z.mul(y);
    };
    const y = array([
      [0.1, 2],
      [9, 9],
      [0.2, 1.9],
      [-3, 1],
      [20, 30],
      [0.5, 0.6],
    ]);

    it('gives each what it would get alone', () => {
      assertArray(vmap(h)(y), loop(h, y));
      assertArray(vmap(h, 1, 1)(np.transpose(y)), np.transpose(loop(h, y)));
    });

    it('under derivatives, nested, and inside other transforms', () => {
      const g = (z: NdArray) => np.sum(h(z));
      assertArray(vmap(grad(g))(y), loop(grad(g), y));
      assertArray(grad((z: NdArray) => np.sum(vmap(h)(z)))(y), loop(grad(g), y));
      const nested = y.reshape([2, 3, 2]);
      assertArray(
        vmap(vmap(h))(nested),
        loop((z) => loop(h, z), nested),
      );
      assertArray(
        vmap(vmap(grad(g)), 1)(nested),
        loop((z) => loop(grad(g), z), nested, 1),
      );
    });

    it('and refuses results of different types', () => {
      const bad = (z: NdArray) => (np.greater(z, 0).item() ? z : np.stack([z, z]));
      assert.throws(() => vmap(bad)(array([1, -1])), /result is f64\[\] for some examples and f64\[2\] for others/);
    });
  });

  describe('names what is wrong', () => {
    const add = (a: NdArray, b: NdArray) => a.add(b);
    const y = array([1, 2, 3]);

    it('ranks that are too small', () => {
      assert.throws(
        () => vmap(add, [0, 1])(y, y),
        /vmap\(add\): vmap was requested to map argument 1 along axis 1, which implies that its rank should be at least 2, but is only 1 \(its shape is \[3\]\)/,
      );
      assert.throws(() => vmap((p: { a: number[] }) => np.asarray(p.a[0]))({ a: [1, 2] }), /argument 0\.a\[0\]/);
    });

    it('sizes that differ', () => {
      assert.throws(
        () => vmap(add)(y, array([1, 2])),
        /inconsistent sizes for array axes to be mapped: axis 0 of argument 0, of type f64\[3\], has size 3; axis 0 of argument 1, of type f64\[2\], has size 2/,
      );
    });

    it('axes that do not fit the arguments or the result', () => {
      assert.throws(() => vmap(add, [0])(y, y), /one entry an argument, but has 1 for 2 arguments/);
      assert.throws(() => vmap(add, [[0], 0])(y, y), /inAxes\[0\] must be a tree of axes that fits \*/);
      assert.throws(() => vmap(add, [null, null])(y, y), /at least one argument that is mapped/);
      assert.throws(() => vmap(add, 0, 2)(y, y), /outAxes is 2 for result, which has rank 1/);
      assert.throws(() => vmap(add, 0, null)(y, y), /outAxes is null for result/);
      assert.throws(() => vmap(add, 0.5)(y, y), /must be an integer/);
    });
  });
});
