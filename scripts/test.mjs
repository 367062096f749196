// @ts-check
/**
 * `npm test`: from a fresh clone to every check and every suite. Installs what is missing, runs all steps even when one fails,
 * and closes with `N passed, N failed`, alone on the last line; a check counts as one test. With --prove-install it also starts
 * a second, fresh clone by `npm start`.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './lib/install.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const total = { passed: 0, failed: 0 };
/** @type {string[]} */
const summary = [];

// Everything temporary lies in one folder that goes away with the run, whatever a browser or a server leaves in it.
const temporary = mkdtempSync(join(process.platform === 'darwin' ? '/tmp' : realpathSync(tmpdir()), 'gradlens-'));
process.on('exit', () => rmSync(temporary, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));

/** @type {import('node:child_process').ChildProcess | undefined} */
let running;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  // A terminal has told the child too; another sender has not. The child ends what it started, then we end.
  process.once(signal, () => {
    if (running === undefined) process.exit(130);
    running.once('exit', () => process.exit(130)).kill(signal);
  });
}

/**
 * Runs a step; it fails when its process does, or does not end in time.
 *
 * @param {string} name
 * @param {string[]} args of node
 * @param {{ suite?: boolean, minutes?: number }} [options] a suite leaves its own counts
 * @returns {Promise<boolean>}
 */
async function step(name, args, { suite = false, minutes = 10 } = {}) {
  console.log(`\n▶ ${name}`);
  const started = performance.now();
  const results = join(root, 'out/results', `${name}.json`);
  rmSync(results, { force: true });
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, TMPDIR: temporary },
  });
  running = child;
  const watchdog = setTimeout(() => {
    console.error(`${name} did not end within ${minutes} minutes.`);
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 30_000).unref();
  }, minutes * 60_000);
  const code = await new Promise((resolve) => child.on('exit', resolve).on('error', () => resolve(1)));
  clearTimeout(watchdog);
  running = undefined;
  const counts = suite && existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : { passed: 0, failed: 0 };
  if (code === 0 && !suite) counts.passed = 1;
  if (code !== 0 || counts.passed === 0) counts.failed = Math.max(1, counts.failed);
  total.passed += counts.passed;
  total.failed += counts.failed;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  summary.push(
    `${counts.failed === 0 ? '✔' : '✘'} ${name}: ${counts.passed} passed, ${counts.failed} failed (${seconds} s)`,
  );
  return counts.failed === 0;
}

/** @returns {never} */
function finish() {
  console.log(`\n${summary.join('\n')}\n\n${total.passed} passed, ${total.failed} failed`);
  process.exit(total.failed === 0 ? 0 : 1);
}

try {
  ensureInstalled(root);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  total.failed++;
  summary.push('✘ install');
  finish();
}

/** @param {string} path inside node_modules */
const module = (path) => join(root, 'node_modules', path);
const tsx = ['--import', 'tsx'];

await step('lint', [module('eslint/bin/eslint.js'), '--cache', '--cache-location', 'node_modules/.cache/eslint/', '.']);
await step('format', [module('prettier/bin/prettier.cjs'), '--check', '--cache', '--log-level', 'warn', '.']);
await step('types', ['scripts/typecheck.mjs']);
await step('exports', [module('knip/bin/knip.js')]);
const built = await step('build', ['esbuild.mjs']);
await step('unit', [...tsx, 'test/unit.ts'], { suite: true });
// The VS Code of both suites, and the browser.
const ready = built && (await step('vscode', [...tsx, 'test/harness/setup.ts']));
if (ready) {
  await step('extension', [...tsx, 'test/extension/run.ts'], { suite: true });
  await step('ui', [...tsx, 'test/ui/run.ts'], { suite: true, minutes: 15 });
  await step('coverage', [...tsx, 'test/harness/coverage.ts']);
} else {
  for (const name of ['extension', 'ui']) {
    total.failed++;
    summary.push(`✘ ${name}: not run`);
  }
}
if (ready && process.argv.includes('--prove-install')) {
  await step('install', [...tsx, 'test/install/run.ts'], { suite: true, minutes: 12 });
}
finish();
