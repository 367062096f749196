/** The panel's entry: builds store, channel and controller, and draws the state whenever it changes. */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-progress-ring/index.js';
import { render } from 'lit';
import { appView } from './app';
import { PanelController } from './controller';
import { WorkerGpuHost } from './gpu/workerGpuHost';
import { MessageHandler, type PanelChannel } from './protocol';
import { initialState, persisted, Store, type PersistedState } from './store';
import './styles/main.css';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): PersistedState | undefined;
  setState(state: PersistedState): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

const vscode = acquireVsCodeApi();
const store = new Store(initialState(vscode.getState() ?? null));
const channel: PanelChannel = new MessageHandler((message) => vscode.postMessage(message));
const controller = new PanelController(store, channel, new WorkerGpuHost(document.currentScript as HTMLScriptElement));

const root = document.getElementById('app')!;
let drawing = false;
let saved = '';

function draw(): void {
  drawing = false;
  const state = store.get();
  const focused = document.activeElement;
  render(appView(state, controller), root);
  // A control that went away with what it did must not take the focus out of the panel.
  if (focused !== null && !focused.isConnected) {
    const place = document.getElementById('tab-panel') ?? root.querySelector<HTMLElement>('main');
    place?.focus({ preventScroll: true });
  }
  const kept = persisted(state, vscode.getState());
  const text = JSON.stringify(kept);
  if (text !== saved) vscode.setState(kept);
  saved = text;
}

store.subscribe(() => {
  if (drawing) return;
  drawing = true;
  // A microtask, not a frame: a panel in the background still answers, and a state is in the page when its message is handled.
  queueMicrotask(draw);
});

window.addEventListener('message', (event: MessageEvent<unknown>) => channel.receive(event.data));
window.addEventListener('error', (event) =>
  channel.emit('log', { level: 'error', text: `${event.message} (${event.filename}:${event.lineno})` }),
);
window.addEventListener('unhandledrejection', (event) =>
  channel.emit('log', { level: 'error', text: String(event.reason) }),
);

// The icons' font is on its way before the first icon is drawn.
void document.fonts.load('16px codicon');
draw();
controller.start();
