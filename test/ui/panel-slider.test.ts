/** How many live results a second a dragged slider has, through runner, extension host and webview. A figure: machines differ. */
import assert from 'node:assert/strict';
import { loadavg } from 'node:os';
import type { Frame } from 'playwright-core';
import { poll, type Workbench, workbench } from './harness';

const other = `/** @at 1 */
export function other(x: number): number {
  return x * x;
}
`;

const source = `/** @at 0.5 */
export function work(x: number): number {
  let y = x;
  for (let i = 0; i < 5000; i++) y = y + 0.001 * x;
  return y;
}
`;

describe('a slider of the panel in VS Code', () => {
  let ui: Workbench;
  const panel = (): Promise<Frame> => ui.webviewFrame('#app');

  before(async () => {
    ui = await workbench();
    ui.write('slider/other.ts', other);
    ui.write('slider/work.ts', source);
    await ui.openFile('slider/other.ts', 3);
  });
  after(() => ui.reset());

  it('belongs to the function at the cursor, of a file just opened too', async () => {
    await ui.waitForLens(/other = 1 /);
    // By the command: a lens may be drawn anew under the pointer.
    await ui.runCommand('GradLens: Show Gradient');
    await poll('the panel', async () => (await (await panel()).textContent('h1'))?.includes('other'));
    await ui.execute('workbench.action.focusFirstEditorGroup');
    await ui.openFile('slider/work.ts', 3);
    await poll('the other function', async () => (await (await panel()).textContent('h1'))?.includes('work'));
  });

  it('has live results of 10⁴ operations (figure)', async () => {
    await poll('the slider', async () => {
      await (await panel()).click('#tab-inputs', { timeout: 5000 });
      return (await panel()).$('input[type=range]');
    });
    const { results, operations, busy } = await (
      await panel()
    ).evaluate(async () => {
      let results = 0;
      let operations = 0;
      let busy = 0;
      type Message = MessageEvent<{
        payload?: { kind?: string; inspection?: { operations: number; timing: { total: number } } };
      }>;
      window.addEventListener('message', ({ data }: Message) => {
        if (data.payload?.kind !== 'ready') return;
        results++;
        operations = data.payload.inspection?.operations ?? 0;
        busy += data.payload.inspection?.timing.total ?? 0;
      });
      const range = document.querySelector<HTMLInputElement>('input[type=range]')!;
      const [low, high] = [Number(range.min), Number(range.max)];
      for (const end = performance.now() + 3000; performance.now() < end;) {
        const share = 0.5 + 0.4 * Math.sin(performance.now() / 300);
        range.value = String(low + share * (high - low));
        range.dispatchEvent(new Event('input', { bubbles: true }));
        await new Promise((resolve) => setTimeout(resolve, 8));
      }
      range.dispatchEvent(new Event('change', { bubbles: true }));
      return { results, operations, busy };
    });
    console.log(
      `      slider: ${(results / 3).toFixed(1)} results a second of ${operations} operations, the runner busy for ${(busy / 30).toFixed(0)} % of the time (load ${loadavg()[0]?.toFixed(1)})`,
    );
    assert.ok(results >= 2 && operations >= 1e4, `${results} results of ${operations} operations`);
    await (await panel()).click('#tab-matrix');
  });
});
