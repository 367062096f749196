/**
 * `npm run bench`: every workload for GradLens and its peers side by side. Options: --only TEXT for workloads whose name has it,
 * --json FILE, --no-peers. What is measured is bundled first, as users get it: module loaders for development turn each export
 * into a getter, which makes recording several times as slow.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

async function main(): Promise<void> {
  if (!existsSync(join(__dirname, 'node_modules/@jax-js'))) {
    spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: __dirname,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
  }
  const outdir = join(__dirname, 'dist');
  await build({
    entryPoints: ['measurements', 'memory'].map((name) => join(__dirname, `${name}.ts`)),
    outdir,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
    define: { __dirname: JSON.stringify(__dirname) },
  });
  const { status } = spawnSync(process.execPath, [join(outdir, 'measurements.js'), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}

void main();
