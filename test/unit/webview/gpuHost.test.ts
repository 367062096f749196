/** The panel's side of its GPU worker, against workers that are told what to answer. */
import assert from 'node:assert/strict';
import { GPU_LIMITS } from '../../../src/runner/protocol';
import type { FromGpuWorker, ToGpuWorker } from '../../../src/webview/gpu/messages';
import { WorkerGpuHost } from '../../../src/webview/gpu/workerGpuHost';

const page = globalThis as { Worker?: unknown; gradlensGpuWorker?: string };
const task = { program: {}, inputs: [] };

describe('the host of the GPU worker', () => {
  const { Worker: native } = page;
  /** One answer a request; none: silence. */
  let answer: (message: ToGpuWorker) => FromGpuWorker | undefined;
  let alive: number;
  let started: number;

  beforeEach(() => {
    alive = started = 0;
    page.gradlensGpuWorker = '';
    page.Worker = class extends EventTarget {
      constructor() {
        super();
        started++;
        alive++;
      }
      postMessage(message: ToGpuWorker): void {
        const data = answer(message);
        if (data) queueMicrotask(() => this.dispatchEvent(new MessageEvent('message', { data })));
      }
      terminate(): void {
        alive--;
      }
    };
  });
  afterEach(() => {
    page.Worker = native;
    delete page.gradlensGpuWorker;
  });

  const works = (message: ToGpuWorker): FromGpuWorker =>
    message.kind === 'info'
      ? { id: message.id, kind: 'info', info: { backends: [{ name: 'webgl2', available: true }] } }
      : { id: message.id, kind: 'result', result: { outputs: [], backend: 'webgl2', adapter: '', compile: 0, run: 1 } };

  it('ends a silent run with its worker, and starts another for the next', async () => {
    const host = new WorkerGpuHost({} as HTMLScriptElement, 20);
    answer = (message) => (message.kind === 'run' ? undefined : works(message));
    await assert.rejects(host.run(task), {
      code: 'gpu-failed',
      message: /no answer in time; its worker was restarted/,
    });
    assert.deepEqual([started, alive], [1, 0]);
    answer = works;
    assert.equal((await host.run(task)).backend, 'webgl2');
    assert.deepEqual([started, alive], [2, 1]);
  });

  it('gives a run what the search for a backend has left of its time', async () => {
    const host = new WorkerGpuHost({} as HTMLScriptElement, 20);
    answer = () => undefined;
    await assert.rejects(host.run(task), { code: 'gpu-failed' });
    assert.equal(started, 1);
  });

  it('has the narrowest of the limits, which lie within each other', () => {
    const { worker, panel, opening, whole } = GPU_LIMITS;
    assert.ok(worker < panel && opening + panel < whole);
  });
});
