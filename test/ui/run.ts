/**
 * Runs the suites of test/ui: mocha on Node, driving a real VS Code in a real browser. One window is shared by all suites that
 * ask for it. `--only TEXT` runs the files whose names contain TEXT, `--without TEXT,TEXT` the others; `--suite NAME` names the
 * counts.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Mocha from 'mocha';
import { ensureChromium } from '../harness/chromium';
import { cleanUp } from '../harness/processes';
import { ensureVsCode } from '../harness/vscode';
import { openWorkbenches } from './harness';
import { keepEvidence, results } from './harness/window';

const option = (name: string) =>
  process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined;
const only = option('--only') ?? '';
const without = option('--without')?.split(',') ?? [];
const suite = option('--suite') ?? 'ui';

async function run(): Promise<number> {
  ensureChromium();
  await ensureVsCode();
  // Another part of the suites may run beside this one, and keep its evidence there.
  if (suite === 'ui') rmSync(results, { recursive: true, force: true });
  const mocha = new Mocha({
    ui: 'bdd',
    reporter: join(__dirname, '../harness/reporter.cjs'),
    reporterOptions: { suite },
    // A test has several steps that each may wait for a minute on a machine that is slow.
    timeout: 300_000,
    slow: 10_000,
    rootHooks: {
      async afterEach(this: Mocha.Context) {
        if (this.currentTest?.state !== 'failed') return;
        for (const { window } of openWorkbenches()) await keepEvidence(window, this.currentTest.fullTitle());
      },
    },
  });
  const names = readdirSync(__dirname, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.test.ts'),
  );
  const wanted = (name: string) => name.includes(only) && !without.some((text) => name.includes(text));
  for (const name of names.filter(wanted).sort()) mocha.addFile(join(__dirname, name));
  return new Promise((resolve) => {
    const runner = mocha.run((failures) => resolve(runner.stats?.passes ? failures : Math.max(1, failures)));
  });
}

void run()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    return 1;
  })
  .then(async (failures) => {
    await cleanUp();
    process.exit(failures === 0 ? 0 : 1);
  });
