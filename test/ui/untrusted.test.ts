import assert from 'node:assert/strict';
import { openWorkbench, poll, type Workbench } from './harness';

describe('an untrusted workspace', () => {
  let ui: Workbench;
  before(async () => {
    ui = await openWorkbench({ trusted: false });
    await ui.openFile('plain.ts');
  });
  after(() => ui.close());

  it('runs nothing, and the lens says why', async () => {
    await poll('restricted mode', () => ui.page.isVisible('[id="status.workspaceTrust"]'));
    await ui.waitForLens(/trust/i);
  });

  it('shows values once it is trusted', async () => {
    await ui.page.click('[id="status.workspaceTrust"]');
    await poll('the trust', async () => {
      await ui.page.locator('.workspace-trust-editor a.monaco-button', { hasText: /^Trust$/ }).click({ timeout: 5000 });
      return true;
    });
    await poll('the end of restricted mode', async () => !(await ui.page.isVisible('[id="status.workspaceTrust"]')));
    await ui.openFile('plain.ts');
    const lens = await poll('a lens', async () => (await ui.lenses()).find((text) => !/trust/i.test(text)));
    assert.ok(lens.length > 0);
  });
});
