/** The heatmap and the table of the panel in a plain page with a fake host. */
import assert from 'node:assert/strict';
import { CENTER, divergingTable, type Rgb } from '../../src/webview/heatmap/colorMaps';
import { createScale, encodeValue, measureMagnitudes } from '../../src/webview/heatmap/colorScale';
import type { HeatmapElement } from '../../src/webview/heatmap/heatmapElement';
import { poll } from './harness';
import { cellColor, cellPlace, logged, panelPages, zoom } from './panel/reading';

describe('the matrix in the panel’s page', () => {
  const pages = panelPages();

  describe('the heatmap', () => {
    it('has the colour map’s colours on a light and on a dark theme, live', async () => {
      const page = await pages.open({ fixture: 'two-by-three', theme: 'light' });
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
      await pages.opened().setTheme('dark');
      await poll('dark cells', async () => (await cellColor(page, 0, 0))[0] < 100);
      await expect('dark', [31, 31, 31]);
    });

    it('colours by symmetric logarithm and by rank, and sets blocks of arguments apart', async () => {
      const page = await pages.open({ fixture: 'network' });
      const values = Array.from({ length: 680 }, (_, i) => {
        const [r, c] = [Math.floor(i / 68), i % 68];
        return (Math.sin(r * 7 + c * 13) * Math.exp(-((c % 17) / 6))) / (1 + r / 4);
      });
      const table = divergingTable('RdBu', 'dark', [31, 31, 31]);
      const seen = new Set<string>();
      for (const kind of ['linear', 'symlog', 'rank'] as const) {
        await page.selectOption('label:has-text("Scale") select, select[aria-label="Scale"]', kind);
        const scale = createScale(kind, measureMagnitudes(values));
        // A small and a large entry.
        for (const [row, column] of [
          [0, 2],
          [9, 16],
        ]) {
          const expected = [...table[encodeValue(values[row * 68 + column], scale)]].join();
          await poll(`${kind}: ${expected}`, async () => (await cellColor(page, row, column)).join() === expected);
          seen.add(`${row} ${expected}`);
        }
      }
      assert.ok(seen.size >= 5, [...seen].join(' | '));
      // Weights and bias of a layer are blocks: a line stands before column 32, none before column 31.
      const [border, inside] = await page.evaluate(() => {
        const heatmap = document.querySelector<HeatmapElement>('gl-heatmap')!;
        const { height } = heatmap.painted!.layout;
        return [32, 31].map((column) => {
          const { x, y } = heatmap.cellRectangle(0, column)!;
          const { data } = heatmap
            .querySelector('canvas')!
            .getContext('2d')!
            .getImageData(Math.round(x) - 1, y, 2, height);
          return Math.min(...Array.from({ length: data.length / 4 }, (_, i) => data[4 * i] + data[4 * i + 1]));
        });
      });
      assert.ok(border > inside + 40, `${border} and ${inside}`);
    });

    it('says exactly what is under the pointer', async () => {
      const page = await pages.open({ fixture: 'two-by-three' });
      const { x, y } = await cellPlace(page, 1, 1);
      await page.mouse.move(x, y);
      await poll(
        'the readout',
        async () =>
          (await page.textContent('.readout'))?.replace(/\s+/g, ' ').trim() === '∂spherical.y/∂p.theta = 1.666',
      );
    });

    for (const [fixture, rows, columns, last] of [
      ['one-by-one', 1, 1, '∂square/∂x = 6'],
      ['three-by-many', 3, 200, '∂wide[2]/∂x[199] ='],
      ['many-by-three', 200, 3, '∂tall[199]/∂x[2] ='],
    ] as const) {
      it(`shows ${rows} × ${columns} whole, to its last cell`, async () => {
        const page = await pages.open({ fixture });
        const { x, y } = await cellPlace(page, rows - 1, columns - 1);
        await page.mouse.move(x, y);
        await poll(last, async () => (await page.textContent('.readout'))?.replace(/\s+/g, ' ').includes(last));
      });
    }

    it('hatches NaN and the infinities', async () => {
      const page = await pages.open({ fixture: 'not-finite' });
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
      const page = await pages.open({ fixture: 'large' });
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
      const page = await pages.open({ fixture: 'large' });
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

    it('shows 10⁶ × 10⁶ entries in compressed rows, from afar and close by', async () => {
      const page = await pages.open({ fixture: 'sparse' });
      const { x, y } = await cellPlace(page, 500_000, 500_000);
      await page.mouse.move(x, y);
      for (let i = 0; i < 60 && (await zoom(page)) < 40_000; i++) await page.mouse.wheel(0, -400);
      await poll('single cells', async () => (await zoom(page)) > 40_000);
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

    it('shows 10⁴ × 10⁴ entries, in parts from the host and once in the page', async () => {
      const page = await pages.open({ fixture: 'hundred-million' });
      const started = performance.now();
      await page.click('vscode-button:has-text("Compute 100,000,000 entries (800 MB)")');
      await poll('the first part', async () => /entries: \d/.test((await page.textContent('.empty-state')) ?? ''));
      const brightest = divergingTable('RdBu', 'dark', [31, 31, 31]).at(-1)!;
      const spike = await poll('the spike', () =>
        page.evaluate(() => {
          const heatmap = document.querySelector<HeatmapElement>('gl-heatmap');
          if (!heatmap?.painted) return undefined;
          const { x, y } = heatmap.cellRectangle(4321, 1234)!;
          const picture = heatmap.querySelector('canvas')!.getContext('2d')!;
          const { data } = picture.getImageData(Math.floor(x) - 1, Math.floor(y) - 1, 3, 3);
          return Math.max(...Array.from({ length: 9 }, (_, i) => data[4 * i] + data[4 * i + 1] + data[4 * i + 2]));
        }),
      );
      console.log(
        `      10⁴ × 10⁴: ${((performance.now() - started) / 1000).toFixed(1)} s from the button to the picture`,
      );
      assert.equal(spike, brightest[0] + brightest[1] + brightest[2]);
      const { x, y } = await cellPlace(page, 9000, 9500);
      await page.mouse.move(x, y);
      const readout = await poll('a value', async () => {
        const said = ((await page.textContent('.readout')) ?? '').replace(/\s+/g, ' ').trim();
        return said.includes('=') ? said : undefined;
      });
      const [, row, column, value] = /∂wide\[(\d+)\]\/∂x\[(\d+)\] = (.*)$/.exec(readout)!;
      const expected = Math.sin((2 * Math.PI * (Number(row) + Number(column))) / 10_000);
      assert.ok(Math.abs(Number(value.replace('−', '-')) - expected) < 1e-5, readout);
      await pages.opened().close();
    });

    it('shows a gradient of 10⁶ entries', async () => {
      const page = await pages.open({ fixture: 'million-gradient' });
      const { x, y } = await cellPlace(page, 0, 333_333);
      await page.mouse.move(x, y);
      await poll('the readout', async () =>
        /∂loss\/∂weights\[33\d{4}\]\s+=/.test((await page.textContent('.readout')) ?? ''),
      );
    });

    it('zooms by two fingers', async () => {
      const page = await pages.open({ fixture: 'large' });
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
      const page = await pages.open({ fixture: 'two-by-three' });
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
      const page = await pages.open({ fixture: 'sixty' });
      assert.deepEqual([...(await cellColor(page, 0, 50))], [...divergingTable('RdBu', 'dark', [31, 31, 31])[CENTER]]);
    });
  });

  describe('the table', () => {
    it('scrolls a 2000 × 2000 matrix with few elements and says exact values', async () => {
      const page = await pages.open({ fixture: 'large' });
      await page.click('#tab-table');
      await page.waitForSelector('.grid-cell');
      await page.evaluate(() => document.querySelector('.grid-scroller')!.scrollTo(1234 * 96 - 100, 777 * 24 - 100));
      await poll('row 777', () => page.$('[data-row="777"] [data-column="1234"]'));
      assert.equal(await page.textContent('[data-row="777"] [data-column="1234"]'), '9');
      assert.ok((await page.$$('.grid-cell')).length < 1500);
    });

    it('sorts by a column and copies the selection', async () => {
      const page = await pages.open({ fixture: 'two-by-three' });
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
      const page = await pages.open({ fixture: 'million-gradient' });
      await page.click('#tab-table');
      await page.click('.grid-head button:has-text("Gradient")');
      await poll('the spike first', async () =>
        (await page.textContent('.grid-row[data-row="0"]', { timeout: 5000 }))?.includes('weights[333333]'),
      );
    });
  });

  it('exports the matrix as PNG, SVG, CSV and NumPy', async () => {
    const page = await pages.open({ fixture: 'two-by-three' });
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
});
