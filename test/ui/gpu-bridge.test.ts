/** The GPU behind the runner in a real VS Code: gpu.js in the panel's worker, and what happens when it goes away. */
import assert from 'node:assert/strict';
import type { Evaluation } from '../../src/runner/protocol';
import { poll, type Workbench, workbench } from './harness';

const STEPS = 200_000;
const source = `/** A chain of wells. @at [0.5, -1.25, 0.75, 0.3] */
export function wells(x: number[]): number {
  let sum = 0;
  for (let i = 0; i + 1 < x.length; i++) sum += Math.tanh(x[i] * x[i + 1]) + Math.exp(-x[i] * x[i]);
  return sum;
}

/** @at [0.5, -1.25, 0.75] */
export function map(x: number[]): number[] {
  return [x[0] * x[1], Math.sin(x[0]), x[1] / (1 + x[2] * x[2])];
}
`;

/** A second of one thread's work on a software GPU. */
const long = `/** @at [0.5, -1.25, 0.75] */
export function long(x: number[]): number[] {
  let y = x[0];
  for (let k = 0; k < ${STEPS}; k++) y = Math.sin(y * x[1] + x[2]);
  return [y, y * x[0]];
}
`;

const at = [0.5, -1.25, 0.75];

/** The last step of `long` and its derivatives. */
function longAt([a, b, c]: number[]): { value: number; byInputs: number[] } {
  let value = a;
  let byInputs = [1, 0, 0];
  for (let k = 0; k < STEPS; k++) {
    const slope = Math.cos(value * b + c);
    byInputs = [byInputs[0] * b, byInputs[1] * b + value, byInputs[2] * b + 1].map((each) => slope * each);
    value = Math.sin(value * b + c);
  }
  return { value, byInputs };
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, each, k) => sum + each * b[k], 0);

/** What the extension's commands give back. */
type Product = Pick<Evaluation, 'result' | 'backend' | 'float32' | 'notice'>;

