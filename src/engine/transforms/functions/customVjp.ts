/** customVjp: a function with a reverse rule of its own. */
import { GradLensError } from '../../errors';
import { run } from '../../execute/run';
import { lazyParams } from '../../primitives/structured/lazyParams';
import { programOf } from '../../primitives/structured/programs';
import { isFloat, type ArrayValue, type Aval } from '../../program/aval';
import type { Program } from '../../program/program';
import { applyProgram } from '../../trace/apply';
import { bindMany, innermost } from '../../trace/bind';
import { hasGuards, hoistGuards, shareCaptured, zerosOf } from '../../trace/subprogram';
import { traceFunction, type TraceInput, type Traced } from '../../trace/trace';
import { unflatten, type Structure } from '../../tree/structure';
import { extract, inline } from '../transcribe';
import { describeCall, restore, type AnyFunction } from './arguments';
import {
  argumentCotangents,
  leavesLike,
  requirePair,
  splitArguments,
  unknownInput,
  withoutCaptures,
  type SplitArguments,
} from './customArguments';
import { capturedBetween, capturedSecond, type CustomOptions } from './customJvp';

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
 * A function with a reverse rule of its own, as `jax.custom_vjp`: call `defvjp` before differentiating. The rules may call the
 * function.
 * @throws GradLensError where it is differentiated without a rule, in forward mode, or by a value that it closes over
 */
export function customVjp<Args extends readonly unknown[], R>(
  f: (...args: Args) => R,
  { nondiffArgnums = [] }: CustomOptions = {},
): CustomVjpFunction<Args, R> {
  const custom = new CustomVjp(f as unknown as AnyFunction, nondiffArgnums);
  const call = (...args: Args): R => custom.apply(args) as R;
  return Object.assign(Object.defineProperty(call, 'name', { value: f.name }), {
    defvjp(
      forward: (...args: Args) => readonly [unknown, unknown],
      backward: (...args: never[]) => readonly unknown[],
    ): void {
      custom.rules = [forward as unknown as Rule, backward as unknown as Rule];
    },
  });
}

/** The rules traced: forward (...primals) → (...results, ...residuals), backward (...residuals, ...cotangents) → cotangents. */
interface TracedRules {
  readonly ahead: Traced;
  readonly back: Traced;
  readonly residuals: number;
}

class CustomVjp {
  rules: readonly [Rule, Rule] | undefined;
  private readonly where: string;
  /** True while the rules are being traced: calls from them must not trace them again, or there would be no end. */
  private inRule = false;

  constructor(
    private readonly f: AnyFunction,
    private readonly nondiffArgnums: readonly number[],
  ) {
    this.where = describeCall('customVjp', f);
  }

  apply(args: readonly unknown[]): unknown {
    const { where } = this;
    const call = this.f as unknown as Rule;
    const split = splitArguments(args, this.nondiffArgnums);
    const { arrays } = split;
    if (!innermost(arrays)) return call(...args);
    const { rules } = this;
    if (!rules)
      throw new GradLensError('no-custom-rule', `${where}: there is no derivative rule.`, 'Call defvjp first.');
    const primal = hoistGuards(
      where,
      traceFunction((tracers) => call(...split.fill(tracers)), split.inputs),
      arrays,
    );
    const name = this.f.name || 'function';
    if (this.inRule) {
      const { programs, captured } = shareCaptured([primal]);
      const params = this.later(
        rules,
        split,
        primal,
        { program: programs[0], captured: captured.length, name },
        captured.map((tracer) => tracer.aval),
      );
      return restore(primal.output, bindMany('customVjp', [...arrays, ...captured], params), primal.outputKinds);
    }
    const { ahead, back, residuals } = this.traceRules(rules, split, primal, true);
    const { programs, captured } = shareCaptured([primal, ahead, back]);
    const results = bindMany('customVjp', [...arrays, ...captured], {
      program: programs[0],
      forward: withCapturedResiduals(programs[1], captured.length),
      backward: capturedSecond(programs[2], residuals, captured.length),
      residuals: residuals + captured.length,
      captured: captured.length,
      name,
    });
    return restore(primal.output, results, primal.outputKinds);
  }

  /** Parameters of a call from a rule: the rules are traced when somebody differentiates it. */
  private later<Known extends object>(
    rules: readonly [Rule, Rule],
    split: SplitArguments,
    primal: Traced,
    known: Known,
    captured: readonly Aval[],
  ): Known & { residuals: number; forward: Program; backward: Program } {
    let traced: TracedRules | undefined;
    const ask = (): TracedRules => {
      if (!traced) {
        traced = this.traceRules(rules, split, primal, false);
        withoutCaptures(this.where, traced.ahead);
        withoutCaptures(this.where, traced.back);
      }
      return traced;
    };
    return lazyParams(known, {
      residuals: () => ask().residuals,
      forward: () => capturedBetween(ask().ahead.program, split.arrays.length, captured),
      backward: () => ask().back.program,
    });
  }

  private traceRules(
    [forward, backward]: readonly [Rule, Rule],
    split: SplitArguments,
    primal: Traced,
    hoist: boolean,
  ): TracedRules {
    const outer = this.inRule;
    this.inRule = true;
    try {
      const ahead = this.traceForward(forward, split, primal, hoist);
      return { ahead, ...this.traceBackward(backward, split, primal, ahead, hoist) };
    } finally {
      this.inRule = outer;
    }
  }

  private traceForward(forward: Rule, split: SplitArguments, primal: Traced, hoist: boolean): Traced {
    const { where } = this;
    const traced = traceFunction((tracers) => {
      const [value, residuals] = requirePair(where, forward(...split.fill(tracers)), 'a pair [result, residuals]');
      leavesLike(where, "the forward rule's result", value, primal);
      return [value, residuals];
    }, split.inputs);
    return hoist ? hoistGuards(where, traced, split.arrays) : traced;
  }

  private traceBackward(
    backward: Rule,
    split: SplitArguments,
    primal: Traced,
    ahead: Traced,
    hoist: boolean,
  ): { back: Traced; residuals: number } {
    const { where } = this;
    const outAvals = primal.program.outputAvals;
    const residuals = residualsOf(ahead, outAvals.length);
    const operands = [...split.arrays, ...ahead.captured];
    let values: ArrayValue[] | undefined;
    const sample = (index: number) =>
      (values ??= run(
        residuals,
        operands.map((operand) => operand.concrete),
      ))[index];
    const residualInputs = residuals.outputAvals.map((aval, index): TraceInput => ({
      aval,
      sample: () => sample(index),
      kind: ahead.outputKinds[outAvals.length + index],
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
    const count = residualInputs.length;
    if (!hoist || !hasGuards(back.program)) return { back, residuals: count };
    const unknown = cotangentAvals.map(() => undefined);
    return { back: hoistGuards(where, back, [...applyProgram(residuals, operands), ...unknown]), residuals: count };
  }
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
