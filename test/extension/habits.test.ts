/** What people do with files while they are live. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import {
  closeAll,
  diagnostic,
  diagnosticsNow,
  lens,
  lensesNow,
  openText,
  replace,
  textAt,
  withSetting,
} from './editing';
import { eventually, workspacePath } from './helpers';

const root = (name: string): string =>
  `/** @at -4 */\nexport function ${name}(x: number): number {\n\tconst a = x + 1;\n\treturn Math.sqrt(a) * 2;\n}\n`;

const endless = `export function slow(x: number): number {
  for (let i = 0; i >= 0; i++) x = Math.sin(x);
  return x;
}
`;

/** Opens a file with exactly these bytes. */
async function openBytes(name: string, text: string): Promise<vscode.TextDocument> {
  const path = workspacePath(name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  const document = await vscode.workspace.openTextDocument(path);
  await vscode.window.showTextDocument(document);
  return document;
}

describe('habits', () => {
  afterEach(closeAll);

  for (const [what, text] of [
    ['lines that end with CR LF', root('f').replaceAll('\n', '\r\n')],
    ['a byte order mark and all on one line', '\uFEFFexport function f(x = -4): number { return Math.sqrt(x); }'],
    ['a very long line', `export const table = [${'0.5, '.repeat(20_000)}];\n${root('f')}`],
  ] as const) {
    it(`${what}: squiggles are at their place, before and after an edit`, async () => {
      const document = await openBytes(`habits/${what.replace(/\W+/g, '-')}.ts`, text);
      const nan = await diagnostic(document.uri, 'nan-born');
      assert.match(textAt(document, nan.range), /^Math\.sqrt\([ax]\)$/);
      await replace(document, '-4', '-5');
      await lens(document.uri, /^f = NaN/);
      const moved = await diagnostic(document.uri, 'nan-born');
      assert.match(textAt(document, moved.range), /^Math\.sqrt\([ax]\)$/);
      await replace(document, '-5', '8');
      await eventually('no diagnostic', () => diagnosticsNow(document.uri).length === 0);
    });
  }

  it('a renamed file goes on under its new name, and leaves nothing under the old one', async () => {
    const { document } = await openText('habits/before.ts', root('f'));
    const { uri } = document;
    await diagnostic(uri, 'nan-born');
    const after = vscode.Uri.joinPath(uri, '..', 'after.ts');
    const edit = new vscode.WorkspaceEdit();
    edit.renameFile(uri, after, { overwrite: true });
    assert.ok(await vscode.workspace.applyEdit(edit));
    await lens(after, /^f = NaN/);
    await diagnostic(after, 'nan-born');
    await eventually('nothing under the old name', () => diagnosticsNow(uri).length === 0);
  });

  it('a file that is closed in the middle of a check leaves the next one alone', async () => {
    const { document } = await openText('habits/closed.ts', endless);
    const target = { uri: document.uri, functionName: 'slow', pointIndex: 0 };
    await withSetting('timeLimit', 400, async () => {
      const stop = new vscode.CancellationTokenSource();
      const check = vscode.commands.executeCommand('gradlens.check', target, stop.token);
      await closeAll();
      const next = await openText('habits/next.ts', '/** @at 3 */\nexport const f = (x: number): number => x * x;\n');
      await lens(next.document.uri, /^f = 9 /);
      // A check has half a minute; nobody waits for this one.
      stop.cancel();
      assert.equal(await check, undefined);
    });
  });

  it('what takes long can be stopped, and the next edit computes it anew', async () => {
    await withSetting('timeLimit', 100_000, async () => {
      const { document } = await openText('habits/stopped.ts', endless);
      await eventually('the end', async () => {
        await vscode.commands.executeCommand('gradlens.stop');
        return (await lensesNow(document.uri)).some((title) => /slow: Stopped/.test(title));
      });
      await replace(document, 'i >= 0', 'i < 3');
      await lens(document.uri, /^slow = -?\d/);
    });
  });

  it('the old side of a comparison is left alone', async () => {
    const git = vscode.workspace.registerTextDocumentContentProvider('git', {
      provideTextDocumentContent: () => root('old'),
    });
    try {
      const { document } = await openText('habits/now.ts', root('now'));
      const before = vscode.Uri.parse('git:/habits/now.ts?old');
      await vscode.commands.executeCommand('vscode.diff', before, document.uri, 'now ↔ old');
      await lens(document.uri, /^now = NaN/);
      const old = vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'git');
      assert.ok(old);
      assert.deepEqual(await lensesNow(old.uri), []);
      assert.deepEqual(diagnosticsNow(old.uri), []);
    } finally {
      git.dispose();
    }
  });
});
