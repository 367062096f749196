import assert from 'node:assert/strict';
import {
  grad,
  hessian,
  jvp,
  nn,
  np,
  stopGradient,
  valueAndGrad,
  vjp,
  type NdArray,
} from '../../../../src/engine/index';
import { array, assertNumber, assertTree } from './support';

type Unary = (x: number) => NdArray;

/** d/dx at a number. */
const d = (f: Unary): ((x: number) => number) => grad(f);

describe('grad', () => {
  it('of the elementary functions, three times over', () => {
    const x = 0.5;
    const t = Math.tanh(x);
    assertNumber(d((y) => np.tanh(y))(x), 1 - t * t);
    const third = grad(grad(grad((y: number) => np.tanh(y))));
    assertNumber(third(x), -0.5652092882597703, 1e-14);
    assertNumber(third(x), -2 * (1 - t * t) * (1 - 3 * t * t), 1e-12);
  });

  it('gives the second derivatives that others get wrong', () => {
    const second = (f: Unary) => grad(grad(f));
    for (const x of [-1.3, -0.2, 0.4, 2.1]) {
      const t = Math.tanh(x);
      const s = 1 / (1 + Math.exp(-x));
      // (tanh²)″ = 2 (1 − t²) (1 − 3 t²)
      assertNumber(second((y) => np.square(np.tanh(y)))(x), 2 * (1 - t * t) * (1 - 3 * t * t));
      // σ″ = σ (1 − σ) (1 − 2 σ)
      assertNumber(second((y) => nn.sigmoid(y))(x), s * (1 - s) * (1 - 2 * s));
      assertNumber(second((y) => np.exp(y))(x), Math.exp(x));
      assertNumber(second((y) => nn.elu(y))(x), x > 0 ? 0 : Math.exp(x));
    }
  });

  it('keeps perturbations apart', () => {
    // d/dx [x · d/dy (x + y)] = 1, and d/dx [x · d/dy (x y)] = 2 x
    assertNumber(grad((x: number) => np.multiply(x, grad((y: number) => np.add(x, y))(2)))(3), 1);
    assertNumber(grad((x: number) => np.multiply(x, grad((y: number) => np.multiply(x, y))(2)))(3), 6);
    const inner = (x: number) => jvp((y: number) => np.multiply(np.sin(x), np.square(y)), [x], [1])[1];
    // ∂y (sin x y²) at y = x is 2 x sin x
    assertNumber(grad(inner)(0.7), 2 * Math.sin(0.7) + 2 * 0.7 * Math.cos(0.7));
    assertNumber(
      jvp(
        grad((x: number) => np.multiply(x, np.sin(x))),
        [0.7],
        [1],
      )[1],
      2 * Math.cos(0.7) - 0.7 * Math.sin(0.7),
    );
  });

  it('takes any tree and gives back the same: objects, tuples, Maps, classes, typed arrays, numbers', () => {
    class Layer {
      constructor(
        readonly weights: NdArray,
        readonly bias: number,
      ) {}
    }
    const parameters = {
      layer: new Layer(
        array([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
        0.5,
      ),
      pair: [Float64Array.of(1, 2), 3] as const,
      table: new Map([
        ['a', 2],
        ['b', 3],
      ]),
      name: 'model',
      frozen: true,
      nothing: null,
    };
    const f = (p: typeof parameters) =>
      np
        .sum(np.square(p.layer.weights))
        .add(np.multiply(p.layer.bias, p.layer.bias))
        .add(np.sum(np.multiply(p.pair[0], p.pair[1])))
        .add(np.multiply(p.table.get('a') as number, p.table.get('b') as number));
    const gradient = grad(f)(parameters);
    assertTree(gradient, {
      layer: new Layer(
        array([
          [2, 4],
          [6, 8],
          [10, 12],
        ]),
        1,
      ),
      pair: [Float64Array.of(3, 3), 3],
      table: new Map([
        ['a', 3],
        ['b', 2],
      ]),
      name: 'model',
      frozen: true,
      nothing: null,
    });
    assert.ok(gradient.layer instanceof Layer);
  });

  it('differentiates by the arguments that argnums names, and leaves the others as they are', () => {
    const f = (x: NdArray, power: number, y: number) => np.sum(x.pow(power)).mul(y);
    const x = array([1, 2]);
    assertTree(grad(f)(x, 3, 2), array([6, 24]));
    assertTree(grad(f, 2)(x, 3, 2), 9);
    assertTree(grad(f, -1)(x, 3, 2), 9);
    assertTree(grad(f, [2, 0])(x, 3, 2), [9, array([6, 24])]);
    assertTree(grad(f, { argnums: [0] })(x, 3, 2), [array([6, 24])]);
    let steps = 0;
    grad((y: number, n: number) => {
      for (let step = 0; step < n; step++) steps++;
      return np.sin(y);
    })(1, 3);
    assert.equal(steps, 3);
  });

  it('returns the value, and auxiliary data, beside the gradient', () => {
    const f = (x: NdArray) => [np.sum(np.square(x)), { size: x.size, half: x.div(2), label: 'x' }] as const;
    const [gradient, aux] = grad(f, { hasAux: true })(array([1, 3]));
    assertTree(gradient, array([2, 6]));
    assertTree(aux, { size: 2, half: array([0.5, 1.5]), label: 'x' });
    const [[value, again], second] = valueAndGrad(f, { hasAux: true })(array([1, 3]));
    assertTree(
      [value, again, second],
      [np.asarray(10), { size: 2, half: array([0.5, 1.5]), label: 'x' }, array([2, 6])],
    );
    assertTree(valueAndGrad((x: number) => x)(4), [4, 1]);
  });

  it('follows any control flow', () => {
    const f = (x: number): NdArray => {
      let y = np.asarray(x);
      while (np.less(y, 10).item()) y = y.mul(y);
      try {
        if (np.greater(y, 50).item()) throw new Error('too large');
        return y;
      } catch {
        return y.mul(-1);
      }
    };
    assertNumber(grad(f)(2), 32);
    assertNumber(grad(f)(3), -108);
    assertNumber(grad(grad(f))(3), -108);
  });

  it('is zero for what does not depend on the argument, and stops where it is told to', () => {
    assertTree(grad((_x: NdArray) => np.asarray(3))(array([1, 2])), array([0, 0]));
    assertNumber(grad((x: number) => np.multiply(stopGradient(np.sin(x)), x))(0.5), Math.sin(0.5));
    assertNumber(grad(grad((x: number) => np.multiply(stopGradient(np.sin(x)), np.square(x))))(0.5), 2 * Math.sin(0.5));
  });

  it('keeps single precision', () => {
    const x = np.asarray([1, 2], { dtype: 'float32' });
    const gradient = grad((y: NdArray) => np.sum(np.sin(y)))(x);
    assert.equal(gradient.dtype, 'float32');
    assert.ok(grad((y: Float32Array) => np.sum(np.sin(y)))(Float32Array.of(1, 2)) instanceof Float32Array);
  });

  it('nests without limit and in any order', () => {
    // f = x⁶: the fifth derivative is 720 x
    const f = (x: number) => np.power(x, 6);
    assertNumber(grad(grad(grad(grad(grad(f)))))(1.5), 720 * 1.5);
    const pushed = (x: number) => jvp(grad(f), [x], [1])[1];
    assertNumber(vjp(pushed, 1.5)[1](1)[0], 120 * 1.5 ** 3);
    assertNumber(hessian(pushed)(1.5), 360 * 1.5 ** 2);
  });
});
