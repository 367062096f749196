/**
 * Derivatives in many directions at once, for programs of scalars that have just run: sweeps of eight directions each, shared out
 * among threads where there are some and where the time that the first sweeps took says that it pays. Which thread takes a sweep
 * changes nothing about its result.
 */
import type { LinearizedProgram } from '../adjoints';
import { lent } from '../threads';
import { abandonArena, laneArena, type LaneArena } from './arena';
import { FREE, JOB, LANES, SLOT, STEP } from './kernel';
import { LaneStream } from './stream';

export { LANES };
export type LaneMode = 'forward' | 'reverse';

/** Rows beyond which the steps would take more memory than their speed is worth. */
const MOST_ROWS = 4_000_000;
/** Results that are computed before they are copied: at least those of one sweep. */
const RESULT_BYTES = 2 ** 25;
/** Bytes that the slots of all threads together may take. */
const MOST_WORK_BYTES = 2 ** 28;
/**
 * Steps that stay in a processor's cache while several sweeps go over them in turns, in bytes, and what the slots of these may take
 * beside them: from memory farther away, steps would come more slowly than they are computed.
 */
const TILE_BYTES = STEP * 4096;
const GROUP_BYTES = 2 ** 18;
const MOST_GROUP = 4;
/** Groups for each thread at the least, so that all end at about the same time. */
const LEAST_GROUPS = 4;
/** How many times as long as handing over the rest of the work must take for threads to be called. */
const CLEARLY = 4;

/** Lists of inputs (forward) or outputs (reverse), by number: each moves by 1 in one direction. */
export type Directions = readonly (readonly number[])[];

export class LaneSweeps {
  private readonly stream: LaneStream;
  /** Threads beside this one that took part in the last run. */
  threads = 0;

  /** Do the steps of a program fit into memory? */
  static fits({ program }: LinearizedProgram): boolean {
    return program.size <= MOST_ROWS;
  }

  /** @param linearized without rows of kind `GENERAL`, and with scalars as inputs and outputs */
  constructor(
    private readonly linearized: LinearizedProgram,
    private readonly resultBytes = RESULT_BYTES,
  ) {
    this.stream = new LaneStream(linearized);
  }

  /**
   * Tangents of all outputs, or cotangents of all inputs, in the given directions: all numbers of a direction one after the other,
   * or (`transposed`) all directions of a number. `progress` hears of directions.
   */
  derivatives(
    mode: LaneMode,
    directions: Directions,
    { transposed = false, progress }: { transposed?: boolean; progress?: (done: number, total: number) => void } = {},
  ): Float64Array<ArrayBuffer> {
    try {
      return this.compute(mode, directions, transposed, progress);
    } catch (error) {
      if (this.threads === 0 || lent.threads) throw error;
      // A thread failed, and may still write: its part is computed here, in other memory.
      abandonArena();
      return this.compute(mode, directions, transposed, progress);
    }
  }

  /** Milliseconds that the derivatives in so many directions will take, from one sweep. */
  predict(mode: LaneMode, directions: number): number {
    const first = Array.from({ length: Math.min(LANES, directions) }, (_, index) => [index]);
    const time = () => {
      const start = performance.now();
      this.compute(mode, first, false);
      return performance.now() - start;
    };
    // The first one also warms up.
    const alone = Math.min(time(), time()) * Math.ceil(directions / LANES);
    return paysFor(alone) ? alone / (1 + (lent.threads?.count ?? 0)) : alone;
  }

  private compute(
    mode: LaneMode,
    directions: Directions,
    transposed: boolean,
    progress?: (done: number, total: number) => void,
  ): Float64Array<ArrayBuffer> {
    const arena = laneArena();
    this.threads = 0;
    const { stream } = this;
    arena.hold(this, () => {
      arena.reserve(FREE + STEP * stream.count);
      stream.write(arena.buffer, FREE);
    });
    const { inputs, outputs } = this.linearized.program;
    const [sources, targets] = mode === 'forward' ? [inputs, outputs] : [outputs, inputs];
    const total = directions.length;
    const result = new Float64Array(total * targets.length);
    const most = Math.max(1, Math.floor(this.resultBytes / (8 * LANES * Math.max(1, targets.length)))) * LANES;
    for (let first = 0; first < total; first += most) {
      const now = directions.slice(first, first + most);
      const numbers = this.part(arena, mode, { directions: now, sources, targets, transposed }, (done) =>
        progress?.(first + Math.min(done, now.length), total),
      );
      if (!transposed) result.set(numbers, first * targets.length);
      else
        for (let at = 0; at < targets.length; at++)
          result.set(numbers.subarray(at * now.length, (at + 1) * now.length), at * total + first);
    }
    arena.close();
    return result;
  }

