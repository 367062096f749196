/** Folding of a program's lines and the highlighting of their text. Pure. */
import type { ProgramLine } from '../../runner/protocol';

/** Indices of the lines in sight when some are folded: the deeper lines that follow a folded one are hidden. */
export function visibleLines(lines: readonly ProgramLine[], folded: ReadonlySet<number>): number[] {
  const visible: number[] = [];
  let hiddenBelow = Infinity;
  lines.forEach((line, i) => {
    if (line.depth > hiddenBelow) return;
    hiddenBelow = Infinity;
    visible.push(i);
    if (folded.has(i)) hiddenBelow = line.depth;
  });
  return visible;
}

/** Whether a line has deeper ones behind it. */
export function foldable(lines: readonly ProgramLine[], index: number): boolean {
  return index + 1 < lines.length && lines[index + 1].depth > lines[index].depth;
}

export interface Token {
  kind: 'type' | 'primitive' | 'keyword' | 'number' | 'plain';
  text: string;
}

const TOKEN =
  /(?<type>:?\b[fiub]\d{1,2}\[[\d,]*\])|(?<keyword>\b(?:let|in|lambda)\b)|(?<number>(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?\b)|(?<word>[A-Za-z_]\w*)/g;

/** The text of a line in pieces; the line's own primitive stands out. */
export function tokenize({ text, primitive }: Pick<ProgramLine, 'text' | 'primitive'>): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const push = (kind: Token['kind'], piece: string) => {
    const last = tokens.at(-1);
    if (kind === 'plain' && last?.kind === 'plain') last.text += piece;
    else if (piece !== '') tokens.push({ kind, text: piece });
  };
  for (const match of text.matchAll(TOKEN)) {
    const { type, keyword, number, word } = match.groups as Record<string, string | undefined>;
    push('plain', text.slice(at, match.index));
    if (type !== undefined) push('type', type);
    else if (keyword !== undefined) push('keyword', keyword);
    else if (number !== undefined) push('number', number);
    else push(word === primitive ? 'primitive' : 'plain', word ?? '');
    at = match.index + match[0].length;
  }
  push('plain', text.slice(at));
  return tokens;
}
