import assert from 'node:assert/strict';
import type { SparseMatrix } from '../../../src/runner/protocol';
import {
  CODE,
  createScale,
  encode,
  measureMagnitudes,
  patternScale,
  priorities,
} from '../../../src/webview/heatmap/colorScale';
import { CENTER } from '../../../src/webview/heatmap/colorMaps';
import { EncodedMatrix } from '../../../src/webview/heatmap/encoded';
import { CodePyramid } from '../../../src/webview/heatmap/pyramid';
import { mapAxis, paintCodes, rasterizeCodes, type RasterView } from '../../../src/webview/heatmap/raster';
import { densityCode, SparseRaster } from '../../../src/webview/heatmap/sparseRaster';

const priority = priorities(true);

/** A small generator, so that every run sees the same matrices. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** For each pixel the most important code of the cells under it, by looking at every cell. */
function brute(codes: Uint8Array, rows: number, columns: number, view: RasterView): Uint8Array {
  const out = new Uint8Array(view.width * view.height).fill(CODE.outside);
  const range = (origin: number, cell: number, p: number, count: number) => {
    const from = Math.floor(origin + p / cell + 1e-9);
    return [from, cell >= 1 ? from + 1 : Math.max(from + 1, Math.ceil(origin + (p + 1) / cell - 1e-9))].map((value) =>
      Math.min(count, value),
    );
  };
  for (let py = 0; py < view.height; py++) {
    for (let px = 0; px < view.width; px++) {
      if (view.x + px / view.cellWidth >= columns - 1e-9 || view.y + py / view.cellHeight >= rows - 1e-9) continue;
      const [r0, r1] = range(view.y, view.cellHeight, py, rows);
      const [c0, c1] = range(view.x, view.cellWidth, px, columns);
      let best = codes[r0 * columns + c0];
      for (let r = r0; r < r1; r++)
        for (let c = c0; c < c1; c++)
          if (priority[codes[r * columns + c]] > priority[best]) best = codes[r * columns + c];
      out[py * view.width + px] = best;
    }
  }
  return out;
}

function sparseOf(rows: number, columns: number, cells: [number, number, number][]): SparseMatrix {
  const sorted = [...cells].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const rowStarts = new Int32Array(rows + 1);
  for (const [r] of sorted) rowStarts[r + 1]++;
  for (let r = 0; r < rows; r++) rowStarts[r + 1] += rowStarts[r];
  return {
    kind: 'sparse',
    rows,
    columns,
    rowStarts,
    columnIndices: Int32Array.from(sorted, ([, c]) => c),
    values: Float64Array.from(sorted, ([, , v]) => v),
    colors: 1,
  };
}

function diagonalOf(n: number, value: (i: number) => number): SparseMatrix {
  const indices = Int32Array.from({ length: n + 1 }, (_, i) => i);
  return {
    kind: 'sparse',
    rows: n,
    columns: n,
    rowStarts: indices,
    columnIndices: indices.slice(0, n),
    values: Float64Array.from({ length: n }, (_, i) => value(i)),
    colors: 1,
  };
}

describe('the dense raster', () => {
  const random = numbers(7);
  const [rows, columns] = [96, 130];
  const values = Float64Array.from({ length: rows * columns }, () => (random() - 0.5) ** 3);
  values[17 * columns + 101] = 40;
  const scale = createScale('linear', measureMagnitudes(values));
  const codes = encode(values, scale);

  it('magnified, shows every cell in its own pixels', () => {
    const pyramid = new CodePyramid({ rows, columns, codes }, priority);
    for (const view of [
      { x: 0, y: 0, cellWidth: 4, cellHeight: 3, width: 200, height: 120 },
      { x: 10.3, y: 5.7, cellWidth: 7.5, cellHeight: 7.5, width: 300, height: 200 },
      { x: 120, y: 90, cellWidth: 20, cellHeight: 20, width: 400, height: 300 },
    ]) {
      const out = new Uint8Array(view.width * view.height);
      rasterizeCodes(pyramid, priority, view, out);
      assert.deepEqual(out, brute(codes, rows, columns, view));
    }
  });

  it('reduced, shows no less than the most important cell of each pixel', () => {
    const pyramid = new CodePyramid({ rows, columns, codes }, priority);
    for (const cell of [0.9, 0.5, 0.31, 0.12]) {
      const view = {
        x: 0,
        y: 0,
        cellWidth: cell,
        cellHeight: cell,
        width: Math.ceil(columns * cell),
        height: Math.ceil(rows * cell),
      };
      const out = new Uint8Array(view.width * view.height);
      rasterizeCodes(pyramid, priority, view, out);
      brute(codes, rows, columns, view).forEach((expected, i) =>
        assert.ok(priority[out[i]] >= priority[expected], `${cell} ${i}`),
      );
    }
  });

  it('keeps a single spike at every zoom', () => {
    const lonely = new Float64Array(1000 * 1000);
    lonely[777 * 1000 + 123] = -1;
    const pyramid = new CodePyramid(
      { rows: 1000, columns: 1000, codes: encode(lonely, createScale('linear', measureMagnitudes(lonely))) },
      priority,
    );
    for (const cell of [0.99, 0.6, 0.25, 0.07, 0.01]) {
      const view = {
        x: 0,
        y: 0,
        cellWidth: cell,
        cellHeight: cell,
        width: Math.ceil(1000 * cell),
        height: Math.ceil(1000 * cell),
      };
      const out = new Uint8Array(view.width * view.height);
      rasterizeCodes(pyramid, priority, view, out);
      const at = out.findIndex((code) => code === 0);
      assert.ok(at >= 0, `lost at ${cell}`);
      assert.ok(
        Math.abs((at % view.width) - 123 * cell) <= 2 && Math.abs(Math.floor(at / view.width) - 777 * cell) <= 2,
      );
    }
  });

  it('copies of a matrix take at most four times its bytes', () => {
    const pyramid = new CodePyramid({ rows: 64, columns: 64, codes: new Uint8Array(64 * 64) }, priority);
    let bytes = 0;
    for (let r = 0; r <= 6; r++) for (let c = 0; c <= 6; c++) bytes += pyramid.level(r, c).codes.length;
    assert.ok(bytes <= 4 * 64 * 64);
  });

  it('the mean density never rounds an entry down to nothing', () => {
    const dots = new Uint8Array(256 * 256);
    dots[5000] = 250;
    const pyramid = new CodePyramid({ rows: 256, columns: 256, codes: dots }, priorities(false), 'density');
    assert.ok(pyramid.level(8, 8).codes[0] > 0);
  });

  it('maps pixels to blocks without gaps', () => {
    for (const cell of [0.3, 0.7, 1, 2.5, 13]) {
      const { start, end, length } = mapAxis(3.2, cell, 200, 500);
      for (let p = 1; p < length; p++) assert.ok(start[p] <= end[p - 1] && start[p] >= start[p - 1]);
    }
  });

  it('hatches what is not finite', () => {
    const colors = new Uint32Array(256).fill(1);
    const hatch = new Uint32Array(256).fill(2);
    const out = new Uint32Array(64);
    const size = { width: 8, height: 8 };
    const place = { left: 0, top: 0, stride: 8, phaseX: 0, phaseY: 0 };
    paintCodes(new Uint8Array(64).fill(CODE.nan), size, { colors, hatch }, out, place);
    assert.ok(out.includes(1) && out.includes(2));
    paintCodes(new Uint8Array(64).fill(CENTER), size, { colors, hatch }, out, place);
    assert.ok(!out.includes(2));
  });
});

