import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { Configuration } from '../../src/extension/configuration';
import { ContextKeys } from '../../src/extension/contextKeys';
import { Diagnostics } from '../../src/extension/diagnostics/diagnostics';
import type { EngineHost } from '../../src/extension/engine/engineHost';
import { InlineDecorations } from '../../src/extension/inline/inlineDecorations';
import { LensProvider } from '../../src/extension/lenses/lensProvider';
import { DisposableStore } from '../../src/extension/lifecycle/disposables';
import { SessionManager } from '../../src/extension/session/sessionManager';
import { StatusItem } from '../../src/extension/status/statusItem';
import { Panel } from '../../src/extension/panel/panel';
import type { InspectionService, InspectionTarget } from '../../src/extension/inspection';
import { MessageHandler, type PanelChannel } from '../../src/webview/protocol';
import { makeFunction, makeInspection } from '../unit/extension/builders';
import { closeAll, openText, replace } from './editing';

/** An engine that never answers. */
class SilentEngine implements EngineHost {
  readonly state = { kind: 'stopped' } as const;
  private readonly changedState = new vscode.EventEmitter<EngineHost['state']>();
  readonly onDidChangeState = this.changedState.event;
  readonly overlays = new Map<string, string | null>();
  request(): Promise<never> {
    return new Promise(() => undefined);
  }
  overlay(file: string, text: string | null): void {
    this.overlays.set(file, text);
  }
  changed(): void {
    // Nobody reads.
  }
  configure(): void {
    // Nothing is computed.
  }
  restart(): void {
    // Nothing runs.
  }
  dispose(): void {
    this.changedState.dispose();
  }
}

interface ListenerCount {
  /** Listeners that are there. */
  now: number;
  most: number;
}

/** Counts the listeners of the events of namespaces of VS Code's API while `body` runs. */
async function counting(
  namespaces: object[],
  body: (count: ListenerCount) => void | Promise<void>,
): Promise<ListenerCount> {
  const count = { now: 0, most: 0 };
  const restore: (() => void)[] = [];
  for (const namespace of namespaces) {
    for (const name of Object.keys(namespace).filter((each) => /^onDid|^onWill/.test(each))) {
      const descriptor = Object.getOwnPropertyDescriptor(namespace, name);
      if (!descriptor?.configurable) continue;
      const original = (namespace as Record<string, vscode.Event<unknown>>)[name];
      if (typeof original !== 'function') continue;
      const counted: vscode.Event<unknown> = (listener, thisArgs, disposables) => {
        const registration = original(listener, thisArgs, disposables);
        count.most = Math.max(count.most, ++count.now);
        return new vscode.Disposable(() => {
          count.now--;
          registration.dispose();
        });
      };
      Object.defineProperty(namespace, name, { value: counted, configurable: true });
      restore.push(() => Object.defineProperty(namespace, name, descriptor));
    }
  }
  try {
    await body(count);
  } finally {
    for (const back of restore) back();
  }
  return count;
}

/** What listens to VS Code, without the process that computes. */
function parts(): DisposableStore {
  const store = new DisposableStore();
  const configuration = store.add(new Configuration());
  const engine = store.add(new SilentEngine());
  const manager = store.add(new SessionManager(engine, configuration));
  store.add(new LensProvider(manager, configuration));
  store.add(new InlineDecorations(manager, configuration));
  store.add(new Diagnostics(manager, configuration));
  store.add(new StatusItem(manager, configuration, engine));
  store.add(new ContextKeys(manager, configuration));
  return store;
}

/** A service with one inspection for every function, and the page of a panel that says when it listens. */
function panelParts() {
  const changed = new vscode.EventEmitter<InspectionTarget>();
  const changedFunctions = new vscode.EventEmitter<vscode.Uri>();
  const received = new vscode.EventEmitter<unknown>();
  const viewState = new vscode.EventEmitter<unknown>();
  const posted: unknown[] = [];
  const view = {
    visible: true,
    webview: {
      cspSource: '',
      asWebviewUri: (uri: vscode.Uri) => uri,
      postMessage: (message: unknown) => Promise.resolve(posted.push(message) > 0),
      onDidReceiveMessage: received.event,
    },
    onDidChangeViewState: viewState.event,
  };
  const inspection = makeInspection();
  const service: Pick<
    InspectionService,
    'onDidChange' | 'onDidChangeFunctions' | 'functions' | 'state' | 'refresh' | 'request'
  > = {
    onDidChange: changed.event,
    onDidChangeFunctions: changedFunctions.event,
    functions: () => [],
    state: ({ functionName }) => ({ kind: 'ready', fn: makeFunction(functionName), inspection, version: 1 }),
    refresh: () => undefined,
    request: () => new Promise(() => undefined),
  };
  const page: PanelChannel = new MessageHandler((message) => received.fire(message));
  const open = (): Panel =>
    new Panel(
      { extensionUri: vscode.Uri.file('/') },
      view as unknown as vscode.WebviewPanel,
      service as InspectionService,
      undefined,
      () => undefined,
    );
  return { open, view, service, page, changed, viewState, posted };
}

describe('the life of the extension’s parts', () => {
  afterEach(closeAll);

  it('ends with every listener gone', async function () {
    await openText('lifecycle/open.ts', 'export const f = (x: number): number => x * x;\n');
    const { most, now } = await counting([vscode.window, vscode.workspace], () => {
      for (let round = 0; round < 3; round++) parts().dispose();
    });
    if (most === 0) this.skip(); // This VS Code does not let its events be counted.
    assert.ok(most >= 10, `${most} listeners were counted`);
    assert.equal(now, 0);
  });

  it('has as many listeners after 100 edits, and after files came and went, as before', async function () {
    const { document } = await openText('lifecycle/edits.ts', 'export const f = (x: number): number => x * 1;\n');
    const { most, now } = await counting([vscode.window, vscode.workspace], async (count) => {
      const store = parts();
      const before = count.now;
      for (let index = 1; index <= 100; index++) await replace(document, `x * ${index}`, `x * ${index + 1}`);
      for (let index = 0; index < 5; index++) {
        await openText(`lifecycle/other${index}.ts`, 'export const g = (x: number): number => x + 1;\n');
        await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
      }
      assert.equal(count.now, before);
      store.dispose();
    });
    if (most === 0) this.skip();
    assert.equal(now, 0);
  });

  it('keeps nothing of a panel that was hidden 50 times and showed 50 functions', async function () {
    const { open, view, service, page, changed, viewState, posted } = panelParts();
    const events = [vscode.window, vscode.workspace, service, view, view.webview];
    const { most, now } = await counting(events, (count) => {
      const panel = open();
      const before = count.now;
      const sent: number[] = [];
      for (let index = 0; index < 50; index++) {
        panel.setTarget({ uri: vscode.Uri.file('/many.ts'), functionName: `f${index}`, pointIndex: 0 });
        page.emit('ready', {});
        page.emit('select', { row: 0, column: 0 });
        assert.ok(panel.listening);
        view.visible = false;
        viewState.fire(undefined);
        assert.ok(!panel.listening);
        // Nothing goes to a page that is not there.
        const hidden = posted.length;
        changed.fire(panel.target!);
        assert.equal(posted.length, hidden);
        view.visible = true;
        sent.push(posted.splice(0).length);
      }
      assert.equal(count.now, before);
      assert.equal(new Set(sent.slice(1)).size, 1, sent.join());
      panel.dispose();
    });
    if (most === 0) this.skip();
    assert.equal(now, 0);
  });
});
