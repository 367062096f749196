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

/** The function with every range moved. */
export function shiftFunction(fn: FunctionInfo, edits: readonly Edit[]): FunctionInfo {
  return {
    ...fn,
    range: shiftRange(fn.range, edits),
    nameRange: shiftRange(fn.nameRange, edits),
    parameters: fn.parameters.map((parameter) => ({ ...parameter, range: shiftRange(parameter.range, edits) })),
    points: fn.points.map((point) => (point.range ? { ...point, range: shiftRange(point.range, edits) } : point)),
  };
}

/** The inspection with the lines and findings of `file` moved; the numbers are shared, not copied. */
export function shiftInspection(inspection: Inspection, file: string, edits: readonly Edit[]): Inspection {
  return {
    ...inspection,
    lines: inspection.lines.map((line) => (line.file === file ? { ...line, line: shiftLine(line.line, edits) } : line)),
    findings: inspection.findings.map((finding) =>
      finding.location.file === file
        ? { ...finding, location: shiftRange(finding.location, edits), fix: undefined }
        : finding,
    ),
  };
}
