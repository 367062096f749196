// @ts-check
/**
 * Type-checks everything in the repository, two projects at a time. Build information is kept, so a second run is short.
 * --without-engine leaves out what `esbuild.mjs --checked` has checked.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
// The panel and the UI tests are one project here: most of what they check is the same.
const queue = ['.', 'tsconfig.browser.json'];
if (!process.argv.includes('--without-engine')) queue.push('src/engine');
// The benchmarks' peers are installed by `npm run bench` only.
if (existsSync(join(root, 'test/bench/node_modules'))) queue.push('test/bench');

/** @param {string} project */
const check = (project) =>
  new Promise((resolve) => {
    spawn(process.execPath, [tsc, '--pretty', 'false', '-p', project], { cwd: root, stdio: 'inherit' }).on(
      'exit',
      resolve,
    );
  });

let failed = 0;
const worker = async () => {
  for (let project = queue.shift(); project !== undefined; project = queue.shift()) {
    if ((await check(project)) !== 0) failed++;
  }
};
await Promise.all([worker(), worker()]);
process.exit(failed === 0 ? 0 : 1);
