/** Gradients, Jacobians, Hessians and products of a recorded function, as flat numbers. */
import { GENERAL, LinearizedProgram, type RowDerivatives } from '../engine/execute/adjoints';
import { compressHessian, compressJacobian, decompress } from '../engine/sparse/derivative';
import type { Compression } from '../engine/sparse/matrix';
import { symmetricSparsity, type Sparsity } from '../engine/sparse/sparsity';
import { hasSymmetricHessian } from '../engine/sparse/symmetry';
import { LANES, LaneSweeps } from '../engine/execute/lanes/sweeps';
import { scalarSparsity } from '../engine/execute/scalarSparsity';
import { GuardError } from '../engine/errors';
import { rowValues, type RowValues } from '../engine/execute/rowValues';
import { allocate, type ArrayValue } from '../engine/program/aval';
import { type Program } from '../engine/program/program';
import { gradientProgram } from './derivativePrograms';
import type { DenseMatrix, MatrixPart } from './protocol';
import { ArrayLanes } from './arrayLanes';
import { slotsOf, type Recorded, type Slot } from './record';

export type Progress = (done: number, total: number) => void;

/** A program at a point, between a flat input and a flat output vector. */
export interface Linear {
  linearized: LinearizedProgram;
  readonly inputs: readonly Slot[];
  readonly outputs: readonly Slot[];
  inputSize: number;
  outputSize: number;
}

export function linearOf(recorded: Recorded): Linear {
  const { linearized, inputValues, outputValues } = recorded;
  // Made when asked for, and once: each row and column of a matrix asks.
  let inputs: readonly Slot[] | undefined;
  let outputs: readonly Slot[] | undefined;
  return {
    linearized,
    get inputs() {
      return (inputs ??= recorded.inputs);
    },
    get outputs() {
      return (outputs ??= recorded.outputs);
    },
    inputSize: inputValues.length,
    outputSize: outputValues.length,
  };
}

/** Cotangent of the inputs for a cotangent of the outputs. */
export function pullBack(linear: Linear, cotangent: ArrayLike<number>): Float64Array {
  const { linearized, inputs, outputs } = linear;
  const seeds = outputs
    .filter(({ offset, size }) => anyNonZero(cotangent, offset, size))
    .map(({ row, offset, size }) => ({
      row,
      values: Array.from({ length: size }, (_, index) => cotangent[offset + index]),
    }));
  return gather(linearized, inputs, linearized.reverse(seeds), linear.inputSize);
}

/** Tangent of the outputs for a tangent of the inputs. */
export function pushForward(linear: Linear, tangent: ArrayLike<number>): Float64Array {
  const { linearized, inputs, outputs } = linear;
  const seeds = inputs
    .filter(({ offset, size }) => anyNonZero(tangent, offset, size))
    .map(({ row, offset, size }) => ({
      row,
      values: Array.from({ length: size }, (_, index) => tangent[offset + index]),
    }));
  return gather(linearized, outputs, linearized.forward(seeds), linear.outputSize);
}

/** A seed of zeros seeds nothing: forward and reverse mode then agree on where 0 · ∞ makes NaN. */
function anyNonZero(values: ArrayLike<number>, offset: number, size: number): boolean {
  for (let index = 0; index < size; index++) if (values[offset + index] !== 0) return true;
  return false;
}

/** The derivatives of the rows of `slots` in their places, zeros where they were not reached. */
export function gather(
  linearized: LinearizedProgram,
  slots: Iterable<Slot>,
  derivatives: RowDerivatives,
  size: number,
): Float64Array {
  const out = new Float64Array(size);
  for (const { row, offset } of slots) linearized.write(derivatives, row, out, offset);
  return out;
}

export type Direction = 'forward' | 'reverse';

/** The Jacobian, row by row or column by column, whichever is less work (or as told). */
export function jacobianOf(
  linear: Linear,
  direction?: Direction,
  progress?: Progress,
): { matrix: DenseMatrix; direction: Direction } {
  const { inputSize: columns, outputSize: rows } = linear;
  const chosen = direction ?? (rows <= columns ? 'reverse' : 'forward');
  const whole = chosen === 'reverse' ? { by: 'rows', to: rows } : { by: 'columns', to: columns };
  return { matrix: jacobianPart(linear, { ...whole, from: 0 } as MatrixPart, progress), direction: chosen };
}

