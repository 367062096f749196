/** customJvp: a function with a derivative rule of its own, for both modes. */
import { GradLensError } from '../../errors';
import { lazyParams } from '../../primitives/structured/lazyParams';
import { permuteInputs, programOf } from '../../primitives/structured/programs';
import { isFloat, type Aval } from '../../program/aval';
import type { Program } from '../../program/program';
import { bind, bindMany, innermost } from '../../trace/bind';
import { hoistGuards, shareCaptured, zerosOf } from '../../trace/subprogram';
import { traceFunction, type Traced } from '../../trace/trace';
import { toNdArray, type Leaf } from '../../tree/leaves';
import { flattenInto, unflatten } from '../../tree/structure';
import { inline } from '../transcribe';
import { describeCall, restore, type AnyFunction } from './arguments';
import {
  leavesLike,
  requirePair,
  splitArguments,
  unknownInput,
  withoutCaptures,
  type SplitArguments,
} from './customArguments';

export interface CustomOptions {
  /** Arguments that are not differentiated: the rules get them in front. */
  readonly nondiffArgnums?: readonly number[];
}

/** A function whose derivative, in both modes, is the rule that `defjvp` sets. */
export interface CustomJvpFunction<Args extends readonly unknown[], R> {
  (...args: Args): R;
  /** The rule: (...nondiff arguments, primals, tangents) → [result, tangent of the result], linear in the tangents. */
  defjvp(rule: (...args: never[]) => readonly [unknown, unknown]): void;
  /** One rule an argument: (tangent, result, ...primals) → tangent of the result, null for zero; they add up. */
  defjvps(...rules: readonly (((...args: never[]) => unknown) | null)[]): void;
}

type Rule = (...args: unknown[]) => unknown;

/**
 * A function with a derivative rule of its own, as `jax.custom_jvp`: call `defjvp` or `defjvps` before differentiating. Where
 * nothing is differentiated the function itself runs. The rule may call the function.
 * @throws GradLensError where it is differentiated without a rule, or by a value that it closes over
 */
export function customJvp<Args extends readonly unknown[], R>(
  f: (...args: Args) => R,
  { nondiffArgnums = [] }: CustomOptions = {},
): CustomJvpFunction<Args, R> {
  const custom = new CustomJvp(f as unknown as AnyFunction, nondiffArgnums);
  const call = (...args: Args): R => custom.apply(args) as R;
  return Object.assign(Object.defineProperty(call, 'name', { value: f.name }), {
    defjvp(rule: (...args: never[]) => readonly [unknown, unknown]): void {
      custom.rule = rule as unknown as Rule;
    },
    defjvps(...rules: readonly (((...args: never[]) => unknown) | null)[]): void {
      custom.rule = (...args) => {
        const [primals, tangents] = args.slice(-2) as [Args, unknown[]];
        const result = call(...primals);
        return [result, sumOfRules(rules as readonly (Rule | null)[], primals, tangents, result)];
      };
    },
  });
}

class CustomJvp {
  rule: Rule | undefined;
  private readonly where: string;
  /** True while the rule is being traced: calls from it must not trace it again, or there would be no end. */
  private inRule = false;

  constructor(
    private readonly f: AnyFunction,
    private readonly nondiffArgnums: readonly number[],
  ) {
    this.where = describeCall('customJvp', f);
  }

