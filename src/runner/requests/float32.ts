/** How far off float32 results are: parts of them are computed again in float64 on the tape and compared. */
import { largestDeviation } from '../../engine/execute/gpu/error';
import { pullBack, pushForward, type Linear } from '../derivatives';
import type { Finding, Float32Report, LeafInfo, Location } from '../protocol';
import { pathOf } from '../values/layout';

/** Rows or columns of a matrix that are computed in float64 as well. */
const CHECKED_LANES = 16;

/** A part of a flat result (offset, stride between entries) in float64. */
export interface Lane {
  at: number;
  step: number;
  values: () => Float64Array;
}

/** The whole result, which is one vector. */
export function wholeLane(values: () => Float64Array): Lane[] {
  return [{ at: 0, step: 1, values }];
}

export function sampledRows(linear: Linear): Lane[] {
  const { inputSize, outputSize } = linear;
  return spread(outputSize).map((row) => ({
    at: row * inputSize,
    step: 1,
    values: () => pullBack(linear, unit(outputSize, row)),
  }));
}

export function sampledColumns(linear: Linear): Lane[] {
  const { inputSize } = linear;
  return spread(inputSize).map((column) => ({
    at: column,
    step: inputSize,
    values: () => pushForward(linear, unit(inputSize, column)),
  }));
}

/** At most CHECKED_LANES indices, first and last among them. */
export function spread(count: number): number[] {
  if (count <= CHECKED_LANES) return Array.from({ length: count }, (_, index) => index);
  return Array.from({ length: CHECKED_LANES }, (_, index) => Math.round((index * (count - 1)) / (CHECKED_LANES - 1)));
}

function unit(size: number, at: number): Float64Array {
  const vector = new Float64Array(size);
  vector[at] = 1;
  return vector;
}

/** @param nameOf the user's name of an entry of the result, by its flat index */
export function float32Report(
  values: ArrayLike<number>,
  lanes: readonly Lane[],
  { adapter, tolerance, nameOf }: { adapter?: string; tolerance: number; nameOf: (index: number) => string },
): Float32Report {
  const places: number[] = [];
  const expected: number[] = [];
  for (const { at, step, values: compute } of lanes) {
    compute().forEach((value, index) => {
      expected.push(value);
      places.push(at + step * index);
    });
  }
  const found = places.map((place) => values[place]);
  const { error, index } = largestDeviation(found, expected);
  return {
    ...(adapter === undefined ? {} : { adapter }),
    error,
    checked: expected.length,
    entries: values.length,
    ...(error > tolerance
      ? { worst: { name: nameOf(places[index]), found: found[index], expected: expected[index] } }
      : {}),
  };
}

/** Names of the entries of a matrix: `∂f[2]/∂x[5]`. */
export function entryNames(outputs: readonly LeafInfo[], inputs: readonly LeafInfo[], columns: number) {
  const single = outputs.length === 1 && outputs[0].size === 1;
  return (index: number): string => {
    const output = single ? '' : pathOf(outputs, Math.floor(index / columns));
    return `∂f${output}/∂${pathOf(inputs, index % columns)}`;
  };
}

/** The mark on a function whose float32 derivative is off by more than the tolerance. */
export function float32Finding({ error, worst }: Float32Report, location: Location): Finding | undefined {
  if (!worst) return undefined;
  const { name, found, expected } = worst;
  return {
    code: 'float32-error',
    message: `In float32 the derivative is off by ${error.toPrecision(2)} of its largest entry: ${name} is ${found.toPrecision(7)} on the GPU, ${expected.toPrecision(7)} in float64.`,
    location,
    hint: 'Set gradlens.backend to interpret, or rewrite the terms that cancel each other.',
  };
}
