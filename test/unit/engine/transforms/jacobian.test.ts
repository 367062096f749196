import assert from 'node:assert/strict';
import {
  grad,
  hessian,
  hvp,
  jacfwd,
  jacobian,
  jacrev,
  jvp,
  np,
  vmap,
  type NdArray,
  customVjp,
  whileLoop,
} from '../../../../src/engine/index';
import { array, assertArray, assertNumber, assertTree } from './support';

const transforms = { jacfwd, jacrev, jacobian };

for (const [name, jac] of Object.entries(transforms)) {
  describe(name, () => {
    it('of a linear map is its matrix, square and not: 2×2, 3×2, 2×3, 1×3, 3×1', () => {
      const x2 = array([0.3, -0.7]);
      const x3 = array([0.3, -0.7, 1.1]);
      for (const [A, x] of [
        [
          array([
            [1, 2],
            [-3, 4],
          ]),
          x2,
        ],
        [
          array([
            [1, 2],
            [3, 4],
            [5, 7],
          ]),
          x2,
        ],
        [
          array([
            [1, 2, 3],
            [4, 5, 7],
          ]),
          x3,
        ],
        [array([[1, 2, 3]]), x3],
        [array([[1], [2], [4]]), array([0.5])],
      ] as const) {
        assertArray(jac((y: NdArray) => np.dot(A, y))(x), A);
      }
    });

    it('of a function that is not linear nor symmetric', () => {
      const f = (x: NdArray) => {
        const [a, b] = x;
        return np.stack([a.mul(b), np.sin(a), np.exp(b).add(a)]);
      };
      const [a, b] = [0.4, -1.2];
      assertArray(
        jac(f)(array([a, b])),
        array([
          [b, a],
          [Math.cos(a), 0],
          [1, Math.exp(b)],
        ]),
      );
    });

    it('has shape [...output, ...input] for arrays of any rank', () => {
      const x = array([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      const J = jac((y: NdArray) => np.transpose(y).mul(2))(x);
      assert.deepEqual([...J.shape], [3, 2, 2, 3]);
      for (let i = 0; i < 3; i++) {
        for (let j = 0; j < 2; j++) {
          for (let k = 0; k < 2; k++) {
            for (let l = 0; l < 3; l++) {
              const index = ((i * 2 + j) * 2 + k) * 3 + l;
              assert.equal(J.concrete.data[index], j === k && i === l ? 2 : 0);
            }
          }
        }
      }
    });

    it('nests the structure of results over that of arguments', () => {
      const f = (p: { w: NdArray; b: number }, x: NdArray) => ({
        sum: np.sum(p.w.mul(x)).mul(p.b),
        parts: [p.w.mul(p.b), x] as const,
      });
      const w = array([2, 3]);
      const x = array([5, 7]);
      const J = jac(f, [0, 1])({ w, b: 4 }, x);
      assertTree(J, {
        sum: [{ w: array([20, 28]), b: np.asarray(31) }, array([8, 12])],
        parts: [
          [
            {
              w: array([
                [4, 0],
                [0, 4],
              ]),
              b: array([2, 3]),
            },
            array([
              [0, 0],
              [0, 0],
            ]),
          ],
          [
            {
              w: array([
                [0, 0],
                [0, 0],
              ]),
              b: array([0, 0]),
            },
            array([
              [1, 0],
              [0, 1],
            ]),
          ],
        ],
      });
    });

    it('gives numbers for numbers by numbers', () => {
      const f = (x: readonly [number, number]) => [x[1], x[0], x[1]] as const;
      assertTree(jac(f)([1, 2]), [
        [0, 1],
        [1, 0],
        [0, 1],
      ]);
      assertTree(jac((x: number) => np.asarray(x).mul(3))(2), np.asarray(3));
    });

    it('takes typed arrays, auxiliary data and argnums', () => {
      const f = (scale: number, x: Float64Array) => [np.multiply(np.square(x), scale), scale] as const;
      const [J, aux] = jac(f, { argnums: 1, hasAux: true })(3, Float64Array.of(1, 2));
      assertTree(
        [J, aux],
        [
          array([
            [6, 0],
            [0, 12],
          ]),
          3,
        ],
      );
    });

    it('nests and batches', () => {
      const f = (x: NdArray) => np.stack([x.mul(x).sum(), np.prod(x)]);
      const x = array([1, 2, 3]);
      const second = jac(jac(f))(x);
      assert.deepEqual([...second.shape], [2, 3, 3]);
      assertArray(
        second,
        array([
          [
            [2, 0, 0],
            [0, 2, 0],
            [0, 0, 2],
          ],
          [
            [0, 3, 2],
            [3, 0, 1],
            [2, 1, 0],
          ],
        ]),
      );
      const many = array([
        [1, 2, 3],
        [0.5, -1, 2],
      ]);
      const batched = vmap(jac(f))(many);
      assertArray(batched, np.stack([...many].map((each) => jac(f)(each))));
    });
  });
}

describe('jacobian of a function with one mode only', () => {
  it('takes that one', () => {
    const looped = (x: NdArray) =>
      whileLoop(
        (y: NdArray) => np.less(np.sum(y), 10),
        (y: NdArray) => y.mul(2),
        x,
      ).sum();
    assertArray(jacobian(looped)(array([1, 2, 1])), array([4, 4, 4]));
    const ruled = customVjp((x: NdArray) => np.stack([x, x]));
    ruled.defvjp(
      (x) => [np.stack([x, x]), null],
      (_none: null, ct: NdArray) => [np.sum(ct).mul(5)],
    );
    assertArray(jacobian(ruled)(np.asarray(2)), array([5, 5]));
  });
});

describe('hessian', () => {
  it('of a scalar function has shape [...x, ...x] and is symmetric', () => {
    const f = (X: NdArray) =>
      np.sum(
        np.tanh(
          np.matmul(
            X,
            array([
              [1, 2],
              [3, -1],
            ]),
          ),
        ),
      );
    const X = array([
      [0.1, 0.2],
      [-0.3, 0.4],
      [0.5, 0.1],
    ]);
    const H = hessian(f)(X);
    assert.deepEqual([...H.shape], [3, 2, 3, 2]);
    assertArray(np.transpose(H, [2, 3, 0, 1]), H);
    const V = array([
      [1, 0],
      [2, -1],
      [0.5, 3],
    ]);
    assertArray(np.tensordot(H, V, 2), jvp(grad(f), [X], [V])[1]);
  });

  it('nests structures twice', () => {
    const f = (p: { a: number; b: NdArray }) => np.sum(p.b.mul(p.b)).mul(p.a).mul(p.a);
    const H = hessian(f)({ a: 3, b: array([1, 2]) });
    assertTree(H, {
      a: { a: np.asarray(10), b: array([12, 24]) },
      b: {
        a: array([12, 24]),
        b: array([
          [18, 0],
          [0, 18],
        ]),
      },
    });
  });

  it('of a vector function has the results in front', () => {
    const H = hessian((x: NdArray) => np.stack([x.prod(), x.sum()]))(array([2, 5]));
    assertArray(
      H,
      array([
        [
          [0, 1],
          [1, 0],
        ],
        [
          [0, 0],
          [0, 0],
        ],
      ]),
    );
  });

  it('with auxiliary data', () => {
    const [H, aux] = hessian((x: NdArray) => [x.pow(3).sum(), x] as const, { hasAux: true })(array([1, 2]));
    assertTree(
      [H, aux],
      [
        array([
          [6, 0],
          [0, 12],
        ]),
        array([1, 2]),
      ],
    );
  });
});

describe('hvp', () => {
  const f = (p: { x: NdArray; y: number }, scale: number) => np.sum(np.sin(p.x).mul(p.y).mul(p.y)).mul(scale);
  const primals: [{ x: NdArray; y: number }, number] = [{ x: array([0.3, 1.2]), y: 2 }, 3];
  const v = { x: array([1, -1]), y: 0.5 };

  for (const mode of ['forwardOverReverse', 'reverseOverForward', 'reverseOverReverse', 'naive'] as const) {
    it(`${mode}: a tree like the argument`, () => {
      const product = hvp(f, primals, [v], { mode });
      const [s, c] = [[0.3, 1.2].map(Math.sin), [0.3, 1.2].map(Math.cos)];
      // ∂²/∂x² = −3 y² sin x, ∂²/∂x∂y = 6 y cos x, ∂²/∂y² = 6 Σ sin x
      const expected = {
        x: array([0, 1].map((k) => -12 * s[k] * [1, -1][k] + 12 * c[k] * 0.5)),
        y: 12 * (c[0] - c[1]) + 6 * (s[0] + s[1]) * 0.5,
      };
      assertTree(product, expected);
    });
  }

  it('agrees with differences of gradients', () => {
    const g = (x: NdArray) => np.sum(np.exp(x.mul(array([1, 2, 3]))));
    const x = array([0.1, 0.2, -0.3]);
    const h = 1e-5;
    const direction = array([1, 2, -1]);
    const difference = grad(g)(x.add(direction.mul(h)))
      .sub(grad(g)(x.sub(direction.mul(h))))
      .div(2 * h);
    assertArray(hvp(g, [x], [direction]), difference, 1e-8);
    assertNumber(1, 1);
  });
});
