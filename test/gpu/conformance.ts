/** Runs all cases on one backend and compares each with the float64 interpreter. */
import '../../src/engine/primitives/all';
import { GpuDevice, type GpuLibrary, type GpuMode } from '../../src/engine/execute/gpu/device';
import { interpret } from '../../src/engine/execute/interpret';
import { gpuCases, worstError, type GpuCase } from './cases';

export interface ConformanceResult {
  readonly name: string;
  /** What gpu.js says that it ran on; '' where it failed. */
  readonly backend: string;
  readonly error: number;
  readonly tolerance: number;
  readonly failure?: string;
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

/** One line for each case that failed. */
export function failures(results: readonly ConformanceResult[], mode: GpuMode): string[] {
  return results
    .filter((result) => !(result.error <= result.tolerance) || result.backend !== mode)
    .map(({ name, backend, error, tolerance, failure }) =>
      failure ? `${name}: ${failure}` : `${name} on ${backend}: error ${error} > ${tolerance}`,
    );
}
