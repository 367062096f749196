/** Draws a heatmap on a canvas: cells, grid, numbers, labels; and, on a second canvas, what moves with the pointer. */
import { formatCell } from '../model/format';
import { matrixAt } from '../model/matrix';
import type { AxisModel } from '../model/labels';
import type { Theme } from '../ui/theme';
import { axisLabels, columnLabelWidth, columnSpacing, fitLabel, rowSpacing, type Measure } from './axes';
import { cssColor, mix, readableInk, STEPS, type Rgb } from './colorMaps';
import type { EncodedMatrix } from './encoded';
import type { FrameBuffers } from './frameBuffers';
import type { Palette } from './raster';
import type { Extent, Viewport } from './viewport';

export interface Layout extends Extent {
  left: number;
  top: number;
  rotated: boolean;
  /** Device pixels a CSS pixel. */
  ratio: number;
}

export interface Scene {
  encoded: EncodedMatrix;
  rows: AxisModel;
  columns: AxisModel;
  table: readonly Rgb[];
  palette: Palette;
  theme: Theme;
  layout: Layout;
  view: Viewport;
}

export interface Marks {
  hover: { row: number; column: number } | null;
  cursor: { row: number; column: number } | null;
  rows: readonly number[];
  columns: readonly number[];
}

export const LABEL_FONT_SIZE = 11;
const GRID_FROM = 7;
/** Pixels between labels of columns. */
const GAP = 8;
const TEXT_FROM = { width: 34, height: 15 };

export function labelFont(theme: Theme, size = LABEL_FONT_SIZE): string {
  return `${size}px ${theme.monoFamily}`;
}

export function paintScene(context: CanvasRenderingContext2D, scene: Scene, buffers: FrameBuffers): void {
  const { layout, theme } = scene;
  const { ratio } = layout;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  paintCells(context, scene, buffers);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.save();
  context.beginPath();
  context.rect(layout.left, layout.top, layout.width, layout.height);
  context.clip();
  paintGrid(context, scene);
  paintNumbers(context, scene);
  context.restore();
  const edge = plotEdge(scene);
  context.strokeStyle = theme.line;
  context.lineWidth = 1;
  context.strokeRect(layout.left - 0.5, layout.top - 0.5, edge.width + 1, edge.height + 1);
  paintLabels(context, scene);
}

/** The seen part of the matrix in CSS pixels: smaller than the plot where the matrix ends before it. */
export function plotEdge({ layout, view }: Pick<Scene, 'layout' | 'view'>): { width: number; height: number } {
  return {
    width: Math.min(layout.width, (layout.columns - view.x) * view.cellWidth),
    height: Math.min(layout.height, (layout.rows - view.y) * view.cellHeight),
  };
}

function paintCells(
  context: CanvasRenderingContext2D,
  { encoded, palette, layout, view }: Scene,
  buffers: FrameBuffers,
): void {
  const width = Math.max(1, Math.round(layout.width * layout.ratio));
  const height = Math.max(1, Math.round(layout.height * layout.ratio));
  const inPixels = {
    x: view.x,
    y: view.y,
    cellWidth: view.cellWidth * layout.ratio,
    cellHeight: view.cellHeight * layout.ratio,
    width,
    height,
  };
  context.putImageData(
    buffers.paint(encoded, palette, inPixels),
    Math.round(layout.left * layout.ratio),
    Math.round(layout.top * layout.ratio),
  );
}

/** Whole cells in sight. */
function visible({ layout, view }: Scene): { r0: number; r1: number; c0: number; c1: number } {
  return {
    r0: Math.max(0, Math.floor(view.y)),
    r1: Math.min(layout.rows, Math.ceil(view.y + layout.height / view.cellHeight)),
    c0: Math.max(0, Math.floor(view.x)),
    c1: Math.min(layout.columns, Math.ceil(view.x + layout.width / view.cellWidth)),
  };
}

