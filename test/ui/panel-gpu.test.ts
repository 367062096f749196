/** The runner's GPU requests on the panel's own GPU, gpu.js in its worker in a real browser; the two are joined without VS Code. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { GradLensError } from '../../src/engine/errors';
import { Emitter } from '../../src/engine/program/emitter';
import type { Data, Evaluation, EvaluateParams } from '../../src/runner/protocol';
import { estimateGpu } from '../../src/engine/execute/gpuCosts';
import { chooseGpu, reasonOf, workOf } from '../../src/runner/requests/auto';
import { recordTarget, type Context } from '../../src/runner/requests/common';
import { evaluate } from '../../src/runner/requests/evaluate';
import { matrixProgramOf, type ReadyProgram } from '../../src/runner/requests/programs';
import { contextFor, session } from '../unit/runner/support/derive';
import { MLP } from '../unit/runner/support/mlp';
import { atNextWork, begun, gpuOf, watchGpu } from './panel/gpu';
import { panelPages, text } from './panel/reading';

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

  for (const backend of ['webgpu', 'webgl2'] as const) {
    it(`gives the gradient of an MLP by ${backend}, in two arrays, with its error`, async () => {
      session.overlay('/virtual/mlp.ts', MLP(16, 96, 32, 10));
      const network = { file: '/virtual/mlp.ts', fn: 'loss', op: 'grad', args: undefined, structured: false } as const;
      const exact = await ask(contextFor(), { ...network, backend: 'interpret' });
      const { backend: ran, float32, matrix, notice } = await ask(on(backend), network);
      assert.equal(notice, undefined);
      assert.equal(ran, `gpu.js ${backend} (float32)`);
      assert.equal(float32?.checked, 96 * 32 + 32 * 10);
      assert.ok(float32.error > 0 && float32.error < 1e-5 && float32.worst === undefined);
      assert.match(float32.adapter ?? '', /swiftshader/i);
      const [got, want] = [matrix?.values ?? [], exact.matrix?.values ?? []];
      const scale = Math.max(...want);
      assert.ok(scale > 0 && want.every((value, index) => Math.abs(got[index] - value) < 1e-5 * scale));
    });
  }

  it('is chosen by auto where what it costs here says so, in words that the Timing tab shows', async () => {
    const context = on();
    Object.assign(session.configuration, { backend: 'auto', clientGpu: true });
    const target = { file: FILE, fn: 'map', args: AT };
    const { recorded } = await recordTarget(context, target);
    const costs = await context.gpu.costs(true);
    assert.equal(costs?.backend, 'webgpu');
    for (const [name, value] of Object.entries(costs)) if (name !== 'backend') assert.ok(Number(value) >= 0, name);
    assert.ok(costs.launch > 0 && costs.statement > 0);
    const make = () => matrixProgramOf(recorded, 'jacobian');
    const work = workOf(make, costs.backend);
    assert.ok(typeof work !== 'string');
    const { run, compile } = estimateGpu(costs, work);
    const choose = (cpu: number) => chooseGpu(context, recorded, `page ${cpu}`, () => cpu, make);
    // Three times what it takes, the making of the kernels included, and no less than what is worth a thought.
    const much = Math.max(60, 3.5 * (run + compile));
    assert.ok(await choose(much));
    assert.equal(await choose(Math.max(1, 2.5 * run)), undefined);
    const reason = reasonOf({ milliseconds: much, backend: 'interpret', predicted: false }, costs, work, true);
    await page.evaluate((text) => {
      window.fakeHost.channel.handle('profile', () => ({
        rows: [],
        advice: '`auto` takes reverse mode.',
        gpuChoice: text,
        timing: { load: 0, trace: 0, transform: 0, compile: 0, run: 0, total: 0 },
      }));
    }, reason);
    await page.click('#tab-timing');
    await page.click('vscode-button:has-text("Measure")');
    assert.match(
      (await text(page, '.gpu-choice')).replace(/\s+/g, ' '),
      /auto takes the GPU for the matrix in the panel: \S+ \S+ on webgpu \(transfer \S+ \S+ \+ launch \S+ \S+ \+ work \S+ \S+; kernels once \S+ \S+\) against \S+ \S+ on interpret\./,
    );
  });

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
