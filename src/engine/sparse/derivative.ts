/** Compressed derivatives of programs: pattern, colouring, passes, and the values put back in their places. */
import { GradLensError, NotLinearError } from '../errors';
import { compile, run } from '../execute/run';
import { allocate, sizeOf, type ArrayValue, type Aval } from '../program/aval';
import type { Program } from '../program/program';
import { linearizeProgram, type Linearized } from '../transforms/linearize';
import { transposeProgram } from '../transforms/reverse';
import { colorColumns, colorStars, type Coloring } from './coloring';
import { propagate } from './dependence';
import { IndexSets } from './indexSets';
import { SparseMatrix, type Compression } from './matrix';
import { symmetricSparsity, transposedSparsity, type Sparsity } from './sparsity';

/** Entries that a pattern may have: some gigabytes. */
const MAX_ENTRIES = 1 << 28;

function totalSize(avals: readonly Aval[]): number {
  return avals.reduce((total, { shape }) => total + sizeOf(shape), 0);
}

/** Where the derivatives of `program`'s outputs by its `active` inputs may differ from zero; both are flattened in order. */
export function programSparsity(program: Program, active: readonly boolean[]): Sparsity {
  return linearSparsity(linearizeProgram(program, active), program.outputAvals);
}

function linearSparsity({ linear, residuals, nonzero }: Linearized, outputs: readonly Aval[]): Sparsity {
  let next = 0;
  const moving = nonzero.map((moves) => (moves ? next++ : -1));
  const found = dependence(linear, residuals, outputs, moving, MAX_ENTRIES);
  if (!found) throw new TooDenseError(totalSize(outputs), totalSize(linear.inputAvals.slice(residuals)));
  return found;
}

/**
 * Which of a program's inputs from `first` on each element of some results may depend on: of the outputs at the places `from`, of
 * these types; a place of −1 stands for zeros. Undefined where that is more than `most` entries.
 */
export function dependence(
  program: Program,
  first: number,
  avals: readonly Aval[],
  from: readonly number[],
  most: number,
): Sparsity | undefined {
  const sets = new IndexSets(totalSize(program.inputAvals.slice(first)));
  let columns = 0;
  const inputs = program.inputAvals.map(({ shape }, index) => {
    if (index < first) return { pattern: null };
    return { pattern: Int32Array.from({ length: sizeOf(shape) }, () => sets.single(columns++)) };
  });
  const known = propagate(sets, program, inputs);
  const patterns = avals.map(
    ({ shape }, index) => (from[index] < 0 ? null : known[from[index]].pattern) ?? new Int32Array(sizeOf(shape)),
  );
  const rows = totalSize(avals);
  const indptr = new Int32Array(rows + 1);
  let row = 0;
  let entries = 0;
  for (const pattern of patterns) {
    for (const set of pattern) {
      entries += sets.size(set);
      if (entries > most) return undefined;
      indptr[++row] = entries;
    }
  }
  const indices = new Int32Array(entries);
  let at = 0;
  for (const pattern of patterns) for (const set of pattern) at = sets.write(set, indices, at);
  return { rows, columns, indptr, indices };
}

export class TooDenseError extends GradLensError {
  constructor(rows: number, columns: number) {
    super(
      'too-dense',
      `The ${rows}×${columns} derivative has more than ${MAX_ENTRIES} entries that may differ from zero.`,
      'It is not sparse: ask for products with vectors (jvp, vjp, hvp) instead of the matrix.',
    );
  }
}

/** How a pattern is computed in the fewest passes: columns together (forward) or, where that takes fewer, rows (reverse). */
export function compressJacobian(sparsity: Sparsity, mode?: 'forward' | 'reverse'): Compression {
  const transposed = transposedSparsity(sparsity);
  if (mode === 'reverse') return { mode, coloring: colorColumns(transposed) as Coloring };
  const forward = colorColumns(sparsity) as Coloring;
  const reverse = mode === 'forward' ? null : colorColumns(transposed, forward.count - 1);
  return reverse ? { mode: 'reverse', coloring: reverse } : { mode: 'forward', coloring: forward };
}

/** Colours for each entry of a row of middle length up to which columns by themselves are as good as stars. */
const FEW = 1.5;

/** A colouring of the columns where that takes about as few passes as anything can, else a star colouring, whichever takes fewer. */
export function compressHessian(sparsity: Sparsity): Compression {
  const few = 2 + (FEW * sparsity.indices.length) / Math.max(1, sparsity.rows);
  let coloring = colorColumns(sparsity, few);
  if (!coloring) {
    const stars = colorStars(sparsity);
    coloring = colorColumns(sparsity, stars.count - 1) ?? stars;
  }
  return { mode: 'symmetric', coloring };
}

/** Flat numbers as one array an aval. */
function split(flat: Float64Array, avals: readonly Aval[]): ArrayValue[] {
  let offset = 0;
  return avals.map(({ shape, dtype }) => {
    const data = allocate(dtype, sizeOf(shape));
    data.set(flat.subarray(offset, offset + data.length));
    offset += data.length;
    return { shape, dtype, data };
  });
}

