/** The Program tab in a real VS Code: which loops of a function were rolled up, with a link to each. */
import type { Frame } from 'playwright-core';
import { poll, type Workbench, workbench } from './harness';

const source = `/** A sum over a loop. @at [${Array.from({ length: 40 }, (_, index) => (index % 7) / 4 + 0.5).join(', ')}] */
export function waves(x: number[]): number {
  let s = 0;
  for (const v of x) {
    s += Math.sin(v * v);
  }
  return s;
}
`;

describe('the rolled loops in the panel', function () {
  let ui: Workbench;

  const panel = (): Promise<Frame> => ui.webviewFrame('#app .tabs');

  before(async () => {
    ui = await workbench();
    ui.write('loops.ts', source);
    await ui.execute('workbench.action.closeSidebar');
    await ui.openFile('loops.ts', 3);
  });
  after(() => ui.reset());

  it('stand in the Program tab with rounds, operations and line', async () => {
    await ui.waitForLens(/waves/);
    await ui.runCommand('GradLens: Show Gradient');
    await poll('the Program tab', async () => {
      await (await panel()).click('#tab-program', { timeout: 5000 });
      return (await (await panel()).getAttribute('#tab-program', 'aria-selected')) === 'true';
    });
    await poll('the loop', async () => {
      const facts = (await (await panel()).textContent('.program-facts')) ?? '';
      return /(39|40) rounds of 3 operations Line 4/i.test(facts.replace(/\s+/g, ' '));
    });
  });
});
