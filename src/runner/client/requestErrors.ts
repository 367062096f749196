/** Requests that fail, as the runner's clients see it. */
import type { ErrorInfo } from '../protocol';

/** An answer that is an error. */
export class RunnerRequestError extends Error {
  readonly code: string;

  constructor(readonly info: ErrorInfo) {
    super(info.message);
    this.name = 'RunnerRequestError';
    this.code = info.code;
  }
}

export function cancelled(): RunnerRequestError {
  return new RunnerRequestError({ code: 'cancelled', message: 'The request was cancelled.' });
}
