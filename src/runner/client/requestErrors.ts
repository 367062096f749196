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

/** What is known of an error of the GPU's; some carry it as `info`. */
export function gpuError(error: unknown): ErrorInfo {
  const like = error as Partial<ErrorInfo> & { info?: ErrorInfo };
  const { code = 'gpu-failed', message = String(error), hint } = like.info ?? like;
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}

export function cancelled(): RunnerRequestError {
  return new RunnerRequestError({ code: 'cancelled', message: 'The request was cancelled.' });
}
