/** The GPU of the panel's page for the runner's requests in this process, and ways to take it away in the middle of a run. */
import type { Page } from 'playwright-core';
import { RemoteGpu, type GpuRunner } from '../../../src/runner/gpu/remoteGpu';
import type { ErrorInfo, FromRunner, GpuCosts, GpuResult, GpuTask } from '../../../src/runner/protocol';
import type { GpuBackend } from '../../../src/webview/protocol';

/** What stands between runner and panel, without the extension. `backend`: instead of the best one. */
export function gpuOf(page: Page, backend?: GpuBackend): GpuRunner {
  const remote = new RemoteGpu((message) => void answer(message));
  const answer = async (message: FromRunner): Promise<void> => {
    if (message.kind === 'gpu')
      remote.receive({ kind: 'gpuAnswer', call: message.call, ...(await ran(page, message.task, backend)) });
    if (message.kind === 'gpuCosts')
      remote.receiveCosts({ kind: 'gpuCosts', call: message.call, costs: await costsOf(page) });
  };
  return remote.of(1);
}

function ran(page: Page, task: GpuTask, backend?: GpuBackend): Promise<{ result: GpuResult } | { error: ErrorInfo }> {
  return page.evaluate(
    (params) =>
      window.fakeHost.channel.request('gpuRun', params).then(
        (result) => ({ result }),
        ({ code, message }: ErrorInfo) => ({ error: { code, message } }),
      ),
    { ...task, ...(backend && { backend }) },
  );
}

function costsOf(page: Page): Promise<GpuCosts> {
  return page.evaluate(() => window.fakeHost.channel.request('gpuCosts', {}));
}

/** In the worker, before its own code: tells of the first work for the device, or takes the device away right after it. */
const PRELUDE = `
  let wanted, device;
  self.addEventListener('message', (event) => {
    if (!event.data.next) return;
    wanted = event.data.next;
    event.stopImmediatePropagation();
  });
  const after = (prototype, name, end) => {
    const native = prototype[name];
    prototype[name] = function (...given) {
      const result = native.apply(this, given);
      const now = wanted;
      wanted = undefined;
      if (now === 'tell') postMessage({ kind: 'begun' });
      if (now === 'lose') end(this);
      return result;
    };
  };
  after(WebGL2RenderingContext.prototype, 'drawArrays', (gl) => gl.getExtension('WEBGL_lose_context').loseContext());
  after(GPUQueue.prototype, 'submit', () => device.destroy());
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...given) {
    return (device = await requestDevice.apply(this, given));
  };
`;

interface Watched {
  gradlensGpuWorker?: string;
  worker?: Worker;
  begun?: boolean;
}

/** Puts the prelude before the worker's code; for a page whose worker has not been started yet. */
export function watchGpu(page: Page): Promise<void> {
  return page.evaluate((prelude) => {
    const watched = window as unknown as Watched;
    let source: string | undefined;
    Object.defineProperty(watched, 'gradlensGpuWorker', {
      get: () => (source === undefined ? undefined : prelude + source),
      set: (text: string) => (source = text),
    });
    window.Worker = class extends Worker {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        super(...given);
        watched.worker = this;
        this.addEventListener('message', ({ data }: MessageEvent<{ kind: string }>) => {
          if (data.kind === 'begun') watched.begun = true;
        });
      }
    };
  }, PRELUDE);
}

/** The next work for the device is told of (`begun`), or loses it. */
export function atNextWork(page: Page, next: 'tell' | 'lose'): Promise<void> {
  return page.evaluate((what) => {
    const watched = window as unknown as Watched;
    watched.begun = false;
    watched.worker?.postMessage({ next: what });
  }, next);
}

export async function begun(page: Page): Promise<void> {
  await page.waitForFunction(() => (window as unknown as Watched).begun, undefined, { polling: 10 });
}
