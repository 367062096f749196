/** Derivatives by differences: Richardson extrapolation of central differences (Ridders' tableau), with an estimate of its error. */

export interface Difference {
  values: Float64Array;
  /** Estimated error, component by component. */
  errors: Float64Array;
}

const LEVELS = 8;
const RATIO = 1.6;

/** ∂f/∂direction at `point`, by Ridders' method. Steps are relative to the size of the point along the direction. */
export function richardson(
  f: (inputs: Float64Array) => Float64Array,
  point: Float64Array,
  direction: Float64Array,
  outputs: number,
  firstStep?: number,
): Difference {
  let scale = 0;
  for (let index = 0; index < point.length; index++) {
    if (direction[index] !== 0) scale = Math.max(scale, Math.abs(point[index]));
  }
  let step = firstStep ?? 0.02 * Math.max(scale, 0.1);
  const values = new Float64Array(outputs).fill(NaN);
  const errors = new Float64Array(outputs).fill(Infinity);
  const moved = new Float64Array(point.length);
  const at = (t: number): Float64Array => {
    for (let index = 0; index < point.length; index++) moved[index] = point[index] + t * direction[index];
    return f(moved);
  };
  let previous: Float64Array[] = [];
  for (let level = 0; level < LEVELS; level++, step /= RATIO) {
    const right = at(step);
    const left = at(-step);
    const row: Float64Array[] = [Float64Array.from({ length: outputs }, (_, k) => (right[k] - left[k]) / (2 * step))];
    let factor = RATIO * RATIO;
    for (let order = 1; order <= level; order++, factor *= RATIO * RATIO) {
      const better = new Float64Array(outputs);
      for (let k = 0; k < outputs; k++) {
        better[k] = (row[order - 1][k] * factor - previous[order - 1][k]) / (factor - 1);
        const error = Math.max(Math.abs(better[k] - row[order - 1][k]), Math.abs(better[k] - previous[order - 1][k]));
        if (error <= errors[k]) {
          errors[k] = error;
          values[k] = better[k];
        }
      }
      row.push(better);
    }
    if (level === 0) for (let k = 0; k < outputs; k++) values[k] = row[0][k];
    previous = row;
  }
  return { values, errors };
}
