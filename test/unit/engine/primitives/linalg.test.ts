/** Matrix decompositions: what they are defined by, signs, order, degenerate and large matrices. */
import assert from 'node:assert/strict';
import { interpret } from '../../../../src/engine/execute/interpret';
import type { PrimitiveName } from '../../../../src/engine/primitives/params';
import type { ArrayValue } from '../../../../src/engine/program/aval';
import type { ParamsOf } from '../../../../src/engine/program/program';
import { equation } from './support/checks';
import { array, difference, generator, uniform } from './support/values';

function run<P extends PrimitiveName>(name: P, operands: readonly ArrayValue[], params: ParamsOf<P>): ArrayValue[] {
  return interpret(equation(name, operands, params), operands);
}

function product(a: ArrayValue, b: ArrayValue): ArrayValue {
  return run('dotGeneral', [a, b], { lhsContract: [1], rhsContract: [0], lhsBatch: [], rhsBatch: [] })[0];
}

function transposed(a: ArrayValue): ArrayValue {
  return run('transpose', [a], { permutation: [1, 0] })[0];
}

function identity(n: number): ArrayValue {
  return array(
    [n, n],
    Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)),
  );
}

function scaleColumns(a: ArrayValue, s: ArrayValue): ArrayValue {
  const [, n] = a.shape;
  return array(
    a.shape,
    Float64Array.from(a.data, (x, i) => x * s.data[i % n]),
  );
}

function assertClose(actual: ArrayValue, expected: ArrayValue, tolerance = 1e-12): void {
  const off = difference([actual], [expected]);
  assert.ok(off < tolerance, `off by ${off}`);
}

function assertOrthonormal(q: ArrayValue): void {
  assertClose(product(transposed(q), q), identity(q.shape[1]));
}

const sizes: readonly (readonly [number, number])[] = [
  [1, 1],
  [3, 3],
  [5, 3],
  [3, 5],
  [1, 4],
  [4, 1],
  [40, 40],
  [60, 25],
];

