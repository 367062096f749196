/**
 * Programs of whole matrices of derivatives, in blocks [...output shape, ...input shape], outputs outermost. Forward mode takes
 * several columns together where the pattern says that they can be told apart.
 */
import { estimate } from '../../execute/arrays/executable';
import { GradLensError } from '../../errors';
import { allocate, isFloat, sizeOf, type ArrayValue, type Aval, type Shape } from '../../program/aval';
import { Emitter } from '../../program/emitter';
import type { Program, Row } from '../../program/program';
import { eliminateDeadRows } from '../../program/prune';
import { compressHessian, compressJacobian, decompress, dependence, eachReading } from '../../sparse/derivative';
import type { Compression } from '../../sparse/matrix';
import { symmetricSparsity, type Sparsity } from '../../sparse/sparsity';
import { hasSymmetricHessian } from '../../sparse/symmetry';
import { applyProgram } from '../../trace/apply';
import { ConcreteArray, type NdArray } from '../../trace/ndarray';
import { Tracer } from '../../trace/recorder';
import { transcribeBatch } from '../batch';
import { jvpProgram } from '../jvp';
import { vjpProgram } from '../reverse';
import { gradProgram } from './grad';

/** A matrix of derivatives of which several columns are taken together. */
export interface Compressed {
  readonly sparsity: Sparsity;
  readonly compression: Compression;
  readonly outputs: readonly Aval[];
  readonly inputs: readonly Aval[];
}

/** (...inputs) → (...results, ...blocks), or (...results, products [colours, rows]) of a matrix that is compressed. */
export interface MatrixProgram {
  readonly program: Program;
  readonly compressed?: Compressed | undefined;
}

