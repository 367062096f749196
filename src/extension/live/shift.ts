/** Ranges that move with the text: what was computed for the old text stays at its place while the new is computed. */
import type { FunctionInfo, Inspection, SourceRange } from '../../runner/protocol';

/** A replacement in the text; 1-based lines and columns, the end exclusive. */
export interface Edit {
  range: SourceRange;
  text: string;
}

interface Point {
  line: number;
  column: number;
}

/** Where `point` is after `edit`; one inside the replaced text goes to its start or, as the end of a range, to its end. */
function movePoint(point: Point, edit: Edit, isEnd: boolean): Point {
  const { line, column, endLine, endColumn } = edit.range;
  if (point.line < line || (point.line === line && point.column < column)) return point;
  if (isEnd && point.line === line && point.column === column && (endLine !== line || endColumn !== column))
    return point;
  const inserted = edit.text.split('\n');
  const last = inserted[inserted.length - 1] ?? '';
  const newEndLine = line + inserted.length - 1;
  const newEndColumn = inserted.length === 1 ? column + last.length : last.length + 1;
  const inside = point.line < endLine || (point.line === endLine && point.column < endColumn);
  if (inside) return isEnd ? { line: newEndLine, column: newEndColumn } : { line, column };
  if (point.line > endLine) return { line: point.line + newEndLine - endLine, column: point.column };
  return { line: newEndLine, column: newEndColumn + point.column - endColumn };
}

/** `range` after the edits, which apply one after the other. */
export function shiftRange<T extends SourceRange>(range: T, edits: readonly Edit[]): T {
  let start: Point = { line: range.line, column: range.column };
  let end: Point = { line: range.endLine, column: range.endColumn };
  for (const edit of edits) {
    start = movePoint(start, edit, false);
    end = movePoint(end, edit, true);
  }
  if (
    start.line === range.line &&
    start.column === range.column &&
    end.line === range.endLine &&
    end.column === range.endColumn
  ) {
    return range;
  }
  return { ...range, line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
}

/** A line after the edits; text typed at its end leaves it where it is. */
export function shiftLine(line: number, edits: readonly Edit[]): number {
  let now = line;
  for (const { range, text } of edits) {
    if (range.line > now || (range.line === now && range.column > 1)) continue;
    const delta = text.split('\n').length - 1 - (range.endLine - range.line);
    if (range.endLine <= now) now += delta;
    else now = range.line;
  }
  return now;
}

/** The function with every range moved; the same object where none moves. */
export function shiftFunction(fn: FunctionInfo, edits: readonly Edit[]): FunctionInfo {
  // The tags of a function stand above it: what is below its end concerns nothing of it.
  if (edits.every(({ range }) => range.line > fn.range.endLine)) return fn;
  const range = shiftRange(fn.range, edits);
  const nameRange = shiftRange(fn.nameRange, edits);
  const parameters = mapChanged(fn.parameters, (parameter) => withRange(parameter, shiftRange(parameter.range, edits)));
  const points = mapChanged(fn.points, (point) =>
    point.range ? withRange(point, shiftRange(point.range, edits)) : point,
  );
  const moved =
    range !== fn.range || nameRange !== fn.nameRange || parameters !== fn.parameters || points !== fn.points;
  return moved ? { ...fn, range, nameRange, parameters, points } : fn;
}

function withRange<T extends { range?: SourceRange }>(item: T, range: SourceRange): T {
  return item.range === range ? item : { ...item, range };
}

/** Like `map`, but gives the same array where `change` gives the same items: most edits move nothing. */
function mapChanged<T>(items: T[], change: (item: T) => T): T[] {
  const changed = items.map(change);
  return changed.some((item, index) => item !== items[index]) ? changed : items;
}

/**
 * The inspection with the lines and findings of `file` moved; the numbers are shared, not copied. The same object where none
 * moves.
 */
export function shiftInspection(inspection: Inspection, file: string, edits: readonly Edit[]): Inspection {
  const lines = mapChanged(inspection.lines, (line) => {
    const now = line.file === file ? shiftLine(line.line, edits) : line.line;
    return now === line.line ? line : { ...line, line: now };
  });
  const findings = mapChanged(inspection.findings, (finding) => {
    const { location } = finding;
    if (location.file !== file || edits.every(({ range }) => range.line > location.endLine)) return finding;
    return { ...finding, location: shiftRange(location, edits), fix: undefined };
  });
  return lines === inspection.lines && findings === inspection.findings
    ? inspection
    : { ...inspection, lines, findings };
}
