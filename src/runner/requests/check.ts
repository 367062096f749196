/** `check`: is the derivative right? Taylor test, dot-product test, Richardson differences, and a hand-written gradient if there is one. */
import { linearOf, jacobianOf, pullBack, pushForward, type Linear } from '../derivatives';
import { richardson } from '../differences';
import { withTimeLimit } from '../limits';
import { plainFunction, seededDirection, numbersOf, type PlainFunction } from '../plain';
import type { CheckPart, CheckReport, DenseMatrix, RunnerRequests, Target } from '../protocol';
import type { Recorded } from '../record';
import { pathOf } from '../values/layout';
import { recordTarget, type Context } from './common';
import { warningsOf } from './evaluate';
import { impurity } from './purity';

const DEFAULT_TOLERANCE = 1e-6;
/** Where the function rounds to float32, differences know no more than this. */
const FLOAT32_TOLERANCE = 5e-3;
const STEPS = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7];
/** Columns of the Jacobian that are compared at most. */
const MAX_COLUMNS = 400;

export async function check(context: Context, params: Target & { tolerance?: number }): Promise<CheckReport> {
  const own = context.session.find(params.file, params.fn);
  // A hand-written gradient is checked against the function that it belongs to.
  const claimed = own.gradientOf;
  const of: Target =
    claimed === undefined
      ? params
      : {
          ...params,
          fn: claimed,
          at: params.at ?? (params.args ? undefined : own.points[0]?.expression),
          ...(params.wrt ? {} : { wrt: undefined }),
        };
  const target = await recordTarget(context, of);
  const { recorded } = target;
  const tolerance = params.tolerance ?? (recorded.float32 ? FLOAT32_TOLERANCE : DEFAULT_TOLERANCE);
  const linear = linearOf(recorded);
  const plain = plainFunction(context.session, of, recorded.wrt);
  const limited: PlainFunction['evaluate'] = (inputs) => withTimeLimit(context.timeLimit, () => plain.evaluate(inputs));
  const f = (inputs: Float64Array): Float64Array => fit(limited(inputs), recorded.outputValues.length);
  const { matrix: derivative } = jacobianOf(linear);
  const parts: CheckPart[] = [finitePart(recorded, derivative)];
  const taylor = taylorTest(linear, recorded, f);
  parts.push(taylor.part);
  const dot = dotProductTest(linear, recorded.float32 ? 1e-5 : 1e-10);
  parts.push(dot.part);
  const compared = compare(context, recorded, derivative, f, tolerance);
  parts.push(compared.part);
  const location = { file: params.file, ...own.nameRange };
  const warnings = [...warningsOf(target, params), ...impurity(context, of, target, location)];
  if (warnings.some(({ code }) => code === 'derivative-lost')) {
    parts.push({
      name: 'nothing lost',
      passed: false,
      message: 'A derivative was lost on the way: see the warnings.',
      error: Infinity,
      tolerance: 0,
    });
  }
  if (warnings.some(({ code }) => code === 'impure')) {
    parts.push({
      name: 'repeatable',
      passed: false,
      message: 'The function gives different results at the same point.',
      error: Infinity,
      tolerance: 0,
    });
  }
  const mismatch =
    claimed === undefined ? undefined : compareClaim(context, params, recorded, derivative, tolerance, parts);
  const failed = parts.filter(({ passed }) => !passed);
  return {
    passed: failed.length === 0,
    verdict:
      failed.length === 0
        ? claimed === undefined
          ? `The derivative of \`${params.fn}\` is right, as far as ${parts.length} tests can tell.`
          : `The gradient of \`${claimed}\` is what \`${params.fn}\` gives, as far as ${parts.length} tests can tell.`
        : failed[0].message,
    parts,
    taylor: taylor.data,
    dotProduct: dot.data,
    derivative,
    differences: compared.differences,
    errors: compared.errors,
    ...(mismatch ? { mismatch } : {}),
    inputs: recorded.inputLeaves,
    outputs: recorded.outputLeaves,
    warnings,
  };
}

/** Another branch may return more or fewer numbers; those count as NaN. */
function fit(values: Float64Array, size: number): Float64Array {
  if (values.length === size) return values;
  return new Float64Array(size).fill(NaN);
}

