/** The chosen rectangle of a grid and how keys move it. Pure. */

export interface GridSelection {
  row: number;
  column: number;
  /** The corner that stays while Shift is held. */
  anchor: { row: number; column: number };
}

export interface Rectangle {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

export function rectangle({ row, column, anchor }: GridSelection): Rectangle {
  return {
    top: Math.min(row, anchor.row),
    left: Math.min(column, anchor.column),
    bottom: Math.max(row, anchor.row),
    right: Math.max(column, anchor.column),
  };
}

interface Key {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** The selection after a key; undefined where the key means nothing here. */
export function moveSelection(
  selection: GridSelection | null,
  key: Key,
  extent: { rows: number; columns: number; page: number },
): GridSelection | undefined {
  if (key.altKey || extent.rows === 0 || extent.columns === 0) return undefined;
  const far = key.ctrlKey || key.metaKey;
  if (far && key.key.toLowerCase() === 'a') {
    return { row: extent.rows - 1, column: extent.columns - 1, anchor: { row: 0, column: 0 } };
  }
  const moves: Record<string, [number, number] | undefined> = {
    ArrowUp: [far ? -Infinity : -1, 0],
    ArrowDown: [far ? Infinity : 1, 0],
    ArrowLeft: [0, far ? -Infinity : -1],
    ArrowRight: [0, far ? Infinity : 1],
    PageUp: [-extent.page, 0],
    PageDown: [extent.page, 0],
    Home: [far ? -Infinity : 0, -Infinity],
    End: [far ? Infinity : 0, Infinity],
  };
  const move = moves[key.key];
  if (move === undefined) return undefined;
  if (selection === null) return { row: 0, column: 0, anchor: { row: 0, column: 0 } };
  const row = Math.min(extent.rows - 1, Math.max(0, selection.row + move[0]));
  const column = Math.min(extent.columns - 1, Math.max(0, selection.column + move[1]));
  return { row, column, anchor: key.shiftKey ? selection.anchor : { row, column } };
}
