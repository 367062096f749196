/**
 * One runner process and the requests that go to it. Cancelling really stops: what still waits is dropped, what runs is given
 * a moment to end, then its process is ended; requests behind it are asked again of the next process.
 */
import type { RunnerMethod, RunnerRequests } from '../../runner/protocol';
import { RequestError } from '../session/requestError';
import { toErrorInfo } from '../format/errors';
import { t } from '../format/l10n';
import type { RequestOptions } from '../live/engine';

/** What a lane needs of the process client. */
export interface Client {
  request<M extends RunnerMethod>(
    method: M,
    params: RunnerRequests[M]['params'],
    options?: RequestOptions,
  ): Promise<RunnerRequests[M]['result']>;
  restart(): void;
  /** What runs still loads modules. */
  readonly isLoading: boolean;
}

export class Lane {
  /** In the order in which they were asked; the first is the one that runs. */
  private readonly waiting = new Set<symbol>();

  constructor(
    private readonly client: Client,
    /** Milliseconds that a cancelled request has to end by itself. */
    private readonly grace: number,
    /** Modules may be loaded to the end, since another process would load them again. */
    private readonly letLoad = false,
  ) {}

  /** Asks the runner; the promise rejects at once when `signal` says so. */
  request<M extends RunnerMethod>(
    method: M,
    params: RunnerRequests[M]['params'],
    { signal, grace = this.grace, ...options }: RequestOptions = {},
  ): Promise<RunnerRequests[M]['result']> {
    if (signal?.aborted) return Promise.reject(cancelled());
    const token = Symbol(method);
    const drop = new AbortController();
    this.waiting.add(token);
    const answer = this.ask(method, params, { ...options, signal: drop.signal }, signal).finally(() =>
      this.waiting.delete(token),
    );
    if (!signal) return answer;
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        reject(cancelled());
        const [first] = this.waiting;
        if (first === token) this.stopLater(token, grace);
        else drop.abort();
      };
      signal.addEventListener('abort', abort);
      answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    });
  }

  private async ask<M extends RunnerMethod>(
    method: M,
    params: RunnerRequests[M]['params'],
    options: RequestOptions,
    signal: AbortSignal | undefined,
  ): Promise<RunnerRequests[M]['result']> {
    try {
      return await this.client.request(method, params, options);
    } catch (error) {
      // The process was ended because of another request: this one is innocent.
      if (toErrorInfo(error).code !== 'restarted' || signal?.aborted) throw error;
      return this.client.request(method, params, options);
    }
  }

  private stopLater(token: symbol, grace: number): void {
    setTimeout(() => {
      if (!this.waiting.has(token)) return;
      if (this.letLoad && this.client.isLoading) this.stopLater(token, grace);
      else this.client.restart();
    }, grace);
  }
}

function cancelled(): RequestError {
  return new RequestError({ code: 'cancelled', message: t('Cancelled.') });
}
