/** Hessians and Jacobians in fewer passes than columns, against one product a column. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  customVjp,
  grad,
  hessian,
  jacfwd,
  jacobian,
  jacrev,
  jit,
  jvp,
  makeProgram,
  np,
  sparseHessian,
  vmap,
  type NdArray,
} from '../../../../src/engine/index';
import { fewestPasses, hessianProgram } from '../../../../src/engine/transforms/functions/matrices';
import { assertArray } from './support';

type Energy = (x: NdArray) => NdArray;

const N = 100;
const point = (n = N) => np.array(Float64Array.from({ length: n }, (_, index) => Math.sin(1.3 * index + 0.4)));
const part = (x: NdArray, start: number, stop: number) => x.slice(np.slice(start, stop));
const pick = (x: NdArray, indices: readonly number[]) => np.take(x, np.array(indices, 'int32'));

/** Hessian-vector products with the unit vectors, or Jacobian-vector products. */
function columns(f: (x: NdArray) => NdArray, x: NdArray): NdArray {
  return vmap((v: NdArray) => jvp(f, [x], [v])[1], { outAxes: 1 })(np.eye(x.size).reshape([x.size, ...x.shape]));
}

function assertSymmetric(matrix: NdArray): void {
  const { data } = matrix.concrete;
  const n = Math.sqrt(data.length);
  for (let row = 0; row < n; row++)
    for (let column = 0; column < row; column++) assert.equal(data[row * n + column], data[column * n + row]);
}

/** Products that the Hessian takes, which is compared with that of one product a column. */
function products(f: Energy, x: NdArray): number {
  const found = hessian(f)(x) as unknown as NdArray;
  assertArray(found, columns(grad(f) as Energy, x), 1e-12);
  const { compressed } = hessianProgram(makeProgram(f)(x), [true], 1);
  if (compressed?.compression.mode === 'symmetric') assertSymmetric(found);
  return compressed?.compression.coloring.count ?? x.size;
}

const chain: Energy = (x) => {
  const [a, b] = [part(x, 0, x.size - 1), part(x, 1, x.size)];
  return b.sub(a.mul(a)).pow(2).mul(100).add(np.subtract(1, a).pow(2)).sum();
};
const arrow: Energy = (x) =>
  np
    .sin(part(x, 1, x.size).mul(part(x, 0, 1)))
    .sum()
    .add(np.exp(part(x, 0, 1)).sum());
const grid: Energy = (x) => {
  const g = x.reshape([10, -1]);
  const [dx, dy] = [np.diff(g, 1, 0), np.diff(g, 1, 1)];
  return np.cosh(dx).sum().add(np.cosh(dy).sum()).add(g.pow(4).sum());
};

