/** The panel in a real VS Code: opened by a lens, live with the editor, linked to its lines, back after a reload. */
import assert from 'node:assert/strict';
import type { Frame } from 'playwright-core';
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
`;

const gradient = [-215.59999999999997, -87.99999999999999];

describe('the panel in VS Code', function () {
  let ui: Workbench;

  const panel = (): Promise<Frame> => ui.webviewFrame('#app .tabs');
  const text = async (selector: string) => (await (await panel()).textContent(selector)) ?? '';

  before(async () => {
    ui = await workbench();
    ui.write('panel.ts', source);
    await ui.openFile('panel.ts', 3);
  });
  after(() => ui.reset());

  it('opens beside the editor by a lens, with the gradient', async () => {
    await ui.waitForLens(/rosenbrock/);
    await ui.clickLens(/∇|Gradient/);
    await poll('the value', async () => (await text('.result')).includes('24.2'));
    assert.match(await text('h1'), /rosenbrock/);
    await ui.screenshot('panel-first');
  });

  it('paints known cells in the colour map’s colours', async () => {
    const frame = await panel();
    const colors = await poll('painted cells', () =>
      frame.evaluate(() => {
        const heatmap = document.querySelector('gl-heatmap') as HeatmapElement;
        const cells = document.querySelector<HTMLCanvasElement>('.gl-heatmap-cells')!;
        const ratio = cells.width / heatmap.clientWidth;
        return [0, 1].map((column) => {
          const { x, y } = heatmap.cellRectangle(0, column)!;
          return [
            ...cells
              .getContext('2d')!
              .getImageData(Math.round((x + 4) * ratio), Math.round((y + 4) * ratio), 1, 1)
              .data.slice(0, 3),
          ];
        });
      }),
    );
    const background = await frame.evaluate(() =>
      getComputedStyle(document.documentElement).getPropertyValue('--vscode-editor-background'),
    );
    const rgb = [1, 3, 5].map((at) => Number.parseInt(background.trim().slice(at, at + 2), 16)) as [
      number,
      number,
      number,
    ];
    const table = divergingTable('RdBu', 'dark', rgb);
    const scale = createScale('linear', measureMagnitudes(gradient));
    assert.deepEqual(
      colors,
      gradient.map((value) => [...table[encodeValue(value, scale)]]),
    );
  });
});
