/** The panel in a real VS Code: opened by a lens, live with the editor, linked to its lines, back after a reload. */
import assert from 'node:assert/strict';
import type { Frame } from 'playwright-core';
import type { ChartElement } from '../../src/webview/charts/chartElement';
import { divergingTable } from '../../src/webview/heatmap/colorMaps';
import { createScale, encodeValue, measureMagnitudes } from '../../src/webview/heatmap/colorScale';
import type { HeatmapElement } from '../../src/webview/heatmap/heatmapElement';
import { poll, type Workbench, workbench } from './harness';

const source = `/** Rosenbrock's valley. @at [-1.2, 1] */
export function rosenbrock(x: number[]): number {
  const a = 1 - x[0];
  const b = x[1] - x[0] * x[0];
  return a * a + 100 * b * b;
}

/** Polar coordinates. @at 2, 0.5 */
export function polar(r: number, angle: number): { x: number; y: number } {
  const x = r * Math.cos(angle);
  const y = r * Math.sin(angle);
  return { x, y };
}

const grid = Array.from({ length: 24 }, (_, i) => Math.sin(i / 2) + i / 5);

/** Each value smoothed by all of them. @at grid */
export function smooth(x: number[]): number[] {
  return x.map((here) => {
    let sum = 0;
    for (const there of x) sum += Math.exp(-((here - there) ** 2)) * Math.sin(there);
    return sum;
  });
}
`;

/** How often the panel is hidden and shown. */
const ROUNDS = Number(process.env.GRADLENS_ROUNDS ?? 1);

const gradient = [-215.59999999999997, -87.99999999999999];

