/** One computation, the gradient or the Jacobian as a whole, on every backend of the runner; float32 ones with their error. */
import { relativeError } from '../../engine/execute/gpu/error';
import { interpret } from '../../engine/execute/interpret';
import { compile } from '../../engine/execute/run';
import '../../engine/execute/tiers';
import { releaseFromGpu, runOnGpu } from '../gpu/nodeGpu';
import type { ProfileRow } from '../protocol';
import type { Recorded } from '../record';
import { costOf, countedCost } from './costs';
import { emptyRow, measure, measureAsync } from './measure';
import { matrixProgramOf } from './programs';

/** Entries above which the matrix is too large to time as a whole. */
const LIMIT = 1_000_000;

export async function backendRows(recorded: Recorded, budget: number): Promise<ProfileRow[]> {
  const m = recorded.outputValues.length;
  const n = recorded.inputValues.length;
  if (n === 0 || n * m > LIMIT) return [];
  const what = m === 1 ? 'gradient' : 'Jacobian';
  const { program, inputs } = matrixProgramOf(recorded, 'jacobian');
  const row = (backend: string): ProfileRow =>
    emptyRow({
      id: `backend-${backend}`,
      label: `${what}, ${backend}`,
      group: 'backend',
      backend,
    });
  const [expected] = interpret(program, inputs);

  const interpreted = row('interpret');
  Object.assign(
    interpreted,
    measure(() => interpret(program, inputs), budget / 3),
    countedCost(program),
  );

  const compiled = row('wasm');
  const began = performance.now();
  const executable = compile(program);
  executable.compile();
  compiled.compile = performance.now() - began;
  if (executable.info.tier === 'wasm')
    Object.assign(
      compiled,
      measure(() => executable.run(inputs), budget / 3),
      costOf(executable),
    );
  else compiled.unavailable = 'unavailable: it has operations that are not compiled to WebAssembly';

  const kernels = row('gpu.js');
  try {
    const start = performance.now();
    const { outputs, backend, compile: compileTime } = await runOnGpu(program, inputs);
    kernels.first = performance.now() - start;
    kernels.compile = compileTime;
    kernels.backend = `gpu.js ${backend}`;
    kernels.label = `${what}, gpu.js ${backend} (float32)`;
    kernels.error = relativeError(outputs[0].data, expected.data);
    Object.assign(kernels, await measureAsync(() => runOnGpu(program, inputs), budget / 3));
    kernels.operations = countedCost(program).operations;
  } catch (error) {
    kernels.unavailable = `unavailable: ${error instanceof Error ? error.message : String(error)}`;
  }
  await releaseFromGpu(program);
  return [interpreted, compiled, kernels];
}
