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
});
