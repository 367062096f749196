import assert from 'node:assert/strict';
import { lowerToGpu } from '../../../src/engine/execute/gpu/lower';
import { gpuWorkOf, type GpuCosts } from '../../../src/engine/execute/gpuCosts';
import { interpret } from '../../../src/engine/execute/interpret';
import { Emitter } from '../../../src/engine/program/emitter';
import { ownGpuCosts } from '../../../src/runner/gpu/nodeGpu';
import type { GpuRunner } from '../../../src/runner/gpu/remoteGpu';
import { chooseGpu, reasonOf, winsClearly, workOf } from '../../../src/runner/requests/auto';
import { recordTarget, type Context } from '../../../src/runner/requests/common';
import { inspect } from '../../../src/runner/requests/inspect';
import { matrixProgramOf } from '../../../src/runner/requests/programs';
import { contextFor, session } from './support/derive';

const FILE = '/virtual/auto.ts';
/** Just too large for a rank. */
const SIZE = 301;
const SOURCE = `import { np, type NdArray } from 'gradlens';
const A = np.sin(np.reshape(np.arange(0, ${SIZE * SIZE}, 1), [${SIZE}, ${SIZE}]));
const START = np.multiply(0.1, np.sin(np.arange(0, ${SIZE}, 1)));
export function layers(x: NdArray) {
  return np.tanh(np.matmul(A, np.sin(np.matmul(A, x))));
}
export function small(x: number[]): number[] { return [x[0] * x[1], Math.sin(x[0])]; }
`;
const POINT = 'START';

const costs: GpuCosts = {
  backend: 'webgl2',
  launch: 1,
  step: 0.1,
  up: 1e-6,
  down: 1e-6,
  statement: 1e-7,
  compile: 0,
  compileStatement: 0,
};

/** An editor's runner: with a GPU whose costs are as told, and whose results are off by a factor and by float32. */
function contextWith(known: GpuCosts | undefined, asked: boolean[] = [], factor = 1): Context {
  const gpu: GpuRunner = {
    run: (program, inputs) => {
      const outputs = interpret(program, inputs).map(({ shape, data }) => ({
        shape,
        dtype: 'float32' as const,
        data: Float32Array.from(data, (value) => factor * value),
      }));
      return Promise.resolve({ outputs, backend: 'webgl2' });
    },
    costs: (wait) => {
      asked.push(wait);
      return Promise.resolve(known);
    },
  };
  return { ...contextFor(), gpu };
}

