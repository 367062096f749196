/** The same workloads in jax-js and TensorFlow.js, on their own GPU backends. */
import * as jax from '@jax-js/jax';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';
import type { Sizes, Workload } from './workloads';

/** Runs once and gives the result's numbers. */
export type Runner = () => Promise<ArrayLike<number>>;

export interface Peer {
  readonly name: string;
  /** Throws where the machine or the library has no such backend. */
  start(): Promise<void>;
  prepare(workload: Workload, sizes: Sizes): Runner;
}

const single = (workload: Workload, index: number) => Float32Array.from(workload.inputs[index].data);

function jaxPeer(device: 'webgpu' | 'webgl'): Peer {
  const { numpy: np } = jax;
  type A = jax.Array;
  const scalar = (x: A, factor: number) => x.mul(factor);
  const functions: Record<Workload['id'], (sizes: Sizes) => (...args: A[]) => A> = {
    lanes: ({ steps }) =>
      jax.grad((x: A) => {
        let y = x.ref;
        for (let step = 0; step < steps; step++) {
          const angle = scalar(y.ref, 0.9).add(0.1);
          y = np.sin(angle).mul(np.cos(y)).add(scalar(x.ref, 0.5));
        }
        x.dispose();
        return y.sum();
      }) as (x: A) => A,
    matmul: () => (x, y) => np.matmul(x, y),
    perceptron: () =>
      jax.grad((w1: A, w2: A, x: A, y: A) => {
        const error = np.matmul(np.tanh(np.matmul(x, w1)), w2).sub(y);
        return np.square(error).sum();
      }) as (...args: A[]) => A,
    hvp: () => (x, v) => {
      const gradient = jax.grad((z: A) => np.square(np.tanh(z)).sum());
      return (jax.jvp(gradient as (z: A) => A, [x], [v]) as [A, A])[1];
    },
    chain: () => (x) => np.tanh(np.sin(x.ref)).mul(np.exp(np.square(x).mul(-1))),
  };
  return {
    name: `jax-js ${device}`,
    async start() {
      const devices = await jax.init(device);
      if (!devices.includes(device)) throw new Error(`jax-js has no ${device} here`);
      jax.defaultDevice(device);
    },
    prepare(workload, sizes) {
      const compiled = jax.jit(functions[workload.id](sizes) as (...args: A[]) => A) as unknown as (...args: A[]) => A;
      return async () => {
        const args = workload.inputs.map((input, index) =>
          np.array(single(workload, index), { shape: [...input.shape] } as never),
        );
        return (await compiled(...args).data()) as Float32Array;
      };
    },
  };
}

function tfPeer(backend: 'webgl' | 'webgpu'): Peer {
  const compute: Record<Workload['id'], (inputs: tf.Tensor[], sizes: Sizes) => tf.Tensor> = {
    lanes: ([x], { steps }) =>
      tf.grad((start: tf.Tensor) => {
        let y = start;
        for (let step = 0; step < steps; step++)
          y = tf.add(tf.mul(tf.sin(tf.add(tf.mul(y, 0.9), 0.1)), tf.cos(y)), tf.mul(start, 0.5));
        return tf.sum(y);
      })(x),
    matmul: ([x, y]) => tf.matMul(x as tf.Tensor2D, y as tf.Tensor2D),
    perceptron: ([w1, w2, x, y]) =>
      tf.grad((w: tf.Tensor) => {
        const error = tf.sub(
          tf.matMul(tf.tanh(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)) as tf.Tensor2D, w2 as tf.Tensor2D),
          y,
        );
        return tf.sum(tf.square(error));
      })(w1),
    hvp: ([x, v]) => {
      const gradient = tf.grad((z: tf.Tensor) => tf.sum(tf.square(tf.tanh(z))));
      return tf.grad((z: tf.Tensor) => tf.sum(tf.mul(gradient(z), v)))(x);
    },
    chain: ([x]) => tf.mul(tf.tanh(tf.sin(x)), tf.exp(tf.neg(tf.square(x)))),
  };
  return {
    name: `tfjs ${backend}`,
    async start() {
      if (!(await tf.setBackend(backend).catch(() => false))) throw new Error(`tfjs has no ${backend} here`);
      await tf.ready();
    },
    prepare(workload, sizes) {
      return async () => {
        const inputs = workload.inputs.map((input, index) => tf.tensor(single(workload, index), [...input.shape]));
        const result = tf.tidy(() => compute[workload.id](inputs, sizes));
        const values = await result.data();
        tf.dispose([...inputs, result]);
        return values as Float32Array;
      };
    },
  };
}

export const PEERS: readonly Peer[] = [jaxPeer('webgpu'), jaxPeer('webgl'), tfPeer('webgpu'), tfPeer('webgl')];
