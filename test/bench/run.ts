/**
 * `npm run bench`: every workload for GradLens and its peers side by side. Options: --only TEXT for workloads whose name has it,
 * --json FILE, --no-peers.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle';

async function main(): Promise<void> {
  if (!existsSync(join(__dirname, 'node_modules/@jax-js'))) {
    spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: __dirname,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
  }
  const outdir = await bundle({
    measurements: 'test/bench/measurements.ts',
    memory: 'test/bench/memory.ts',
    runner: 'src/runner/main.ts',
  });
  const { status } = spawnSync(process.execPath, [join(outdir, 'measurements.js'), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}

void main();
