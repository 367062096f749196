/** The panel in a plain page with a fake host: everything that needs no VS Code, under the panel's real security policy. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type * as Axe from 'axe-core';
import type { Page } from 'playwright-core';
import type { ChartElement } from '../../src/webview/charts/chartElement';
import { CENTER, divergingTable, type Rgb } from '../../src/webview/heatmap/colorMaps';
import { createScale, encodeValue, measureMagnitudes } from '../../src/webview/heatmap/colorScale';
import type { HeatmapElement } from '../../src/webview/heatmap/heatmapElement';
import { panelTabs } from '../../src/webview/protocol';
import { poll } from './harness';
import { fixtures, type FixtureName } from './panel/fixtures';
import { openPanelPage, type PanelPage, type PanelPageOptions } from './panel/page';
import type { ThemeName } from './panel/themes';

describe('the panel as a page', () => {
  let opened: PanelPage | undefined;

  async function open(options: PanelPageOptions = {}): Promise<Page> {
    opened = await openPanelPage(options);
    return opened.page;
  }

  afterEach(() => {
    const problems = [...(opened?.problems ?? [])];
    opened = undefined;
    assert.deepEqual(problems, [], 'errors of scripts or refused by the content security policy');
  });

  const text = (page: Page, selector: string) => poll(selector, () => page.textContent(selector, { timeout: 5000 }));

  /** The colour at the upper left of a cell, read back from the canvas. */
  const cellColor = (page: Page, row: number, column: number): Promise<Rgb> =>
    poll('a painted heatmap', () =>
      page.evaluate(
        ([r, c]) => {
          const heatmap = document.querySelector<HeatmapElement>('gl-heatmap')!;
          const canvas = heatmap.querySelector<HTMLCanvasElement>('.gl-heatmap-cells')!;
          const ratio = canvas.width / heatmap.clientWidth;
          const { x, y, width, height } = heatmap.cellRectangle(r, c)!;
          const at = (start: number, size: number) => Math.round((start + Math.min(4, size / 2)) * ratio);
          return [
            ...canvas.getContext('2d')!.getImageData(at(x, width), at(y, height), 1, 1).data.slice(0, 3),
          ] as unknown as Rgb;
        },
        [row, column],
      ),
    );

  /** The middle of a cell, in pixels of the page. */
  async function cellPlace(page: Page, row: number, column: number): Promise<{ x: number; y: number }> {
    return poll('the cell', () =>
      page.evaluate(
        ([r, c]) => {
          const heatmap = document.querySelector<HeatmapElement>('gl-heatmap')!;
          const box = heatmap.getBoundingClientRect();
          const cell = heatmap.cellRectangle(r, c)!;
          return { x: box.left + cell.x + cell.width / 2, y: box.top + cell.y + cell.height / 2 };
        },
        [row, column],
      ),
    );
  }

  const zoom = (page: Page) => page.evaluate(() => document.querySelector<HeatmapElement>('gl-heatmap')!.zoom);
  const logged = (page: Page, name: string) =>
    page.evaluate(
      (wanted) => window.fakeHost.log.filter((entry) => entry.name === wanted).map(({ payload }) => payload),
      name,
    );

  describe('the heatmap', () => {
    it('has the colour map’s colours on a light and on a dark theme, live', async () => {
      const page = await open({ fixture: 'two-by-three', theme: 'light' });
      const values = [0.151, 0.553, -0.909, 0.455, 1.666, 0.302];
      const scale = createScale('linear', measureMagnitudes(values));
      const expect = async (tone: 'light' | 'dark', background: Rgb) => {
        const table = divergingTable('RdBu', tone, background);
        for (const [i, value] of values.entries())
          assert.deepEqual(
            [...(await cellColor(page, Math.floor(i / 3), i % 3))],
            [...table[encodeValue(value, scale)]],
          );
      };
      await expect('light', [255, 255, 255]);
      await opened!.setTheme('dark');
      await poll('dark cells', async () => (await cellColor(page, 0, 0))[0] < 100);
      await expect('dark', [31, 31, 31]);
    });

    it('says exactly what is under the pointer', async () => {
      const page = await open({ fixture: 'two-by-three' });
      const { x, y } = await cellPlace(page, 1, 1);
      await page.mouse.move(x, y);
      await poll(
        'the readout',
        async () =>
          (await page.textContent('.readout'))?.replace(/\s+/g, ' ').trim() === '∂spherical.y/∂p.theta = 1.666',
      );
    });

    it('hatches NaN and the infinities', async () => {
      const page = await open({ fixture: 'not-finite' });
      const colors = async (row: number, column: number) =>
        page.evaluate(
          ([r, c]) => {
            const heatmap = document.querySelector<HeatmapElement>('gl-heatmap')!;
            const { x, y } = heatmap.cellRectangle(r, c)!;
            const { data } = heatmap
              .querySelector('canvas')!
              .getContext('2d')!
              .getImageData(x + 3, y + 3, 12, 12);
            return new Set(Array.from({ length: 144 }, (_, i) => data.slice(4 * i, 4 * i + 3).join())).size;
          },
          [row, column],
        );
      await cellColor(page, 0, 0);
      assert.ok((await colors(0, 0)) >= 2 && (await colors(1, 0)) >= 2 && (await colors(2, 0)) >= 2);
      assert.equal(await colors(0, 1), 1);
    });

    it('zooms by wheel about the pointer, pans by dragging, fits by double click', async () => {
      const page = await open({ fixture: 'large' });
      await cellColor(page, 0, 0);
      const before = await cellPlace(page, 1000, 1000);
      await page.mouse.move(before.x, before.y);
      for (let i = 0; i < 3; i++) await page.mouse.wheel(0, -400);
      await poll('a closer view', async () => (await zoom(page)) > 15);
      const after = await cellPlace(page, 1000, 1000);
      assert.ok(Math.hypot(after.x - before.x, after.y - before.y) < 30, 'the cell under the pointer stays');
      await page.mouse.down();
      await page.mouse.move(before.x + 80, before.y + 40, { steps: 4 });
      await page.mouse.up();
      const panned = await poll('a moved view', async () => {
        const place = await cellPlace(page, 1000, 1000);
        return place.x - after.x > 40 ? place : undefined;
      });
      assert.ok(Math.abs(panned.y - after.y - 40) < 6);
      await page.mouse.dblclick(before.x, before.y);
      await poll('the whole matrix', async () => (await zoom(page)) === 1);
    });

    it('shows a spike among four million entries in its colour', async () => {
      const page = await open({ fixture: 'large' });
      const spike = await poll('the spike', () =>
        page.evaluate(() => {
          const heatmap = document.querySelector<HeatmapElement>('gl-heatmap')!;
          const { x, y } = heatmap.cellRectangle(777, 1234)!;
          const { data } = heatmap
            .querySelector('canvas')!
            .getContext('2d')!
            .getImageData(Math.floor(x) - 1, Math.floor(y) - 1, 3, 3);
          return Math.max(...Array.from({ length: 9 }, (_, i) => data[4 * i] + data[4 * i + 1] + data[4 * i + 2]));
        }),
      );
      const brightest = divergingTable('RdBu', 'dark', [31, 31, 31]).at(-1)!;
      assert.equal(spike, brightest[0] + brightest[1] + brightest[2]);
    });

    it('shows 10⁵ × 10⁵ entries in compressed rows, from afar and close by', async () => {
      const page = await open({ fixture: 'sparse' });
      const { x, y } = await cellPlace(page, 50_000, 50_000);
      await page.mouse.move(x, y);
      for (let i = 0; i < 40 && (await zoom(page)) < 4000; i++) await page.mouse.wheel(0, -400);
      await poll('single cells', async () => (await zoom(page)) > 4000);
      const row = await poll('a row in sight', () =>
        page.evaluate(() => {
          const { view, layout } = document.querySelector<HeatmapElement>('gl-heatmap')!.painted!;
          const r = Math.ceil(view.y) + 1;
          return r > view.x && r < view.x + layout.width / view.cellWidth - 1 ? r : undefined;
        }),
      );
      const place = await cellPlace(page, row, row);
      await page.mouse.move(place.x, place.y);
      await poll('its formula', async () =>
        (await page.textContent('.readout'))?.replace(/\s+/g, ' ').includes(`∂banded[${row}]/∂x[${row}] = 2`),
      );
      await page.check('input[value="sparsity"]');
      await poll('the pattern', async () => (await page.textContent('.pattern-key'))?.includes('entry'));
    });

    it('shows a gradient of 10⁶ entries', async () => {
      const page = await open({ fixture: 'million-gradient' });
      const { x, y } = await cellPlace(page, 0, 333_333);
      await page.mouse.move(x, y);
      await poll('the readout', async () =>
        /∂loss\/∂weights\[33\d{4}\]\s+=/.test((await page.textContent('.readout')) ?? ''),
      );
    });

    it('zooms by two fingers', async () => {
      const page = await open({ fixture: 'large' });
      await cellColor(page, 0, 0);
      await page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>('.gl-heatmap-marks')!;
        canvas.setPointerCapture = () => undefined;
        const box = canvas.getBoundingClientRect();
        const send = (type: string, pointerId: number, x: number) =>
          canvas.dispatchEvent(
            new PointerEvent(type, {
              pointerId,
              pointerType: 'touch',
              button: 0,
              clientX: box.left + x,
              clientY: box.top + 300,
              bubbles: true,
            }),
          );
        send('pointerdown', 1, 300);
        send('pointerdown', 2, 320);
        for (let d = 1; d <= 10; d++) {
          send('pointermove', 1, 300 - 5 * d);
          send('pointermove', 2, 320 + 5 * d);
        }
        send('pointerup', 1, 250);
        send('pointerup', 2, 370);
      });
      await poll('a closer view', async () => (await zoom(page)) > 3);
    });

    it('dims what the chosen line of the editor does not carry', async () => {
      const page = await open({ fixture: 'two-by-three' });
      await cellColor(page, 0, 0);
      await page.evaluate(() =>
        window.fakeHost.channel.emit('highlight', {
          file: '/workspace/examples/fixture.ts',
          line: 14,
          rows: [1],
          columns: [0, 2],
        }),
      );
      await poll('the hint', async () =>
        (await page.textContent('.readout'))?.includes('Line 14 carries 1 row and 2 columns'),
      );
      const alpha = (row: number, column: number) =>
        page.evaluate(
          ([r, c]) => {
            const heatmap = document.querySelector<HeatmapElement>('gl-heatmap')!;
            const { x, y } = heatmap.cellRectangle(r, c)!;
            return heatmap
              .querySelector<HTMLCanvasElement>('.gl-heatmap-marks')!
              .getContext('2d')!
              .getImageData(x + 8, y + 8, 1, 1).data[3];
          },
          [row, column],
        );
      await poll('dimmed cells', async () => (await alpha(0, 0)) > 50 && (await alpha(1, 1)) > 50);
      assert.equal(await alpha(1, 0), 0);
      assert.equal(await alpha(1, 2), 0);
    });

    it('zero stays the background on dark themes', async () => {
      const page = await open({ fixture: 'sixty' });
      assert.deepEqual([...(await cellColor(page, 0, 50))], [...divergingTable('RdBu', 'dark', [31, 31, 31])[CENTER]]);
    });
  });

  describe('by keyboard only', () => {
    it('goes through the tabs and chooses a cell', async () => {
      const page = await open({ fixture: 'two-by-three' });
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

    it('reaches every control by Tab, each with a name', async () => {
      const page = await open({ fixture: 'rosenbrock' });
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

  describe('the table', () => {
    it('scrolls a 2000 × 2000 matrix with few elements and says exact values', async () => {
      const page = await open({ fixture: 'large' });
      await page.click('#tab-table');
      await page.waitForSelector('.grid-cell');
      await page.evaluate(() => document.querySelector('.grid-scroller')!.scrollTo(1234 * 96 - 100, 777 * 24 - 100));
      await poll('row 777', () => page.$('[data-row="777"] [data-column="1234"]'));
      assert.equal(await page.textContent('[data-row="777"] [data-column="1234"]'), '9');
      assert.ok((await page.$$('.grid-cell')).length < 1500);
    });

    it('sorts by a column and copies the selection', async () => {
      const page = await open({ fixture: 'two-by-three' });
      await page.click('#tab-table');
      await page.click('.grid-head button:has-text("p.r")');
      await poll('the sorted rows', async () => (await page.textContent('.grid-row .grid-row-head')) === 'spherical.y');
      await page.click('[data-row="0"] [data-column="0"]');
      await page.keyboard.press('Shift+ArrowRight');
      await page.keyboard.press('Shift+ArrowDown');
      const copied = await page.evaluate(() => {
        const data = new DataTransfer();
        document
          .querySelector('.grid-scroller')!
          .dispatchEvent(new ClipboardEvent('copy', { clipboardData: data, bubbles: true, cancelable: true }));
        return data.getData('text/plain');
      });
      assert.equal(copied, '0.455\t1.666\n0.151\t0.553');
    });

    it('lists the largest of a million entries first', async () => {
      const page = await open({ fixture: 'million-gradient' });
      await page.click('#tab-table');
      await page.click('.grid-head button:has-text("Gradient")');
      await poll('the spike first', async () =>
        (await page.textContent('.grid-row[data-row="0"]', { timeout: 5000 }))?.includes('weights[333333]'),
      );
    });
  });

  describe('inputs', () => {
    it('send slider moves live, one at a time, and undo them', async () => {
      const page = await open({ fixture: 'rosenbrock' });
      await page.click('#tab-inputs');
      const slider = page.locator('input[type=range]').first();
      const box = (await slider.boundingBox())!;
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.down();
      for (let i = 1; i <= 30; i++) await page.mouse.move(box.x + box.width / 2 + i * 3, box.y + box.height / 2);
      await page.mouse.up();
      const moves = await poll('live values', async () => {
        const list = (await logged(page, 'setArguments')) as number[][][];
        return list.length > 3 ? list : undefined;
      });
      assert.ok(moves.every(([x]) => x.length === 2 && x[1] === 1));
      await poll('the value of the last point', async () => {
        const [a] = ((await logged(page, 'setArguments')) as number[][][]).at(-1)![0];
        const value = (1 - a) ** 2 + 100 * (1 - a * a) ** 2;
        const shown = Number((await page.getAttribute('.result', 'title'))?.replace('−', '-'));
        return Math.abs(shown - value) < 1e-9 * value;
      });
      await page.click('button[aria-label="Undo"]');
      await poll('the first point', async () => (await page.textContent('.result')) === '24.2');
      assert.equal(await page.isDisabled('button[aria-label="Undo"]'), true);
      await page.click('button[aria-label="Redo"]');
      await poll('the last point again', async () => (await page.textContent('.result')) !== '24.2');
    });

    it('take numbers from fields and refuse words', async () => {
      const page = await open({ fixture: 'rosenbrock' });
      await page.click('#tab-inputs');
      const field = page.locator('input.number').first();
      await field.fill('abc');
      await field.press('Enter');
      await poll('the refusal', async () => (await field.getAttribute('aria-invalid')) === 'true');
      await field.fill('1');
      await field.press('Enter');
      await poll('the minimum', async () => (await page.textContent('.result')) === '0');
    });

    it('edit matrices as grids and take pasted CSV', async () => {
      const page = await open({ fixture: 'network' });
      await page.click('#tab-inputs');
      await page.click('.input-grid [data-row="1"] [data-column="2"]');
      await page.keyboard.press('Enter');
      await page.keyboard.type('42');
      await page.keyboard.press('Enter');
      type Sent = [{ layers: { weights: number[][] }[] }, number];
      const last = async () => (await logged(page, 'setArguments')).at(-1) as Sent | undefined;
      await poll('the edit', async () => (await last())?.[0].layers[0].weights[1][2] === 42);
      await page.evaluate(() => {
        const data = new DataTransfer();
        data.setData('text/plain', '1,2,3,4\n5,6,7,8');
        document
          .querySelector('.input-grid .grid-scroller')!
          .dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
      });
      await poll(
        'the paste',
        async () => JSON.stringify((await last())?.[0].layers[0].weights) === '[[1,2,3,4],[5,6,7,8]]',
      );
    });

    it('compute products with directions', async () => {
      const page = await open({ fixture: 'rosenbrock' });
      await page.click('#tab-inputs');
      await page.fill('.direction >> nth=0 >> .direction-fields input >> nth=1', '2');
      await page.press('.direction >> nth=0 >> .direction-fields input >> nth=1', 'Enter');
      await page.click('vscode-button:has-text("J·v")');
      await poll('the result', async () => (await page.textContent('.product pre'))?.includes('−215.6'));
      const [{ op, tangent }] = (await logged(page, 'evaluate')) as { op: string; tangent: unknown }[];
      assert.equal(op, 'jvp');
      assert.deepEqual(tangent, [1, 2]);
    });
  });

  describe('timing', () => {
    it('holds one bar for each strategy, with whiskers, while and after measuring', async () => {
      const page = await open({ fixture: 'rosenbrock' });
      await page.click('#tab-timing');
      await page.click('vscode-button:has-text("Measure")');
      const charts = await poll('all charts', () =>
        page.evaluate(() => {
          const entries = [...document.querySelectorAll<ChartElement>('gl-chart.timing-chart')].map((chart) => {
            const { labels, datasets } = chart.instance!.data;
            return [
              chart.dataset.group!,
              {
                labels: labels as string[],
                data: datasets[0].data as unknown as { x: number; xMin: number; xMax: number }[],
                series: datasets.length,
              },
            ] as const;
          });
          return entries.length === 6 ? Object.fromEntries(entries) : undefined;
        }),
      );
      assert.deepEqual(charts.function.labels, ['f', 'f, traced', 'JVP', 'VJP', 'Gradient']);
      assert.deepEqual(charts.jacobian.labels, ['Forward', 'Reverse', 'Compressed', 'Finite differences']);
      assert.deepEqual(charts.hvp.labels.length, 4);
      assert.deepEqual(charts.products.labels, ['16 vectors by loop', '16 vectors by vmap']);
      assert.deepEqual(charts.backend.labels, ['interpret', 'wasm', 'gpu.js webasm']);
      assert.equal(charts.scaling.series, 3);
      for (const group of ['function', 'jacobian', 'hvp', 'products', 'backend']) {
        for (const { x, xMin, xMax } of charts[group].data) assert.ok(Number.isFinite(x) && xMin <= x && x <= xMax);
      }
      assert.match(await text(page, 'tr.unavailable'), /there is no GPU here/);
      await page.click('summary[aria-label="Export"]');
      await page.click('text=Save the charts as PNG');
      const saved = await poll(
        'the picture',
        async () => (await logged(page, 'save'))[0] as { name: string; length: number; head: number[] } | undefined,
      );
      assert.equal(saved.name, 'rosenbrock-timing.png');
      assert.deepEqual(saved.head.slice(1, 4), [0x50, 0x4e, 0x47]);
    });

    it('names the GPU backends or why there is none', async () => {
      const page = await open({ fixture: 'rosenbrock' });
      await page.click('#tab-timing');
      await poll('the GPU’s state', async () => /webgl2/.test((await page.textContent('#tab-panel')) ?? ''));
    });
  });

  it('checks show the Taylor plot with its slopes', async () => {
    const page = await open({ fixture: 'rosenbrock' });
    await page.click('#tab-checks');
    const [zeroth, first] = await poll('the plot', () =>
      page.evaluate(() =>
        document
          .querySelector<ChartElement>('#taylor')
          ?.instance?.data.datasets.map(({ data }) => data as unknown as { x: number; y: number }[]),
      ),
    );
    const slope = (points: { x: number; y: number }[]) =>
      Math.log(points.at(-1)!.y / points.at(-3)!.y) / Math.log(points.at(-1)!.x / points.at(-3)!.x);
    assert.ok(Math.abs(slope(zeroth) - 1) < 0.1 && Math.abs(slope(first) - 2) < 0.1);
    assert.match(await text(page, '.verdict-text'), /is right/);
  });

  it('slices draw the curve and let the point of a map be dragged', async () => {
    const page = await open({ fixture: 'rosenbrock' });
    await page.click('#tab-slices');
    await poll('the curve', () =>
      page.evaluate(
        () => (document.querySelector<ChartElement>('#slice-chart')?.instance?.data.datasets.length ?? 0) === 4,
      ),
    );
    await page.selectOption('label:has-text("Across") select', 'input:1');
    const canvas = page.locator('gl-slice-map canvas');
    await canvas.waitFor();
    const box = (await canvas.boundingBox())!;
    await page.mouse.move(box.x + 200, box.y + 200);
    await page.mouse.down();
    await page.mouse.move(box.x + 300, box.y + 150, { steps: 5 });
    await page.mouse.up();
    await poll('moved arguments', async () => (await logged(page, 'setArguments')).length > 0);
    await poll('the slice about the new point', async () => (await page.textContent('.result')) !== '24.2');
  });

  it('the program folds and leads to its lines', async () => {
    const page = await open({ fixture: 'rosenbrock' });
    await page.click('#tab-program');
    await page.waitForSelector('.program-line');
    const lines = () => page.$$eval('.program-line', (list) => list.length);
    assert.equal(await lines(), 10);
    await page.click('.program-line:has-text("loop") .twistie');
    await poll('a folded loop', async () => (await lines()) === 7);
    await page.click('.program-line:has-text("mul 100")');
    await poll(
      'the source',
      async () => ((await logged(page, 'reveal'))[0] as { range: { line: number } } | undefined)?.range.line === 17,
    );
  });

  it('exports the matrix as PNG, SVG, CSV and NumPy', async () => {
    const page = await open({ fixture: 'two-by-three' });
    await cellColor(page, 0, 0);
    const names = ['PNG', 'SVG', 'CSV', 'NumPy .npy'];
    for (const [i, name] of names.entries()) {
      await page.click('summary[aria-label="Export"]');
      await page.click(`.menu-items >> text=Save as ${name}`);
      await poll(name, async () => (await logged(page, 'save')).length === i + 1);
    }
    const saved = (await logged(page, 'save')) as { name: string; length: number; head: number[] }[];
    assert.deepEqual(
      saved.map(({ name }) => name),
      ['spherical-derivative.png', 'spherical-derivative.svg', 'spherical-derivative.csv', 'spherical-derivative.npy'],
    );
    assert.deepEqual(
      saved.map(({ head }) => String.fromCharCode(...head.slice(1, 4))),
      ['PNG', 'svg', 'p.r', 'NUM'],
    );
    assert.equal(saved[3].length, 128 + 48);
  });

  it('comes back as it was after a reload', async () => {
    const page = await open({ fixture: 'two-by-three' });
    await page.check('input[value="sparsity"]');
    await page.click('#tab-table');
    await page.check('input[value="entries"]');
    await page.reload();
    await poll('the tab', async () => (await page.getAttribute('#tab-table', 'aria-selected')) === 'true');
    await poll('the entries', () => page.$('#matrix-entries'));
    assert.equal(await page.isChecked('input[value="sparsity"]'), true);
  });

  it('keeps the last result in sight while stale and when the newest attempt fails', async () => {
    const page = await open({ fixture: 'rosenbrock' });
    await poll('the value', async () => (await page.textContent('.result')) === '24.2');
    await page.evaluate(() => window.fakeHost.channel.emit('state', { kind: 'stale', version: 1 }));
    await poll('stale', async () => (await page.textContent('.status'))?.includes('Updating'));
    assert.equal(await page.textContent('.result'), '24.2');
    await page.evaluate(() =>
      window.fakeHost.channel.emit('state', {
        kind: 'failed',
        functionName: 'rosenbrock',
        file: '/f.ts',
        last: 1,
        error: { code: 'syntax-error', message: 'Expression expected.', file: '/f.ts', line: 3 },
      }),
    );
    await poll('the error', async () => (await page.textContent('.strip.error'))?.includes('Expression expected.'));
    assert.equal(await page.textContent('.result'), '24.2');
    await page.click('text=Go to line 3');
    await poll('the line', async () => (await logged(page, 'reveal')).length === 1);
  });

  for (const fixture of ['empty', 'unavailable', 'untrusted', 'loading', 'failed', 'no-matrix'] as const) {
    it(`says what is the matter: ${fixture}`, async () => {
      const page = await open({ fixture, width: 420, height: 480 });
      const state = fixtures[fixture]();
      const reason =
        state.kind === 'failed'
          ? state.error.message
          : state.kind === 'loading'
            ? 'Evaluating rosenbrock'
            : 'reason' in state
              ? state.reason
              : '900,000,000 entries';
      await poll('the reason', async () => (await page.textContent('.app'))?.includes(reason));
      if ('action' in state && state.action) {
        await page.click(`text=${state.action.label}`);
        await poll('the command', async () =>
          JSON.stringify((await logged(page, 'command'))[0])?.includes(state.action!.command),
        );
      }
    });
  }

  it('speaks German', async () => {
    const page = await open({ fixture: 'rosenbrock', locale: 'de' });
    await poll('German tabs', async () => (await page.textContent('#tab-timing'))?.trim() === 'Zeiten');
    assert.equal(await page.getAttribute('html', 'lang'), 'de');
  });

  for (const width of [280, 360, 640]) {
    it(`fits ${width} pixels without scrolling sideways`, async () => {
      const page = await open({ fixture: 'network', width });
      for (const tab of panelTabs) {
        await page.click(`#tab-${tab}`);
        await poll(`${tab} without scrolling sideways`, () =>
          page.evaluate(() => {
            const panel = document.querySelector('#tab-panel')!;
            return panel.scrollWidth - panel.clientWidth <= 1 && document.documentElement.scrollWidth - innerWidth <= 1;
          }),
        );
      }
    });
  }

  describe('accessibility', () => {
    const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
    const cases: [FixtureName, ThemeName][] = [
      ['rosenbrock', 'dark'],
      ['two-by-three', 'light'],
      ['network', 'hc-dark'],
    ];
    for (const [fixture, theme] of cases) {
      it(`axe finds nothing serious: ${fixture}, ${theme}`, async () => {
        const page = await open({ fixture, theme });
        assert.deepEqual(opened?.problems, []);
        await page.evaluate(axe);
        for (const tab of panelTabs) {
          await page.click(`#tab-${tab}`);
          if (tab === 'timing') await page.click('vscode-button:has-text("Measure")');
          await page.waitForTimeout(300);
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
        opened?.problems.splice(0);
      });
    }
  });
});