function finitePart(recorded: Recorded, derivative: DenseMatrix): CheckPart {
  let bad = derivative.values.findIndex((value) => !Number.isFinite(value));
  const value = recorded.outputValues.find((output) => !Number.isFinite(output));
  if (bad < 0 && value === undefined)
    return { name: 'finite', passed: true, message: 'All values and derivatives are finite.', error: 0, tolerance: 0 };
  if (value !== undefined)
    return {
      name: 'finite',
      passed: false,
      message: `The value is ${value} at this point.`,
      error: Infinity,
      tolerance: 0,
    };
  const entry = derivative.values[bad];
  bad %= derivative.columns;
  return {
    name: 'finite',
    passed: false,
    message: `The derivative by ${pathOf(recorded.inputLeaves, bad)} is ${entry}.`,
    error: Infinity,
    tolerance: 0,
  };
}

function norm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index] * values[index];
  return Math.sqrt(sum);
}

/** What the first-order prediction leaves over must shrink with the square of the step. */
function taylorTest(
  linear: Linear,
  recorded: Recorded,
  f: (inputs: Float64Array) => Float64Array,
): { part: CheckPart; data: CheckReport['taylor'] } {
  const { inputValues, outputValues } = recorded;
  const direction = seededDirection(inputValues.length, 20);
  const scale = Math.max(1e-3, ...Array.from(inputValues, Math.abs).slice(0, 1000));
  for (let index = 0; index < direction.length; index++) direction[index] *= scale / Math.max(norm(direction), 1e-300);
  const slopeAlong = pushForward(linear, direction);
  const zeroth = new Float64Array(STEPS.length);
  const first = new Float64Array(STEPS.length);
  STEPS.forEach((h, step) => {
    const moved = f(Float64Array.from(inputValues, (value, index) => value + h * direction[index]));
    const change = moved.map((value, index) => value - outputValues[index]);
    zeroth[step] = norm(change);
    first[step] = norm(change.map((value, index) => value - h * slopeAlong[index]));
  });
  const floor = (recorded.float32 ? 1e-6 : 1e-14) * Math.max(norm(outputValues), norm(slopeAlong), 1e-300) * 64;
  // Rounding drowns the remainder below this; a linear function leaves nothing over.
  const usable = STEPS.map((_, step) => step).filter((step) => first[step] > floor && Number.isFinite(first[step]));
  const slope =
    usable.length >= 2
      ? fitted(
          usable.map((step) => Math.log10(STEPS[step])),
          usable.map((step) => Math.log10(first[step])),
        )
      : 2;
  const finite = first.every(Number.isFinite);
  const tail = usable.length >= 3 ? usable.slice(-3) : usable;
  const tailSlope =
    tail.length >= 2
      ? fitted(
          tail.map((step) => Math.log10(STEPS[step])),
          tail.map((step) => Math.log10(first[step])),
        )
      : slope;
  const best = Math.max(slope, tailSlope);
  const passed = finite && (usable.length < 2 || best > 1.6);
  const message = passed
    ? usable.length < 2
      ? 'The function is linear along the direction tried.'
      : `The remainder shrinks as h^${best.toFixed(2)} (2 expected).`
    : finite
      ? `The remainder shrinks only as h^${best.toFixed(2)}, where 2 is expected: the derivative is wrong, or there is a kink nearby.`
      : 'The function is not finite near the point.';
  return {
    part: { name: 'Taylor', passed, message, error: Math.abs(2 - best), tolerance: 0.4 },
    data: { steps: Float64Array.from(STEPS), zeroth, first, slope: best },
  };
}

function fitted(x: number[], y: number[]): number {
  const meanX = x.reduce((a, b) => a + b, 0) / x.length;
  const meanY = y.reduce((a, b) => a + b, 0) / y.length;
  let top = 0;
  let bottom = 0;
  x.forEach((value, index) => {
    top += (value - meanX) * (y[index] - meanY);
    bottom += (value - meanX) ** 2;
  });
  return top / bottom;
}

/** ⟨u, J v⟩ by forward mode is ⟨Jᵀ u, v⟩ by reverse mode. */
function dotProductTest(linear: Linear, tolerance: number): { part: CheckPart; data: CheckReport['dotProduct'] } {
  const v = seededDirection(linear.inputSize, 3);
  const u = seededDirection(linear.outputSize, 7);
  const forward = pushForward(linear, v);
  const backward = pullBack(linear, u);
  const left = forward.reduce((sum, value, index) => sum + value * u[index], 0);
  const right = backward.reduce((sum, value, index) => sum + value * v[index], 0);
  const size = Math.max(Math.abs(left), Math.abs(right), norm(forward) * norm(u) * 1e-3, 1e-300);
  const error = Math.abs(left - right) / size;
  const passed = error < tolerance;
  const message = passed
    ? 'Forward and reverse mode agree.'
    : `Forward and reverse mode disagree: ${left} and ${right}.`;
  return { part: { name: 'dot product', passed, message, error, tolerance }, data: { left, right, error } };
}

