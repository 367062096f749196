/** Linear algebra: factors multiply back, stacks are loops, hard cases and errors. Values: numpy/reference.test.ts. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { linalg, np, vmap, type NdArray } from '../../../../src/engine/index';
import { assertClose } from '../numpy/support/close';
import { sample } from '../numpy/support/loops';

const size = fc.integer({ min: 1, max: 6 });
const seed = fc.nat(2 ** 31);
const runs = { numRuns: 60 };

function assertError(run: () => unknown, ...parts: string[]): void {
  assert.throws(
    run,
    (error: Error) => parts.every((part) => error.message.includes(part)) || assert.fail(error.message),
  );
}

describe('factors', () => {
  it('multiply back to the matrix', () => {
    fc.assert(
      fc.property(size, size, seed, (m, n, start) => {
        const a = sample([2, m, n], start);
        const [q, r] = linalg.qr(a);
        assertClose(q.matmul(r), a, 1e-11, 'qr');
        assertClose(
          q.mT.matmul(q),
          np.broadcastTo(np.eye(Math.min(m, n)), [2, Math.min(m, n), Math.min(m, n)]),
          1e-11,
          'qᵀq',
        );
        assertClose(np.tril(r, -1), np.zerosLike(r), 1e-14, 'r');
        const [full, upper] = linalg.qr(a, { mode: 'complete' });
        assert.deepEqual(
          [[...full.shape], [...upper.shape]],
          [
            [2, m, m],
            [2, m, n],
          ],
        );
        assertClose(full.matmul(upper), a, 1e-11, 'complete qr');
        const [u, s, vt] = linalg.svd(a, { fullMatrices: false });
        assertClose(u.mul(s.expandDims(-2)).matmul(vt), a, 1e-10, 'svd');
        const [wide, , tall] = linalg.svd(a);
        assertClose(wide.matmul(wide.mT), np.broadcastTo(np.eye(m), [2, m, m]), 1e-10, 'full u');
        assertClose(tall.matmul(tall.mT), np.broadcastTo(np.eye(n), [2, n, n]), 1e-10, 'full vᵀ');
        assert.ok(np.all(np.diff(s).le(1e-12)).item(), 'descending');
        const [p, l, upperFactor] = linalg.lu(a);
        assertClose(p.matmul(l).matmul(upperFactor), a, 1e-11, 'lu');
        assert.deepEqual(
          [[...l.shape], [...upperFactor.shape]],
          [
            [2, m, Math.min(m, n)],
            [2, Math.min(m, n), n],
          ],
        );
      }),
      runs,
    );
  });

  it('of symmetric matrices', () => {
    fc.assert(
      fc.property(size, seed, (n, start) => {
        const a = sample([2, n, n], start);
        const definite = a.matmul(a.mT).add(np.eye(n));
        const l = linalg.cholesky(definite);
        assertClose(l.matmul(l.mT), definite, 1e-10, 'cholesky');
        assertClose(linalg.cholesky(definite, { upper: true }), l.mT, 0);
        const symmetric = a.add(a.mT);
        const [w, v] = linalg.eigh(symmetric);
        assertClose(v.mul(w.expandDims(-2)).matmul(v.mT), symmetric, 1e-10, 'eigh');
        assertClose(linalg.eigvalsh(symmetric), w, 1e-14);
        const b = sample([2, n, 3], start + 1);
        assertClose(definite.matmul(linalg.choSolve(l, b)), b, 1e-9, 'choSolve');
      }),
      runs,
    );
  });
});

describe('systems', () => {
  it('are solved', () => {
    fc.assert(
      fc.property(size, seed, (n, start) => {
        const a = sample([3, n, n], start).add(np.eye(n).mul(5 * n));
        const b = sample([3, n, 2], start + 1);
        assertClose(a.matmul(linalg.solve(a, b)), b, 1e-10, 'solve');
        assertClose(a.matmul(linalg.inv(a)), np.broadcastTo(np.eye(n), [3, n, n]), 1e-10, 'inv');
        const [sign, log] = linalg.slogdet(a);
        assertClose(sign.mul(log.exp()), linalg.det(a), 1e-9, 'slogdet');
        assertClose(np.tril(a).matmul(linalg.solveTriangular(a, b, { lower: true })), b, 1e-10, 'lower');
        assertClose(linalg.triangularSolve(a, b.mT).matmul(np.triu(a)), b.mT, 1e-10, 'from the right');
      }),
      runs,
    );
  });

  it('of stacks are loops, by broadcasting and by vmap', () => {
    const a = sample([4, 3, 3], 5).add(np.eye(3).mul(6));
    const b = sample([4, 3], 6);
    const loop = np.stack([...a].map((matrix, k) => linalg.solve(matrix, b.slice(k))));
    assertClose(vmap((matrix: NdArray, vector: NdArray) => linalg.solve(matrix, vector))(a, b), loop, 1e-13);
    assertClose(linalg.solve(a, b.expandDims(2)).squeeze(2), loop, 1e-13);
    assertClose(vmap((matrix: NdArray) => linalg.det(matrix))(a), linalg.det(a), 1e-13);
    assertClose(vmap((matrix: NdArray) => linalg.pinv(matrix))(a), linalg.pinv(a), 1e-13);
    assertClose(vmap((matrix: NdArray) => linalg.expm(matrix))(a.div(10)), linalg.expm(a.div(10)), 1e-13);
    assertClose(
      linalg.solve(a.slice(0), sample([5, 2, 3, 2], 7)),
      np.stack(
        [...sample([5, 2, 3, 2], 7)].map((one) => np.stack([...one].map((right) => linalg.solve(a.slice(0), right)))),
      ),
      1e-13,
    );
  });

  it('with least squares and pseudo-inverses of deficient matrices', () => {
    const a = np.array([
      [1, 2],
      [2, 4],
      [3, 6],
    ]);
    const inverse = linalg.pinv(a);
    assertClose(a.matmul(inverse).matmul(a), a, 1e-12);
    assertClose(inverse.matmul(a).matmul(inverse), inverse, 1e-12);
    const [x, residuals, rank] = linalg.lstsq(a, [1, 2, 3]);
    assertClose(x, [0.2, 0.4], 1e-12);
    assertClose(residuals, [NaN]);
    assert.equal(rank.item(), 1);
    assert.equal(linalg.matrixRank(a).item(), 1);
  });
});

describe('hard cases', () => {
  it('have the values of numpy', () => {
    assert.deepEqual(
      linalg.slogdet(np.zeros([4, 4])).map((one) => one.item()),
      [0, -Infinity],
    );
    assert.equal(linalg.det(np.zeros([5, 5])).item(), 0);
    assert.equal(linalg.det(np.array([[7]])).item(), 7);
    assert.ok(
      np
        .all(
          np.isnan(
            linalg.cholesky([
              [1, 2],
              [2, 1],
            ]),
          ),
        )
        .item(),
    );
    assert.equal(linalg.norm([]).item(), 0);
    assertClose(
      linalg.matrixPower(
        [
          [1, 1],
          [0, 1],
        ],
        0,
      ),
      np.eye(2),
    );
    assertClose(linalg.expm(np.zeros([3, 3])), np.eye(3));
    assertClose(
      linalg.expm([
        [0, -Math.PI],
        [Math.PI, 0],
      ]),
      np.eye(2).mul(-1),
      1e-13,
    );
    assertClose(
      linalg.expm([
        [-40, 0],
        [0, 30],
      ]),
      np.diag(np.exp([-40, 30])),
      1e-12,
    );
  });

  it('keep float32', () => {
    const a = np.float32([
      [2, 1],
      [1, 3],
    ]);
    const results = [
      linalg.inv(a),
      linalg.solve(a, np.float32([1, 2])),
      linalg.det(a),
      ...linalg.qr(a),
      ...linalg.eigh(a),
      ...linalg.svd(a),
      linalg.norm(a),
      linalg.expm(a),
      linalg.pinv(a),
      ...linalg.slogdet(a),
    ];
    for (const result of results) assert.equal(result.dtype, 'float32');
    assert.equal(linalg.solve(a, [1, 2]).dtype, 'float64');
    assert.equal(linalg.inv(np.int32([[2]])).dtype, 'float64');
  });

  it('say what does not fit', () => {
    assertError(() => linalg.inv(np.ones([2, 3])), 'linalg.inv', 'square', 'f64[2,3]');
    assertError(() => linalg.solve(np.eye(3), [1, 2]), 'linalg.solve', 'f64[3,3]', 'f64[2]');
    assertError(() => linalg.solve(np.ones([2, 3, 3]), np.ones([4, 3, 1])), 'leading axes', 'f64[2,3,3]', 'f64[4,3,1]');
    assertError(() => linalg.det([1, 2]), 'linalg.det', 'two dimensions');
    assertError(() => linalg.lstsq(np.ones([3, 2]), [1, 2]), 'linalg.lstsq', 'f64[3,2]', 'f64[2]');
    assertError(() => linalg.norm(np.ones([2, 2, 2]), 2), 'linalg.norm', 'order 2');
    assertError(() => linalg.norm(np.ones([2, 2]), 5), 'order 5');
    assertError(() => linalg.matrixPower(np.eye(2), 0.5), '0.5');
  });
});
