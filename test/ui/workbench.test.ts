import assert from 'node:assert/strict';
import { poll, type Workbench, workbench } from './harness';

describe('the workbench', () => {
  let ui: Workbench;
  before(async () => {
    ui = await workbench();
  });
  after(() => ui.reset());

  it('opens a file at a line', async () => {
    await ui.openFile('plain.ts', 2);
    await poll('the cursor on line 2', async () =>
      (await ui.page.locator('#status\\.editor\\.selection').textContent())?.includes('Ln 2'),
    );
  });

  it('runs commands of the palette', async () => {
    await ui.runCommand('View: Toggle Primary Side Bar Visibility');
    await ui.runCommand('View: Toggle Primary Side Bar Visibility');
  });

  it('types into the editor', async () => {
    await ui.openFile('plain.ts', 1);
    await ui.typeText('// typed\n');
    await poll('the text', async () => (await ui.page.locator('.view-lines').first().textContent())?.includes('typed'));
  });

  it('switches themes', async () => {
    await ui.setTheme('Default Light Modern');
    await ui.setTheme('Default Dark Modern');
    assert.ok(await ui.page.isVisible('.monaco-workbench.vs-dark'));
  });
});
