/** Runs all cases on one backend and compares each with the float64 interpreter. */
import '../../src/engine/primitives/all';
import { GpuDevice, type GpuLibrary, type GpuMode } from '../../src/engine/execute/gpu/device';
import { interpret } from '../../src/engine/execute/interpret';
import { GpuUnsupportedError } from '../../src/engine/execute/gpu/context';
import { programFromJson } from '../../src/engine/program/serialize';
import { worstOfBound } from './bounds';
import { gpuCases, worstError, type GpuCase } from './cases';
import type { SentCase } from './sent';

export interface ConformanceResult {
  readonly name: string;
  /** What gpu.js says that it ran on; '' where it failed. */
  readonly backend: string;
  readonly error: number;
  readonly tolerance: number;
  readonly failure?: string;
  /** The GPU said that it does not run this program. */
  readonly refused?: boolean;
}

/** One case after the other, each with its kernels freed afterwards. */
export async function runConformance(
  library: GpuLibrary,
  mode: GpuMode,
  seed: number,
  wanted: (gpuCase: GpuCase) => boolean = () => true,
): Promise<ConformanceResult[]> {
  const device = new GpuDevice(library, mode);
  const results: ConformanceResult[] = [];
  for (const gpuCase of gpuCases(seed).filter(wanted)) {
    const { name, program, inputs, tolerance } = gpuCase;
    try {
      const executable = await device.prepare(program, inputs);
      const { outputs } = await executable.run(inputs);
      const error = worstError(outputs, interpret(program, inputs));
      results.push({ name, backend: executable.backend, error, tolerance });
    } catch (error) {
      results.push({
        name,
        backend: '',
        error: Infinity,
        tolerance,
        failure: error instanceof Error ? error.message : String(error),
      });
    }
    await device.release(program);
  }
  await device.destroy();
  return results;
}

/** Whole programs: each error as a multiple of what float32 may be off by. A refusal is a result, not a failure. */
export async function runPrograms(
  library: GpuLibrary,
  mode: GpuMode,
  sent: readonly SentCase[],
): Promise<ConformanceResult[]> {
  const device = new GpuDevice(library, mode);
  const results: ConformanceResult[] = [];
  for (const { name, json, inputs, outputs, bounds } of sent) {
    const program = programFromJson(json);
    const values = inputs.map((input, index) => ({ ...program.inputAvals[index], data: Float64Array.from(input) }));
    const expected = {
      outputs: outputs.map((data, index) => ({ ...program.outputAvals[index], data: Float64Array.from(data) })),
      bounds: bounds.map((data) => Float64Array.from(data)),
    };
    const result = { name, backend: '', error: Infinity, tolerance: 1 };
    try {
      const executable = await device.prepare(program, values);
      const run = await executable.run(values);
      results.push({ ...result, backend: executable.backend, error: worstOfBound(run.outputs, expected) });
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      results.push({ ...result, failure, refused: error instanceof GpuUnsupportedError });
    }
    await device.release(program);
  }
  await device.destroy();
  return results;
}

/** One line for each case that failed. */
export function failures(results: readonly ConformanceResult[], mode: GpuMode): string[] {
  return results
    .filter((result) => !result.refused && (!(result.error <= result.tolerance) || result.backend !== mode))
    .map(({ name, backend, error, tolerance, failure }) =>
      failure ? `${name}: ${failure}` : `${name} on ${backend}: error ${error} > ${tolerance}`,
    );
}

/** What the GPU refused, with its reason. */
export function refusals(results: readonly ConformanceResult[]): string[] {
  return results.filter(({ refused }) => refused).map(({ name, failure }) => `${name}: ${failure}`);
}