/** Some rows of the Jacobian in reverse mode, or some of its columns in forward mode; a matrix of these alone. */
export function jacobianPart(linear: Linear, { by, from, to }: MatrixPart, progress?: Progress): DenseMatrix {
  const { inputSize, outputSize } = linear;
  const count = to - from;
  const [rows, columns] = by === 'rows' ? [count, inputSize] : [outputSize, count];
  const mode = by === 'rows' ? 'reverse' : 'forward';
  const sweeps = sweepsOf(linear, mode);
  if (sweeps) {
    const directions = Array.from({ length: count }, (_, index) => [from + index]);
    const values = sweeps.derivatives(mode, directions, { transposed: by === 'columns', progress });
    return { kind: 'dense', rows, columns, values };
  }
  const values = new Float64Array(rows * columns);
  if (by === 'rows') {
    const seed = new Float64Array(outputSize);
    for (let row = from; row < to; row++) {
      seed[row] = 1;
      values.set(pullBack(linear, seed), (row - from) * inputSize);
      seed[row] = 0;
      progress?.(row + 1 - from, count);
    }
  } else {
    const seed = new Float64Array(inputSize);
    for (let column = from; column < to; column++) {
      seed[column] = 1;
      pushForward(linear, seed).forEach((tangent, output) => (values[output * count + column - from] = tangent));
      seed[column] = 0;
      progress?.(column + 1 - from, count);
    }
  }
  return { kind: 'dense', rows, columns, values };
}

/** Milliseconds that `jacobianOf` will take, from one of its sweeps. */
export function predictJacobian(linear: Linear, direction: Direction): number {
  const { inputSize, outputSize } = linear;
  const size = direction === 'forward' ? inputSize : outputSize;
  const sweeps = sweepsOf(linear, direction);
  if (sweeps) return sweeps.predict(direction, size);
  const seed = new Float64Array(size);
  seed[0] = 1;
  const sweep = () => {
    const start = performance.now();
    if (direction === 'forward') pushForward(linear, seed);
    else pullBack(linear, seed);
    return performance.now() - start;
  };
  // The first one also warms up.
  return Math.min(sweep(), sweep()) * size;
}

/** Milliseconds that `hessianOf` will take where it takes one sweep an input; 0 where a colouring makes it cheaper. */
export function predictHessian(recorded: Recorded): number {
  const linear = gradientLinear(recorded);
  return hessianPattern(linear) ? 0 : predictJacobian(linear, 'forward');
}

/** Is everything a scalar? */
export function isScalar({ linearized, inputs, outputs }: Linear): boolean {
  const scalars = (slots: readonly Slot[]) => slots.every(({ row }) => linearized.isScalar(row));
  return scalars(inputs) && scalars(outputs) && !linearized.kinds.includes(GENERAL);
}

const lanes = new WeakMap<LinearizedProgram, LaneSweeps>();

/** Sweeps in lanes, where everything is a scalar. */
export function lanesOf(linear: Linear): LaneSweeps | undefined {
  const { linearized } = linear;
  let sweeps = lanes.get(linearized);
  if (sweeps || !LaneSweeps.fits(linearized) || !isScalar(linear)) return sweeps;
  sweeps = new LaneSweeps(linearized);
  lanes.set(linearized, sweeps);
  return sweeps;
}

/** Sweeps in several directions at a time. */
function sweepsOf(linear: Linear, mode: Direction): LaneSweeps | ArrayLanes | undefined {
  const ofScalars = lanesOf(linear);
  if (ofScalars || isScalar(linear)) return ofScalars;
  const { linearized, inputs, outputs } = linear;
  const [slots, size] = mode === 'forward' ? [inputs, linear.inputSize] : [outputs, linear.outputSize];
  if (!ArrayLanes.fits(linearized) || size < DIRECTIONS_A_SLOT * slots.length) return undefined;
  return new ArrayLanes(linearized, inputs, outputs);
}

/** Directions for each array from which on a program for all of them is cheaper than a sweep for each. */
const DIRECTIONS_A_SLOT = 4;

/** Where the derivative may differ from zero, if everything is a scalar and that is less than the share `fill` of all entries. */
export function patternOf(linear: Linear, fill: number): Sparsity | 'dense' | undefined {
  if (!isScalar(linear)) return undefined;
  const { linearized, inputs, outputs } = linear;
  const rows = (slots: readonly Slot[]) => slots.map(({ row }) => row);
  const most = fill * inputs.length * outputs.length;
  return scalarSparsity(linearized, rows(inputs), rows(outputs), most) ?? 'dense';
}

