/**
 * The code that sweeps derivatives over a recorded program, eight directions at a time: one small module for all programs, which
 * walks the steps of a `LaneStream`. A step's row stands for o = x p + y q, with its partial derivatives p and q at the point:
 * tangents run forward over the steps, cotangents back. Sweeps are independent of each other, so that threads can share them.
 */
import { ATOMIC, I32, OP, SATURATING, SIMD, V128 } from '../wasm/instructions';
import { ModuleWriter, type FunctionWriter } from '../wasm/module';

/** Directions of a sweep: four vectors of two. */
export const LANES = 8;
const VECTORS = LANES / 2;
/** Bytes of the lanes of one slot, and of one step: offsets of the slots o, x and y, flags; p and q. */
export const SLOT = 8 * LANES;
export const STEP = 32;
/** Flags of a step: a partial derivative that is not finite means nothing to lanes that do not reach it. */
export const INFINITE_P = 1;
export const INFINITE_Q = 2;

/** Where the numbers of a job stand, in bytes from address 0: what to sweep over, from where, and where to. */
export const JOB = {
  /** The first sweep that nobody has taken, and how many are done: the threads count them up together. */
  next: 0,
  done: 4,
  sweeps: 8,
  steps: 12,
  stepsEnd: 16,
  /** Lists of slots that move by 1, one a direction: where each begins, the slots, and the number of lists. */
  seedStarts: 20,
  seedSlots: 24,
  seeds: 28,
  /** Slots whose derivatives are asked for, and where these go: bytes from one target, and from one direction, to the next. */
  targets: 32,
  targetCount: 36,
  result: 40,
  targetStride: 44,
  laneStride: 48,
  slots: 52,
  /** Sweeps of a group, bytes of steps that these go over in turns, and bytes from one's work area to the next's. */
  group: 56,
  tile: 60,
  workBytes: 64,
} as const;
/** Masks of two lanes, four of them; what is free begins behind, at a multiple of 64. */
const MASKS = 80;
export const FREE = 192;

type Field = keyof typeof JOB;

/** Puts the masks where the code expects them. */
export function fillMasks(buffer: ArrayBufferLike): void {
  for (const [lanes, mask] of [
    [0n, 0n],
    [-1n, 0n],
    [0n, -1n],
    [-1n, -1n],
  ].entries())
    new BigInt64Array(buffer, MASKS + 16 * lanes, 2).set(mask);
}

/**
 * The module: it exports `forward` and `reverse`, (where a thread works, groups of sweeps at most) → groups that it took. The sweeps
 * of a group go over the steps a tile at a time, each in a work area of its own.
 */
export function laneModule(mostPages: number): Uint8Array<ArrayBuffer> {
  const module = new ModuleWriter();
  const [seed, gather] = [seeding(module), gathering(module)];
  writeTaking(module, 'forward', seed, forwardSweep(module), gather);
  writeTaking(module, 'reverse', seed, reverseSweep(module), gather);
  return module.encode(1, mostPages);
}

/** (work, most) → taken: takes groups of sweeps until there are none, or `most`. */
function writeTaking(
  module: ModuleWriter,
  name: 'forward' | 'reverse',
  seed: number,
  sweep: number,
  gather: number,
): void {
  const f = module.function([I32, I32], [I32], name);
  const [work, most] = [0, 1];
  const [first, taken, at, end, area, from, to, count] = Array.from({ length: 8 }, () => f.local(I32));
  const [begin, stop] = name === 'forward' ? (['steps', 'stepsEnd'] as const) : (['stepsEnd', 'steps'] as const);
  /** For each sweep of the group: `at` is its number, `area` where it works. */
  const each = (body: () => void) => {
    f.get(first).set(at).get(work).set(area);
    walk(f, at, end, 1, () => {
      body();
      f.get(area);
      field(f, 'workBytes').op(OP.i32Add).set(area);
    });
  };
  f.block().loop();
  f.get(taken).get(most).op(OP.i32GeS).brIf(1);
  f.i32(JOB.next);
  field(f, 'group').op(0xfe, ATOMIC.i32Add, 2, 0).tee(first);
  field(f, 'sweeps').op(OP.i32GeS).brIf(1);
  f.get(first);
  field(f, 'group').op(OP.i32Add).set(end);
  smallerOf(f, end, () => field(f, 'sweeps'));
  f.get(end).get(first).op(OP.i32Sub).set(count);
  each(() => f.get(area).get(at).call(seed));
  field(f, begin).set(from);
  f.block().loop();
  f.get(from);
  field(f, stop).op(OP.i32Eq).brIf(1);
  if (name === 'forward') {
    f.get(from);
    field(f, 'tile').op(OP.i32Add).set(to);
    smallerOf(f, to, () => field(f, stop));
  } else {
    f.get(from);
    field(f, 'tile').op(OP.i32Sub).set(to);
    largerOf(f, to, () => field(f, stop));
  }
  each(() => f.get(area).get(from).get(to).call(sweep));
  f.get(to).set(from).br(0).end().end();
  each(() => f.get(area).get(at).call(gather));
  f.i32(JOB.done).get(count).op(0xfe, ATOMIC.i32Add, 2, 0).op(OP.drop);
  f.get(taken).i32(1).op(OP.i32Add).set(taken).br(0).end().end();
  f.get(taken);
}

