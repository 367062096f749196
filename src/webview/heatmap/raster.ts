/**
 * Paints an encoded matrix into device pixels. Every pixel shows the most important code among exactly the cells that it
 * covers (through the pyramid, so at most a few reads a pixel however large the matrix); magnified cells are solid.
 */
import { CODE } from './colorScale';
import type { CodePyramid } from './pyramid';

/** The seen part in device pixels. */
export interface RasterView {
  x: number;
  y: number;
  /** Device pixels a cell. */
  cellWidth: number;
  cellHeight: number;
  width: number;
  height: number;
}

/** For each device pixel the first block it covers and the one after the last; blocks are 2^shift cells. */
export interface AxisMap {
  shift: number;
  start: Int32Array;
  end: Int32Array;
  /** Pixels that lie inside the matrix. */
  length: number;
}

export function mapAxis(origin: number, cell: number, pixels: number, count: number): AxisMap {
  const cellsPerPixel = 1 / cell;
  const shift = cellsPerPixel > 1 ? Math.floor(Math.log2(cellsPerPixel)) : 0;
  const blocks = Math.ceil(count / 2 ** shift);
  const length = Math.max(0, Math.min(pixels, Math.ceil((count - origin) * cell - 1e-9)));
  const start = new Int32Array(length);
  const end = new Int32Array(length);
  const scale = 2 ** -shift;
  for (let p = 0; p < length; p++) {
    const from = (origin + p * cellsPerPixel) * scale;
    const first = Math.min(blocks - 1, Math.floor(from + 1e-9));
    start[p] = first;
    // A magnified cell's pixel belongs to one cell; a pixel over several cells takes part of the one it ends in as well.
    const past = cellsPerPixel > 1 ? Math.ceil((origin + (p + 1) * cellsPerPixel) * scale - 1e-9) : first + 1;
    end[p] = Math.min(blocks, Math.max(first + 1, past));
  }
  return { shift, start, end, length };
}

/** Fills `out` (device pixels, row-major) with codes; pixels outside the matrix get `absent`. */
export function rasterizeCodes(pyramid: CodePyramid, priority: Uint8Array, view: RasterView, out: Uint8Array): void {
  const { width, height } = view;
  const across = mapAxis(view.x, view.cellWidth, width, pyramid.columns);
  const down = mapAxis(view.y, view.cellHeight, height, pyramid.rows);
  const level = pyramid.level(down.shift, across.shift);
  const { codes, columns } = level;
  out.fill(CODE.outside);
  for (let py = 0; py < down.length; py++) {
    const rowStart = down.start[py];
    const rowEnd = down.end[py];
    const target = py * width;
    if (py > 0 && rowStart === down.start[py - 1] && rowEnd === down.end[py - 1]) {
      out.copyWithin(target, target - width, target);
      continue;
    }
    for (let px = 0; px < across.length; px++) {
      const columnStart = across.start[px];
      const columnEnd = across.end[px];
      if (px > 0 && columnStart === across.start[px - 1] && columnEnd === across.end[px - 1]) {
        out[target + px] = out[target + px - 1];
        continue;
      }
      let best = codes[rowStart * columns + columnStart];
      for (let r = rowStart; r < rowEnd; r++) {
        for (let c = columnStart; c < columnEnd; c++) {
          const code = codes[r * columns + c];
          if (priority[code] > priority[best]) best = code;
        }
      }
      out[target + px] = best;
    }
  }
}

/** Colours of the codes, packed; the hatched ones have two. */
export interface Palette {
  colors: Uint32Array;
  /** Second colour of the hatching of NaN and the infinities. */
  hatch: Uint32Array;
}

/** Turns codes into pixels. Stripes of NaN lean right, of +∞ up, of −∞ down: they differ without colour too. */
export function paintCodes(
  codes: Uint8Array,
  { width, height }: { width: number; height: number },
  palette: Palette,
  out: Uint32Array,
  place: Place,
): void {
  const { colors, hatch } = palette;
  for (let py = 0, i = 0; py < height; py++) {
    let o = (place.top + py) * place.stride + place.left;
    for (let px = 0; px < width; px++, i++, o++) {
      const code = codes[i];
      if (code < CODE.negativeInfinity || code === CODE.outside) {
        out[o] = colors[code];
      } else {
        const x = place.phaseX + px;
        const y = place.phaseY + py;
        const phase = code === CODE.nan ? x + y : code === CODE.positiveInfinity ? x : y;
        out[o] = phase % 6 < 3 ? colors[code] : hatch[code];
      }
    }
  }
}

/** Where painted codes go: a part of a picture of `stride` pixels a row; the stripes' phase is that of the matrix. */
export interface Place {
  left: number;
  top: number;
  stride: number;
  phaseX: number;
  phaseY: number;
}
