/**
 * Tangents and cotangents of functions of arrays in many directions: what is linear at a point is written once as a program, and runs
 * for many directions at a time.
 */
import type { LinearizedProgram } from '../engine/execute/adjoints';
import type { Directions } from '../engine/execute/lanes/sweeps';
import { run } from '../engine/execute/run';
import { allocate, sizeOf, type ArrayValue, type Aval } from '../engine/program/aval';
import type { Program, Row } from '../engine/program/program';
import { batchProgram } from '../engine/transforms/batch';
import { linearizeProgram } from '../engine/transforms/linearize';
import { transposeProgram } from '../engine/transforms/reverse';
import { programSparsity } from '../engine/sparse/derivative';
import type { Sparsity } from '../engine/sparse/sparsity';
import { extract } from '../engine/transforms/transcribe';
import type { Slot } from './record';

/** Rows beyond which a program is not written anew for lanes. */
const MOST_ROWS = 3000;
/** Numbers that all rows of a program may have in all lanes at a time. */
const MOST_NUMBERS = 1 << 22;

type Mode = 'forward' | 'reverse';

/** A linear program that is ready: (...residuals, ...seeds) → derivatives. */
interface Ready {
  readonly program: Program;
  readonly residuals: readonly ArrayValue[];
  readonly seeds: readonly Slot[];
  readonly results: readonly Slot[];
}

export class ArrayLanes {
  readonly program: Program;
  private readonly values: readonly ArrayValue[];
  private readonly ready = new Map<string, Ready>();
  /** By all inputs. */
  private whole: Linear | undefined;

  static fits({ program }: LinearizedProgram): boolean {
    return program.size <= MOST_ROWS;
  }

  constructor(
    linearized: LinearizedProgram,
    private readonly inputs: readonly Slot[],
    private readonly outputs: readonly Slot[],
  ) {
    const { program } = linearized;
    const given = new Set<Row>(inputs.map(({ row }) => row));
    const rows = [...given, ...Array.from(program.inputs).filter((row) => !given.has(row))];
    this.program = extract(
      program,
      rows,
      outputs.map(({ row }) => row),
    );
    this.values = rows.map((row) => linearized.valueAt(row));
  }

  /** As those of `LaneSweeps`. Only the slots that a direction moves are differentiated by: to others an infinite partial means nothing. */
  derivatives(
    mode: Mode,
    directions: Directions,
    { transposed = false, progress }: { transposed?: boolean; progress?: (done: number, total: number) => void } = {},
  ): Float64Array<ArrayBuffer> {
    const forward = mode === 'forward';
    const seeded = forward ? this.inputs : this.outputs;
    const results = forward ? this.outputs : this.inputs;
    const width = results.reduce((sum, { size }) => sum + size, 0);
    const count = directions.length;
    const out = new Float64Array(count * width);
    let done = 0;
    for (const [key, members] of bySlots(seeded, directions)) {
      const { program, residuals, seeds: slots, results: reached } = this.prepare(mode, key);
      const lanes = lanesAtATime(program, members.length);
      const axes = program.inputAvals.map((_, index) => (index < residuals.length ? null : 0));
      const batched = batchProgram(program, axes, lanes);
      const avals = program.inputAvals.slice(residuals.length);
      for (let from = 0; from < members.length; from += lanes) {
        const now = members.slice(from, from + lanes);
        const moved = now.map((member) => directions[member]);
        const seeds = slots.map((slot, index) => seedOf(slot, avals[index], lanes, moved));
        run(batched, [...residuals, ...seeds]).forEach(({ data }, index) => {
          const { offset, size } = reached[index];
          now.forEach((member, lane) => {
            for (let at = 0; at < size; at++) {
              const to = transposed ? (offset + at) * count + member : member * width + offset + at;
              out[to] = data[lane * size + at];
            }
          });
        });
        done += now.length;
        progress?.(done, count);
      }
    }
    return out;
  }

