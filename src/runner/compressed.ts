/** Large Jacobians in compressed rows: a few products, one a colour of the sparsity pattern, instead of one a row or column. */
import {
  compressJacobian,
  decompress,
  programSparsity,
  sparseDerivative,
  TooDenseError,
} from '../engine/sparse/derivative';
import { SparseMatrix as EngineMatrix, type Compression } from '../engine/sparse/matrix';
import type { Sparsity } from '../engine/sparse/sparsity';
import { eliminateDeadRows } from '../engine/program/prune';
import { compressedPasses, inputArrays, linearOf, patternOf, type Linear } from './derivatives';
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
  const linear = linearOf(recorded);
  const pattern = patternOf(linear, MAX_FILL);
  if (pattern === 'dense') return undefined;
  return pattern ? ofScalars(linear, pattern) : ofArrays(recorded);
}

/** From the values and partial derivatives that recording left behind: nothing is compiled. */
function ofScalars(linear: Linear, sparsity: Sparsity): SparseMatrix | undefined {
  const compression = compressionOf(sparsity);
  if (!compression) return undefined;
  const values = decompress(sparsity, compression, compressedPasses(linear, compression));
  return matrixOf(sparsity, values, compression.coloring.count);
}

function ofArrays(recorded: Recorded): SparseMatrix | undefined {
  const program = eliminateDeadRows(recorded.program, { keepGuards: false });
  const active = recorded.inputs.map(() => true);
  try {
    const sparsity = programSparsity(program, active);
    if (sparsity.indices.length > MAX_FILL * sparsity.rows * sparsity.columns) return undefined;
    const compression = compressionOf(sparsity);
    if (!compression) return undefined;
    const like = new EngineMatrix(sparsity, new Float64Array(0), compression);
    const { data, colors } = sparseDerivative({ program, active, inputs: inputArrays(recorded) }, { like });
    return matrixOf(sparsity, data, colors);
  } catch (error) {
    if (error instanceof TooDenseError) return undefined;
    throw error;
  }
}

/** The fewest passes; undefined where they are hardly fewer than a dense Jacobian takes. */
function compressionOf(sparsity: Sparsity): Compression | undefined {
  const compression = compressJacobian(sparsity);
  const most = MAX_PASSES * Math.min(sparsity.rows, sparsity.columns);
  return compression.coloring.count > most ? undefined : compression;
}

function matrixOf({ rows, columns, indptr, indices }: Sparsity, values: Float64Array, colors: number): SparseMatrix {
  return { kind: 'sparse', rows, columns, rowStarts: indptr, columnIndices: indices, values, colors };
}
