/**
 * What a result owes to its inputs through comparisons only (a bisection, a count of steps), or through rounding to many digits, has no
 * derivative in the recorded program. Where a program decides or rounds by the inputs, its derivative along one direction is compared with
 * differences of the plain function.
 */
import { OPCODES } from '../../engine/primitives/opcodes';
import { gradientLinear, linearOf, pullBack, pushForward, type Linear } from '../derivatives';
import { withTimeLimit } from '../limits';
import { atOnce, plainFunction, seededDirection, withMoved } from '../plain';
import type { Finding, Location, Target } from '../protocol';
import { record, type Recorded } from '../record';
import { locationOf, shortNumber, type Context, type RecordedTarget } from './common';

/** Relative to each input. A jump gives slopes that grow as the step shrinks; a slope that is there gives the same three times. */
const EXACT: Precision = { steps: [1e-3, 1e-4, 1e-5], rounding: 1e-14 };
const FLOAT32: Precision = { steps: [3e-2, 1e-2, 3e-3], rounding: 1e-6 };
/** Along a single direction a part of the derivative that is missing may be small by chance. */
const SEEDS = [7, 19];

interface Precision {
  steps: readonly number[];
  /** Of a value, relative to it. */
  rounding: number;
}

/** One finding where the slopes of the plain function agree among themselves and contradict the derivative. */
export function lostThroughComparisons(
  { session, timeLimit }: Pick<Context, 'session' | 'timeLimit'>,
  target: Target,
  { recorded, wrt }: RecordedTarget,
  fallback: Location,
): Finding[] {
  const found = contradiction(recorded, timeLimit, {
    here: recorded.outputValues,
    linear: () => linearOf(recorded),
    evaluator: () => plainFunction(session, target, wrt).evaluate,
  });
  if (!found) return [];
  const { along, before, after, between, taken, edge, rounding, location = fallback } = found;
  if (rounding) {
    const message = `Derivative lost here: the result follows the inputs through this rounding too. Differences${along} give ${between}, the derivative is ${taken}.`;
    return [{ code: 'derivative-lost', message, location, hint: ROUNDING_HINT }];
  }
  if (edge) {
    const message = `The point is at the edge of a branch: the slopes to both sides${along} are ${before} and ${after}, and ${taken} is taken.`;
    return [{ code: 'non-differentiable', message, location, hint: 'Move the point.' }];
  }
  const message = `Derivative lost here: the result depends on the inputs through this comparison too. Differences${along} give ${between}, the derivative is ${taken}.`;
  return [{ code: 'derivative-lost', message, location, hint: SEARCH_HINT }];
}

/**
 * The same for second derivatives of a scalar function: a minimum that is searched by comparisons has the right gradient (what the search
 * finds does not change the value to first order), but half a Hessian. Gradients are recorded anew beside the point.
 */
export function curvatureLostThroughComparisons(
  { timeLimit }: Pick<Context, 'timeLimit'>,
  { recorded, wrt, fn, args, found: { parameters } }: RecordedTarget,
  fallback: Location,
): Finding[] {
  const names = parameters.map(({ name }) => name);
  const found = contradiction(recorded, timeLimit, {
    here: pullBack(linearOf(recorded), [1]),
    linear: () => gradientLinear(recorded),
    evaluator: () => (inputs) =>
      withMoved(args, wrt, inputs, (moved) => pullBack(linearOf(atOnce(record(fn, moved, wrt, names))), [1])),
  });
  if (!found) return [];
  const { along, before, after, between, taken, edge, location = fallback } = found;
  if (edge) {
    const message = `The point is at the edge of a branch: the second derivatives to both sides${along} are ${before} and ${after}, and ${taken} is taken.`;
    return [{ code: 'non-differentiable', message, location, hint: 'Move the point.' }];
  }
  const message = `Second derivative lost here: the gradient depends on the inputs through this comparison too. Differences of gradients${along} give ${between}, the second derivative is ${taken}.`;
  return [{ code: 'derivative-lost', message, location, hint: SEARCH_HINT }];
}

const SEARCH_HINT =
  'A search by comparisons has no derivative of its own: end it with one Newton step on the equation that it solves.';

const ROUNDING_HINT = 'Round what is shown, not what is computed with.';

/** A vector that the inputs determine, and two ways to its derivative. */
interface Compared {
  here: Float64Array;
  /** Its derivative, as the recorded program has it. */
  linear: () => Linear;
  /** The vector anew at other inputs, whatever is decided there. */
  evaluator: () => (inputs: Float64Array) => Float64Array;
}

/** Slopes as a reader is told them: of the only input, or along one direction. */
interface Contradiction {
  along: string;
  before: string;
  after: string;
  between: string;
  taken: string;
  /** The slopes to both sides differ. */
  edge: boolean;
  /** What stands there rounds, it does not decide. */
  rounding: boolean;
  location: Location | undefined;
}

