/** The grid of a two-dimensional slice on the GPU, where the backend says so; points that go another way are computed on the CPU. */
import { GradLensError } from '../../engine/errors';
import type { Notice, Slice } from '../protocol';
import type { Recorded } from '../record';
import { chooseGpu } from './auto';
import type { Context } from './common';
import { float32Report, spread } from './float32';
import type { ReadyProgram } from './programs';
import { noticeOf } from './ways';

export type Grid = Pick<Slice, 'values' | 'field' | 'backend' | 'float32'>;

/** The points of the grid, one by one, in float64. */
export interface ExactGrid {
  size: number;
  value(index: number): number;
  slopes(index: number): [number, number];
}

/** Without a grid where the CPU is to compute it; the notice says why where the GPU was asked for. */
export async function gridOnGpu(
  context: Context,
  recorded: Recorded,
  exact: ExactGrid,
  make: () => ReadyProgram,
): Promise<{ grid?: Grid; notice?: Notice }> {
  const { backend, gpuTolerance: tolerance } = context.session.configuration;
  // Another draw at every point is no function.
  if ((backend !== 'gpu' && backend !== 'auto') || recorded.randomCalls > 0 || recorded.inputValues.length === 0)
    return {};
  const predict = () => {
    const start = performance.now();
    exact.value(0);
    return (performance.now() - start) * exact.size;
  };
  const chosen =
    backend === 'auto' ? await chooseGpu(context, recorded, `slice:${exact.size}`, predict, make) : undefined;
  if (backend === 'auto' && !chosen) return {};
  try {
    const { program, inputs } = make();
    const ran = await context.gpu.run(program, inputs);
    const [values, a, b, asRecorded] = ran.outputs.map(({ data }) => Float64Array.from(data));
    for (let index = 0; index < exact.size; index++) {
      if (asRecorded[index] === 1) continue;
      values[index] = exact.value(index);
      [a[index], b[index]] = exact.slopes(index);
    }
    const lanes = spread(exact.size).map((at) => ({ at, step: 1, values: () => Float64Array.of(exact.value(at)) }));
    const float32 = float32Report(values, lanes, {
      ...(ran.adapter === undefined ? {} : { adapter: ran.adapter }),
      tolerance,
      nameOf: (index) => `f at point ${index}`,
    });
    if (chosen && float32.worst) {
      chosen.refuse();
      return {};
    }
    return { grid: { values, field: { a, b, every: 1 }, backend: `gpu.js ${ran.backend} (float32)`, float32 } };
  } catch (error) {
    if (!(error instanceof GradLensError) || error.code === 'cancelled') throw error;
    return { notice: noticeOf(error, 'gpu') };
  }
}