function compare(
  context: Context,
  recorded: Recorded,
  derivative: DenseMatrix,
  f: (inputs: Float64Array) => Float64Array,
  tolerance: number,
): { part: CheckPart; differences: DenseMatrix; errors: DenseMatrix } {
  const { rows, columns, values } = derivative;
  const differences = new Float64Array(rows * columns).fill(NaN);
  const errors = new Float64Array(rows * columns).fill(NaN);
  const stride = Math.max(1, Math.ceil(columns / MAX_COLUMNS));
  const scale = Math.max(1e-8, ...rowScales(derivative));
  const direction = new Float64Array(columns);
  let worst = { error: 0, index: -1, unsure: false };
  for (let column = 0; column < columns; column += stride) {
    direction[column] = 1;
    const { values: found, errors: estimates } = richardson(
      f,
      recorded.inputValues,
      direction,
      rows,
      recorded.float32 ? 0.1 : undefined,
    );
    direction[column] = 0;
    for (let row = 0; row < rows; row++) {
      const index = row * columns + column;
      const ours = values[index];
      differences[index] = found[row];
      const size = Math.max(Math.abs(ours), Math.abs(found[row]), 1e-6 * scale, 1e-12);
      errors[index] = Math.abs(ours - found[row]) / size;
      // Differences are no better than their own error; rounding makes that some 1e-10 of the value.
      const allowed = tolerance + Math.min(1e-3, (10 * estimates[row]) / size);
      const over = Number.isFinite(errors[index]) ? errors[index] / allowed : Infinity;
      if (over > worst.error) worst = { error: over, index, unsure: estimates[row] / size > 1e-3 };
    }
    context.progress(column + 1, columns, 'Differences');
  }
  const passed = worst.error <= 1;
  const largest = worst.index < 0 ? 0 : errors[worst.index];
  const path = worst.index < 0 ? '' : pathOf(recorded.inputLeaves, worst.index % columns);
  const message = passed
    ? `All components agree with differences${stride > 1 ? ` (every ${stride}th compared)` : ''}.`
    : `The derivative by ${path} is ${values[worst.index]}, differences give ${differences[worst.index]}${worst.unsure ? ' (but they are unsure: is there a kink nearby?)' : ''}.`;
  return {
    part: { name: 'differences', passed, message, error: largest, tolerance },
    differences: { kind: 'dense', rows, columns, values: differences },
    errors: { kind: 'dense', rows, columns, values: errors },
  };
}

function* rowScales({ values }: DenseMatrix): Iterable<number> {
  let largest = 0;
  for (const value of values) if (Math.abs(value) > largest) largest = Math.abs(value);
  yield largest;
}

function compareClaim(
  context: Context,
  params: Target,
  recorded: Recorded,
  derivative: DenseMatrix,
  tolerance: number,
  parts: CheckPart[],
): RunnerRequests['check']['result']['mismatch'] {
  const own = plainFunction(context.session, params, []);
  const claimed = numbersOf(withTimeLimit(context.timeLimit, own.call));
  if (claimed.length !== derivative.values.length) {
    parts.unshift({
      name: 'hand-written gradient',
      passed: false,
      message: `It has ${claimed.length} components, ${derivative.values.length} are needed.`,
      error: Infinity,
      tolerance,
    });
    return undefined;
  }
  let worst = -1;
  let error = 0;
  claimed.forEach((value, index) => {
    const ours = derivative.values[index];
    const difference = Math.abs(value - ours) / Math.max(1e-12, Math.abs(ours), Math.abs(value) * 1e-3);
    if (!(difference <= error) && (worst < 0 || Number.isNaN(difference) || difference > error)) {
      error = Number.isNaN(difference) ? Infinity : difference;
      worst = index;
    }
  });
  const passed = error <= tolerance;
  const path = worst < 0 ? '' : pathOf(recorded.inputLeaves, worst % derivative.columns);
  const message = passed
    ? 'The hand-written gradient agrees with the derivative.'
    : `The hand-written gradient is wrong: by ${path} it gives ${claimed[worst]}, the derivative is ${derivative.values[worst]}.`;
  parts.unshift({ name: 'hand-written gradient', passed, message, error, tolerance });
  return passed || worst < 0 ? undefined : { path, claimed: claimed[worst], derived: derivative.values[worst] };
}
