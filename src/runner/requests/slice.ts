/** `slice`: the function along one or two directions through the point. */
import { LinearizedProgram } from '../../engine/execute/adjoints';
import { rowValues } from '../../engine/execute/rowValues';
import { GuardError } from '../../engine/errors';
import { gradientLinear, linearOf, pushForward, type Linear } from '../derivatives';
import { withTimeLimit } from '../limits';
import { movedArguments, plainFunction } from '../plain';
import type { Slice, SliceParams } from '../protocol';
import { isPromise, record, type Recorded } from '../record';
import { extract } from '../../engine/transforms/transcribe';
import { recordTarget, type Context } from './common';

const FIELD_SAMPLES = 2500;

export async function slice(context: Context, params: SliceParams): Promise<Slice> {
  const { session, timeLimit } = context;
  const { directions, radius, samples, output = 0 } = params;
  const target = await recordTarget(context, params);
  const { recorded } = target;
  const point = recorded.inputValues;
  const linear = linearOf(recorded);
  const plain = plainFunction(session, params, recorded.wrt);
  const positions = Float64Array.from({ length: samples }, (_, index) =>
    samples === 1 ? 0 : radius * ((2 * index) / (samples - 1) - 1),
  );
  const at = (a: number, b: number): Float64Array =>
    Float64Array.from(
      point,
      (value, index) => value + a * directions[0][index] + (directions.length > 1 ? b * directions[1][index] : 0),
    );
  const evaluate = (inputs: Float64Array): number =>
    withTimeLimit(timeLimit, () => plain.evaluate(inputs)[output] ?? NaN);
  const flat = directions.length < 2;
  const values = new Float64Array(flat ? samples : samples * samples);
  for (let i = 0; i < samples; i++) {
    if (flat) values[i] = evaluate(at(positions[i], 0));
    else for (let j = 0; j < samples; j++) values[i * samples + j] = evaluate(at(positions[i], positions[j]));
    context.progress(i + 1, samples, 'Slice');
  }
  const slope = Float64Array.from(directions, (direction) => pushForward(linear, direction)[output]);
  const field =
    flat || samples * samples > FIELD_SAMPLES ? undefined : gradientField(target, at, positions, params, timeLimit);
  return {
    positions,
    values,
    slope,
    curvature: curvatureAlong(recorded, directions[0], output),
    center: recorded.outputValues[output],
    ...(field ? { field } : {}),
    backend: 'interpret',
  };
}

/** vᵀ H v of the chosen output. */
function curvatureAlong(recorded: Recorded, direction: Float64Array, output: number): number {
  const slot = recorded.outputs.find(({ offset, size }) => output >= offset && output < offset + size);
  if (slot?.size !== 1) return NaN;
  const program = extract(recorded.program, Array.from(recorded.program.inputs), [slot.row], true);
  const product = pushForward(gradientLinear({ ...recorded, program }), direction);
  return product.reduce((sum, value, index) => sum + value * direction[index], 0);
}

/** Directional derivatives on the grid: the program again where its guards hold, the function again where they do not. */
function gradientField(
  { fn, args, wrt, recorded: first }: Awaited<ReturnType<typeof recordTarget>>,
  at: (a: number, b: number) => Float64Array,
  positions: Float64Array,
  { directions, output = 0 }: SliceParams,
  timeLimit: number,
): Slice['field'] {
  const samples = positions.length;
  const a = new Float64Array(samples * samples).fill(NaN);
  const b = new Float64Array(samples * samples).fill(NaN);
  // Neighbours mostly go the same way: the last program is tried first.
  let latest = first;
  for (let i = 0; i < samples; i++) {
    for (let j = 0; j < samples; j++) {
      const inputs = at(positions[i], positions[j]);
      let linear = linearAt(latest, inputs);
      if (!linear) {
        const again = withTimeLimit(timeLimit, () => record(fn, movedArguments(args, wrt, inputs), wrt, []));
        if (isPromise(again)) continue;
        latest = again;
        linear = linearOf(again);
      }
      a[i * samples + j] = pushForward(linear, directions[0])[output];
      b[i * samples + j] = pushForward(linear, directions[1])[output];
    }
  }
  return { a, b };
}

/** The recorded program at another point; undefined where control flow goes another way. */
function linearAt(recorded: Recorded, inputValues: Float64Array): Linear | undefined {
  try {
    const values = rowValues(recorded.program, inputValues);
    return {
      ...linearOf(recorded),
      linearized: new LinearizedProgram(recorded.program, values.scalars, values.valueOf),
    };
  } catch (error) {
    if (error instanceof GuardError) return undefined;
    throw error;
  }
}
