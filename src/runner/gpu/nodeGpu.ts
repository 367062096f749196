/**
 * gpu.js in the runner's process. Node has no GPU of its own: kernels run on headless-gl where the user has the package `gl`, else
 * as WebAssembly, else as JavaScript. Loaded when first asked for; it is large.
 */
import { GpuDevice, type GpuLibrary, type GpuMode } from '../../engine/execute/gpu/device';
import { measureGpuCosts, type GpuCosts } from '../../engine/execute/gpuCosts';
import type { ArrayValue } from '../../engine/program/aval';
import type { Program } from '../../engine/program/program';

export interface GpuOutcome {
  readonly outputs: readonly ArrayValue[];
  /** The backend that ran, as gpu.js reports it. */
  readonly backend: GpuMode;
  /** Milliseconds. */
  readonly compile: number;
  readonly run: number;
}

let device: Promise<GpuDevice> | undefined;
let costs: Promise<GpuCosts> | undefined;

async function openDevice(): Promise<GpuDevice> {
  const { GPU } = await import('gpu.js');
  const { isHeadlessGLSupported, isWebAssemblySupported } = GPU as unknown as {
    isHeadlessGLSupported: boolean;
    isWebAssemblySupported: boolean;
  };
  const mode: GpuMode = isHeadlessGLSupported ? 'headlessgl' : isWebAssemblySupported ? 'webasm' : 'cpu';
  return new GpuDevice(GPU as unknown as GpuLibrary, mode);
}

/**
 * Runs a program as gpu.js kernels; results are float32. Kernels are kept for as long as the program object is.
 * @throws GpuUnsupportedError, GpuFailure, GuardError
 */
export async function runOnGpu(program: Program, inputs: readonly ArrayValue[]): Promise<GpuOutcome> {
  device ??= openDevice();
  const opened = await device;
  const executable = await opened.prepare(program, inputs);
  const { outputs, time } = await executable.run(inputs);
  return { outputs, backend: opened.mode, compile: executable.compileTime, run: time };
}

/** Frees a program's kernels. */
export async function releaseFromGpu(program: Program): Promise<void> {
  await (await device)?.release(program);
}

/** What kernels cost here; measured once. @throws GpuFailure */
export async function ownGpuCosts(): Promise<GpuCosts> {
  device ??= openDevice();
  costs ??= device.then(measureGpuCosts);
  return costs;
}
