/** Sparse Jacobians and Hessians: patterns, number of passes, values. */
import assert from 'node:assert/strict';
import {
  checkpoint,
  cond,
  customJvp,
  customVjp,
  hessian,
  jacobian,
  np,
  scan,
  sparseHessian,
  sparseJacobian,
  whileLoop,
} from '../../../../src/engine/index';
import type { NdArray } from '../../../../src/engine/trace/ndarray';

type Vector = (x: NdArray) => NdArray;

const numbers = (x: NdArray) => Array.from(x.concrete.data);

function assertEqualsDense(
  f: Vector,
  x: NdArray,
  options: { mode?: 'forward' | 'reverse' } = {},
): ReturnType<ReturnType<typeof sparseJacobian>> {
  const sparse = sparseJacobian(f, options)(x);
  const dense = numbers(jacobian(f)(x) as NdArray);
  const own = numbers(sparse.toDense());
  assert.equal(own.length, dense.length);
  own.forEach((value, index) =>
    assert.ok(Math.abs(value - dense[index]) < 1e-12, `entry ${index}: ${value}, not ${dense[index]}`),
  );
  return sparse;
}

/** Elements [start, stop) of a vector. */
const part = (x: NdArray, start: number, stop: number) => x.slice(np.slice(start, stop));

const vector = (n: number) => np.linspace(0.1, 1.3, n);

describe('sparseJacobian', () => {
  it('of a tridiagonal function of 100,000 variables takes 3 passes', function () {
    this.timeout(20_000);
    const n = 100_000;
    const f: Vector = (x) => {
      const inner = np
        .sin(part(x, 1, n - 1))
        .mul(part(x, 0, n - 2))
        .sub(part(x, 2, n).mul(part(x, 2, n)));
      return np.concatenate([part(x, 0, 1), inner, part(x, n - 1, n)]);
    };
    const x = vector(n);
    const matrix = sparseJacobian(f)(x);
    assert.deepEqual(matrix.shape, [n, n]);
    assert.equal(matrix.colors, 3);
    assert.equal(matrix.mode, 'forward');
    assert.equal(matrix.nnz, 3 * (n - 2) + 2);
    const at = numbers(x);
    assert.ok(Math.abs(matrix.get(500, 500) - Math.cos(at[500]) * at[499]) < 1e-12);
    assert.ok(Math.abs(matrix.get(500, 499) - Math.sin(at[500])) < 1e-12);
    assert.ok(Math.abs(matrix.get(500, 501) + 2 * at[501]) < 1e-12);
    assert.equal(matrix.get(500, 502), 0);
  });

  it('takes rows together where that is fewer passes', () => {
    // One result of all variables: every column has a colour of its own, the row needs one.
    const f: Vector = (x) =>
      part(x, 1, 40)
        .mul(part(x, 0, 1))
        .sum()
        .reshape([1]);
    const matrix = assertEqualsDense(f, vector(40));
    assert.equal(matrix.colors, 1);
    assert.equal(matrix.mode, 'reverse');
  });

  it('gives the same matrix in both modes', () => {
    const f: Vector = (x) => np.tanh(part(x, 1, 9)).mul(part(x, 0, 8));
    const x = vector(9);
    const forward = assertEqualsDense(f, x, { mode: 'forward' });
    const reverse = assertEqualsDense(f, x, { mode: 'reverse' });
    assert.equal(forward.mode, 'forward');
    assert.equal(reverse.mode, 'reverse');
    assert.deepEqual(forward.indices, reverse.indices);
  });

  it('takes pattern and colours of an earlier result', () => {
    const f: Vector = (x) => x.mul(x);
    const first = sparseJacobian(f)(vector(5));
    const second = sparseJacobian(f, { like: first })(np.array([1, 2, 3, 4, 5]));
    assert.equal(second.sparsity, first.sparsity);
    assert.deepEqual(Array.from(second.data), [2, 4, 6, 8, 10]);
  });

  it('multiplies vectors', () => {
    const f: Vector = (x) => part(x, 1, 4).mul(part(x, 0, 3));
    const matrix = sparseJacobian(f)(np.array([1, 2, 3, 4]));
    assert.deepEqual(Array.from(matrix.multiply([1, 0, 0, 1])), [2, 0, 3]);
    assert.deepEqual(Array.from(matrix.indptr), [0, 2, 4, 6]);
    assert.deepEqual(Array.from(matrix.indices), [0, 1, 1, 2, 2, 3]);
  });

  it('knows that a masked or unused element has no derivative', () => {
    const mask = np.array([1, 0, 1]);
    assert.equal(sparseJacobian((x: NdArray) => x.mul(mask))(vector(3)).nnz, 2);
    assert.equal(sparseJacobian((x: NdArray) => np.floor(x))(vector(3)).nnz, 0);
    assert.equal(sparseJacobian((_x: NdArray) => np.array([1, 2]))(vector(3)).nnz, 0);
  });

  it('follows arguments that are trees, and several of them', () => {
    const f = ({ a, b }: { a: number; b: NdArray }, c: number[]) => ({ p: b.mul(a), q: np.multiply(c, 2) });
    const matrix = sparseJacobian(f, { argnums: [0, 1] })({ a: 3, b: np.array([1, 2]) }, [5, 6, 7]);
    assert.deepEqual(matrix.shape, [5, 6]);
    assert.deepEqual(numbers(matrix.toDense()), [
      ...[1, 3, 0, 0, 0, 0],
      ...[2, 0, 3, 0, 0, 0],
      ...[0, 0, 0, 2, 0, 0],
      ...[0, 0, 0, 0, 2, 0],
      ...[0, 0, 0, 0, 0, 2],
    ]);
  });

  it('follows loops step by step: a scan of neighbours is triangular, not full', () => {
    const f: Vector = (x) =>
      scan(
        (carry: NdArray, each: NdArray) => [carry.mul(0.5).add(each), carry.mul(each)] as const,
        np.array(0),
        x,
      )[1] as NdArray;
    const matrix = assertEqualsDense(f, vector(6));
    // The first carry is 0 whatever x is.
    assert.equal(matrix.nnz, 1 + 2 + 3 + 4 + 5 + 6);
  });

  it('follows while loops, branches, checkpoints and custom rules', () => {
    const power: Vector = (x) =>
      whileLoop(
        ([i]: [NdArray, NdArray]) => np.less(i, 3),
        ([i, y]: [NdArray, NdArray]) => [i.add(1), y.mul(x)] as [NdArray, NdArray],
        [np.array(0), x],
      )[1];
    assert.equal(assertEqualsDense(power, vector(4), { mode: 'forward' }).nnz, 4);
    const branch: Vector = (x) =>
      cond(
        np.greater(x.sum(), 0),
        (y: NdArray) => y.mul(y),
        (y: NdArray) => y,
        x,
      ) as NdArray;
    assert.equal(assertEqualsDense(branch, vector(4)).nnz, 4);
    assert.equal(assertEqualsDense(checkpoint((x: NdArray) => np.sin(x)) as Vector, vector(4)).nnz, 4);
    const own = customJvp((x: NdArray) => np.floor(x));
    own.defjvp(([x]: [NdArray], [t]: [NdArray]) => [np.floor(x), t]);
    assert.equal(assertEqualsDense(own as unknown as Vector, vector(4)).nnz, 4);
    const reverse = customVjp((x: NdArray) => x.mul(x));
    reverse.defvjp(
      (x: NdArray) => [x.mul(x), x] as const,
      (x: NdArray, c: NdArray) => [c.mul(x).mul(2)],
    );
    const matrix = sparseJacobian(reverse as unknown as Vector, { mode: 'reverse' })(vector(4));
    assert.deepEqual(numbers(matrix.toDense()), numbers(jacobian((x: NdArray) => x.mul(x))(vector(4)) as NdArray));
  });

  it('refuses what it cannot do, and says why', () => {
    assert.throws(
      () => sparseJacobian((x: NdArray) => np.argmax(x))(vector(3)),
      /sparseJacobian.*need float results, but one is i32/,
    );
    assert.throws(() => sparseJacobian((x: NdArray) => x)(np.array([1, 2], 'int32')), /need float inputs/);
    assert.throws(
      () => jacobian((x: NdArray) => sparseJacobian((y: NdArray) => y.mul(y))(x).toDense())(vector(3)),
      /no place in another transform/,
    );
    assert.throws(() => sparseHessian((x: NdArray) => x)(vector(3)), /scalar/);
  });
});

