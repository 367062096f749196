/**
 * Threads for large products of matrices and for sweeps in lanes. They sleep on a shared counter until there is work, get programs over a channel, and know
 * nothing else: user code runs on the main thread and has no way to them.
 */
import { availableParallelism } from 'node:os';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { lent, type SharedWork, type Threads } from '../engine/execute/threads';

/** Integers that the main thread and another share: calls begun, calls ended, its state, program, number of the export, operands. */
const BEGUN = 0;
const ENDED = 1;
const STATE = 2;
const PROGRAM = 3;
const EXPORT = 4;
const OPERANDS = 5;
const LENGTH = 24;
/** A call that only takes in what was sent. */
const NO_PROGRAM = -1;
/** States: 0 while it starts. */
const UP = 1;
const FAILED = 2;

/** More gain little: the memory is the same for all. */
const MOST_THREADS = 3;
/** Milliseconds for a share that takes a few. */
const PATIENCE = 20_000;
/** Milliseconds that starting a thread takes from the others. */
const STARTING = 30;
/** How often handing over is tried to know what it costs. */
const TRIES = 3;

/** Runs in a thread. Its text is the function's own, so it must not use anything outside it. */
const BODY = `
const { receiveMessageOnPort, workerData } = require('node:worker_threads');
const { control, port } = workerData;
const programs = new Map();
const receive = ({ id, module, memory }) => {
  if (module === undefined) return programs.delete(id);
  // What threads compute calls nothing from outside.
  const env = { memory };
  for (const { kind, name } of WebAssembly.Module.imports(module)) if (kind === 'function') env[name] = () => 0;
  programs.set(id, Object.values(new WebAssembly.Instance(module, { env }).exports));
};
Atomics.store(control, ${STATE}, ${UP});
for (let seen = 0; ; ) {
  Atomics.wait(control, ${BEGUN}, seen);
  seen = Atomics.load(control, ${BEGUN});
  try {
    for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) receive(got.message);
    const operands = control.slice(${OPERANDS + 1}, ${OPERANDS + 1} + control[${OPERANDS}]);
    if (control[${PROGRAM}] !== ${NO_PROGRAM}) programs.get(control[${PROGRAM}])[control[${EXPORT}]](...operands);
  } catch {
    Atomics.store(control, ${STATE}, ${FAILED});
  }
  Atomics.store(control, ${ENDED}, seen);
  Atomics.notify(control, ${ENDED});
}
`;

class Thread {
  private readonly control = new Int32Array(new SharedArrayBuffer(4 * LENGTH));
  private readonly port: MessagePort;
  /** Something was begun and not waited for. */
  private open = false;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    const worker = new Worker(BODY, {
      eval: true,
      workerData: { control: this.control, port: port2 },
      transferList: [port2],
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 16 },
    });
    worker.unref();
    port1.unref();
    worker.on('error', () => Atomics.store(this.control, STATE, FAILED));
  }

  send(message: unknown): void {
    this.port.postMessage(message);
  }

  get isUp(): boolean {
    return Atomics.load(this.control, STATE) === UP;
  }

  begin(program: number, exported = 0, operands: readonly number[] = []): boolean {
    const { control } = this;
    if (!this.isUp || !this.isIdle) return false;
    control[PROGRAM] = program;
    control[EXPORT] = exported;
    control[OPERANDS] = operands.length;
    control.set(operands, OPERANDS + 1);
    this.open = true;
    Atomics.add(control, BEGUN, 1);
    Atomics.notify(control, BEGUN);
    return true;
  }

  private get isIdle(): boolean {
    return Atomics.load(this.control, BEGUN) === Atomics.load(this.control, ENDED);
  }

  finish(): void {
    if (!this.open) return;
    const { control } = this;
    const until = performance.now() + PATIENCE;
    while (!this.isIdle && performance.now() < until)
      Atomics.wait(control, ENDED, Atomics.load(control, BEGUN) - 1, 100);
    this.open = !this.isIdle;
    if (!this.open && Atomics.load(control, STATE) !== FAILED) return;
    // What it was to compute is missing, and what it may still write must not meet another run.
    lent.threads = undefined;
    throw new Error('A thread that was to compute a part of a result failed.');
  }
}

class Pool implements Threads {
  private threads: Thread[] | undefined;
  private nextProgram = 0;
  private readonly registry = new FinalizationRegistry((id: number) => this.forget(id));
  private measured: number | undefined;

  constructor(readonly count: number) {}

  get handingOver(): number {
    const { threads } = this;
    if (threads === undefined || !threads.every((thread) => thread.isUp)) return STARTING;
    return (this.measured ??= handingOverTo(threads));
  }

  lend(module: WebAssembly.Module, memory: WebAssembly.Memory): SharedWork {
    // Started by the first program that is large enough: until they are up, the main thread does all by itself.
    const threads = (this.threads ??= this.start());
    const id = this.nextProgram++;
    for (const thread of threads) thread.send({ id, module, memory });
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    const work: SharedWork = {
      count: threads.length,
      begin: (thread, name, operands) => threads[thread].begin(id, names.indexOf(name), operands),
      finish: () => threads.forEach((thread) => thread.finish()),
      release: () => this.forget(id),
    };
    this.registry.register(work, id);
    return work;
  }

  private forget(id: number): void {
    for (const thread of this.threads ?? []) {
      thread.send({ id });
      // Otherwise it would keep the memory as long as it sleeps.
      thread.begin(NO_PROGRAM);
    }
  }

  private start(): Thread[] {
    try {
      return Array.from({ length: this.count }, () => new Thread());
    } catch {
      // A runtime that allows no threads.
      return [];
    }
  }
}

/** Milliseconds to hand something over to all of them and to hear of its end. */
function handingOverTo(threads: readonly Thread[]): number {
  let least = Infinity;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const start = performance.now();
    for (const thread of threads) thread.begin(NO_PROGRAM);
    for (const thread of threads) thread.finish();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

/** Lends the engine the processors beside this one, from the first large work on. */
export function lendThreads(count = Math.min(availableParallelism() - 1, MOST_THREADS)): void {
  lent.threads = count > 0 ? new Pool(count) : undefined;
}
