/** First calls are those of a workload, not of a library: each library differentiates something small before. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import * as gradlens from '../../src/engine/index';
import { jax, tensorflow } from './peers';
import { gradientOf } from './plainPrograms';

export async function warmUp(peers: boolean): Promise<void> {
  const { grad, jit } = gradlens as any;
  const np = gradlens.np as any;
  for (let round = 0; round < 30; round++) {
    const matrix = np.reshape(np.linspace(0, 1 + round, 12), [3, 4]);
    const gradient = jit(grad((x: any) => np.sum(np.multiply(np.sin(np.dot(x, x.T)), 0.5 + round))));
    for (let call = 0; call < 30; call++) gradient(matrix);
    const point = [1, 2 + round, 3];
    (await gradientOf('rosenbrock', point)).runFlat(Float64Array.from(point));
  }
  if (!peers) return;
  const J = await jax();
  const first = J.jit(J.grad((x: any) => J.numpy.sin(x).sum()));
  for (let call = 0; call < 30; call++) await first(J.numpy.array(Float32Array.of(1, 2, 3))).data();
  for (const backend of ['cpu', 'wasm'] as const) {
    const tf = await tensorflow(backend);
    const gradient = tf.grad((x: any) => tf.sum(tf.sin(x)));
    for (let call = 0; call < 30; call++) tf.tidy(() => gradient(tf.tensor1d([1, 2, 3])).dataSync());
  }
}
