/** The runner's GPU requests on the panel's own GPU, gpu.js in its worker in a real browser; the two are joined without VS Code. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { GradLensError } from '../../src/engine/errors';
import { Emitter } from '../../src/engine/program/emitter';
import type { Data, Evaluation, EvaluateParams } from '../../src/runner/protocol';
import type { Context } from '../../src/runner/requests/common';
import { evaluate } from '../../src/runner/requests/evaluate';
import type { ReadyProgram } from '../../src/runner/requests/programs';
import { contextFor, session } from '../unit/runner/support/derive';
import { atNextWork, begun, gpuOf, watchGpu } from './panel/gpu';
import { panelPages } from './panel/reading';

const FILE = '/virtual/panelGpu.ts';
const SOURCE = `export function map(x: number[]): number[] {
  return [x[0] * x[1], Math.sin(x[0]), x[1] / (1 + x[2] * x[2])];
}
`;
const AT: Data[] = [[0.5, -1.25, 0.75]];

/** The sum of `lanes` numbers, each turned `steps` times: work for a device, with hardly a number to send. */
function turns(lanes: number, steps: number): ReadyProgram {
  const b = new Emitter();
  const x = b.input({ shape: [1], dtype: 'float64' });
  const lane = b.convert(b.emit('iota', [], { shape: [lanes], axis: 0, dtype: 'int32' }), 'float64');
  let value = b.mul(lane, b.broadcast(x, [lanes], [0]));
  for (let step = 1; step <= steps; step++)
    value = b.add(b.emit('sin', [value], undefined), b.fullLike(value, 1 / step));
  return {
    program: b.finish([b.emit('reduceSum', [value], { axes: [0] })]),
    inputs: [{ shape: [1], dtype: 'float64', data: Float64Array.of(0.5) }],
  };
}

describe('the panel’s GPU for the runner', () => {
  const pages = panelPages();
  let page: Page;

  before(() => session.overlay(FILE, SOURCE));
  beforeEach(async () => {
    page = await pages.open({ fixture: 'rosenbrock' });
    await watchGpu(page);
  });
  afterEach(() => Object.assign(session.configuration, { backend: 'auto', clientGpu: false }));

  const on = (backend?: 'webgpu' | 'webgl2'): Context => ({ ...contextFor(), gpu: gpuOf(page, backend) });
  const ask = (context: Context, params: Partial<EvaluateParams> = {}): Promise<Evaluation> => {
    Object.assign(session.configuration, { backend: 'gpu', clientGpu: true });
    return evaluate(context, { file: FILE, fn: 'map', op: 'jacobian', args: AT, ...params });
  };

  for (const backend of ['webgl2', 'webgpu'] as const) {
    it(`is lost in the middle of a run on ${backend}: the CPU answers, and the next run has a new device`, async () => {
      const context = on(backend);
      const before = await ask(context);
      assert.equal(before.notice, undefined);
      assert.equal(before.backend, `gpu.js ${backend} (float32)`);
      await atNextWork(page, 'lose');
      const lost = await ask(context);
      assert.equal(lost.backend, 'interpret');
      assert.equal(lost.float32, undefined);
      assert.match(
        lost.notice?.message ?? '',
        new RegExp(`^Computed on the CPU: The ${backend} backend of gpu.js failed: `),
      );
      assert.deepEqual(lost.result, (await ask(contextFor(), { backend: 'interpret' })).result);
      const after = await ask(context);
      assert.equal(after.notice, undefined);
      assert.deepEqual(after.result, before.result);
    });
  }

  it('fails, and gives no zeros, where the GPU process is killed in the middle of a run, and is there again', async () => {
    const context = on('webgl2');
    const { program, inputs } = turns(2 ** 19, 16);
    await context.gpu.run(program, inputs);
    await atNextWork(page, 'tell');
    const running = context.gpu.run(program, inputs);
    await begun(page);
    const devtools = await page.context().browser()!.newBrowserCDPSession();
    await devtools.send('Browser.crashGpuProcess');
    await devtools.detach();
    await assert.rejects(
      running,
      (error) =>
        error instanceof GradLensError && error.code === 'gpu-failed' && /context was lost/.test(error.message),
    );
    for (const backend of ['webgl2', 'webgpu'] as const)
      assert.equal((await ask(on(backend))).backend, `gpu.js ${backend} (float32)`);
  });
});
