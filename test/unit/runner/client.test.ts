/** The process client: overlays, cancellation, progress, death and restart. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { RunnerClient, RunnerRequestError, type RunnerState } from '../../../src/runner/client/runnerClient';
import { bundles, errorOf, startRunner, workspace } from './support/runnerProcess';

describe('the runner client', function () {
  this.timeout(60_000);
  const folder = workspace({
    'f.ts':
      'export const f = (x: number) => x * x;\nexport function slow(x: number): number { let s = x; for (let i = 0; i < 1e6; i++) s += 1; return s; }\n',
  });
  const file = join(folder, 'f.ts');
  let client: RunnerClient;
  beforeEach(() => {
    client = startRunner({ timeLimit: 20_000 });
  });
  afterEach(() => client.dispose());
  const gradient = async () => (await client.request('evaluate', { file, fn: 'f', op: 'grad', args: [3] })).result;

  it('tells unsaved text, and takes it away', async () => {
    assert.equal(await gradient(), 6);
    client.overlay(file, 'export const f = (x: number) => x * 10;');
    assert.equal(await gradient(), 10);
    client.overlay(file, null);
    assert.equal(await gradient(), 6);
  });

  it('asks again when the process dies, and tells it the unsaved text', async () => {
    const states: RunnerState['kind'][] = [];
    client.dispose();
    client = new RunnerClient({ runnerPath: join(bundles(), 'runner.js'), onState: ({ kind }) => states.push(kind) });
    client.overlay(file, 'export const f = (x: number) => x * 7;');
    await gradient();
    assert.equal(client.state.kind, 'running');
    if (client.state.kind === 'running') process.kill(client.state.pid, 'SIGKILL');
    assert.equal(await gradient(), 7);
    assert.deepEqual(states, ['starting', 'running', 'crashed', 'starting', 'running']);
  });

  it('cancels what waits', async () => {
    await gradient();
    const controller = new AbortController();
    const slow = client.request('evaluate', { file, fn: 'slow', op: 'value', args: [1] });
    const waiting = client.request('evaluate', { file, fn: 'f', op: 'grad', args: [3] }, { signal: controller.signal });
    controller.abort();
    await assert.rejects(
      waiting,
      (error: unknown) => error instanceof RunnerRequestError && error.code === 'cancelled',
    );
    await slow;
    assert.equal(await gradient(), 6);
  });

  it('fails what waits on a restart, then starts again', async () => {
    await gradient();
    const waiting = errorOf(client, 'evaluate', { file, fn: 'slow', op: 'value', args: [1] });
    client.restart();
    assert.equal((await waiting).code, 'restarted');
    assert.equal(await gradient(), 6);
  });

  it('answers for a GPU that never does: the CPU computes, in the same process', async () => {
    client.dispose();
    const signals: AbortSignal[] = [];
    client = new RunnerClient({
      runnerPath: join(bundles(), 'runner.js'),
      configuration: { backend: 'gpu', clientGpu: true },
      onGpu: (_, signal) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
      gpuLimit: 20,
    });
    const first = await client.request('evaluate', { file, fn: 'f', op: 'grad', args: [3] });
    assert.equal(first.result, 6);
    assert.equal(first.backend, 'interpret');
    assert.deepEqual(first.notice, {
      code: 'gpu-lost',
      message: 'Computed on the CPU: The GPU gave no answer in time.',
    });
    const { state } = client;
    assert.equal(await gradient(), 6);
    assert.deepEqual(client.state, state);
    assert.ok(signals.length === 2 && signals.every(({ aborted }) => aborted));
  });

  it('says why when the runner cannot start', async () => {
    client.dispose();
    client = new RunnerClient({ runnerPath: join(folder, 'nothing.js') });
    assert.equal((await errorOf(client, 'list', { file })).code, 'runner-died');
  });

  it('reports progress of long work', async () => {
    const rows: number[] = [];
    await client.request(
      'profile',
      { file, fn: 'f', args: [3], budget: 300 },
      { onProgress: (done) => rows.push(done) },
    );
    assert.ok(rows.length > 5);
  });
});