describe('Sparse Hessians by the public hessian', () => {
  it('take 3 products for a chain, 2 for an arrow, 1 for a separable sum, few for a grid', () => {
    assert.equal(products(chain, point()), 3);
    assert.equal(products(arrow, point()), 2);
    assert.equal(
      products((x) => np.tanh(x).pow(2).mul(np.exp(x)).sum(), point()),
      1,
    );
    assert.ok(products(grid, point()) <= 8);
  });

  it('take one a column where they are full, or small', () => {
    const full: Energy = (x) => np.exp(x.sum().mul(0.1)).mul(np.tanh(x).sum());
    assert.equal(products(full, point()), N);
    assert.equal(products(chain, point(9)), 9);
  });

  it('of sums over random sets of variables are the dense ones, and symmetric to the bit', () => {
    let compressed = 0;
    const index = fc.integer({ min: 0, max: N - 1 });
    const triple = fc.tuple(index, index, index);
    // Hubs: some variables meet many others, as in arrows.
    const hub = fc.tuple(index, fc.array(index, { minLength: 10, maxLength: 40 }));
    const sums = fc.record({
      triples: fc.array(triple, { minLength: 1, maxLength: 60 }),
      hubs: fc.array(hub, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(sums, ({ triples, hubs }) => {
        const all = [...triples, ...hubs.flatMap(([at, others]) => others.map((other) => [at, other, at] as const))];
        const f: Energy = (x) => {
          const [a, b, c] = [0, 1, 2].map((k) =>
            pick(
              x,
              all.map((each) => each[k]),
            ),
          );
          return np.sin(a.mul(b)).mul(c).sum().add(x.pow(3).sum());
        };
        if (products(f, point()) < N) compressed++;
      }),
      { numRuns: 25 },
    );
    assert.ok(compressed > 12, `only ${compressed} were compressed`);
  });

  it('have the structure of several arguments, and auxiliary data beside them', () => {
    const f = (p: { a: NdArray; b: NdArray }, scale: number) => {
      const energy = np.sin(p.a.mul(p.b)).sum().add(p.a.pow(3).sum()).mul(scale);
      return [energy, { twice: energy.mul(2) }] as const;
    };
    const [a, b] = [part(point(), 0, 50), part(point(), 50, 100)];
    const [H, aux] = hessian(f, { hasAux: true })({ a, b }, 1.5);
    const flat = (x: NdArray) => f({ a: part(x, 0, 50), b: part(x, 50, 100) }, 1.5)[0];
    const expected = columns(grad(flat) as Energy, point());
    const whole = np.concatenate([np.concatenate([H.a.a, H.a.b], 1), np.concatenate([H.b.a, H.b.b], 1)], 0);
    assertArray(whole, expected, 1e-12);
    assertArray(aux.twice, flat(point()).mul(2));
  });

  it('are the same inside jit and vmap, and are differentiated again', () => {
    const x = point();
    const H = hessian(chain)(x) as unknown as NdArray;
    assertArray(jit(hessian(chain) as unknown as Energy)(x), H);
    const two = np.stack([x, x.mul(0.5)]);
    assertArray((vmap(hessian(chain) as unknown as Energy)(two) as unknown as NdArray).slice(0), H);
    const v = np.cos(x);
    const third = jvp(hessian(chain) as unknown as Energy, [x], [v])[1];
    const along = (y: NdArray) => jvp(grad(chain) as Energy, [y], [v])[1];
    assertArray(third, columns(along, x), 1e-10);
  });

  it('keep infinite second derivatives in their own places', () => {
    const x = np.maximum(point(), 0);
    const H = (hessian((y: NdArray) => np.sqrt(y).sum())(x) as unknown as NdArray).concrete.data;
    H.forEach((value, at) => {
      const expected = Math.floor(at / N) === at % N ? -0.25 * x.concrete.data[at % N] ** -1.5 : 0;
      assert.ok(value === expected || Math.abs(value - expected) < 1e-12 * -expected, `${at}: ${value}, ${expected}`);
    });
  });

  it('are not taken for symmetric where a user states the derivative', () => {
    const odd = customVjp((x: NdArray) => x.pow(2).sum());
    // Not the derivative of anything: its own derivative is not symmetric.
    const turned = (x: NdArray) => np.concatenate([part(x, 1, x.size), part(x, 0, 1)]);
    odd.defvjp(
      (x) => [x.pow(2).sum(), x],
      (x, c) => [turned(x).mul(x).mul(x).mul(c)],
    );
    const f: Energy = (x) => odd(x).add(np.sin(x).sum());
    assert.ok(products(f, point(99)) < 99);
    const dense = columns(grad(f) as Energy, point(99));
    assertArray(sparseHessian(f)(point(99)).toDense(), dense, 1e-12);
    assert.notDeepEqual(np.transpose(dense).concrete.data, dense.concrete.data);
  });
});

describe('Sparse Jacobians by jacfwd and jacobian', () => {
  it('take as many products as a colouring of the columns has colours', () => {
    const x = point();
    const smooth = (y: NdArray) => np.diff(np.tanh(y), 2);
    const expected = jacrev(smooth)(x);
    assertArray(jacfwd(smooth)(x), expected, 1e-12);
    assertArray(jacobian(smooth)(x), expected, 1e-12);
    assert.equal(fewestPasses(makeProgram(smooth)(x), [true], 1).compressed?.compression.coloring.count, 3);
  });

  it('have several results and arguments of any rank', () => {
    const f = (p: { a: NdArray; b: NdArray }) => [np.sin(p.a.mul(2)), { c: p.b.mul(p.b).add(p.a.reshape([5, 20])) }];
    const at = { a: part(point(200), 0, 100), b: part(point(200), 100, 200).reshape([5, 20]) };
    const found = jacobian(f)(at) as unknown as readonly unknown[];
    const expected = jacrev(f)(at) as unknown as readonly unknown[];
    const blocks = (tree: readonly unknown[]) => {
      const [first, { c }] = tree as readonly [{ a: NdArray; b: NdArray }, { c: { a: NdArray; b: NdArray } }];
      return [first.a, first.b, c.a, c.b];
    };
    assert.ok(fewestPasses(makeProgram(f)(at), [true, true], 2).compressed);
    blocks(found).forEach((block, index) => assertArray(block, blocks(expected)[index], 1e-12));
  });
});