function paintGrid(context: CanvasRenderingContext2D, scene: Scene): void {
  const { layout, view, theme, rows, columns } = scene;
  const { r0, r1, c0, c1 } = visible(scene);
  const edge = plotEdge(scene);
  const x = (column: number) =>
    Math.round((layout.left + (column - view.x) * view.cellWidth) * layout.ratio) / layout.ratio;
  const y = (row: number) => Math.round((layout.top + (row - view.y) * view.cellHeight) * layout.ratio) / layout.ratio;
  context.fillStyle = cssColor(theme.background);
  context.globalAlpha = theme.highContrast ? 0.9 : 0.55;
  if (view.cellWidth >= GRID_FROM)
    for (let c = c0 + 1; c < c1; c++) context.fillRect(x(c) - 0.5, layout.top, 1, edge.height);
  if (view.cellHeight >= GRID_FROM)
    for (let r = r0 + 1; r < r1; r++) context.fillRect(layout.left, y(r) - 0.5, edge.width, 1);
  context.globalAlpha = 1;
  // Blocks are set off by lines that stand out from the grid, while there is room for them.
  context.fillStyle = theme.highContrast ? theme.ink : theme.muted;
  let free = -Infinity;
  for (const start of columns.boundaries) {
    if (start <= c0 || start >= c1 || x(start) < free) continue;
    context.fillRect(x(start) - 0.5, layout.top, 1, edge.height);
    free = x(start) + 24;
  }
  free = -Infinity;
  for (const start of rows.boundaries) {
    if (start <= r0 || start >= r1 || y(start) < free) continue;
    context.fillRect(layout.left, y(start) - 0.5, edge.width, 1);
    free = y(start) + 24;
  }
}

/** The numbers of the cells in sight; those of `dimmed` cells only, in an ink that is read on a dimmed colour, where given. */
function paintNumbers(
  context: CanvasRenderingContext2D,
  scene: Scene,
  dimmed?: (row: number, column: number) => boolean,
): void {
  const { layout, view, encoded, table, theme } = scene;
  if (view.cellWidth < TEXT_FROM.width || view.cellHeight < TEXT_FROM.height || encoded.mode === 'pattern') return;
  const { r0, r1, c0, c1 } = visible(scene);
  const large = view.cellWidth >= 76 && view.cellHeight >= 34;
  context.font = labelFont(theme, large ? LABEL_FONT_SIZE + 2 : LABEL_FONT_SIZE);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const characters = Math.max(1, Math.floor((view.cellWidth - 8) / context.measureText('0').width));
  for (let r = r0; r < r1; r++) {
    const y = layout.top + (r + 0.5 - view.y) * view.cellHeight;
    for (let c = c0; c < c1; c++) {
      if (dimmed?.(r, c) === false) continue;
      const value = matrixAt(encoded.matrix, r, c);
      const code = encoded.code(value);
      const x = layout.left + (c + 0.5 - view.x) * view.cellWidth;
      const text = formatCell(value, characters);
      if (code >= STEPS) {
        // Hatched cells get a plate, or the stripes would run through the letters.
        const plate = context.measureText(text).width + 8;
        context.fillStyle = cssColor(theme.background);
        context.fillRect(x - plate / 2, y - 8, plate, 16);
        context.fillStyle = theme.ink;
      } else {
        // Zeros of a diverging map stand on the background and are no news.
        const ground = dimmed === undefined ? table[code] : mix(table[code], theme.background, DIM);
        // The number below would show through.
        if (dimmed !== undefined) {
          context.fillStyle = cssColor(ground);
          const width = context.measureText(text).width + 4;
          context.fillRect(x - width / 2, y - 8, width, 16);
        }
        context.fillStyle = value === 0 && encoded.mode === 'value' ? theme.muted : readableInk(ground);
      }
      context.fillText(text, x, y + 0.5);
    }
  }
}

function paintLabels(context: CanvasRenderingContext2D, scene: Scene): void {
  const { layout, view, theme, rows, columns } = scene;
  context.font = labelFont(theme);
  context.fillStyle = theme.muted;
  const measure: Measure = (text) => context.measureText(text).width;
  const edge = plotEdge(scene);
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  for (const { index, text } of axisLabels(
    rows,
    view.y,
    view.y + edge.height / view.cellHeight,
    view.cellHeight,
    rowSpacing(view.cellHeight),
  )) {
    const center = (index + 0.5 - view.y) * view.cellHeight;
    const y = Math.max(6, center);
    if (y < 0 || y > edge.height + 4) continue;
    context.fillText(fitLabel(text, layout.left - 8, measure), layout.left - 7, layout.top + y + 0.5);
  }
  const spacing = columnSpacing(columns, view.cellWidth, layout, measure);
  const widest = columnLabelWidth(layout.width);
  let free = -Infinity;
  for (const { index, text } of axisLabels(
    columns,
    view.x,
    view.x + edge.width / view.cellWidth,
    view.cellWidth,
    spacing,
  )) {
    const x = (index + 0.5 - view.x) * view.cellWidth;
    if (x < 0 || x > edge.width) continue;
    const upright = layout.rotated && measure(text) > view.cellWidth - 8;
    context.save();
    context.translate(layout.left + x, layout.top - 6);
    if (upright) {
      context.rotate(-Math.PI / 2);
      context.textAlign = 'left';
      context.fillText(fitLabel(text, layout.top - 8, measure), 0, 0.5);
    } else if (view.cellWidth >= spacing) {
      context.textAlign = 'center';
      context.textBaseline = 'alphabetic';
      context.fillText(text, 0, 0);
    } else {
      // A tick: the label begins at its column, and must neither leave the canvas at the right nor meet the one before.
      const label = fitLabel(text, widest, measure);
      const width = measure(label);
      const start = Math.min(x - Math.min(3, x), layout.width + 2 - width);
      if (start >= free) {
        context.textAlign = 'left';
        context.textBaseline = 'alphabetic';
        context.fillText(label, start - x, 0);
        free = start + width + GAP;
      }
    }
    context.restore();
  }
}

