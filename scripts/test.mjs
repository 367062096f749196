// @ts-check
/**
 * `npm test`: from a fresh clone to every check and every suite. Installs what is missing, runs all steps even when one fails,
 * and closes with `N passed, N failed`, alone on the last line; a check counts as one test. With --prove-install it also starts
 * a second, fresh clone by `npm start`.
 */
import { totalmem } from 'node:os';
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

// What the suites in VS Code need; the second mostly waits for a registry. The build checks the engine's types.
const ready = await run.together([
  { name: 'build', args: ['esbuild.mjs', '--checked'] },
  { name: 'vscode', args: [...tsx, 'test/harness/setup.ts'], minutes: 15 },
]);

/** @type {import('./lib/steps.mjs').Step[]} */
const checks = [
  { name: 'types', args: ['scripts/typecheck.mjs', '--without-engine'] },
  {
    name: 'lint',
    args: [installed('eslint/bin/eslint.js'), '--cache', '--cache-location', 'node_modules/.cache/eslint/', '.'],
  },
  { name: 'format', args: [installed('prettier/bin/prettier.cjs'), '--check', '--cache', '--log-level', 'warn', '.'] },
  { name: 'exports', args: [installed('knip/bin/knip.js')] },
];
// In a clone of its own; it mostly waits too.
if (process.argv.includes('--prove-install')) {
  checks.unshift({ name: 'install', args: [...tsx, 'test/install/run.ts'], suite: true, minutes: 12 });
}
const kernels = 'gpu-conformance';
const figures = 'editor-figures';
const ui = [...tsx, 'test/ui/run.ts'];

/** The suites that drive VS Code, which leave half of the processor idle. */
async function inVsCode() {
  const suites = [
    { name: 'extension', args: [...tsx, 'test/extension/run.ts'], suite: true, minutes: 15 },
    { name: 'ui', args: [...ui, '--without', `${kernels},${figures}`], suite: true, minutes: 20 },
  ];
  for (const suite of suites) {
    if (ready) await run.step(suite);
    else run.count(`${suite.name} (not run)`, { ...none }, false);
  }
}

/** What needs the processor alone, behind the others: first the checks, then the suites that take both cores. */
async function behind() {
  const stages = [
    checks,
    [{ name: 'kernels', args: [...ui, '--only', kernels, '--suite', 'kernels'], suite: true, minutes: 20 }],
    [{ name: 'unit', args: [...tsx, 'test/unit.ts'], suite: true, minutes: 15 }],
  ];
  for (const stage of stages) {
    await run.together(
      stage.map((step) => ({ minutes: 15, ...step, background: true })),
      3,
    );
  }
}

// Both at once take some six gigabytes.
if (totalmem() > 10e9) await Promise.all([inVsCode(), behind()]);
else {
  await behind();
  await inVsCode();
}
// How long a key takes is measured when nothing else runs.
if (ready) await run.step({ name: 'figures', args: [...ui, '--only', figures, '--suite', 'figures'], suite: true });
else run.count('figures (not run)', { ...none }, false);
run.finish();
