import assert from 'node:assert/strict';
import { loadavg } from 'node:os';
import * as vscode from 'vscode';
import { api, closeAll, lens, lensesNow, openText, replace, runnerPids, withSetting } from './editing';
import { eventually } from './helpers';
import { measureStalls, type Stalls } from './stalls';

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

  it('the extension host is not held up while somebody types (figures, no limit)', async function () {
    this.timeout(180_000);
    const { document } = await openText('resilience/typing.ts', typing());
    const folder = vscode.extensions.getExtension('gradlens.gradlens')?.extensionPath;
    assert.ok(folder);
    const editor = await vscode.window.showTextDocument(document);
    await lens(document.uri, /^f0 = /);
    await lens(document.uri, /^f11 = /);
    const on = await measureStalls(folder, () => type(editor, TYPING), LIMIT);
    let off: Stalls | undefined;
    await withSetting('live.enabled', false, async () => {
      off = await measureStalls(folder, () => type(editor, TYPING / 5), LIMIT);
    });
    assert.ok(off && on.total > 0 && on.loop.longest > 0);
    console.log(
      `      load ${loadavg()
        .map((each) => each.toFixed(1))
        .join(' ')}`,
    );
    for (const [name, { loop, longest, above, total, shares }] of [
      ['live', on],
      ['off', off],
    ] as const) {
      console.log(
        `      ${name}: event loop without waiting for a processor: median ${loop.median.toFixed(1)}, 99 % ${loop.p99.toFixed(1)}, ` +
          `longest ${loop.longest.toFixed(1)} ms, ${loop.above} above ${LIMIT} ms\n` +
          `        the extension, processor time: ${total.toFixed(0)} ms in all, longest ${longest.toFixed(1)} ms` +
          above.map(({ milliseconds, where }) => `; ${milliseconds.toFixed(0)} ms: ${where}`).join('') +
          `\n        most: ${[...shares]
            .sort((a, b) => b[1] - a[1])
            .slice(0, 12)
            .map(([where, time]) => `${where} ${time.toFixed(0)}`)
            .join(', ')}`,
      );
    }
    await lens(document.uri, /^f0 = /);
  });
});

/** Milliseconds of typing: half a minute for figures, less where only the test counts. */
const TYPING = process.env.CI ? 6000 : 30_000;

/** Milliseconds that the host may be held up at once. */
const LIMIT = 16;

/** A file as somebody works on it: a dozen functions, loops with hundreds of rounds, a Jacobian of 30 × 30. */
function typing(): string {
  const functions = Array.from(
    { length: 11 },
    (_, index) => `/** @at [1, 2, ${index}] */
export function f${index}(x: number[]): number {
  let sum = ${index};
  for (let i = 0; i < 300; i++) {
    const angle = x[0] * i + x[1];
    if (angle > 20) sum += Math.sin(angle) * x[2];
    else sum += Math.cos(angle);
  }
  return sum / 300;
}
`,
  );
  const jacobian = `/** @at Array.from({ length: 30 }, (_, i) => i / 10) */
export function f11(x: number[]): number[] {
  return x.map((v, i) => v * v + x[(i + 7) % 30] * Math.sin(v));
}
`;
  return [...functions, jacobian].join('\n');
}

/** Types comments in the first function, a key in 100 ms, each on a line of its own; ends with a whole one, as half of `//` is an error. */
async function type(editor: vscode.TextEditor, milliseconds: number): Promise<void> {
  const { document } = editor;
  const words = ' // the mean of waves, '.split('');
  const end = performance.now() + milliseconds;
  for (let index = 0; performance.now() < end || index % words.length > 0; index++) {
    const place = document.positionAt(document.getText().indexOf('\n}\n'));
    const key = index % words.length === 0 && index > 0 ? '\n  ' : '';
    const typed = key + (words[index % words.length] ?? ' ');
    await editor.edit((edit) => edit.insert(place, typed), { undoStopBefore: false, undoStopAfter: false });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
