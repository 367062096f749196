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
import { closeAll, openText } from './editing';

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

/** Counts the listeners of the events of a namespace of VS Code's API while `body` runs. */
function counting(namespaces: object[], body: () => void): { most: number; left: number } {
  let now = 0;
  let most = 0;
  const restore: (() => void)[] = [];
  for (const namespace of namespaces) {
    for (const name of Object.keys(namespace).filter((each) => /^onDid|^onWill/.test(each))) {
      const descriptor = Object.getOwnPropertyDescriptor(namespace, name);
      if (!descriptor?.configurable) continue;
      const original = (namespace as Record<string, vscode.Event<unknown>>)[name];
      if (typeof original !== 'function') continue;
      const counted: vscode.Event<unknown> = (listener, thisArgs, disposables) => {
        const registration = original(listener, thisArgs, disposables);
        most = Math.max(most, ++now);
        return new vscode.Disposable(() => {
          now--;
          registration.dispose();
        });
      };
      Object.defineProperty(namespace, name, { value: counted, configurable: true });
      restore.push(() => Object.defineProperty(namespace, name, descriptor));
    }
  }
  try {
    body();
  } finally {
    for (const back of restore) back();
  }
  return { most, left: now };
}

describe('the life of the extension’s parts', () => {
  afterEach(closeAll);

  it('ends with every listener gone', async function () {
    await openText('lifecycle/open.ts', 'export const f = (x: number): number => x * x;\n');
    const { most, left } = counting([vscode.window, vscode.workspace], () => {
      for (let round = 0; round < 3; round++) {
        const store = new DisposableStore();
        const configuration = store.add(new Configuration());
        const engine = store.add(new SilentEngine());
        const manager = store.add(new SessionManager(engine, configuration));
        store.add(new LensProvider(manager, configuration));
        store.add(new InlineDecorations(manager, configuration));
        store.add(new Diagnostics(manager, configuration));
        store.add(new StatusItem(manager, configuration, engine));
        store.add(new ContextKeys(manager, configuration));
        store.dispose();
      }
    });
    if (most === 0) this.skip(); // This VS Code does not let its events be counted.
    assert.ok(most >= 10, `${most} listeners were counted`);
    assert.equal(left, 0);
  });
});
