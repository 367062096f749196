import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { closeAll, lens, openText } from './editing';
import { eventually, workspacePath } from './helpers';

const text = `/** @at [3, 4] */
export function f(x: number[]): number {
  return x[0] ** 2 * x[1];
}

/** @at 2, 0 */
export function polar(r: number, phi: number): number[] {
  return [r * Math.cos(phi), r * Math.sin(phi)];
}
`;

const run = <T>(command: string, ...args: unknown[]): Thenable<T> =>
  vscode.commands.executeCommand<T>(`gradlens.${command}`, ...args);
const clipboard = (): Thenable<string> => vscode.env.clipboard.readText();

describe('commands', () => {
  let document: vscode.TextDocument;
  let count = 0;
  const target = (functionName: string): object => ({ uri: document.uri, functionName, pointIndex: 0 });

  before(async () => {
    await closeAll();
  });
  beforeEach(async () => {
    ({ document } = await openText(`commands/functions-${++count}.ts`, text));
    await lens(document.uri, /^f = 36 /);
  });
  afterEach(closeAll);

  it('are all there', async () => {
    const declared = vscode.extensions.getExtension('gradlens.gradlens')?.packageJSON as {
      contributes: { commands: { command: string }[] };
    };
    const known = new Set(await vscode.commands.getCommands(true));
    const missing = declared.contributes.commands.filter(({ command }) => !known.has(command));
    assert.deepEqual(missing, []);
  });

  it('copy the gradient in every notation', async () => {
    const expected: [string, string][] = [
      ['copyJson', '[24, 9]'],
      ['copyCsv', 'x[0],x[1]\n24,9\n'],
      ['copyNumpy', 'np.array([24.0, 9.0])'],
      ['copyLatex', '\\begin{bmatrix}\n24 & 9\n\\end{bmatrix}'],
      ['copyTypeScript', '[24, 9]'],
    ];
    for (const [command, copied] of expected) {
      await run(command, target('f'));
      assert.equal(await clipboard(), copied, command);
    }
  });

  it('copy a Jacobian', async () => {
    await run('copyNumpy', target('polar'));
    assert.match(await clipboard(), /^np\.array\(\[\[1\.0, -?0\.0\], \[0\.0, 2\.0\]\]\)$/);
  });

  it('find the function at the cursor', async () => {
    const editor = await vscode.window.showTextDocument(document);
    editor.selection = new vscode.Selection(2, 4, 2, 4);
    await run('copyJson');
    assert.equal(await clipboard(), '[24, 9]');
  });

  it('save .npy', async () => {
    const place = vscode.Uri.file(workspacePath('commands/gradient.npy'));
    await run('exportNpy', target('f'), place);
    const bytes = readFileSync(place.fsPath);
    assert.equal(bytes.subarray(1, 6).toString('latin1'), 'NUMPY');
    assert.deepEqual([bytes.readDoubleLE(bytes.length - 16), bytes.readDoubleLE(bytes.length - 8)], [24, 9]);
  });

  it('multiply by vectors', async () => {
    const hvp = await run<{ result: unknown }>('showHvp', target('f'), [1, 0]);
    assert.deepEqual(hvp.result, [8, 6]);
    const jvp = await run<{ result: unknown }>('showJvp', target('polar'), [1, 1]);
    assert.deepEqual(jvp.result, [1, 2]);
    const vjp = await run<{ result: unknown }>('showVjp', target('polar'), [1, 1]);
    assert.deepEqual(vjp.result, [1, 2]);
  });

  it('check a derivative and keep the verdict until the point changes', async () => {
    const report = await run<{ passed: boolean }>('check', target('f'));
    assert.equal(report.passed, true);
    await lens(document.uri, /^Check ✓$/);
    await run('setPoint', target('f'), '[1, 1]');
    await lens(document.uri, /^f = 1 /);
    await lens(document.uri, /^Check$/);
    await run('resetPoint', target('f'));
    await lens(document.uri, /^f = 36 /);
  });

  it('write the point into the doc comment', async () => {
    await run('setPoint', target('f'), '[5, 6]');
    await lens(document.uri, /^f = 150 /);
    await run('writePoint', target('f'));
    await eventually('the tag', () => document.getText().startsWith('/** @at [5, 6] */\nexport function f'));
    await lens(document.uri, /^f = 150 /);
  });

  it('copy the derivative as a function', async () => {
    const source = await run<string>('copyDerivative', target('f'), 'grad');
    assert.equal(await clipboard(), source);
    assert.match(source, /export function|function /);
  });

  it('inspect a selected expression', async () => {
    const editor = await vscode.window.showTextDocument(document);
    const at = document.positionAt(document.getText().indexOf('x[0] ** 2'));
    editor.selection = new vscode.Selection(at, at.translate(0, 'x[0] ** 2'.length));
    const result = await run<{ value: number; adjoint: number; gradient: Float64Array }>('inspectSelection');
    assert.deepEqual([result.value, result.adjoint], [9, 4]);
  });

  it('toggle live derivatives', async () => {
    assert.equal(await run<boolean>('toggleLive'), false);
    await run('copyJson', target('f'));
    assert.equal(await clipboard(), '[24, 9]');
    assert.equal(await run<boolean>('toggleLive'), true);
    await lens(document.uri, /^f = 36 /);
  });

  it('restart the engine', async () => {
    await run('restartEngine');
    await lens(document.uri, /^f = 36 /);
    const { result } = await run<{ result: unknown }>('showHvp', target('f'), [0, 1]);
    assert.deepEqual(result, [6, 0]);
  });
});
