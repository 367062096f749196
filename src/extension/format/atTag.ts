/** Writes a point into the doc comment of a function as `@at`. Text in, one replacement out. */

export interface TagEdit {
  /** 0-based lines and columns; the end exclusive. */
  start: { line: number; character: number };
  end: { line: number; character: number };
  text: string;
}

/**
 * The edit that puts `@at expression` into the comment above the function that begins on `functionLine` (0-based). `tag` is
 * the range of an existing tag's text that it replaces.
 */
export function writeAtTag(
  lines: readonly string[],
  functionLine: number,
  expression: string,
  tag?: { start: TagEdit['start']; end: TagEdit['end'] },
): TagEdit {
  if (tag) {
    const old = textBetween(lines, tag.start, tag.end);
    // Not spread: positions of VS Code are getters.
    return { start: tag.start, end: tag.end, text: /^\s*@at\b/.test(old) ? `@at ${expression}` : expression };
  }
  const indent = /^\s*/.exec(lines[functionLine] ?? '')?.[0] ?? '';
  const last = functionLine - 1;
  const closing = (lines[last] ?? '').lastIndexOf('*/');
  if (closing < 0 || !isDocComment(lines, last)) {
    const at = { line: functionLine, character: 0 };
    return { start: at, end: at, text: `${indent}/** @at ${expression} */\n` };
  }
  const line = lines[last] ?? '';
  const open = line.indexOf('/**');
  if (open >= 0) {
    // A comment of one line grows to several.
    const body = line.slice(open + 3, closing).trim();
    const text = `/**\n${body === '' ? '' : `${indent} * ${body}\n`}${indent} * @at ${expression}\n${indent} */`;
    return { start: { line: last, character: open }, end: { line: last, character: closing + 2 }, text };
  }
  const before = line.slice(0, closing);
  if (before.trim() === '') {
    const at = { line: last, character: 0 };
    return { start: at, end: at, text: `${indent} * @at ${expression}\n` };
  }
  const at = { line: last, character: before.trimEnd().length };
  return { start: at, end: { line: last, character: closing }, text: `\n${indent} * @at ${expression}\n${indent} ` };
}

function isDocComment(lines: readonly string[], last: number): boolean {
  for (let line = last; line >= 0; line--) {
    const text = lines[line] ?? '';
    if (text.includes('/**')) return true;
    if (text.includes('/*') || (line < last && text.includes('*/'))) return false;
  }
  return false;
}

function textBetween(lines: readonly string[], start: TagEdit['start'], end: TagEdit['end']): string {
  if (start.line === end.line) return (lines[start.line] ?? '').slice(start.character, end.character);
  return [(lines[start.line] ?? '').slice(start.character), ...lines.slice(start.line + 1, end.line + 1)].join('\n');
}
