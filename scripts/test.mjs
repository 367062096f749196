// @ts-check
/**
 * `npm test`: from a fresh clone to every check and every suite. Installs what is missing, runs all steps even when one fails,
 * and closes with `N passed, N failed`, alone on the last line; a check counts as one test. With --prove-install it also starts
 * a second, fresh clone by `npm start`.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './lib/install.mjs';
import { Run } from './lib/steps.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const run = new Run(root);
const none = { passed: 0, failed: 0 };

try {
  ensureInstalled(root);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  run.count('install', { ...none }, false);
  run.finish();
}

/** @param {string} path inside node_modules */
const installed = (path) => join(root, 'node_modules', path);
const tsx = ['--import', 'tsx'];

/** @type {import('./lib/steps.mjs').Step[]} */
const independent = [
  {
    name: 'lint',
    args: [installed('eslint/bin/eslint.js'), '--cache', '--cache-location', 'node_modules/.cache/eslint/', '.'],
  },
  { name: 'types', args: ['scripts/typecheck.mjs'] },
  { name: 'format', args: [installed('prettier/bin/prettier.cjs'), '--check', '--cache', '--log-level', 'warn', '.'] },
  { name: 'exports', args: [installed('knip/bin/knip.js')] },
];
// Mostly waits for a registry and for VS Code; in a clone of its own.
if (process.argv.includes('--prove-install')) {
  independent.unshift({ name: 'install', args: [...tsx, 'test/install/run.ts'], suite: true, minutes: 12 });
}
// One of three mostly waits.
await run.together(independent, 3);
const built = await run.step({ name: 'build', args: ['esbuild.mjs'] });
// The VS Code of both suites, and the browser: it waits for a registry while the unit tests run.
const setup = run.together([{ name: 'vscode', args: [...tsx, 'test/harness/setup.ts'] }]);
await run.step({ name: 'unit', args: [...tsx, 'test/unit.ts'], suite: true });
const ready = (await setup) && built;
const suites = [
  { name: 'extension', args: [...tsx, 'test/extension/run.ts'], suite: true },
  { name: 'ui', args: [...tsx, 'test/ui/run.ts'], suite: true, minutes: 20 },
];
for (const suite of suites) {
  if (ready) await run.step(suite);
  else run.count(`${suite.name} (not run)`, { ...none }, false);
}
run.finish();
