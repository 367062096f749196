/**
 * The pixels of the cells from frame to frame. While a matrix is panned, what stays in sight is moved and only the strips that
 * come into sight are painted: a few thousand pixels a frame instead of a million.
 */
import type { EncodedMatrix } from './encoded';
import { paintCodes, type Palette, type RasterView } from './raster';

/** A part of the picture. */
interface Part {
  left: number;
  top: number;
  width: number;
  height: number;
}

export class FrameBuffers {
  private codes = new Uint8Array(0);
  private image = new ImageData(1, 1);
  private pixels = new Uint32Array(this.image.data.buffer);
  private last: { encoded: EncodedMatrix; palette: Palette; view: RasterView } | undefined;
  /** Pixels that were computed for the last frame; the tests read it. */
  painted = 0;

  /** The cells in sight as a picture, valid until the next call. */
  paint(encoded: EncodedMatrix, palette: Palette, view: RasterView): ImageData {
    this.resize(view.width, view.height);
    this.painted = 0;
    const moved = this.moved(encoded, palette, view);
    if (moved === undefined)
      this.part(encoded, palette, view, { left: 0, top: 0, width: view.width, height: view.height });
    else this.pan(encoded, palette, view, moved);
    this.last = { encoded, palette, view };
    return this.image;
  }

  /** By how many pixels the same picture has moved; undefined where it is another one. */
  private moved(encoded: EncodedMatrix, palette: Palette, view: RasterView): { dx: number; dy: number } | undefined {
    const { last } = this;
    // Compressed rows choose between their entries and coarse blocks by what is in sight: parts could differ from the whole.
    if (last?.encoded !== encoded || last.palette !== palette || encoded.matrix.kind !== 'dense') return undefined;
    if (last.view.cellWidth !== view.cellWidth || last.view.cellHeight !== view.cellHeight) return undefined;
    const dx = (view.x - last.view.x) * view.cellWidth;
    const dy = (view.y - last.view.y) * view.cellHeight;
    const whole = Math.abs(dx - Math.round(dx)) < 1e-3 && Math.abs(dy - Math.round(dy)) < 1e-3;
    if (!whole || Math.abs(dx) >= view.width || Math.abs(dy) >= view.height) return undefined;
    return { dx: Math.round(dx), dy: Math.round(dy) };
  }

  private pan(
    encoded: EncodedMatrix,
    palette: Palette,
    view: RasterView,
    { dx, dy }: { dx: number; dy: number },
  ): void {
    const { width, height } = view;
    const { pixels } = this;
    const rows = height - Math.abs(dy);
    const columns = width - Math.abs(dx);
    // Upwards from the top, downwards from the bottom, so that no row is overwritten before it is read.
    for (let index = 0; index < rows; index++) {
      const row = dy >= 0 ? index : height - 1 - index;
      const from = (row + dy) * width + Math.max(0, dx);
      pixels.copyWithin(row * width + Math.max(0, -dx), from, from + columns);
    }
    const top = dy < 0 ? -dy : 0;
    if (dy !== 0) {
      this.part(encoded, palette, view, { left: 0, top: dy < 0 ? 0 : rows, width, height: Math.abs(dy) });
    }
    if (dx !== 0) {
      this.part(encoded, palette, view, { left: dx < 0 ? 0 : columns, top, width: Math.abs(dx), height: rows });
    }
  }

  private part(encoded: EncodedMatrix, palette: Palette, view: RasterView, { left, top, width, height }: Part): void {
    if (width <= 0 || height <= 0) return;
    const codes = this.codes.subarray(0, width * height);
    encoded.rasterize(
      { ...view, x: view.x + left / view.cellWidth, y: view.y + top / view.cellHeight, width, height },
      codes,
    );
    const phase = (cells: number, cell: number): number => Math.round(cells * cell) % 6;
    paintCodes(codes, { width, height }, palette, this.pixels, {
      left,
      top,
      stride: view.width,
      phaseX: phase(view.x, view.cellWidth) + left,
      phaseY: phase(view.y, view.cellHeight) + top,
    });
    this.painted += width * height;
  }

  private resize(width: number, height: number): void {
    if (this.image.width === width && this.image.height === height) return;
    this.codes = new Uint8Array(width * height);
    this.image = new ImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.last = undefined;
  }
}