describe('the panel in VS Code', function () {
  let ui: Workbench;

  const panel = (): Promise<Frame> => ui.webviewFrame('#app .tabs');
  const text = async (selector: string) => (await (await panel()).textContent(selector)) ?? '';

  before(async () => {
    ui = await workbench();
    ui.write('panel.ts', source);
    await ui.execute('workbench.action.closeSidebar');
    await ui.openFile('panel.ts', 3);
  });
  after(() => ui.reset());

  it('opens beside the editor by a lens, with the gradient', async () => {
    await ui.waitForLens(/rosenbrock/);
    await ui.openPanelByLens(/∇|Gradient/);
    await poll('the value', async () => (await text('.result')).includes('24.2'));
    assert.match(await text('h1'), /rosenbrock/);
    await ui.screenshot('screenshots/panel-gradient');
  });

  /** What the page gives, evaluated in the panel's frame; undefined while the frame is being replaced. */
  const read = <T, A>(probe: (argument: A) => T, argument: A): Promise<T | undefined> =>
    panel()
      .then((frame) => frame.evaluate(probe as (argument: unknown) => T, argument as unknown))
      .catch(() => undefined);

  const openTab = async (tab: string) => {
    await poll(`the tab ${tab}`, async () => {
      await (await panel()).click(`#tab-${tab}`, { timeout: 5000 });
      return (await (await panel()).getAttribute(`#tab-${tab}`, 'aria-selected')) === 'true';
    });
  };

  it('paints known cells in the colour map’s colours', async () => {
    const shown = await poll('painted cells', () =>
      read(() => {
        const heatmap = document.querySelector<HeatmapElement>('gl-heatmap');
        const cells = document.querySelector<HTMLCanvasElement>('.gl-heatmap-cells');
        if (heatmap === null || cells === null) return undefined;
        const ratio = cells.width / heatmap.clientWidth;
        const colors = [0, 1].map((column) => {
          const box = heatmap.cellRectangle(0, column)!;
          const { data } = cells
            .getContext('2d')!
            .getImageData(Math.round((box.x + 4) * ratio), Math.round((box.y + 4) * ratio), 1, 1);
          return [data[0], data[1], data[2]];
        });
        return {
          colors,
          background: getComputedStyle(document.documentElement).getPropertyValue('--vscode-editor-background').trim(),
        };
      }, null),
    );
    const background = [1, 3, 5].map((at) => Number.parseInt(shown.background.slice(at, at + 2), 16)) as [
      number,
      number,
      number,
    ];
    const table = divergingTable('RdBu', 'dark', background);
    const scale = createScale('linear', measureMagnitudes(gradient));
    assert.deepEqual(
      shown.colors,
      gradient.map((value) => [...table[encodeValue(value, scale)]]),
    );
  });

  /** Moves the mouse over a cell and gives the readout. */
  async function readoutAt(row: number, column: number): Promise<string> {
    const frame = await panel();
    const canvas = await frame.waitForSelector('.gl-heatmap-marks');
    const cell = await frame.evaluate(
      ([r, c]) => document.querySelector<HeatmapElement>('gl-heatmap')!.cellRectangle(r, c)!,
      [row, column],
    );
    await canvas.hover({ position: { x: cell.x + cell.width / 2, y: cell.y + cell.height / 2 } });
    return (await text('.readout')).replace(/\s+/g, ' ').trim();
  }

  it('says exactly what is under the pointer', async () => {
    await poll('the readout', async () => (await readoutAt(0, 0)) === '∂rosenbrock/∂x[0] = −215.6');
    await poll('the readout', async () => (await readoutAt(0, 1)) === '∂rosenbrock/∂x[1] = −88');
  });

  it('shows the Hessian, the summary, the program and a slice', async () => {
    await poll('the Hessian', async () => {
      await (await panel()).check('input[value="hessian"]', { timeout: 5000 });
      return (await readoutAt(0, 1)).includes('∂²rosenbrock/∂x[0]∂x[1] = 480');
    });
    await (await panel()).check('input[value="derivative"]');
    await openTab('table');
    await poll('the entries', async () => (await text('#matrix-entries')).includes('−215.6'));
    await openTab('program');
    await poll('the program', async () => (await text('.program-scroller')).includes('mul'));
    await openTab('slices');
    await poll('the curve', () =>
      read(() => document.querySelector<ChartElement>('#slice-chart')?.instance?.data.datasets.length === 4, null),
    );
  });

  it('moves lens, inline values, value and gradient together with a slider', async () => {
    await openTab('inputs');
    const frame = await panel();
    await frame.waitForSelector('input[type=range]');
    // By its keys: a mouse would depend on the width of the window.
    await frame.focus('input[type=range]');
    for (let i = 0; i < 5; i++) await frame.press('input[type=range] >> nth=0', 'ArrowRight');
    const value = await poll('a new value', async () => {
      const shown = await text('.result');
      return shown !== '24.2' && shown !== '' ? shown : undefined;
    });
    const x = await poll('the slider', () =>
      read(() => Number(document.querySelector<HTMLInputElement>('input[type=range]')?.value) || undefined, null),
    );
    const expected = (1 - x) ** 2 + 100 * (1 - x * x) ** 2;
    await poll(
      'the value of the point',
      async () =>
        Math.abs(
          Number(
            (await read(() => document.querySelector('.result')?.getAttribute('title') ?? '', null))?.replace('−', '-'),
          ) - expected,
        ) <
        1e-9 * expected,
    );
    assert.notEqual(value, '24.2');
    const lens = String(Number(expected.toPrecision(4)));
    await poll(`the lens with ${lens}`, async () =>
      (await ui.lenses()).some((line) => line.includes('rosenbrock') && line.includes(lens)),
    );
    const inline = String(Number((1 - x).toPrecision(4)));
    await poll(`the inline value ${inline}`, async () =>
      (await ui.inlineTexts()).some((line) => line.includes(`= ${inline}`)),
    );
    await openTab('matrix');
    const slope = -2 * (1 - x) - 400 * x * (1 - x * x);
    await poll(
      'the gradient',
      async () =>
        Math.abs(Number((await readoutAt(0, 0)).split('= ')[1]?.replace('−', '-')) - slope) < 1e-4 * Math.abs(slope),
    );
    // Into the file and out of it again.
    await openTab('inputs');
    await (await panel()).click('vscode-button:has-text("Write as @at")');
    const tag = async () => (await ui.page.locator('.view-line', { hasText: '@at [' }).first().textContent()) ?? '';
    await poll('the tag', async () => (await tag()).replaceAll('\u00a0', ' ').includes(`@at [${x}, 1]`));
    await ui.execute('workbench.action.focusFirstEditorGroup');
    await ui.page.keyboard.press('Control+Z');
    await poll('the tag as it was', async () => (await tag()).includes('[-1.2'));
    await (await panel()).click('vscode-button:has-text("Reset")');
    await poll('the file’s point', async () => (await text('.result')) === '24.2');
  });

  it('checks the derivative: a slope of two in the Taylor plot', async () => {
    await openTab('checks');
    const verdict = await poll('a verdict', async () => (await text('.verdict-text')) || undefined);
    assert.match(verdict, /right/);
    await ui.waitForLens(/rosenbrock = 24\.2 /);
    await ui.screenshot('screenshots/panel-checks');
    const slope = await poll('the slope', () =>
      read(() => /slope (\d+\.?\d*)/.exec(document.querySelector('#tab-panel')?.textContent ?? '')?.[1], null),
    );
    assert.ok(Math.abs(Number(slope) - 2) < 0.1, slope);
  });

  it('measures every strategy, one bar each, within its time', async () => {
    await openTab('timing');
    await (await panel()).check('.segmented input[value="short"]');
    await (await panel()).click('vscode-button:has-text("Measure")');
    const groups = await poll('the measurements', () =>
      read(() => {
        if (document.querySelector('.advice') === null) return undefined;
        const entries = [...document.querySelectorAll<ChartElement>('gl-chart.timing-chart')].map((chart) => {
          const { labels, datasets } = chart.instance!.data;
          return [
            chart.dataset.group ?? '',
            {
              labels: (labels ?? []) as string[],
              data: datasets[0].data as unknown as { x: number; xMin: number; xMax: number }[],
            },
          ] as const;
        });
        return Object.fromEntries(entries);
      }, null),
    );
    await ui.screenshot('screenshots/panel-timing');
    for (const group of ['function', 'jacobian', 'hvp']) {
      const { labels, data } = groups[group];
      assert.ok(labels.length >= 2, `${group}: ${labels.join()}`);
      assert.equal(labels.length, new Set(labels).size);
      for (const { x, xMin, xMax } of data) assert.ok(x > 0 && Number.isFinite(x) && xMin <= x && x <= xMax);
    }
  });

  /** Puts the cursor on a line of the editor beside the panel; a file is opened where the focus is. */
  const goTo = async (line: number) => {
    await ui.execute('workbench.action.focusFirstEditorGroup');
    await ui.openFile('panel.ts', line);
  };

  it('follows the cursor to another function, unless it is pinned', async () => {
    await openTab('matrix');
    await goTo(10);
    await poll('the other function', async () => (await text('h1')).includes('polar'));
    await poll('its Jacobian', async () => (await readoutAt(1, 0)).startsWith('∂polar.y/∂r = 0.479'));
    await (await panel()).click('button[aria-pressed]');
    await poll(
      'the pin',
      async () => (await (await panel()).getAttribute('button[aria-pressed]', 'aria-pressed')) === 'true',
    );
    await goTo(4);
    await poll('the cursor on line 4', async () =>
      (await ui.page.locator('#status\\.editor\\.selection').textContent())?.includes('Ln 4'),
    );
    assert.ok((await text('h1')).includes('polar'));
  });

  it('links rows to lines and lines to entries', async () => {
    const frame = await panel();
    const cell = await frame.evaluate(() => document.querySelector<HeatmapElement>('gl-heatmap')!.cellRectangle(1, 0)!);
    await frame.click('.gl-heatmap-marks', { position: { x: cell.x + 10, y: cell.y + 10 } });
    // Row y, column r: of the function's lines only the one of the sine carries it.
    await poll(
      'one highlighted line',
      async () => (await ui.page.locator('.editor-group-container .view-overlays .cdr[class*="ced-"]').count()) >= 1,
    );
    await goTo(10);
    // What is under the pointer or chosen would stand in the hint's place.
    await ui.page.mouse.move(5, 5);
    await (await panel()).press('.gl-heatmap-marks', 'Escape');
    await poll('the entries of line 10', async () =>
      (await text('.readout')).includes('Line 10 carries 1 row and 2 columns'),
    );
  });

  it('stays beside another panel that follows the cursor', async () => {
    const tabs = async () =>
      (await ui.page.locator('.tab .label-name').allTextContents()).filter((name) => /∂/.test(name));
    await goTo(4);
    await ui.execute('gradlens.showGradient');
    await poll('a second panel', async () => (await tabs()).sort().join() === '∂ polar,∂ rosenbrock');
    await poll('its value', async () => (await text('.result')) === '24.2');
    await goTo(20);
    await poll('the following one', async () => (await tabs()).sort().join() === '∂ polar,∂ smooth');
    await ui.page.locator('.tab', { hasText: '∂ smooth' }).click();
    await ui.execute('workbench.action.closeActiveEditor');
    await poll('the pinned one', async () => (await text('h1')).includes('polar'));
    assert.deepEqual(await tabs(), ['∂ polar']);
  });

  it('repaints in light, dark and high contrast themes', async () => {
    // A larger matrix, for the pictures.
    await goTo(20);
    await (await panel()).click('button[aria-pressed]');
    await poll('the larger function', async () => (await text('h1')).includes('smooth'));
    await poll('its matrix', async () => (await readoutAt(2, 2)).startsWith('∂smooth[2]/∂x[2]'));
    await (await panel()).click('button[aria-pressed]');
    await ui.page.mouse.move(5, 5);
    const backgrounds: string[] = [];
    for (const name of [
      'Default Light Modern',
      'Default High Contrast',
      'Default High Contrast Light',
      'Default Dark Modern',
    ]) {
      const before = backgrounds.at(-1);
      await ui.setTheme(name);
      const color = await poll(`the panel in ${name}`, async () => {
        const now = await read(() => {
          const { painted } = document.querySelector<HeatmapElement>('gl-heatmap')!;
          return painted?.theme.background.join();
        }, null);
        return now !== undefined && now !== before ? now : undefined;
      });
      backgrounds.push(color);
      await ui.screenshot(`screenshots/panel-${name.replace('Default ', '').toLowerCase().replaceAll(' ', '-')}`);
    }
    // Both light ones are white.
    assert.equal(new Set(backgrounds).size, 3);
  });

  it('copies cells of the table and pastes them into the inputs, by the clipboard and its keys', async () => {
    const clipboard = () => ui.page.evaluate(() => navigator.clipboard.readText());
    await openTab('table');
    await (await panel()).click('#matrix-grid [data-row="0"] [data-column="0"]');
    for (const key of ['Shift+ArrowRight', 'Shift+ArrowDown', 'Control+C']) await ui.page.keyboard.press(key);
    const copied = await poll('the copied cells', async () => {
      const lines = (await clipboard()).split('\n').map((line) => line.split('\t').map(Number));
      return lines.length === 2 && lines.every((line) => line.length === 2) ? lines.flat() : undefined;
    });
    const shown = await read(
      () =>
        [0, 1].flatMap((row) =>
          [0, 1].map((column) =>
            Number(
              document
                .querySelector<HTMLElement>(`[data-row="${row}"] [data-column="${column}"]`)!
                .title.replace('−', '-'),
            ),
          ),
        ),
      null,
    );
    assert.deepEqual(copied, shown);
    // Four numbers in the place of 24: the function takes any number of them.
    await openTab('inputs');
    await (await panel()).click('.link:has-text("more")');
    await (await panel()).click('.input-grid [data-row="0"] [data-column="0"]');
    await ui.page.keyboard.press('Control+V');
    const values = () =>
      read(
        () =>
          [...document.querySelectorAll<HTMLInputElement>('.argument input.number')].map(({ value }) => Number(value)),
        null,
      );
    await poll('the pasted numbers', async () => (await values())?.join() === copied.join());
    await poll('their value', async () => (await text('.facts')).includes('4 → 4'));
    // By the button as well.
    await ui.page.evaluate(() => navigator.clipboard.writeText('[0.25, -1e3]'));
    await (await panel()).click('button[aria-label="Paste CSV or JSON: x"]');
    await poll('the numbers of the button', async () => (await values())?.join() === '0.25,-1000');
    await openTab('matrix');
    await poll('their matrix', async () => (await text('.facts-line')).includes('2 × 2'));
  });

  it('is built anew when it is shown again, as it was', async () => {
    await read(() => document.querySelector<HeatmapElement>('gl-heatmap')!.zoomBy(1.5), null);
    await (await panel()).press('.gl-heatmap-marks', 'ArrowDown');
    const looked = () =>
      read(() => {
        const heatmap = document.querySelector<HeatmapElement>('gl-heatmap');
        return heatmap?.painted && JSON.stringify([heatmap.zoom, heatmap.cursor, heatmap.painted.view.x]);
      }, null);
    const before = await poll('the part in sight', looked);
    assert.notEqual(JSON.parse(before)[1], null);
    // Not before what is looked at rests.
    await ui.page.waitForTimeout(400);
    for (let round = 0; round < ROUNDS; round++) {
      await read(() => Object.assign(window, { beforeHiding: true }), null);
      await ui.page.locator('.tab', { hasText: 'smooth' }).click();
      await ui.openFile('plain.ts');
      await poll(
        'the panel hidden',
        async () =>
          (await ui.page.$$('iframe.webview.ready')).length === 0 || !(await ui.page.isVisible('iframe.webview.ready')),
      );
      await ui.page.locator('.tab', { hasText: '∂ smooth' }).click();
      await poll('another page', () => read(() => !('beforeHiding' in window), null));
      await poll('the part in sight again', async () => (await looked()) === before);
      assert.ok((await text('.facts-line')).includes('2 × 2'));
    }
  });

  it('comes back after a reload of the window, pinned as it was', async () => {
    await openTab('table');
    await poll('the kept state', () =>
      read(() => document.querySelector('#tab-table')?.getAttribute('aria-selected') === 'true', null),
    );
    // By the command, which saves the editors' state first; the mark tells the new page from the old.
    await ui.page.evaluate(() => Object.assign(window, { beforeReload: true }));
    await ui.runCommand('Developer: Reload Window');
    await poll('the reload', () => ui.page.evaluate(() => !('beforeReload' in window)));
    await poll('the workbench', () => ui.page.isVisible('.monaco-workbench .part.editor'));
    await poll('the panel’s function', async () => (await text('h1')).includes('smooth'));
    await poll('its tab', async () => (await (await panel()).getAttribute('#tab-table', 'aria-selected')) === 'true');
    await poll(
      'its pin',
      async () => (await (await panel()).getAttribute('button[aria-pressed]', 'aria-pressed')) === 'true',
    );
    await poll('live again', async () => (await text('.status')).includes('Live'));
    await poll('the numbers that were pasted', async () => (await text('.facts')).includes('2 → 2'));
  });
});
