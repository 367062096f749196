/** Workloads over arrays. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import * as gradlens from '../../../src/engine/index';
import type { Contestant, Workload } from '../harness';
import { jax, onBackend, tensorflow } from '../peers';

const { grad, hessian, hvp, jit, jvp, vjp, vmap } = gradlens as any;
const np = gradlens.np as any;
const nn = gradlens.nn as any;

const flat = (result: any): ArrayLike<number> => {
  const parts = (Array.isArray(result) ? result : [result]).map((part: any) =>
    typeof part === 'number' ? [part] : (part.concrete?.data ?? part),
  );
  return Float64Array.from(parts.flatMap((part: ArrayLike<number>) => Array.from(part)));
};
/** jax-js works asynchronously: a result counts when its numbers are there. */
const landed = async (result: any): Promise<ArrayLike<number>[]> => {
  const data: ArrayLike<number>[] = [];
  for (const part of Array.isArray(result) ? result : [result]) data.push(await part.data());
  return data;
};
const flatJax = (result: any): ArrayLike<number> =>
  Float64Array.from((result as ArrayLike<number>[]).flatMap((part) => Array.from(part)));

function waves(shape: number[], frequency: number, scale = 1): { shape: number[]; data: Float64Array } {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { shape, data: Float64Array.from({ length: size }, (_, index) => Math.sin(index * frequency + 0.3) * scale) };
}
const ours = ({ shape, data }: { shape: number[]; data: Float64Array }, dtype = 'float64') =>
  np.reshape(np.array(dtype === 'float64' ? data : Float32Array.from(data)), shape);
const theirs = (J: any, { shape, data }: { shape: number[]; data: Float64Array }, dtype = 'float32') =>
  J.numpy.array(dtype === 'float32' ? Float32Array.from(data) : data, { shape, dtype });

const single = ({ shape, data }: { shape: number[]; data: Float64Array }) => ({ shape, data: Float32Array.from(data) });

// ------------------------------------------------------------------------------------------ logistic regression

const examples = {
  shape: [4, 3],
  data: Float64Array.of(0.52, 1.12, 0.77, 0.88, -1.08, 0.15, 0.52, 0.06, -1.3, 0.74, -2.49, 1.39),
};
const targets = { shape: [4], data: Float64Array.of(1, 1, 0, 1) };
const weights = { shape: [3], data: Float64Array.of(0.3, -0.2, 0.5) };

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

const logistic: Workload = {
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
    { name: 'hand-written', prepare: () => ({ run: handLogistic }) },
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

// ------------------------------------------------------------------------------------------ Hessian-vector product

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

const hessianVector: Workload = {
  name: 'Hessian-vector product of Σ tanh², 30×40',
  goal: '≤ 1.0 × hand-written',
  base: 'hand-written',
  tolerance: 1e-5,
  contestants: [
    ourHvp('GradLens forward over reverse', 'forwardOverReverse'),
    ourHvp('GradLens reverse over forward', 'reverseOverForward'),
    ourHvp('GradLens reverse over reverse', 'reverseOverReverse'),
    { name: 'hand-written', prepare: () => ({ run: handHvp }) },
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

const naiveHessian: Workload = {
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

// ------------------------------------------------------------------------------------------ vmap

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

const matrixJacobian: Workload = {
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

const jacobianMatrix: Workload = {
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

// ------------------------------------------------------------------------------------------ a perceptron

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

const perceptron: Workload = {
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

// ------------------------------------------------------------------------------------------ matrix product

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

const product: Workload = {
  name: 'matrix product 512³',
  goal: 'float32 ≤ 12 ms, float64 ≤ 25 ms',
  tolerance: 1e-4,
  contestants: [
    ourProduct('float64'),
    ourProduct('float32'),
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

export const arrayWorkloads: readonly Workload[] = [
  logistic,
  hessianVector,
  naiveHessian,
  matrixJacobian,
  jacobianMatrix,
  perceptron,
  product,
];
