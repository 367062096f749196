/** A workspace of two folders, each with settings of its own and a function of the same name. */
import assert from 'node:assert/strict';
import { openWorkbench, poll, type Workbench } from './harness';

const source = (factor: string) => `/** @at 2 */
export function scale(x: number): number {
  const scaled = ${factor} * x;
  return Math.sqrt(scaled - ${factor} * 3);
}

/** @at 2 */
export function third(x: number): number {
  return x / 3;
}
`;

describe('a workspace of two folders', () => {
  let ui: Workbench;

  before(async () => {
    ui = await openWorkbench({
      workspaceFile: { name: 'both.code-workspace', content: { folders: [{ path: 'alpha' }, { path: 'beta' }] } },
      prepare: (write) => {
        write('alpha/scale.ts', source('1'));
        write('beta/scale.ts', source('10'));
        write('alpha/.vscode/settings.json', JSON.stringify({ 'gradlens.numbers.digits': 3 }));
        write(
          'beta/.vscode/settings.json',
          JSON.stringify({
            'gradlens.numbers.digits': 6,
            'gradlens.diagnostics.nan-born': 'off',
            'gradlens.inlineValues.enabled': false,
          }),
        );
      },
    });
  });
  after(() => ui.close());

  const openIn = (folder: string) => ui.openFile(`${folder}/scale.ts`, 4);
  const squiggles = () => ui.page.locator('.squiggly-error').count();

  it('shows each folder’s functions with its settings', async () => {
    await openIn('alpha');
    await ui.waitForLens(/third = 0\.667\b/);
    await poll('inline values', async () => (await ui.inlineTexts()).some((text) => text.includes('= 2')));
    await poll('the squiggle under the root', async () => (await squiggles()) === 1);
    await openIn('beta');
    await ui.waitForLens(/third = 0\.666667\b/);
    await poll('no inline values', async () => (await ui.inlineTexts()).length === 0);
    await poll('no squiggle', async () => (await squiggles()) === 0);
  });

  it('groups the view by folder', async () => {
    await ui.execute('gradlens.functions.focus');
    const rows = await poll('the rows', async () => {
      const all = await ui.page.locator('.pane-body .monaco-list-row').allTextContents();
      return all.filter((row) => /third/.test(row)).length === 2 ? all : undefined;
    });
    const names = rows.map((row) => row.replace(/\u00a0/g, ' '));
    const at = (text: RegExp, from = 0) => names.findIndex((row, index) => index >= from && text.test(row));
    const [alpha, beta] = [at(/^alpha/), at(/^beta/)];
    assert.ok(alpha >= 0 && alpha < beta, names.join(' | '));
    const [first, second] = [at(/^third/), at(/^third/, beta)];
    assert.ok(alpha < first && first < beta && beta < second, names.join(' | '));
    assert.match(names[first] ?? '', /0\.667\b/);
    assert.match(names[second] ?? '', /0\.666667\b/);
    await ui.screenshot('folders');
  });

  it('a setting of one folder leaves the other alone', async () => {
    ui.write('beta/.vscode/settings.json', JSON.stringify({ 'gradlens.live.enabled': false }));
    await poll('no lenses in beta', async () => (await ui.lenses()).length === 0);
    await openIn('alpha');
    await ui.waitForLens(/third = 0\.667\b/);
    ui.write('beta/.vscode/settings.json', JSON.stringify({ 'gradlens.numbers.digits': 2 }));
    await openIn('beta');
    await ui.waitForLens(/third = 0\.67\b/);
  });
});
