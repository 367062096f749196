/**
 * `npm run bench`: every workload for GradLens and its peers side by side. Options: --only TEXT for workloads whose name has it,
 * --json FILE, --no-peers.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import type { Line } from './harness';

async function main(): Promise<void> {
  if (!existsSync(join(__dirname, 'node_modules/@jax-js'))) {
    spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: __dirname,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
  }
  const { costTable, measure, seriesTables, table } = await import('./harness');
  const { workloads } = await import('./workloads');
  const { memoryReport } = await import('./memory');
  const { warmUp } = await import('./warmUp');
  const only = option('--only');
  const peers = !process.argv.includes('--no-peers');
  await warmUp(peers);
  const lines: Line[] = [];
  console.log(`${cpus().length} × ${cpus()[0].model}, Node ${process.version}, load ${loadavg()[0].toFixed(1)}`);
  console.log('median ms [first call ms] [first call of another one, all warm], ratio to the base of each workload\n');
  for (const workload of workloads) {
    if (only !== undefined && !workload.name.includes(only)) continue;
    const contestants = workload.contestants.filter(({ name }) => peers || !/jax-js|TensorFlow|rose|mathjs/.test(name));
    const measured = await measure({ ...workload, contestants });
    lines.push(...measured);
    console.log(`${table(measured)}\n`);
  }
  for (const text of [...seriesTables(lines), costTable(lines)]) if (text !== undefined) console.log(`${text}\n`);
  const memory = only === undefined || only === 'memory' ? await memoryReport() : [];
  for (const { what, goal, value } of memory) console.log(`${what}: ${value}   (goal: ${goal})`);
  const json = option('--json');
  if (json !== undefined)
    writeFileSync(
      json,
      JSON.stringify({ node: process.version, load: loadavg(), lines, memory, cpus: cpus().length }, null, 2),
    );
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at > 0 ? process.argv[at + 1] : undefined;
}

void main();
