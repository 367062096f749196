/** Side-by-side measurement: all contestants of a workload in turns, in one process; medians, first calls, checksums. */
export interface Contestant {
  readonly name: string;
  /** Makes it ready: not part of the first call. May throw: then it is listed with the reason. */
  prepare(): Contender | Promise<Contender>;
  /** Called this often only (peers that take seconds). */
  readonly most?: number;
  /** Its result is of another kind than the first contestant's, and not compared with it. */
  readonly unlike?: boolean;
}

export interface Contender {
  run(): unknown;
  /** Numbers to compare with the first contestant's; what `run` returned, unless given. */
  numbers?(result: unknown): ArrayLike<number> | Promise<ArrayLike<number>>;
  /** Chooses its fastest tier now, rather than after as many calls as that costs. */
  settle?(): void;
  /** More to say, asked for in the end: tier, memory. */
  note?(): string;
  /** Bytes that it keeps between calls. */
  memory?(): number;
}

export interface Workload {
  readonly name: string;
  /** One of several sizes of the same: they make a series. */
  readonly series?: { readonly name: string; readonly n: number };
  /** What the issue asks of the contestant that is named, for the table. */
  readonly goal: string;
  readonly contestants: readonly Contestant[];
  /** Ratios are against this contestant; the first, unless given. */
  readonly base?: string;
  /** How far results may be apart, relative to the largest number. */
  readonly tolerance?: number;
}

export interface Line {
  readonly workload: string;
  readonly series?: Workload['series'];
  readonly contestant: string;
  readonly goal: string;
  /** The first call in this process, code of the library that it is the first to need included. */
  first: number;
  /** The first call of another one made ready anew: the library is warm, its caches of programs may know this one. */
  fresh: number;
  median: number;
  ratio: number;
  error?: string;
  wrong?: boolean;
  note?: string;
  memory?: number;
}

/** Many short rounds: on a busy machine most of them then run without being interrupted, and the median is one of those. */
const ROUNDS = 81;
const ROUND_MILLISECONDS = 2;
/** Contestants that take longer get fewer rounds. */
const MOST_MILLISECONDS = 1500;
const WARMING = 400;
/** How many are made ready anew for the first call of a warm library, if that takes no longer in all (milliseconds). */
const FRESH = 7;
const LONG_FIRST = 1000;

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

async function numbersOf(contender: Contender, result: unknown): Promise<Float64Array> {
  const numbers = contender.numbers ? await contender.numbers(result) : (result as ArrayLike<number>);
  return Float64Array.from(typeof numbers === 'number' ? [numbers] : numbers);
}

function differs(a: Float64Array, b: Float64Array, tolerance: number): boolean {
  if (a.length !== b.length) return true;
  const scale = a.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-300);
  return a.some((value, index) => !(Math.abs(value - b[index]) <= tolerance * scale));
}

interface Running {
  readonly line: Line;
  readonly contender: Contender;
  readonly repeats: number;
  readonly most: number;
  readonly times: number[];
}

/** Measures one workload: prepare and first call one after the other, then rounds in turns. */
export async function measure(workload: Workload): Promise<Line[]> {
  const lines: Line[] = [];
  const running: Running[] = [];
  let expected: Float64Array | undefined;
  for (const { name, prepare, most = Infinity, unlike = false } of workload.contestants) {
    const line: Line = {
      workload: workload.name,
      series: workload.series,
      contestant: name,
      goal: workload.goal,
      first: NaN,
      fresh: NaN,
      median: NaN,
      ratio: NaN,
    };
    lines.push(line);
    try {
      const preparing = performance.now();
      const contender = await prepare();
      const start = performance.now();
      let result = await contender.run();
      line.first = performance.now() - start;
      const numbers = await numbersOf(contender, result);
      if (!expected) expected = numbers;
      else if (!unlike && differs(expected, numbers, workload.tolerance ?? 1e-9)) line.wrong = true;
      const isLong = most < 10 || performance.now() - preparing > LONG_FIRST;
      line.fresh = isLong ? NaN : await freshCall(prepare);
      let once = line.first;
      contender.settle?.();
      // Long enough for the compilers to have done what they do.
      for (const until = performance.now() + (most < 10 ? 0 : WARMING); performance.now() < until;) {
        const began = performance.now();
        result = await contender.run();
        // The quickest: one that was interrupted would leave a round of single calls, which measure the timer and cold caches.
        once = Math.min(once, performance.now() - began);
      }
      if (!(await numbersAreSame(contender, result, numbers))) line.wrong = true;
      const repeats = Math.max(1, Math.min(100_000, Math.floor(ROUND_MILLISECONDS / Math.max(once, 1e-4))));
      running.push({ line, contender, repeats, most, times: [] });
    } catch (error) {
      line.error = (error as Error).message.split('\n')[0].slice(0, 100);
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { contender, repeats, most, times } of running) {
      if (round >= most || (round >= 5 && spent(times, repeats) > MOST_MILLISECONDS)) continue;
      const began = performance.now();
      for (let repeat = 0; repeat < repeats; repeat++) {
        const result = contender.run();
        if (result instanceof Promise) await result;
      }
      times.push((performance.now() - began) / repeats);
    }
  }
  for (const { line, contender, times } of running) {
    line.median = median(times);
    line.note = contender.note?.();
    line.memory = contender.memory?.();
  }
  const base = lines.find(({ contestant }) => contestant === (workload.base ?? workload.contestants[0].name));
  for (const line of lines) line.ratio = line.median / (base?.median ?? NaN);
  return lines;
}

