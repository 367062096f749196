/** Reloads, stale and empty states, languages and widths of the panel in a plain page with a fake host. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { ChartElement } from '../../src/webview/charts/chartElement';
import type { HeatmapElement } from '../../src/webview/heatmap/heatmapElement';
import { panelTabs } from '../../src/webview/protocol';
import { poll } from './harness';
import { fixtures } from './panel/fixtures';
import { logged, panelPages } from './panel/reading';

const ROUNDS = 4;

describe('the states of the panel’s page', () => {
  const pages = panelPages();

  it('comes back as it was, time and again: tab, kind, colours, part in sight, chosen cell', async () => {
    const page = await pages.open({ fixture: 'sixty' });
    await page.check('input[value="sparsity"]');
    await page.check('input[value="derivative"]');
    await page.selectOption('select >> nth=1', 'PuOr');
    await poll('the heatmap', () => page.$('gl-heatmap'));
    const looked = () =>
      page.evaluate(() => {
        const { zoom, painted, cursor } = document.querySelector<HeatmapElement>('gl-heatmap')!;
        const { x, y } = painted!.view;
        return { zoom, x, y, cursor, map: document.querySelectorAll('select')[1].value };
      });
    await page.evaluate(() => {
      const heatmap = document.querySelector<HeatmapElement>('gl-heatmap')!;
      heatmap.zoomBy(4);
      heatmap.moveCursor(0, 0);
      heatmap.moveCursor(3, 2);
    });
    const before = await looked();
    assert.ok(before.zoom > 3 && before.cursor !== null);
    await poll('the kept part', () => page.evaluate(() => sessionStorage.getItem('state')?.includes('"view":{"x"')));
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    const used = async () => {
      await session.send('HeapProfiler.collectGarbage');
      const { metrics } = await session.send('Performance.getMetrics');
      const metric = (name: string) => metrics.find((each) => each.name === name)!.value;
      return { listeners: metric('JSEventListeners'), nodes: metric('Nodes'), heap: metric('JSHeapUsedSize') };
    };
    const rounds: Awaited<ReturnType<typeof used>>[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await page.reload();
      await poll('the heatmap', () =>
        page.evaluate(() => document.querySelector<HeatmapElement>('gl-heatmap')?.painted !== undefined),
      );
      assert.deepEqual(await looked(), before, `round ${round}`);
      if (round === 0 || round === ROUNDS - 1) rounds.push(await used());
    }
    const [first, last] = rounds;
    console.log(
      `      heap after the first and the last time: ${rounds.map(({ heap }) => (heap / 1e6).toFixed(1)).join(' and ')} MB`,
    );
    assert.ok(last.listeners <= first.listeners + 5 && last.nodes <= first.nodes + 100, JSON.stringify(rounds));
    // Another tab and back: the part stays in sight there too.
    await page.click('#tab-table');
    await page.click('#tab-matrix');
    await poll('the same part', async () => (await looked()).zoom === before.zoom);
    assert.equal(
      await page.evaluate(() => JSON.stringify(window.fakeHost.log.find(({ name }) => name === 'select')?.payload)),
      JSON.stringify(before.cursor),
    );
  });

  it('keeps the last result in sight while stale and when the newest attempt fails', async () => {
    const page = await pages.open({ fixture: 'rosenbrock' });
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
      const page = await pages.open({ fixture, width: 420, height: 480 });
      const state = fixtures[fixture]();
      const reason =
        state.kind === 'failed'
          ? state.error.message
          : state.kind === 'loading'
            ? 'Evaluating rosenbrock'
            : 'reason' in state
              ? state.reason
              : '900,000,000 entries take 7,200 MB';
      await poll('the reason', async () => (await page.textContent('.app'))?.includes(reason));
      if ('action' in state && state.action) {
        await page.click(`text=${state.action.label}`);
        await poll('the command', async () =>
          JSON.stringify((await logged(page, 'command'))[0])?.includes(state.action!.command),
        );
      }
    });
  }

  it('computes a very large matrix when told to, and again when it is out of date', async () => {
    const page = await pages.open({ fixture: 'matrix-on-demand' });
    await poll('the size', async () => (await page.textContent('.empty-state'))?.includes('4100 × 4100 entries'));
    assert.deepEqual(await logged(page, 'matrix'), []);
    const compute = 'vscode-button:has-text("Compute 16,810,000 entries (135 MB)")';
    await page.click(compute);
    await poll('the matrix', () => page.$('gl-heatmap'));
    type Asked = { part: { by: string; from: number; to: number } };
    const parts = ((await logged(page, 'matrix')) as Asked[]).map(({ part }) => part);
    assert.ok(parts.every(({ by, from, to }) => by === 'rows' && (to - from) * 4100 <= 2 ** 23));
    assert.deepEqual(
      parts.map(({ from }) => from),
      [0, ...parts.slice(0, -1).map(({ to }) => to)],
    );
    assert.equal(parts.at(-1)?.to, 4100);
    assert.equal(await page.$('.matrix-old'), null);
    // Another point: what stands there is of the one before, and nobody computes the new one by itself.
    await page.evaluate(() => {
      const state = window.fakeHost.state();
      if (state.kind === 'ready') window.fakeHost.push({ ...state, version: 2 });
    });
    await poll('a warning', () => page.$('.matrix-old'));
    assert.equal((await logged(page, 'matrix')).length, parts.length);
    await page.click(compute);
    await poll('the new one', async () => (await page.$('.matrix-old')) === null && (await page.$('gl-heatmap')));
    assert.ok(
      (await logged(page, 'matrix')).slice(parts.length).every((each) => (each as { version: number }).version === 2),
    );
  });

  it('drops what is still computed for another function', async () => {
    const page = await pages.open({ fixture: 'rosenbrock' });
    await page.evaluate(() => window.fakeHost.hold('matrix'));
    await page.check('input[value="hessian"]');
    await poll('the request', async () => (await logged(page, 'matrix')).length === 1);
    await page.evaluate(() => {
      window.fakeHost.show('sixty');
      window.fakeHost.release();
    });
    await poll('its own request', async () => (await logged(page, 'matrix')).length === 2);
    await poll('its Hessian', async () => (await page.textContent('.facts-line'))?.includes('60 × 60'));
  });

  it('moves only where movement is wanted', async () => {
    const durations = (page: Page): Promise<string[]> =>
      page.evaluate(() =>
        [...document.querySelectorAll('*')]
          .flatMap((element) => getComputedStyle(element).transitionDuration.split(', '))
          .filter((duration) => Number.parseFloat(duration) > 0.001),
      );
    const page = await pages.open({ fixture: 'rosenbrock', motion: true });
    await page.click('#tab-slices');
    await poll('the chart', () => page.$('gl-chart'));
    const animation = () =>
      page.evaluate(() => document.querySelector<ChartElement>('gl-chart')?.instance?.options.animation);
    await poll('a chart that moves', async () => (await animation()) !== false);
    assert.notDeepEqual(await durations(page), []);
    // The system's wish, live; then VS Code's setting.
    await page.emulateMedia({ reducedMotion: 'reduce' });
    assert.deepEqual(await durations(page), []);
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    await page.evaluate(() =>
      window.fakeHost.channel.emit('settings', { backend: 'auto', reducedMotion: true, locale: 'en' }),
    );
    await poll('VS Code’s setting', async () => (await durations(page)).length === 0);
    await page.evaluate(() => window.fakeHost.rosenbrock([0.5, 1]));
    await poll('a chart that stands still', async () => (await animation()) === false);
  });

  it('keeps nothing of the tabs and functions that it has shown', async () => {
    const page = await pages.open({ fixture: 'rosenbrock' });
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    const rounds = async (count: number) => {
      await page.evaluate(
        async ([times, tabs]) => {
          for (let round = 0; round < times; round++) {
            for (const [i, tab] of tabs.entries()) {
              document.querySelector<HTMLElement>(`#tab-${tab}`)!.click();
              await new Promise(requestAnimationFrame);
              window.fakeHost.show(i % 2 === 0 ? 'two-by-three' : 'network');
              await new Promise(requestAnimationFrame);
            }
          }
          document.querySelector<HTMLElement>('#tab-matrix')!.click();
          window.fakeHost.log.length = 0;
          window.fakeHost.show('rosenbrock');
        },
        [count, panelTabs] as const,
      );
      await poll('the first function', async () => (await page.textContent('.result')) === '24.2');
      await session.send('HeapProfiler.collectGarbage');
      const { metrics } = await session.send('Performance.getMetrics');
      const metric = (name: string) => metrics.find((each) => each.name === name)!.value;
      return { nodes: metric('Nodes'), listeners: metric('JSEventListeners'), heap: metric('JSHeapUsedSize') };
    };
    const before = await rounds(1);
    const after = await rounds(4);
    const found = JSON.stringify([before, after]);
    assert.ok(after.listeners <= before.listeners + 10, found);
    assert.ok(after.nodes <= before.nodes + 100, found);
    assert.ok(after.heap <= before.heap + 2e6, found);
  });

  it('speaks German', async () => {
    const page = await pages.open({ fixture: 'rosenbrock', locale: 'de' });
    await poll('German tabs', async () => (await page.textContent('#tab-timing'))?.trim() === 'Zeiten');
    assert.equal(await page.getAttribute('html', 'lang'), 'de');
  });

  const widths = [
    [280, 'network'],
    [360, 'long-names'],
    [640, 'network'],
  ] as const;
  for (const [width, fixture] of widths) {
    it(`fits ${width} pixels without scrolling sideways: ${fixture}`, async () => {
      const page = await pages.open({ fixture, width });
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
});
