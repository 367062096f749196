import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, codeOf, diagnostic, diagnosticsNow, lens, openText, replace, textAt, withSetting } from './editing';
import { eventually } from './helpers';

const root = `/** @at -4 */
export function root(x: number): number {
  const a = x + 1;
  const b = Math.sqrt(a);
  return b * 2;
}
`;

async function quickFix(document: vscode.TextDocument, range: vscode.Range, title: RegExp): Promise<vscode.CodeAction> {
  return eventually(`the quick fix ${title.source}`, async () => {
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      range,
      vscode.CodeActionKind.QuickFix.value,
    );
    return actions.find((action) => title.test(action.title));
  });
}

describe('diagnostics', () => {
  afterEach(closeAll);

  it('appear where NaN is born, with code and link, and go away when it is mended', async () => {
    const { document } = await openText('diagnostics/nan.ts', root);
    const nan = await diagnostic(document.uri, 'nan-born');
    assert.equal(nan.range.start.line, 3);
    assert.match(textAt(document, nan.range), /Math\.sqrt\(a\)/);
    assert.ok(typeof nan.code === 'object' && nan.code.target.scheme === 'command');
    assert.equal(nan.severity, vscode.DiagnosticSeverity.Error);
    await replace(document, 'x + 1', 'x + 8');
    await eventually('no diagnostic', () => diagnosticsNow(document.uri).length === 0);
  });

  it('have the severity that the setting says, or none', async () => {
    const { document } = await openText('diagnostics/severity.ts', root);
    await diagnostic(document.uri, 'nan-born');
    await withSetting('diagnostics.nan-born', 'hint', async () => {
      await eventually('a hint', () =>
        diagnosticsNow(document.uri).some(
          (each) => codeOf(each) === 'nan-born' && each.severity === vscode.DiagnosticSeverity.Hint,
        ),
      );
    });
    await withSetting('diagnostics.nan-born', 'off', async () => {
      await eventually('none', () => !diagnosticsNow(document.uri).some((each) => codeOf(each) === 'nan-born'));
    });
  });

  it('vanish when live derivatives are off', async () => {
    const { document } = await openText('diagnostics/off.ts', root);
    await diagnostic(document.uri, 'nan-born');
    await withSetting('live.enabled', false, async () => {
      await eventually('none', () => diagnosticsNow(document.uri).length === 0);
    });
  });

  it('tell where the derivative is lost', async () => {
    const text =
      '/** @at 2 */\nexport function f(x: number): number {\n  const y = Number((x * x).toFixed(3));\n  return y * x;\n}\n';
    const { document } = await openText('diagnostics/lost.ts', text);
    const lost = await diagnostic(document.uri, 'derivative-lost');
    assert.equal(lost.range.start.line, 2);
  });

  it('tell of an input without influence', async () => {
    const text = '/** @at 2, 3 */\nexport function f(x: number, unused: number): number {\n  return x * x;\n}\n';
    const { document } = await openText('diagnostics/zero.ts', text);
    const zero = await diagnostic(document.uri, 'zero-derivative');
    assert.match(zero.message, /unused/);
  });

  it('tell of a kink and of an infinite slope, each where it is', async () => {
    const text =
      '/** @at 0 */\nexport function kink(x: number): number {\n  const a = Math.abs(x);\n  return a * 2;\n}\n' +
      '/** @at 0 */\nexport function steep(x: number): number {\n  return 1 + Math.sqrt(x);\n}\n';
    const { document } = await openText('diagnostics/kink.ts', text);
    const kink = await diagnostic(document.uri, 'non-differentiable');
    assert.match(textAt(document, kink.range), /Math\.abs\(x\)/);
    const steep = await diagnostic(document.uri, 'infinity-born');
    assert.match(textAt(document, steep.range), /Math\.sqrt\(x\)/);
    assert.match(steep.message, /derivative of sqrt\(0\)/);
    await replace(document, '/** @at 0 */\nexport function kink', '/** @at 1 */\nexport function kink');
    await replace(document, '/** @at 0 */', '/** @at 4 */');
    await eventually('no diagnostic', () => diagnosticsNow(document.uri).length === 0);
  });

  it('have quick fixes that apply and keep the value', async () => {
    const fixes = [
      ['log1p', '1e-9', 'Math.log(1 + x)', 'Math.log1p(x)', '1e−9'],
      ['expm1', '1e-9', 'Math.exp(x) - 1', 'Math.expm1(x)', '1e−9'],
      ['hypot', '1e200', 'Math.sqrt(x * x + 4 * 4)', 'Math.hypot(x, 4)', '1e\\+?200'],
      ['abs', '0', 'Math.sqrt(x * x)', 'Math.abs(x)', '0'],
    ] as const;
    const text = fixes.map(
      ([name, point, before]) =>
        `/** @at ${point} */\nexport function ${name}(x: number): number {\n  return ${before};\n}\n`,
    );
    const { document } = await openText('diagnostics/fixes.ts', text.join('\n'));
    for (const [name, , before, after] of fixes) {
      const place = (): vscode.Range => {
        const at = document.positionAt(document.getText().indexOf(before));
        return new vscode.Range(at, at.translate(0, before.length));
      };
      const action = await quickFix(document, place(), new RegExp(name));
      assert.ok(action.edit);
      assert.ok(await vscode.workspace.applyEdit(action.edit));
      assert.ok(document.getText().includes(`return ${after};`), document.getText());
    }
    for (const [name, , , , value] of fixes) await lens(document.uri, new RegExp(`^${name} = ${value} `));
    await eventually('no proposal', () =>
      diagnosticsNow(document.uri).every((each) => codeOf(each) !== 'numerically-unstable'),
    );
  });

  it('offer an explanation', async () => {
    const { document } = await openText('diagnostics/explain.ts', root);
    const nan = await diagnostic(document.uri, 'nan-born');
    const action = await quickFix(document, nan.range, /nan-born/);
    assert.equal(action.command?.command, 'gradlens.explain');
    await vscode.commands.executeCommand('gradlens.explain', 'nan-born');
    await eventually('the page', () =>
      vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).some(({ label }) => /diagnostics\.md/.test(label)),
    );
  });

  it('say how a hand-written gradient differs from the derivative', async () => {
    const text = `/** @at [3, 2] */
export function f(x: number[]): number {
  return x[0] ** 2 + 5 * x[1];
}
/**
 * @at [3, 2]
 * @gradientOf f
 */
export function gradient(x: number[]): number[] {
  return [2 * x[0], 4];
}
`;
    const { document } = await openText('diagnostics/gradient.ts', text);
    const mismatch = await diagnostic(document.uri, 'gradient-mismatch');
    assert.match(mismatch.message, /x\[1\]|\b1\b/);
    assert.match(mismatch.message, /4/);
    assert.match(mismatch.message, /5/);
    await lens(document.uri, /^Check ✗$/);
    await replace(document, ', 4]', ', 5]');
    await lens(document.uri, /^Check ✓$/);
    await eventually('no diagnostic', () => diagnosticsNow(document.uri).length === 0);
  });

  it('say that a function took too long, where its name stands', async () => {
    await withSetting('timeLimit', 400, async () => {
      const text =
        'export function endless(x: number): number {\n  for (let i = 0; i >= 0; i++) x += 1;\n  return x;\n}\n';
      const { document } = await openText('diagnostics/endless.ts', text);
      const late = await diagnostic(document.uri, 'time-out');
      assert.equal(textAt(document, late.range), 'endless');
      await replace(document, 'i >= 0', 'i < 3');
      await lens(document.uri, /^endless = \d/);
    });
  });
});
