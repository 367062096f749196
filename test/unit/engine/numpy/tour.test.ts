/** The array API in one read: what a reader coming from JAX looks for first, and how it is written here. */
import assert from 'node:assert/strict';
import { grad, linalg, nn, np, random, vmap, type NdArray } from '../../../../src/engine/index';
import { assertClose } from './support/close';

describe('a tour of np', () => {
  it('arrays: float64 unless said otherwise; a plain number takes the type beside it', () => {
    const x = np.array([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    assert.deepEqual([x.shape, x.dtype, x.ndim, x.size], [[2, 3], 'float64', 2, 6]);
    assert.equal(np.float32([1, 2]).mul(0.1).dtype, 'float32');
    assert.equal(np.int32([1, 2]).add(np.int32(1)).dtype, 'int32');
    assert.equal(np.zeros([2, 2], 'float32').dtype, 'float32');
    assert.deepEqual(np.arange(3).tolist(), [0, 1, 2]);
  });

  it('functions and methods are the same; options stand where Python has keywords', () => {
    const x = np.arange(6).reshape(2, 3);
    assert.deepEqual(np.sum(x, { axis: 0, keepdims: true }).tolist(), [[3, 5, 7]]);
    assert.deepEqual(x.sum(0).tolist(), np.sum(x, 0).tolist());
    assert.deepEqual(x.mul(2).add([1, 0, 1]).max(1).tolist(), [5, 11]);
    assert.equal(`${x.mean()}`, '2.5');
  });

  it('indexing: numbers, slices as text, null for a new axis, arrays, masks', () => {
    const x = np.arange(12).reshape(3, 4);
    assert.deepEqual(x.slice(-1).tolist(), [8, 9, 10, 11]);
    assert.deepEqual(x.slice(':', '::-2').tolist(), [[3, 1], [7, 5], [11, 9]]); // prettier-ignore
    assert.deepEqual([...x.slice(null, '...', 0).shape], [1, 3]);
    assert.deepEqual(x.slice([0, 2], [1, -1]).tolist(), [1, 11]);
    assert.deepEqual(x.slice(x.gt(9)).tolist(), [10, 11]);
    const n = 2;
    assert.deepEqual(x.slice(0, np.slice(n, null)).tolist(), [2, 3]);
  });

  it('updates give a new array', () => {
    const x = np.zeros([2, 3]);
    assert.deepEqual(x.at(0, '1:').set([7, 8]).tolist(), [[0, 7, 8], [0, 0, 0]]); // prettier-ignore
    assert.deepEqual(x.at([0, 0], [1, 1]).add(1).tolist(), [[0, 2, 0], [0, 0, 0]]); // prettier-ignore
    assert.equal(x.sum().item(), 0);
  });

  it('products: matmul, tensordot, einsum with any subscripts', () => {
    const a = np.arange(6).reshape(2, 3);
    assert.deepEqual(a.matmul(a.T).tolist(), np.einsum('ij,kj->ik', a, a).tolist());
    assert.deepEqual(np.einsum('...j,j->...', a, [1, 0, 1]).tolist(), [2, 8]);
    assert.equal(np.tensordot(a, a, 2).item(), 55);
  });

  it('a model, its loss, its gradient and its per-example gradients', () => {
    const [weightKey, dataKey] = random.split(random.key(0));
    const inputs = random.normal(dataKey, [8, 3], { dtype: 'float64' });
    const targets = inputs.matmul([1, -2, 0.5]).add(0.3);
    const start = { w: random.normal(weightKey, [3], { dtype: 'float64' }), b: 0 };

    const predict = (p: typeof start, x: NdArray): NdArray => x.matmul(p.w).add(p.b);
    const loss = (p: typeof start, x: NdArray, y: NdArray): NdArray => predict(p, x).sub(y).square().mean();

    let p = start;
    for (let step = 0; step < 100; step++) {
      const slope = grad(loss)(p, inputs, targets);
      p = { w: p.w.sub(slope.w.mul(0.2)), b: p.b - 0.2 * slope.b };
    }
    assertClose(p.w, [1, -2, 0.5], 1e-3);
    assertClose(p.b, 0.3, 1e-3);

    const each = vmap(grad(loss), { inAxes: [null, 0, 0] })(start, inputs, targets);
    assert.deepEqual([...np.array(each.w).shape], [8, 3]);
    assertClose(np.array(each.w).mean(0), grad(loss)(start, inputs, targets).w, 1e-12);
  });

  it('linear algebra and activations are differentiable too', () => {
    const a = np.array([
      [2, 0.5],
      [0.5, 1],
    ]);
    const energy = (m: NdArray): NdArray => linalg.slogdet(m)[1];
    assertClose(grad(energy)(a), linalg.inv(a).T, 1e-12);
    const x = np.array([1, 2, 3]);
    const entropy = (logits: NdArray): NdArray => np.sum(nn.softmax(logits).mul(nn.logSoftmax(logits))).neg();
    assertClose(grad(entropy)(np.zeros([3])), [0, 0, 0], 1e-12);
    assertClose(nn.softmax(x).sum(), 1, 1e-15);
  });
});
