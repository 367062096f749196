/**
 * The npm package: a production build is packed and installed into an empty project, imported there by Node (ESM and CommonJS),
 * bundled for a browser, and type-checked as a user's code would be.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expected, options, program, references, typed } from './consumer';

const root = join(__dirname, '../../..');
const ENGINE_LIMIT = 120 * 1024;

/** Runs a program and gives its standard output. */
function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  assert.equal(status, 0, `${command} ${args.join(' ')}:\n${stdout}${stderr}`);
  return stdout;
}

function assertResult(text: string): void {
  assert.deepEqual(JSON.parse(text), expected);
}

describe('the npm package', function () {
  this.timeout(600_000);
  let folder = '';
  let consumer = '';
  let installed = '';

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradlens-package-'));
    const stage = join(folder, 'stage');
    run(process.execPath, ['esbuild.mjs', '--production', '--quiet', `--outdir=${join(stage, 'dist')}`], root);
    for (const name of ['package.json', '.npmignore', 'README.md', 'CHANGELOG.md', 'LICENSE', 'bin']) {
      if (existsSync(join(root, name))) cpSync(join(root, name), join(stage, name), { recursive: true });
    }
    run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], stage);
    const tarball =
      readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? assert.fail('npm pack made no package');
    consumer = join(folder, 'consumer');
    mkdirSync(consumer);
    writeFileSync(
      join(consumer, 'package.json'),
      JSON.stringify({ name: 'consumer', version: '1.0.0', private: true }),
    );
    const flags = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    run('npm', ['install', ...flags, join(folder, tarball)], consumer);
    installed = join(consumer, 'node_modules/gradlens');
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  const bundle = async (contents: string, format: 'iife' | 'esm'): Promise<string> => {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: consumer },
      bundle: true,
      minify: true,
      platform: 'browser',
      format,
      write: false,
      logLevel: 'silent',
    });
    return outputFiles[0].text;
  };

  it('holds the engine, its types and the command line, and nothing else', () => {
    const names = readdirSync(installed, { recursive: true, encoding: 'utf8' }).map((name) =>
      name.replaceAll('\\', '/'),
    );
    const wanted = ['index.mjs', 'index.cjs', 'index.d.mts', 'index.d.cts', 'types/index.d.ts'];
    for (const name of wanted) assert.ok(names.includes(`dist/engine/${name}`), `${name} is missing`);
    const odd = /(^|\/)(src|test|media|node_modules)(\/|$)|\.map$|extension\.js|webview/;
    assert.deepEqual(
      names.filter((name) => odd.test(name)),
      [],
    );
    const beside = readdirSync(join(consumer, 'node_modules')).filter((name) => !name.startsWith('.'));
    assert.deepEqual(beside, ['gradlens']);
  });

  it(`keeps the engine within ${ENGINE_LIMIT / 1024} KB, gzipped`, () => {
    for (const name of ['index.mjs', 'index.cjs']) {
      const { length } = gzipSync(readFileSync(join(installed, 'dist/engine', name)), { level: 9 });
      assert.ok(length <= ENGINE_LIMIT, `${name} has ${(length / 1024).toFixed(1)} KB`);
    }
  });

  it('is imported by Node as a module', () => {
    const text = `import { grad, linalg, np, random } from 'gradlens';${program}console.log(result);`;
    writeFileSync(join(consumer, 'main.mjs'), text);
    assertResult(run(process.execPath, ['main.mjs'], consumer));
  });

  it('is required by Node as CommonJS', () => {
    const text = `const { grad, linalg, np, random } = require('gradlens');${program}console.log(result);`;
    writeFileSync(join(consumer, 'main.cjs'), text);
    assertResult(run(process.execPath, ['main.cjs'], consumer));
  });

  it('computes what the sources do: the references of numpy', () => {
    const text = `const { linalg, np } = require('gradlens');${references}console.log(failures.join('\\n'));`;
    writeFileSync(join(consumer, 'references.cjs'), text);
    const file = join(root, 'test/unit/engine/numpy/fixtures/numpy.json');
    assert.equal(run(process.execPath, ['references.cjs', file], consumer).trim(), '');
  });

  it('runs in a browser bundle, with nothing of Node around', async () => {
    const text = `import { grad, linalg, np, random } from 'gradlens';${program}globalThis.result = result;`;
    const browser = { performance: { now: () => 0 }, console: { log: () => 0, warn: () => 0 } };
    const scope = createContext(browser) as { result?: string };
    runInContext(await bundle(text, 'iife'), scope);
    assertResult(scope.result ?? '');
  });

  it('has types for modules and for CommonJS', () => {
    writeFileSync(join(consumer, 'user.mts'), typed);
    writeFileSync(join(consumer, 'user.cts'), typed);
    writeFileSync(
      join(consumer, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, files: ['user.mts', 'user.cts'] }),
    );
    run(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', consumer], consumer);
  });
});