describe('Matrix decompositions', () => {
  const random = generator(11);

  it('Cholesky gives the lower factor', () => {
    for (const n of [1, 2, 5, 40]) {
      const a = uniform(random, [n, n]);
      const spd = product(a, transposed(a));
      for (let i = 0; i < n; i++) spd.data[i * (n + 1)] += n;
      const [l] = run('cholesky', [spd], undefined);
      assertClose(product(l, transposed(l)), spd);
      for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) assert.equal(l.data[i * n + j], 0);
    }
  });

  it('Cholesky of a matrix that is not positive definite is NaN', () => {
    const [l] = run('cholesky', [array([2, 2], [1, 2, 2, 1])], undefined);
    assert.ok(l.data.every(Number.isNaN));
  });

  it('LU gives the permuted matrix, with multipliers of at most 1', () => {
    for (const [m, n] of sizes) {
      const a = uniform(random, [m, n]);
      const [lu, pivots, permutation] = run('lu', [a], undefined);
      const k = Math.min(m, n);
      const l = array(
        [m, k],
        Float64Array.from({ length: m * k }, (_, i) => {
          const [row, column] = [Math.floor(i / k), i % k];
          return row === column ? 1 : row > column ? lu.data[row * n + column] : 0;
        }),
      );
      const u = array(
        [k, n],
        Float64Array.from({ length: k * n }, (_, i) => {
          const [row, column] = [Math.floor(i / n), i % n];
          return row <= column ? lu.data[row * n + column] : 0;
        }),
      );
      const permuted = array(
        [m, n],
        Float64Array.from(a.data, (_, i) => a.data[permutation.data[Math.floor(i / n)] * n + (i % n)]),
      );
      assertClose(product(l, u), permuted);
      assert.ok(l.data.every((x) => Math.abs(x) <= 1));
      // The pivots, row exchanges one after the other, make the permutation.
      const order = Array.from({ length: m }, (_, i) => i);
      pivots.data.forEach((to, i) => ([order[i], order[to]] = [order[to], order[i]]));
      assert.deepEqual(order, Array.from(permutation.data));
    }
  });

  it('LU of a singular matrix has a zero in the diagonal of U', () => {
    const [lu] = run('lu', [array([2, 2], [1, 2, 2, 4])], undefined);
    assert.deepEqual(Array.from(lu.data), [2, 4, 0.5, 0]);
  });

  it('QR gives orthonormal columns and an upper triangle, reduced and full', () => {
    for (const [m, n] of sizes) {
      for (const fullMatrices of [false, true]) {
        const a = uniform(random, [m, n]);
        const [q, r] = run('qr', [a], { fullMatrices });
        assert.deepEqual(q.shape, [m, fullMatrices ? m : Math.min(m, n)]);
        assertClose(product(q, r), a);
        assertOrthonormal(q);
        for (let i = 0; i < r.shape[0]; i++)
          for (let j = 0; j < Math.min(i, n); j++) assert.equal(r.data[i * n + j], 0);
      }
    }
  });

  it('QR has the signs of LAPACK', () => {
    const [q, r] = run('qr', [array([2, 2], [3, 1, 4, 2])], { fullMatrices: false });
    assertClose(q, array([2, 2], [-0.6, -0.8, -0.8, 0.6]), 1e-15);
    assertClose(r, array([2, 2], [-5, -2.2, 0, 0.4]), 1e-15);
    const [, triangular] = run('qr', [array([2, 2], [3, 1, 0, -2])], { fullMatrices: false });
    assert.deepEqual(Array.from(triangular.data), [3, 1, 0, -2]);
  });

  it('eigenvalues ascend and eigenvectors diagonalise', () => {
    for (const n of [1, 2, 3, 8, 50]) {
      const a = uniform(random, [n, n]);
      const symmetric = array(
        [n, n],
        Float64Array.from(a.data, (x, i) => (x + a.data[(i % n) * n + Math.floor(i / n)]) / 2),
      );
      const [w, v] = run('eigh', [symmetric], undefined);
      assertClose(product(symmetric, v), scaleColumns(v, w));
      assertOrthonormal(v);
      assert.deepEqual(
        Array.from(w.data),
        Array.from(w.data).sort((x, y) => x - y),
      );
    }
  });

  it('eigenvalues of matrices with equal ones, diagonal ones and hard ones', () => {
    assert.deepEqual(Array.from(run('eigh', [identity(4)], undefined)[0].data), [1, 1, 1, 1]);
    const [w] = run('eigh', [array([3, 3], [2, 0, 0, 0, -1, 0, 0, 0, 1])], undefined);
    assert.deepEqual(Array.from(w.data), [-1, 1, 2]);
    const [zero] = run('eigh', [array([2, 2], [0, 0, 0, 0])], undefined);
    assert.deepEqual(Array.from(zero.data), [0, 0]);
    const [nan] = run('eigh', [array([2, 2], [NaN, 0, 0, 1])], undefined);
    assert.ok(nan.data.every(Number.isNaN));
    // Wilkinson's W21⁺: pairs of eigenvalues that agree to 14 digits.
    const n = 21;
    const wilkinson = array(
      [n, n],
      Float64Array.from({ length: n * n }, (_, i) => {
        const [row, column] = [Math.floor(i / n), i % n];
        return row === column ? Math.abs(row - 10) : Math.abs(row - column) === 1 ? 1 : 0;
      }),
    );
    const [values, vectors] = run('eigh', [wilkinson], undefined);
    assert.ok(Math.abs(values.data[20] - 10.746194182903393) < 1e-13);
    assertOrthonormal(vectors);
  });

  it('singular values descend and the factors give the matrix', () => {
    for (const [m, n] of sizes) {
      const a = uniform(random, [m, n]);
      const [u, s, vt] = run('svd', [a], undefined);
      assertClose(product(scaleColumns(u, s), vt), a);
      assertOrthonormal(u);
      assertOrthonormal(transposed(vt));
      assert.deepEqual(
        Array.from(s.data),
        Array.from(s.data).sort((x, y) => y - x),
      );
    }
  });

  it('singular values of matrices without full rank, of zero and of huge and tiny matrices', () => {
    const deficient = array([3, 2], [1, 2, 2, 4, 3, 6]);
    const [u, s, vt] = run('svd', [deficient], undefined);
    assertClose(product(scaleColumns(u, s), vt), deficient);
    assertOrthonormal(u);
    assert.ok(s.data[1] < 1e-14);
    const [zeroU, zeroS] = run('svd', [array([3, 2], new Float64Array(6))], undefined);
    assert.deepEqual(Array.from(zeroS.data), [0, 0]);
    assertOrthonormal(zeroU);
    for (const value of run('svd', [array([2, 2], [1, NaN, 0, 1])], undefined))
      assert.ok(value.data.every(Number.isNaN));
    for (const scale of [1e-200, 1e200]) {
      const [, values] = run('svd', [array([2, 2], [3 * scale, 0, 0, 4 * scale])], undefined);
      assertClose(
        array(
          [2],
          Array.from(values.data, (x) => x / scale),
        ),
        array([2], [4, 3]),
        1e-14,
      );
    }
  });

  it('triangular systems of large matrices are solved to rounding', () => {
    const n = 50;
    const a = uniform(random, [n, n]);
    for (let i = 0; i < n; i++) a.data[i * (n + 1)] += n;
    const x = uniform(random, [n, 3]);
    const lower = array(
      [n, n],
      Float64Array.from(a.data, (value, i) => (i % n <= Math.floor(i / n) ? value : 0)),
    );
    const params = { leftSide: true, lower: true, transposeA: false, unitDiagonal: false };
    assertClose(run('triangularSolve', [a, product(lower, x)], params)[0], x);
  });

  it('float32 matrices give float32 results', () => {
    const a = array([2, 2], [4, 1, 1, 3], 'float32');
    for (const [name, params] of [
      ['cholesky', undefined],
      ['lu', undefined],
      ['qr', { fullMatrices: false }],
      ['eigh', undefined],
      ['svd', undefined],
    ] as const) {
      for (const value of run(name as 'lu', [a], params as undefined))
        assert.ok(value.dtype === 'float32' || value.dtype === 'int32');
    }
  });
});
