/**
 * Runs the unit tests: mocha on Node, two files at a time. `--only TEXT` runs the files whose names contain TEXT; for one file
 * `npx mocha --no-config --import=tsx test/unit/….test.ts` does the same. `--coverage` counts what is executed, which takes a quarter
 * more time.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { emptyCoverage } from './harness/emptyCoverage';
import { cleanUp, start } from './harness/processes';

const root = join(__dirname, '..');
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : '';
const coverage = process.argv.includes('--coverage') ? emptyCoverage('unit') : {};

const names = readdirSync(join(root, 'test/unit'), { recursive: true, encoding: 'utf8' });
const files = names
  .filter((name) => name.endsWith('.test.ts') && name.includes(only))
  .map((name) => join('test/unit', name));
const mocha = start(
  process.execPath,
  [
    join(root, 'node_modules/mocha/bin/mocha.js'),
    ...['--no-config', '--import=tsx', '--parallel', '--jobs', '2', '--timeout', '60000'],
    ...['--reporter', join(__dirname, 'harness/reporter.cjs'), '--reporter-option', 'suite=unit'],
    ...files.sort(),
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, ...coverage } },
);
mocha.on('exit', (code) => {
  void cleanUp().then(() => process.exit(code ?? 1));
});
