import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as vscode from 'vscode';
import { api, closeAll, lens, lensesNow, openText, replace, runnerPids, withSetting } from './editing';
import { eventually } from './helpers';

const source = (factor: number): string => `/** @at [1, 2] */
export function f(x: number[]): number {
  return ${factor} * x[0] * x[1];
}

export function endless(x: number): number {
  let y = x;
  for (let i = 0; i < 1e12; i++) y = Math.sin(y);
  return y;
}
`;

/** The only live runner, once it is there. */
async function runner(): Promise<number> {
  return eventually('a runner', () => runnerPids()[0]);
}

describe('the engine’s processes', () => {
  afterEach(closeAll);

  it('a cancelled command stops for good, and the next one works', async () => {
    const { document } = await openText('resilience/cancel.ts', source(3));
    await lens(document.uri, /^f = 6 /);
    const target = (functionName: string): object => ({ uri: document.uri, functionName, pointIndex: 0 });
    const cancel = new vscode.CancellationTokenSource();
    const endless = vscode.commands.executeCommand('gradlens.check', target('endless'), cancel.token);
    await new Promise((resolve) => setTimeout(resolve, 500));
    cancel.cancel();
    assert.equal(await endless, undefined);
    const { result } = await (await api()).inspect(document.uri, 'f', { op: 'grad' });
    assert.deepEqual(result, [6, 3]);
  });

  it('a killed runner is started once, and the newest result arrives', async () => {
    const { document } = await openText('resilience/kill.ts', source(3));
    await lens(document.uri, /^f = 6 /);
    const before = await runner();
    await replace(document, '3 * x[0]', '4 * x[0]');
    process.kill(before, 'SIGKILL');
    await lens(document.uri, /^f = 8 /);
    const now = await runner();
    assert.notEqual(now, before);
  });

  it('an endless function does not keep others from their values', async () => {
    const { document } = await openText('resilience/endless.ts', source(5));
    await lens(document.uri, /^f = 10 /);
    await lens(document.uri, /endless: took too long/);
    await replace(document, '5 * x[0]', '6 * x[0]');
    await lens(document.uri, /^f = 12 /);
  });

  it('500 random edits leave the last state equal to a fresh computation and no process behind', async () => {
    const { document } = await openText('resilience/edits.ts', source(1));
    await lens(document.uri, /^f = 2 /);
    let seed = 12345;
    let now = 1;
    for (let index = 0; index < 500; index++) {
      seed = (seed * 48271) % 2147483647;
      const next = (seed % 900) + 100;
      await replace(document, `${now} * x[0]`, `${next} * x[0]`);
      now = next;
      if (seed % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await lens(document.uri, new RegExp(`^f = ${now * 2} `));
    const fresh = await (await api()).inspect(document.uri, 'f', { op: 'value' });
    assert.equal(fresh.value, now * 2);
    assert.ok((await lensesNow(document.uri)).length > 0);
    assert.ok(runnerPids().length <= 2, `runners ${runnerPids().join()}`);
  });

  it('the extension host is not held up while somebody types (figures, no limit)', async () => {
    const { document } = await openText('resilience/typing.ts', source(7));
    const editor = await vscode.window.showTextDocument(document);
    await lens(document.uri, /^f = 14 /);
    const on = await stalls(editor);
    let off = '';
    await withSetting('live.enabled', false, async () => {
      off = await stalls(editor);
    });
    console.log(`      event loop of the host while typing: live ${on}; off ${off}`);
    await lens(document.uri, /^f = 14 /);
  });
});

/** Types for six seconds; the delays of the host's event loop in words. */
async function stalls(editor: vscode.TextEditor): Promise<string> {
  const { document } = editor;
  const resolution = 5;
  const delays = monitorEventLoopDelay({ resolution });
  delays.enable();
  for (let index = 0; index < 60; index++) {
    const end = document.positionAt(document.getText().indexOf('\n}\n\nexport function endless'));
    const typed = index % 10 === 9 ? '\n' : ' ';
    await editor.edit((edit) => edit.insert(end, typed), { undoStopBefore: false, undoStopAfter: false });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  delays.disable();
  assert.ok(delays.max > 0);
  const ms = (nanoseconds: number): string => Math.max(0, nanoseconds / 1e6 - resolution).toFixed(1);
  return `median ${ms(delays.percentile(50))}, 99 % ${ms(delays.percentile(99))}, longest ${ms(delays.max)} ms`;
}
