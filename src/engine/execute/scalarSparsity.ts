/** Sparsity patterns of programs of scalars that have just run. */
import { IndexSets } from '../sparse/indexSets';
import type { Sparsity } from '../sparse/sparsity';
import type { Row } from '../program/program';
import { NOTHING, TWO, type LinearizedProgram } from './adjoints';

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
