/** The product of two matrices. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import * as gradlens from '../../../src/engine/index';
import { lendThreads } from '../../../src/runner/threads';
import type { Contestant, Workload } from '../harness';
import { jax, onBackend, tensorflow } from '../peers';
import { flat, flatJax, landed, ours, theirs, waves } from './values';

const { jit } = gradlens as any;
const np = gradlens.np as any;

const [left, right] = [waves([512, 512], 0.37), waves([512, 512], 0.53)];

function ourProduct(dtype: string): Contestant {
  return {
    name: `GradLens ${dtype}`,
    prepare() {
      const [A, B] = [ours(left, dtype), ours(right, dtype)];
      const product = jit((a: any, b: any) => np.matmul(a, b));
      return { run: () => product(A, B), numbers: flat };
    },
  };
}

/** As in the runner, which lends the engine a further thread; compiled while it is lent. */
function sharedProduct(dtype: string): Contestant {
  return {
    name: `GradLens ${dtype}, with a further thread`,
    async prepare() {
      const [A, B] = [ours(left, dtype), ours(right, dtype)];
      const both = jit((a: any, b: any) => [np.matmul(a, b), np.sum(b)]);
      lendThreads(1);
      // Until it is compiled, and the thread is up.
      for (let call = 0; call < 4; call++) both(A, B);
      lendThreads(0);
      await new Promise((resolve) => setTimeout(resolve, 200));
      return { run: () => both(A, B)[0], numbers: flat };
    },
  };
}

export const product: Workload = {
  name: 'matrix product 512³',
  goal: 'float32 ≤ 12 ms, float64 ≤ 25 ms',
  tolerance: 1e-4,
  contestants: [
    ourProduct('float64'),
    ourProduct('float32'),
    sharedProduct('float64'),
    sharedProduct('float32'),
    {
      name: 'blocked JavaScript, float64',
      prepare: () => ({
        run() {
          const n = 512;
          const block = 64;
          const out = new Float64Array(n * n);
          for (let kk = 0; kk < n; kk += block)
            for (let jj = 0; jj < n; jj += block)
              for (let i = 0; i < n; i++)
                for (let k = kk; k < kk + block; k++) {
                  const a = left.data[i * n + k];
                  for (let j = jj; j < jj + block; j++) out[i * n + j] += a * right.data[k * n + j];
                }
          return out;
        },
      }),
    },
    ...['float32', 'float64'].map((dtype): Contestant => ({
      name: `jax-js ${dtype}`,
      async prepare() {
        const J = await jax();
        const [A, B] = [theirs(J, left, dtype), theirs(J, right, dtype)];
        const multiply = J.jit((a: any, b: any) => J.numpy.matmul(a, b));
        return {
          run: () => landed(multiply(A.ref, B.ref)),
          numbers: flatJax,
        };
      },
    })),
    {
      name: 'TensorFlow.js wasm, float32',
      async prepare() {
        const tf = await tensorflow('wasm');
        const [A, B] = [
          tf.tensor2d(Float32Array.from(left.data), [512, 512]),
          tf.tensor2d(Float32Array.from(right.data), [512, 512]),
        ];
        return {
          run: onBackend(tf, 'wasm', () => tf.matMul(A, B).dataSync()),
          numbers: (result) => result as Float32Array,
        };
      },
    },
  ],
};
