/** What the live side needs of the runner; the process client gives it, tests put a simple object in its place. */
import type { ProfileRow, RunnerMethod, RunnerRequests } from '../../runner/protocol';

export interface RequestOptions {
  signal?: AbortSignal;
  /** Milliseconds, instead of the setting's. */
  timeLimit?: number;
  /** Milliseconds that the request may go on after it was cancelled, before its process is ended. */
  grace?: number;
  onProgress?: (done: number, total: number, message: string, rows?: ProfileRow[]) => void;
}

export interface Engine {
  request<M extends RunnerMethod>(
    method: M,
    params: RunnerRequests[M]['params'],
    options?: RequestOptions,
  ): Promise<RunnerRequests[M]['result']>;
  /** Unsaved text wins over disk; null takes it away again. */
  overlay(file: string, text: string | null): void;
  /** The file changed on disk. */
  changed(file: string): void;
}