/** The crosshair, the chosen cell and the entries that the editor's line carries. */
export function paintMarks(context: CanvasRenderingContext2D, scene: Scene, marks: Marks): void {
  const { layout, view, theme } = scene;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.setTransform(layout.ratio, 0, 0, layout.ratio, 0, 0);
  const edge = plotEdge(scene);
  const rowBand = (row: number) =>
    clip(
      layout.top + (row - view.y) * view.cellHeight,
      Math.max(1.5, view.cellHeight),
      layout.top,
      layout.top + edge.height,
    );
  const columnBand = (column: number) =>
    clip(
      layout.left + (column - view.x) * view.cellWidth,
      Math.max(1.5, view.cellWidth),
      layout.left,
      layout.left + edge.width,
    );
  context.fillStyle = theme.focus;
  for (const row of marks.rows) {
    const band = rowBand(row);
    if (band !== null) context.fillRect(layout.left - 4, band.at, 3, band.size);
  }
  for (const column of marks.columns) {
    const band = columnBand(column);
    if (band !== null) context.fillRect(band.at, layout.top - 4, band.size, 3);
  }
  if (marks.rows.length + marks.columns.length > 0) dim(context, scene, marks, rowBand, columnBand);
  for (const [cell, strong] of [
    [marks.hover, false],
    [marks.cursor, true],
  ] as const) {
    if (cell === null) continue;
    const row = rowBand(cell.row);
    const column = columnBand(cell.column);
    context.globalAlpha = strong ? 0.14 : 0.1;
    context.fillStyle = theme.ink;
    if (row !== null) context.fillRect(layout.left, row.at, edge.width, row.size);
    if (column !== null) context.fillRect(column.at, layout.top, column.size, edge.height);
    context.globalAlpha = 1;
    if (row === null || column === null) continue;
    context.strokeStyle = cssColor(theme.background);
    context.lineWidth = 4;
    context.strokeRect(column.at, row.at, column.size, row.size);
    context.strokeStyle = strong ? theme.focus : theme.ink;
    context.lineWidth = strong ? 2 : 1.5;
    context.strokeRect(column.at, row.at, column.size, row.size);
  }
}

type Band = (index: number) => { at: number; size: number } | null;

function clip(at: number, size: number, low: number, high: number): { at: number; size: number } | null {
  const from = Math.max(low, at);
  const to = Math.min(high, at + size);
  return to > from ? { at: from, size: to - from } : null;
}

/** How far the entries that the chosen line does not carry go into the background. */
const DIM = 0.55;

/** Dims what the chosen line does not carry. Its numbers are written again: they stay readable, in high contrast too. */
function dim(context: CanvasRenderingContext2D, scene: Scene, marks: Marks, rowBand: Band, columnBand: Band): void {
  const { layout, theme } = scene;
  const edge = plotEdge(scene);
  if (marks.rows.length * marks.columns.length > 20_000) return;
  context.save();
  context.fillStyle = cssColor(theme.background);
  context.globalAlpha = DIM;
  context.beginPath();
  context.rect(layout.left, layout.top, edge.width, edge.height);
  const rows = marks.rows.length > 0 ? marks.rows.map(rowBand) : [{ at: layout.top, size: edge.height }];
  const columns = marks.columns.length > 0 ? marks.columns.map(columnBand) : [{ at: layout.left, size: edge.width }];
  for (const row of rows) {
    for (const column of columns)
      if (row !== null && column !== null) context.rect(column.at, row.at, column.size, row.size);
  }
  context.fill('evenodd');
  context.globalAlpha = 1;
  context.beginPath();
  context.rect(layout.left, layout.top, edge.width, edge.height);
  context.clip();
  const [carriedRows, carriedColumns] = [new Set(marks.rows), new Set(marks.columns)];
  const carried = (set: ReadonlySet<number>, index: number): boolean => set.size === 0 || set.has(index);
  paintNumbers(context, scene, (r, c) => !(carried(carriedRows, r) && carried(carriedColumns, c)));
  context.restore();
}
