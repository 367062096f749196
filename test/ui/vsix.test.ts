import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { delay, temporaryFolder } from '../harness/processes';
import { environment } from '../harness/server';
import { root, vscodeFolder } from '../harness/vscode';
import { openWorkbench, poll, type Workbench } from './harness';

/** Runs a script of node and returns what it printed. */
function node(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env: environment(),
    timeout: 240_000,
  });
  assert.equal(status, 0, `${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

/** What every VSIX contains, and what only the extension may add: pictures and pages, translations, notices. */
const required = [
  'extension/package.json',
  'extension/readme.md',
  'extension/changelog.md',
  'extension/LICENSE.txt',
  'extension/dist/extension.js',
  'extension/dist/runner.js',
  'extension/dist/webview/main.js',
  'extension/media/icon.png',
  'extension/media/docs/diagnostics.md',
];
const allowed = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/package\.nls(\.[\w-]+)?\.json$/,
  /^extension\/dist\/(extension|runner)\.js\.LEGAL\.txt$/,
  /^extension\/dist\/webview\/[\w-]+\.(js|css|ttf|js\.LEGAL\.txt|css\.LEGAL\.txt)$/,
  /^extension\/l10n\/runner(\.[\w-]+)?\.json$/,
  /^extension\/l10n\/bundle\.l10n(\.[\w-]+)?\.json$/,
  /^extension\/media\/(activity|panel-[\w-]+)\.svg$/,
  /^extension\/media\/docs\/diagnostics(\.[\w-]+)?\.md$/,
  /^extension\/media\/screenshots\/(editor-hover|panel-dark-modern|panel-checks|panel-timing)\.png$/,
  /^extension\/media\/walkthrough\/[\w-]+(\.[\w-]+)?\.(md|svg|png)$/,
];

describe('the VSIX', () => {
  const folder = temporaryFolder('vsix');
  const vsix = join(folder, 'gradlens.vsix');
  let ui: Workbench | undefined;

  before(() => {
    node('scripts/package.mjs', '--out', vsix);
  });
  after(() => ui?.close());

  it('contains only what is needed, under 3 MB', () => {
    const names = zipNames(vsix);
    assert.deepEqual(
      required.filter((name) => !names.includes(name)),
      [],
      'missing',
    );
    assert.deepEqual(
      names.filter((name) => !required.includes(name) && !allowed.some((pattern) => pattern.test(name))),
      [],
      'not expected',
    );
    assert.ok(statSync(vsix).size < 3 * 1024 * 1024, `${statSync(vsix).size} bytes`);
  });

  it('is installed by VS Code, activated from there, and shows a lens', async () => {
    const extensions = join(folder, 'extensions');
    const server = join(vscodeFolder, 'out/server-main.js');
    const data = ['--extensions-dir', extensions, '--server-data-dir', join(folder, 'server')];
    node(server, ...data, '--accept-server-license-terms', '--install-extension', vsix);
    assert.match(node(server, ...data, '--list-extensions'), /^gradlens\.gradlens$/m);

    ui = await openWorkbench({ installed: extensions });
    const hostLog = () => ui!.window.server.hostLog();
    // Beside the start of VS Code and of its own TypeScript extension the figure would be theirs.
    await poll('the start of the host', () => hostLog().includes('Eager extensions activated'));
    await comeToRest(hostLog);
    assert.ok(!hostLog().includes('_doActivateExtension gradlens.gradlens'), 'it is loaded before it is needed');
    await ui.runCommand('View: Show GradLens');
    await poll('the activation', () => hostLog().includes('_doActivateExtension gradlens.gradlens'));
    console.log(`      activation by VS Code’s own report: ${await activation(ui)} ms`);
    await ui.openFile('plain.ts');
    await ui.waitForLens(/\S/);
    assert.ok(!hostLog().includes('Loading development extension'));
  });
});

/** Waits until the extension host has written nothing to its log for a second. */
async function comeToRest(log: () => string): Promise<void> {
  let before: string;
  do {
    before = log();
    await delay(1000);
  } while (log() !== before);
}

/** Milliseconds that loading the extension and its `activate` took, as VS Code shows them to anybody. */
async function activation(ui: Workbench): Promise<number> {
  await ui.runCommand('Developer: Show Running Extensions');
  return poll('the report', async () => {
    const rows = await ui.page.locator('.runtime-extensions-editor .monaco-list-row').allTextContents();
    const time = rows
      .map((row) => /gradlens.*Activation.*?(\d+)ms/is.exec(row)?.[1])
      .find((found) => found !== undefined);
    return time === undefined ? undefined : Number(time);
  });
}

/** The names in a zip file's central directory. */
function zipNames(file: string): string[] {
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const names: string[] = [];
  for (let at = bytes.readUInt32LE(end + 16), left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    names.push(bytes.toString('utf8', at + 46, at + 46 + name));
    at += 46 + name + extra + comment;
  }
  return names;
}