describe('the sparse raster', () => {
  const random = numbers(3);
  const cells: [number, number, number][] = [];
  const taken = new Set<number>();
  for (let k = 0; k < 500; k++) {
    const [r, c] = [Math.floor(random() * 120), Math.floor(random() * 90)];
    if (!taken.has(r * 90 + c)) cells.push([r, c, random() - 0.5]);
    taken.add(r * 90 + c);
  }
  const matrix = sparseOf(120, 90, cells);
  const scale = createScale('linear', measureMagnitudes(matrix.values));
  const codes = encode(matrix.values, scale);

  it('magnified, equals the dense raster of the same matrix', () => {
    const dense = new Uint8Array(120 * 90).fill(CODE.absent);
    let e = 0;
    for (let r = 0; r < 120; r++)
      for (; e < matrix.rowStarts[r + 1]; e++) dense[r * 90 + matrix.columnIndices[e]] = codes[e];
    const raster = new SparseRaster({ matrix, codes, absent: CODE.absent, priority, reduce: 'extreme' });
    for (const view of [
      { x: 0, y: 0, cellWidth: 4, cellHeight: 4, width: 360, height: 480 },
      { x: 12.5, y: 30.25, cellWidth: 9, cellHeight: 6, width: 200, height: 200 },
    ]) {
      const out = new Uint8Array(view.width * view.height);
      raster.rasterize(view, out);
      assert.deepEqual(out, brute(dense, 120, 90, view));
    }
  });

  it('shows every entry of 10⁵ × 10⁵ somewhere, and nothing where there is none', () => {
    const n = 100_000;
    const diagonal = diagonalOf(n, () => 1);
    const raster = new SparseRaster({
      matrix: diagonal,
      codes: new Uint8Array(n).fill(250),
      absent: CODE.absent,
      priority,
      reduce: 'extreme',
    });
    const view = { x: 0, y: 0, cellWidth: 0.005, cellHeight: 0.005, width: 500, height: 500 };
    const out = new Uint8Array(view.width * view.height);
    raster.rasterize(view, out);
    for (let p = 0; p < 500; p++) assert.equal(out[p * 500 + p], 250);
    assert.equal(out[499], CODE.absent);
  });

  it('uses a grid for more entries than a frame allows, and loses none', () => {
    const n = 600_000;
    const diagonal = diagonalOf(n, (i) => (i === 300_000 ? -1 : 1));
    const marked = new Uint8Array(n).fill(CENTER + 20);
    marked[300_000] = 0;
    const raster = new SparseRaster({
      matrix: diagonal,
      codes: marked,
      absent: CODE.absent,
      priority,
      reduce: 'extreme',
    });
    const view = { x: 0, y: 0, cellWidth: 0.001, cellHeight: 0.001, width: 600, height: 600 };
    const out = new Uint8Array(view.width * view.height);
    raster.rasterize(view, out);
    assert.ok(out.includes(0));
    for (let p = 0; p < 600; p++) assert.ok(out[p * 600 + p] !== CODE.absent);
  });

  it('shades a pattern by its density', () => {
    const full = sparseOf(
      64,
      64,
      Array.from({ length: 64 * 32 }, (_, i) => [Math.floor(i / 32), i % 32, 1]),
    );
    const thin = sparseOf(64, 64, [[3, 3, 1]]);
    const view = { x: 0, y: 0, cellWidth: 0.125, cellHeight: 0.125, width: 8, height: 8 };
    const codeAt = (m: SparseMatrix) => {
      const out = new Uint8Array(64);
      new EncodedMatrix(m, 'pattern', 'auto').rasterize(view, out);
      return out;
    };
    assert.equal(codeAt(full)[0], 250);
    assert.equal(codeAt(full)[7], 0);
    assert.equal(codeAt(thin)[0], densityCode(1 / 64));
    assert.ok(codeAt(thin)[0] > 0 && codeAt(thin)[0] < 100);
    assert.equal(patternScale.toUnit(0), 0);
  });
});
