/** The peers, started on first use. Their types are wide: what is compared is numbers. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import { dirname, join } from 'node:path';

let jaxStarted: Promise<any> | undefined;

/** jax-js on WebAssembly, its fastest backend on Node. */
export function jax(): Promise<any> {
  jaxStarted ??= (async () => {
    const library: any = await import('@jax-js/jax');
    const devices = await library.init();
    library.defaultDevice(devices.includes('wasm') ? 'wasm' : 'cpu');
    return library;
  })();
  return jaxStarted;
}

let tfLoaded: any;

export async function tensorflow(backend: 'cpu' | 'wasm'): Promise<any> {
  if (!tfLoaded) {
    tfLoaded = await import('@tensorflow/tfjs-core');
    await import('@tensorflow/tfjs-core/dist/register_all_gradients' as string);
    await import('@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops' as string);
    await import('@tensorflow/tfjs-backend-cpu');
    const wasm: any = await import('@tensorflow/tfjs-backend-wasm');
    const folder = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
    wasm.setWasmPaths(join(folder, 'dist') + '/');
  }
  await tfLoaded.setBackend(backend);
  await tfLoaded.ready();
  return tfLoaded;
}

/** TensorFlow.js has one backend at a time: set before each call, which costs nothing. */
export function onBackend(tf: any, backend: string, run: () => unknown): () => unknown {
  return () => {
    if (tf.getBackend() !== backend) tf.setBackend(backend);
    return tf.tidy(run);
  };
}

export async function rose(): Promise<any> {
  return (await import('rose')) as any;
}

export async function mathjs(): Promise<any> {
  return (await import('mathjs')) as any;
}
