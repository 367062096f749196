/**
 * The runner as its clients see it: requests become promises; the process is started when first needed, stopped when it takes
 * too long, and started again when it dies. Unsaved texts are told to every new process.
 */
import type { ChildProcess } from 'node:child_process';
import type {
  ErrorInfo,
  FromRunner,
  ProfileRow,
  RunnerConfiguration,
  RunnerMethod,
  RunnerRequests,
  Target,
  ToRunner,
} from '../protocol';
import { launch } from './launch';
import { loadingTimeOut, phaseOf, PHASE_LIMITS, type Phase } from './phases';
import { ClientGpu, type GpuOptions } from './clientGpu';
import { cancelled, RunnerRequestError } from './requestErrors';

export { RunnerRequestError };

export interface RequestOptions {
  signal?: AbortSignal;
  /** Milliseconds of user code, instead of the configuration's. */
  timeLimit?: number;
  onProgress?: (done: number, total: number, message: string, rows?: ProfileRow[]) => void;
}

export type RunnerState =
  { kind: 'stopped' } | { kind: 'starting' } | { kind: 'running'; pid: number } | { kind: 'crashed'; error: ErrorInfo };

export interface RunnerClientOptions extends GpuOptions {
  /** The bundled runner (dist/runner.js). */
  runnerPath: string;
  configuration?: Partial<RunnerConfiguration>;
  /**
   * For a debugger: the process starts without Node's permission model, which would keep the inspector out; the allow-list of
   * modules holds as always.
   */
  debuggable?: boolean;
  onState?: (state: RunnerState) => void;
  onLog?: (level: 'info' | 'warn' | 'error', text: string) => void;
}

interface Pending {
  id: number;
  method: RunnerMethod;
  params: unknown;
  timeLimit: number | undefined;
  onProgress: RequestOptions['onProgress'];
  resolve: (result: never) => void;
  reject: (error: RunnerRequestError) => void;
  /** It was asked again after a death. */
  retried: boolean;
  /** Ends what runs on the GPU for it. */
  gpu?: AbortController;
  release: () => void;
}

const DEFAULT_TIME_LIMIT = 2000;
const DEFAULT_MEMORY_LIMIT = 2048;
/** Exit code of Node for an option that it does not know. */
const BAD_OPTION = 9;
const KEPT_STDERR = 8000;

export class RunnerClient {
  private configuration: Partial<RunnerConfiguration>;
  private child: ChildProcess | undefined;
  private currentState: RunnerState = { kind: 'stopped' };
  private readonly overlays = new Map<string, string>();
  /** In the order in which they were asked: the first is the one that runs. */
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private restrict: boolean;
  private ready = false;
  private phase: Phase = 'waiting';
  private deadline: NodeJS.Timeout | undefined;
  /** Why the client itself ended the process. */
  private killedFor: ErrorInfo | undefined;
  private stderr = '';
  private disposed = false;
  private readonly gpu: ClientGpu;

  constructor(private readonly options: RunnerClientOptions) {
    this.configuration = { ...options.configuration };
    this.restrict = !options.debuggable;
    this.gpu = new ClientGpu(options);
  }

  get state(): RunnerState {
    return this.currentState;
  }

  /** What runs still loads modules. */
  get isLoading(): boolean {
    return this.phase === 'loading';
  }

  /** Asks the runner. @throws RunnerRequestError */
  request<M extends RunnerMethod>(
    method: M,
    params: RunnerRequests[M]['params'],
    { signal, timeLimit, onProgress }: RequestOptions = {},
  ): Promise<RunnerRequests[M]['result']> {
    return new Promise((resolve, reject) => {
      if (this.disposed)
        return reject(new RunnerRequestError({ code: 'stopped', message: 'GradLens has been stopped.' }));
      if (signal?.aborted) return reject(cancelled());
      const id = this.nextId++;
      const abort = () => this.cancel(id);
      signal?.addEventListener('abort', abort);
      const request: Pending = { id, method, params, timeLimit, onProgress, resolve, reject, retried: false, release };
      function release(): void {
        signal?.removeEventListener('abort', abort);
        request.gpu?.abort();
      }
      this.pending.set(id, request);
      this.start();
      this.ask(id);
    });
  }

  /** Unsaved text wins over disk; null takes it away again. */
  overlay(file: string, text: string | null): void {
    if (text === null) this.overlays.delete(file);
    else this.overlays.set(file, text);
    if (this.ready) this.send({ kind: 'overlay', file, text });
  }

