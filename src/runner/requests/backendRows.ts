/** One computation, the gradient or the Jacobian as a whole, on every backend of the runner; float32 ones with their error. */
import { relativeError } from '../../engine/execute/gpu/error';
import { interpret } from '../../engine/execute/interpret';
import { compile } from '../../engine/execute/run';
import '../tiers';
import { releaseFromGpu, runOnGpu } from '../gpu/nodeGpu';
import type { ArrayValue } from '../../engine/program/aval';
import type { ProfileRow } from '../protocol';
import type { Recorded } from '../record';
import { requireKernels } from './auto';
import { tooLarge } from './contenders';
import { costOf, countedCost } from './costs';
import { emptyRow, mayTake, measure, measureAsync, tooLong } from './measure';
import { matrixProgramOf, productsProgramOf, VECTORS, type ReadyProgram } from './programs';

/** @param expected milliseconds that the matrix takes about; where that is too long, no backend is measured */
export async function backendRows(recorded: Recorded, budget: number, expected: number): Promise<ProfileRow[]> {
  const m = recorded.outputValues.length;
  const n = recorded.inputValues.length;
  if (n === 0) return [];
  const what = m === 1 ? 'gradient' : 'Jacobian';
  const row = (backend: string): ProfileRow =>
    emptyRow({
      id: `backend-${backend}`,
      label: `${what}, ${backend}`,
      group: 'backend',
      backend,
    });
  const interpreted = row('interpret');
  const compiled = row('wasm');
  const kernels = row('gpu.js');
  const refused = tooLarge(n * m)?.refused;
  if (refused !== undefined || !mayTake(expected, 2 * budget))
    return [interpreted, compiled, kernels].map((each) => ({
      ...each,
      ...(refused === undefined ? tooLong(expected) : { unavailable: refused }),
    }));
  const { program, inputs } = matrixProgramOf(recorded, 'jacobian');
  const [matrix] = interpret(program, inputs);

  Object.assign(
    interpreted,
    measure(() => interpret(program, inputs), budget / 3),
    countedCost(program),
  );

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

  const label = (backend: string) => `${what}, gpu.js ${backend} (float32)`;
  await timeOnGpu(kernels, label, { program, inputs }, [matrix], budget / 3);
  return [interpreted, compiled, kernels, ...(await productRows(recorded, budget / 6))];
}

/** Products with several vectors at once as kernels, a thread a vector and entry. */
async function productRows(recorded: Recorded, budget: number): Promise<ProfileRow[]> {
  const rows: ProfileRow[] = [];
  for (const op of ['jvp', 'vjp'] as const) {
    const id = `products-gpu-${op}`;
    const name = `${VECTORS} ${op.toUpperCase()}s`;
    const row = emptyRow({ id, label: `${name}, gpu.js`, group: 'products', backend: 'gpu.js', size: VECTORS });
    const ready = productsProgramOf(recorded, op, VECTORS);
    const expected = interpret(ready.program, ready.inputs);
    await timeOnGpu(row, (backend) => `${name}, gpu.js ${backend} (float32)`, ready, expected, budget);
    rows.push(row);
  }
  return rows;
}

async function timeOnGpu(
  row: ProfileRow,
  label: (backend: string) => string,
  { program, inputs }: ReadyProgram,
  expected: readonly ArrayValue[],
  budget: number,
): Promise<void> {
  try {
    requireKernels(program);
    const start = performance.now();
    const { outputs, backend, compile: compileTime } = await runOnGpu(program, inputs);
    row.first = performance.now() - start;
    row.compile = compileTime;
    row.backend = `gpu.js ${backend}`;
    row.label = label(backend);
    row.error = relativeError(flatOf(outputs), flatOf(expected));
    Object.assign(row, await measureAsync(() => runOnGpu(program, inputs), budget));
    row.operations = countedCost(program).operations;
  } catch (error) {
    row.unavailable = `unavailable: ${error instanceof Error ? error.message : String(error)}`;
  }
  await releaseFromGpu(program);
}

/** All numbers of some arrays, one after the other. */
export function flatOf(arrays: readonly ArrayValue[]): Float64Array {
  return Float64Array.from(arrays.flatMap(({ data }) => Array.from(data)));
}