  /** Where the outputs' derivatives by the inputs may differ from zero; undefined where that is more than `most` entries. */
  pattern(most: number): Sparsity | undefined {
    const found = programSparsity(
      this.program,
      this.values.map((_, index) => index < this.inputs.length),
    );
    return found.indices.length > most ? undefined : found;
  }

  /** Milliseconds that the derivatives in so many directions will take, from some of them. */
  predict(mode: Mode, directions: number): number {
    const some = Array.from({ length: Math.min(8, directions) }, (_, index) => [index]);
    const time = () => {
      const start = performance.now();
      this.derivatives(mode, some);
      return performance.now() - start;
    };
    // The first one also writes the program.
    return (Math.min(time(), time()) * directions) / Math.max(1, some.length);
  }

  /** `key`: places of the slots that are seeded. */
  private prepare(mode: Mode, key: string): Ready {
    const name = `${mode} ${key}`;
    let ready = this.ready.get(name);
    if (!ready) {
      const slots = key.split(' ').map(Number);
      this.ready.set(name, (ready = mode === 'forward' ? this.forward(slots) : this.reverse(slots)));
    }
    return ready;
  }

  private linearize(active: (index: number) => boolean): Linear {
    const { primal, linear, nonzero } = linearizeProgram(
      this.program,
      this.values.map((_, index) => active(index)),
    );
    const residuals = run(primal, this.values).slice(this.outputs.length);
    return { linear, residuals, moving: this.outputs.filter((_, index) => nonzero[index]) };
  }

  private forward(slots: readonly number[]): Ready {
    const { linear, residuals, moving } = this.linearize((index) => slots.includes(index));
    return { program: linear, residuals, seeds: slots.map((slot) => this.inputs[slot]), results: moving };
  }

  private reverse(slots: readonly number[]): Ready {
    this.whole ??= this.linearize((index) => index < this.inputs.length);
    const { linear, residuals, moving } = this.whole;
    const wanted = slots.map((slot) => this.outputs[slot]);
    const seeds = moving.filter((slot) => wanted.includes(slot));
    const rows = seeds.map((slot) => linear.outputs[moving.indexOf(slot)]);
    const program = transposeProgram(
      extract(linear, Array.from(linear.inputs), rows),
      linear.inputAvals.map((_, index) => index >= residuals.length),
    );
    return { program, residuals, seeds, results: this.inputs };
  }
}

/** What is linear at the point: (...residuals, ...tangents) → tangents of the outputs that move. */
interface Linear {
  readonly linear: Program;
  readonly residuals: readonly ArrayValue[];
  readonly moving: readonly Slot[];
}

/** The directions by the places of the slots that they move. */
function bySlots(slots: readonly Slot[], directions: Directions): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  directions.forEach((indices, member) => {
    const key = slots.flatMap(({ offset, size }, place) =>
      indices.some((index) => index >= offset && index < offset + size) ? [place] : [],
    );
    const name = key.join(' ');
    const members = groups.get(name);
    if (members) members.push(member);
    else if (name !== '') groups.set(name, [member]);
  });
  return groups;
}

/** Lanes that a program may have, in batches of about one size. */
function lanesAtATime(program: Program, count: number): number {
  let numbers = 1;
  for (let row = 0; row < program.size; row++) for (const { shape } of program.tuple(row)) numbers += sizeOf(shape);
  const most = Math.max(1, Math.floor(MOST_NUMBERS / numbers));
  return Math.ceil(count / Math.ceil(count / most));
}

/** The parts in a slot of vectors that are 1 at some indices: [lanes, ...shape]. */
function seedOf({ offset, size }: Slot, { shape, dtype }: Aval, lanes: number, directions: Directions): ArrayValue {
  const data = allocate(dtype, lanes * size);
  directions.forEach((indices, lane) => {
    for (const index of indices) if (index >= offset && index < offset + size) data[lane * size + index - offset] = 1;
  });
  return { shape: [lanes, ...shape], dtype, data };
}
