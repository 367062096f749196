import assert from 'node:assert/strict';
import { panelHtml } from '../../../src/extension/panel/panelHtml';
import { PanelStates } from '../../../src/extension/panel/panelState';
import type { InspectionState } from '../../../src/extension/inspection';
import { initialState, persisted, receivePanelState, type AppState } from '../../../src/webview/store';
import type { PanelState } from '../../../src/webview/protocol';
import { rosenbrock } from '../../ui/panel/fixtures';

const subject = {
  target: { uri: 'file:///a.ts', functionName: 'f', pointIndex: 0 },
  functionName: 'f',
  file: '/a.ts',
  displayPath: 'a.ts',
};
const sample = rosenbrock([-1.2, 1]) as PanelState & { kind: 'ready' };
const live = (kind: 'ready' | 'stale', inspection = sample.inspection): InspectionState => ({
  kind,
  fn: sample.fn,
  inspection,
  version: 3,
  since: 0,
});

/** Sends messages to a panel's state, as the channel would. */
function receive(state: AppState, messages: readonly PanelState[]): { state: AppState; lost: boolean } {
  let lost = false;
  for (const message of messages) {
    const result = receivePanelState(state, message);
    state = { ...state, ...result.patch };
    lost ||= result.lost;
  }
  return { state, lost };
}

describe('states on their way to the panel', () => {
  it('send a large result once and refer to it afterwards', () => {
    const states = new PanelStates();
    assert.deepEqual(states.messages(subject, { kind: 'running' }), [
      { kind: 'loading', functionName: 'f', file: '/a.ts' },
    ]);
    const [ready] = states.messages(subject, live('ready'));
    assert.equal(ready.kind, 'ready');
    assert.deepEqual(states.messages(subject, live('stale')), [{ kind: 'stale', version: 1 }]);
    const failed = states.messages(subject, {
      kind: 'failed',
      error: { code: 'user-error', message: 'no', stack: 'secret' },
      version: 4,
    });
    assert.deepEqual(failed, [
      { kind: 'failed', functionName: 'f', file: '/a.ts', error: { code: 'user-error', message: 'no' }, last: 1 },
    ]);
  });

  it('send everything again to a panel that has forgotten', () => {
    const states = new PanelStates();
    states.messages(subject, live('ready'));
    states.forget();
    assert.deepEqual(
      states.messages(subject, live('stale')).map(({ kind }) => kind),
      ['ready', 'stale'],
    );
    states.forget();
    const messages = states.messages(subject, {
      kind: 'failed',
      fn: sample.fn,
      last: sample.inspection,
      error: { code: 'x', message: 'y' },
      version: 1,
    });
    assert.deepEqual(
      messages.map(({ kind }) => kind),
      ['ready', 'failed'],
    );
  });

  it('count versions by results', () => {
    const states = new PanelStates();
    const versions = [sample.inspection, sample.inspection, { ...sample.inspection }].map(
      (inspection) => (states.messages(subject, live('ready', inspection))[0] as { version: number }).version,
    );
    assert.deepEqual(versions, [1, 1, 2]);
  });

  it('say what helps where nothing runs', () => {
    const [state] = new PanelStates().messages(subject, { kind: 'untrusted' });
    assert.ok(state.kind === 'untrusted' && state.action.command.startsWith('gradlens.'));
    assert.deepEqual(new PanelStates().messages(subject, { kind: 'unavailable', reason: 'off' }), [
      { kind: 'unavailable', reason: 'off' },
    ]);
  });
});

describe('states in the panel', () => {
  it('keep the last result while a newer one is computed or fails', () => {
    const { state } = receive(initialState(), [sample, { kind: 'stale', version: 1 }]);
    assert.equal(state.ready?.version, 1);
    assert.equal(state.panel?.kind, 'stale');
    const failed = receive(state, [
      { kind: 'failed', functionName: 'f', file: '', error: { code: 'x', message: 'y' }, last: 1 },
    ]);
    assert.equal(failed.state.ready?.version, 1);
    assert.equal(failed.lost, false);
  });

  it('ask for what they do not hold', () => {
    assert.equal(receive(initialState(), [{ kind: 'stale', version: 9 }]).lost, true);
    assert.equal(
      receive(initialState(), [
        { kind: 'failed', functionName: 'f', file: '', error: { code: 'x', message: 'y' }, last: 9 },
      ]).lost,
      true,
    );
  });

  it('forget a function’s results with the function, and not before', () => {
    const done: Partial<AppState> = {
      check: { kind: 'failed', error: { code: 'x', message: 'y' } },
      cursor: { row: 0, column: 1 },
    };
    const start = { ...receive(initialState(), [sample]).state, ...done };
    assert.equal(receive(start, [{ ...sample, version: 2 }]).state.check.kind, 'failed');
    const other = receive(start, [{ ...sample, target: { ...sample.target, functionName: 'g' } }]).state;
    assert.equal(other.check.kind, 'idle');
    assert.equal(other.cursor, null);
  });

  it('take up a part in sight and a chosen cell again, of the same function only', () => {
    const kept = persisted({ ...receive(initialState(), [sample]).state, cursor: { row: 0, column: 1 } }, undefined);
    assert.deepEqual(receive(initialState(kept), [sample]).state.cursor, { row: 0, column: 1 });
    const other = { ...sample, target: { ...sample.target, functionName: 'g' } };
    assert.equal(receive(initialState(kept), [other, sample]).state.cursor, null);
    // While it is loading, what was kept stays kept.
    assert.deepEqual(persisted(initialState(kept), kept), kept);
  });

  it('keep a point that was set by hand, where its text is whole', () => {
    const at = (point: typeof sample.inspection.point) =>
      persisted(receive(initialState(), [{ ...sample, inspection: { ...sample.inspection, point } }]).state, undefined);
    assert.equal(at({ source: 'panel', expression: '[1, 2]' }).point, '[1, 2]');
    assert.equal(at({ source: '@at', expression: '[1, 2]' }).point, undefined);
    assert.equal(at({ source: 'panel', expression: '[1, …]', cut: true }).point, undefined);
  });

  it('remember the times of live evaluations, each once', () => {
    const { state } = receive(initialState(), [sample, sample, { ...sample, version: 2 }]);
    assert.equal(state.history.length, 2);
  });
});

describe('the page', () => {
  const html = panelHtml({
    cspSource: 'https://host',
    nonce: 'abc',
    script: 's.js',
    styles: 's.css',
    icons: 'i.css',
    locale: 'de',
  });
  const policy = /content="([^"]*)"/.exec(html)?.[1] ?? '';

  it('allows scripts by nonce and WebAssembly, nothing from strings or elsewhere', () => {
    assert.ok(policy.startsWith("default-src 'none'"));
    assert.ok(policy.includes("script-src 'nonce-abc' 'wasm-unsafe-eval'"));
    assert.ok(policy.includes('worker-src blob:'));
    assert.ok(!/'unsafe-eval'|'unsafe-inline'|\*/.test(policy));
    assert.ok(!/ style=| on\w+=/.test(html));
  });
});