describe('auto', function () {
  this.timeout(60_000);
  before(() => {
    session.overlay(FILE, SOURCE);
    session.configuration.clientGpu = true;
  });
  after(() => {
    session.configuration.clientGpu = false;
  });

  const choose = async (context: Context, cpu: number, what: string) => {
    const { recorded } = await recordTarget(context, { file: FILE, fn: 'small', args: [[1, 2]] });
    return chooseGpu(
      context,
      recorded,
      what,
      () => cpu,
      () => matrixProgramOf(recorded, 'jacobian'),
    );
  };

  it('takes the GPU only where it wins clearly', async () => {
    assert.ok(await choose(contextWith(costs), 100, 'far'));
    assert.equal(await choose(contextWith({ ...costs, launch: 40 }), 100, 'near'), undefined);
    assert.equal(await choose(contextWith({ ...costs, statement: 10 }), 100, 'slow'), undefined);
    assert.equal(await choose(contextWith(undefined), 100, 'unknown'), undefined);
  });

  it('asks for costs only where the CPU is slow, and never waits for them', async () => {
    const asked: boolean[] = [];
    assert.equal(await choose(contextWith(costs, asked), 5, 'fast'), undefined);
    assert.deepEqual(asked, []);
    await choose(contextWith(costs, asked), 100, 'asked');
    assert.deepEqual(asked, [false]);
  });

  it('lets the runs share the making of the kernels, which is paid once', async () => {
    const context = contextWith({ ...costs, compile: 70 });
    assert.equal(await choose(context, 100, 'shared'), undefined);
    let runs = 1;
    while (!(await choose(context, 100, 'shared'))) runs++;
    assert.ok(runs > 1 && runs < 10, `${runs}`);
    assert.ok(await choose(context, 100, 'shared'));
    assert.ok(winsClearly(100, { transfer: 0, launch: 1, work: 0, run: 1, compile: 1e6 }, 0));
  });

  it('stays away from where float32 was too inexact, and out of the command line', async () => {
    const chosen = await choose(contextWith(costs), 100, 'inexact');
    chosen?.refuse();
    assert.equal(await choose(contextWith(costs), 100, 'inexact'), undefined);
    session.configuration.clientGpu = false;
    assert.equal(await choose(contextWith(costs), 100, 'line'), undefined);
    session.configuration.clientGpu = true;
  });

  it('labels a large live Jacobian, and keeps small ones in float64', async () => {
    const large = await inspect(contextWith(costs), { file: FILE, fn: 'layers', at: POINT });
    assert.equal(large.backend, 'gpu.js webgl2 (float32)');
    assert.ok(large.float32 && large.float32.error > 0 && large.float32.error < 1e-3);
    assert.equal(large.notice, undefined);
    const small = await inspect(contextWith({ ...costs, launch: 0 }), { file: FILE, fn: 'small', args: [[1, 2]] });
    assert.equal(small.backend, 'interpret');
    assert.equal(small.float32, undefined);
  });

  it('computes again in float64 what comes back too inexact', async () => {
    const { backend, float32, findings, matrix } = await inspect(contextWith(costs, [], 1.01), {
      file: FILE,
      fn: 'layers',
      at: POINT,
    });
    assert.equal(backend, 'interpret');
    assert.equal(float32, undefined);
    assert.ok(findings.every(({ code }) => code !== 'float32-error'));
    assert.ok(matrix?.values.some((value) => value !== Math.fround(value)));
  });

  it('says why, with numbers', () => {
    const work = { kernels: 2, up: 1e6, down: 1e6, statements: 1e7, text: 10, made: 0 };
    const reason = (milliseconds: number, may = true, predicted = false, of: GpuCosts | undefined = costs) =>
      reasonOf({ milliseconds, backend: 'interpret', predicted }, of, work, may);
    assert.equal(
      reason(0.2),
      '`auto` stays on the CPU: 200 µs on interpret against 4.1 ms on webgl2 (transfer 2 ms + launch 1.1 ms + work 1 ms; kernels once 0 ms).',
    );
    assert.match(reason(100), /^`auto` takes the GPU .* against 100 ms on interpret\.$/);
    assert.match(reason(100, true, true), /^`auto` takes the GPU .* against about 100 ms on interpret\.$/);
    assert.match(reason(100, false), /^`auto` stays on the CPU to keep float64: 100 ms/);
    assert.equal(
      reasonOf({ milliseconds: 12, backend: 'interpret', predicted: true }, undefined, work, true),
      '`auto` stays on the CPU, about 12 ms on interpret: there is no GPU whose costs are known.',
    );
    assert.equal(
      reasonOf({ milliseconds: 12, backend: 'interpret', predicted: false }, costs, 'The GPU does not run sort.', true),
      '`auto` stays on the CPU, 12 ms on interpret: The GPU does not run sort.',
    );
  });

  it('counts the kernels that a backend makes, where one returns several numbers from kernels on the way', () => {
    const b = new Emitter();
    const x = b.input({ shape: [64, 64], dtype: 'float64' });
    const program = b.finish([b.matmul(b.matmul(x, x), x)]);
    const work = (backend: string) => {
      const found = workOf(() => ({ program, inputs: [] }), backend);
      assert.ok(typeof found !== 'string');
      return found;
    };
    for (const [backend, vectors] of [
      ['webgl2', 'values'],
      ['webgpu', 'results'],
    ] as const)
      assert.deepEqual(work(backend), gpuWorkOf(lowerToGpu(program, vectors)));
    assert.ok(work('webgl2').statements < work('webgpu').statements);
    const other = new Emitter();
    const matrix = other.input({ shape: [2, 2], dtype: 'float64' });
    const unknown = other.finish([other.emit('cholesky', [matrix], undefined)]);
    const make = () => ({ program: unknown, inputs: [] });
    assert.match(String(workOf(make, 'webgl2')), /^The GPU does not run `cholesky`/);
  });

  it('measures what gpu.js costs here', async () => {
    const measured = await ownGpuCosts();
    assert.equal(measured.backend, 'webasm');
    for (const [name, value] of Object.entries(measured)) if (name !== 'backend') assert.ok(Number(value) >= 0, name);
    assert.ok(measured.launch > 0 && measured.compile > 0);
    assert.equal(await ownGpuCosts(), measured);
  });
});