describe('the GPU in VS Code', function () {
  let ui: Workbench;

  before(async () => {
    ui = await workbench();
    ui.write('gpu.ts', source);
    ui.write('long.ts', long);
    await ui.execute('workbench.action.closeSidebar');
    await ui.openFile('gpu.ts', 9);
    await ui.waitForLens(/map/);
    await ui.changeSetting('gradlens.backend', 'gpu');
  });
  after(async () => {
    await ui.changeSetting('gradlens.backend', undefined);
    await ui.reset();
  });

  const target = () => ({ uri: `${ui.path('gpu.ts')}`, functionName: 'map', pointIndex: 0 });
  const product = async (tangent: number[]): Promise<Product> =>
    (await ui.execute('gradlens.showJvp', target(), tangent)) as Product;
  const expected = ([a, b, c]: number[]) => [
    at[1] * a + at[0] * b,
    Math.cos(at[0]) * a,
    b / (1 + at[2] ** 2) - (2 * at[1] * at[2] * c) / (1 + at[2] ** 2) ** 2,
  ];

  it('multiplies on the GPU by a command: labelled, with its error, in a panel that it opens', async () => {
    const { result, backend, float32, notice } = await product([1, 2, 3]);
    assert.equal(notice, undefined);
    assert.match(backend, /^gpu\.js (webgpu|webgl2|webasm) \(float32\)$/);
    assert.ok(float32 && float32.error < 1e-6 && float32.error > 0);
    (result as number[]).forEach((value, index) =>
      assert.ok(Math.abs(value - expected([1, 2, 3])[index]) < 1e-6 * Math.abs(value)),
    );
    await ui.webviewFrame('#app .tabs');
  });

  it('labels live results in the panel with backend and error', async () => {
    await poll('the label', async () =>
      /gpu\.js \w+ \(float32\), error/.test(
        (await (await ui.webviewFrame('#app .tabs')).textContent('.backend-gpu')) ?? '',
      ),
    );
    await ui.screenshot('screenshots/panel-gpu');
  });

  it('marks a function that is off by more than the tolerance, in the editor and in the panel, for as long as it is', async () => {
    const marks = async () => (await ui.page.locator('.squiggly-warning, .squiggly-info').count()) > 0;
    const badge = async () => {
      const frame = await ui.webviewFrame('#app .tabs');
      return frame.$eval('.tag.inexact', (tag) => (tag as HTMLElement).title).catch(() => undefined);
    };
    assert.deepEqual([await marks(), await badge()], [false, undefined]);
    await ui.changeSetting('gradlens.gpu.tolerance', 1e-9);
    await poll('the mark in the editor', marks);
    assert.match(await poll('the badge', badge), /∂f\[\d\]\/∂x\[\d\]/);
    await ui.changeSetting('gradlens.gpu.tolerance', undefined);
    await poll('no marks', async () => !(await marks()) && (await badge()) === undefined);
  });

  it('labels a Hessian that the panel asks for', async () => {
    await ui.execute('gradlens.showHessian', { ...target(), functionName: 'wells' });
    await poll('the label', async () =>
      /gpu\.js \w+ \(float32\), error/.test(
        (await (await ui.webviewFrame('#app .tabs')).textContent('.matrix-backend', { timeout: 5000 })) ?? '',
      ),
    );
  });

  it('times the panel’s backends in the Timing tab: compiling apart, with the error, and says what auto would do', async () => {
    await ui.execute('gradlens.showJacobian', target());
    const frame = await ui.webviewFrame('#app .tabs');
    await frame.click('#tab-timing');
    await frame.click('vscode-button:has-text("Measure on the GPU")');
    const rows = await poll('a row for each backend', async () => {
      const found = await frame.$$eval('tr[data-id^="gpu-"]', (list) =>
        list.map((row) => ({
          id: (row as HTMLElement).dataset.id,
          tag: row.querySelector('.float32')?.textContent ?? '',
          cells: [...row.querySelectorAll('td')].map(({ textContent }) => textContent.trim()),
        })),
      );
      const offered = await frame.$$eval('.plain-list li', (list) =>
        list
          .filter(({ textContent }) => /available on/.test(textContent))
          .map((item) => item.querySelector('code')!.textContent),
      );
      // The matrix, 16 JVPs at once and 16 VJPs.
      return found.length > 0 && found.length === 3 * offered.length ? found : undefined;
    });
    for (const id of ['gpu-webasm', 'gpu-jvps-webasm', 'gpu-vjps-webasm'])
      assert.ok(
        rows.some((row) => row.id === id),
        id,
      );
    for (const { id, tag, cells } of rows) {
      assert.match(tag.replace(/\s+/g, ' '), /^float32, error \d/, id);
      const [median, , , compile] = cells;
      assert.match(median, /\d.* (µs|ms|s)$/, id);
      assert.match(compile, /\d.* (µs|ms|s)$/, id);
    }
    await frame.click('vscode-button:has-text("Measure"):not(:has-text("GPU"))');
    const choice = await poll('the reason', async () => {
      const text = await frame.$eval('.gpu-choice', ({ textContent }) => textContent).catch(() => '');
      return text.replace(/\s+/g, ' ').trim() || undefined;
    });
    assert.match(
      choice,
      /^auto stays on the CPU: \S+ \S+ on wasm against \S+ \S+ on (webgpu|webgl2|webasm) \(transfer \S+ \S+ \+ launch \S+ \S+ \+ work \S+ \S+; kernels once \S+ \S+\)\.$/,
    );
    await ui.execute('workbench.action.focusFirstEditorGroup');
  });

  /**
   * Makes the panel's worker take runs and never answer, as a driver that hangs; tells when one has come.
   * @param limit milliseconds that the panel waits instead of its own long time
   */
  const hang = async (limit?: number) => {
    const frame = await ui.webviewFrame('#app .tabs');
    await frame.evaluate((shorter) => {
      const { setTimeout } = window;
      window.setTimeout = ((body: () => void, milliseconds: number) =>
        setTimeout(body, Math.min(milliseconds, shorter ?? milliseconds))) as typeof setTimeout;
      const { postMessage } = Worker.prototype;
      Worker.prototype.postMessage = function (this: Worker, message: { kind?: string }) {
        if (message.kind !== 'run') return postMessage.call(this, message);
        Object.assign(window, { hungRuns: true });
        // The next worker works.
        Worker.prototype.postMessage = postMessage;
        window.setTimeout = setTimeout;
      } as typeof postMessage;
    }, limit);
    return () => poll('a run that hangs', () => frame.evaluate(() => 'hungRuns' in window));
  };

  const onCpu = ({ result, backend, float32, notice }: Product, tangent: number[], reason: RegExp) => {
    assert.equal(backend, 'interpret');
    assert.equal(float32, undefined);
    assert.match(notice?.message ?? '', reason);
    (result as number[]).forEach((value, index) =>
      assert.ok(Math.abs(value - expected(tangent)[index]) < 1e-14, String(value)),
    );
  };

  const onGpu = ({ backend, notice }: Product) => {
    assert.equal(notice, undefined);
    assert.match(backend, /^gpu\.js \w+ \(float32\)$/);
  };

  const toast = (pattern: RegExp) =>
    poll('the notice', async () => (await ui.notifications()).some((text) => pattern.test(text)));

  /** Resolves with a promise of the next work for a product that the panel's worker gives to the device. With `hold`, what the worker says from then on is not heard. */
  const nextWork = async (hold: boolean) => {
    for (const worker of ui.page.workers())
      await worker.evaluate(
        ({ point, silent }) => {
          // What is live of the function has no vector among its inputs.
          let wanted = false;
          self.addEventListener('message', ({ data }: MessageEvent<{ params?: { inputs: unknown[] } }>) => {
            wanted = (data.params?.inputs.length ?? 0) > point;
          });
          for (const [prototype, name] of [
            [GPUQueue.prototype, 'submit'],
            [WebGL2RenderingContext.prototype, 'drawArrays'],
          ] as unknown as [Record<string, (...given: unknown[]) => unknown>, string][]) {
            const native = prototype[name];
            prototype[name] = function (...given) {
              const result = native.apply(this, given);
              if (wanted) new BroadcastChannel('work').postMessage(name);
              if (wanted && silent) self.postMessage = () => undefined;
              return result;
            };
          }
        },
        { point: at.length, silent: hold },
      );
    const frame = await ui.webviewFrame('#app .tabs');
    await frame.evaluate(() => {
      const shared = window as { work?: Promise<unknown> };
      shared.work = new Promise((resolve) => (new BroadcastChannel('work').onmessage = resolve));
    });
    return () => frame.evaluate(async () => void (await (window as { work?: Promise<unknown> }).work));
  };

  const gpuProcess = async (): Promise<number> => {
    const session = await ui.page.context().browser()!.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    await session.detach();
    return processInfo.find(({ type }) => type === 'GPU')!.id;
  };

  /** Ends a product of `long` once the device is at work for it; what the CPU then gives is right. @returns the notice */
  const interrupted = async (command: 'showJvp' | 'showVjp', vector: number[], hold: boolean, end: () => unknown) => {
    const begun = await nextWork(hold);
    let answered = false;
    const running = ui
      .execute(`gradlens.${command}`, { uri: ui.path('long.ts'), functionName: 'long', pointIndex: 0 }, vector)
      .finally(() => (answered = true)) as Promise<Product>;
    await begun();
    assert.ok(!answered, 'the run had ended before it could be interrupted');
    await end();
    const { result, backend, float32, notice } = await running;
    assert.equal(backend, 'interpret');
    assert.equal(float32, undefined);
    const { value, byInputs } = longAt(at);
    const expected =
      command === 'showJvp'
        ? [dot(byInputs, vector), value * vector[0] + at[0] * dot(byInputs, vector)]
        : byInputs.map((each, index) => each * (vector[0] + at[0] * vector[1]) + (index === 0 ? value * vector[1] : 0));
    (result as number[]).forEach((found, index) =>
      assert.ok(Math.abs(found - expected[index]) < 1e-12 * (1 + Math.abs(expected[index])), `${found}`),
    );
    return notice?.message ?? '';
  };

  it('computes on the CPU when the panel is closed in the middle of a run, and opens another for the next', async () => {
    // A machine that is busy closes it later than the run would end.
    const notice = await interrupted('showJvp', [3, 1, 4], true, () =>
      ui.execute('workbench.action.closeEditorsInOtherGroups'),
    );
    assert.match(notice, /^Computed on the CPU: .*closed/);
    await toast(/on the CPU instead of the GPU.*closed/);
    onGpu(await product([3, 1, 4]));
  });

  it('computes on the CPU when the GPU says nothing, and takes another worker for the next', async () => {
    await hang(50);
    onCpu(await product([1, 6, 1]), [1, 6, 1], /^Computed on the CPU: The GPU gave no answer in time/);
    await toast(/on the CPU instead of the GPU.*no answer in time/);
    onGpu(await product([1, 6, 1]));
  });

  it('computes on the CPU when the panel is hidden in the middle of a run', async () => {
    const hung = await hang();
    const running = product([2, 7, 1]);
    await hung();
    await ui.execute('workbench.action.focusSecondEditorGroup');
    await ui.execute('workbench.action.files.newUntitledFile');
    onCpu(await running, [2, 7, 1], /^Computed on the CPU: .*hidden/);
    await ui.execute('workbench.action.closeActiveEditor');
    onGpu(await product([2, 7, 1]));
  });

  it('computes on the CPU when the GPU process is killed in the middle of a run, and has it again for the next', async () => {
    const gpu = await gpuProcess();
    const notice = await interrupted('showVjp', [1, -2], false, () => process.kill(gpu, 'SIGKILL'));
    assert.match(notice, /^Computed on the CPU: The \w+ backend of gpu\.js failed: /);
    await toast(/on the CPU instead of the GPU.*backend of gpu\.js failed/);
    onGpu(await product([1, 0, 2]));
  });
});
