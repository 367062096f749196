/** Many products with one Jacobian: vmap against loops. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import * as gradlens from '../../../src/engine/index';
import type { Workload } from '../harness';
import { jax } from '../peers';
import { examples, flat, flatJax, landed, ours, theirs, waves, weights } from './values';

const { jit, jvp, vjp, vmap } = gradlens as any;
const np = gradlens.np as any;
const nn = gradlens.nn as any;

const cotangents = waves([128, 4], 0.9);
const tangents = waves([128, 3], 1.1);
const predictions = (w: any) => nn.sigmoid(np.add(np.dot(ours(examples), w), 0.1));

function handSlopes(): Float64Array {
  const slopes = new Float64Array(4);
  for (let i = 0; i < 4; i++) {
    let z = 0.1;
    for (let j = 0; j < 3; j++) z += examples.data[i * 3 + j] * weights.data[j];
    const p = 1 / (1 + Math.exp(-z));
    slopes[i] = p * (1 - p);
  }
  return slopes;
}

export const matrixJacobian: Workload = {
  name: 'matrix-Jacobian product, 128 cotangents',
  goal: '≤ 0.012 ms; ≥ 20 × our own loop',
  base: 'GradLens vmap(vjp)',
  tolerance: 1e-5,
  contestants: [
    {
      name: 'GradLens vmap(vjp)',
      prepare() {
        const [W, M] = [ours(weights), ours(cotangents)];
        const product = jit((w: any, m: any) => vmap(vjp(predictions, w)[1])(m));
        return { run: () => product(W, M), numbers: flat };
      },
    },
    {
      name: 'GradLens, a loop over vjp',
      prepare() {
        const W = ours(weights);
        const rows = Array.from({ length: 128 }, (_, row) =>
          ours({ shape: [4], data: cotangents.data.subarray(4 * row, 4 * row + 4) }),
        );
        const product = jit((w: any, c: any) => vjp(predictions, w)[1](c)[0]);
        return { run: () => rows.map((row) => product(W, row)), numbers: flat };
      },
    },
    {
      name: 'hand-written',
      prepare: () => ({
        run() {
          const slopes = handSlopes();
          const out = new Float64Array(128 * 3);
          for (let r = 0; r < 128; r++)
            for (let i = 0; i < 4; i++) {
              const c = cotangents.data[r * 4 + i] * slopes[i];
              for (let j = 0; j < 3; j++) out[r * 3 + j] += c * examples.data[i * 3 + j];
            }
          return out;
        },
      }),
    },
    {
      name: 'jax-js vmap(vjp), float32',
      async prepare() {
        const J = await jax();
        const [X, W, M] = [theirs(J, examples), theirs(J, weights), theirs(J, cotangents)];
        const f = (w: any) => J.nn.sigmoid(J.numpy.dot(X.ref, w).add(0.1));
        const product = J.jit((w: any, m: any) => {
          const [y, pull] = J.vjp(f, [w]);
          y.dispose?.();
          return J.vmap((c: any) => pull(c)[0] ?? pull(c))(m);
        });
        return { run: () => landed(product(W.ref, M.ref)), numbers: flatJax };
      },
    },
  ],
};

export const jacobianMatrix: Workload = {
  name: 'Jacobian-matrix product, 128 tangents',
  goal: '≤ 0.012 ms',
  base: 'GradLens vmap(jvp)',
  tolerance: 1e-5,
  contestants: [
    {
      name: 'GradLens vmap(jvp)',
      prepare() {
        const [W, M] = [ours(weights), ours(tangents)];
        const product = jit((w: any, m: any) => vmap((t: any) => jvp(predictions, [w], [t])[1])(m));
        return { run: () => product(W, M), numbers: flat };
      },
    },
    {
      name: 'GradLens, a loop over jvp',
      prepare() {
        const W = ours(weights);
        const rows = Array.from({ length: 128 }, (_, row) =>
          ours({ shape: [3], data: tangents.data.subarray(3 * row, 3 * row + 3) }),
        );
        const product = jit((w: any, t: any) => jvp(predictions, [w], [t])[1]);
        return { run: () => rows.map((row) => product(W, row)), numbers: flat };
      },
    },
    {
      name: 'hand-written',
      prepare: () => ({
        run() {
          const slopes = handSlopes();
          const out = new Float64Array(128 * 4);
          for (let r = 0; r < 128; r++)
            for (let i = 0; i < 4; i++) {
              let sum = 0;
              for (let j = 0; j < 3; j++) sum += examples.data[i * 3 + j] * tangents.data[r * 3 + j];
              out[r * 4 + i] = sum * slopes[i];
            }
          return out;
        },
      }),
    },
    {
      name: 'jax-js vmap(jvp), float32',
      async prepare() {
        const J = await jax();
        const [X, W, M] = [theirs(J, examples), theirs(J, weights), theirs(J, tangents)];
        const f = (w: any) => J.nn.sigmoid(J.numpy.dot(X.ref, w).add(0.1));
        const product = J.jit((m: any) => J.vmap((t: any) => J.jvp(f, [W.ref], [t])[1])(m));
        return { run: () => landed(product(M.ref)), numbers: flatJax };
      },
    },
  ],
};
