/** A perceptron with one hidden layer. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import * as gradlens from '../../../src/engine/index';
import type { Contestant, Workload } from '../harness';
import { jax, onBackend, tensorflow } from '../peers';
import { flat, flatJax, landed, ours, theirs, waves } from './values';

const { grad, jit } = gradlens as any;
const np = gradlens.np as any;

const labels = {
  shape: [64, 10],
  data: Float64Array.from({ length: 640 }, (_, index) => (index % 10 === Math.floor(index / 10) % 10 ? 1 : 0)),
};
const layers = [
  waves([784, 256], 1.7, 0.05),
  waves([256], 0.3, 0.1),
  waves([256, 10], 0.9, 0.1),
  waves([10], 0.5, 0.1),
  waves([64, 784], 1.1),
  labels,
];

const perceptronLoss = (w1: any, b1: any, w2: any, b2: any, x: any, y: any) => {
  const hidden = np.tanh(np.add(np.matmul(x, w1), b1));
  const out = np.add(np.matmul(hidden, w2), b2);
  const most = np.max(out, { axis: 1, keepdims: true });
  const normal = np.add(np.log(np.sum(np.exp(np.subtract(out, most)), { axis: 1, keepdims: true })), most);
  return np.divide(np.sum(np.multiply(y, np.subtract(normal, out))), 64);
};

function ourPerceptron(dtype: string): Contestant {
  return {
    name: `GradLens ${dtype}`,
    prepare() {
      const args = layers.map((layer) => ours(layer, dtype));
      const gradient = jit(grad(perceptronLoss, [0, 1, 2, 3]));
      return { run: () => gradient(...args), numbers: flat };
    },
  };
}

function jaxPerceptron(dtype: string): Contestant {
  return {
    name: `jax-js ${dtype}`,
    async prepare() {
      const J = await jax();
      const { numpy: jnp } = J;
      const args = layers.map((layer) => theirs(J, layer, dtype));
      const loss = (w1: any, b1: any, w2: any, b2: any, x: any, y: any) => {
        const hidden = jnp.tanh(jnp.matmul(x, w1).add(b1));
        const out = jnp.matmul(hidden, w2).add(b2);
        return J.nn
          .logSoftmax(out)
          .mul(y)
          .sum()
          .mul(-1 / 64);
      };
      const gradient = J.jit(J.grad(loss, { argnums: [0, 1, 2, 3] }));
      return {
        run: () => landed(gradient(...args.map((arg) => arg.ref))),
        numbers: flatJax,
      };
    },
  };
}

export const perceptron: Workload = {
  name: 'perceptron 784-256-10, batch 64, gradient',
  goal: 'float64 ≤ 12 ms, float32 ≤ 6 ms',
  tolerance: 1e-4,
  contestants: [
    ourPerceptron('float64'),
    ourPerceptron('float32'),
    jaxPerceptron('float32'),
    jaxPerceptron('float64'),
    {
      name: 'TensorFlow.js wasm, float32',
      async prepare() {
        const tf = await tensorflow('wasm');
        const args = layers.map(({ shape, data }) => tf.tensor(Float32Array.from(data), shape));
        const [x, y] = args.slice(4);
        const loss = (w1: any, b1: any, w2: any, b2: any) => {
          const hidden = tf.tanh(tf.add(tf.matMul(x, w1), b1));
          const out = tf.add(tf.matMul(hidden, w2), b2);
          return tf.div(tf.sum(tf.mul(y, tf.sub(tf.logSumExp(out, 1, true), out))), 64);
        };
        const gradient = tf.grads(loss);
        const run = onBackend(tf, 'wasm', () => gradient(args.slice(0, 4)).map((part: any) => part.dataSync()));
        return { run, numbers: (result) => (result as ArrayLike<number>[]).flatMap((part) => Array.from(part)) };
      },
    },
  ],
};
