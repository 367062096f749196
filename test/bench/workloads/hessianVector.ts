/** Hessian times vector in all orders of the modes, and by the whole Hessian. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import * as gradlens from '../../../src/engine/index';
import type { Contestant, Workload } from '../harness';
import { jax, onBackend, tensorflow } from '../peers';
import * as plain from '../plain/functions';
import { itself, ourHvp as ourPlainHvp } from './plainContestants';
import { flat, flatJax, landed, ours, single, theirs, waves } from './values';

const { hessian, hvp, jit } = gradlens as any;
const np = gradlens.np as any;

const point = waves([30, 40], 1.3);
const direction = waves([30, 40], 0.7);
const energy = (x: any) => np.sum(np.square(np.tanh(x)));

function handHvp(): Float64Array {
  const out = new Float64Array(1200);
  for (let i = 0; i < 1200; i++) {
    const y = Math.tanh(point.data[i]);
    const s = 1 - y * y;
    out[i] = 2 * s * (s - 2 * y * y) * direction.data[i];
  }
  return out;
}

function ourHvp(name: string, mode: string): Contestant {
  return {
    name,
    prepare() {
      const [X, V] = [ours(point), ours(direction)];
      const product = jit((x: any, v: any) => hvp(energy, [x], [v], { mode }));
      return { run: () => product(X, V), numbers: flat };
    },
  };
}

const jaxEnergy = (jnp: any) => (x: any) => jnp.square(jnp.tanh(x)).sum();

export const hessianVector: Workload = {
  name: 'Hessian-vector product of Σ tanh², 30×40',
  goal: '≤ 1.0 × hand-written',
  base: 'hand-written',
  tolerance: 1e-5,
  contestants: [
    ourHvp('GradLens forward over reverse', 'forwardOverReverse'),
    ourHvp('GradLens reverse over forward', 'reverseOverForward'),
    ourHvp('GradLens reverse over reverse', 'reverseOverReverse'),
    {
      ...ourPlainHvp('energy', [...point.data], [...direction.data]),
      name: 'GradLens, a plain loop, reverse over forward',
      unlike: false,
    },
    { name: 'hand-written', prepare: () => ({ run: handHvp }) },
    itself(plain.energy, [...point.data]),
    {
      name: 'finite differences of a hand-written gradient',
      prepare() {
        const slope = (value: number) => 2 * Math.tanh(value) * (1 - Math.tanh(value) ** 2);
        const step = 1e-5;
        return {
          run: () =>
            point.data.map((value, i) => {
              const move = step * direction.data[i];
              return (slope(value + move) - slope(value - move)) / (2 * step);
            }),
        };
      },
    },
    {
      name: 'jax-js forward over reverse, float32',
      async prepare() {
        const J = await jax();
        const gradient = J.grad(jaxEnergy(J.numpy));
        const product = J.jit((x: any, v: any) => J.jvp(gradient, [x], [v])[1]);
        const [X, V] = [theirs(J, point), theirs(J, direction)];
        return { run: () => landed(product(X.ref, V.ref)), numbers: flatJax };
      },
    },
    {
      name: 'TensorFlow.js reverse over reverse, float32',
      async prepare() {
        const tf = await tensorflow('cpu');
        const [X, V] = [single(point), single(direction)].map((value) => tf.tensor(value.data, value.shape));
        const gradient = tf.grad((x: any) => tf.sum(tf.square(tf.tanh(x))));
        const product = tf.grad((x: any) => tf.sum(tf.mul(gradient(x), V)));
        return {
          run: onBackend(tf, 'cpu', () => Array.from(product(X).dataSync())),
          numbers: (result) => result as number[],
        };
      },
    },
  ],
};

export const naiveHessian: Workload = {
  name: 'the same by the whole Hessian (1200 × 1200)',
  goal: '≤ 10 ms',
  base: 'hand-written',
  tolerance: 1e-5,
  contestants: [
    {
      name: 'GradLens hessian, then a product',
      prepare() {
        const [X, V] = [ours({ ...point, shape: [1200] }), ours({ ...direction, shape: [1200] })];
        const product = jit((x: any, v: any) => np.dot(hessian(energy)(x), v));
        return { run: () => product(X, V), numbers: flat };
      },
    },
    {
      name: 'hand-written',
      prepare: () => ({
        run() {
          const matrix = new Float64Array(1200 * 1200);
          const out = new Float64Array(1200);
          for (let i = 0; i < 1200; i++) {
            const y = Math.tanh(point.data[i]);
            const s = 1 - y * y;
            matrix[i * 1201] = 2 * s * (s - 2 * y * y);
          }
          for (let i = 0; i < 1200; i++) {
            let sum = 0;
            for (let j = 0; j < 1200; j++) sum += matrix[i * 1200 + j] * direction.data[j];
            out[i] = sum;
          }
          return out;
        },
      }),
    },
    {
      name: 'jax-js hessian, float32',
      most: 5,
      async prepare() {
        const J = await jax();
        const product = J.jit((x: any, v: any) => J.numpy.dot(J.hessian(jaxEnergy(J.numpy))(x), v));
        const [X, V] = [theirs(J, { ...point, shape: [1200] }), theirs(J, { ...direction, shape: [1200] })];
        return { run: () => landed(product(X.ref, V.ref)), numbers: flatJax };
      },
    },
  ],
};