  /** The file changed on disk. */
  changed(file: string): void {
    if (this.ready) this.send({ kind: 'changed', file });
  }

  /** New settings; they hold for the next request. */
  configure(configuration: Partial<RunnerConfiguration>): void {
    const { memoryLimit } = this.configuration;
    this.configuration = { ...this.configuration, ...configuration };
    if (this.child && configuration.memoryLimit !== undefined && configuration.memoryLimit !== memoryLimit)
      this.restart();
    else if (this.ready) this.send({ kind: 'configure', configuration: this.configuration });
  }

  /** Starts the process, so that the first request finds it ready. */
  start(): void {
    if (this.child || this.disposed) return;
    this.setState({ kind: 'starting' });
    this.ready = false;
    this.stderr = '';
    const { runnerPath, debuggable } = this.options;
    const memoryLimit = this.configuration.memoryLimit ?? DEFAULT_MEMORY_LIMIT;
    const child = launch({ runnerPath, memoryLimit, restrict: this.restrict, debuggable });
    this.child = child;
    child.stdout?.on('data', (data: Buffer) => this.log('info', data.toString()));
    child.stderr?.on('data', (data: Buffer) => {
      this.stderr = (this.stderr + data.toString()).slice(-KEPT_STDERR);
    });
    child.on('message', (message) => this.receive(message as FromRunner));
    child.on('error', (error) =>
      this.died(child, { code: 'runner-died', message: `The runner could not be started: ${error.message}.` }),
    );
    child.on('exit', (code, signalName) => this.died(child, undefined, code, signalName));
  }

  /** Ends the process; what is waiting fails, the next request starts another. */
  restart(): void {
    this.end({ code: 'restarted', message: 'The runner was restarted.' });
  }

  dispose(): void {
    this.disposed = true;
    this.end({ code: 'stopped', message: 'GradLens has been stopped.' });
    this.setState({ kind: 'stopped' });
  }

  // ------------------------------------------------------------------------------------------ messages

  private send(message: ToRunner): void {
    if (this.child?.connected) this.child.send(message, () => undefined);
  }

  private ask(id: number): void {
    const request = this.pending.get(id);
    if (!this.ready || !request) return;
    const { method, params, timeLimit } = request;
    this.send({
      kind: 'request',
      id,
      method,
      params: params as never,
      ...(timeLimit === undefined ? {} : { timeLimit }),
    });
    if (this.running()?.id === id) this.enter('loading');
  }

  private receive(message: FromRunner): void {
    switch (message.kind) {
      case 'ready':
        this.ready = true;
        this.setState({ kind: 'running', pid: message.pid });
        this.send({ kind: 'configure', configuration: this.configuration });
        for (const [file, text] of this.overlays) this.send({ kind: 'overlay', file, text });
        for (const id of this.pending.keys()) this.ask(id);
        break;
      case 'response':
        this.settle(message.id, (request) => request.resolve(message.result as never));
        break;
      case 'error':
        this.settle(message.id, (request) => request.reject(new RunnerRequestError(message.error)));
        break;
      case 'progress': {
        const phase = phaseOf(message.message);
        if (phase) this.enter(phase);
        else {
          this.enter('computing');
          this.pending.get(message.id)?.onProgress?.(message.done, message.total, message.message, message.rows);
        }
        break;
      }
      case 'gpu':
        void this.askGpu(message);
        break;
      case 'gpuCosts':
        void this.askCosts(message);
        break;
      case 'log':
        this.log(message.level, message.text);
        break;
    }
  }

  /** The runner waits for the GPU, which has limits of its own: its own limit stands still. */
  private async askGpu({ id, call, task }: Extract<FromRunner, { kind: 'gpu' }>): Promise<void> {
    const { child } = this;
    const request = this.pending.get(id);
    const controller = new AbortController();
    this.enter('waiting');
    if (request) request.gpu = controller;
    const answer = request
      ? await this.gpu.run(task, controller, request.params as Target)
      : { error: cancelled().info };
    if (this.child !== child) return;
    this.send({ kind: 'gpuAnswer', call, ...answer });
    this.enter('computing');
  }

  private async askCosts({ call, wait }: Extract<FromRunner, { kind: 'gpuCosts' }>): Promise<void> {
    const { child } = this;
    this.enter('waiting');
    const costs = await this.gpu.costs(wait);
    if (this.child !== child) return;
    this.send({ kind: 'gpuCosts', call, ...(costs && { costs }) });
    this.enter('computing');
  }