function contradiction(
  recorded: Recorded,
  timeLimit: number,
  { here, linear, evaluator }: Compared,
): Contradiction | undefined {
  if (recorded.randomCalls > 0 || !here.every(Number.isFinite)) return undefined;
  const busiest = busiestStep(recorded);
  if (!busiest) return undefined;
  const derivative = linear();
  for (const seed of recorded.inputValues.length > 1 ? SEEDS : SEEDS.slice(0, 1)) {
    const found = contradictionAlong(recorded, timeLimit, seed, { here, derivative, evaluator });
    if (found) return { ...found, rounding: busiest.rounding, location: locationOf(busiest.site) };
  }
  return undefined;
}

function contradictionAlong(
  { inputValues: point, float32 }: Recorded,
  timeLimit: number,
  seed: number,
  { here, derivative, evaluator }: Pick<Compared, 'here' | 'evaluator'> & { derivative: Linear },
): Omit<Contradiction, 'location' | 'rounding'> | undefined {
  const direction = seededDirection(point.length, seed).map((value, index) => value * (Math.abs(point[index]) || 1));
  const taken = pushForward(derivative, direction);
  const precision = float32 ? FLOAT32 : EXACT;
  let slopes: Slopes[];
  try {
    slopes = withTimeLimit(timeLimit, () => {
      const evaluate = evaluator();
      const at = (step: number) => evaluate(point.map((value, index) => value + step * direction[index]));
      return precision.steps.map((step) => ({ step, left: at(-step), right: at(step) }));
    });
  } catch {
    // An async function, or a point beside this one where it throws or does not end.
    return undefined;
  }
  const index = taken.findIndex((value, output) =>
    contradicts(slopes, here[output], value, output, precision.rounding),
  );
  if (index < 0) return undefined;
  const [, { step, left, right }] = slopes;
  const single = direction.length === 1;
  const unit = single ? direction[0] : 1;
  const [a, b] = [(here[index] - left[index]) / (step * unit), (right[index] - here[index]) / (step * unit)];
  const [before, after] = unit < 0 ? [b, a] : [a, b];
  return {
    along: single ? '' : ' along one direction',
    before: show(before),
    after: show(after),
    between: show((before + after) / 2),
    taken: show(taken[index] / unit),
    edge: Math.abs(after - before) > 0.1 * Math.max(Math.abs(after), Math.abs(before)),
  };
}

interface Slopes {
  step: number;
  left: Float64Array;
  right: Float64Array;
}

function contradicts(
  slopes: readonly Slopes[],
  here: number,
  derivative: number,
  output: number,
  rounding: number,
): boolean {
  if (!Number.isFinite(derivative)) return false;
  const values = slopes.map(({ step, left, right }) => (right[output] - left[output]) / (2 * step));
  const noise = (rounding * Math.max(Math.abs(here), 1e-300)) / slopes[slopes.length - 1].step;
  const [smallest, middle, largest] = [...values].sort((a, b) => a - b);
  const spread = largest - smallest;
  // Of a staircase (a search that ends early) only the mean slope is known.
  const allowed = derivative === 0 ? 0.3 : 0.02;
  if (!(spread <= allowed * Math.abs(middle) + noise)) return false;
  const size = Math.max(Math.abs(middle), Math.abs(derivative));
  return Math.abs(middle - derivative) > 3 * spread + 1e-3 * size + 10 * noise;
}

const ROUNDING: readonly number[] = [OPCODES.floor, OPCODES.ceil, OPCODES.trunc, OPCODES.roundHalfUp];

/** Does a program round anything? */
export function hasRounding({ program }: Recorded): boolean {
  return ROUNDING.some((opcode) => program.columns.opcodes.includes(opcode));
}

/** Where most is decided or rounded, of what depends on the inputs. */
function busiestStep({ program }: Recorded): { site: number; rounding: boolean } | undefined {
  const { opcodes, positions } = program.columns;
  const reached = new Uint8Array(program.size);
  const counts = new Map<number, { site: number; rounding: boolean; count: number }>();
  for (let row = 0; row < program.size; row++) {
    if (opcodes[row] === OPCODES.input) reached[row] = 1;
    else for (const operand of program.operands(row)) reached[row] |= reached[operand];
    const rounding = ROUNDING.includes(opcodes[row]);
    if ((opcodes[row] !== OPCODES.guard && !rounding) || reached[row] === 0) continue;
    const site = positions[row] || positions[program.operand(row, 0)];
    const known = counts.get(site);
    if (known) known.count++;
    else counts.set(site, { site, rounding, count: 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count).at(0);
}

/** A slope of −0 is 0 to a reader. */
const show = (slope: number) => shortNumber(slope + 0, 4);
