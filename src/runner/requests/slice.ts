/** `slice`: the function along one or two directions through the point. */
import { LinearizedProgram } from '../../engine/execute/adjoints';
import { gradientLinear, linearOf, pushForward, valuesAt, type Linear } from '../derivatives';
import { sweptProduct } from '../sweptProducts';
import { withTimeLimit } from '../limits';
import { plainFunction, withMoved } from '../plain';
import type { Slice, SliceParams } from '../protocol';
import { isPromise, outputSlot, record, type Recorded } from '../record';
import { extract } from '../../engine/transforms/transcribe';
import { recordTarget, type Context, type RecordedTarget } from './common';
import { gridOnGpu, type ExactGrid, type Grid } from './sliceGrid';
import { sliceLanes } from './sliceLanes';

/** Points a side at which the CPU computes the gradient field, at most: an arrow needs more room than a pixel. */
const FIELD_SIDE = 50;

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
  const about = {
    positions,
    slope: Float64Array.from(directions, (direction) => pushForward(linear, direction)[output]),
    curvature: curvatureAlong(recorded, directions[0], output),
    center: recorded.outputValues[output],
  };
  if (directions.length < 2) {
    const values = positions.map((position, index) => {
      context.progress(index + 1, samples, 'Slice');
      return evaluate(at(position, 0));
    });
    return { ...about, values, backend: 'interpret' };
  }
  const slopes = slopesAt(target, params, timeLimit);
  const along = Float64Array.from({ length: samples * samples }, (_, index) => positions[Math.floor(index / samples)]);
  const across = Float64Array.from({ length: samples * samples }, (_, index) => positions[index % samples]);
  const exact: ExactGrid = {
    size: samples * samples,
    value: (index) => evaluate(at(along[index], across[index])),
    slopes: (index) => slopes(at(along[index], across[index])),
  };
  const onGpu = await gridOnGpu(context, recorded, exact, () =>
    sliceLanes(recorded, directions, output, along, across),
  );
  return {
    ...about,
    ...(onGpu.grid ?? gridOnCpu(context, exact, samples)),
    ...(onGpu.notice ? { notice: onGpu.notice } : {}),
  };
}

function gridOnCpu({ progress }: Context, { size, value, slopes }: ExactGrid, samples: number): Grid {
  const values = new Float64Array(size);
  const field = { a: new Float64Array(size).fill(NaN), b: new Float64Array(size).fill(NaN) };
  const every = Math.ceil(samples / FIELD_SIDE);
  for (let index = 0; index < size; index++) {
    values[index] = value(index);
    if (Math.floor(index / samples) % every === 0 && (index % samples) % every === 0)
      [field.a[index], field.b[index]] = slopes(index);
    progress(index + 1, size, 'Slice');
  }
  return { values, field: { ...field, every }, backend: 'interpret' };
}

/** vᵀ H v of the chosen output. */
function curvatureAlong(recorded: Recorded, direction: Float64Array, output: number): number {
  const slot = outputSlot(recorded, output);
  if (slot?.size !== 1) return NaN;
  const program = extract(recorded.program, Array.from(recorded.program.inputs), [slot.row], true);
  const chosen = { ...recorded, program };
  const product = sweptProduct(chosen, direction) ?? pushForward(gradientLinear(chosen), direction);
  return product.reduce((sum, value, index) => sum + value * direction[index], 0);
}

/** Directional derivatives at other points: the program again where its guards hold, the function again where they do not. */
function slopesAt(
  { fn, args, wrt, recorded: first }: RecordedTarget,
  { directions, output = 0 }: SliceParams,
  timeLimit: number,
): (inputs: Float64Array) => [number, number] {
  // Neighbours mostly go the same way: the last program is tried first.
  let latest = first;
  return (inputs) => {
    let linear = linearAt(latest, inputs);
    if (!linear) {
      const again = withTimeLimit(timeLimit, () => withMoved(args, wrt, inputs, (moved) => record(fn, moved, wrt, [])));
      if (isPromise(again)) return [NaN, NaN];
      latest = again;
      linear = linearOf(again);
    }
    return [pushForward(linear, directions[0])[output], pushForward(linear, directions[1])[output]];
  };
}

/** The recorded program at another point; undefined where control flow goes another way. */
function linearAt(recorded: Recorded, inputValues: Float64Array): Linear | undefined {
  const values = valuesAt(recorded, inputValues);
  return (
    values && {
      ...linearOf(recorded),
      linearized: new LinearizedProgram(recorded.program, values.scalars, values.valueOf),
    }
  );
}