function total(avals: readonly Aval[]): number {
  return avals.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** For each aval, its slice of `count` vectors that are 1 where an element has their colour: [count, ...shape]. */
function seedsOf(avals: readonly Aval[], colors: ArrayLike<number>, count: number): ArrayValue[] {
  let offset = 0;
  return avals.map(({ shape, dtype }) => {
    const own = sizeOf(shape);
    const data = allocate(dtype, count * own);
    for (let index = 0; index < own; index++) {
      const color = colors[offset++];
      if (color >= 0) data[color * own + index] = 1;
    }
    return { shape: [count, ...shape], dtype, data };
  });
}

/** The rows of the identity of all avals. */
function basis(avals: readonly Aval[]): ArrayValue[] {
  const size = total(avals);
  return seedsOf(
    avals,
    Int32Array.from({ length: size }, (_, index) => index),
    size,
  );
}

/** `x` with its first axis in the given shape. */
function split(b: Emitter, x: Row, shape: Shape): Row {
  return b.reshape(x, [...shape, ...b.aval(x).shape.slice(1)]);
}

/** Axes of [...first, ...second] in the order [...second, ...first]. */
function swapped(first: number, second: number): number[] {
  return Array.from({ length: first + second }, (_, axis) => (axis < second ? first + axis : axis - second));
}

/** Passes from which on, and milliseconds of interpreting them, above which the pattern is worth finding. */
const MANY = 48;
const LONG = 2;
/** Share of entries in the pattern, and of the passes, up to which a compressed matrix is cheaper. */
const FILL = 0.25;
const PASSES = 0.4;

/** Some outputs of a program, all float, in forward mode. */
interface Wanted {
  readonly start: number;
  readonly end: number;
  /** How many outputs stay in front of the blocks. */
  readonly kept: number;
  /** The matrix is known to be symmetric. */
  readonly symmetric?: boolean;
  /** Passes of the cheapest other way. */
  readonly passes: number;
}

/**
 * How columns are taken together: those of the tangents at the places `from` of `moved`'s outputs, by `inputs`. Undefined where the
 * matrix is small, or not sparse.
 */
function compress(
  moved: Program,
  from: readonly number[],
  outputs: readonly Aval[],
  inputs: readonly Aval[],
  { passes, symmetric }: Wanted,
): Compressed | undefined {
  if (passes < MANY || passes * estimate(moved).interpret < LONG) return undefined;
  if (outputs.some(({ dtype }) => dtype !== outputs[0].dtype)) return undefined;
  const first = moved.inputs.length - inputs.length;
  const found = dependence(moved, first, outputs, from, FILL * total(inputs) * total(outputs));
  if (!found || found.indices.length === 0) return undefined;
  const sparsity = symmetric ? symmetricSparsity(found) : found;
  const compression = symmetric ? compressHessian(sparsity) : compressJacobian(sparsity, 'forward');
  return compression.coloring.count > PASSES * passes ? undefined : { sparsity, compression, outputs, inputs };
}

/** For each aval the part of axis `axis` of `x` that is its own. */
function parts(b: Emitter, x: Row, axis: number, avals: readonly Aval[]): Row[] {
  let end = 0;
  return avals.map(({ shape }) => {
    const start = end;
    end += sizeOf(shape);
    return b.sliceAxis(x, axis, start, end);
  });
}

/** Undefined for a matrix that is not compressed, where only such a one is wanted. */
function forward(
  program: Program,
  active: readonly boolean[],
  wanted: Wanted,
  dense = true,
): MatrixProgram | undefined {
  const { start, end, kept, passes } = wanted;
  if (!dense && passes < MANY) return undefined;
  const moved = jvpProgram(program, active);
  const avals = program.outputAvals;
  const outputs = avals.slice(start, end);
  const inputs = program.inputAvals.filter((_, index) => active[index]);
  // Tangents stand behind the results, and only float results have them.
  const first = avals.length + avals.slice(0, start).filter(({ dtype }) => isFloat(dtype)).length;
  const from = outputs.map((_, index) => first + index);
  const compressed = compress(moved, from, outputs, inputs, wanted);
  if (!compressed && !dense) return undefined;
  const coloring = compressed?.compression.coloring;
  const size = coloring?.count ?? total(inputs);
  const b = new Emitter(program.columns.positionTable);
  const primals = program.inputAvals.map((aval) => b.input(aval));
  const seeds = coloring ? seedsOf(inputs, coloring.colors, size) : basis(inputs);
  const tangents = seeds.map((value) => b.constant(value));
  const out = transcribeBatch(
    b,
    moved,
    [...primals, ...tangents],
    [...primals.map(() => false), ...tangents.map(() => true)],
    size,
  );
  const lanes = from.map((index) => (out.batched[index] ? out.rows[index] : b.repeat(out.rows[index], size)));
  const blocks = coloring
    ? [
        b.concatenate(
          lanes.map((row, index) => b.reshape(row, [size, sizeOf(outputs[index].shape)])),
          1,
        ),
      ]
    : outputs.flatMap(({ shape: { length } }, i) =>
        parts(b, lanes[i], 0, inputs).map((x, j) => {
          const { shape } = inputs[j];
          return b.transpose(split(b, x, shape), swapped(shape.length, length));
        }),
      );
  return { program: eliminateDeadRows(b.finish([...out.rows.slice(0, kept), ...blocks])), compressed };
}

/** The blocks of a compressed matrix, of its products. */
export function expand(compressed: Compressed, products: NdArray): NdArray[] {
  if (products instanceof Tracer) return applyProgram(expansion(compressed, products.aval), [products]);
  const { sparsity, compression, outputs, inputs } = compressed;
  const { rows, indptr, indices } = sparsity;
  const { data, dtype } = products.concrete;
  const colors = Array.from({ length: compression.coloring.count }, (_, color) =>
    data.subarray(color * rows, (color + 1) * rows),
  );
  const entries = decompress(sparsity, compression, colors);
  let row = 0;
  return outputs.flatMap((output) => {
    const size = sizeOf(output.shape);
    const blocks = inputs.map(({ shape }) => allocate(dtype, size * sizeOf(shape)));
    for (let at = 0; at < size; at++, row++) {
      let input = 0;
      let start = 0;
      for (let entry = indptr[row]; entry < indptr[row + 1]; entry++) {
        let width = sizeOf(inputs[input].shape);
        while (indices[entry] >= start + width) {
          start += width;
          width = sizeOf(inputs[++input].shape);
        }
        blocks[input][at * width + indices[entry] - start] = entries[entry];
      }
    }
    return blocks.map((block, index) => new ConcreteArray(block, [...output.shape, ...inputs[index].shape], dtype));
  });
}

/** `expand` as a program, for products that are traced. */
function expansion({ sparsity, compression, outputs, inputs }: Compressed, { shape, dtype }: Aval): Program {
  const { rows, columns, indptr, indices } = sparsity;
  const from = new Int32Array(indices.length);
  eachReading(sparsity, compression, (entry, color, at) => (from[entry] = color * rows + at));
  const to = indices.slice();
  for (let row = 0; row < rows; row++)
    for (let entry = indptr[row]; entry < indptr[row + 1]; entry++) to[entry] += row * columns;
  const b = new Emitter();
  const products = b.reshape(b.input({ shape, dtype }), [sizeOf(shape)]);
  const places = (data: Int32Array) => b.constant({ shape: [data.length, 1], dtype: 'int32', data });
  const params = { axes: [0], batchDims: 0 };
  const entries = b.gather(products, places(from), params);
  const flat = b.scatterAdd(b.zeros({ shape: [rows * columns], dtype }), places(to), entries, params);
  const blocks = parts(b, b.reshape(flat, [rows, columns]), 0, outputs).flatMap((row, i) =>
    parts(b, row, 1, inputs).map((x, j) => b.reshape(x, [...outputs[i].shape, ...inputs[j].shape])),
  );
  return b.finish(blocks);
}

function jacobianWanted(program: Program, active: readonly boolean[], outputs: number): Wanted {
  const passes = total(program.inputAvals.filter((_, index) => active[index]));
  return { start: 0, end: outputs, kept: program.outputs.length, passes };
}

function isScalar(outputs: readonly Aval[]): boolean {
  return outputs.length === 1 && outputs[0].shape.length === 0;
}

/**
 * Column by column, or several columns at once.
 * @param outputs how many of the results are differentiated, which are float
 */
export function forwardJacobian(program: Program, active: readonly boolean[], outputs: number): MatrixProgram {
  return forward(program, active, jacobianWanted(program, active, outputs)) as MatrixProgram;
}

/** Row by row. */
export function reverseJacobian(program: Program, active: readonly boolean[], outputs: number): MatrixProgram {
  const outAvals = program.outputAvals.slice(0, outputs);
  if (isScalar(outAvals)) return { program: gradProgram(program, active) };
  const b = new Emitter(program.columns.positionTable);
  const primals = program.inputAvals.map((aval) => b.input(aval));
  const size = total(outAvals);
  const cotangents = basis(outAvals).map((value) => b.constant(value));
  const unused = program.outputAvals.slice(outputs).flatMap((aval) => (isFloat(aval.dtype) ? [b.zeros(aval)] : []));
  const pulled = vjpProgram(program, active);
  const out = transcribeBatch(
    b,
    pulled,
    [...primals, ...cotangents, ...unused],
    [...primals.map(() => false), ...cotangents.map(() => true), ...unused.map(() => false)],
    size,
  );
  const count = program.outputs.length;
  const gradients = out.rows
    .slice(count)
    .map((row, index) => parts(b, out.batched[count + index] ? row : b.repeat(row, size), 0, outAvals));
  const blocks = outAvals.flatMap(({ shape }, i) => gradients.map((each) => split(b, each[i], shape)));
  return { program: b.finish([...out.rows.slice(0, count), ...blocks]) };
}

/** A reverse pass costs a few forward ones. */
const REVERSE = 2;

/** Codes of the errors of functions that have one mode only (a while loop, a customVjp). */
const ONE_MODE = new Set(['no-reverse-mode', 'no-forward-mode']);

/** In the fewest passes: several columns at once, columns, or rows; by the other mode where the function has only one. */
export function fewestPasses(program: Program, active: readonly boolean[], outputs: number): MatrixProgram {
  const wanted = jacobianWanted(program, active, outputs);
  const columns = wanted.passes;
  const rows = total(program.outputAvals.slice(0, outputs));
  const passes = Math.min(columns, REVERSE * rows);
  const byColumns = columns <= REVERSE * rows && !(rows === 1 && columns > 1);
  const ways = [
    () => forward(program, active, { ...wanted, passes }, byColumns),
    () => reverseJacobian(program, active, outputs),
    () => forward(program, active, wanted),
  ];
  let failed: unknown;
  for (const way of ways) {
    try {
      const found = way();
      if (found) return found;
    } catch (error) {
      if (!(error instanceof GradLensError) || !ONE_MODE.has(error.code)) throw error;
      failed = error;
    }
  }
  throw failed;
}

/**
 * Second derivatives, forward over reverse: the rows are those of the Jacobian, its blocks one after the other. Those of a scalar
 * are symmetric, and where few of them are not zero a star colouring needs the fewest products.
 */
export function hessianProgram(program: Program, active: readonly boolean[], outputs: number): MatrixProgram {
  const { program: first } = reverseJacobian(program, active, outputs);
  const kept = program.outputs.length;
  const symmetric = isScalar(program.outputAvals.slice(0, outputs)) && hasSymmetricHessian(program);
  const wanted = { ...jacobianWanted(first, active, first.outputs.length), start: kept, kept, symmetric };
  return forward(first, active, wanted) as MatrixProgram;
}
