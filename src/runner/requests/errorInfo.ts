/** Errors as the client shows them: the runner's own, the engine's, and whatever user code threw. */
import { GradLensError } from '../../engine/errors';
import { RunnerError } from '../modules/errors';
import { userFrame } from '../modules/stack';
import type { ErrorInfo } from '../protocol';
import { UnsupportedSyntaxError } from '../../source/rewrite/analysis';

/** Globals of web pages that code beside numerical functions often uses as soon as it is loaded. */
const OF_A_PAGE: ReadonlySet<string> = new Set([
  ...['window', 'document', 'navigator', 'location', 'localStorage'],
  ...['requestAnimationFrame', 'Image', 'Audio', 'Worker', 'customElements', 'HTMLElement'],
]);

/** What went wrong, for people. */
export function errorInfo(error: unknown, file?: string): ErrorInfo {
  if (error instanceof RunnerError) return { ...error.info, stack: error.stack };
  if (error instanceof UnsupportedSyntaxError) {
    const { code, message, line, column, hint } = error;
    return { code, message, file: error.file, line, column, hint };
  }
  if (error instanceof GradLensError) {
    const place = error.position ?? userFrame(error.stack);
    return {
      code: error.code,
      message: error.message,
      ...(place ?? {}),
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      stack: error.stack,
    };
  }
  return userError(error, file);
}

/** Whatever user code threw. */
function userError(error: unknown, file: string | undefined): ErrorInfo {
  const like =
    typeof error === 'object' && error !== null
      ? (error as { name?: unknown; message?: unknown; stack?: unknown; code?: unknown })
      : undefined;
  const stack = typeof like?.stack === 'string' ? like.stack : undefined;
  const place = userFrame(stack) ?? (file === undefined ? {} : { file });
  if (like?.name === 'RangeError' && String(like.message).includes('call stack')) {
    return {
      code: 'stack-overflow',
      message: 'The calls nest too deeply: the stack is full.',
      ...place,
      hint: 'Does the recursion end?',
      stack,
    };
  }
  if (like?.name === 'SyntaxError' && stack) {
    const where = /^(.*):(\d+)/.exec(stack);
    return {
      code: 'syntax-error',
      message: String(like.message),
      ...(where ? { file: where[1], line: Number(where[2]) } : place),
      stack,
    };
  }
  if (like?.name === 'RangeError' && /array length|allocation/i.test(String(like.message))) {
    return {
      code: 'out-of-memory',
      message: `${String(like.message)}.`,
      ...place,
      hint: 'The array is too large.',
      stack,
    };
  }
  const missing = like?.name === 'ReferenceError' && /^(\w+) is not defined$/.exec(String(like.message))?.[1];
  if (missing && OF_A_PAGE.has(missing)) {
    return {
      code: 'user-error',
      message: `\`${missing}\` is not there: functions that GradLens runs may only compute.`,
      ...place,
      hint: 'Move the function to a module that does not use the page, and import it there.',
      stack,
    };
  }
  const text = like ? (typeof like.message === 'string' ? like.message : 'an object without a message') : String(error);
  const name = typeof like?.name === 'string' && like.name !== 'Error' ? `${like.name}: ` : '';
  return {
    code: 'user-error',
    message: like
      ? `${name}${text}`
      : `The function threw ${typeof error === 'string' ? JSON.stringify(error) : text}.`,
    ...place,
    ...(stack ? { stack } : {}),
  };
}
