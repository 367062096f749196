import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, lens, lensesNow, openText, replace, withSetting } from './editing';
import { eventually, lensTitles } from './helpers';

const rosenbrock = `/** @at [-1.2, 1] */
export function rosenbrock(x: number[]): number {
  const slope = 1 - x[0];
  const valley = x[1] - x[0] ** 2;
  return slope ** 2 + 100 * valley ** 2;
}
`;

describe('code lenses', () => {
  afterEach(closeAll);

  it('show value, size and the operations above a plain function', async () => {
    const { document } = await openText('lens/rosenbrock.ts', rosenbrock);
    await lens(document.uri, /^rosenbrock = 24\.2 · ∇ 2$/);
    const titles = await lensesNow(document.uri);
    for (const title of ['Gradient', 'HVP', 'Hessian', 'Check', 'Profile', 'Set point']) {
      assert.ok(titles.includes(title), `${title} in ${titles.join(' | ')}`);
    }
  });

  it('stand on the line of the function, which carries the target in their commands', async () => {
    const { document } = await openText('lens/place.ts', rosenbrock);
    await lens(document.uri, /24\.2/);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      document.uri,
      100,
    );
    const own = lenses.filter(({ command }) => command?.command.startsWith('gradlens.'));
    assert.ok(own.length >= 7);
    for (const { range } of own) assert.equal(range.start.line, 1);
  });

  it('follow every edit without saving', async () => {
    const { document } = await openText('lens/edit.ts', rosenbrock);
    await lens(document.uri, /= 24\.2 /);
    await replace(document, '100 *', '10 *');
    await lens(document.uri, /= 6\.776 /);
    await replace(document, '[-1.2, 1]', '[1, 1]');
    await lens(document.uri, /= 0 /);
  });

  it('keep the row while a newer value is computed: never fewer lenses, never an empty value', async () => {
    const { document } = await openText('lens/steady.ts', rosenbrock);
    await lens(document.uri, /= 24\.2 /);
    const count = (await lensesNow(document.uri)).length;
    for (const digit of ['101', '102', '103', '104', '105']) {
      await replace(document, /\d+ \* valley/.exec(document.getText())?.[0] ?? '', `${digit} * valley`);
      const titles = await lensesNow(document.uri);
      assert.equal(titles.length, count);
      assert.ok(
        titles.some((title) => /^rosenbrock . \d/.test(title)),
        titles.join(' | '),
      );
    }
    await lens(document.uri, /= 25\.17 /);
  });

  it('show the shape of a Jacobian', async () => {
    const text =
      'export function polar(r: number, phi: number): number[] {\n  return [r * Math.cos(phi), r * Math.sin(phi), r];\n}\n';
    const { document } = await openText('lens/polar.ts', text);
    await lens(document.uri, /^polar = \[.*\] · 3×2$/);
    const titles = await lensesNow(document.uri);
    assert.ok(titles.includes('Jacobian') && !titles.includes('Hessian'), titles.join(' | '));
  });

  it('give each @at a group of its own', async () => {
    const text = '/**\n * @at 2\n * @at 3\n */\nexport function cube(x: number): number {\n  return x ** 3;\n}\n';
    const { document } = await openText('lens/points.ts', text);
    await lens(document.uri, /^cube\(2\) = 8 /);
    await lens(document.uri, /^cube\(3\) = 27 /);
  });

  it('give the short reason of an error and recover', async () => {
    const text =
      'export function f(x: number): number {\n  if (x < 1e9) throw new Error("too small");\n  return x;\n}\n';
    const { document } = await openText('lens/error.ts', text);
    await lens(document.uri, /^\$\(error\) f: .*too small/);
    await replace(document, 'x < 1e9', 'x > 1e9');
    await lens(document.uri, /^f = /);
  });

  it('stay while the text is broken in the middle of a word', async () => {
    const { document } = await openText('lens/broken.ts', rosenbrock);
    await lens(document.uri, /= 24\.2 /);
    await replace(document, 'slope ** 2 +', 'slope ** 2 + (');
    const titles = await lensTitles(document.uri, (all) => all.length >= 7);
    assert.ok(
      titles.some((title) => title.startsWith('rosenbrock') || title.includes('rosenbrock')),
      titles.join(' | '),
    );
    await replace(document, 'slope ** 2 + (', 'slope ** 2 +');
    await lens(document.uri, /= 24\.2 /);
  });

  it('are silent about functions that are no mathematics', async () => {
    const text =
      'export function shout(text: string): string {\n  return text.toUpperCase();\n}\nexport const g = (x: number): number => x * x;\n';
    const { document } = await openText('lens/silent.ts', text);
    await lens(document.uri, /^g = /);
    assert.ok(!(await lensesNow(document.uri)).some((title) => title.includes('shout')));
  });

  it('follow a change in an imported file that is not saved', async () => {
    await openText('lens/factor.ts', 'export const factor = 2;\n');
    const factor = vscode.window.activeTextEditor?.document;
    const text =
      "import { factor } from './factor';\n/** @at 5 */\nexport function f(x: number): number {\n  return factor * x;\n}\n";
    const { document } = await openText('lens/importer.ts', text);
    await lens(document.uri, /^f = 10 /);
    assert.ok(factor);
    await replace(factor, '= 2', '= 3');
    await vscode.window.showTextDocument(document);
    await lens(document.uri, /^f = 15 /);
  });

  it('vanish all at once when live derivatives are off, and come back', async () => {
    const { document } = await openText('lens/off.ts', rosenbrock);
    await lens(document.uri, /= 24\.2 /);
    await withSetting('live.enabled', false, async () => {
      await eventually('no lens', async () => (await lensesNow(document.uri)).length === 0);
    });
    await lens(document.uri, /= 24\.2 /);
  });

  it('offer what the setting says', async () => {
    const { document } = await openText('lens/operations.ts', rosenbrock);
    await withSetting('lenses.operations', ['check'], async () => {
      await eventually('two lenses', async () => {
        const titles = await lensesNow(document.uri);
        return titles.length === 2 && titles.includes('Check');
      });
    });
  });
});
