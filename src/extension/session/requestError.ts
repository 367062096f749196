import type { ErrorInfo } from '../../runner/protocol';

/** An error that carries what a person needs to know; see `toErrorInfo`. */
export class RequestError extends Error {
  constructor(readonly info: ErrorInfo) {
    super(info.message);
    this.name = 'RequestError';
  }
}
