/** Which part of a matrix is seen and how large a cell is. Pure: every function gives a new viewport. */

export interface Viewport {
  /** Cell coordinates at the left and the upper edge. */
  x: number;
  y: number;
  /** CSS pixels a cell. */
  cellWidth: number;
  cellHeight: number;
}

/** A view of one matrix, to come back to. */
export interface HeatmapPlace {
  identity: string;
  view: Viewport;
}

export interface Extent {
  rows: number;
  columns: number;
  /** CSS pixels of the plot. */
  width: number;
  height: number;
}

/** The largest cell of a fitted view: wide enough for a number. */
const FIT_CELL = { width: 112, height: 60 };
const MAX_CELL = { width: 200, height: 72 };
/** A single row or column is never thinner than this in a fitted view. */
const STRIP = 44;
/** Cells this high have room for the label of their row. */
const LABELLED = 15;

/** The whole matrix; square cells where both directions allow it, else a strip that can still be seen. */
export function fit({ rows, columns, width, height }: Extent): Viewport {
  const across = Math.min(FIT_CELL.width, width / columns);
  const down = Math.min(FIT_CELL.height, height / rows);
  const size = Math.min(across, down);
  // Cells that hold text are wider than high; smaller ones are square.
  const cellWidth = size >= FIT_CELL.height * 0.6 ? across : size;
  // A matrix much wider than high (or the reverse) is stretched until its labels fit or its cells are thrice as long.
  const stretch = Math.max(size, Math.min(LABELLED, 3 * size));
  const wide = columns >= 3 * rows;
  const high = rows >= 3 * columns;
  return {
    x: 0,
    y: 0,
    cellWidth: Math.max(cellWidth, Math.min(across, Math.max(high ? stretch : 0, Math.min(STRIP, width) / columns))),
    cellHeight: Math.max(size, Math.min(down, Math.max(wide ? stretch : 0, Math.min(STRIP, height) / rows))),
  };
}

/** Keeps the matrix in sight: no smaller than fitted, no further than its edges. */
export function clamp(view: Viewport, extent: Extent): Viewport {
  const smallest = fit(extent);
  const cellWidth = Math.min(
    Math.max(view.cellWidth, smallest.cellWidth),
    Math.max(MAX_CELL.width, smallest.cellWidth),
  );
  const cellHeight = Math.min(
    Math.max(view.cellHeight, smallest.cellHeight),
    Math.max(MAX_CELL.height, smallest.cellHeight),
  );
  const maxX = Math.max(0, extent.columns - extent.width / cellWidth);
  const maxY = Math.max(0, extent.rows - extent.height / cellHeight);
  return { x: Math.min(maxX, Math.max(0, view.x)), y: Math.min(maxY, Math.max(0, view.y)), cellWidth, cellHeight };
}

/** Zooms about a point of the plot (CSS pixels), which keeps its cell. */
export function zoomAt(view: Viewport, factor: number, px: number, py: number, extent: Extent): Viewport {
  const cellX = view.x + px / view.cellWidth;
  const cellY = view.y + py / view.cellHeight;
  const sized = clamp({ ...view, cellWidth: view.cellWidth * factor, cellHeight: view.cellHeight * factor }, extent);
  return clamp({ ...sized, x: cellX - px / sized.cellWidth, y: cellY - py / sized.cellHeight }, extent);
}

export function panBy(view: Viewport, dx: number, dy: number, extent: Extent): Viewport {
  return clamp({ ...view, x: view.x - dx / view.cellWidth, y: view.y - dy / view.cellHeight }, extent);
}

/** The view with its corner on a device pixel, the matrix still in sight. */
export function snap(view: Viewport, extent: Extent, ratio: number): Viewport {
  const on = (at: number, count: number, size: number, cell: number): number => {
    const pixels = cell * ratio;
    const furthest = Math.floor(Math.max(0, count * pixels - size * ratio) + 1e-6);
    return Math.min(Math.round(at * pixels), furthest) / pixels;
  };
  return {
    ...view,
    x: on(view.x, extent.columns, extent.width, view.cellWidth),
    y: on(view.y, extent.rows, extent.height, view.cellHeight),
  };
}

/** Moves the view as little as needed to show a cell. */
export function reveal(view: Viewport, row: number, column: number, extent: Extent): Viewport {
  const across = extent.width / view.cellWidth;
  const down = extent.height / view.cellHeight;
  const x = column < view.x ? column : column + 1 > view.x + across ? column + 1 - across : view.x;
  const y = row < view.y ? row : row + 1 > view.y + down ? row + 1 - down : view.y;
  return clamp({ ...view, x, y }, extent);
}

/** The cell at a point of the plot, or null outside the matrix. */
export function cellAt(
  view: Viewport,
  px: number,
  py: number,
  { rows, columns }: Extent,
): { row: number; column: number } | null {
  const column = Math.floor(view.x + px / view.cellWidth);
  const row = Math.floor(view.y + py / view.cellHeight);
  return column >= 0 && row >= 0 && column < columns && row < rows ? { row, column } : null;
}

/** How many times larger than fitted. */
export function zoomLevel(view: Viewport, extent: Extent): number {
  return view.cellWidth / fit(extent).cellWidth;
}
