/** What the global object of a realm offers besides the language: a console that is captured, and little else. */
/* eslint-disable @typescript-eslint/no-explicit-any */
import { webcrypto } from 'node:crypto';
import { format } from 'node:util';
import { Tracer } from '../../engine/trace/tracer';
import { RunnerError } from './errors';
import { userFrame } from './stack';

export interface ConsoleEntry {
  level: string;
  text: string;
  location?: { file: string; line: number; column: number };
}

/** User code asked the process to end. */
export class ProcessExit extends RunnerError {
  constructor(exitCode: unknown) {
    super(
      'process-exit',
      `The code called process.exit(${exitCode === undefined ? '' : String(exitCode)}).`,
      {},
      'Functions that GradLens runs must return.',
    );
  }
}

/** The last call of process.exit, which user code may have caught. */
export const exitState: { pending: ProcessExit | undefined } = { pending: undefined };

const MAX_TEXT = 10_000;

const intervals = new Set<NodeJS.Timeout>();

/** Ends what user code started to repeat: it goes on while a request runs (its promises may wait for it), and no longer. */
export function endIntervals(): void {
  for (const timer of intervals) clearInterval(timer);
  intervals.clear();
}

/** Traced numbers print as numbers. */
function printable(value: unknown, depth = 0): unknown {
  if (value instanceof Tracer)
    return value.aval.shape.length === 0 ? value.recorder.scalarAt(value.row) : String(value);
  if (depth > 3 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => printable(item, depth + 1));
  if (Object.getPrototypeOf(value) === null || value.constructor?.name === 'Object') {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, printable(item, depth + 1)]));
  }
  return value;
}

export function installSandbox(globals: Record<string, any>, write: (entry: ConsoleEntry) => void): void {
  const console: Record<string, unknown> = {};
  for (const level of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table']) {
    console[level] = (...list: unknown[]) => {
      const text = format(...list.map((item) => printable(item))).slice(0, MAX_TEXT);
      write({
        level: ['dir', 'table', 'trace'].includes(level) ? 'log' : level,
        text,
        location: userFrame(new Error('here').stack),
      });
    };
  }
  for (const silent of [
    'assert',
    'clear',
    'count',
    'countReset',
    'group',
    'groupEnd',
    'groupCollapsed',
    'time',
    'timeEnd',
    'timeLog',
  ]) {
    console[silent] = () => undefined;
  }
  globals.console = console;
  globals.process = sandboxedProcess();
  globals.global = globals;
  globals.performance = { now: () => performance.now() };
  globals.queueMicrotask = (callback: () => void) => queueMicrotask(callback);
  globals.setTimeout = (callback: (...list: unknown[]) => void, delay?: number, ...list: unknown[]) =>
    setTimeout(callback, delay, ...list);
  globals.clearTimeout = (timer: NodeJS.Timeout) => clearTimeout(timer);
  globals.setInterval = (callback: (...list: unknown[]) => void, delay?: number, ...list: unknown[]) => {
    const timer = setInterval(callback, delay, ...list).unref();
    intervals.add(timer);
    return timer;
  };
  globals.clearInterval = (timer: NodeJS.Timeout) => clearInterval(timer);
  globals.setImmediate = (callback: (...list: unknown[]) => void, ...list: unknown[]) =>
    setTimeout(callback, 0, ...list);
  globals.structuredClone = (value: unknown) => structuredClone(value);
  Object.assign(globals, { TextEncoder, TextDecoder, URL, URLSearchParams, atob, btoa });
  Object.assign(globals, { AbortController, AbortSignal, Event, EventTarget, DOMException });
  globals.crypto = {
    getRandomValues: (array: Uint8Array) => webcrypto.getRandomValues(array),
    randomUUID: () => webcrypto.randomUUID(),
  };
  for (const name of ['fetch', 'WebSocket', 'XMLHttpRequest', 'EventSource']) globals[name] = () => refuse(name);
}

function refuse(name: string): never {
  throw new RunnerError(
    'network-not-allowed',
    `\`${name}\` is not there: functions that GradLens runs may only compute.`,
    userFrame(new Error('here').stack) ?? {},
    'Fetch the data elsewhere and pass it as an argument.',
  );
}

function sandboxedProcess(): Record<string, unknown> {
  const leave = (code?: unknown): never => {
    exitState.pending = new ProcessExit(code);
    const frame = userFrame(new Error('here').stack);
    if (frame) Object.assign(exitState.pending.place, frame);
    throw exitState.pending;
  };
  return {
    exit: leave,
    abort: leave,
    kill: leave,
    env: { NODE_ENV: 'production' },
    argv: [],
    execArgv: [],
    platform: process.platform,
    version: process.version,
    versions: { ...process.versions },
    cwd: () => '/',
    hrtime: Object.assign(() => process.hrtime(), { bigint: () => process.hrtime.bigint() }),
    nextTick: (callback: (...list: unknown[]) => void, ...list: unknown[]) => queueMicrotask(() => callback(...list)),
    memoryUsage: () => process.memoryUsage(),
    on: () => undefined,
    once: () => undefined,
    off: () => undefined,
    emitWarning: () => undefined,
    stdout: { write: () => true, isTTY: false },
    stderr: { write: () => true, isTTY: false },
  };
}