  private settle(id: number, how: (request: Pending) => void): void {
    const request = this.pending.get(id);
    if (!request) return;
    this.pending.delete(id);
    request.release();
    how(request);
    this.enter(this.pending.size > 0 ? 'loading' : 'waiting');
  }

  private cancel(id: number): void {
    const request = this.pending.get(id);
    if (!request) return;
    const runs = this.running()?.id === id;
    this.pending.delete(id);
    request.release();
    if (this.ready) this.send({ kind: 'cancel', id });
    request.reject(cancelled());
    // What runs cannot be interrupted by a message; its own limits end it.
    if (!runs) this.enter(this.pending.size > 0 ? this.phase : 'waiting');
  }

  private running(): Pending | undefined {
    for (const request of this.pending.values()) return request;
    return undefined;
  }

  // ------------------------------------------------------------------------------------------ limits

  private enter(phase: Phase): void {
    this.phase = phase;
    clearTimeout(this.deadline);
    this.deadline = undefined;
    const request = this.running();
    if (phase === 'waiting' || !request) return;
    const limit = request.timeLimit ?? this.configuration.timeLimit ?? DEFAULT_TIME_LIMIT;
    this.deadline = setTimeout(() => this.stopLate(phase, limit), PHASE_LIMITS[phase](limit));
    this.deadline.unref();
  }

  /** The runner's own limit did not end it: something that cannot be interrupted is running. */
  private stopLate(phase: Phase, limit: number): void {
    const stopped = {
      message: `Stopped after ${limit / 1000} s.`,
      hint: 'Does the loop end? The setting gradlens.timeLimit gives it more time.',
    };
    this.killedFor = { code: 'time-out', ...(phase === 'loading' ? loadingTimeOut(limit) : stopped) };
    this.child?.kill('SIGKILL');
  }

  // ------------------------------------------------------------------------------------------ death

  private died(
    child: ChildProcess,
    startError: ErrorInfo | undefined,
    code: number | null = null,
    signalName: NodeJS.Signals | null = null,
  ): void {
    if (this.child !== child) return;
    const wasReady = this.ready;
    this.child = undefined;
    this.ready = false;
    this.enter('waiting');
    const reason = startError ?? this.killedFor ?? this.causeOf(code, signalName);
    const byClient = this.killedFor !== undefined;
    this.killedFor = undefined;
    if (!wasReady && code === BAD_OPTION && this.restrict) {
      // A runtime without the permission model: the allow-list of modules alone has to do.
      this.restrict = false;
      this.log('warn', 'This runtime has no permission model; the runner starts without it.');
      this.start();
      return;
    }
    this.log(byClient ? 'warn' : 'error', `The runner ended: ${reason.message} ${this.stderr.slice(-2000)}`);
    this.setState({ kind: 'crashed', error: reason });
    const running = this.running();
    const guilty = byClient || reason.code === 'out-of-memory' || running?.retried === true || !wasReady;
    if (running && guilty) {
      this.pending.delete(running.id);
      running.release();
      running.reject(new RunnerRequestError(reason));
    } else if (running) running.retried = true;
    // A process that does not even start would be started for ever.
    if (!wasReady) this.failAll(reason);
    if (this.pending.size > 0 && !this.disposed) this.start();
  }

  private causeOf(code: number | null, signalName: NodeJS.Signals | null): ErrorInfo {
    if (/heap out of memory|Allocation failed|memory limit/i.test(this.stderr)) {
      const limit = this.configuration.memoryLimit ?? DEFAULT_MEMORY_LIMIT;
      return {
        code: 'out-of-memory',
        message: `The function used more than ${limit} MB of memory.`,
        hint: 'The setting gradlens.memoryLimit gives it more.',
      };
    }
    return {
      code: 'runner-died',
      message: `The runner ended unexpectedly (${signalName ?? `exit code ${code}`}).`,
      stack: this.stderr,
    };
  }

  private end(reason: ErrorInfo): void {
    const { child } = this;
    this.child = undefined;
    this.ready = false;
    this.enter('waiting');
    child?.kill('SIGKILL');
    this.failAll(reason);
    if (child && !this.disposed) this.setState({ kind: 'stopped' });
  }

  private failAll(reason: ErrorInfo): void {
    const waiting = [...this.pending.values()];
    this.pending.clear();
    for (const request of waiting) {
      request.release();
      request.reject(new RunnerRequestError(reason));
    }
  }

  private setState(state: RunnerState): void {
    this.currentState = state;
    this.options.onState?.(state);
  }

  private log(level: 'info' | 'warn' | 'error', text: string): void {
    this.options.onLog?.(level, text.trimEnd());
  }
}
