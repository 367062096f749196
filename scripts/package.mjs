// @ts-check
/**
 * Makes the VSIX, out/gradlens.vsix or `--out FILE`: a production build in a temporary folder, so that dist/ stays as it is, with
 * a package.json without what only the repository needs.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const flag = process.argv.indexOf('--out');
const output = flag < 0 ? join(root, 'out/gradlens.vsix') : resolve(process.argv[flag + 1] ?? '');
const files = ['.vscodeignore', 'README.md', 'CHANGELOG.md', 'LICENSE'];
const repositoryOnly = ['scripts', 'devDependencies', 'overrides', 'allowScripts', 'bin', 'exports', 'types'];

/**
 * @param {string[]} args of node
 * @param {string} cwd
 */
function node(args, cwd) {
  const { status } = spawnSync(process.execPath, args, { cwd, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${args.slice(0, 2).join(' ')} failed.`);
}

const stage = mkdtempSync(join(tmpdir(), 'gradlens-vsix-'));
try {
  node(['esbuild.mjs', '--production', '--quiet', '--no-types', `--outdir=${join(stage, 'dist')}`], root);
  for (const file of [...files, ...readdirSync(root).filter((name) => /^package\.nls.*\.json$/.test(name))]) {
    copyFileSync(join(root, file), join(stage, file));
  }
  for (const folder of ['media', 'l10n']) {
    if (existsSync(join(root, folder))) cpSync(join(root, folder), join(stage, folder), { recursive: true });
  }
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const key of repositoryOnly) delete manifest[key];
  writeFileSync(join(stage, 'package.json'), JSON.stringify(manifest, null, 2));
  mkdirSync(dirname(output), { recursive: true });
  const vsce = createRequire(import.meta.url).resolve('@vscode/vsce/vsce');
  const options = ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links'];
  node([vsce, 'package', ...options, '--out', output], stage);
  console.log(`${output}: ${(statSync(output).size / 1024).toFixed(0)} KB`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(stage, { recursive: true, force: true });
}
