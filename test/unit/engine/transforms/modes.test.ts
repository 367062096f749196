import assert from 'node:assert/strict';
import {
  grad,
  jvp,
  linearize,
  linearTranspose,
  np,
  vjp,
  vjpWithAux,
  vmap,
  type NdArray,
} from '../../../../src/engine/index';
import { array, assertArray, assertNumber, assertTree } from './support';

const A = array([
  [1, 2, 3],
  [4, 5, 7],
]);
const f = (x: NdArray) => np.sin(np.dot(A, x));
const x = array([0.1, -0.2, 0.3]);
const slope = np.expandDims(np.cos(np.dot(A, x)), 1).mul(A);

describe('jvp', () => {
  it('returns the value and the directional derivative', () => {
    const v = array([1, 0, -1]);
    const [value, tangent] = jvp(f, [x], [v]);
    assertArray(value, f(x));
    assertArray(tangent, np.dot(slope, v));
  });

  it('takes several arguments and trees, integers with any tangent', () => {
    const g = (p: { a: number; n: NdArray }, b: Float64Array) => [np.multiply(b, p.a), p.n] as const;
    const n = np.asarray([1, 2], { dtype: 'int32' });
    const [value, tangent] = jvp(g, [{ a: 3, n }, Float64Array.of(1, 2)], [{ a: 1, n }, Float64Array.of(0, 1)]);
    assertTree(value, [array([3, 6]), n]);
    assertArray(tangent[0], array([1, 5]));
    assert.deepEqual([...tangent[1].concrete.data], [0, 0]);
  });

  it('returns auxiliary data third', () => {
    const [value, tangent, aux] = jvp((y: number) => [np.square(y), { y }] as const, [3], [2], { hasAux: true });
    assertTree([value, tangent, aux], [np.asarray(9), np.asarray(12), { y: 3 }]);
  });

  it('converts tangents to the dtype of the primals', () => {
    const [, tangent] = jvp(
      (y: NdArray) => y.mul(2),
      [np.asarray([1, 2], { dtype: 'float32' })],
      [Float64Array.of(1, 1)],
    );
    assert.equal(tangent.dtype, 'float32');
  });
});

describe('vjp', () => {
  it('returns the value and the pull-back, which may be used often', () => {
    const [value, pull] = vjp(f, x);
    assertArray(value, f(x));
    for (const u of [array([1, 0]), array([0, 1]), array([2, -3])]) {
      const [cotangent, ...rest] = pull(u);
      assert.equal(rest.length, 0);
      assertArray(cotangent, np.dot(u, slope));
    }
  });

  it('gives one cotangent an argument, in its structure and kind', () => {
    const g = (p: { a: number; b: Float64Array }, y: NdArray) => np.multiply(p.b, p.a).mul(y);
    const [, pull] = vjp(g, { a: 2, b: Float64Array.of(1, 2) }, array([3, 4]));
    assertTree(pull(array([1, 1])), [{ a: 11, b: Float64Array.of(6, 8) }, array([2, 4])]);
  });

  it('runs the forward pass once', () => {
    let calls = 0;
    const counted = (y: NdArray) => {
      calls++;
      return np.sin(y);
    };
    const [, pull] = vjp(counted, x);
    pull(x);
    pull(x);
    assert.equal(calls, 1);
  });

  it('pulls back inside other transforms, by the point and by the cotangent', () => {
    const g = (y: number) => {
      const [, pull] = vjp((z: number) => np.sin(z), y);
      return pull(np.square(y))[0];
    };
    // y² cos y
    assertNumber(grad(g)(0.6), 2 * 0.6 * Math.cos(0.6) - 0.36 * Math.sin(0.6));
    const [, pull] = vjp(f, x);
    assertArray(vmap((u: NdArray) => pull(u)[0])(np.eye(2)), slope);
  });

  it('returns auxiliary data third', () => {
    const [value, pull, aux] = vjpWithAux((y: number) => [np.square(y), 'aux'] as const, 3);
    assertTree([value, pull(1), aux], [np.asarray(9), [6], 'aux']);
  });
});

describe('linearize', () => {
  it('gives the value and a linear map to be used often', () => {
    let calls = 0;
    const [value, push] = linearize((y: NdArray) => {
      calls++;
      return f(y);
    }, x);
    assertArray(value, f(x));
    assertArray(push(array([1, 0, 0])), slope.slice(':', 0));
    assertArray(push(array([0, 2, 0])), slope.slice(':', 1).mul(2));
    assert.equal(calls, 1);
    assertArray(vmap(push)(np.eye(3)), np.transpose(slope));
  });

  it('gives zeros where nothing moves', () => {
    const [, push] = linearize((y: NdArray) => ({ y, c: array([1, 2]) }), x);
    assertTree(push(x), { y: x, c: array([0, 0]) });
  });
});

describe('linearTranspose', () => {
  it('of a linear function', () => {
    const transposed = linearTranspose((y: NdArray) => np.dot(A, y).mul(3), x);
    const u = array([1, -2]);
    assertTree(transposed(u), [np.dot(u, A).mul(3)]);
  });

  it('says that a function is not linear', () => {
    const refuses = (g: (y: NdArray) => NdArray, name: RegExp) => assert.throws(() => linearTranspose(g, x)(x), name);
    refuses((y) => np.sin(y), /sin/);
    refuses((y) => y.mul(y), /mul/);
    refuses((y) => np.divide(1, y), /div/);
    refuses((y) => np.where(np.greater(y, 0), y, y.mul(2)), /select/);
    refuses((y) => np.maximum(y, 1), /max/);
  });
});
