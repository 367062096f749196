/**
 * One message channel between two ends, typed: requests that answer with a promise, events that do not. The panel and its
 * provider use the same class with the type arguments swapped. Every request ends: with its result, with the other end's error,
 * by its time limit, by its signal, or because the channel was closed.
 */
import { decodeWire, encodeWire } from './wire';

export type RequestMap = object;
type Params<M, K extends keyof M> = M[K] extends { params: infer P } ? P : never;
type Result<M, K extends keyof M> = M[K] extends { result: infer R } ? R : never;

/** An error that both ends understand; `code` is stable, `message` is for people. */
export class RemoteError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

export interface RequestContext<Progress> {
  /** Aborts when the other end no longer wants the answer. */
  readonly signal: AbortSignal;
  progress(value: Progress): void;
}

export interface RequestOptions<Progress> {
  signal?: AbortSignal;
  /** Milliseconds until the request fails with `time-out`; 0 waits for ever. */
  timeout?: number;
  onProgress?: (value: Progress) => void;
}

type Wire =
  | { gl: 'request'; id: number; method: string; params: unknown }
  | { gl: 'result'; id: number; result: unknown }
  | { gl: 'error'; id: number; code: string; message: string; hint?: string }
  | { gl: 'progress'; id: number; value: unknown }
  | { gl: 'cancel'; id: number }
  | { gl: 'event'; name: string; payload: unknown };

interface Pending<Progress> {
  resolve(result: unknown): void;
  reject(error: RemoteError): void;
  onProgress?: (value: Progress) => void;
}

const DEFAULT_TIMEOUT = 60_000;

export class MessageHandler<
  LocalRequests extends RequestMap,
  RemoteRequests extends RequestMap,
  LocalEvents extends object,
  RemoteEvents extends object,
  Progress,
> {
  private readonly pending = new Map<number, Pending<Progress>>();
  private readonly running = new Map<number, AbortController>();
  private readonly requestHandlers = new Map<string, (params: unknown, context: RequestContext<Progress>) => unknown>();
  private readonly eventHandlers = new Map<string, Set<(payload: unknown) => void>>();
  private nextId = 1;
  private closed = false;

  /** `post` hands an encoded message to the channel; what arrives goes to `receive`. */
  constructor(private readonly post: (message: unknown) => void) {}

  /** Answers a kind of request; a second handler replaces the first. */
  handle<K extends keyof LocalRequests & string>(
    method: K,
    handler: (
      params: Params<LocalRequests, K>,
      context: RequestContext<Progress>,
    ) => Result<LocalRequests, K> | Promise<Result<LocalRequests, K>>,
  ): void {
    this.requestHandlers.set(method, handler as (params: unknown, context: RequestContext<Progress>) => unknown);
  }

  /** Listens to a kind of event; the result stops it. */
  on<K extends keyof RemoteEvents & string>(name: K, handler: (payload: RemoteEvents[K]) => void): () => void {
    const handlers = this.eventHandlers.get(name) ?? new Set();
    this.eventHandlers.set(name, handlers);
    handlers.add(handler as (payload: unknown) => void);
    return () => handlers.delete(handler as (payload: unknown) => void);
  }

  emit<K extends keyof LocalEvents & string>(name: K, payload: LocalEvents[K]): void {
    if (!this.closed) this.send({ gl: 'event', name, payload });
  }

  request<K extends keyof RemoteRequests & string>(
    method: K,
    params: Params<RemoteRequests, K>,
    options: RequestOptions<Progress> = {},
  ): Promise<Result<RemoteRequests, K>> {
    if (this.closed) return Promise.reject(new RemoteError('closed', 'The connection is closed.'));
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const limit = options.timeout ?? DEFAULT_TIMEOUT;
      const timer =
        limit > 0
          ? setTimeout(() => give(new RemoteError('time-out', `No answer within ${limit} ms.`)), limit)
          : undefined;
      const abort = () => give(new RemoteError('cancelled', 'Cancelled.'));
      const settle = () => {
        clearTimeout(timer);
        options.signal?.removeEventListener('abort', abort);
        this.pending.delete(id);
      };
      const give = (error: RemoteError) => {
        settle();
        this.send({ gl: 'cancel', id });
        reject(error);
      };
      if (options.signal?.aborted) {
        clearTimeout(timer);
        reject(new RemoteError('cancelled', 'Cancelled.'));
        return;
      }
      options.signal?.addEventListener('abort', abort, { once: true });
      this.pending.set(id, {
        resolve: (result) => {
          settle();
          resolve(result as Result<RemoteRequests, K>);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
        onProgress: options.onProgress,
      });
      this.send({ gl: 'request', id, method, params });
    });
  }

  /** Takes one message of the channel; what is not ours is left alone. */
  receive(message: unknown): void {
    if (this.closed || typeof message !== 'object' || message === null || !('gl' in message)) return;
    const wire = decodeWire(message) as Wire;
    switch (wire.gl) {
      case 'request':
        void this.answer(wire.id, wire.method, wire.params);
        break;
      case 'result':
        this.pending.get(wire.id)?.resolve(wire.result);
        break;
      case 'error':
        this.pending.get(wire.id)?.reject(new RemoteError(wire.code, wire.message, wire.hint));
        break;
      case 'progress':
        this.pending.get(wire.id)?.onProgress?.(wire.value as Progress);
        break;
      case 'cancel':
        this.running.get(wire.id)?.abort();
        break;
      case 'event':
        for (const handler of this.eventHandlers.get(wire.name) ?? []) handler(wire.payload);
        break;
    }
  }

  /** Closes this end: whatever waits fails, whatever runs is aborted. */
  dispose(): void {
    this.closed = true;
    for (const pending of [...this.pending.values()])
      pending.reject(new RemoteError('closed', 'The connection is closed.'));
    for (const controller of this.running.values()) controller.abort();
    this.running.clear();
    this.eventHandlers.clear();
    this.requestHandlers.clear();
  }

  private send(message: Wire): void {
    this.post(encodeWire(message));
  }

  private async answer(id: number, method: string, params: unknown): Promise<void> {
    const handler = this.requestHandlers.get(method);
    if (handler === undefined) {
      this.send({ gl: 'error', id, code: 'not-supported', message: `Nothing here answers “${method}”.` });
      return;
    }
    const controller = new AbortController();
    this.running.set(id, controller);
    const progress = (value: Progress) => {
      if (!controller.signal.aborted && !this.closed) this.send({ gl: 'progress', id, value });
    };
    let answer: Wire;
    try {
      answer = { gl: 'result', id, result: await handler(params, { signal: controller.signal, progress }) };
    } catch (error) {
      answer = { gl: 'error', id, ...describe(error) };
    }
    this.running.delete(id);
    if (!this.closed && !controller.signal.aborted) this.send(answer);
  }
}

/** The parts of an error that travel. Errors of the runner carry a code and a hint of their own. */
function describe(error: unknown): { code: string; message: string; hint?: string } {
  if (typeof error !== 'object' || error === null) return { code: 'internal', message: String(error) };
  const { code, message, hint } = error as { code?: unknown; message?: unknown; hint?: unknown };
  return {
    code: typeof code === 'string' ? code : 'internal',
    message: typeof message === 'string' ? message : String(error),
    ...(typeof hint === 'string' ? { hint } : {}),
  };
}
