/** Panning moves the picture and paints the rest: the result is that of painting everything. */
import assert from 'node:assert/strict';
import { divergingTable } from '../../../src/webview/heatmap/colorMaps';
import { EncodedMatrix, paletteOf } from '../../../src/webview/heatmap/encoded';
import { FrameBuffers } from '../../../src/webview/heatmap/frameBuffers';
import { snap } from '../../../src/webview/heatmap/viewport';

/** What the browser has; Node lacks it. */
class Picture {
  readonly data: Uint8ClampedArray;
  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.data = new Uint8ClampedArray(4 * width * height);
  }
}

describe('panning a heatmap', () => {
  const original = (globalThis as { ImageData?: unknown }).ImageData;
  before(() => Object.assign(globalThis, { ImageData: Picture }));
  after(() => Object.assign(globalThis, { ImageData: original }));

  const palette = paletteOf(divergingTable('RdBu', 'dark', [31, 31, 31]), 'value', {
    tone: 'dark',
    background: [31, 31, 31],
    foreground: [255, 255, 255],
    accent: [0, 120, 212],
  });

  function matrix(rows: number, columns: number): EncodedMatrix {
    let seed = 7;
    const values = Float64Array.from({ length: rows * columns }, () => {
      seed = (seed * 48271) % 2147483647;
      const kind = seed % 41;
      if (kind < 3) return [NaN, Infinity, -Infinity][kind];
      return (seed % 1000) / 500 - 1;
    });
    return new EncodedMatrix({ kind: 'dense', rows, columns, values }, 'value', 'linear');
  }

  for (const [cell, ratio] of [
    [0.37, 1],
    [0.37, 1.5],
    [1, 2],
    [3.3, 1.25],
    [17, 1],
  ]) {
    it(`cells of ${cell} pixels at a ratio of ${ratio}`, () => {
      const encoded = matrix(320, 410);
      const extent = { rows: 320, columns: 410, width: 90, height: 70 };
      const size = { width: Math.round(90 * ratio), height: Math.round(70 * ratio) };
      const buffers = new FrameBuffers();
      const most = size.width * size.height;
      let view = { x: 20 / cell, y: 15 / cell, cellWidth: cell, cellHeight: cell };
      let seed = 99;
      const step = (): number => ((seed = (seed * 48271) % 2147483647) % 41) - 20;
      let partly = 0;
      for (let index = 0; index < 60; index++) {
        view = snap(
          { ...view, x: Math.max(0, view.x + step() / cell / ratio), y: Math.max(0, view.y + step() / cell / ratio) },
          extent,
          ratio,
        );
        const inPixels = { ...view, cellWidth: cell * ratio, cellHeight: cell * ratio, ...size };
        const moved = Buffer.from(buffers.paint(encoded, palette, inPixels).data);
        if (buffers.painted < most) partly++;
        const whole = Buffer.from(new FrameBuffers().paint(encoded, palette, inPixels).data);
        assert.ok(moved.equals(whole), `step ${index}`);
      }
      assert.equal(partly, 59);
    });
  }

  it('paints another matrix and another size as a whole', () => {
    const buffers = new FrameBuffers();
    const view = { x: 0, y: 0, cellWidth: 2, cellHeight: 2, width: 60, height: 40 };
    buffers.paint(matrix(50, 50), palette, view);
    const other = matrix(40, 50);
    buffers.paint(other, palette, view);
    assert.equal(buffers.painted, 2400);
    buffers.paint(other, palette, { ...view, width: 61 });
    assert.equal(buffers.painted, 2440);
    buffers.paint(other, palette, { ...view, width: 61, x: 3 });
    assert.equal(buffers.painted, 240);
    buffers.paint(other, palette, { ...view, width: 61, x: 3.2 });
    assert.equal(buffers.painted, 2440);
  });
});
