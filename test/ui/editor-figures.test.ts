/** Figures, not limits: machines differ, and a loaded one says nothing. They are printed, and that there are any is tested. */
import assert from 'node:assert/strict';
import { loadavg } from 'node:os';
import { poll, type Workbench, workbench } from './harness';

const text = `/** @at 1.5 */
export function wave(x: number): number {
  const k = 10;
  const inner = k * x;
  return Math.sin(inner) + x;
}
`;

describe('figures of the editor', () => {
  let ui: Workbench;
  before(async () => {
    ui = await workbench();
    ui.write('figures/figures.ts', text);
    await ui.openFile('figures/figures.ts', 3);
    await ui.waitForLens(/wave = /);
  });
  after(() => ui.reset());

  it('the time from a key to the values on the screen', async () => {
    await poll('the inline values', async () => (await ui.inlineTexts()).includes('= 15'));
    await ui.page.keyboard.press('End');
    await ui.page.keyboard.press('ArrowLeft');
    const times: number[] = [];
    for (let digit = 1; digit <= 9; digit++) {
      await ui.page.keyboard.press('Backspace');
      const started = performance.now();
      await ui.page.keyboard.type(String(digit));
      const wanted = `= ${1.5 * (10 + digit)}`;
      await ui.page.waitForFunction(
        (value) =>
          [...document.querySelectorAll('.view-line span[class*="ced-"]')].some((span) =>
            getComputedStyle(span, '::after').content.replaceAll('\u00a0', ' ').includes(value),
          ),
        wanted,
        { polling: 'raf', timeout: 60_000 },
      );
      times.push(performance.now() - started);
    }
    times.sort((a, b) => a - b);
    const shown = times.map((time) => time.toFixed(0)).join(', ');
    console.log(
      `      key → inline value: median ${times[4]?.toFixed(0)} ms (${shown}; load ${loadavg()[0]?.toFixed(1)})`,
    );
    assert.equal(times.length, 9);
  });

  it('the activation, by VS Code’s own report', async () => {
    await ui.runCommand('Developer: Show Running Extensions');
    const report = await poll('the report', async () => {
      const rows = await ui.page.locator('.runtime-extensions-editor .monaco-list-row').allTextContents();
      return rows.find((row) => /gradlens/i.test(row) && /Activation.*?\d+ms/.test(row));
    });
    console.log(`      activation: ${/Activation[^.]*?\d+ms/.exec(report)?.[0]}`);
    assert.match(report, /\d+ms/);
  });
});
