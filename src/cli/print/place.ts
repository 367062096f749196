/** Places as terminals link them: `file:line:column`, relative to the working directory where the file lies in it. */
import { isAbsolute, relative } from 'node:path';

export function place({ file, line, column }: { file: string; line?: number; column?: number }): string {
  const short = relative(process.cwd(), file);
  const shown = short === '' || short.startsWith('..') || isAbsolute(short) ? file : short;
  return [shown, line, ...(line === undefined ? [] : [column])].filter((part) => part !== undefined).join(':');
}