describe('sparseHessian', () => {
  function assertHessian(f: (x: NdArray) => NdArray, x: NdArray): ReturnType<ReturnType<typeof sparseHessian>> {
    const sparse = sparseHessian(f)(x);
    const own = numbers(sparse.toDense());
    numbers(hessian(f)(x) as NdArray).forEach((value, index) => assert.ok(Math.abs(value - own[index]) < 1e-11));
    return sparse;
  }

  it('of the chained Rosenbrock function of 100,000 variables takes 3 products', function () {
    this.timeout(20_000);
    const n = 100_000;
    const rosenbrock = (x: NdArray) => {
      const size = x.shape[0];
      const a = part(x, 0, size - 1);
      const b = part(x, 1, size);
      return b.sub(a.mul(a)).pow(2).mul(100).add(np.subtract(1, a).pow(2)).sum();
    };
    assertHessian(rosenbrock, vector(7));
    const matrix = sparseHessian(rosenbrock)(vector(n));
    assert.equal(matrix.nnz, 3 * n - 2);
    assert.equal(matrix.colors, 3);
  });

  it('of an arrow takes 2 products, where columns alone would take n', () => {
    const arrow = (x: NdArray) =>
      np
        .sin(part(x, 1, 50))
        .mul(part(x, 0, 1))
        .mul(part(x, 0, 1))
        .sum();
    const matrix = assertHessian(arrow, vector(50));
    assert.equal(matrix.mode, 'symmetric');
    assert.equal(matrix.colors, 2);
  });

  it('of an arrow of 50,000 variables takes 2 products', function () {
    this.timeout(20_000);
    const n = 50_000;
    const matrix = sparseHessian((x: NdArray) =>
      np
        .sin(part(x, 1, n))
        .mul(part(x, 0, 1))
        .mul(part(x, 0, 1))
        .sum(),
    )(vector(n));
    assert.equal(matrix.nnz, 3 * n - 2);
    assert.equal(matrix.colors, 2);
  });

  it('of a sum of squares is diagonal, and that of a linear function is empty', () => {
    assert.equal(assertHessian((x) => x.mul(x).sum(), vector(5)).nnz, 5);
    assert.equal(assertHessian((x) => x.sum(), vector(5)).nnz, 0);
  });

  it('of a dense function is dense', () => {
    const matrix = assertHessian((x) => np.exp(x.sum()), vector(5));
    assert.equal(matrix.nnz, 25);
    assert.equal(matrix.colors, 5);
  });
});
