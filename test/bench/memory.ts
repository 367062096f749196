/** What traces and live re-evaluations leave behind. Each is measured in a process of its own. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export interface MemoryLine {
  readonly what: string;
  readonly goal: string;
  readonly value: string;
}

const MEGABYTE = 1024 * 1024;

export async function memoryReport(): Promise<MemoryLine[]> {
  const traces = [
    ['a loop over two numbers', 'loop'],
    ['125,000 numbers', 'numbers'],
  ].map(([of, name]) => ({
    what: `resident memory of a trace of 10⁶ operations, ${of}`,
    goal: '< 150 MB in all',
    value: inProcess(name),
  }));
  return [...traces, { what: 'heap growth over 1,000 live re-evaluations', goal: '< 5 MB', value: inProcess('live') }];
}

function inProcess(name: string): string {
  const program = join(__dirname, 'dist/memory.js');
  const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', program, name], { encoding: 'utf8' });
  return stdout.trim() || stderr.trim().split('\n')[0];
}

const collect = (globalThis as { gc?: () => void }).gc ?? (() => undefined);

/** Memory in all, with its adjoints, and what the process with TypeScript in it had before. */
async function trace(name: 'relaxation' | 'rosenbrock', count: number): Promise<string> {
  const { recorded } = await import('./plainPrograms');
  await recorded('rosenbrock', [1, 2, 3]);
  collect();
  const before = process.memoryUsage().rss;
  const { program, linearized } = await recorded(
    name,
    Array.from({ length: count }, (_, index) => Math.sin(index)),
  );
  linearized.reverse([{ row: program.outputs[0], values: [1] }]);
  const megabytes = (bytes: number) => (bytes / MEGABYTE).toFixed(0);
  return `${megabytes(process.memoryUsage().rss)} MB, ${megabytes(before)} MB of them before, for ${program.size} rows`;
}

/** The same edit back and forth, each evaluated with its gradient. */
async function live(): Promise<string> {
  const { gradientOf } = await import('./plainPrograms');
  const point = (round: number) => Array.from({ length: 100 }, (_, index) => Math.sin(index + round * 0.001));
  const evaluate = async (round: number) => (await gradientOf('rosenbrock', point(round))).run(point(round));
  for (let round = 0; round < 200; round++) await evaluate(round);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < 1000; round++) await evaluate(round);
  collect();
  return `${((process.memoryUsage().heapUsed - before) / MEGABYTE).toFixed(2)} MB`;
}

const measurements: Record<string, () => Promise<string>> = {
  loop: () => trace('relaxation', 2),
  numbers: () => trace('rosenbrock', 125_000),
  live,
};

if (process.argv[1] === join(__dirname, 'dist/memory.js'))
  void measurements[process.argv[2]]().then((text) => console.log(text));
