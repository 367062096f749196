/**
 * Tangents in several directions by one sweep: eight lanes share the walk over the rows and their partial derivatives. For
 * programs of scalars that have just run; what they are computed from is a `LinearizedProgram`.
 */
import { IndexSets } from '../sparse/indexSets';
import type { Sparsity } from '../sparse/sparsity';
import type { Row } from '../program/program';
import { DIFFERENCE, GENERAL, NOTHING, ONE, PRODUCT, TWO, type LinearizedProgram } from './adjoints';

export const LANES = 8;

/** Rows beyond which the lanes would take more memory than their speed is worth. */
const MOST_ROWS = 2_000_000;

export class TangentLanes {
  private readonly values: Float64Array;
  /** For each row a bit for each lane whose seeds it depends on: to others an infinite partial means nothing. */
  private readonly reached: Uint8Array;

  /** Can all rows be walked in lanes? */
  static suits({ program, kinds }: LinearizedProgram): boolean {
    return program.size <= MOST_ROWS && !kinds.includes(GENERAL);
  }

  constructor(private readonly linearized: LinearizedProgram) {
    const { size } = linearized.program;
    this.values = new Float64Array(size * LANES);
    this.reached = new Uint8Array(size);
  }

  /** One sweep. `seeds`: for each of at most eight lanes the rows that move by 1. */
  sweep(seeds: readonly (readonly Row[])[]): void {
    const { values, reached } = this;
    const { kinds, partials, scalars, program } = this.linearized;
    const { operandStarts, operands } = program.columns;
    reached.fill(0);
    seeds.forEach((rows, lane) => {
      for (const row of rows) {
        if (!this.linearized.isActive(row)) continue;
        if (reached[row] === 0) values.fill(0, row * LANES, (row + 1) * LANES);
        reached[row] |= 1 << lane;
        values[row * LANES + lane] = 1;
      }
    });
    let next = 0;
    for (let row = 0; row < kinds.length; row++) {
      const kind = kinds[row];
      if (kind === NOTHING) continue;
      const start = operandStarts[row];
      const x = operands[start];
      const y = kind >= TWO ? operands[start + 1] : x;
      const partial = next;
      if (kind === ONE) next++;
      else if (kind === TWO) next += 2;
      const mx = reached[x];
      const my = kind >= TWO ? reached[y] : 0;
      if ((mx | my) === 0) continue;
      reached[row] = mx | my;
      const to = row * LANES;
      if (mx !== 0) {
        this.scale(to, x * LANES, kind === PRODUCT ? scalars[y] : kind <= TWO ? partials[partial] : 1, mx);
      } else values.fill(0, to, to + LANES);
      if (my !== 0) {
        const by = kind === PRODUCT ? scalars[x] : kind === TWO ? partials[partial + 1] : kind === DIFFERENCE ? -1 : 1;
        this.add(to, y * LANES, by, my);
      }
    }
  }

  /** The tangent of a row in a lane, 0 where it does not depend on the lane's seeds. */
  at(row: Row, lane: number): number {
    return (this.reached[row] >> lane) & 1 ? this.values[row * LANES + lane] : 0;
  }

  private scale(to: number, from: number, partial: number, lanes: number): void {
    const { values } = this;
    // Lanes that were not reached are 0, which any finite partial leaves as it is.
    if (partial - partial === 0) {
      for (let lane = 0; lane < LANES; lane++) values[to + lane] = values[from + lane] * partial;
    } else {
      for (let lane = 0; lane < LANES; lane++)
        values[to + lane] = (lanes >> lane) & 1 ? values[from + lane] * partial : 0;
    }
  }

  private add(to: number, from: number, partial: number, lanes: number): void {
    const { values } = this;
    if (partial - partial === 0) {
      for (let lane = 0; lane < LANES; lane++) values[to + lane] += values[from + lane] * partial;
    } else {
      for (let lane = 0; lane < LANES; lane++)
        if ((lanes >> lane) & 1) values[to + lane] += values[from + lane] * partial;
    }
  }
}

/** Intervals that uniting patterns may look at, for each row: bands and sums take a few, what takes more is not sparse. */
const MOST_WORK = 16;

/**
 * Where the derivatives of `outputs` by `inputs` may differ from zero, for programs without rows of kind `GENERAL`; undefined
 * as soon as that is more than `most` entries, or takes too long to find out.
 */
export function scalarSparsity(
  linearized: LinearizedProgram,
  inputs: readonly Row[],
  outputs: readonly Row[],
  most: number,
): Sparsity | undefined {
  const { program, kinds } = linearized;
  const { operandStarts, operands } = program.columns;
  const sets = new IndexSets(inputs.length);
  const pattern = new Int32Array(program.size);
  /** How often a row is an output. */
  const wanted = new Int32Array(program.size);
  for (const row of outputs) wanted[row]++;
  inputs.forEach((row, column) => {
    if (linearized.isActive(row)) pattern[row] = sets.single(column);
  });
  const mostWork = 1_000_000 + MOST_WORK * program.size;
  let entries = 0;
  for (let row = 0; row < kinds.length; row++) {
    if (kinds[row] !== NOTHING) {
      const start = operandStarts[row];
      pattern[row] = pattern[operands[start]];
      if (kinds[row] >= TWO) pattern[row] = sets.union(pattern[row], pattern[operands[start + 1]]);
    }
    if (wanted[row] > 0) entries += wanted[row] * sets.size(pattern[row]);
    if (entries > most || sets.work > mostWork) return undefined;
  }
  const indptr = new Int32Array(outputs.length + 1);
  for (let row = 0; row < outputs.length; row++) indptr[row + 1] = indptr[row] + sets.size(pattern[outputs[row]]);
  const indices = new Int32Array(entries);
  let at = 0;
  for (const row of outputs) at = sets.write(pattern[row], indices, at);
  return { rows: outputs.length, columns: inputs.length, indptr, indices };
}
