/** Times the function's derivative program on the panel's own GPU, backend by backend. */
import { relativeError } from '../../engine/execute/gpu/error';
import type { GpuResult, Inspection, ProfileRow, ProgramExport } from '../../runner/protocol';
import type { GpuHost } from '../gpuHost';
import type { GpuBackend, PanelProgress } from '../protocol';

const RUNS = 15;
/** Milliseconds after which a backend gets no further run. */
const PATIENCE = 4000;

/** A program to time: the matrix as a whole, or products with `products` vectors, which bring what they are in float64. */
export interface GpuWork {
  readonly op: 'grad' | 'jacobian' | 'jvp' | 'vjp';
  readonly products?: number;
  readonly exported: ProgramExport;
}

export async function measureGpuRows(
  host: GpuHost,
  backends: readonly string[],
  works: readonly GpuWork[],
  inspection: Inspection,
  baseMedian: number | undefined,
  options: { signal: AbortSignal; onProgress: (progress: PanelProgress) => void },
): Promise<ProfileRow[]> {
  const rows: ProfileRow[] = [];
  const total = works.length * backends.length;
  for (const work of works) {
    for (const backend of backends) {
      options.onProgress({ done: rows.length, total, message: backend });
      if (options.signal.aborted) return rows;
      rows.push(await measureBackend(host, backend as GpuBackend, work, inspection, baseMedian, options.signal));
    }
  }
  return rows;
}

async function measureBackend(
  host: GpuHost,
  backend: GpuBackend,
  work: GpuWork,
  inspection: Inspection,
  baseMedian: number | undefined,
  signal: AbortSignal,
): Promise<ProfileRow> {
  const { exported } = work;
  const row = emptyRow(backend, work, inspection);
  const what = row.label;
  const times: number[] = [];
  const started = performance.now();
  try {
    for (let run = 0; run <= RUNS && !signal.aborted && (run < 3 || performance.now() - started < PATIENCE); run++) {
      const before = performance.now();
      const result = await host.run({ program: exported.program, inputs: exported.inputs, backend }, signal);
      const elapsed = performance.now() - before;
      if (run === 0) {
        row.first = elapsed;
        row.compile = result.compile;
        row.backend = result.backend;
        row.label = [what === backend ? result.backend : what, result.adapter].filter(Boolean).join(' · ');
        row.error = exported.expected
          ? relativeError(flat(result), exported.expected)
          : largestError(result.outputs.at(-1)?.data, inspection);
      } else {
        times.push(result.run > 0 ? result.run : elapsed);
      }
    }
  } catch (error) {
    return { ...row, unavailable: error instanceof Error ? error.message : String(error) };
  }
  times.sort((a, b) => a - b);
  const median = quantile(times, 0.5);
  return {
    ...row,
    median,
    p10: quantile(times, 0.1),
    p90: quantile(times, 0.9),
    runs: times.length,
    ratio: baseMedian === undefined ? NaN : median / baseMedian,
  };
}

function flat({ outputs }: GpuResult): Float32Array {
  return Float32Array.from(outputs.flatMap(({ data }) => Array.from(data)));
}

function emptyRow(backend: string, { op, products }: GpuWork, inspection: Inspection): ProfileRow {
  return {
    ...(products === undefined
      ? { id: `gpu-${backend}`, label: backend, group: 'backend' as const }
      : {
          id: `gpu-${op}s-${backend}`,
          label: `${products} ${op.toUpperCase()}s, ${backend}`,
          group: 'products' as const,
          size: products,
        }),
    backend,
    compile: NaN,
    first: NaN,
    median: NaN,
    p10: NaN,
    p90: NaN,
    runs: 0,
    operations: inspection.operations,
    bytes: 0,
    ratio: NaN,
  };
}

/** Linear interpolation between the sorted times. */
export function quantile(sorted: readonly number[], q: number): number {
  if (sorted.length === 0) return NaN;
  const position = (sorted.length - 1) * q;
  const low = Math.floor(position);
  const high = Math.min(sorted.length - 1, low + 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (position - low);
}

/** The largest relative error of float32 results against the matrix in float64, where both have the same entries. */
export function largestError(
  result: Float32Array | undefined,
  { matrix }: Pick<Inspection, 'matrix'>,
): number | undefined {
  if (result === undefined || matrix?.kind !== 'dense' || result.length !== matrix.values.length) return undefined;
  return relativeError(result, matrix.values);
}
