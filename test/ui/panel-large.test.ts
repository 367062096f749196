/** Large derivatives through the real channel: runner, extension host, webview. Figures are printed; machines differ. */
import assert from 'node:assert/strict';
import { loadavg } from 'node:os';
import type { Frame } from 'playwright-core';
import type { HeatmapElement } from '../../src/webview/heatmap/heatmapElement';
import { poll, type Workbench, workbench } from './harness';

const source = `/** @at Array.from({ length: 2000 }, (_, i) => Math.sin(i)) */
export function dense(x: number[]): number[] {
  let energy = 0;
  for (const v of x) energy += v * v;
  return x.map((v) => v * energy);
}

/** @at Float64Array.from({ length: 100_000 }, (_, i) => Math.sin(i)) */
export function banded(x: Float64Array): Float64Array {
  const y = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    y[i] = 2 * x[i] - (i > 0 ? x[i - 1] : 0);
  }
  return y;
}

/** @at Float64Array.from({ length: 1_000_000 }, (_, i) => i) */
export function loss(w: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < w.length; i++) sum += w[i] * w[i];
  return sum / 2;
}
`;

describe('large matrices in VS Code', () => {
  let ui: Workbench;
  const panel = (): Promise<Frame> => ui.webviewFrame('#app');
  const read = <T, A>(probe: (argument: A) => T, argument: A): Promise<T | undefined> =>
    panel()
      .then((frame) => frame.evaluate(probe as (argument: unknown) => T, argument as unknown))
      .catch(() => undefined);

  before(async () => {
    ui = await workbench();
    ui.write('large/large.ts', source);
    // Each function takes its time on a machine that is loaded.
    await ui.changeSetting('gradlens.timeLimit', 60_000);
    await ui.openFile('large/large.ts', 3);
  });
  after(async () => {
    await ui.changeSetting('gradlens.timeLimit', undefined);
    await ui.reset();
  });

  /** Moves the mouse over a cell and gives the readout. */
  async function readoutAt(row: number, column: number): Promise<string> {
    const frame = await panel();
    const cell = await frame.evaluate(
      ([r, c]) => document.querySelector<HeatmapElement>('gl-heatmap')!.cellRectangle(r, c)!,
      [row, column],
    );
    const canvas = await frame.waitForSelector('.gl-heatmap-marks');
    await canvas.hover({ position: { x: cell.x + cell.width / 2, y: cell.y + cell.height / 2 } });
    return ((await frame.textContent('.readout')) ?? '').replace(/\s+/g, ' ').trim();
  }

  const shape = (): Promise<[string, number, number] | undefined> =>
    read(() => {
      const matrix = document.querySelector<HeatmapElement>('gl-heatmap')?.painted?.encoded.matrix;
      return matrix && ([matrix.kind, matrix.rows, matrix.columns] as [string, number, number]);
    }, null);

  const open = async (name: string, line: number, rows: number, columns: number): Promise<void> => {
    await ui.execute('workbench.action.focusFirstEditorGroup');
    await ui.openFile('large/large.ts', line);
    await poll(`the panel of ${name}`, async () => (await (await panel()).textContent('h1'))?.includes(name));
    await poll(`${name}’s matrix`, async () => {
      const [, r, c] = (await shape()) ?? [];
      return r === rows && c === columns;
    });
  };

  it('2000 × 2000: more than is live, computed since the panel shows it', async () => {
    await ui.waitForLens(/dense/);
    await ui.openPanelByLens(/Jacobian/);
    await open('dense', 3, 2000, 2000);
    await poll('its corner', async () => /∂dense\[0\]\/∂x\[0\] = /.test(await readoutAt(0, 0)));
    const [energy, x] = [
      Array.from({ length: 2000 }, (_, i) => Math.sin(i) ** 2).reduce((sum, each) => sum + each, 0),
      (i: number) => Math.sin(i),
    ];
    const readout = await poll('an entry', async () => {
      const text = await readoutAt(1000, 1500);
      return /= /.test(text) ? text : undefined;
    });
    const [, row, column, value] = /dense\[(\d+)\]\/∂x\[(\d+)\] = (.*)$/.exec(readout)!;
    const expected = 2 * x(Number(row)) * x(Number(column)) + (row === column ? energy : 0);
    assert.ok(Math.abs(Number(value.replace('−', '-')) - expected) < 1e-3 * Math.abs(expected), readout);
  });

  it('2000 × 2000 again: the message holds bytes, and the first paint follows within a second (figure)', async () => {
    await (
      await panel()
    ).evaluate(() => {
      const marks = window as unknown as { arrived?: number; bytes?: number; paints: number[] };
      marks.paints = [];
      window.addEventListener(
        'message',
        ({ data, timeStamp }: MessageEvent<{ result?: { matrix?: { values: unknown } } }>) => {
          const values = data.result?.matrix?.values;
          if (values instanceof Float64Array) Object.assign(marks, { arrived: timeStamp, bytes: values.byteLength });
        },
      );
      document.addEventListener('gl-paint', () => marks.paints.push(performance.now()), true);
    });
    await ui.execute('workbench.action.focusFirstEditorGroup');
    await ui.openFile('large/large.ts', 5);
    await ui.page.keyboard.press('End');
    await ui.typeText(' // again');
    const { bytes, time } = await poll('the newest matrix', () =>
      read(() => {
        const { arrived, bytes, paints } = window as unknown as { arrived?: number; bytes?: number; paints: number[] };
        // The panel's listener may paint before the one above is called: the event itself knows when it came.
        const painted = arrived === undefined ? undefined : paints.find((time) => time >= arrived);
        return arrived === undefined || painted === undefined ? undefined : { bytes, time: painted - arrived };
      }, null),
    );
    assert.equal(bytes, 32_000_000);
    console.log(`      2000 × 2000: ${time.toFixed(0)} ms from message to paint (load ${loadavg()[0]?.toFixed(1)})`);
  });

  it('pans 2000 × 2000 at the display’s rate (figure)', async () => {
    const { frames, paints, pixels } = await (
      await panel()
    ).evaluate(async () => {
      const heatmap = document.querySelector<HeatmapElement>('gl-heatmap')!;
      heatmap.zoomBy(3);
      for (let index = 0; index < 2; index++) await new Promise(requestAnimationFrame);
      const [frames, paints, pixels]: number[][] = [[], [], []];
      let last = await new Promise<number>(requestAnimationFrame);
      for (let index = 0; index < 180; index++) {
        const direction = index % 60 < 30 ? -1 : 1;
        heatmap.pan(4 * direction, 3 * direction);
        const now = await new Promise<number>(requestAnimationFrame);
        frames.push(now - last);
        last = now;
        paints.push(heatmap.lastPaint.milliseconds);
        pixels.push(heatmap.lastPaint.pixels);
      }
      heatmap.zoomToFit();
      return { frames, paints, pixels };
    });
    const at = (values: number[], share: number): string =>
      [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))].toFixed(1);
    console.log(
      `      panning: ${at(paints, 0.5)} ms to draw a frame (99 %: ${at(paints, 0.99)}), ${at(frames, 0.5)} ms from frame to frame ` +
        `(99 %: ${at(frames, 0.99)}; load ${loadavg()[0]?.toFixed(1)})`,
    );
    // A moved picture: of each frame only the strips that came into sight are computed.
    assert.ok(Number(at(pixels, 0.5)) < 20_000, `${at(pixels, 0.5)} pixels`);
  });

  it('10⁵ × 10⁵ in compressed rows', async () => {
    await open('banded', 11, 100_000, 100_000);
    assert.equal((await shape())?.[0], 'sparse');
    await poll('the number of entries', async () =>
      ((await (await panel()).textContent('.facts-line')) ?? '').includes('100,000 × 100,000'),
    );
    await (
      await panel()
    ).evaluate(() => {
      const heatmap = document.querySelector<HeatmapElement>('gl-heatmap')!;
      const { left, top } = heatmap.painted!.layout;
      // The cells stay square, so that the point of the diagonal stays where it is.
      while (heatmap.painted!.view.cellWidth < 20) heatmap.zoomBy(1.5, left + 100, top + 100);
    });
    const found = await poll('a cell in sight', () =>
      read(() => {
        const { view, layout } = document.querySelector<HeatmapElement>('gl-heatmap')!.painted!;
        if (view.cellWidth < 10) return undefined;
        const row = Math.ceil(Math.max(view.y, view.x)) + 1;
        return row < view.y + layout.height / view.cellHeight - 1 ? row : undefined;
      }, null),
    );
    await poll('its value', async () => (await readoutAt(found, found)) === `∂banded[${found}]/∂x[${found}] = 2`);
    await poll('the band beside it', async () => (await readoutAt(found, found - 1)).endsWith('= −1'));
  });

  it('a gradient of 10⁶ entries, exact', async () => {
    await open('loss', 19, 1, 1_000_000);
    const text = await poll('an entry', async () => {
      const now = await readoutAt(0, 600_000);
      return /∂loss\/∂w\[\d+\] = /.test(now) ? now : undefined;
    });
    const [, index, value] = /w\[(\d+)\] = (.*)$/.exec(text)!;
    const shown = Number(value.replaceAll(',', ''));
    assert.ok(Math.abs(shown - Number(index)) <= 1e-3 * Number(index), text);
  });
});
