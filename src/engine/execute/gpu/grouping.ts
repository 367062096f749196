/**
 * Which stored values one kernel computes together: small ones, so that what several of them need is written once, and compiled once.
 * Long programs are cut into kernels on the way.
 */
import { OPCODES } from '../../primitives/opcodes';
import { sizeOf } from '../../program/aval';
import type { PrimitiveName } from '../../primitives/params';
import type { Program, Row } from '../../program/program';
import { isWide } from './integers';
import { programsOf, rowsWithin } from './structured';

/** Rows in the kernel of one value: past some 1,500 statements drivers take seconds to compile. */
const ROW_LIMIT = 600;
/** And of several values together. */
const GROUP_LIMIT = 900;
/** What needs so little besides what a kernel writes anyway, another result of its loop for one, is written there. */
const SHARED_MORE = 2;
/** gpu.js fails with more than 7 array arguments on WebGPU; one is the packed inputs. */
const SOURCE_LIMIT = 6;
/** Threads of a kernel of several values: what only some of them need is computed by all where others need it too. */
const MOST_THREADS = 2 ** 14;

/** Why a row stands in memory: somebody wants it or a kernel would be too long without; readers in the same kernel may compute it. */
export const WANTED = 1;
/** Or computing it again for its readers costs too much. */
export const APART = 2;

/** What is computed in blocks, or by long loops. */
const ALONE: ReadonlySet<PrimitiveName> = new Set<PrimitiveName>(['dotGeneral', 'conv']);

/** What a row's kernel would write, and the kernels whose results it would read. */
interface Cone {
  readonly rows: ReadonlySet<Row>;
  readonly sources: ReadonlySet<number>;
}

/** The stored rows, those of one kernel together, in the order in which the kernels run. Stores further rows where kernels are too long. */
export function groupRows(program: Program, live: Uint8Array, stored: Uint8Array): Row[][] {
  return new Grouping(program, live, stored).run();
}

class Grouping {
  private readonly kernels: Row[][] = [];
  /** Which kernel a row's value comes from; −1 for none. */
  private readonly kernelOf: Int32Array;
  private next = 0;
  /** The kernel that takes more values, what it writes and reads, and its threads. */
  private open:
    { id: number; members: Row[]; rows: Set<Row>; sources: Set<number>; threads: number; written: number } | undefined;
  private readonly cones = new Map<Row, Cone>();

  constructor(
    private readonly program: Program,
    private readonly live: Uint8Array,
    private readonly stored: Uint8Array,
  ) {
    this.kernelOf = new Int32Array(program.size).fill(-1);
  }

  run(): Row[][] {
    const { program, live, stored, cones } = this;
    const expiring = lastUses(program, live);
    for (let row = 0; row < program.size; row++) {
      if (live[row]) {
        let cone = this.join(row);
        while (cone.rows.size > ROW_LIMIT || cone.sources.size > SOURCE_LIMIT) {
          const largest = this.largestOperands(row);
          if (largest.length === 0) break;
          for (const operand of largest) {
            stored[operand] = WANTED;
            this.place(operand);
          }
          cone = this.join(row);
        }
        cones.set(row, cone);
        if (stored[row] && this.canStand(row)) this.place(row);
      }
      // Sets of rows that nobody reads any more are let go: memory stays with the live ones.
      for (const done of expiring.get(row) ?? []) cones.delete(done);
    }
    this.close();
    return this.kernels;
  }

  private isLeaf(row: Row): boolean {
    const opcode = this.program.opcode(row);
    return opcode === OPCODES.input || opcode === OPCODES.literal || opcode === OPCODES.constant;
  }

  private join(row: Row): Cone {
    const rows = new Set<Row>([row]);
    const sources = new Set<number>();
    for (const operand of this.program.operands(row)) {
      if (this.isLeaf(operand)) continue;
      if (this.kernelOf[operand] >= 0) {
        sources.add(this.kernelOf[operand]);
        continue;
      }
      const cone = this.cones.get(operand);
      if (!cone) continue;
      for (const inner of cone.rows) rows.add(inner);
      for (const source of cone.sources) sources.add(source);
    }
    return { rows, sources };
  }

