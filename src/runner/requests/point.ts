/** `arguments`: a point as data, and as the text that `@at` would hold. */
import { namedArgument, splitArguments } from '../../source/find/docTags';
import { RunnerError } from '../modules/errors';
import type { RunnerRequests, Target } from '../protocol';
import type { Prepared, Session } from '../session';
import { expressionOf } from '../values/expression';
import { describe, leavesOf, sizeOf } from '../values/layout';
import { isMoreThanData } from '../values/substitute';
import type { Context } from './common';
import { asData } from './inspect';

export function pointArguments({ session }: Context, params: Target): RunnerRequests['arguments']['result'] {
  const prepared = session.prepare(params, false);
  const { found, args } = prepared;
  let offset = 0;
  const inputs = (params.wrt ?? found.wrt).flatMap((index) => {
    const { layout } = describe(args[index]);
    const leaves = leavesOf(layout, found.parameters[index]?.name ?? `argument${index}`, offset, index);
    offset += sizeOf(layout);
    return leaves;
  });
  const expression = args.some(isMoreThanData)
    ? ownExpression(session, params, prepared)
    : (params.args?.map(expressionOf).join(', ') ?? session.pointOf(found, params).expression);
  return { args: args.map(asData), expression, inputs };
}

/** The text of a point where some arguments hold what data cannot say: those are written as in the function's own point. */
function ownExpression(session: Session, params: Target, { found, args: prepared }: Prepared): string {
  const { args, ...own } = params;
  if (!args) return session.pointOf(found, params).expression;
  const numbers = prepared.map(numbersOf);
  const before = session.prepare(own, false);
  const parts = splitArguments(session.pointOf(found, own).expression);
  return args
    .map((item, index) => {
      if (!isMoreThanData(before.args[index])) return expressionOf(item);
      const name = found.parameters[index]?.name ?? String(index);
      const part = parts.map(namedArgument).find((named) => named?.name === name)?.value ?? parts[index] ?? 'undefined';
      if (numbersOf(before.args[index]).every((value, at) => Object.is(value, numbers[index][at]))) return part;
      throw new RunnerError(
        'bad-arguments',
        `\`${name}\` holds functions or is an object of a class: its numbers cannot be written for you.`,
        {},
        'Change them in the `@at` of the function.',
      );
    })
    .join(', ');
}

/** As text: an array of the engine counts with its numbers. */
function numbersOf(value: unknown): string[] {
  return describe(value).elements.flatMap((element) =>
    typeof element === 'number' ? [String(element)] : Array.from(element.concrete.data, String),
  );
}
