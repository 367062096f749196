/** The peers, started on first use. Their types are wide: what is compared is numbers. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

let jaxStarted: Promise<any> | undefined;

/** jax-js on WebAssembly, its fastest backend on Node. */
export function jax(): Promise<any> {
  jaxStarted ??= (async () => {
    (globalThis as any).Float16Array ??= class Float16Array {};
    // It asks the browser what it can do; Node before 21 has no such object.
    (globalThis as any).navigator ??= { userAgent: 'node', hardwareConcurrency: 2 };
    const library: any = await import('@jax-js/jax');
    const devices = await library.init();
    library.defaultDevice(devices.includes('wasm') ? 'wasm' : 'cpu');
    return library;
  })();
  return jaxStarted;
}

let tfLoaded: any;

/** Its packages mix module systems, and on Node gradients are not registered by themselves: bundled, they all meet in one. */
async function loadTensorflow(): Promise<any> {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        export * from '@tensorflow/tfjs-core';
        import '@tensorflow/tfjs-core/dist/register_all_gradients';
        import '@tensorflow/tfjs-backend-cpu';
        export { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';`,
      resolveDir: __dirname,
    },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
  const file = join(mkdtempSync(join(tmpdir(), 'tfjs-')), 'tfjs.cjs');
  writeFileSync(file, outputFiles[0].text);
  const loaded: any = await import(pathToFileURL(file).href);
  const tf = loaded.default ?? loaded;
  tf.setWasmPaths(`${join(__dirname, 'node_modules/@tensorflow/tfjs-backend-wasm/dist')}/`);
  return tf;
}

export async function tensorflow(backend: 'cpu' | 'wasm'): Promise<any> {
  tfLoaded ??= await loadTensorflow();
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