  /** Those whose cones are cut off first: the largest one, of many some. */
  private largestOperands(row: Row): Row[] {
    const { program, cones, kernelOf } = this;
    const weight = (operand: Row) => {
      const { rows, sources } = cones.get(operand) as Cone;
      return rows.size + sources.size * (ROW_LIMIT / SOURCE_LIMIT);
    };
    return [...new Set(program.operands(row))]
      .filter((operand) => cones.has(operand) && kernelOf[operand] < 0 && this.canStand(operand))
      .sort((a, b) => weight(b) - weight(a))
      .filter((_, at, { length }) => at <= length / 4);
  }

  private canStand(row: Row): boolean {
    const { program } = this;
    return !this.isLeaf(row) && !program.hasSeveralResults(row) && !isWide(program, row);
  }

  /** Gives a row's value to the open kernel, to a new one, or to one of its own. */
  private place(row: Row): void {
    if (this.kernelOf[row] >= 0) return;
    const { program } = this;
    const threads = sizeOf(program.aval(row).shape);
    const isAlone = threads > MOST_THREADS / 2 || ALONE.has(program.name(row));
    if (this.open) {
      const { reads, fits } = this.inside(row);
      const stays = isAlone ? reads === 0 : reads < APART && fits && this.open.threads + threads <= MOST_THREADS;
      if (!stays) this.close();
    }
    if (isAlone) {
      this.kernelOf[row] = this.next++;
      this.kernels.push([row]);
      return;
    }
    const { rows, sources, more } = this.inside(row);
    this.open ??= { id: this.next++, members: [], rows: new Set(), sources: new Set(), threads: 0, written: 0 };
    this.open.written += more;
    this.kernelOf[row] = this.open.id;
    this.open.members.push(row);
    this.open.threads += threads;
    for (const one of rows) this.open.rows.add(one);
    for (const source of sources) this.open.sources.add(source);
  }

  private close(): void {
    if (this.open) this.kernels.push(this.open.members);
    this.open = undefined;
  }

  /** What a row's value needs in the open kernel, and why those of its values stand in memory that it would read. */
  private inside(row: Row): Cone & { readonly reads: number; readonly fits: boolean; readonly more: number } {
    const { program, open, kernelOf } = this;
    const rows = new Set<Row>([row]);
    const sources = new Set<number>();
    let reads = 0;
    let more = 0;
    for (const at of rows) {
      if (!open?.rows.has(at)) more += writtenRows(program, at);
      for (const operand of program.operands(at)) {
        const kernel = kernelOf[operand];
        if (kernel >= 0 && kernel !== open?.id) sources.add(kernel);
        else if (!this.isLeaf(operand)) rows.add(operand);
        if (kernel >= 0 && kernel === open?.id) reads = Math.max(reads, this.stored[operand]);
      }
    }
    const all = new Set([...(open?.sources ?? []), ...sources]);
    const isShort = more <= SHARED_MORE || more + (open?.written ?? 0) <= GROUP_LIMIT;
    const fits = all.size <= SOURCE_LIMIT && isShort;
    return { rows, sources, reads, fits, more };
  }
}

/** How many rows a kernel writes for one. */
function writtenRows(program: Program, row: Row): number {
  return programsOf(program, row).reduce((sum, inner) => sum + rowsWithin(inner), 1);
}

/** For each row those that it is the last to read. */
function lastUses(program: Program, live: Uint8Array): Map<Row, Row[]> {
  const lastUse = new Int32Array(program.size).fill(-1);
  for (let row = 0; row < program.size; row++)
    if (live[row]) for (const operand of program.operands(row)) lastUse[operand] = row;
  const expiring = new Map<Row, Row[]>();
  lastUse.forEach((user, row) => {
    if (user < 0) return;
    const list = expiring.get(user);
    if (list) list.push(row);
    else expiring.set(user, [row]);
  });
  return expiring;
}
