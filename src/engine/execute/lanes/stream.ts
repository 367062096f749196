/**
 * What a sweep in lanes walks over: one step for each row of a linearized program that lies between the inputs and the outputs, and
 * a slot of memory for its derivatives that goes to another row as soon as nobody needs it. So the lanes of a long loop stay in
 * the processor's caches, forward and in reverse.
 */
import type { Row } from '../../program/program';
import { DIFFERENCE, NOTHING, ONE, PRODUCT, TWO, type LinearizedProgram } from '../adjoints';
import { INFINITE_P, INFINITE_Q, SLOT, STEP } from './kernel';

/** The last use of rows whose derivatives are the result. */
const ALWAYS = 0x7fffffff;

export class LaneStream {
  /** How many steps there are. */
  readonly count: number;
  /** Slots in use at once at the most, and one more, the first: that of rows that never move. */
  slots = 1;
  /** Where each row's slot lies behind the first one, in bytes: of inputs and outputs once the steps are written. */
  private readonly slotOf: Int32Array;
  /** The last row that uses a row: 0 for rows that no output depends on. */
  private readonly lastUses: Int32Array;

  constructor(private readonly linearized: LinearizedProgram) {
    const { program, kinds } = linearized;
    const { operandStarts, operands } = program.columns;
    const lastUses = (this.lastUses = new Int32Array(program.size));
    this.slotOf = new Int32Array(program.size);
    for (const row of program.outputs) if (linearized.isActive(row)) lastUses[row] = ALWAYS;
    let count = 0;
    for (let row = kinds.length - 1; row >= 0; row--) {
      if (kinds[row] === NOTHING || lastUses[row] === 0) continue;
      count++;
      const start = operandStarts[row];
      const x = operands[start];
      if (lastUses[x] === 0 && linearized.isActive(x)) lastUses[x] = row;
      if (kinds[row] < TWO) continue;
      const y = operands[start + 1];
      if (lastUses[y] === 0 && linearized.isActive(y)) lastUses[y] = row;
    }
    this.count = count;
  }

  /** The offset of a row's slot; 0 where it never moves. */
  slot(row: Row): number {
    return this.slotOf[row];
  }

  /** Writes all steps, `count` times `STEP` bytes. */
  write(buffer: ArrayBufferLike, at: number): void {
    const { linearized, slotOf, lastUses } = this;
    const { program, kinds, partials, scalars } = linearized;
    const { operandStarts, operands } = program.columns;
    const places = new Int32Array(buffer, at, (this.count * STEP) / 4);
    const numbers = new Float64Array(buffer, at, (this.count * STEP) / 8);
    const free: number[] = [];
    this.slots = 1;
    const take = () => free.pop() ?? SLOT * this.slots++;
    for (const row of program.inputs) if (lastUses[row] > 0) slotOf[row] = take();
    let step = 0;
    let next = 0;
    for (let row = 0; row < kinds.length; row++) {
      const kind = kinds[row];
      if (kind === NOTHING) continue;
      const partial = next;
      next += kind === ONE ? 1 : kind === TWO ? 2 : 0;
      if (lastUses[row] === 0) continue;
      const start = operandStarts[row];
      const x = operands[start];
      const y = kind >= TWO ? operands[start + 1] : x;
      const xSlot = slotOf[x];
      const ySlot = kind >= TWO ? slotOf[y] : 0;
      const p = kind === PRODUCT ? scalars[y] : kind <= TWO ? partials[partial] : 1;
      const q = kind === PRODUCT ? scalars[x] : kind === TWO ? partials[partial + 1] : kind === DIFFERENCE ? -1 : 1;
      if (lastUses[x] === row) free.push(xSlot);
      if (lastUses[y] === row && y !== x) free.push(ySlot);
      const own = (slotOf[row] = take());
      places[8 * step] = own;
      places[8 * step + 1] = xSlot;
      places[8 * step + 2] = ySlot;
      places[8 * step + 3] = (Number.isFinite(p) ? 0 : INFINITE_P) | (Number.isFinite(q) ? 0 : INFINITE_Q);
      numbers[4 * step + 2] = p;
      numbers[4 * step + 3] = q;
      step++;
    }
  }
}
