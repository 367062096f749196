/**
 * Latency of the main job, printed: from a key press to the gradient, for a file of 10³ lines and a function of 10⁴ operations;
 * the first answer of a new process. Run: npx tsx test/bench/latency.ts
 */
import { join } from 'node:path';
import { startRunner, workspace } from '../unit/runner/support/runnerProcess';

const FUNCTIONS = 100;

/** About 10 lines a function; the first does 10⁴ operations at its point. */
function source(edit: number): string {
  let text = `export interface P { a: number; b: number[] }\n// edit ${edit}\n`;
  for (let k = 0; k < FUNCTIONS; k++) {
    text += `/** @at [0.5, 1.5, 0.25], { a: ${k}, b: [1, 2] } */
export function f${k}(x: number[], p: P): number {
  let s = 0;
  for (let i = 0; i < ${k === 0 ? 1250 : 50}; i++) {
    const y = x[i % 3] * Math.sin(x[0] + i * ${edit % 7 === 0 ? '0.01' : '0.02'}) + p.a;
    s += y * y - 3 * p.b[0];
  }
  return s / (1 + p.b[1]);
}
`;
  }
  return text;
}

function quantile(times: number[], q: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

async function main(): Promise<void> {
  const folder = workspace({ 'file.ts': source(0) });
  const file = join(folder, 'file.ts');
  const firsts: number[] = [];
  for (let k = 0; k < 5; k++) {
    const fresh = startRunner();
    const start = performance.now();
    await fresh.request('evaluate', { file, fn: 'f1', op: 'grad' });
    firsts.push(performance.now() - start);
    fresh.dispose();
  }
  console.log(`first answer of a new process: ${firsts.map((time) => time.toFixed(0)).join(', ')} ms`);
  const client = startRunner();
  const { functions } = await client.request('list', { file });
  console.log(`${source(0).split('\n').length} lines, ${functions.length} functions`);
  const lists: number[] = [];
  const gradients: number[] = [];
  const inspections: number[] = [];
  let operations = 0;
  for (let edit = 1; edit <= 120; edit++) {
    client.overlay(file, source(edit));
    const start = performance.now();
    await client.request('list', { file });
    const listed = performance.now();
    ({ operations } = await client.request('evaluate', { file, fn: 'f0', op: 'grad' }));
    const evaluated = performance.now();
    await client.request('inspect', { file, fn: 'f0' });
    const inspected = performance.now();
    if (edit <= 20) continue;
    lists.push(listed - start);
    gradients.push(evaluated - start);
    inspections.push(inspected - evaluated);
  }
  console.log(`${operations} operations`);
  for (const [name, times] of [
    ['edit → list', lists],
    ['edit → gradient', gradients],
    ['inspect, warm', inspections],
  ] as const) {
    console.log(
      `${name.padEnd(16)} p50 ${quantile(times, 0.5).toFixed(1)} ms, p95 ${quantile(times, 0.95).toFixed(1)} ms`,
    );
  }
  client.dispose();
}

void main();