  apply(args: readonly unknown[]): unknown {
    const { where } = this;
    const call = this.f as unknown as Rule;
    const split = splitArguments(args, this.nondiffArgnums);
    const { arrays } = split;
    if (!innermost(arrays)) return call(...args);
    const { rule } = this;
    if (!rule)
      throw new GradLensError('no-custom-rule', `${where}: there is no derivative rule.`, 'Call defjvp first.');
    const primal = hoistGuards(
      where,
      traceFunction((tracers) => call(...split.fill(tracers)), split.inputs),
      arrays,
    );
    const name = this.f.name || 'function';
    if (this.inRule) {
      const { programs, captured } = shareCaptured([primal]);
      const params = lazyParams(
        { program: programs[0], captured: captured.length, name },
        {
          jvp: () => {
            const { program } = withoutCaptures(where, this.traceRule(rule, split, primal));
            return capturedBetween(
              program,
              arrays.length,
              captured.map((tracer) => tracer.aval),
            );
          },
        },
      );
      return restore(primal.output, bindMany('customJvp', [...arrays, ...captured], params), primal.outputKinds);
    }
    const unknown = arrays.filter(({ dtype }) => isFloat(dtype)).map(() => undefined);
    const jvp = hoistGuards(where, this.traceRule(rule, split, primal), [...arrays, ...unknown]);
    const { programs, captured } = shareCaptured([primal, jvp]);
    const results = bindMany('customJvp', [...arrays, ...captured], {
      program: programs[0],
      jvp: capturedSecond(programs[1], arrays.length, captured.length),
      captured: captured.length,
      name,
    });
    return restore(primal.output, results, primal.outputKinds);
  }

  /** (...primals, ...tangents of the float ones, ...captured) → (...results, ...tangents of the float ones) */
  private traceRule(rule: Rule, split: SplitArguments, primal: Traced): Traced {
    const { where } = this;
    const { arrays } = split;
    const floats = arrays.map(({ dtype }) => isFloat(dtype));
    const moving = arrays.filter((_, index) => floats[index]);
    const outputFloats = primal.program.outputAvals.map(({ dtype }) => isFloat(dtype));
    const outer = this.inRule;
    this.inRule = true;
    try {
      return traceFunction(
        (tracers) => {
          let next = arrays.length;
          const tangents = arrays.map(({ aval }, index) => (floats[index] ? tracers[next++] : zerosOf(aval)));
          const result = rule(...split.fixed, split.trees(tracers.slice(0, arrays.length)), split.trees(tangents));
          const [value, tangent] = requirePair(where, result, 'a pair [result, tangent of the result]');
          const tangentLeaves = leavesLike(where, "the rule's tangent", tangent, primal);
          const results = leavesLike(where, "the rule's result", value, primal);
          return [...results, ...tangentLeaves.filter((_, index) => outputFloats[index])];
        },
        [...split.inputs, ...moving.map(({ aval }) => unknownInput(aval))],
      );
    } finally {
      this.inRule = outer;
    }
  }
}

/** The program with its last `captured` inputs moved behind the first `count`. */
export function capturedSecond(program: Program, count: number, captured: number): Program {
  if (captured === 0) return program;
  const order = Array.from(program.inputs, (_, index) => index);
  const end = order.length - captured;
  return permuteInputs(program, [...order.slice(0, count), ...order.slice(end), ...order.slice(count, end)]);
}

/** The program with inputs that it does not use behind its first `count`. */
export function capturedBetween(program: Program, count: number, captured: readonly Aval[]): Program {
  if (captured.length === 0) return program;
  const avals = program.inputAvals;
  return programOf([...avals.slice(0, count), ...captured, ...avals.slice(count)], (b, rows) =>
    inline(b, program, [...rows.slice(0, count), ...rows.slice(count + captured.length)]),
  );
}

/** Sum of the rules' tangents, leaf by leaf. */
function sumOfRules(
  rules: readonly (Rule | null)[],
  primals: readonly unknown[],
  tangents: readonly unknown[],
  result: unknown,
): unknown {
  const zeros: Leaf[] = [];
  const structure = flattenInto(result, zeros);
  let sum = zeros.map((leaf) => zerosOf(toNdArray(leaf).aval) as ReturnType<typeof toNdArray>);
  rules.forEach((rule, index) => {
    if (!rule) return;
    const leaves: Leaf[] = [];
    flattenInto(rule(tangents[index], result, ...primals), leaves);
    sum = sum.map((array, leaf) => bind('add', [array, toNdArray(leaves[leaf])], undefined));
  });
  return unflatten(structure, sum);
}
