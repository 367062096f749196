/**
 * The extension's end of the channel for the panel in a plain page: gives the state that the address names and answers
 * requests as the runner would. It is loaded before the panel and remembers what the panel asked for.
 */
import { MessageHandler, type HostChannel, type PanelState } from '../../../src/webview/protocol';
import * as answers from './answers';
import { fixtures, rosenbrock, type FixtureName } from './fixtures';

interface FakeHost {
  /** Names of requests and events of the panel, with their parameters. */
  log: { name: string; payload: unknown }[];
  push(state: PanelState): void;
  state(): PanelState;
  /** Leaves requests of a kind without an answer until they are released. */
  hold(name: string): void;
  release(): void;
  show(name: FixtureName): void;
  rosenbrock(x: number[]): void;
  channel: HostChannel;
  /** When the panel got its last state. */
  pushed: number;
}

declare global {
  interface Window {
    fakeHost: FakeHost;
    acquireVsCodeApi: () => unknown;
  }
}

let saved: unknown = JSON.parse(sessionStorage.getItem('state') ?? 'null') ?? undefined;
let receive: (message: unknown) => void = () => undefined;
window.acquireVsCodeApi = () => ({
  postMessage: (message: unknown) => setTimeout(() => receive(structuredClone(message))),
  getState: () => saved,
  setState: (state: unknown) => {
    saved = state;
    sessionStorage.setItem('state', JSON.stringify(state));
  },
});

const channel: HostChannel = new MessageHandler((message) => window.postMessage(message, '*'));
receive = (message) => channel.receive(message);

const query = new URLSearchParams(location.search);
// The theme stands before the panel draws, as VS Code has it.
const theme = JSON.parse(query.get('theme') ?? '{}') as { variables?: Record<string, string>; bodyClass?: string };
document.body.className = theme.bodyClass ?? '';
for (const [key, value] of Object.entries(theme.variables ?? {}))
  document.documentElement.style.setProperty(`--vscode-${key}`, value);

let current: PanelState = { kind: 'loading', functionName: '', file: '' };
let point = [-1.2, 1];
let version = 1;

const held = new Set<string>();
const waiting: (() => void)[] = [];

const host: FakeHost = {
  log: [],
  channel,
  pushed: 0,
  push(state) {
    current = state;
    host.pushed = performance.now();
    channel.emit('state', state);
  },
  state: () => current,
  hold(name) {
    held.add(name);
  },
  release() {
    held.clear();
    for (const go of waiting.splice(0)) go();
  },
  show: (name) => host.push(fixtures[name]()),
  rosenbrock(x) {
    point = x;
    host.push(rosenbrock(x, ++version));
  },
};
window.fakeHost = host;

const log = (name: string, payload: unknown) => host.log.push({ name, payload });
const inputs = () => (current.kind === 'ready' ? Math.min(200, current.inspection.inputValues.length) : 0);

channel.on('ready', () => {
  channel.emit('settings', {
    backend: 'auto',
    reducedMotion: query.get('motion') !== 'true',
    locale: query.get('locale') ?? 'en',
  });
  host.show((query.get('fixture') ?? 'rosenbrock') as FixtureName);
});
for (const event of ['select', 'reveal', 'pin', 'tab', 'command', 'log'] as const)
  channel.on(event, (payload) => log(event, payload));
channel.handle('matrix', async (params) => {
  log('matrix', params);
  if (held.has('matrix')) await new Promise<void>((go) => waiting.push(go));
  return params.part && current.kind === 'ready'
    ? answers.rowsOf(current.inspection.inputValues.length, params.part)
    : answers.hessian(inputs());
});
channel.handle('check', () => answers.check(inputs()));
channel.handle('program', () => answers.program());
channel.handle('slice', ({ directions, radius, samples }) => answers.slice(point, directions, radius, samples));
channel.handle('profile', async (_params, { progress, signal }) => {
  const profile = answers.profile();
  for (let done = 1; done <= 4 && !signal.aborted; done++) {
    progress({
      done: done * 4,
      total: 20,
      message: profile.rows[done * 4].label,
      rows: profile.rows.slice(0, done * 4),
    });
    await new Promise((resolve) => setTimeout(resolve, Number(query.get('pace'))));
  }
  return profile;
});
channel.handle('evaluate', (params) => {
  log('evaluate', params);
  return { value: 24.2, result: [-215.6, -88], strategy: 'forward', operations: 68, backend: 'interpret' };
});
channel.handle('setArguments', ({ args }) => {
  log('setArguments', args);
  const x = args[0];
  if (Array.isArray(x)) host.rosenbrock(x as number[]);
  return null;
});
channel.handle('resetPoint', () => {
  host.rosenbrock([-1.2, 1]);
  return null;
});
channel.handle('writePoint', () => {
  log('writePoint', null);
  return null;
});
channel.handle('setPoint', (params) => {
  log('setPoint', params);
  return null;
});
channel.handle('copy', ({ text }) => {
  log('copy', text);
  return null;
});
channel.handle('save', ({ name, bytes }) => {
  const text = /\.(csv|json)$/.test(name) ? new TextDecoder().decode(bytes) : undefined;
  log('save', { name, length: bytes.length, head: Array.from(bytes.slice(0, 8)), text });
  return { path: `/workspace/${name}` };
});