/** What the passes of a compressed derivative give, one a colour: of tangents in lanes where there are any, or of cotangents. */
export function compressedPasses(
  linear: Linear,
  { mode, coloring: { colors, count } }: Compression,
  progress?: Progress,
): Float64Array[] {
  const direction = mode === 'reverse' ? 'reverse' : 'forward';
  const sweeps = sweepsOf(linear, direction);
  if (!sweeps) {
    return Array.from({ length: count }, (_, color) => {
      const seed = Float64Array.from(colors, (own) => (own === color ? 1 : 0));
      progress?.(color, count);
      return mode === 'reverse' ? pullBack(linear, seed) : pushForward(linear, seed);
    });
  }
  const directions = Array.from({ length: count }, (): number[] => []);
  colors.forEach((color, index) => color >= 0 && directions[color].push(index));
  const products = sweeps.derivatives(direction, directions, { progress });
  const size = mode === 'reverse' ? linear.inputSize : linear.outputSize;
  return directions.map((_, color) => products.subarray(color * size, (color + 1) * size));
}

/** Inputs from which on the pattern of a Hessian is worth finding: fewer take two sweeps at the most. */
const PATTERN_WORTHWHILE = 2 * LANES;
/** Share of entries in the pattern above which a colouring saves less than it costs. */
const MAX_FILL = 0.25;

export interface Hessian {
  readonly matrix: DenseMatrix;
  /** Products that it took, where these are fewer than there are columns. */
  readonly colors?: number;
}

/**
 * The Hessian of a scalar function, forward over reverse: tangents of the gradient in lanes, and of several inputs at once where
 * a star colouring of the pattern says that these can be told apart (one of the columns where derivatives that the user states
 * need not make it symmetric).
 */
export function hessianOf(recorded: Recorded, progress?: Progress): Hessian {
  const linear = gradientLinear(recorded);
  const size = linear.inputSize;
  const dense = () => ({ matrix: jacobianOf(linear, 'forward', progress).matrix });
  const found = hessianPattern(linear);
  if (!found) return dense();
  const symmetric = hasSymmetricHessian(recorded.program);
  const sparsity = symmetric ? symmetricSparsity(found) : found;
  const compression = symmetric ? compressHessian(sparsity) : compressJacobian(sparsity, 'forward');
  const products = compressedPasses(linear, compression, progress);
  const entries = decompress(sparsity, compression, products);
  // Arrays are multiplied whole: where 0 · ∞ makes NaN, it must not come from another array than a column's own.
  if (linear.inputs.length > 1 && !isScalar(linear) && !entries.every(Number.isFinite)) return dense();
  const values = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let at = sparsity.indptr[row]; at < sparsity.indptr[row + 1]; at++)
      values[row * size + sparsity.indices[at]] = entries[at];
  }
  const { count } = compression.coloring;
  return { matrix: { kind: 'dense', rows: size, columns: size, values }, ...(count < size ? { colors: count } : {}) };
}

/** Which entries of a Hessian are not zero, of the gradient's program; undefined where that saves nothing. */
function hessianPattern(linear: Linear): Sparsity | undefined {
  const { inputSize: size } = linear;
  if (size <= PATTERN_WORTHWHILE) return undefined;
  const found = patternOf(linear, MAX_FILL);
  if (found !== undefined) return found === 'dense' ? undefined : found;
  const sweeps = sweepsOf(linear, 'forward');
  if (!(sweeps instanceof ArrayLanes)) return undefined;
  return sweeps.pattern(MAX_FILL * size * size);
}

/** Writing a gradient's program costs far more than running it at a point, and is the same at each. */
const gradients = new WeakMap<Program, Program>();

/** The gradient of a scalar function as a program of its own, at the same point, ready to be differentiated again. */
export function gradientLinear(recorded: Recorded): Linear {
  const { program, inputValues } = recorded;
  let gradient = gradients.get(program);
  if (!gradient) gradients.set(program, (gradient = gradientProgram(program)));
  const values = rowValues(gradient, inputValues);
  const linearized = new LinearizedProgram(gradient, values.scalars, values.valueOf);
  const size = inputValues.length;
  return {
    linearized,
    inputs: [...slotsOf(gradient, gradient.inputs)],
    outputs: [...slotsOf(gradient, gradient.outputs)],
    inputSize: size,
    outputSize: size,
  };
}

/** The values of all rows of the recorded program at other inputs; undefined where control flow goes another way. */
export function valuesAt({ program }: Recorded, inputValues: Float64Array): RowValues | undefined {
  try {
    return rowValues(program, inputValues);
  } catch (error) {
    if (error instanceof GuardError) return undefined;
    throw error;
  }
}

export function inputArrays({
  program,
  inputs,
  inputValues,
}: Pick<Recorded, 'program' | 'inputs' | 'inputValues'>): ArrayValue[] {
  return inputs.map(({ offset, size }, index) => {
    const { shape, dtype } = program.aval(program.inputs[index]);
    const data = allocate(dtype, size);
    for (let at = 0; at < size; at++) data[at] = inputValues[offset + at];
    return { shape, dtype, data };
  });
}
