/** Methods of arrays: what they print, iterate and convert to, concrete and traced. */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { grad, jacfwd, jvp, np, vmap, type NdArray } from '../../../../src/engine/index';
import { assertClose } from './support/close';

const x = np.arange(6).reshape(2, 3);

describe('methods', () => {
  it('chain', () => {
    assert.equal(x.add(1).mul(2).sub(x).div(2).pow(2).sum().item(), 0.25 * (4 + 9 + 16 + 25 + 36 + 49));
    assert.deepEqual(x.T.reshape(-1).tolist(), [0, 3, 1, 4, 2, 5]);
    assert.deepEqual(x.transpose(1, 0).reshape([6]).tolist(), x.T.ravel().tolist());
    assert.deepEqual(x.max(0).tolist(), [3, 4, 5]);
    assert.deepEqual(x.mean({ axis: 1, keepdims: true }).tolist(), [[1], [4]]);
    assert.deepEqual(x.gt(2).and(x.lt(5)).tolist(), [
      [false, false, false],
      [true, true, false],
    ]);
    assert.equal(x.var().item(), np.var(x).item());
    assert.deepEqual(x.astype('int32').argmax(1).tolist(), [2, 2]);
  });

  it('converts to numbers and JSON', () => {
    assert.equal(Number(x.sum()), 15);
    assert.equal(+x.sum() * 2, 30);
    assert.equal(`${x.sum()}`, '15');
    assert.equal(np.bool([true]).item(), true);
    assert.equal(JSON.stringify({ x }), '{"x":[[0,1,2],[3,4,5]]}');
    assert.throws(() => Number(x), /one element/);
  });

  it('iterates along the first axis', () => {
    const [first, second] = x;
    assert.deepEqual(first.tolist(), [0, 1, 2]);
    assert.deepEqual(second.tolist(), [3, 4, 5]);
    assert.equal([...np.zeros([0, 2])].length, 0);
    assert.throws(() => [...np.array(1)], /0 dimensions/);
  });

  it('prints as numpy does', () => {
    assert.equal(String(x), '[[0, 1, 2],\n [3, 4, 5]]');
    assert.equal(inspect(np.float32([1.5, -2])), 'array([1.5,  -2], float32)');
    assert.equal(inspect(x), 'array([[0, 1, 2],\n       [3, 4, 5]])');
    assert.equal(String(np.zeros([2, 1, 2])), '[[[0, 0]],\n\n [[0, 0]]]');
    assert.equal(String(np.arange(2000)), '[   0,    1,    2, ..., 1997, 1998, 1999]');
    assert.equal(String(np.array([0.1 + 0.2, NaN, Infinity])), '[     0.3,      NaN, Infinity]');
    assert.equal(String(np.array([])), '[]');
    assert.equal(String(np.bool([true, false])), '[ true, false]');
  });
});

describe('traced arrays', () => {
  it('describe themselves, and refuse to become numbers', () => {
    grad((y: NdArray) => {
      assert.match(String(y), /Traced<f64\[2\]>/);
      assert.match(inspect(y), /Traced<f64\[2\]>/);
      for (const lost of [() => y.tolist(), () => JSON.stringify(y), () => Number(y.sum())]) {
        assert.throws(lost, (error: { code?: string }) => error.code === 'derivative-lost');
      }
      return y.sum();
    })(np.array([1, 2]));
  });

  it('decide by item(), with a guard', () => {
    const f = (y: NdArray): NdArray => (y.sum().gt(0).item() ? y.square().sum() : y.sum());
    assert.deepEqual(grad(f)(np.array([1, 2])).tolist(), [2, 4]);
    assert.deepEqual(grad(f)(np.array([-1, -2])).tolist(), [1, 1]);
  });

  it('are selected by traced masks and numbers', () => {
    const f = (y: NdArray): NdArray => y.slice(y.gt(1)).square().sum();
    assert.deepEqual(grad(f)(np.array([1, 2, 3])).tolist(), [0, 4, 6]);
    const g = (y: NdArray, k: number): NdArray => y.slice(k).mul(3);
    assert.deepEqual((grad(g) as (y: NdArray, k: number) => NdArray)(np.array([1, 2, 3]), 1).tolist(), [0, 3, 0]);
    const h = (y: NdArray): NdArray => np.take(y, y.argmax(), 0);
    assert.deepEqual(grad(h)(np.array([1, 5, 3])).tolist(), [0, 1, 0]);
    assert.throws(
      () => jvp((y: NdArray) => np.unique(y), [np.array([1, 2])], [np.array([1, 1])]),
      /np\.unique.*traced/,
    );
  });

  it('batch', () => {
    const rows = np.arange(6).reshape(2, 3).add(1);
    assertClose(
      vmap((row: NdArray) => row.slice('::-1').cumsum(0).div(row.sum()))(rows),
      np.stack([...rows].map((row) => row.slice('::-1').cumsum(0).div(row.sum()))),
    );
    assertClose(
      vmap((row: NdArray) => row.at([0, 2]).add(row.slice([2, 0])))(rows),
      np.stack([...rows].map((row) => row.at([0, 2]).add(row.slice([2, 0])))),
    );
    const places = np.int32([[0], [2]]);
    assertClose(vmap((row: NdArray, k: NdArray) => row.at(k).set(9))(rows, places), [
      [9, 2, 3],
      [4, 5, 9],
    ]);
  });

  it('have Jacobians with indices outside: read at the end, dropped when written', () => {
    const f = (y: NdArray): NdArray => y.slice(np.int32(5).add(y.slice(0).mul(0).astype('int32')));
    assert.deepEqual(jacfwd(f)(np.array([1, 2, 3])).tolist(), [0, 0, 1]);
    const g = (y: NdArray): NdArray => y.at(np.int32(5).add(y.slice(0).mul(0).astype('int32'))).set(7);
    assert.deepEqual(jacfwd(g)(np.array([1, 2])).tolist(), [
      [1, 0],
      [0, 1],
    ]);
  });
});
