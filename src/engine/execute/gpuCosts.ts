/**
 * What work on a device costs: measured once by four small programs, then predicted for others as transfer + launch + work, and the
 * making of the kernels where they are not there yet. Times are milliseconds.
 */
import { sizeOf, type ArrayValue, type Aval } from '../program/aval';
import { Emitter } from '../program/emitter';
import type { Program } from '../program/program';
import type { GpuDevice } from './gpu/device';
import type { GpuPlan } from './gpu/lower';
import { kernelKey } from './gpu/sharing';

export interface GpuCosts {
  /** As gpu.js names it. */
  readonly backend: string;
  /** One program of one kernel, with next to nothing in it. */
  readonly launch: number;
  /** Each further kernel of the program. */
  readonly step: number;
  /** A number to the device, and one back. */
  readonly up: number;
  readonly down: number;
  /** A statement for one entry. */
  readonly statement: number;
  /** Making a program of one kernel, and each further statement in its text. */
  readonly compile: number;
  readonly compileStatement: number;
}

/** How much there is to do for a device, counted on the plan of a program. */
export interface GpuWork {
  /** Kernels that run, and those that are made: steps of one text share one. */
  readonly kernels: number;
  readonly made: number;
  /** Numbers to the device and back. */
  readonly up: number;
  readonly down: number;
  /** Statements × threads, those in loops as often as these go round. */
  readonly statements: number;
  /** Statements in the texts of the kernels that are made. */
  readonly text: number;
}

export interface GpuEstimate {
  readonly transfer: number;
  readonly launch: number;
  readonly work: number;
  /** The three together. */
  readonly run: number;
  /** Before the first run. */
  readonly compile: number;
}

/** Counts the work of a plan that `lowerToGpu` made. */
export function gpuWorkOf(plan: GpuPlan): GpuWork {
  let statements = 0;
  let text = 0;
  const made = new Set<string>();
  for (const step of plan.steps) {
    statements += step.threads * step.work;
    const key = kernelKey(step);
    if (!made.has(key)) text += step.statements;
    made.add(key);
  }
  const down = plan.outputs.reduce(
    (sum, output) => (output.kind === 'step' ? sum + sizeOf(output.aval.shape) : sum),
    0,
  );
  return { kernels: plan.steps.length, made: made.size, up: plan.packedSize, down, statements, text };
}

export function estimateGpu(costs: GpuCosts, work: GpuWork): GpuEstimate {
  const transfer = costs.up * work.up + costs.down * work.down;
  const launch = costs.launch + costs.step * Math.max(0, work.kernels - 1);
  const computing = costs.statement * work.statements;
  return {
    transfer,
    launch,
    work: computing,
    run: transfer + launch + computing,
    compile: costs.compile * work.made + costs.compileStatement * work.text,
  };
}

const RUNS = 3;
const NUMBERS = 2 ** 16;
const CHAIN = 24;
const KERNELS = 4;

/** Measures a device; takes some tens of milliseconds where compiling is fast. @throws GpuFailure */
export async function measureGpuCosts(device: GpuDevice): Promise<GpuCosts> {
  const nothing = await timed(device, ...nearlyNothing());
  const received = await timed(device, ...taken());
  const given = await timed(device, ...returned());
  const chain = await timed(device, ...longChain());
  const several = await timed(device, ...severalKernels());
  const moved = (run: number) => Math.max(0, run - nothing.run) / NUMBERS;
  const { work } = chain;
  // As much comes back from both. Where the clock cannot tell them apart, all of it counts as work: for nothing it is done nowhere.
  const computing = chain.run - given.run;
  return {
    backend: device.mode,
    launch: nothing.run,
    step: Math.max(0, several.run - nothing.run) / Math.max(1, several.work.kernels - 1),
    up: moved(received.run),
    down: moved(given.run),
    statement: (computing > 0 ? computing : chain.run) / work.statements,
    compile: nothing.compile,
    compileStatement: Math.max(0, chain.compile - nothing.compile) / work.text,
  };
}

async function timed(
  device: GpuDevice,
  program: Program,
  inputs: readonly ArrayValue[],
): Promise<{ run: number; compile: number; work: GpuWork }> {
  const executable = await device.prepare(program, inputs);
  let run = Infinity;
  for (let index = 0; index < RUNS; index++) run = Math.min(run, (await executable.run(inputs)).time);
  const work = gpuWorkOf(executable.plan);
  const compile = Math.max(0, executable.compileTime - run);
  await device.release(program);
  return { run, compile, work };
}

const vector = (size: number): Aval => ({ shape: [size], dtype: 'float64' });

const filled = (size: number): ArrayValue => ({ ...vector(size), data: new Float64Array(size).fill(0.5) });

type Probe = [program: Program, inputs: ArrayValue[]];

function nearlyNothing(): Probe {
  const b = new Emitter();
  const x = b.input(vector(1));
  return [b.finish([b.add(x, x)]), [filled(1)]];
}

/** Much goes to the device, one number comes back. */
function taken(): Probe {
  const b = new Emitter();
  const x = b.input(vector(NUMBERS));
  return [b.finish([b.emit('slice', [b.add(x, x)], { start: [0], limit: [1], strides: [1] })]), [filled(NUMBERS)]];
}

/** One number goes to the device, much comes back. */
function returned(): Probe {
  const b = new Emitter();
  const x = b.input(vector(1));
  return [b.finish([b.broadcast(b.add(x, x), [NUMBERS], [0])]), [filled(1)]];
}

/** Many statements for many entries, which come back. */
function longChain(): Probe {
  const b = new Emitter();
  const x = b.input(vector(1));
  let value = b.broadcast(x, [NUMBERS], [0]);
  for (let index = 0; index < CHAIN / 2; index++)
    value = b.add(b.mul(value, value), b.fullLike(value, 1 / (index + 3)));
  return [b.finish([value]), [filled(1)]];
}

/** Sums of sums: each needs a kernel. */
function severalKernels(): Probe {
  const b = new Emitter();
  const x = b.input(vector(2));
  let value = x;
  for (let index = 0; index < KERNELS / 2; index++) {
    const sum = b.emit('cumsum', [value], { axis: 0, reverse: false });
    value = b.mul(sum, sum);
  }
  return [b.finish([value]), [filled(2)]];
}
