/** The directions of a slice from what is chosen in its two lists. */
import type { Inspection } from '../../runner/protocol';

/** `input:3`, `gradient`, `random` or `none` as a vector of the flat input space; undefined where there is none. */
export function directionVector(choice: string, inspection: Inspection, output: number): Float64Array | undefined {
  const n = inspection.inputValues.length;
  if (n === 0 || choice === 'none') return undefined;
  if (choice === 'gradient') {
    const gradient = gradientRow(inspection, output);
    return gradient === undefined ? undefined : normalized(gradient);
  }
  if (choice === 'random') return normalized(pseudoRandom(n));
  const index = Number(choice.replace('input:', ''));
  if (!(index >= 0 && index < n)) return undefined;
  const vector = new Float64Array(n);
  vector[index] = 1;
  return vector;
}

/** One or two directions; the second only where it is another one. */
export function directionsOf(
  inspection: Inspection,
  choice: { along: string; across: string; output: number },
): Float64Array[] {
  const first =
    directionVector(choice.along, inspection, choice.output) ?? directionVector('input:0', inspection, choice.output);
  if (first === undefined) return [];
  const second = choice.across === choice.along ? undefined : directionVector(choice.across, inspection, choice.output);
  return second === undefined ? [first] : [first, second];
}

/** The row of the Jacobian that belongs to an output. */
export function gradientRow({ matrix }: Inspection, output: number): Float64Array | undefined {
  if (matrix === undefined || output >= matrix.rows) return undefined;
  if (matrix.kind === 'dense') return matrix.values.slice(output * matrix.columns, (output + 1) * matrix.columns);
  const row = new Float64Array(matrix.columns);
  for (let e = matrix.rowStarts[output]; e < matrix.rowStarts[output + 1]; e++)
    row[matrix.columnIndices[e]] = matrix.values[e];
  return row;
}

function normalized(vector: Float64Array): Float64Array | undefined {
  const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  return norm > 0 && Number.isFinite(norm) ? vector.map((x) => x / norm) : undefined;
}

/** The same direction every time, so that a slice can be compared with the one before (mulberry32). */
function pseudoRandom(n: number): Float64Array {
  let state = 0x9e3779b9;
  return Float64Array.from({ length: n }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}