/** `local` becomes `limit` where it is more, or … */
function smallerOf(f: FunctionWriter, local: number, limit: () => void): void {
  f.get(local);
  limit();
  f.get(local);
  limit();
  f.op(OP.i32LtS, OP.select).set(local);
}

/** … less. */
function largerOf(f: FunctionWriter, local: number, limit: () => void): void {
  f.get(local);
  limit();
  f.get(local);
  limit();
  f.op(OP.i32GeS, OP.select).set(local);
}

function field(f: FunctionWriter, name: Field): FunctionWriter {
  return f.i32(0).loadI32(JOB[name]);
}

/** Counts `local` up to `end` by `step`; nothing where it begins there. */
function walk(f: FunctionWriter, local: number, end: number, step: number, body: () => void): void {
  f.block().loop();
  f.get(local).get(end).op(OP.i32GeS).brIf(1);
  body();
  f.get(local).i32(step).op(OP.i32Add).set(local).br(0).end().end();
}

/** Where the lanes of slots lie: behind a byte a slot that says which of its lanes were reached. */
function setValues(f: FunctionWriter, work: number, values: number): void {
  f.get(work);
  field(f, 'slots').op(OP.i32Add).i32(63).op(OP.i32Add).i32(-64).op(OP.i32And).set(values);
}

/** The address of the byte that says which lanes of a slot were reached. */
function reachedAt(f: FunctionWriter, work: number, slot: number): FunctionWriter {
  return f.get(work).get(slot).i32(6).op(OP.i32ShrU, OP.i32Add);
}

function lanesOf(f: FunctionWriter, sweep: number, first: number, lanes: number): void {
  f.get(sweep).i32(LANES).op(OP.i32Mul).set(first);
  field(f, 'seeds').get(first).op(OP.i32Sub).set(lanes);
  smallerOf(f, lanes, () => f.i32(LANES));
}

/** (work, sweep): forgets what was reached, and moves the seeds of each lane by 1. */
function seeding(module: ModuleWriter): number {
  const f = module.function([I32, I32], []);
  const [work, sweep] = [0, 1];
  const [values, first, lanes, lane, at, end, slot, to] = Array.from({ length: 8 }, () => f.local(I32));
  f.get(work).i32(0);
  field(f, 'slots').op(0xfc, SATURATING.memoryFill, 0);
  setValues(f, work, values);
  lanesOf(f, sweep, first, lanes);
  const startOf = (next: number) => {
    field(f, 'seedStarts').get(first).get(lane).op(OP.i32Add).i32(4).op(OP.i32Mul, OP.i32Add).loadI32(next);
    f.i32(4).op(OP.i32Mul);
    field(f, 'seedSlots').op(OP.i32Add);
  };
  walk(f, lane, lanes, 1, () => {
    startOf(0);
    f.set(at);
    startOf(4);
    f.set(end);
    walk(f, at, end, 4, () => {
      f.get(at).loadI32(0).tee(slot).if();
      f.get(values).get(slot).op(OP.i32Add).set(to);
      reachedAt(f, work, slot).memory(OP.i32Load8U, 0, 0).op(OP.i32Eqz).if();
      for (let vector = 0; vector < VECTORS; vector++)
        f.get(to)
          .f64(0)
          .simd(SIMD.f64x2Splat)
          .simdMemory(SIMD.store, 16 * vector);
      f.end();
      reachedAt(f, work, slot);
      reachedAt(f, work, slot).memory(OP.i32Load8U, 0, 0);
      f.i32(1).get(lane).op(OP.i32Shl, OP.i32Or).memory(OP.i32Store8, 0, 0);
      f.get(to).get(lane).i32(8).op(OP.i32Mul, OP.i32Add).tee(to);
      f.get(to).loadF64(0).f64(1).op(OP.f64Add).storeF64(0);
      f.end();
    });
  });
  return f.index;
}

