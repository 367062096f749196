/** The measurements themselves, once they are bundled: see run.ts. */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { costTable, measure, seriesTables, table, type Line } from './harness';
import { memoryReport } from './memory';
import { warmUp } from './warmUp';
import { workloads } from './workloads';

async function main(): Promise<void> {
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
  const seconds = performance.now() / 1000;
  for (const text of [...seriesTables(lines), costTable(lines)]) if (text !== undefined) console.log(`${text}\n`);
  const memory = only === undefined || only === 'memory' ? await memoryReport() : [];
  for (const { what, goal, value } of memory) console.log(`${what}: ${value}   (goal: ${goal})`);
  console.log(`workloads in ${seconds.toFixed(0)} s, all in ${(performance.now() / 1000).toFixed(0)} s`);
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
