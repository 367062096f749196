/** The doc comment's tags: `@at`, `@wrt`, `@gradientOf`, `@check`. */
import ts from 'typescript';

export interface DocTags {
  at: { text: string; start: number; end: number }[];
  wrt: string[];
  gradientOf?: string;
  check: boolean;
}

const TAG = /@(at|wrt|gradientOf|check)\b/g;

/** Reads the doc comments that stand before `node` (for a variable, before its statement). */
export function docTags(sourceFile: ts.SourceFile, node: ts.Node): DocTags {
  const tags: DocTags = { at: [], wrt: [], check: false };
  const { text } = sourceFile;
  for (const { pos, end, kind } of ts.getLeadingCommentRanges(text, node.pos) ?? []) {
    if (kind !== ts.SyntaxKind.MultiLineCommentTrivia || !text.startsWith('/**', pos)) continue;
    readTags(text, pos + 3, end - 2, tags);
  }
  return tags;
}

function readTags(text: string, start: number, end: number, tags: DocTags): void {
  TAG.lastIndex = start;
  for (let match = TAG.exec(text); match && match.index < end; match = TAG.exec(text)) {
    const from = match.index + match[0].length;
    // An expression may go over several lines: until the next tag or the end, unless its brackets close earlier.
    const to = endOfExpression(text, from, end);
    const body = text.slice(from, to).replace(/\n[ \t]*\*[ \t]?/g, '\n');
    const trimmed = body.trim();
    switch (match[1]) {
      case 'at': {
        const begin = from + (text.slice(from, to).length - text.slice(from, to).trimStart().length);
        tags.at.push({ text: trimmed, start: begin, end: begin + text.slice(begin, to).trimEnd().length });
        break;
      }
      case 'wrt':
        tags.wrt.push(...trimmed.split(/[\s,]+/).filter((name) => name !== ''));
        break;
      case 'gradientOf':
        tags.gradientOf = /^[\w$.]+/.exec(trimmed)?.[0];
        tags.check = true;
        break;
      case 'check':
        tags.check = true;
        break;
    }
    TAG.lastIndex = to;
  }
}

/** The line's end, or where the brackets opened on it close. */
function endOfExpression(text: string, start: number, limit: number): number {
  let depth = 0;
  let quote = '';
  for (let index = start; index < limit; index++) {
    const char = text[index];
    if (quote !== '') {
      if (char === '\\') index++;
      else if (char === quote) quote = '';
      continue;
    }
    if (char === '"' || char === "'" || char === '`') quote = char;
    else if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char)) depth--;
    else if (char === '\n' && depth <= 0) return index;
  }
  return limit;
}

/** Splits at the commas that stand outside brackets and strings. */
export function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = '';
  let last = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (quote !== '') {
      if (char === '\\') index++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'" || char === '`') quote = char;
    else if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char)) depth--;
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(last, index).trim());
      last = index + 1;
    }
  }
  const rest = text.slice(last).trim();
  if (rest !== '' || parts.length > 0) parts.push(rest);
  return parts;
}

/** `x = [1, 2]` → the name and the value; undefined where the argument has no name. */
export function namedArgument(text: string): { name: string; value: string } | undefined {
  const match = /^([A-Za-z_$][\w$]*)\s*=(?![=>])\s*([\s\S]+)$/.exec(text);
  return match ? { name: match[1], value: match[2] } : undefined;
}
