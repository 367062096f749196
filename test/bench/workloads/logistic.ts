/** Logistic regression: the small example of the README. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import * as gradlens from '../../../src/engine/index';
import type { Workload } from '../harness';
import { jax, onBackend, tensorflow } from '../peers';
import * as plain from '../plain/functions';
import { differences, itself, ourGradient } from './plainContestants';
import { examples, flat, flatJax, landed, ours, single, theirs, weights } from './values';

const { grad, jit } = gradlens as any;
const np = gradlens.np as any;
const nn = gradlens.nn as any;

const targets = { shape: [4], data: Float64Array.of(1, 1, 0, 1) };

const plainPoint = [...weights.data, 0.1];

function handLogistic(): Float64Array {
  const out = new Float64Array(4);
  for (let i = 0; i < 4; i++) {
    let z = 0.1;
    for (let j = 0; j < 3; j++) z += examples.data[i * 3 + j] * weights.data[j];
    const p = 1 / (1 + Math.exp(-z));
    const t = targets.data[i];
    const q = p * t + (1 - p) * (1 - t);
    const dz = (-(2 * t - 1) / q) * p * (1 - p);
    for (let j = 0; j < 3; j++) out[j] += dz * examples.data[i * 3 + j];
    out[3] += dz;
  }
  return out;
}

export const logistic: Workload = {
  name: 'logistic predict, gradient by weights and bias',
  goal: '≤ 0.004 ms [≤ 1]',
  base: 'hand-written',
  tolerance: 1e-5,
  contestants: [
    {
      name: 'GradLens np, jit(grad)',
      prepare() {
        const [X, t, W] = [ours(examples), ours(targets), ours(weights)];
        const loss = (w: any, b: any) => {
          const p = nn.sigmoid(np.add(np.dot(X, w), b));
          const q = np.add(np.multiply(p, t), np.multiply(np.subtract(1, p), np.subtract(1, t)));
          return np.negative(np.sum(np.log(q)));
        };
        const gradient = jit(grad(loss, [0, 1]));
        return { run: () => gradient(W, 0.1), numbers: flat };
      },
    },
    ourGradient('logistic', plainPoint),
    { name: 'hand-written', prepare: () => ({ run: handLogistic }) },
    itself(plain.logistic, plainPoint),
    differences(plain.logistic, plainPoint),
    {
      name: 'jax-js jit(grad), float32',
      async prepare() {
        const J = await jax();
        const { numpy: jnp } = J;
        const [X, t, W, b] = [
          theirs(J, examples),
          theirs(J, targets),
          theirs(J, weights),
          theirs(J, { shape: [], data: Float64Array.of(0.1) }),
        ];
        const loss = (w: any, bias: any) => {
          const p = J.nn.sigmoid(jnp.dot(X.ref, w).add(bias));
          const q = p.ref.mul(t.ref).add(p.mul(-1).add(1).mul(t.ref.mul(-1).add(1)));
          return jnp.log(q).sum().mul(-1);
        };
        const gradient = J.jit(J.grad(loss, { argnums: [0, 1] }));
        return {
          run: () => landed(gradient(W.ref, b.ref)),
          numbers: flatJax,
        };
      },
    },
    {
      name: 'TensorFlow.js cpu, float32',
      async prepare() {
        const tf = await tensorflow('cpu');
        const [X, t, W, b] = [
          ...[examples, targets, weights].map((value) => tf.tensor(single(value).data, value.shape)),
          tf.scalar(0.1),
        ];
        const loss = (w: any, bias: any) => {
          const p = tf.sigmoid(tf.add(tf.dot(X, w), bias));
          const q = tf.add(tf.mul(p, t), tf.mul(tf.sub(1, p), tf.sub(1, t)));
          return tf.neg(tf.sum(tf.log(q)));
        };
        const gradient = tf.grads(loss);
        const run = onBackend(tf, 'cpu', () => gradient([W, b]).flatMap((part: any) => Array.from(part.dataSync())));
        return { run, numbers: (result) => result as number[] };
      },
    },
  ],
};
