/** Positions in the user's files from stacks of rewritten code: lines are the same there, columns are found by their words. */
import type { FileStore } from './files';

export interface Place {
  file: string;
  line: number;
  column: number;
}

let files: FileStore | undefined;

/** The store whose modules stacks speak of. */
export function useFiles(store: FileStore): void {
  files = store;
}

const FRAME = /\(?((?:[A-Za-z]:)?[^\s()]*[\\/][^()]*?):(\d+):(\d+)\)?$/;
/** Files of GradLens itself: everything that no module was loaded from. */
function isUserFile(file: string): boolean {
  return files?.isLoaded(file) ?? false;
}

/** The innermost frame of a stack that lies in the user's code; in a package only where there is no other. */
export function userFrame(stack: string | undefined): Place | undefined {
  if (stack === undefined) return undefined;
  let packaged: Place | undefined;
  for (const line of stack.split('\n')) {
    const match = FRAME.exec(line.trim());
    if (!match || !isUserFile(match[1])) continue;
    const place = {
      file: match[1],
      line: Number(match[2]),
      column: originalColumn(match[1], Number(match[2]), Number(match[3])),
    };
    if (!/[\\/]node_modules[\\/]/.test(place.file)) return place;
    packaged ??= place;
  }
  return packaged;
}

/** The word at a column of the rewritten line is the nth of its kind there, and so it is in the user's line. */
function originalColumn(file: string, line: number, column: number): number {
  const rewritten = files?.rewrittenLines(file)?.[line - 1];
  const original = files?.read(file)?.split('\n')[line - 1];
  if (rewritten === undefined || original === undefined) return 1;
  const rest = rewritten.slice(column - 1);
  const word = /^[\p{L}$_][\p{L}\p{N}$_]*/u.exec(rest)?.[0] ?? rest[0] ?? '';
  const first = original.length - original.trimStart().length + 1;
  if (word === '' || word.startsWith('$$')) return first;
  let count = 0;
  for (let at = rewritten.indexOf(word); at >= 0 && at < column - 1; at = rewritten.indexOf(word, at + word.length))
    count++;
  let found = original.indexOf(word);
  for (; count > 0 && found >= 0; count--) {
    const next = original.indexOf(word, found + word.length);
    if (next < 0) break;
    found = next;
  }
  return found < 0 ? first : found + 1;
}
