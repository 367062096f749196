/** The panel by keyboard only, and what axe-core says of it, in a plain page with a fake host. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type * as Axe from 'axe-core';
import { panelTabs } from '../../src/webview/protocol';
import { poll } from './harness';
import { type FixtureName } from './panel/fixtures';
import { logged, panelPages, zoom } from './panel/reading';
import type { ThemeName } from './panel/themes';

describe('access to the panel’s page', () => {
  const pages = panelPages();

  describe('by keyboard only', () => {
    it('goes through the tabs and chooses a cell', async () => {
      const page = await pages.open({ fixture: 'two-by-three' });
      await page.focus('#tab-matrix');
      for (const tab of [...panelTabs.slice(1), panelTabs[0]]) {
        await page.keyboard.press('ArrowRight');
        await poll(`the tab ${tab}`, async () => (await page.getAttribute(`#tab-${tab}`, 'aria-selected')) === 'true');
        assert.equal(await page.evaluate(() => document.activeElement?.id), `tab-${tab}`);
      }
      await page.focus('.gl-heatmap-marks');
      await page.keyboard.press('Home');
      await page.keyboard.press('Control+Home');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowRight');
      await poll('the chosen cell', async () =>
        (await page.textContent('.readout'))?.includes('∂spherical.y/∂p.theta'),
      );
      await poll(
        'the host’s selection',
        async () => JSON.stringify((await logged(page, 'select')).at(-1)) === '{"row":1,"column":1}',
      );
      await page.keyboard.press('+');
      await poll('a closer view', async () => (await zoom(page)) > 1);
      await page.keyboard.press('0');
      await poll('the fitted view', async () => (await zoom(page)) === 1);
      await page.keyboard.press('Escape');
      await poll(
        'no selection',
        async () => JSON.stringify((await logged(page, 'select')).at(-1)) === '{"row":null,"column":null}',
      );
    });

    it('keeps the focus where a control turns itself off or goes away', async () => {
      const page = await pages.open({ fixture: 'rosenbrock' });
      const focused = () =>
        page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.id);
      await page.click('#tab-inputs');
      await page.focus('input[type=range]');
      await page.keyboard.press('ArrowRight');
      for (const [name, next] of [
        ['Undo', 'Redo'],
        ['Redo', 'Undo'],
      ]) {
        const button = `button[aria-label="${name}"]`;
        await poll(`something to ${name}`, async () => (await page.getAttribute(button, 'aria-disabled')) === null);
        await page.focus(button);
        await page.keyboard.press('Enter');
        await poll(`${name} off`, async () => (await page.getAttribute(button, 'aria-disabled')) === 'true');
        assert.equal(await focused(), name);
        // It does nothing more, and the other one is a step away.
        await page.keyboard.press('Enter');
        await page.keyboard.press(name === 'Undo' ? 'Tab' : 'Shift+Tab');
        assert.equal(await focused(), next);
      }
      await page.focus('vscode-button:has-text("Random")');
      await page.evaluate(() => window.fakeHost.show('matrix-on-demand'));
      await page.click('#tab-matrix');
      await page.evaluate(() => window.fakeHost.hold('matrix'));
      await page.focus('vscode-button:has-text("Compute")');
      await page.keyboard.press('Enter');
      await poll('the computation', () => page.$('vscode-progress-ring'));
      assert.equal(await focused(), 'tab-panel');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      assert.notEqual(await focused(), undefined);
    });

    it('reaches every control by Tab, each with a name', async () => {
      const page = await pages.open({ fixture: 'rosenbrock' });
      await page.click('#tab-inputs');
      await page.waitForSelector('input[type=range]');
      const seen = new Set<string>();
      await page.focus('.link');
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press('Tab');
        const name = await page.evaluate(() => {
          const element = document.activeElement;
          return element === null || element === document.body
            ? ''
            : (element.getAttribute('aria-label') ??
                element.textContent?.trim() ??
                (element as HTMLInputElement).labels?.[0]?.textContent ??
                '');
        });
        seen.add(name);
      }
      for (const name of ['x[0], slider', 'x[0], value', 'Random', 'Write as @at', 'Paste CSV or JSON: x'])
        assert.ok(seen.has(name), `${name} among ${[...seen].join(' | ')}`);
    });
  });

  describe('accessibility', () => {
    const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
    const cases: [FixtureName, ThemeName][] = [
      ['rosenbrock', 'dark'],
      ['two-by-three', 'light'],
      ['network', 'hc-dark'],
      ['rosenbrock', 'hc-light'],
    ];
    for (const [fixture, theme] of cases) {
      it(`axe finds nothing serious: ${fixture}, ${theme}`, async () => {
        const page = await pages.open({ fixture, theme });
        assert.deepEqual(pages.opened().problems, []);
        await page.evaluate(axe);
        for (const tab of panelTabs) {
          await page.click(`#tab-${tab}`);
          if (tab === 'timing') await page.click('vscode-button:has-text("Measure")');
          await poll('what the tab shows', () =>
            page.evaluate(() => document.querySelector('vscode-progress-ring, .progress, .remote.busy') === null),
          );
          const found = await page.evaluate(async () => {
            const { violations } = await (window as unknown as { axe: typeof Axe }).axe.run(document, {
              resultTypes: ['violations'],
            });
            return violations
              .filter(({ impact }) => impact === 'serious' || impact === 'critical')
              .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' ')}`);
          });
          assert.deepEqual(found, [], `${tab} in ${theme}`);
        }
        // axe writes styles of its own, which the policy refuses.
        pages.opened().problems.splice(0);
      });
    }
  });
});
