/** The runner process: messages in, messages out, one request at a time. */
import { RunnerError } from './modules/errors';
import { phaseMessage } from './client/phases';
import { ownGpu, RemoteGpu } from './gpu/remoteGpu';
import { handlers } from './service';
import { withModules, type Context } from './requests/common';
import { errorInfo } from './requests/errorInfo';
import { endIntervals } from './modules/sandbox';
import { Session } from './session';
import { Supervisor } from './supervisor';
import { lendThreads } from './threads';
import { WarmUp } from './warmUp';
import type { FromRunner, RequestMessage, RunnerConfiguration, ToRunner } from './protocol';

/** Milliseconds without a request after which somebody may be reading: then there is time to get warm, step by step. */
const IDLE = 300;
const BETWEEN_STEPS = 10;

class Runner {
  private readonly session = new Session();
  private readonly queue: RequestMessage[] = [];
  private readonly cancelled = new Set<number>();
  private running = false;
  private readonly gpu = new RemoteGpu((message) => this.send(message));
  private readonly warmUp = new WarmUp({
    session: this.session,
    timeLimit: this.session.configuration.timeLimit,
    progress: () => undefined,
    gpu: ownGpu,
    phase: () => undefined,
  });
  /** Somebody looks at functions live: only then the next key comes soon. */
  private isLive = false;
  private idle: NodeJS.Timeout | undefined;
  private readonly supervisor = new Supervisor(this.session.configuration.memoryLimit);

  constructor(private readonly send: (message: FromRunner) => void) {}

  receive(message: ToRunner): void {
    switch (message.kind) {
      case 'request':
        this.queue.push(message);
        void this.work();
        break;
      case 'cancel':
        this.cancel(message.id);
        break;
      case 'overlay':
        this.session.overlay(message.file, message.text);
        break;
      case 'changed':
        this.session.changed(message.file);
        break;
      case 'gpuAnswer':
        this.gpu.receive(message);
        break;
      case 'gpuCosts':
        this.gpu.receiveCosts(message);
        break;
      case 'configure':
        Object.assign(this.session.configuration, definedOnly(message.configuration));
        this.supervisor.setLimit(this.session.configuration.memoryLimit);
        break;
    }
  }

  /** A request that waits is dropped; one that runs is left to finish and its answer is thrown away. */
  private cancel(id: number): void {
    const index = this.queue.findIndex((request) => request.id === id);
    if (index >= 0) {
      this.queue.splice(index, 1);
      this.send({ kind: 'error', id, error: cancelledError() });
    } else {
      this.cancelled.add(id);
    }
  }

  private async work(): Promise<void> {
    if (this.running) return;
    this.running = true;
    clearTimeout(this.idle);
    for (let request = this.queue.shift(); request; request = this.queue.shift()) {
      await this.answer(request);
      // Lets messages in (cancellations, newer text) before the next request starts.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.running = false;
    if (this.isLive) this.rest(IDLE);
  }

  /** Gets warmer after a while, as long as nobody asks. */
  private rest(milliseconds: number): void {
    if (this.warmUp.isDone) return;
    this.idle = setTimeout(() => {
      this.running = true;
      void this.warmUp.step().then(() => {
        this.running = false;
        if (this.queue.length > 0) void this.work();
        else this.rest(BETWEEN_STEPS);
      });
    }, milliseconds);
  }

  private async answer(request: RequestMessage): Promise<void> {
    const { id, method, params } = request;
    this.isLive ||= method === 'inspect';
    const file = (params as { file?: string }).file;
    const context: Context = {
      session: this.session,
      timeLimit: request.timeLimit ?? this.session.configuration.timeLimit,
      progress: this.progressOf(id),
      gpu: this.session.configuration.clientGpu ? this.gpu.of(id) : ownGpu,
      phase: (phase) => this.send({ kind: 'progress', id, done: 0, total: 0, message: phaseMessage(phase) }),
    };
    try {
      const handler = handlers[method] as ((context: Context, params: unknown) => unknown) | undefined;
      if (!handler) throw new RunnerError('no-such-method', `The runner knows no request \`${method as string}\`.`);
      const result = (await withModules(context, file, () => handler(context, params))) as never;
      if (this.cancelled.delete(id)) this.send({ kind: 'error', id, error: cancelledError() });
      else this.send({ kind: 'response', id, result });
    } catch (error) {
      this.cancelled.delete(id);
      this.send({ kind: 'error', id, error: errorInfo(error, file) });
    } finally {
      endIntervals();
    }
  }

  /** At most one message in 50 ms, and none before that. */
  private progressOf(id: number): Context['progress'] {
    let last = performance.now();
    return (done, total, message, rows) => {
      const now = performance.now();
      if (!rows && now - last < 50) return;
      last = now;
      this.send({ kind: 'progress', id, done, total, message, ...(rows ? { rows } : {}) });
    };
  }
}

function cancelledError(): { code: string; message: string } {
  return { code: 'cancelled', message: 'The request was cancelled.' };
}

function definedOnly(configuration: Partial<RunnerConfiguration>): Partial<RunnerConfiguration> {
  return Object.fromEntries(Object.entries(configuration).filter(([, value]) => value !== undefined));
}

function start(): void {
  const { send: rawSend } = process;
  if (!rawSend) {
    process.stderr.write('The GradLens runner is started by its client, not by hand.\n');
    process.exitCode = 2;
    return;
  }
  const send = rawSend.bind(process);
  lendThreads();
  const runner = new Runner((message) => send(message));
  // The runner ends with its client.
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message) => runner.receive(message as ToRunner));
  const survive = (what: string) => (error: unknown) => {
    send({
      kind: 'log',
      level: 'warn',
      text: `${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    });
  };
  process.on('unhandledRejection', survive('A promise was rejected and nobody looked'));
  process.on('uncaughtException', survive('An error was thrown after the function had returned'));
  send({ kind: 'ready', pid: process.pid } satisfies FromRunner);
}

start();