/** (work, sweep): the derivatives of the targets, 0 in lanes that were not reached. */
function gathering(module: ModuleWriter): number {
  const f = module.function([I32, I32], []);
  const [work, sweep] = [0, 1];
  const [values, first, lanes, lane, at, end, from, to, mask, target] = Array.from({ length: 10 }, () => f.local(I32));
  setValues(f, work, values);
  lanesOf(f, sweep, first, lanes);
  field(f, 'targets').tee(at);
  field(f, 'targetCount').i32(4).op(OP.i32Mul, OP.i32Add).set(end);
  field(f, 'result').get(first);
  field(f, 'laneStride').op(OP.i32Mul, OP.i32Add).set(target);
  walk(f, at, end, 4, () => {
    f.get(at).loadI32(0).set(from);
    reachedAt(f, work, from).memory(OP.i32Load8U, 0, 0).set(mask);
    f.get(from).get(values).op(OP.i32Add).set(from);
    f.get(target).set(to).i32(0).set(lane);
    walk(f, lane, lanes, 1, () => {
      f.get(to).get(from).loadF64(0).f64(0);
      f.get(mask).get(lane).op(OP.i32ShrU).i32(1).op(OP.i32And, OP.select).storeF64(0);
      f.get(from).i32(8).op(OP.i32Add).set(from);
      f.get(to);
      field(f, 'laneStride').op(OP.i32Add).set(to);
    });
    f.get(target);
    field(f, 'targetStride').op(OP.i32Add).set(target);
  });
  return f.index;
}

/** One step at a time; what `body` needs of a step it loads at offsets from `step`. */
interface Sweep {
  readonly f: FunctionWriter;
  readonly work: number;
  readonly values: number;
  readonly step: number;
}

function sweepOver(module: ModuleWriter, isForward: boolean, body: (sweep: Sweep) => void): number {
  const f = module.function([I32, I32, I32], []);
  const [work, step, end] = [0, 1, 2];
  const values = f.local(I32);
  setValues(f, work, values);
  const move = () =>
    f
      .get(step)
      .i32(isForward ? STEP : -STEP)
      .op(OP.i32Add)
      .set(step);
  f.loop();
  if (!isForward) move();
  body({ f, work, values, step });
  if (isForward) move();
  f.get(step).get(end).op(OP.i32Ne).brIf(0).end();
  return f.index;
}

/** Lanes that an infinite partial derivative means nothing to become 0. */
function maskInfinite({ f, step }: Sweep, flag: number, mask: number, vectors: readonly number[]): void {
  f.get(step).loadI32(12).i32(flag).op(OP.i32And).if();
  vectors.forEach((vector, index) => {
    f.get(vector);
    f.get(mask)
      .i32(2 * index)
      .op(OP.i32ShrU)
      .i32(3)
      .op(OP.i32And)
      .i32(16)
      .op(OP.i32Mul)
      .simdMemory(SIMD.load, MASKS);
    f.simd(SIMD.and).set(vector);
  });
  f.end();
}

function storeLanes(f: FunctionWriter, address: number, vectors: readonly number[]): void {
  vectors.forEach((vector, index) =>
    f
      .get(address)
      .get(vector)
      .simdMemory(SIMD.store, 16 * index),
  );
}

