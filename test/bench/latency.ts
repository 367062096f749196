/**
 * `npm run bench:latency`: from a changed text to everything that the editor shows of a function (values, adjoints, Jacobian),
 * through the runner's own process as the extension does it. The function does about 10⁴ operations. Options: --json FILE.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunnerClient } from '../../src/runner/client/runnerClient';
import { bundle } from './bundle';

const EDITS = 100;

/** The function after an edit: another constant, so that the program differs each time. */
function textAfter(edit: number): string {
  return `/** @at Array.from({ length: 1250 }, (_, i) => Math.sin(i)) */
export function rosenbrock(x: number[]): number {
  let sum = 0;
  for (let i = 0; i < x.length - 1; i++) {
    const t = x[i + 1] - x[i] * x[i];
    const u = ${1 + edit / 1000} - x[i];
    sum += 100 * t * t + u * u;
  }
  return sum;
}
`;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'latency-'));
  const runnerPath = join(await bundle({ runner: 'src/runner/main.ts' }), 'runner.js');
  const file = join(folder, 'edited.ts');
  writeFileSync(file, textAfter(0));
  const client = new RunnerClient({ runnerPath });
  const times: number[] = [];
  try {
    for (let edit = 0; edit < EDITS; edit++) {
      const began = performance.now();
      client.overlay(file, textAfter(edit));
      await client.request('inspect', { file, fn: 'rosenbrock' });
      times.push(performance.now() - began);
    }
  } finally {
    client.dispose();
  }
  const [first, ...rest] = times;
  rest.sort((a, b) => a - b);
  const quantile = (q: number) => rest[Math.min(rest.length - 1, Math.floor(q * rest.length))];
  const report = { first, median: quantile(0.5), p95: quantile(0.95), worst: quantile(1) };
  console.log(
    `edit to inspection, 10⁴ operations: median ${report.median.toFixed(1)} ms, 95 % ≤ ${report.p95.toFixed(1)} ms, ` +
      `worst ${report.worst.toFixed(1)} ms, first (with the start of the process) ${first.toFixed(0)} ms   (goal: 95 % ≤ 50 ms)`,
  );
  const json = process.argv.indexOf('--json');
  if (json > 0) writeFileSync(process.argv[json + 1], JSON.stringify(report, null, 2));
}

void main();
