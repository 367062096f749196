/**
 * How far float32 may be from float64 for one program at one point: every row's result is changed by a random relative error of the
 * size that kernels make, in float64, and the spread of the results is the bound. Where a program magnifies rounding the bound is
 * wide, where it does not it is narrow; an error in a formula is far outside of it.
 */
import { interpret } from '../../src/engine/execute/interpret';
import { isFloat, sizeOf, type ArrayValue } from '../../src/engine/program/aval';
import { Emitter } from '../../src/engine/program/emitter';
import { NONE, Program, type Row } from '../../src/engine/program/program';

/** Two units in the last place: the kernels' own functions are good to that. */
const ROUNDING = 2 ** -22;
const SAMPLES = 6;
/** For what a few samples miss. */
const SAFETY = 4;
/** Of the largest element: results that no row's rounding moves. */
const FLOOR = 2 ** -21;

export interface Expected {
  readonly outputs: readonly ArrayValue[];
  /** For each output the largest absolute error of each element. */
  readonly bounds: readonly Float64Array[];
}

/** The float64 results and how far float32 may be from them. */
export function expectedWithBounds(program: Program, inputs: readonly ArrayValue[], random: () => number): Expected {
  const outputs = interpret(program, inputs);
  const deviations = outputs.map(({ data }) => new Float64Array(data.length));
  for (let sample = 0; sample < SAMPLES; sample++) {
    interpret(disturbed(program, random), inputs).forEach(({ data }, output) => {
      data.forEach((value: number, index: number) => {
        const deviation = Math.abs(value - outputs[output].data[index]);
        deviations[output][index] = Math.max(deviations[output][index], deviation);
      });
    });
  }
  const bounds = outputs.map(({ data }, output) => {
    let scale = 2 ** -10;
    for (const value of data) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
    const largest = deviations[output].reduce((a, b) => Math.max(a, b), 0);
    return deviations[output].map((deviation) => SAFETY * deviation + largest + FLOOR * scale);
  });
  return { outputs, bounds };
}

/** The program with factors 1 ± ROUNDING on every float row, those of its sub-programs too. Guards are left out. */
function disturbed(program: Program, random: () => number): Program {
  const source = withSubPrograms(program, (inner) => disturbed(inner, random));
  const b = new Emitter(source.columns.positionTable);
  const map = new Int32Array(source.size).fill(NONE);
  const shaken = (row: Row): Row => {
    const { dtype, shape } = b.aval(row);
    if (!isFloat(dtype) || sizeOf(shape) === 0) return row;
    const data = Float64Array.from({ length: sizeOf(shape) }, () => 1 + ROUNDING * (2 * random() - 1));
    return b.mul(row, b.constant({ shape, dtype: 'float64', data }));
  };
  const moves = new Set(['literal', 'constant', 'guard', 'reshape', 'transpose', 'broadcastInDim', 'slice', 'gather']);
  for (let row = 0; row < source.size; row++) {
    const name = source.name(row);
    // Each element apart, and inputs too: a sum that cancels rounds by the size of its terms, not by its own.
    if (name === 'input') map[row] = shaken(b.input(source.aval(row)));
    else if (name === 'guard') map[row] = map[source.operand(row, 0)];
    else {
      map[row] = b.copy(source, row, map);
      if (!moves.has(name) && !source.hasSeveralResults(row)) map[row] = shaken(map[row]);
    }
  }
  return b.finish(Array.from(source.outputs, (row) => map[row]));
}

function withSubPrograms(program: Program, change: (inner: Program) => Program): Program {
  const { columns } = program;
  const mapped = (value: unknown): unknown => {
    if (value instanceof Program) return change(value);
    if (Array.isArray(value)) return value.map(mapped);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapped(item)]));
  };
  return new Program({ ...columns, params: columns.params.map(mapped) as typeof columns.params });
}

/** The largest error of an output as a multiple of its bound; past 1 is wrong. NaN and infinities must agree. */
export function worstOfBound(found: readonly ArrayValue[], { outputs, bounds }: Expected): number {
  let worst = 0;
  outputs.forEach((want, output) => {
    const got = found[output];
    if (got.shape.join() !== want.shape.join())
      throw new Error(`output ${output}: shape ${got.shape} instead of ${want.shape}`);
    want.data.forEach((value: number, index: number) => {
      if (Object.is(value, got.data[index])) return;
      const ratio = Math.abs(got.data[index] - value) / bounds[output][index];
      worst = Math.max(worst, Number.isNaN(ratio) ? Infinity : ratio);
    });
  });
  return worst;
}
