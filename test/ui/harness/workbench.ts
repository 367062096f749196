/**
 * VS Code as a user sees it: what UI tests look at and do. Every method waits for what it needs, and `poll` (exported by
 * ../harness) is for everything that is not here.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Frame, Page } from 'playwright-core';
import type { Driver } from '../../harness/driver';
import { poll } from '../../harness/poll';
import { root } from '../../harness/vscode';
import { openWindow, results, type Window, type WindowOptions } from './window';

const quickInput = '.quick-input-widget:not([style*="display: none"])';

export class Workbench {
  private constructor(readonly window: Window) {}

  /** Opens a window of its own. Close it in `after`. */
  static async open(options: WindowOptions = {}): Promise<Workbench> {
    return new Workbench(await openWindow(options));
  }

  get page(): Page {
    return this.window.page;
  }

  /** Absolute path of a file in the opened folder, a copy that tests may change. */
  path(name: string): string {
    return join(this.window.folder, name);
  }

  /** Writes a file of the opened folder. */
  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** Opens a file of the folder in an editor, with the cursor on `line` (1-based) if given. */
  async openFile(name: string, line?: number): Promise<void> {
    const folders = name.split('/');
    const base = folders.pop() ?? name;
    const tab = `.tab.active[data-resource-name="${base}"]`;
    await poll(`the editor of ${name}`, async () => {
      await this.pick('', this.path(name) + (line === undefined ? '' : `:${line}`), base);
      await this.page.waitForSelector(tab, { timeout: 10_000 });
      // Another folder's file of the same name may stand there, or have come first in the list.
      const path = '.editor-group-container.active .breadcrumbs-control';
      for (const folder of folders) await this.page.waitForSelector(`${path}:has-text("${folder}")`, { timeout: 5000 });
      return this.page.waitForSelector('.editor-group-container.active .monaco-editor .view-line', { timeout: 10_000 });
    });
    await this.page
      .locator(
        '.editor-group-container.active .monaco-editor textarea, .editor-group-container.active .native-edit-context',
      )
      .first()
      .focus();
  }

  /** Runs a command of the palette by its title, `GradLens: Show Panel` say. */
  async runCommand(title: string): Promise<void> {
    await poll(`the command ${title}`, async () => {
      await this.pick('>', `>${title}`, title);
      return true;
    });
  }

  /** Opens the quick input, types `query`, and accepts the first row once its label contains `label`. */
  private async pick(prefix: string, query: string, label: string): Promise<void> {
    await this.page.keyboard.press('Escape');
    await this.page.keyboard.press(prefix === '>' ? 'F1' : 'Control+P');
    const input = this.page.locator(`${quickInput} .quick-input-filter input`);
    await input.waitFor({ timeout: 10_000 });
    await input.fill(query);
    const row = this.page.locator(`${quickInput} .monaco-list-row[data-index="0"]`);
    await poll(
      `${label} in the quick input`,
      async () => (await row.textContent({ timeout: 5000 }))?.includes(label),
      10_000,
    );
    await input.press('Enter');
  }

  /** The texts of the lens rows in sight, from top to bottom. */
  lenses(): Promise<string[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('.codelens-decoration')]
        .filter((row) => row.getClientRects().length > 0)
        .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
        .map((row) => (row.textContent ?? '').replaceAll('\u00a0', ' ')),
    );
  }

  /** Waits for a lens row that matches, and returns its text. */
  waitForLens(pattern: RegExp): Promise<string> {
    return poll(`a lens like ${pattern}`, async () => (await this.lenses()).find((text) => pattern.test(text)));
  }

  /**
   * Opens the panel by the first lens whose text matches. A row that is drawn anew between the button's down and up loses the click,
   * under a hand as here: then it is clicked again.
   */
  async openPanelByLens(pattern: RegExp): Promise<void> {
    await poll(`the panel that a lens like ${pattern} opens`, async () => {
      await this.page.locator('.codelens-decoration a', { hasText: pattern }).first().click({ timeout: 5000 });
      return poll('a webview', () => this.page.isVisible('iframe.webview.ready'), 5000);
    });
  }

  /** What stands behind the text of the visible lines (inline values), from top to bottom. */
  inlineTexts(): Promise<string[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('.view-line span[class*="ced-"]')]
        .map((span) => ({ top: span.getBoundingClientRect().top, text: getComputedStyle(span, '::after').content }))
        .filter(({ text }) => text !== 'none' && text !== 'normal' && text !== '""')
        .sort((a, b) => a.top - b.top)
        .map(({ text }) => text.replace(/^"|"$/g, '').replaceAll('\u00a0', ' ')),
    );
  }

  /** The document inside a visible webview; with a selector, the one that contains such an element. */
  webviewFrame(selector = 'body'): Promise<Frame> {
    return poll(`a webview with ${selector}`, async () => {
      for (const outer of await this.page.$$('iframe.webview.ready')) {
        if (!(await outer.isVisible())) continue;
        const active = await (await outer.contentFrame())?.$('#active-frame');
        const frame = await active?.contentFrame();
        if (frame && (await frame.$(selector)) !== null) return frame;
      }
      return undefined;
    });
  }

  /** Types into whatever has the focus, as a user would. */
  typeText(text: string): Promise<void> {
    return this.page.keyboard.type(text, { delay: 10 });
  }

  /** Toasts in sight. */
  notifications(): Promise<string[]> {
    return this.page.locator('.notification-list-item-message').allTextContents();
  }

  /** Executes a command by its identifier, in the extension host. Its result comes back if JSON can carry it. */
  execute(command: string, ...args: unknown[]): Promise<unknown> {
    return this.driver.execute(command, ...args);
  }

  /** Changes a user setting while VS Code runs; undefined takes it out again. */
  changeSetting(key: string, value: unknown): Promise<void> {
    return this.driver.configure(key, value);
  }

  private get driver(): Driver {
    if (this.window.driver === undefined) throw new Error('A window with an installed VSIX has no driver.');
    return this.window.driver;
  }

  /** Switches to a colour theme: 'Default Dark Modern', 'Default Light Modern', 'Default High Contrast', … */
  async setTheme(name: string): Promise<void> {
    const kind = /high contrast light/i.test(name)
      ? 'hc-light'
      : /high contrast/i.test(name)
        ? 'hc-black'
        : /light/i.test(name)
          ? 'vs'
          : 'vs-dark';
    await this.changeSetting('workbench.colorTheme', name);
    await this.page.waitForSelector(`.monaco-workbench.${kind}`, { state: 'attached' });
  }

  /** Keeps a picture under test-results/ui; with GRADLENS_MEDIA set, those called `screenshots/…` under media/ instead. */
  async screenshot(name: string): Promise<void> {
    const documented = process.env.GRADLENS_MEDIA !== undefined && name.startsWith('screenshots/');
    const folder = documented ? join(root, 'media') : results;
    // Text and controls of a webview may be drawn some frames after its canvases.
    if (folder !== results) await this.page.waitForTimeout(1000);
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  /** Closes every editor without saving: the state in which a suite finds and should leave the window. */
  async reset(): Promise<void> {
    await this.page.keyboard.press('Escape');
    await poll('all editors to close', async () => {
      if ((await this.page.locator('.tabs-container .tab').count()) === 0) return true;
      await this.execute('workbench.action.revertAndCloseActiveEditor');
      return false;
    });
  }

  async close(): Promise<void> {
    await this.window.context.close();
    this.window.driver?.close();
    await this.window.server.stop();
  }
}
