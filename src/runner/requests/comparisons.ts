/**
 * What a result owes to its inputs through comparisons only (a bisection, a count of steps) has no derivative in the recorded program. Where a
 * program has decisions that depend on the inputs, its derivative along one direction is compared with differences of the plain function.
 */
import { OPCODES } from '../../engine/primitives/opcodes';
import { linearOf, pushForward } from '../derivatives';
import { withTimeLimit } from '../limits';
import { plainFunction, seededDirection } from '../plain';
import type { Finding, Location, Target } from '../protocol';
import type { Recorded } from '../record';
import { locationOf, shortNumber, type Context, type RecordedTarget } from './common';

/** Relative to each input. A jump gives slopes that grow as the step shrinks; a slope that is there gives the same three times. */
const STEPS = [1e-3, 1e-4, 1e-5];
const SEED = 7;

/** One finding where the slopes of the plain function agree among themselves and contradict the derivative. */
export function lostThroughComparisons(
  { session, timeLimit }: Pick<Context, 'session' | 'timeLimit'>,
  target: Target,
  { recorded, wrt }: RecordedTarget,
  fallback: Location,
): Finding[] {
  if (recorded.randomCalls > 0 || recorded.float32 || !recorded.outputValues.every(Number.isFinite)) return [];
  const site = busiestDecision(recorded);
  if (site === undefined) return [];
  const point = recorded.inputValues;
  const direction = seededDirection(point.length, SEED).map((value, index) => value * (Math.abs(point[index]) || 1));
  const derivative = pushForward(linearOf(recorded), direction);
  let slopes: Slopes[];
  try {
    slopes = withTimeLimit(timeLimit, () => {
      const { evaluate } = plainFunction(session, target, wrt);
      const at = (step: number) => evaluate(point.map((value, index) => value + step * direction[index]));
      return STEPS.map((step) => ({ step, left: at(-step), right: at(step) }));
    });
  } catch {
    // An async function, or a point beside this one where it throws or does not end.
    return [];
  }
  const index = derivative.findIndex((value, output) =>
    contradicts(slopes, recorded.outputValues[output], value, output),
  );
  if (index < 0) return [];
  const location = locationOf(site) ?? fallback;
  const [, { step, left, right }] = slopes;
  const here = recorded.outputValues[index];
  const single = direction.length === 1;
  const unit = single ? direction[0] : 1;
  const [a, b] = [(here - left[index]) / (step * unit), (right[index] - here) / (step * unit)];
  const [before, after] = unit < 0 ? [b, a] : [a, b];
  const taken = show(derivative[index] / unit);
  const along = single ? '' : ' along one direction';
  if (Math.abs(after - before) > 0.1 * Math.max(Math.abs(after), Math.abs(before))) {
    const message = `The point is at the edge of a branch: the slopes to both sides${along} are ${show(before)} and ${show(after)}, and ${taken} is taken.`;
    return [{ code: 'non-differentiable', message, location, hint: 'Move the point.' }];
  }
  return [
    {
      code: 'derivative-lost',
      message: `Derivative lost here: the result depends on the inputs through this comparison too. Differences${along} give ${show((before + after) / 2)}, the derivative is ${taken}.`,
      location,
      hint: 'A search by comparisons has no derivative of its own: end it with one Newton step on the equation that it solves.',
    },
  ];
}

interface Slopes {
  step: number;
  left: Float64Array;
  right: Float64Array;
}

function contradicts(slopes: readonly Slopes[], here: number, derivative: number, output: number): boolean {
  if (!Number.isFinite(derivative)) return false;
  const values = slopes.map(({ step, left, right }) => (right[output] - left[output]) / (2 * step));
  const noise = (1e-14 * Math.max(Math.abs(here), 1e-300)) / STEPS[2];
  const [smallest, middle, largest] = [...values].sort((a, b) => a - b);
  const spread = largest - smallest;
  // Of a staircase (a search that ends early) only the mean slope is known.
  const allowed = derivative === 0 ? 0.3 : 0.02;
  if (!(spread <= allowed * Math.abs(middle) + noise)) return false;
  return Math.abs(middle - derivative) > 0.05 * Math.max(Math.abs(middle), Math.abs(derivative)) + 10 * noise;
}

/** The site of the decision that was taken most often, of those that depend on the inputs. */
function busiestDecision({ program }: Recorded): number | undefined {
  const { opcodes, positions } = program.columns;
  const reached = new Uint8Array(program.size);
  const counts = new Map<number, number>();
  for (let row = 0; row < program.size; row++) {
    if (opcodes[row] === OPCODES.input) reached[row] = 1;
    else for (const operand of program.operands(row)) reached[row] |= reached[operand];
    if (opcodes[row] !== OPCODES.guard || reached[row] === 0) continue;
    const site = positions[row] || positions[program.operand(row, 0)];
    counts.set(site, (counts.get(site) ?? 0) + 1);
  }
  let busiest: number | undefined;
  for (const [site, count] of counts) if (busiest === undefined || count > (counts.get(busiest) ?? 0)) busiest = site;
  return busiest;
}

/** A slope of −0 is 0 to a reader. */
const show = (slope: number) => shortNumber(slope + 0, 4);
