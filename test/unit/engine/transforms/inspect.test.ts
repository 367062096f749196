import assert from 'node:assert/strict';
import {
  evalShape,
  grad,
  lax,
  makeProgram,
  np,
  printProgram,
  validateProgram,
  vmap,
  type NdArray,
} from '../../../../src/engine/index';
import { array, assertNumber, assertTree } from './support';

describe('makeProgram', () => {
  it('takes all leaves of all arguments in, and gives all leaves of the result', () => {
    const f = (p: { w: NdArray; b: number }, x: NdArray) => [p.w.mul(x), np.asarray(p.b)] as const;
    const program = makeProgram(f)({ w: array([1, 2]), b: 3 }, array([4, 5]));
    assert.equal(
      printProgram(program),
      '{ lambda ; a:f64[2] b:f64[] c:f64[2]. let\n    d:f64[2] = mul a c\n  in (d, b) }',
    );
  });

  it('of every transform is a program', () => {
    const f = (x: NdArray) => np.sum(np.tanh(x).mul(x));
    for (const g of [grad(f), vmap(f), vmap(grad(f))])
      validateProgram(
        makeProgram(g as (x: NdArray) => NdArray)(
          array([
            [1, 2],
            [3, 4],
          ]),
        ),
      );
  });
});

describe('evalShape', () => {
  it('gives shapes and dtypes in the structure of the result', () => {
    const shapes = evalShape(
      (x: NdArray) => ({ a: np.matmul(x, x.T), n: np.argmax(x), text: 'as it is' }),
      np.ones([2, 3]),
    );
    assert.deepEqual(
      { ...shapes, a: { ...shapes.a }, n: { ...shapes.n } },
      { a: { shape: [2, 2], dtype: 'float64' }, n: { shape: [], dtype: 'int32' }, text: 'as it is' },
    );
  });
});

describe('lax', () => {
  it('has the names of jax.lax', () => {
    const f = (x: NdArray) =>
      lax
        .foriLoop(
          0,
          2,
          (_i, y) =>
            lax.cond(
              np.greater(y, 0),
              (z) => z.mul(3),
              (z) => z,
              y,
            ),
          x,
        )
        .add(lax.stopGradient(x));
    assertNumber(grad(f)(np.asarray(2)), 9);
    assertTree(lax.switch(1, [() => 'a', () => 'b']), 'b');
  });
});
