import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { api, closeAll, lens, lensesNow, openText } from './editing';

/** The bundled suites lie in a folder of out/. */
const root = join(__dirname, '../..');

const square = (factor: number): string =>
  `/** @at 3 */\nexport function square(x: number): number {\n  return ${factor} * x * x;\n}\n`;

async function openUntitled(text: string, language = 'typescript'): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument({ language, content: text });
  await vscode.window.showTextDocument(document);
  return document;
}

describe('kinds of documents', () => {
  afterEach(closeAll);

  it('untitled ones have live derivatives', async () => {
    const document = await openUntitled(square(2));
    await lens(document.uri, /^square = 18 /);
  });

  it('a new untitled document does not inherit what a closed one of its name showed', async () => {
    const uri = vscode.Uri.parse('untitled:Reused-1');
    const open = async (text: string): Promise<vscode.TextDocument> => {
      const document = await vscode.languages.setTextDocumentLanguage(
        await vscode.workspace.openTextDocument(uri),
        'typescript',
      );
      const editor = await vscode.window.showTextDocument(document);
      await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), text));
      return document;
    };
    const first = await open(square(2));
    await lens(first.uri, /^square = 18 /);
    await closeAll();
    const second = await open(square(5));
    await lens(second.uri, /^square = 45 /);
    assert.ok(!(await lensesNow(second.uri)).some((title) => title.includes('18')));
  });

  it('virtual ones have live derivatives', async () => {
    const provider = vscode.workspace.registerTextDocumentContentProvider('gradlens-test', {
      provideTextDocumentContent: () => square(3),
    });
    try {
      const document = await vscode.workspace.openTextDocument(vscode.Uri.parse('gradlens-test:/folder/virtual.ts'));
      await vscode.window.showTextDocument(document);
      await lens(document.uri, /^square = 27 /);
    } finally {
      provider.dispose();
    }
  });

  for (const [extension, text] of [
    ['js', '/** @at 3 */\nexport function f(x = 1) {\n  return x * x;\n}\n'],
    ['jsx', '/** @at 3 */\nexport function f(x = 1) {\n  return x * x;\n}\nexport const View = () => <b>{f(2)}</b>;\n'],
    [
      'tsx',
      '/** @at 3 */\nexport function f(x: number): number {\n  return x * x;\n}\nexport const View = () => <b>{f(2)}</b>;\n',
    ],
  ] as const) {
    it(`${extension} files have live derivatives`, async () => {
      const { document } = await openText(`kinds/file.${extension}`, text);
      await lens(document.uri, /^f = 9 /);
    });
  }

  it('a document shown in two editors is one', async () => {
    const { document } = await openText('kinds/split.ts', square(1));
    await vscode.window.showTextDocument(document, vscode.ViewColumn.Beside);
    await lens(document.uri, /^square = 9 /);
  });
});

describe('the exported API', () => {
  afterEach(closeAll);

  it('inspects functions of files that are not open', async () => {
    const { document } = await openText('api/closed.ts', square(2));
    const { uri } = document;
    await closeAll();
    const { inspect, version } = await api();
    assert.equal(version, 1);
    assert.equal((await inspect(uri, 'square')).value, 18);
  });

  it('evaluates operations at any point', async () => {
    const { document } = await openText('api/operations.ts', square(2));
    const { inspect } = await api();
    const { value, result } = await inspect(document.uri, 'square', { op: 'grad', at: '5' });
    assert.deepEqual([value, result], [50, 20]);
  });

  it('moves the numbers of an instance, which keeps its methods', async () => {
    const { document } = await openText(
      'api/instance.ts',
      `class Vec { #unit = 2; constructor(public x: number, public y: number) {} area(): number { return this.#unit * this.x * this.y; } }
/** @at new Vec(3, 4), (t: number) => t * t */
export function bent(v: Vec, bend: (t: number) => number): number { return bend(v.area()); }
`,
    );
    await lens(document.uri, /^bent = 576 /);
    const { inspect } = await api();
    const args = [{ x: 1, y: 5 }, '[function ]'];
    const { value, result } = await inspect(document.uri, 'bent', { op: 'grad', args });
    assert.deepEqual([value, result], [100, { x: 200, y: 40 }]);
  });

  it('is used as the README shows', async () => {
    const [, code] =
      /^### From other extensions\s+```js\n([\s\S]*?)^```/m.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
    const body = code.replace(/^(.+); \/\/ → (.*)$/m, 'return [$1, $2];');
    const run = new Function('extensions', 'uri', `return (async () => { ${body} })();`);
    const { document } = await openText('api/readme.ts', readFileSync(join(root, 'examples/rosenbrock.ts'), 'utf8'));
    const [found, promised] = (await run(vscode.extensions, document.uri)) as unknown[];
    assert.deepEqual(found, promised);
  });

  it('rejects with a code', async () => {
    const { document } = await openText('api/missing.ts', square(2));
    const { inspect } = await api();
    await assert.rejects(inspect(document.uri, 'nothing'), (error: { info?: { code?: string } }) => {
      assert.equal(error.info?.code, 'no-such-function');
      return true;
    });
  });
});