  /** Some directions, as many as the memory for results holds: a view of it. */
  private part(
    arena: LaneArena,
    mode: LaneMode,
    { directions, sources, targets, transposed }: Part,
    progress: (done: number) => void,
  ): Float64Array {
    const { stream } = this;
    const count = directions.length;
    const seeds = directions.reduce((sum, list) => sum + list.length, 0);
    const sweeps = Math.ceil(count / LANES);
    const steps = FREE + STEP * stream.count;
    const seedSlots = steps + 4 * (count + 1);
    const targetsAt = seedSlots + 4 * seeds;
    const resultAt = aligned(targetsAt + 4 * targets.length);
    const workAt = aligned(resultAt + 8 * count * targets.length);
    const workBytes = aligned(stream.slots) + SLOT * stream.slots + 64;
    const helpers = Math.min(lent.threads?.count ?? 0, sweeps - 1, Math.floor(MOST_WORK_BYTES / workBytes) - 1);
    const threads = Math.max(helpers, 0) + 1;
    const group = this.groupOf(sweeps, threads, workBytes);
    arena.reserve(workAt + workBytes * group * threads);
    const job = new Int32Array(arena.buffer);
    let next = 0;
    directions.forEach((list, index) => {
      job[steps / 4 + index] = next;
      for (const each of list) job[seedSlots / 4 + next++] = stream.slot(sources[each]);
    });
    job[steps / 4 + count] = next;
    targets.forEach((row, index) => (job[targetsAt / 4 + index] = stream.slot(row)));
    const fields: Record<Exclude<keyof typeof JOB, 'next'>, number> = {
      done: 0,
      sweeps,
      steps: FREE,
      stepsEnd: steps,
      seedStarts: steps,
      seedSlots,
      seeds: count,
      targets: targetsAt,
      targetCount: targets.length,
      result: resultAt,
      targetStride: transposed ? 8 * count : 8,
      laneStride: transposed ? 8 : 8 * targets.length,
      slots: stream.slots,
      group,
      tile: group === 1 ? Math.max(STEP, STEP * stream.count) : TILE_BYTES,
      workBytes,
    };
    for (const [name, value] of Object.entries(fields)) job[JOB[name as keyof typeof fields] / 4] = value;
    Atomics.store(job, JOB.next / 4, 0);
    this.share(arena, mode, helpers, job, (thread) => workAt + workBytes * group * thread, progress);
    return new Float64Array(arena.buffer, resultAt, count * targets.length);
  }

  /** How many sweeps go over the steps together. */
  private groupOf(sweeps: number, threads: number, workBytes: number): number {
    if (STEP * this.stream.count <= 2 * TILE_BYTES) return 1;
    const most = Math.min(
      MOST_GROUP,
      Math.floor(GROUP_BYTES / workBytes),
      Math.floor(sweeps / (LEAST_GROUPS * threads)),
    );
    return Math.max(1, most);
  }

  /** Sweeps until none is left, with as many threads as pay. */
  private share(
    arena: LaneArena,
    mode: LaneMode,
    helpers: number,
    job: Int32Array,
    workOf: (thread: number) => number,
    progress: (done: number) => void,
  ): void {
    const take = arena.take[mode];
    const [sweeps, group] = [job[JOB.sweeps / 4], job[JOB.group / 4]];
    const waiting = Array.from({ length: Math.max(0, helpers) }, (_, index) => index);
    let fastest = Infinity;
    let begun = performance.now();
    while (take(workOf(0), 1) === 1) {
      const now = performance.now();
      fastest = Math.min(fastest, now - begun);
      begun = now;
      progress(LANES * Atomics.load(job, JOB.done / 4));
      if (waiting.length === 0 || !paysFor(((sweeps - Atomics.load(job, JOB.next / 4)) / group) * fastest)) continue;
      const work = arena.shared();
      for (const thread of waiting.splice(0)) {
        // One that starts, or is at something else, may be free after the next sweep.
        if (work?.begin(thread, mode, [workOf(thread + 1), sweeps])) this.threads++;
        else if (work && thread < work.count) waiting.push(thread);
      }
    }
    if (this.threads > 0) arena.shared()?.finish();
    progress(LANES * sweeps);
  }
}

/** Does work that takes so many milliseconds alone pay for calling threads? */
function paysFor(milliseconds: number): boolean {
  return lent.threads !== undefined && milliseconds > CLEARLY * lent.threads.handingOver;
}

interface Part {
  readonly directions: Directions;
  readonly sources: Int32Array;
  readonly targets: Int32Array;
  readonly transposed: boolean;
}

function aligned(bytes: number): number {
  return (bytes + 63) & ~63;
}
