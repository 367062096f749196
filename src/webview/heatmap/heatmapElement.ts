/**
 * `<gl-heatmap>`: a matrix on a canvas. It owns its viewport and the pointer; what is chosen is told by events and given back
 * as properties. One repaint a frame, however many things changed.
 */
import type { AxisModel } from '../model/labels';
import { matrixAt } from '../model/matrix';
import { onThemeChange, theme } from '../ui/theme';
import { leftMargin, topMargin, type Measure } from './axes';
import type { ColorMapName } from './colorMaps';
import { colorTable, paletteOf, type EncodedMatrix } from './encoded';
import { attachInteraction, type InteractionTarget } from './interaction';
import { FrameBuffers } from './frameBuffers';
import { labelFont, paintMarks, paintScene, type Layout, type Marks, type Scene } from './paint';
import {
  cellAt,
  clamp,
  fit,
  panBy,
  reveal,
  snap,
  zoomAt,
  zoomLevel,
  type HeatmapPlace,
  type Viewport,
} from './viewport';

export interface HeatmapData {
  encoded: EncodedMatrix;
  rows: AxisModel;
  columns: AxisModel;
  colorMap: ColorMapName;
  /** Zoom and position survive as long as this stays. */
  identity: string;
}

export interface CellDetail {
  row: number;
  column: number;
  value: number;
}

const MIN_HEIGHT = 120;
/** Toolbar, legend, summary and padding of a tab; and the height that a matrix gets however little is left. */
const OTHER_PARTS = 172;
const MIN_ROOM = 220;
const NO_CELLS: readonly number[] = [];

export class HeatmapElement extends HTMLElement implements InteractionTarget {
  private readonly base = document.createElement('canvas');
  private readonly overlay = document.createElement('canvas');
  private readonly buffers = new FrameBuffers();
  private readonly marks: Marks = { hover: null, cursor: null, rows: NO_CELLS, columns: NO_CELLS };
  private readonly resizes = new ResizeObserver(() => this.relayout());
  private stops: (() => void)[] = [];
  private current?: HeatmapData;
  private scene?: Scene;
  private view?: Viewport;
  private kept: HeatmapPlace | null = null;
  private frame = 0;
  private dirty = { base: false, marks: false };
  /** What the last frame took to draw; the tests read it. */
  lastPaint = { milliseconds: 0, pixels: 0 };
  /** Upper limit of the height in CSS pixels; by default what the tab has left beside its other parts. */
  maxHeight: number | undefined;

  connectedCallback(): void {
    if (this.base.parentElement === null) {
      this.base.className = 'gl-heatmap-cells';
      this.overlay.className = 'gl-heatmap-marks';
      this.overlay.tabIndex = 0;
      this.overlay.setAttribute('role', 'application');
      this.append(this.base, this.overlay);
    }
    this.overlay.setAttribute('aria-label', this.getAttribute('label') ?? '');
    this.resizes.observe(this);
    const tab = this.closest('.tab-panel');
    if (tab !== null) this.resizes.observe(tab);
    this.stops = [onThemeChange(() => this.relayout()), attachInteraction(this.overlay, this)];
    this.relayout();
  }

