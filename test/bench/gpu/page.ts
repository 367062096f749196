/** Runs in the browser: one table, workloads × backends × (first call, median, error against float64). */
import { GPU } from 'gpu.js';
import { GpuDevice, type GpuLibrary, type GpuMode } from '../../../src/engine/execute/gpu/device';
import { compile } from '../../../src/engine/execute/run';
import '../../../src/engine/execute/tiers';
import { PEERS, type Runner } from './peers';
import { workloads, type Sizes, type Workload } from './workloads';

export interface Row {
  workload: string;
  backend: string;
  /** Milliseconds: the first call, with everything that it compiles. */
  first: number;
  median: number;
  runs: number;
  error: number;
  failure?: string;
}

const BUDGET = 2500;

async function measure(workload: Workload, backend: string, prepare: () => Promise<Runner>): Promise<Row> {
  const row: Row = { workload: workload.title, backend, first: NaN, median: NaN, runs: 0, error: NaN };
  try {
    const start = performance.now();
    const run = await prepare();
    const result = await run();
    row.first = performance.now() - start;
    row.error = errorOf(result, workload.expected);
    const times: number[] = [];
    for (const end = performance.now() + BUDGET; times.length < 3 || (performance.now() < end && times.length < 200);) {
      const before = performance.now();
      await run();
      times.push(performance.now() - before);
    }
    times.sort((a, b) => a - b);
    row.median = times[times.length >> 1];
    row.runs = times.length;
  } catch (error) {
    row.failure = error instanceof Error ? error.message : String(error);
  }
  return row;
}

function errorOf(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let scale = 0;
  let worst = 0;
  for (let index = 0; index < expected.length; index++) {
    scale = Math.max(scale, Math.abs(expected[index]));
    const error = Math.abs(found[index] - expected[index]);
    worst = Math.max(worst, Number.isNaN(error) ? Infinity : error);
  }
  return worst / (scale || 1);
}

async function bench(sizes: Sizes, report: (row: Row) => void): Promise<void> {
  const list = workloads(sizes);
  for (const workload of list) {
    report(
      await measure(workload, 'gradlens CPU, float64', async () => {
        const executable = compile(workload.program);
        return async () => executable.run(workload.inputs).at(-1)!.data;
      }),
    );
  }
  for (const mode of ['webgpu', 'webgl2', 'webasm'] as const satisfies readonly GpuMode[]) {
    const device = new GpuDevice(GPU as unknown as GpuLibrary, mode);
    for (const workload of list) {
      report(
        await measure(workload, `gradlens gpu.js ${mode}`, async () => {
          const executable = await device.prepare(workload.program, workload.inputs);
          return async () => (await executable.run(workload.inputs)).outputs.at(-1)!.data;
        }),
      );
      await device.release(workload.program);
    }
    await device.destroy();
  }
  for (const peer of PEERS) {
    const started = await peer.start().then(
      () => undefined,
      (error: unknown) => String(error),
    );
    for (const workload of list) {
      report(
        await measure(workload, peer.name, async () => {
          if (started !== undefined) throw new Error(started);
          return peer.prepare(workload, sizes);
        }),
      );
    }
  }
}

(globalThis as unknown as { bench: typeof bench }).bench = bench;
