/** What the suites about the panel in a plain page share: one opened page a test, and how a heatmap is read. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { Rgb } from '../../../src/webview/heatmap/colorMaps';
import type { HeatmapElement } from '../../../src/webview/heatmap/heatmapElement';
import { poll } from '../harness';
import { openPanelPage, type PanelPage, type PanelPageOptions } from './page';

/** The pages of one suite; after each test nothing may have gone wrong in them. */
export function panelPages(): { open(options?: PanelPageOptions): Promise<Page>; opened(): PanelPage } {
  let opened: PanelPage | undefined;
  afterEach(() => {
    const problems = [...(opened?.problems ?? [])];
    opened = undefined;
    assert.deepEqual(problems, [], 'errors of scripts or refused by the content security policy');
  });
  return {
    async open(options = {}) {
      opened = await openPanelPage(options);
      return opened.page;
    },
    opened() {
      assert.ok(opened);
      return opened;
    },
  };
}

export const text = (page: Page, selector: string): Promise<string> =>
  poll(selector, () => page.textContent(selector, { timeout: 5000 }));

/** The colour at the upper left of a cell, read back from the canvas. */
export const cellColor = (page: Page, row: number, column: number): Promise<Rgb> =>
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
export async function cellPlace(page: Page, row: number, column: number): Promise<{ x: number; y: number }> {
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

/** How many times larger than fitted. */
export const zoom = (page: Page) => page.evaluate(() => document.querySelector<HeatmapElement>('gl-heatmap')!.zoom);
/** What the panel has asked the host for under a name. */
export const logged = (page: Page, name: string) =>
  page.evaluate(
    (wanted) => window.fakeHost.log.filter((entry) => entry.name === wanted).map(({ payload }) => payload),
    name,
  );
