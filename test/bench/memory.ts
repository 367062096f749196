/** What traces and live re-evaluations leave behind. Each is measured in a process of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMALL_NURSERY } from '../../src/runner/client/launch';
import { RunnerClient } from '../../src/runner/client/runnerClient';

export interface MemoryLine {
  readonly what: string;
  readonly goal: string;
  readonly value: string;
}

const MEGABYTE = 1024 * 1024;

/** Functions of a million operations: `functions.ts` by name, over so many numbers. */
const TRACES = [
  { of: 'a loop over two numbers', name: 'relaxation', count: 2 },
  { of: '125,000 numbers', name: 'rosenbrock', count: 125_000 },
] as const;

export async function memoryReport(): Promise<MemoryLine[]> {
  const lines: MemoryLine[] = [];
  for (const { of, name, count } of TRACES) {
    lines.push({
      what: `resident memory of a trace of 10⁶ operations with its adjoints, ${of}`,
      goal: '< 150 MB in all',
      value: inProcess(name),
    });
    const inRunner = await wholeInspection(name, count);
    if (inRunner === undefined) continue;
    lines.push({
      what: "  the runner's process, with its supervising thread",
      goal: 'most of a whole inspection',
      value: inRunner,
    });
  }
  return [...lines, { what: 'heap growth over 1,000 live re-evaluations', goal: '< 5 MB', value: inProcess('live') }];
}

function inProcess(name: string): string {
  const program = join(__dirname, 'dist/memory.js');
  const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', SMALL_NURSERY, program, name], {
    encoding: 'utf8',
  });
  return stdout.trim() || stderr.trim().split('\n')[0];
}

/** Values, adjoints, findings and all in the runner as the extension starts it: by Linux's own account of the process. */
async function wholeInspection(name: string, count: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  const file = join(mkdtempSync(join(tmpdir(), 'memory-')), 'functions.ts');
  writeFileSync(file, readFileSync(join(__dirname, 'plain/functions.ts')));
  const client = new RunnerClient({ runnerPath: join(__dirname, 'dist/runner.js') });
  try {
    const inspect = (fn: string, numbers: number) =>
      client.request(
        'inspect',
        { file, fn, args: [Array.from({ length: numbers }, (_, index) => Math.sin(index))] },
        { timeLimit: 60_000 },
      );
    const most = () => {
      const pid = client.state.kind === 'running' ? client.state.pid : 'self';
      return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
    };
    await inspect('energy', 3);
    const before = most();
    const { operations } = await inspect(name, count);
    return `${most().toFixed(0)} MB, ${before.toFixed(0)} MB of them before, for ${operations} operations`;
  } finally {
    client.dispose();
  }
}

const collect = (globalThis as { gc?: () => void }).gc ?? (() => undefined);

/** Memory in all, with its adjoints, and what the process with TypeScript's parser in it had before. */
async function trace(name: string, count: number): Promise<string> {
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
  const evaluate = async (round: number) =>
    (await gradientOf('rosenbrock', point(round))).runFlat(Float64Array.from(point(round)));
  for (let round = 0; round < 200; round++) await evaluate(round);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < 1000; round++) await evaluate(round);
  collect();
  return `${((process.memoryUsage().heapUsed - before) / MEGABYTE).toFixed(2)} MB`;
}

if (process.argv[1] === join(__dirname, 'dist/memory.js')) {
  const name = process.argv[2];
  const found = TRACES.find((one) => one.name === name);
  void (found ? trace(found.name, found.count) : live()).then((text) => console.log(text));
}
