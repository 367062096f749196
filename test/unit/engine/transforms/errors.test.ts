import assert from 'node:assert/strict';
import {
  grad,
  GradLensError,
  hessian,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearize,
  np,
  tree,
  valueAndGrad,
  vjp,
  type NdArray,
} from '../../../../src/engine/index';
import { array } from './support';

const loss = (p: { w: NdArray; b: number }, x: NdArray) => np.sum(p.w.mul(x)).add(p.b);
const p = { w: array([1, 2]), b: 0.5 };
const x = array([3, 4]);

/** The message, and that it is one of the engine's own errors. */
function refuses(run: () => unknown, message: RegExp): void {
  assert.throws(run, (error: unknown) => {
    assert.ok(error instanceof GradLensError, String(error));
    assert.match(error.message, message);
    return true;
  });
}

describe('Bad input', () => {
  it('gradients of what is not one scalar', () => {
    const vector = (y: NdArray) => y.mul(2);
    refuses(
      () => grad(vector)(x),
      /^grad\(vector\): gradients are defined for scalar results only, but the result is f64\[2\]/,
    );
    refuses(() => valueAndGrad(vector)(x), /^valueAndGrad\(vector\)/);
    refuses(() => grad((y: NdArray) => [y.sum(), y.sum()])(x), /a tree of several arrays/);
    refuses(() => grad((_y: NdArray) => null)(x), /returned nothing/);
    refuses(() => grad((y: NdArray) => np.argmax(y))(x), /must be a float, but is i32\[\]/);
  });

  it('integers, with the path of the argument', () => {
    const f = (q: { table: NdArray[] }) => np.sum(q.table[1]);
    refuses(
      () => grad(f)({ table: [x, np.asarray([1, 2, 3], { dtype: 'int32' })] }),
      /^grad\(f\): derivatives need float inputs, but argument 0\.table\[1\] is i32\[3\]/,
    );
    refuses(() => jacfwd(f)({ table: [x, np.asarray([true])] }), /jacfwd\(f\): .*argument 0\.table\[1\] is bool\[1\]/);
    refuses(() => jacrev((y: Int32Array) => np.sum(y))(Int32Array.of(1)), /argument 0 is i32\[1\]/);
    refuses(() => hessian((y: NdArray) => np.argmax(y))(x), /derivatives need float results, but result is i32\[\]/);
  });

  it('argnums that are no arguments, and auxiliary data that are none', () => {
    refuses(() => grad(loss, 2)(p, x), /grad\(loss\): argnums is 2, but the function was called with 2 arguments/);
    refuses(() => grad(loss, [0, -3])(p, x), /argnums is -3/);
    refuses(
      () => grad(((y: NdArray) => y.sum()) as unknown as (y: NdArray) => [NdArray, null], { hasAux: true })(x),
      /must return a pair/,
    );
  });

  it('tangents and cotangents of another structure or shape, with both', () => {
    refuses(
      () => jvp(loss, [p, x], [p] as unknown as [unknown, unknown]),
      /jvp\(loss\): needs one tangent an argument: 2, not 1/,
    );
    refuses(
      () => jvp(loss, [p, x], [{ w: x }, x]),
      /the structure of tangent 0 is \{w: \*\}, but should be \{w: \*, b: \*\}/,
    );
    refuses(
      () => jvp(loss, [p, x], [{ w: array([1, 2, 3]), b: 0 }, x]),
      /the tangent of argument 0\.w must have the shape of the value itself \(got f64\[3\], f64\[2\]\)/,
    );
    refuses(
      () => vjp(loss, p, x)[1](array([1])),
      /vjp\(loss\): the cotangent of result must have the shape .*f64\[1\], f64\[\]/,
    );
    refuses(
      () => vjp((y: NdArray) => ({ y }), x)[1]([x]),
      /the structure of the cotangent is \[\*\], but should be \{y: \*\}/,
    );
    refuses(() => linearize(loss, p, x)[1](p, 1), /the tangent of argument 1 must have the shape/);
  });

  it('trees that differ', () => {
    refuses(
      () => tree.map((a, b) => [a, b], p, { w: x }),
      /tree\.map: the structure of tree 1 is \{w: \*\}, but should be \{w: \*, b: \*\}/,
    );
  });

  it('shapes that do not fit, axes out of range, ragged arrays', () => {
    refuses(() => grad((y: NdArray) => np.sum(y.add(array([1, 2, 3]))))(x), /f64\[2\], f64\[3\]/);
    refuses(() => grad((y: NdArray) => np.sum(y, { axis: 2 }))(x), /axis 2/);
    refuses(() => np.array([[1, 2], [3]]), /ragged|same length|inhomogeneous/i);
  });

  it('operators on traced values', () => {
    refuses(() => grad((y: number) => y * y)(2), /converted to a plain number: its derivative would be lost/);
    refuses(() => grad((y: number) => Math.sin(y))(2), /its derivative would be lost/);
    refuses(() => grad((y: number) => (y > 0 ? y : -y))(2), /its derivative would be lost/);
    refuses(() => jit((y: NdArray) => np.asarray(Number(y)))(x.sum()), /its derivative would be lost/);
    refuses(() => grad((y: NdArray) => np.asarray(y.item()))(x), /one element .*f64\[2\]/);
    assert.equal(grad((y: number) => (assert.equal(`${y}`, 'Traced<f64[]>'), np.square(y)))(3), 6);
  });

  it('traced values after their function has returned', () => {
    let leaked: NdArray | undefined;
    grad((y: NdArray) => {
      leaked = y.mul(2);
      return y.sum();
    })(x);
    refuses(() => (leaked as NdArray).add(1), /used after the function that was being differentiated had returned/);
    refuses(() => grad((y: NdArray) => y.mul(leaked as NdArray).sum())(x), /had returned/);
    refuses(() => (leaked as NdArray).slice(0).item(), /had returned/);
  });

  it('functions that return promises', () => {
    refuses(
      () => grad(async (y: NdArray) => Promise.resolve(y.sum()))(x),
      /returns a promise cannot be differentiated/,
    );
  });

  it('throws on what the function throws, and leaves no trace open', () => {
    const fails = (_y: NdArray): NdArray => {
      throw new RangeError('mine');
    };
    assert.throws(() => grad(fails)(x), RangeError);
    assert.equal(grad((y: number) => np.square(y))(3), 6);
  });
});
