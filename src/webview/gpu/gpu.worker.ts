/**
 * Runs programs by gpu.js in a worker of the panel: the first compilation of a kernel takes up to seconds and would freeze the
 * page. Started from a blob, as webviews demand.
 */
import { GPU } from 'gpu.js';
import { GpuDevice, type GpuLibrary } from '../../engine/execute/gpu/device';
import { measureGpuCosts } from '../../engine/execute/gpuCosts';
import '../../engine/primitives/all';
import type { ArrayValue, DType } from '../../engine/program/aval';
import type { Program } from '../../engine/program/program';
import { deserializeProgram, type SerializedProgram } from '../../engine/program/serialize';
import type { GpuBackend, GpuInfo, GpuRunParams } from '../protocol';
import type { GpuCosts, GpuResult } from '../../runner/protocol';
import { findAdapter } from './adapters';
import type { FromGpuWorker, ToGpuWorker } from './messages';
import { hashOf, isSame } from './sameProgram';

const BACKENDS: readonly GpuBackend[] = ['webgpu', 'webgl2', 'webasm'];
/** Programs whose kernels are kept; older ones are freed. */
const KEPT = 8;

interface Kept {
  readonly hash: number;
  readonly data: SerializedProgram;
  readonly backend: GpuBackend;
  readonly program: Program;
}

interface Opened {
  device: GpuDevice;
  adapter: string;
  costs?: GpuCosts;
}

const devices = new Map<GpuBackend, Opened>();
let kept: Kept[] = [];

async function deviceFor(backend: GpuBackend): Promise<Opened> {
  let found = devices.get(backend);
  if (!found) {
    const { name } = await findAdapter(backend);
    found = { device: new GpuDevice(GPU as unknown as GpuLibrary, backend), adapter: name };
    devices.set(backend, found);
  }
  return found;
}

async function info(): Promise<GpuInfo> {
  const backends: GpuInfo['backends'] = [];
  for (const name of BACKENDS) {
    try {
      backends.push({ name, available: true, adapter: (await findAdapter(name)).name });
    } catch (error) {
      backends.push({ name, available: false, reason: messageOf(error) });
    }
  }
  return { backends };
}

async function run({ program: data, inputs, backend }: GpuRunParams & { backend: GpuBackend }): Promise<GpuResult> {
  const { device, adapter } = await deviceFor(backend);
  const program = await programFor(data as SerializedProgram, backend, device);
  const values = inputs.map(({ shape, dtype, data }) => ({ shape, dtype: dtype as DType, data }) as ArrayValue);
  try {
    const executable = await device.prepare(program, values);
    const { outputs, time } = await executable.run(values);
    return {
      outputs: outputs.map(({ shape, data }) => ({ shape: [...shape], data: Float32Array.from(data) })),
      backend: executable.backend,
      adapter,
      compile: executable.compileTime,
      run: time,
    };
  } catch (error) {
    if (codeOf(error) === 'gpu-failed') forget(backend);
    throw error;
  }
}

async function costs(backend: GpuBackend): Promise<GpuCosts> {
  const opened = await deviceFor(backend);
  try {
    return (opened.costs ??= await measureGpuCosts(opened.device));
  } catch (error) {
    forget(backend);
    throw error;
  }
}

/** After a failure the device may be lost: the next run starts with a new one. */
function forget(backend: GpuBackend): void {
  const opened = devices.get(backend);
  devices.delete(backend);
  kept = kept.filter((entry) => entry.backend !== backend);
  // A lost device may not even end.
  void opened?.device.destroy().catch(() => undefined);
}

/** The program that there was already where it is the same, so that its kernels are found again. */
async function programFor(data: SerializedProgram, backend: GpuBackend, device: GpuDevice): Promise<Program> {
  const hash = hashOf(data);
  const known = kept.find((entry) => entry.hash === hash && entry.backend === backend && isSame(entry.data, data));
  if (known) {
    kept = [known, ...kept.filter((entry) => entry !== known)];
    return known.program;
  }
  const program = deserializeProgram(data);
  kept.unshift({ hash, data, backend, program });
  for (const old of kept.splice(KEPT)) await (devices.get(old.backend)?.device ?? device).release(old.program);
  return program;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'gpu-failed';
}

const post = (message: FromGpuWorker, transfer: Transferable[] = []) =>
  (self as unknown as { postMessage(message: FromGpuWorker, transfer: Transferable[]): void }).postMessage(
    message,
    transfer,
  );

/** One request after the other: backends share the machine's one GPU. */
let queue: Promise<void> = Promise.resolve();

async function answer(message: ToGpuWorker): Promise<void> {
  try {
    if (message.kind === 'info') {
      post({ id: message.id, kind: 'info', info: await info() });
    } else if (message.kind === 'costs') {
      post({ id: message.id, kind: 'costs', costs: await costs(message.backend) });
    } else {
      const result = await run(message.params);
      post(
        { id: message.id, kind: 'result', result },
        result.outputs.map((output) => output.data.buffer),
      );
    }
  } catch (error) {
    post({ id: message.id, kind: 'error', code: codeOf(error), message: messageOf(error) });
  }
}

self.addEventListener('message', (event: MessageEvent<ToGpuWorker>) => {
  queue = queue.then(() => answer(event.data));
});
