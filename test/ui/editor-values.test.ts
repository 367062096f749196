import assert from 'node:assert/strict';
import { poll, type Workbench, workbench } from './harness';

const text = `/**
 * Rosenbrock's valley and a spring between two points.
 * @at [-1.2, 1, 0.5]
 */
export function rosenbrock(x: number[]): number {
  let sum = 0;
  for (let i = 0; i < x.length - 1; i++) {
    const slope = 1 - x[i];
    const valley = x[i + 1] - x[i] ** 2;
    sum += slope ** 2 + 100 * valley ** 2;
  }
  return sum;
}

/** @at 2, 0.7 */
export function polar(r: number, phi: number): number[] {
  const x = r * Math.cos(phi);
  const y = r * Math.sin(phi);
  return [x, y];
}

/**
 * @at [2, 3]
 * @gradientOf energy
 */
export function energyGradient(x: number[]): number[] {
  return [2 * x[0], 2 * x[1]];
}

/** @at [2, 3] */
export function energy(x: number[]): number {
  const kinetic = x[0] ** 2;
  const potential = 2 * x[1] ** 2;
  return kinetic + potential;
}
`;

/** Value and adjoint behind each visible line, from top to bottom. */
async function inlineValues(ui: Workbench): Promise<string[]> {
  return ui.page.evaluate(() => {
    const parts: { top: number; left: number; text: string }[] = [];
    for (const span of document.querySelectorAll('.view-line span[class*="ced-"]')) {
      const { content } = getComputedStyle(span, '::after');
      if (content === 'none' || content === 'normal' || content === '""') continue;
      const { top, left } = span.getBoundingClientRect();
      parts.push({ top, left, text: content.replace(/^"|"$/g, '').replaceAll('\u00a0', ' ') });
    }
    const lines = new Map<number, string[]>();
    for (const { top, text } of parts.sort((a, b) => a.top - b.top || a.left - b.left)) {
      lines.set(top, [...(lines.get(top) ?? []), text]);
    }
    return [...lines.values()].map((line) => line.join(' '));
  });
}

/** Waits until the hover has faded in, so that the picture shows it. */
async function settled(ui: Workbench): Promise<void> {
  await poll('the hover to be opaque', () =>
    ui.page.evaluate(() =>
      [...document.querySelectorAll('.monaco-hover')].some(
        (hover) => hover.getClientRects().length > 0 && getComputedStyle(hover).opacity === '1',
      ),
    ),
  );
}

describe('values in the editor', () => {
  let ui: Workbench;
  before(async () => {
    ui = await workbench();
    ui.write('editor/values.ts', text);
    await ui.execute('workbench.action.closeSidebar');
    await ui.openFile('editor/values.ts', 14);
  });
  after(async () => {
    await ui.setTheme('Default Dark Modern');
    await ui.reset();
  });

  it('stand in lenses above the functions and at the ends of their lines', async () => {
    await ui.waitForLens(/rosenbrock = 49\.2 · ∇ 3/);
    await ui.waitForLens(/polar = \[1\.53, 1\.288\] · 2×2/);
    const values = await poll('the inline values', async () => {
      const all = await inlineValues(ui);
      return all.some((line) => /^= .* ∂ .*×2$/.test(line)) ? all : undefined;
    });
    assert.ok(values.length >= 7, values.join('\n'));
  });

  for (const [theme, name] of [
    ['Default Dark Modern', 'dark'],
    ['Default Light Modern', 'light'],
    ['Default High Contrast', 'high-contrast'],
    ['Default High Contrast Light', 'high-contrast-light'],
  ] as const) {
    it(`are readable in ${theme}`, async () => {
      await ui.setTheme(theme);
      await poll('the inline values', async () => (await inlineValues(ui)).length >= 7);
      await ui.screenshot(`editor-${name}`);
    });
  }

  it('follow the keys', async () => {
    await ui.setTheme('Default Dark Modern');
    await ui.openFile('editor/values.ts', 10);
    await ui.page.keyboard.press('End');
    for (let back = 0; back < ' * valley ** 2;'.length; back++) await ui.page.keyboard.press('ArrowLeft');
    await ui.typeText('0');
    await ui.waitForLens(/rosenbrock = 448\.4 · ∇ 3/);
    await ui.page.keyboard.press('Backspace');
    await ui.waitForLens(/rosenbrock = 49\.2 · ∇ 3/);
  });

  it('explain themselves in a hover', async () => {
    await ui.openFile('editor/values.ts', 9);
    await ui.page.keyboard.press('End');
    await poll('the hover', async () => {
      await ui.runCommand('Show or Focus Hover');
      const hover = await ui.page.locator('.monaco-hover:visible').allTextContents();
      return hover.some((each) => /iterations/.test(each));
    });
    await settled(ui);
    await ui.screenshot('editor-hover-line');
    await ui.page.keyboard.press('Escape');
    await ui.openFile('editor/values.ts', 5);
    await poll('the hover of the function', async () => {
      await ui.page.keyboard.press('Escape');
      const name = ui.page
        .locator('.view-line', { hasText: 'function rosenbrock' })
        .getByText('rosenbrock', { exact: true });
      await name.first().hover({ timeout: 5000 });
      await ui.page.locator('.monaco-hover:visible', { hasText: '‖∇f‖' }).first().waitFor({ timeout: 3000 });
      return true;
    });
    await settled(ui);
    await ui.screenshot('screenshots/editor-hover');
  });

  it('are explained by the status bar', async () => {
    const status = await poll('the status item', async () =>
      ui.page.locator('[id="gradlens.gradlens.gradlens.status"]').textContent(),
    );
    assert.match(status, /∂/);
  });
});
