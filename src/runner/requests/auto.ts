/**
 * `auto`: where work goes to the GPU by itself. Only work that is looked at as a whole does (slices, matrices too large for figures
 * that need all digits), and only where measured costs say that the GPU wins clearly, the making of its kernels included.
 */
import { GradLensError } from '../../engine/errors';
import { VECTORS } from '../../engine/execute/gpu/device';
import { lowerToGpu } from '../../engine/execute/gpu/lower';
import { estimateGpu, gpuWorkOf, type GpuCosts, type GpuEstimate, type GpuWork } from '../../engine/execute/gpuCosts';
import type { Program } from '../../engine/program/program';
import type { Recorded } from '../record';
import type { Context } from './common';
import type { ReadyProgram } from './programs';

/** How many times as fast the GPU has to be. */
const CLEARLY = 3;
/** Milliseconds on the CPU from which on the GPU is worth a thought. */
const WORTHWHILE = 50;
/** Rows and columns up to which a matrix stays in float64: its rank and singular values are computed from it. */
const EXACT_SIZE = 300;
const KEPT = 32;
/** Rows of a program that kernels are made of. */
const MOST_ROWS = 50_000;

/** What is known of a program that could go to a GPU. */
interface Known {
  /** Or why it cannot run there; nothing where it is not accurate. */
  work: GpuWork | string;
  /** How often it has been asked for; the kernels are made once for all of them. */
  uses: number;
  made: boolean;
}

const known = new Map<string, Known>();

/** Whether a matrix of that size may be float32 without having been asked for. */
export function mayBeFloat32(rows: number, columns: number): boolean {
  return Math.min(rows, columns) > EXACT_SIZE;
}

/** A program that `auto` takes to the GPU. */
export interface Chosen {
  /** Its float32 result is off by too much: it stays on the CPU from now on. */
  refuse(): void;
}

/**
 * Whether the GPU wins clearly. Asks for what is costly to know only as long as it may.
 * @param what tells computations on one function apart
 * @param predict milliseconds on the CPU
 */
export async function chooseGpu(
  { gpu, session }: Pick<Context, 'gpu' | 'session'>,
  recorded: Recorded,
  what: string,
  predict: () => number,
  make: () => ReadyProgram,
): Promise<Chosen | undefined> {
  const { backend, clientGpu } = session.configuration;
  if (backend !== 'auto' || !clientGpu) return undefined;
  const cpu = predict();

  if (!(cpu >= WORTHWHILE)) return undefined;
  const costs = await gpu.costs(false);
  if (!costs || costs.launch * CLEARLY >= cpu) return undefined;
  const key = `${costs.backend} ${what} ${fingerprint(recorded.program)}`;
  const entry = remembered(key, () => workOf(make, costs.backend));
  if (typeof entry.work === 'string') return undefined;
  entry.uses++;

  const estimate = estimateGpu(costs, entry.work);
  if (!winsClearly(cpu, estimate, entry.made ? 0 : entry.uses)) return undefined;
  entry.made = true;
  return { refuse: () => (entry.work = '') };
}

/** @param uses how many runs pay for the kernels; 0 where they are there */
export function winsClearly(cpu: number, { run, compile }: GpuEstimate, uses: number): boolean {
  return CLEARLY * (run + (uses === 0 ? 0 : compile / uses)) <= cpu;
}

function remembered(key: string, find: () => Known['work']): Known {
  const entry = known.get(key) ?? { work: find(), uses: 0, made: false };
  // The least recently asked for goes first.
  known.delete(key);
  known.set(key, entry);
  for (const old of known.keys()) {
    if (known.size <= KEPT) break;
    known.delete(old);
  }
  return entry;
}

/** A backend's work, its kernels made as it makes them, or why it cannot run there. */
export function workOf(make: () => ReadyProgram, backend: string): GpuWork | string {
  try {
    const { program } = make();
    requireKernels(program);
    return gpuWorkOf(lowerToGpu(program, VECTORS[backend]));
  } catch (error) {
    if (error instanceof GradLensError) return error.message;
    throw error;
  }
}

/**
 * Kernels are made of every operation that is not in a loop. Writing them takes tens of microseconds an operation however many there
 * are; gpu.js, which compiles them, takes hundreds, and some 20 KB: of too many that is minutes and gigabytes.
 * @throws GradLensError `gpu-unsupported`
 */
export function requireKernels({ size }: Program): void {
  if (size <= MOST_ROWS) return;
  throw new GradLensError('gpu-unsupported', `Kernels of ${size} operations would take too long to make.`);
}

/** Equal for the same program at another point. */
function fingerprint({ columns }: Program): string {
  let hash = 0x811c9dc5;
  const mix = (values: ArrayLike<number>) => {
    for (let index = 0; index < values.length; index++) hash = Math.imul(hash ^ values[index], 0x01000193);
  };
  mix(columns.opcodes);
  mix(columns.operands);
  mix(columns.paramIndices);
  const { literals } = columns;
  mix(new Int32Array(Float64Array.from(literals).buffer));
  return `${columns.opcodes.length} ${hash >>> 0}`;
}

/** What the CPU takes, measured or, where that would have been too long, predicted. */
export interface CpuTime {
  milliseconds: number;
  backend: string;
  predicted: boolean;
}

/**
 * In words: what `auto` does with a computation, and why.
 * @param work for the GPU of these costs, or why there is none
 * @param may whether the result may be float32 without having been asked for
 */
export function reasonOf(cpu: CpuTime, costs: GpuCosts | undefined, work: GpuWork | string, may: boolean): string {
  const here = `${cpu.predicted ? 'about ' : ''}${duration(cpu.milliseconds)} on ${cpu.backend}`;
  if (!costs) return `\`auto\` stays on the CPU, ${here}: there is no GPU whose costs are known.`;
  if (typeof work === 'string') return `\`auto\` stays on the CPU, ${here}: ${work}`;
  const estimate = estimateGpu(costs, work);
  const { transfer, launch, work: computing, run, compile } = estimate;
  const gpu = `${duration(run)} on ${costs.backend} (transfer ${duration(transfer)} + launch ${duration(launch)} + work ${duration(computing)}; kernels once ${duration(compile)})`;
  if (cpu.milliseconds < WORTHWHILE || !winsClearly(cpu.milliseconds, estimate, 0))
    return `\`auto\` stays on the CPU: ${here} against ${gpu}.`;
  if (!may) return `\`auto\` stays on the CPU to keep float64: ${here}; the GPU would take ${gpu}.`;
  return `\`auto\` takes the GPU for the matrix in the panel: ${gpu} against ${here}.`;
}

/** Milliseconds with two digits and the unit that fits. */
function duration(milliseconds: number): string {
  const [size, unit] = DURATIONS.find(([least]) => milliseconds >= least) ?? [1, 'ms'];
  return `${Number((milliseconds / size).toPrecision(2))} ${unit}`;
}

const DURATIONS = [
  [1000, 's'],
  [1, 'ms'],
  [1e-3, 'µs'],
  [1e-6, 'ns'],
] as const;
