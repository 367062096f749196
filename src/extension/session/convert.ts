/** Between the runner's positions (1-based, end exclusive) and VS Code's (0-based). */
import { Range, type TextDocumentContentChangeEvent } from 'vscode';
import type { SourceRange } from '../../runner/protocol';
import type { Edit } from '../live/shift';

/** The runner's range as VS Code's. */
export function toRange({ line, column, endLine, endColumn }: SourceRange): Range {
  return new Range(
    Math.max(0, line - 1),
    Math.max(0, column - 1),
    Math.max(0, endLine - 1),
    Math.max(0, endColumn - 1),
  );
}

/** VS Code's range as the runner's. */
export function fromRange({ start, end }: Range): SourceRange {
  return { line: start.line + 1, column: start.character + 1, endLine: end.line + 1, endColumn: end.character + 1 };
}

/** A change of a document as edits that apply one after the other: from the bottom up, so that none moves the next. */
export function toEdits(changes: readonly TextDocumentContentChangeEvent[]): Edit[] {
  return [...changes]
    .sort((a, b) => b.range.start.compareTo(a.range.start))
    .map(({ range, text }) => ({ range: fromRange(range), text: text.replace(/\r\n/g, '\n') }));
}
