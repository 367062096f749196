/** Errors of requests as the panel shows them. */
import { t } from './l10n';
import { RemoteError } from './protocol';

export function messageOf(error: unknown): string {
  const { message, hint } = errorOf(error);
  return hint === undefined ? message : `${message} ${hint}`;
}

export function errorOf(error: unknown): { code: string; message: string; hint?: string } {
  if (error instanceof RemoteError)
    return {
      code: error.code,
      message: error.code === 'time-out' ? t.states.timeOut : error.message,
      hint: error.hint,
    };
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}
