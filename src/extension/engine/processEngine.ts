/**
 * The runner for the extension: two processes, one for what is live, one for what the user asks for, so that a profile of
 * three seconds does not hold up the values on the screen. The second starts with the first command.
 */
import { EventEmitter, type LogOutputChannel, Uri } from 'vscode';
import { RunnerClient, type RunnerClientOptions, type RunnerState } from '../../runner/client/runnerClient';
import type { GpuCosts, GpuResult, RunnerConfiguration, RunnerMethod, RunnerRequests } from '../../runner/protocol';
import type { RequestOptions } from '../live/engine';
import { DisposableStore } from '../lifecycle/disposables';
import type { EngineHost, EngineState } from './engineHost';
import { Lane } from './lane';

const LIVE: ReadonlySet<RunnerMethod> = new Set<RunnerMethod>(['list', 'inspect', 'arguments']);

/**
 * Milliseconds that a live request has which nobody waits for any more: as long as a new process takes to start, so that what
 * is asked next waits at most twice as long as it must.
 */
const PATIENCE = 2000;

/** What the runner asks the GPU, and for which function. */
type GpuCall = Parameters<NonNullable<RunnerClientOptions['onGpu']>>;

/** The GPU of the editor. */
export interface Gpu {
  run(...of: [...GpuCall, live: boolean]): Promise<GpuResult>;
  costs(wait: boolean): Promise<GpuCosts | undefined>;
}

/** Deaths that say something about the function, not about the engine. */
const GUILTLESS: ReadonlySet<string> = new Set(['time-out', 'out-of-memory', 'restarted', 'stopped']);

export class ProcessEngine implements EngineHost {
  private readonly store = new DisposableStore();
  private readonly changedState = this.store.add(new EventEmitter<EngineState>());
  readonly onDidChangeState = this.changedState.event;
  private current: EngineState = { kind: 'stopped' };
  private readonly clients: RunnerClient[];
  private readonly live: Lane;
  private readonly work: Lane;

  constructor(extensionUri: Uri, log: LogOutputChannel, gpu?: Gpu) {
    const runnerPath = Uri.joinPath(extensionUri, 'dist', 'runner.js').fsPath;
    const create = (isLive: boolean, onState: (state: RunnerState) => void): RunnerClient =>
      new RunnerClient({
        runnerPath,
        onState,
        onLog: (level, text) => log[level](text),
        ...(gpu && {
          onGpu: (...call: GpuCall) => gpu.run(...call, isLive),
          onGpuCosts: (wait: boolean) => gpu.costs(wait),
        }),
      });
    const live = create(true, (state) => this.setState(state));
    const work = create(false, (state) => {
      if (state.kind === 'crashed') this.setState(state);
    });
    this.clients = [live, work];
    this.live = new Lane(live, PATIENCE, true);
    this.work = new Lane(work, 150);
  }

  get state(): EngineState {
    return this.current;
  }

  request<M extends RunnerMethod>(
    method: M,
    params: RunnerRequests[M]['params'],
    options?: RequestOptions,
  ): Promise<RunnerRequests[M]['result']> {
    return (LIVE.has(method) ? this.live : this.work).request(method, params, options);
  }

  overlay(file: string, text: string | null): void {
    for (const client of this.clients) client.overlay(file, text);
  }

  changed(file: string): void {
    for (const client of this.clients) client.changed(file);
  }

  configure(configuration: RunnerConfiguration): void {
    for (const client of this.clients) client.configure(configuration);
  }

  restart(): void {
    for (const client of this.clients) client.restart();
    this.setState({ kind: 'stopped' });
  }

  private setState(state: RunnerState): void {
    const harmless = state.kind === 'crashed' && GUILTLESS.has(state.error.code);
    this.current = harmless ? { kind: 'stopped' } : state;
    this.changedState.fire(this.current);
  }

  dispose(): void {
    for (const client of this.clients) client.dispose();
    this.store.dispose();
  }
}
