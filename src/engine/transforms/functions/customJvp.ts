/** customJvp: a function with a derivative rule of its own, for both modes. */
import { GradLensError } from '../../errors';
import { permuteInputs } from '../../primitives/structured/programs';
import { isFloat } from '../../program/aval';
import { bind, bindMany, innermost } from '../../trace/bind';
import { hoistGuards, shareCaptured, zerosOf } from '../../trace/subprogram';
import { traceFunction } from '../../trace/trace';
import { toNdArray, type Leaf } from '../../tree/leaves';
import { flattenInto, unflatten } from '../../tree/structure';
import { describeCall, restore, type AnyFunction } from './arguments';
import { leavesLike, requirePair, splitArguments, unknownInput } from './customArguments';

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
 * nothing is differentiated the function itself runs.
 * @throws GradLensError where it is differentiated without a rule, or by a value that it closes over
 */
export function customJvp<Args extends readonly unknown[], R>(
  f: (...args: Args) => R,
  { nondiffArgnums = [] }: CustomOptions = {},
): CustomJvpFunction<Args, R> {
  let rule: Rule | undefined;
  const call = (...args: Args): R => applyRule(f as unknown as AnyFunction, rule, args, nondiffArgnums) as R;
  return Object.assign(Object.defineProperty(call, 'name', { value: f.name }), {
    defjvp(given: (...args: never[]) => readonly [unknown, unknown]): void {
      rule = given as unknown as Rule;
    },
    defjvps(...rules: readonly (((...args: never[]) => unknown) | null)[]): void {
      rule = (...args) => {
        const [primals, tangents] = args.slice(-2) as [Args, unknown[]];
        const result = f(...primals);
        return [result, sumOfRules(rules as readonly (Rule | null)[], primals, tangents, result)];
      };
    },
  });
}

function applyRule(
  f: AnyFunction,
  rule: Rule | undefined,
  args: readonly unknown[],
  nondiffArgnums: readonly number[],
): unknown {
  const where = describeCall('customJvp', f);
  const call = f as unknown as Rule;
  const split = splitArguments(args, nondiffArgnums);
  const { arrays } = split;
  if (!innermost(arrays)) return call(...args);
  if (!rule) throw new GradLensError('no-custom-rule', `${where}: there is no derivative rule.`, 'Call defjvp first.');
  const primal = hoistGuards(
    where,
    traceFunction((tracers) => call(...split.fill(tracers)), split.inputs),
    arrays,
  );
  const floats = arrays.map(({ dtype }) => isFloat(dtype));
  const moving = arrays.filter((_, index) => floats[index]);
  const outputFloats = primal.program.outputAvals.map(({ dtype }) => isFloat(dtype));
  const jvp = traceFunction(
    (tracers) => {
      let next = arrays.length;
      const tangents = arrays.map(({ aval }, index) => (floats[index] ? tracers[next++] : zerosOf(aval)));
      const result = rule(...split.fixed, split.trees(tracers.slice(0, arrays.length)), split.trees(tangents));
      const [value, tangent] = requirePair(where, result, 'a pair [result, tangent of the result]');
      const tangentLeaves = leavesLike(where, "the rule's tangent", tangent, primal);
      return [
        ...leavesLike(where, "the rule's result", value, primal),
        ...tangentLeaves.filter((_, index) => outputFloats[index]),
      ];
    },
    [...split.inputs, ...moving.map(({ aval }) => unknownInput(aval))],
  );
  const hoisted = hoistGuards(where, jvp, [...arrays, ...moving.map(() => undefined)]);
  const { programs, captured } = shareCaptured([primal, hoisted]);
  const results = bindMany('customJvp', [...arrays, ...captured], {
    program: programs[0],
    jvp: capturedSecond(programs[1], arrays.length, captured.length),
    captured: captured.length,
    name: f.name || 'function',
  });
  return restore(primal.output, results, primal.outputKinds);
}

/** The program with its last `captured` inputs moved behind the first `count`. */
export function capturedSecond(
  program: ReturnType<typeof permuteInputs>,
  count: number,
  captured: number,
): typeof program {
  if (captured === 0) return program;
  const order = Array.from(program.inputs, (_, index) => index);
  const end = order.length - captured;
  return permuteInputs(program, [...order.slice(0, count), ...order.slice(end), ...order.slice(count, end)]);
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