/** Median of the first calls of a few that are made ready anew. */
async function freshCall(prepare: Contestant['prepare']): Promise<number> {
  const times: number[] = [];
  const until = performance.now() + LONG_FIRST;
  for (let again = 0; again < FRESH && performance.now() < until; again++) {
    const contender = await prepare();
    const began = performance.now();
    await contender.run();
    times.push(performance.now() - began);
  }
  return median(times);
}

function spent(times: readonly number[], repeats: number): number {
  return times.reduce((sum, time) => sum + time * repeats, 0);
}

async function numbersAreSame(contender: Contender, result: unknown, before: Float64Array): Promise<boolean> {
  return !differs(before, await numbersOf(contender, result), 1e-6);
}

function milliseconds(value: number): string {
  if (Number.isNaN(value)) return '';
  return value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(2) : value.toPrecision(2);
}

/** The lines of a workload as text. */
export function table(lines: readonly Line[]): string {
  const rows = lines.map(({ contestant, first, fresh, median: middle, ratio, error, wrong, note }) => [
    `  ${contestant}`,
    error ? '' : milliseconds(middle),
    error ? '' : `[${milliseconds(first)}]`,
    error || Number.isNaN(fresh) ? '' : `[${milliseconds(fresh)}]`,
    error || Number.isNaN(ratio) ? '' : `${ratio.toPrecision(3)} ×`,
    [wrong ? 'WRONG' : '', error ?? '', note ?? ''].filter(Boolean).join(' · '),
  ]);
  return [
    `${lines[0].workload}   (goal: ${lines[0].goal})`,
    ...rows.map(([name, ...rest]) => [name.padEnd(46), ...rest.map((cell) => cell.padStart(11))].join(' ')),
  ].join('\n');
}

/** Workloads that differ in their size only, one line a size. */
export function seriesTables(lines: readonly Line[]): string[] {
  const names = new Set(lines.flatMap(({ series }) => (series ? [series.name] : [])));
  return [...names].map((name) => {
    const own = lines.filter(({ series, contestant }) => series?.name === name && contestant.startsWith('GradLens'));
    const contestants = [...new Set(own.map(({ contestant }) => contestant))];
    const sizes = [...new Set(own.map(({ series }) => (series as { n: number }).n))].sort((a, b) => a - b);
    const cell = (n: number, contestant: string) => {
      const line = own.find((one) => one.series?.n === n && one.contestant === contestant);
      if (!line || line.error !== undefined) return '';
      const bytes = line.memory === undefined ? '' : `, ${(line.memory / n).toFixed(0)} bytes an element`;
      return `${milliseconds(line.median)} [${milliseconds(line.first)}], ${line.ratio.toPrecision(3)} ×${bytes}`;
    };
    const rows = sizes.map((n) =>
      [`  n = ${n}`.padEnd(16), ...contestants.map((contestant) => cell(n, contestant).padEnd(52))].join(''),
    );
    return [`${name}, by size`, ' '.repeat(16) + contestants.map((one) => one.padEnd(52)).join(''), ...rows].join('\n');
  });
}

/** What a gradient costs in calls of the function, and a Hessian-vector product in gradients, for every plain loop. */
export function costTable(lines: readonly Line[]): string | undefined {
  const medianOf = (workload: string, contestant: string) =>
    lines.find((line) => line.workload === workload && line.contestant === contestant)?.median ?? NaN;
  const ratio = (a: number, b: number) => (Number.isNaN(a / b) ? '' : `${(a / b).toPrecision(3)} ×`);
  const rows = [...new Set(lines.map(({ workload }) => workload))].flatMap((workload) => {
    const [own, gradient, product] = ['function itself', 'GradLens gradient', 'GradLens Hessian-vector product'].map(
      (contestant) => medianOf(workload, contestant),
    );
    if (Number.isNaN(gradient / own)) return [];
    return [[`  ${workload}`.padEnd(64), ratio(gradient, own).padEnd(22), ratio(product, gradient)].join('')];
  });
  const head = ['plain loops'.padEnd(64), 'gradient / function'.padEnd(22), 'HVP / gradient   (goals: ≤ 5, ≤ 2.5)'];
  return rows.length === 0 ? undefined : [head.join(''), ...rows].join('\n');
}
