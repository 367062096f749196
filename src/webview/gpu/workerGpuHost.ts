/** The panel's GPU: gpu.js in a blob worker that is started when first needed and again after a failure. */
import type { GpuHost } from '../gpuHost';
import { RemoteError, type GpuBackend, type GpuInfo, type GpuRunParams } from '../protocol';
import { GPU_LIMITS, type GpuCosts, type GpuResult } from '../../runner/protocol';
import type { FromGpuWorker, ToGpuWorker } from './messages';

/** Milliseconds that a cancelled run has to end before the worker is replaced. */
const GRACE = 2000;

interface Pending {
  resolve(message: FromGpuWorker): void;
  reject(error: Error): void;
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

export class WorkerGpuHost implements GpuHost {
  private worker: Promise<Worker> | undefined;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private known: Promise<GpuInfo> | undefined;

  /**
   * @param script the panel's own script element; the worker's bundle lies beside it and carries the same nonce
   * @param limit milliseconds after which a request is given up and the worker replaced: drivers hang rather than fail
   */
  constructor(
    private readonly script: HTMLScriptElement,
    private readonly limit: number = GPU_LIMITS.worker,
  ) {}

  /** Found once; asked again after a failure, of a run too: what was there may have gone for good. */
  info(): Promise<GpuInfo> {
    this.known ??= this.ask({ kind: 'info' }).then(
      (message) => (message as Extract<FromGpuWorker, { kind: 'info' }>).info,
      (error: unknown) => {
        this.known = undefined;
        throw error;
      },
    );
    return this.known;
  }

  async run(params: GpuRunParams, signal?: AbortSignal): Promise<GpuResult> {
    const began = performance.now();
    const backend = params.backend ?? (await this.best());
    try {
      const left = this.limit - (performance.now() - began);
      const message = await this.ask({ kind: 'run', params: { ...params, backend } }, signal, left);
      return (message as Extract<FromGpuWorker, { kind: 'result' }>).result;
    } catch (error) {
      if (error instanceof RemoteError && error.code === 'gpu-failed') this.known = undefined;
      throw error;
    }
  }

  async costs(): Promise<GpuCosts> {
    const message = await this.ask({ kind: 'costs', backend: await this.best() });
    return (message as Extract<FromGpuWorker, { kind: 'costs' }>).costs;
  }

  dispose(): void {
    this.stop(new RemoteError('gpu-failed', 'The panel was closed.'));
  }

  /** The first of webgpu, webgl2, webasm that the machine has. */
  private async best(): Promise<GpuBackend> {
    const { backends } = await this.info();
    const found = backends.find((backend) => backend.available);
    if (!found) throw new RemoteError('no-gpu', backends.map(({ name, reason }) => `${name}: ${reason}`).join(' '));
    return found.name as GpuBackend;
  }

  private async ask(message: WithoutId<ToGpuWorker>, signal?: AbortSignal, limit = this.limit): Promise<FromGpuWorker> {
    if (signal?.aborted) throw new RemoteError('cancelled', 'The GPU run was cancelled.');
    const worker = await this.start();
    const id = this.nextId++;
    return new Promise<FromGpuWorker>((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.pending.delete(id);
      };
      let timer = setTimeout(
        () => this.stop(new RemoteError('gpu-failed', 'The GPU gave no answer in time; its worker was restarted.')),
        limit,
      );
      // A kernel under way cannot be interrupted. Most end at once by themselves; else the worker is ended with it.
      const abort = () => {
        reject(new RemoteError('cancelled', 'The GPU run was cancelled.'));
        clearTimeout(timer);
        timer = setTimeout(() => this.stop(new RemoteError('gpu-failed', 'The GPU was stopped.')), GRACE);
      };
      this.pending.set(id, {
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      signal?.addEventListener('abort', abort);
      worker.postMessage({ ...message, id });
    });
  }

  private start(): Promise<Worker> {
    this.worker ??= this.load().then(
      (source) => {
        const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
        const worker = new Worker(url);
        URL.revokeObjectURL(url);
        worker.addEventListener('message', (event: MessageEvent<FromGpuWorker>) => this.receive(event.data));
        worker.addEventListener('error', (event) =>
          this.stop(new RemoteError('gpu-failed', `The GPU worker failed: ${event.message}`)),
        );
        return worker;
      },
      (error: unknown) => {
        this.worker = undefined;
        throw error;
      },
    );
    return this.worker;
  }

  private receive(message: FromGpuWorker): void {
    const pending = this.pending.get(message.id);
    if (message.kind === 'error') pending?.reject(new RemoteError(message.code, message.message));
    else pending?.resolve(message);
  }

  /** Ends the worker; the next request starts a new one. */
  private stop(error: Error): void {
    void this.worker?.then((worker) => worker.terminate()).catch(() => undefined);
    this.worker = undefined;
    for (const pending of [...this.pending.values()]) pending.reject(error);
  }

  /** The worker's source, by a script element: the panel's policy lets nothing else in. */
  private load(): Promise<string> {
    const shared = globalThis as { gradlensGpuWorker?: string };
    if (shared.gradlensGpuWorker !== undefined) return Promise.resolve(shared.gradlensGpuWorker);
    return new Promise((resolve, reject) => {
      const element = document.createElement('script');
      element.nonce = this.script.nonce;
      element.src = new URL('gpu.js', this.script.src).href;
      element.addEventListener('load', () => resolve(shared.gradlensGpuWorker ?? ''));
      element.addEventListener('error', () =>
        reject(new RemoteError('no-gpu', 'The GPU code of the panel could not be loaded.')),
      );
      document.head.append(element);
    });
  }
}