/** One pass a colour: `pass` gets the sum of the unit vectors of the colour. */
function passes({ colors, count }: Coloring, pass: (seed: Float64Array) => Float64Array): Float64Array[] {
  const seeds = Array.from({ length: count }, () => new Float64Array(colors.length));
  colors.forEach((color, index) => color >= 0 && (seeds[color][index] = 1));
  return seeds.map(pass);
}

/**
 * Calls `visit(entry, color, at)` for each entry of the pattern: its value is the element `at` of the product for `color`. In a
 * symmetric matrix an entry and its mirror image are one number, read where it stands alone.
 */
export function eachReading(
  sparsity: Sparsity,
  { mode, coloring: { colors, count } }: Compression,
  visit: (entry: number, color: number, at: number) => void,
): void {
  const { rows, indptr, indices } = sparsity;
  const symmetric = mode === 'symmetric';
  const mirror = symmetric ? transposedSparsity(sparsity).origin : undefined;
  /** How many entries of the row have the colour. */
  const seen = new Int32Array(symmetric ? count : 0);
  for (let row = 0; row < rows; row++) {
    const end = indptr[row + 1];
    if (symmetric) for (let entry = indptr[row]; entry < end; entry++) seen[colors[indices[entry]]]++;
    for (let entry = indptr[row]; entry < end; entry++) {
      const column = indices[entry];
      if (mirror && column < row) continue;
      const byRow = mode === 'reverse' || (symmetric && seen[colors[column]] > 1);
      const color = colors[byRow ? row : column];
      const at = byRow ? column : row;
      visit(entry, color, at);
      if (mirror && column > row) visit(mirror[entry], color, at);
    }
    if (symmetric) for (let entry = indptr[row]; entry < end; entry++) seen[colors[indices[entry]]] = 0;
  }
}

/** Puts what compressed passes computed into the places of the pattern's entries. */
export function decompress(
  sparsity: Sparsity,
  compression: Compression,
  products: readonly ArrayLike<number>[],
): Float64Array {
  const data = new Float64Array(sparsity.indices.length);
  eachReading(sparsity, compression, (entry, color, at) => (data[entry] = products[color][at]));
  return data;
}

/** What a derivative is computed from, made ready at one point. */
export interface Point {
  readonly program: Program;
  readonly active: readonly boolean[];
  readonly inputs: readonly ArrayValue[];
}

/** The matrix of first derivatives of all outputs of a program by its active inputs; `like`, an earlier one, has the same pattern. */
export function sparseDerivative(
  { program, active, inputs }: Point,
  options: { readonly mode?: 'forward' | 'reverse'; readonly symmetric?: boolean; readonly like?: SparseMatrix },
): SparseMatrix {
  const linearized = linearizeProgram(program, active);
  const outputs = program.outputAvals;
  let sparsity = options.like?.sparsity;
  if (!sparsity) {
    sparsity = linearSparsity(linearized, outputs);
    if (options.symmetric) sparsity = symmetricSparsity(sparsity);
  }
  let compression = options.like?.compression;
  compression ??= options.symmetric ? compressHessian(sparsity) : compressJacobian(sparsity, options.mode);
  const residuals = run(linearized.primal, inputs).slice(outputs.length);
  const inputAvals = program.inputAvals.filter((_, index) => active[index]);
  const { coloring } = compression;
  if (compression.mode === 'reverse') {
    const products = reversePasses(linearized, residuals, outputs, totalSize(inputAvals), coloring);
    if (products) return new SparseMatrix(sparsity, decompress(sparsity, compression, products), compression);
    compression = compressJacobian(sparsity, 'forward');
  }
  const products = forwardPasses(linearized, residuals, outputs, inputAvals, compression.coloring);
  return new SparseMatrix(sparsity, decompress(sparsity, compression, products), compression);
}

function forwardPasses(
  { linear, nonzero }: Linearized,
  residuals: readonly ArrayValue[],
  outputs: readonly Aval[],
  inputs: readonly Aval[],
  coloring: Coloring,
): Float64Array[] {
  const ready = compile(linear);
  const rows = totalSize(outputs);
  return passes(coloring, (seed) => {
    const tangents = ready.run([...residuals, ...split(seed, inputs)]);
    const flat = new Float64Array(rows);
    let next = 0;
    let offset = 0;
    outputs.forEach(({ shape }, index) => {
      if (nonzero[index]) flat.set(tangents[next++].data, offset);
      offset += sizeOf(shape);
    });
    return flat;
  });
}

/** null where the program has no reverse mode (a `while` loop). */
function reversePasses(
  { linear, nonzero, residuals: count }: Linearized,
  residuals: readonly ArrayValue[],
  outputs: readonly Aval[],
  columns: number,
  coloring: Coloring,
): Float64Array[] | null {
  let transposed: Program;
  try {
    transposed = transposeProgram(
      linear,
      linear.inputAvals.map((_, index) => index >= count),
    );
  } catch (error) {
    if (error instanceof NotLinearError) return null;
    throw error;
  }
  const ready = compile(transposed);
  return passes(coloring, (seed) => {
    const cotangents = split(seed, outputs).filter((_, index) => nonzero[index]);
    const flat = new Float64Array(columns);
    let offset = 0;
    for (const { data } of ready.run([...residuals, ...cotangents])) {
      flat.set(data, offset);
      offset += data.length;
    }
    return flat;
  });
}