/** (work, from, to): tangents, over at least one step. */
function forwardSweep(module: ModuleWriter): number {
  return sweepOver(module, true, (sweep) => {
    const { f, work, values, step } = sweep;
    const [x, y, maskX, maskY, to] = Array.from({ length: 5 }, () => f.local(I32));
    const sums = Array.from({ length: VECTORS }, () => f.local(V128));
    const terms = Array.from({ length: VECTORS }, () => f.local(V128));
    const partial = f.local(V128);
    const operand = (slot: number, mask: number, offset: number) => {
      f.get(step).loadI32(offset).set(slot);
      reachedAt(f, work, slot).memory(OP.i32Load8U, 0, 0).set(mask);
      f.get(values).get(slot).op(OP.i32Add).set(slot);
    };
    const scaled = (slot: number, offset: number, into: readonly number[]) => {
      f.get(step).simdMemory(SIMD.load64Splat, offset).set(partial);
      into.forEach((vector, index) =>
        f
          .get(slot)
          .simdMemory(SIMD.load, 16 * index)
          .get(partial)
          .simd(SIMD.f64x2Mul)
          .set(vector),
      );
    };
    operand(x, maskX, 4);
    operand(y, maskY, 8);
    f.get(step).loadI32(0).set(to);
    reachedAt(f, work, to).get(maskX).get(maskY).op(OP.i32Or).memory(OP.i32Store8, 0, 0);
    f.get(maskX).get(maskY).op(OP.i32Or).if();
    f.get(maskX).if();
    scaled(x, 16, sums);
    maskInfinite(sweep, INFINITE_P, maskX, sums);
    f.else();
    for (const sum of sums) f.f64(0).simd(SIMD.f64x2Splat).set(sum);
    f.end();
    f.get(maskY).if();
    scaled(y, 24, terms);
    maskInfinite(sweep, INFINITE_Q, maskY, terms);
    sums.forEach((sum, index) => f.get(sum).get(terms[index]).simd(SIMD.f64x2Add).set(sum));
    f.end();
    f.get(to).get(values).op(OP.i32Add).set(to);
    storeLanes(f, to, sums);
    f.end();
  });
}

/** (work, from, to): cotangents, over at least one step, the last first. */
function reverseSweep(module: ModuleWriter): number {
  return sweepOver(module, false, (sweep) => {
    const { f, work, values, step } = sweep;
    const [from, slot, mask, reached] = Array.from({ length: 4 }, () => f.local(I32));
    const cotangents = Array.from({ length: VECTORS }, () => f.local(V128));
    const terms = Array.from({ length: VECTORS }, () => f.local(V128));
    const partial = f.local(V128);
    f.get(step).loadI32(0).set(from);
    reachedAt(f, work, from).memory(OP.i32Load8U, 0, 0).tee(mask).if();
    // Its slot belongs to another row from here on.
    reachedAt(f, work, from).i32(0).memory(OP.i32Store8, 0, 0);
    f.get(from).get(values).op(OP.i32Add).set(from);
    cotangents.forEach((vector, index) =>
      f
        .get(from)
        .simdMemory(SIMD.load, 16 * index)
        .set(vector),
    );
    for (const [offset, at, flag] of [
      [4, 16, INFINITE_P],
      [8, 24, INFINITE_Q],
    ]) {
      f.get(step).loadI32(offset).tee(slot).if();
      f.get(step).simdMemory(SIMD.load64Splat, at).set(partial);
      terms.forEach((term, index) => f.get(cotangents[index]).get(partial).simd(SIMD.f64x2Mul).set(term));
      maskInfinite(sweep, flag, mask, terms);
      reachedAt(f, work, slot).memory(OP.i32Load8U, 0, 0).set(reached);
      reachedAt(f, work, slot).get(reached).get(mask).op(OP.i32Or).memory(OP.i32Store8, 0, 0);
      f.get(slot).get(values).op(OP.i32Add).set(slot);
      f.get(reached).if();
      terms.forEach((term, index) =>
        f
          .get(slot)
          .simdMemory(SIMD.load, 16 * index)
          .get(term)
          .simd(SIMD.f64x2Add)
          .set(term),
      );
      f.else();
      // As everywhere, sums begin at 0, not at the first term: −0 becomes 0.
      for (const term of terms) f.get(term).f64(0).simd(SIMD.f64x2Splat).simd(SIMD.f64x2Add).set(term);
      f.end();
      storeLanes(f, slot, terms);
      f.end();
    }
    f.end();
  });
}