  disconnectedCallback(): void {
    this.resizes.disconnect();
    for (const stop of this.stops) stop();
    this.stops = [];
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  get data(): HeatmapData | undefined {
    return this.current;
  }

  set data(data: HeatmapData | undefined) {
    if (data === this.current) return;
    const same = data?.identity === this.current?.identity;
    this.current = data;
    if (!same) {
      this.view = this.kept !== null && this.kept.identity === data?.identity ? this.kept.view : undefined;
      this.marks.hover = null;
    }
    this.relayout();
  }

  /** What was looked at before the element was made; the place of now, where it is a part. */
  set place(place: HeatmapPlace | null) {
    this.kept = place;
  }

  get place(): HeatmapPlace | null {
    if (this.current === undefined || this.view === undefined || this.zoom === 1) return null;
    return { identity: this.current.identity, view: this.view };
  }

  /** The chosen cell. */
  set cursor(cell: { row: number; column: number } | null) {
    if (cell?.row === this.marks.cursor?.row && cell?.column === this.marks.cursor?.column) return;
    this.marks.cursor = cell;
    this.schedule('marks');
  }

  get cursor(): { row: number; column: number } | null {
    return this.marks.cursor;
  }

  /** What the editor's line carries. */
  set highlighted(entries: { rows: readonly number[]; columns: readonly number[] } | null) {
    this.marks.rows = entries?.rows ?? NO_CELLS;
    this.marks.columns = entries?.columns ?? NO_CELLS;
    this.schedule('marks');
  }

  /** Where a cell is on the canvas, in CSS pixels of the element; for the tests and the keyboard. */
  cellRectangle(row: number, column: number): { x: number; y: number; width: number; height: number } | undefined {
    if (this.scene === undefined) return undefined;
    const { layout, view } = this.scene;
    return {
      x: layout.left + (column - view.x) * view.cellWidth,
      y: layout.top + (row - view.y) * view.cellHeight,
      width: view.cellWidth,
      height: view.cellHeight,
    };
  }

  get zoom(): number {
    return this.scene === undefined ? 1 : zoomLevel(this.scene.view, this.scene.layout);
  }

  /** The scene as it is painted, for exports. */
  get painted(): Scene | undefined {
    return this.scene;
  }

  /** Cells and labels on the theme's background. */
  toPng(): Promise<Blob | null> {
    const canvas = document.createElement('canvas');
    canvas.width = this.base.width;
    canvas.height = this.base.height;
    const context = canvas.getContext('2d');
    if (context === null) return Promise.resolve(null);
    const [r, g, b] = theme().background;
    context.fillStyle = `rgb(${r}, ${g}, ${b})`;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.base, 0, 0);
    return new Promise((resolve) => canvas.toBlob(resolve));
  }

  // ------------------------------------------------------------------------------------------ interaction

  pan(dx: number, dy: number): void {
    this.show((view, layout) => panBy(view, dx, dy, layout), true);
  }

  zoomBy(factor: number, x?: number, y?: number): void {
    this.show((view, layout) =>
      zoomAt(
        view,
        factor,
        x === undefined ? layout.width / 2 : x - layout.left,
        y === undefined ? layout.height / 2 : y - layout.top,
        layout,
      ),
    );
  }

  zoomToFit(): void {
    this.show((_view, layout) => fit(layout));
  }

  hoverAt(x: number, y: number): void {
    this.hover(this.hit(x, y));
  }

  leave(): void {
    this.hover(null);
  }

  chooseAt(x: number, y: number): void {
    const cell = this.hit(x, y);
    if (cell !== null) this.choose(cell.row, cell.column);
  }

  clearChoice(): void {
    this.marks.cursor = null;
    this.schedule('marks');
    this.dispatchEvent(new CustomEvent('gl-choose', { detail: null }));
  }

  /** Moves the chosen cell; the first move begins in the middle of what is seen. */
  moveCursor(rows: number, columns: number): void {
    if (this.scene === undefined) return;
    const { layout, view } = this.scene;
    const from = this.marks.cursor ?? {
      row: Math.floor(Math.min(layout.rows - 1, view.y + layout.height / view.cellHeight / 2)),
      column: Math.floor(Math.min(layout.columns - 1, view.x + layout.width / view.cellWidth / 2)),
    };
    const moved = this.marks.cursor === null ? { rows: 0, columns: 0 } : { rows, columns };
    const row = Math.min(layout.rows - 1, Math.max(0, from.row + moved.rows));
    const column = Math.min(layout.columns - 1, Math.max(0, from.column + moved.columns));
    this.show((shown, extent) => reveal(shown, row, column, extent));
    this.choose(row, column);
  }

  /** Cells in sight, for paging. */
  get page(): { rows: number; columns: number } {
    if (this.scene === undefined) return { rows: 1, columns: 1 };
    const { layout, view } = this.scene;
    return {
      rows: Math.max(1, Math.floor(layout.height / view.cellHeight)),
      columns: Math.max(1, Math.floor(layout.width / view.cellWidth)),
    };
  }

  private choose(row: number, column: number): void {
    this.marks.cursor = { row, column };
    this.schedule('marks');
    this.dispatchEvent(new CustomEvent<CellDetail | null>('gl-choose', { detail: this.detail(row, column) }));
  }

  private hover(cell: { row: number; column: number } | null): void {
    if (cell?.row === this.marks.hover?.row && cell?.column === this.marks.hover?.column) return;
    this.marks.hover = cell;
    this.schedule('marks');
    this.dispatchEvent(
      new CustomEvent<CellDetail | null>('gl-hover', {
        detail: cell === null ? null : this.detail(cell.row, cell.column),
      }),
    );
  }

