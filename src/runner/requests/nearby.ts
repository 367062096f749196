/**
 * The net under everything that recording could miss: close to the point, where control flow goes the same way, the recorded program must give
 * what the plain function gives. Where every step changes a decision, differences must bear out the derivative (comparisons.ts).
 */
import { OPCODES } from '../../engine/primitives/opcodes';
import { valuesAt } from '../derivatives';
import { withTimeLimit } from '../limits';
import { plainFunction, seededDirection } from '../plain';
import type { Finding, Location, Target } from '../protocol';
import type { Recorded } from '../record';
import { shortNumber, type Context, type RecordedTarget } from './common';
import { curvatureLostThroughComparisons, hasRounding, lostThroughComparisons } from './comparisons';

/** Relative to each input: from large enough to tell a lost term from rounding, to close to the point. */
const STEPS = [1e-3, 1e-5];
const SEED = 11;
/** What may differ: a share of the change from the point, and of the values. What is lost is a part of the change. */
const EXACT = { change: 1e-6, size: 1e-9 };
const ROUNDED = { change: 1e-2, size: 1e-5 };

/** One finding where a part of the derivative is missing: of the first ones, or of the second ones of a scalar function too. */
export function lostNearby(
  context: Pick<Context, 'session' | 'timeLimit'>,
  target: Target,
  recordedTarget: RecordedTarget,
  fallback: Location,
  order: 1 | 2 = 1,
): Finding[] {
  const { recorded, wrt } = recordedTarget;
  const { inputValues: point, outputValues } = recorded;
  if (recorded.randomCalls > 0 || point.length === 0) return [];
  if (!outputValues.every(Number.isFinite)) return [];
  const direction = seededDirection(point.length, SEED);
  const beside = (side: number) => {
    for (const step of STEPS) {
      const moved = point.map((value, index) => value + side * step * direction[index] * (Math.abs(value) || 1));
      // Both must be at the same point, and the plain function may keep its inputs in float32.
      const inputs = recorded.float32 ? moved.map(Math.fround) : moved;
      const values = outputsAt(recorded, inputs);
      if (values) return { inputs, values };
    }
    return undefined;
  };
  const branches = recorded.program.columns.opcodes.includes(OPCODES.guard);
  const above = beside(1);
  // At the edge of a branch, or everywhere in a search by comparisons.
  const decides = !above || (branches && !beside(-1));
  if (decides || hasRounding(recorded)) {
    const lost = lostThroughComparisons(context, target, recordedTarget, fallback);
    if (lost.length > 0 || decides)
      return lost.length > 0 || order === 1 ? lost : curvatureLostThroughComparisons(context, recordedTarget, fallback);
  }
  const { inputs, values } = above;
  let plain: Float64Array;
  try {
    plain = withTimeLimit(context.timeLimit, () => plainFunction(context.session, target, wrt).evaluate(inputs));
  } catch {
    // An async function, or a point where it throws or does not end.
    return [];
  }
  if (plain.length !== values.length || !plain.every(Number.isFinite)) return [];
  const index = values.findIndex((value, output) =>
    differs(value, plain[output], outputValues[output], recorded.float32 ? ROUNDED : EXACT),
  );
  return index < 0 ? [] : [finding(values[index], plain[index], fallback)];
}

/** The recorded program at other inputs; undefined where control flow goes another way. */
function outputsAt(recorded: Recorded, inputValues: Float64Array): Float64Array | undefined {
  const values = valuesAt(recorded, inputValues);
  if (!values) return undefined;
  const out = new Float64Array(recorded.outputValues.length);
  for (const { row, offset } of recorded.outputs) out.set(values.valueOf(row).data, offset);
  return out;
}

function differs(value: number, plain: number, here: number, allowed: typeof EXACT): boolean {
  const change = Math.max(Math.abs(value - here), Math.abs(plain - here));
  const size = Math.max(Math.abs(value), Math.abs(plain), Math.abs(here));
  return Math.abs(value - plain) > allowed.change * change + allowed.size * size;
}

function finding(value: number, plain: number, location: Location): Finding {
  return {
    code: 'derivative-lost',
    message: `A part of the derivative is lost: close to the point the function gives ${shortNumber(plain)}, but the operations that GradLens could follow give ${shortNumber(value)}.`,
    location,
    hint: 'Look for numbers that leave an array or object by other means than loops, indices and assignments.',
  };
}
