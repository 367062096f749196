/**
 * The same for compressed sparse rows, never made dense: the entries in sight are dropped into their pixels one by one, or,
 * where they are too many for a frame, a grid of at most 2048 × 2048 blocks that was filled once stands in for them.
 */
import type { SparseMatrix } from '../../runner/protocol';
import { lowerBound } from '../model/matrix';
import { CODE } from './colorScale';
import { CodePyramid, type Reduce } from './pyramid';
import { rasterizeCodes, type RasterView } from './raster';

const DIRECT_LIMIT = 400_000;
const GRID = 2048;

export interface EncodedSparse {
  matrix: SparseMatrix;
  /** One code a stored entry. */
  codes: Uint8Array;
  /** The code of an entry that is not stored. */
  absent: number;
  priority: Uint8Array;
  reduce: Reduce;
}

export class SparseRaster {
  private grid?: { pyramid: CodePyramid; rowBlock: number; columnBlock: number };

  constructor(private readonly encoded: EncodedSparse) {}

  rasterize(view: RasterView, out: Uint8Array): void {
    const { matrix, absent } = this.encoded;
    const firstRow = Math.max(0, Math.floor(view.y));
    const lastRow = Math.min(matrix.rows, Math.ceil(view.y + view.height / view.cellHeight));
    const entries = matrix.rowStarts[lastRow] - matrix.rowStarts[firstRow];
    if (entries > DIRECT_LIMIT) {
      const { pyramid, rowBlock, columnBlock } = this.blocks();
      const coarse = {
        ...view,
        x: view.x / columnBlock,
        y: view.y / rowBlock,
        cellWidth: view.cellWidth * columnBlock,
        cellHeight: view.cellHeight * rowBlock,
      };
      // As soon as a block of the grid would be seen as such, the entries themselves are worth their time.
      if (coarse.cellWidth <= 1.5 && coarse.cellHeight <= 1.5) {
        rasterizeCodes(pyramid, this.encoded.priority, coarse, out);
        return;
      }
    }
    out.fill(CODE.outside);
    const inside = {
      width: Math.min(view.width, Math.ceil((matrix.columns - view.x) * view.cellWidth - 1e-9)),
      height: Math.min(view.height, Math.ceil((matrix.rows - view.y) * view.cellHeight - 1e-9)),
    };
    for (let py = 0; py < inside.height; py++) out.fill(absent, py * view.width, py * view.width + inside.width);
    this.drop(view, firstRow, lastRow, inside, out);
  }

  private drop(
    view: RasterView,
    firstRow: number,
    lastRow: number,
    inside: { width: number; height: number },
    out: Uint8Array,
  ): void {
    const { matrix, codes, priority, reduce } = this.encoded;
    const { rowStarts, columnIndices } = matrix;
    const density = reduce === 'density' && (view.cellWidth < 1 || view.cellHeight < 1);
    const counts = density ? new Uint32Array(view.width * view.height) : undefined;
    const lastColumn = view.x + view.width / view.cellWidth;
    for (let r = firstRow; r < lastRow; r++) {
      const [top, bottom] = pixelsOf(r, view.y, view.cellHeight, inside.height);
      for (
        let e = lowerBound(columnIndices, rowStarts[r], rowStarts[r + 1], Math.floor(view.x));
        e < rowStarts[r + 1];
        e++
      ) {
        const c = columnIndices[e];
        if (c >= lastColumn) break;
        const code = codes[e];
        if (density && code === 0) continue;
        const [left, right] = pixelsOf(c, view.x, view.cellWidth, inside.width);
        for (let py = top; py < bottom; py++) {
          for (let i = py * view.width + left; i < py * view.width + right; i++) {
            if (counts !== undefined) counts[i]++;
            else if (priority[code] > priority[out[i]] || out[i] === CODE.outside) out[i] = code;
          }
        }
      }
    }
    if (counts !== undefined) {
      const cells = Math.max(1, 1 / view.cellWidth) * Math.max(1, 1 / view.cellHeight);
      for (let i = 0; i < counts.length; i++) if (counts[i] > 0) out[i] = densityCode(counts[i] / cells);
    }
  }

  /** The grid that stands in for too many entries. */
  private blocks(): { pyramid: CodePyramid; rowBlock: number; columnBlock: number } {
    if (this.grid !== undefined) return this.grid;
    const { matrix, codes, priority, reduce, absent } = this.encoded;
    const rowBlock = 2 ** Math.max(0, Math.ceil(Math.log2(matrix.rows / GRID)));
    const columnBlock = 2 ** Math.max(0, Math.ceil(Math.log2(matrix.columns / GRID)));
    const rows = Math.ceil(matrix.rows / rowBlock);
    const columns = Math.ceil(matrix.columns / columnBlock);
    const grid = new Uint8Array(rows * columns).fill(absent);
    const counts = reduce === 'density' ? new Uint32Array(rows * columns) : undefined;
    for (let r = 0; r < matrix.rows; r++) {
      const target = Math.floor(r / rowBlock) * columns;
      for (let e = matrix.rowStarts[r]; e < matrix.rowStarts[r + 1]; e++) {
        const i = target + Math.floor(matrix.columnIndices[e] / columnBlock);
        if (counts !== undefined) counts[i] += codes[e] === 0 ? 0 : 1;
        else if (priority[codes[e]] > priority[grid[i]]) grid[i] = codes[e];
      }
    }
    if (counts !== undefined) {
      for (let i = 0; i < counts.length; i++)
        if (counts[i] > 0) grid[i] = densityCode(counts[i] / (rowBlock * columnBlock));
    }
    this.grid = { pyramid: new CodePyramid({ rows, columns, codes: grid }, priority, reduce), rowBlock, columnBlock };
    return this.grid;
  }
}

/**
 * The pixels of a cell, first and past the last: those that begin inside a magnified cell, those that a small cell touches.
 */
function pixelsOf(index: number, origin: number, cell: number, pixels: number): [number, number] {
  const from = (index - origin) * cell;
  const first = Math.max(0, cell >= 1 ? Math.ceil(from - 1e-9) : Math.floor(from + 1e-9));
  return [first, Math.min(pixels, Math.max(cell >= 1 ? first : first + 1, Math.ceil(from + cell - 1e-9)))];
}

/** A density of 0 … 1 as a step of the table; the square root keeps thin patterns apart, and nothing rounds down to empty. */
export function densityCode(density: number): number {
  return Math.max(1, Math.round(250 * Math.sqrt(Math.min(1, density))));
}
