/** Large Jacobians in compressed rows: a few products, one a colour of the sparsity pattern, instead of one a row or column. */
import { compressJacobian, programSparsity, sparseDerivative, TooDenseError } from '../engine/sparse/derivative';
import { SparseMatrix as EngineMatrix } from '../engine/sparse/matrix';
import { eliminateDeadRows } from '../engine/program/prune';
import { inputArrays } from './derivatives';
import type { SparseMatrix } from './protocol';
import type { Recorded } from './record';

/** Entries from which on the pattern is worth finding. */
const WORTHWHILE = 100_000;
/** Share of entries in the pattern, and of the products that a dense Jacobian takes, above which dense is as good. */
const MAX_FILL = 0.1;
const MAX_PASSES = 0.25;

/** The Jacobian in compressed rows; undefined where it is small or not sparse. */
export function compressedJacobian(recorded: Recorded): SparseMatrix | undefined {
  const rows = recorded.outputValues.length;
  const columns = recorded.inputValues.length;
  if (rows < 2 || columns < 2 || rows * columns < WORTHWHILE) return undefined;
  const program = eliminateDeadRows(recorded.program, { keepGuards: false });
  const active = recorded.inputs.map(() => true);
  try {
    const sparsity = programSparsity(program, active);
    if (sparsity.indices.length > MAX_FILL * rows * columns) return undefined;
    const compression = compressJacobian(sparsity);
    if (compression.coloring.count > MAX_PASSES * Math.min(rows, columns)) return undefined;
    const like = new EngineMatrix(sparsity, new Float64Array(0), compression);
    const matrix = sparseDerivative({ program, active, inputs: inputArrays(recorded) }, { like });
    return {
      kind: 'sparse',
      rows,
      columns,
      rowStarts: matrix.indptr,
      columnIndices: matrix.indices,
      values: matrix.data,
      colors: matrix.colors,
    };
  } catch (error) {
    if (error instanceof TooDenseError) return undefined;
    throw error;
  }
}