  private detail(row: number, column: number): CellDetail {
    return {
      row,
      column,
      value: this.current === undefined ? NaN : matrixAt(this.current.encoded.matrix, row, column),
    };
  }

  private hit(x: number, y: number): { row: number; column: number } | null {
    if (this.scene === undefined) return null;
    const { layout, view } = this.scene;
    if (x < layout.left || y < layout.top || x > layout.left + layout.width || y > layout.top + layout.height)
      return null;
    return cellAt(view, x - layout.left, y - layout.top, layout);
  }

  /** Shows another part; `whole`: moved by whole device pixels, so that what stays in sight is not painted again. */
  private show(change: (view: Viewport, layout: Layout) => Viewport, whole = false): void {
    if (this.scene === undefined) return;
    const { view: before, layout } = this.scene;
    // The exact view goes on beside the one on the pixels: many small steps add up.
    this.view = change(this.view ?? before, layout);
    const view = whole ? snap(this.view, layout, layout.ratio) : this.view;
    if (
      view.x === before.x &&
      view.y === before.y &&
      view.cellWidth === before.cellWidth &&
      view.cellHeight === before.cellHeight
    )
      return;
    this.scene = { ...this.scene, view };
    this.schedule('base');
    this.dispatchEvent(new CustomEvent('gl-view', { detail: this.zoom }));
  }

  // ------------------------------------------------------------------------------------------ layout and frames

  private relayout(): void {
    const data = this.current;
    const width = this.clientWidth;
    const context = this.base.getContext('2d');
    if (data === undefined || context === null || width === 0 || !this.isConnected) return;
    const colors = theme();
    context.font = labelFont(colors);
    const measure: Measure = (text) => context.measureText(text).width;
    const { rows, columns } = data.encoded.matrix;
    const left = leftMargin(data.rows, width, measure);
    const limit = this.maxHeight ?? Math.max(MIN_ROOM, (this.closest('.tab-panel')?.clientHeight ?? 0) - OTHER_PARTS);
    const extent = { rows, columns, width: Math.max(16, width - left - 2), height: Math.max(MIN_HEIGHT, limit) };
    const across = fit(extent);
    const { top, rotated } = topMargin(data.columns, across.cellWidth, measure);
    const plot = { ...extent, height: Math.max(MIN_HEIGHT, limit - top) };
    const fitted = fit(plot);
    const height = Math.min(plot.height, Math.ceil(fitted.cellHeight * rows));
    const layout: Layout = { ...plot, height, left, top, rotated, ratio: window.devicePixelRatio || 1 };
    const view = this.view === undefined ? fit(layout) : clamp(this.view, layout);
    if (this.view !== undefined) this.view = view;
    const table = colorTable(data.encoded.mode, data.colorMap, colors);
    this.scene = {
      encoded: data.encoded,
      rows: data.rows,
      columns: data.columns,
      table,
      palette: paletteOf(table, data.encoded.mode, colors),
      theme: colors,
      layout,
      view,
    };
    const total = top + height + 6;
    this.style.height = `${total}px`;
    for (const canvas of [this.base, this.overlay]) {
      const pixels = { width: Math.round(width * layout.ratio), height: Math.round(total * layout.ratio) };
      if (canvas.width !== pixels.width || canvas.height !== pixels.height) Object.assign(canvas, pixels);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${total}px`;
    }
    // Resizing has cleared the canvas: an empty frame would flicker.
    this.dirty = { base: true, marks: true };
    this.draw();
  }

  private schedule(part: 'base' | 'marks'): void {
    this.dirty[part] = true;
    if (part === 'base') this.dirty.marks = true;
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const base = this.base.getContext('2d');
    const overlay = this.overlay.getContext('2d');
    if (this.scene === undefined || base === null || overlay === null) return;
    const started = performance.now();
    if (this.dirty.base) paintScene(base, this.scene, this.buffers);
    if (this.dirty.marks) paintMarks(overlay, this.scene, this.marks);
    if (this.dirty.base) {
      this.lastPaint = { milliseconds: performance.now() - started, pixels: this.buffers.painted };
      this.dispatchEvent(new CustomEvent('gl-paint'));
    }
    this.dirty = { base: false, marks: false };
  }
}

customElements.define('gl-heatmap', HeatmapElement);
