/** Timing, checks, slices and program of the panel in a plain page with a fake host. */
import assert from 'node:assert/strict';
import type { ChartElement } from '../../src/webview/charts/chartElement';
import { poll } from './harness';
import { logged, panelPages, text } from './panel/reading';

describe('the other tabs of the panel’s page', () => {
  const pages = panelPages();

  describe('timing', () => {
    it('holds one bar for each strategy, with whiskers, while and after measuring', async () => {
      const page = await pages.open({ fixture: 'rosenbrock' });
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
                series: datasets.map(({ label, data: points }) => ({ label, end: points.at(-1) })),
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
      // The mark stands where the line of all outputs in reverse is, and goes through that of forward mode.
      assert.deepEqual(
        charts.scaling.series.map(({ label }) => label),
        ['Forward', 'Reverse', 'all outputs, reverse', 'crossover'],
      );
      assert.deepEqual(charts.scaling.series[2].end, { x: 64, y: 0.0075 });
      assert.equal((charts.scaling.series[3].end as { x: number }).x, 3.45);
      for (const group of ['function', 'jacobian', 'hvp', 'products', 'backend']) {
        for (const { x, xMin, xMax } of charts[group].data) assert.ok(Number.isFinite(x) && xMin <= x && x <= xMax);
      }
      assert.match(await text(page, 'tr.unavailable'), /there is no GPU here/);
      assert.match((await text(page, 'tr[data-id="jacrev"] th')).replace(/\s+/g, ' '), /Reverse \S+, 2 threads/);
      await page.click('summary[aria-label="Export"]');
      await page.click('text=Save the charts as PNG');
      const saved = await poll(
        'the picture',
        async () => (await logged(page, 'save'))[0] as { name: string; length: number; head: number[] } | undefined,
      );
      assert.equal(saved.name, 'rosenbrock-timing.png');
      assert.deepEqual(saved.head.slice(1, 4), [0x50, 0x4e, 0x47]);
      const texts: string[] = [];
      for (const kind of ['CSV', 'JSON']) {
        await page.click('summary[aria-label="Export"]');
        await page.click(`.menu-items >> text=${kind}`);
        const name = `rosenbrock-timing.${kind.toLowerCase()}`;
        const file = await poll(name, async () =>
          ((await logged(page, 'save')) as { name: string; text: string }[]).find((each) => each.name === name),
        );
        texts.push(file.text);
      }
      const [csv, json] = texts;
      const rows = JSON.parse(json) as { label: string; median: number }[];
      assert.deepEqual(
        rows.slice(0, 2).map(({ label }) => label),
        ['f', 'f, traced'],
      );
      assert.equal(csv.trim().split(/\r?\n/).length, rows.length + 1);
      assert.ok(csv.includes(String(rows[0].median)));
    });

    it('stops when told to, and can be asked again', async () => {
      const page = await pages.open({ fixture: 'rosenbrock', pace: 60_000 });
      await page.click('#tab-timing');
      await page.click('vscode-button:has-text("Measure")');
      await poll('the first rows', () => page.$('gl-chart.timing-chart'));
      await page.click('vscode-button:has-text("Cancel")');
      await poll('the button', () => page.$('vscode-button:has-text("Measure")'));
      assert.equal(await page.$('[role=progressbar], progress'), null);
      assert.equal(await page.$('.strip.error'), null);
    });

    it('names the GPU backends or why there is none', async () => {
      const page = await pages.open({ fixture: 'rosenbrock' });
      await page.click('#tab-timing');
      await poll('the GPU’s state', async () => /webgl2/.test((await page.textContent('#tab-panel')) ?? ''));
    });
  });

  it('checks show the Taylor plot with its slopes', async () => {
    const page = await pages.open({ fixture: 'rosenbrock' });
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
    const page = await pages.open({ fixture: 'rosenbrock' });
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
    const page = await pages.open({ fixture: 'rosenbrock' });
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
});
