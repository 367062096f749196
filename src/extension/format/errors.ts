/** Errors in words: a short reason for a lens, one sentence for a message. Stack traces go to the output channel only. */
import type { ErrorInfo } from '../../runner/protocol';
import { truncate } from './data';
import { t } from './l10n';
import { runnerText } from './runnerText';

/** What is known of anything thrown; the runner's own errors carry their `info`. */
export function toErrorInfo(error: unknown): ErrorInfo {
  if (typeof error === 'object' && error !== null) {
    const info = (error as { info?: unknown }).info;
    if (isErrorInfo(info)) return info;
    if (isErrorInfo(error) && !(error instanceof Error)) return error;
  }
  if (error instanceof Error) return { code: 'internal-error', message: error.message, stack: error.stack };
  return { code: 'internal-error', message: String(error) };
}

function isErrorInfo(value: unknown): value is ErrorInfo {
  if (typeof value !== 'object' || value === null) return false;
  const info = value as { code?: unknown; message?: unknown };
  return typeof info.code === 'string' && typeof info.message === 'string';
}

/** True for what is not a failure but the end of a request that nobody waits for any more. */
export function isCancelled(error: unknown): boolean {
  if (error instanceof Error && error.name === 'AbortError') return true;
  const { code } = toErrorInfo(error);
  return code === 'cancelled' || code === 'aborted';
}

/** A few words for the lens row. */
export function shortReason(error: ErrorInfo): string {
  switch (error.code) {
    case 'time-out':
      return t('took too long');
    case 'syntax-error':
      return t('syntax error');
    case 'runner-died':
      return t('the engine crashed');
    case 'out-of-memory':
      return t('out of memory');
    default:
      return truncate(runnerText(error.message.split('\n')[0] ?? ''), 70);
  }
}

/** What happened, where, and what to do, as one line. */
export function fullReason(error: ErrorInfo, fileName?: string): string {
  const place =
    error.line !== undefined ? ` (${fileName ? `${fileName}:` : ''}${error.line}:${error.column ?? 1})` : '';
  return `${runnerText(error.message)}${place}${error.hint ? ` ${runnerText(error.hint)}` : ''}`;
}
