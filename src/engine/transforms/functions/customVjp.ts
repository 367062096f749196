/** customVjp: a function with a reverse rule of its own. */
import { GradLensError } from '../../errors';
import { run } from '../../execute/run';
import { programOf } from '../../primitives/structured/programs';
import { isFloat, type ArrayValue } from '../../program/aval';
import type { Program } from '../../program/program';
import { applyProgram } from '../../trace/apply';
import { bindMany, innermost } from '../../trace/bind';
import { hasGuards, hoistGuards, shareCaptured, zerosOf } from '../../trace/subprogram';
import { traceFunction, type TraceInput, type Traced } from '../../trace/trace';
import { unflatten, type Structure } from '../../tree/structure';
import { extract, inline } from '../transcribe';
import { describeCall, restore, type AnyFunction } from './arguments';
import { argumentCotangents, leavesLike, requirePair, splitArguments, unknownInput } from './customArguments';
import { capturedSecond, type CustomOptions } from './customJvp';

/** A function whose reverse pass is the pair of rules that `defvjp` sets; forward mode throws. */
export interface CustomVjpFunction<Args extends readonly unknown[], R> {
  (...args: Args): R;
  /**
   * `forward`: the arguments → [result, residuals]; `backward`: (...nondiff arguments, residuals, cotangent) → an array with one
   * cotangent for each other argument, null for zero.
   */
  defvjp(
    forward: (...args: Args) => readonly [unknown, unknown],
    backward: (...args: never[]) => readonly unknown[],
  ): void;
}

type Rule = (...args: unknown[]) => unknown;

/**
 * A function with a reverse rule of its own, as `jax.custom_vjp`: call `defvjp` before differentiating.
 * @throws GradLensError where it is differentiated without a rule, in forward mode, or by a value that it closes over
 */
export function customVjp<Args extends readonly unknown[], R>(
  f: (...args: Args) => R,
  { nondiffArgnums = [] }: CustomOptions = {},
): CustomVjpFunction<Args, R> {
  let rules: readonly [Rule, Rule] | undefined;
  const call = (...args: Args): R => applyRules(f as unknown as AnyFunction, rules, args, nondiffArgnums) as R;
  return Object.assign(Object.defineProperty(call, 'name', { value: f.name }), {
    defvjp(
      forward: (...args: Args) => readonly [unknown, unknown],
      backward: (...args: never[]) => readonly unknown[],
    ): void {
      rules = [forward as unknown as Rule, backward as unknown as Rule];
    },
  });
}

function applyRules(
  f: AnyFunction,
  rules: readonly [Rule, Rule] | undefined,
  args: readonly unknown[],
  nondiffArgnums: readonly number[],
): unknown {
  const where = describeCall('customVjp', f);
  const call = f as unknown as Rule;
  const split = splitArguments(args, nondiffArgnums);
  const { arrays } = split;
  if (!innermost(arrays)) return call(...args);
  if (!rules) throw new GradLensError('no-custom-rule', `${where}: there is no derivative rule.`, 'Call defvjp first.');
  const [forward, backward] = rules;
  const primal = hoistGuards(
    where,
    traceFunction((tracers) => call(...split.fill(tracers)), split.inputs),
    arrays,
  );
  const outAvals = primal.program.outputAvals;
  const ahead = hoistGuards(
    where,
    traceFunction((tracers) => {
      const [value, residuals] = requirePair(where, forward(...split.fill(tracers)), 'a pair [result, residuals]');
      leavesLike(where, "the forward rule's result", value, primal);
      return [value, residuals];
    }, split.inputs),
    arrays,
  );
  const residuals = residualsOf(ahead, outAvals.length);
  const operands = [...arrays, ...ahead.captured];
  let values: ArrayValue[] | undefined;
  const sample = (index: number) =>
    (values ??= run(
      residuals,
      operands.map((operand) => operand.concrete),
    ))[index];
  const residualInputs = residuals.outputAvals.map((aval, index): TraceInput => ({
    aval,
    sample: () => sample(index),
    isNumber: ahead.outputKinds[outAvals.length + index] === 'number',
  }));
  const cotangentAvals = outAvals.filter(({ dtype }) => isFloat(dtype));
  const residualTree = (ahead.output as Extract<Structure, { kind: 'array' }>).children[1];
  const back = traceFunction(
    (tracers) => {
      let next = residualInputs.length;
      const cotangents = outAvals.map((aval) => (isFloat(aval.dtype) ? tracers[next++] : zerosOf(aval)));
      const result = backward(...split.fixed, unflatten(residualTree, tracers), unflatten(primal.output, cotangents));
      return argumentCotangents(where, result, split);
    },
    [...residualInputs, ...cotangentAvals.map(unknownInput)],
  );
  const unknown = cotangentAvals.map(() => undefined);
  const pulled = hasGuards(back.program)
    ? hoistGuards(where, back, [...applyProgram(residuals, operands), ...unknown])
    : back;
  const { programs, captured } = shareCaptured([primal, ahead, pulled]);
  const results = bindMany('customVjp', [...arrays, ...captured], {
    program: programs[0],
    forward: withCapturedResiduals(programs[1], captured.length),
    backward: capturedSecond(programs[2], residualInputs.length, captured.length),
    residuals: residualInputs.length + captured.length,
    captured: captured.length,
    name: f.name || 'function',
  });
  return restore(primal.output, results, primal.outputKinds);
}

/** The residuals alone. */
function residualsOf({ program }: Traced, results: number): Program {
  return extract(program, Array.from(program.inputs), Array.from(program.outputs).slice(results));
}

/** The forward program with its captured inputs among the residuals, for the backward program's use. */
function withCapturedResiduals(program: Program, captured: number): Program {
  return programOf(
    program.inputAvals,
    (b, rows) => [...inline(b, program, rows), ...rows.slice(rows.length - captured)],
    program,
  );
}
