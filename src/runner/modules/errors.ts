/** Errors for people: what, where, what to do. */
import type { ErrorInfo } from '../protocol';

export class RunnerError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly place: { file?: string; line?: number; column?: number } = {},
    readonly hint?: string,
  ) {
    super(message);
    this.name = 'RunnerError';
  }

  get info(): ErrorInfo {
    const { file, line, column } = this.place;
    return {
      code: this.code,
      message: this.message,
      ...(file === undefined ? {} : { file }),
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
      ...(this.hint === undefined ? {} : { hint: this.hint }),
    };
  }
}
