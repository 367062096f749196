import { poll, type Workbench, workbench } from './harness';

const text = `/** @at [3, 4] */
export function energy(x: number[]): number {
  const kinetic = x[0] ** 2;
  return kinetic * x[1];
}

/**
 * @at [3, 4]
 * @gradientOf energy
 */
export function energyGradient(x: number[]): number[] {
  return [2 * x[0] * x[1], x[0]];
}

/** @at -4 */
export function root(x: number): number {
  const shifted = x + 1;
  return Math.sqrt(shifted);
}

/**
 * @at 2
 * @at 3
 */
export function cube(x: number): number {
  return x ** 3;
}
`;

const endless = `export function endless(x: number): number {
  for (let i = 0; i >= 0; i++) x = Math.sin(x);
  return x;
}

/** @at 3 */
export function square(x: number): number {
  return x * x;
}
`;

describe('surfaces around the editor', () => {
  let ui: Workbench;
  before(async () => {
    ui = await workbench();
    ui.write('surfaces/surfaces.ts', text);
    await ui.openFile('surfaces/surfaces.ts', 3);
    await ui.waitForLens(/energy = 36/);
  });
  after(async () => {
    await ui.changeSetting('gradlens.live.enabled', undefined);
    await ui.execute('workbench.view.explorer');
    await ui.execute('workbench.action.closePanel');
    await ui.execute('notifications.clearAll');
    await ui.reset();
  });

  it('squiggles say what is wrong, with a link', async () => {
    await ui.waitForLens(/energyGradient = .*Check ✗/);
    await poll('squiggles', async () => (await ui.page.locator('.squiggly-error').count()) > 0);
    await poll('the hover of a problem', async () => {
      await ui.page.keyboard.press('Escape');
      await ui.openFile('surfaces/surfaces.ts', 18);
      await ui.execute('editor.action.marker.next');
      return (await ui.page.locator('.marker-widget').count()) > 0;
    });
    await ui.screenshot('editor-problem');
    await ui.page.keyboard.press('Escape');
  });

  it('the view lists functions and points with their values', async () => {
    await ui.execute('gradlens.functions.focus');
    // Files, functions and points come one level after the other.
    await poll('the rows of the view', async () => {
      const all = await ui.page.locator('.pane-body .monaco-list-row').allTextContents();
      return [/surfaces\.ts/, /energy.*36.*‖∇‖/, /2.*8.*‖∇‖ 12/].every((row) => all.some((text) => row.test(text)));
    });
    await poll('the verdict in the view', async () =>
      (await ui.page.locator('.pane-body .monaco-list-row').allTextContents()).some((row) =>
        /energyGradient.*✗/.test(row),
      ),
    );
    await ui.screenshot('editor-view');
  });

  it('checks are tests', async () => {
    await ui.execute('workbench.view.testing.focus');
    await poll('the test', async () => {
      await ui.execute('testing.refreshTests');
      const rows = await ui.page.locator('.test-explorer .monaco-list-row').allTextContents();
      return rows.some((row) => /surfaces\.ts|GradLens/.test(row));
    });
    await ui.execute('testing.runAll');
    await poll('the failed test', async () => {
      const label = await ui.page.locator('.test-explorer').textContent();
      return label !== null && /0\/1|1 failed|failed/i.test(label);
    });
    await ui.screenshot('editor-tests');
    await ui.execute('workbench.view.explorer');
    await ui.execute('workbench.action.closePanel');
  });

  it('the palette runs commands on the function at the cursor', async () => {
    await ui.openFile('surfaces/surfaces.ts', 3);
    await ui.runCommand('GradLens: Copy Derivative as NumPy');
    await poll('the clipboard', async () => {
      const copied = await ui.page.evaluate(() => navigator.clipboard.readText());
      return copied === 'np.array([24.0, 9.0])';
    });
  });

  it('the palette asks for a vector, refuses a wrong one and shows the product', async () => {
    await ui.openFile('surfaces/surfaces.ts', 3);
    await ui.runCommand('GradLens: Multiply Hessian by Vector (HVP)');
    const input = ui.page.locator('.quick-input-widget:not([style*="display: none"]) input');
    await poll('the question', async () => (await input.inputValue()) === '[1, 0]');
    await input.fill('1, x');
    await poll('the refusal', async () =>
      /not a number/.test((await ui.page.locator('.quick-input-message').textContent()) ?? ''),
    );
    await ui.screenshot('editor-hvp');
    await input.fill('1, 0');
    await ui.page.keyboard.press('Enter');
    await poll('the product', async () =>
      (await ui.notifications()).some((each) => /HVP energy = \[8, 6\]/.test(each)),
    );
    await ui.execute('notifications.clearAll');
  });

  it('a command that does not end is stopped by its notification, and the next one works', async () => {
    ui.write('surfaces/endless.ts', endless);
    await ui.openFile('surfaces/endless.ts', 2);
    await ui.waitForLens(/endless: took too long/);
    await ui.runCommand('GradLens: Check Derivatives');
    await poll('the button', async () => {
      await ui.page
        .locator('.notifications-toasts .monaco-button', { hasText: 'Cancel' })
        .first()
        .click({ timeout: 5000 });
      return true;
    });
    await poll('the end of the notification', async () =>
      (await ui.notifications()).every((each) => !/checking/.test(each)),
    );
    await ui.openFile('surfaces/endless.ts', 8);
    await ui.runCommand('GradLens: Check Derivatives');
    await ui.waitForLens(/square = .*Check ✓/);
  });

  it('everything goes off at once and says so', async () => {
    await ui.openFile('surfaces/surfaces.ts', 3);
    const status = ui.page.locator('[id="gradlens.gradlens.gradlens.status"]');
    await ui.runCommand('GradLens: Toggle Live Derivatives');
    await poll('no lens', async () => !(await ui.lenses()).some((lens) => /energy/.test(lens)));
    await poll('no inline value', async () => (await ui.inlineTexts()).length === 0);
    await poll('the status', async () => /∂ off/.test((await status.textContent()) ?? ''));
    await ui.runCommand('GradLens: Toggle Live Derivatives');
    await ui.waitForLens(/energy = 36/);
  });

  it('the walkthrough opens', async () => {
    await ui.runCommand('GradLens: Open Walkthrough');
    await poll('the walkthrough', async () =>
      /Derivatives where the maths is written/.test(
        (await ui.page.locator('.gettingStartedContainer').textContent()) ?? '',
      ),
    );
    await ui.screenshot('editor-walkthrough');
  });
});
