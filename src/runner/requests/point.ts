/** `arguments`: a point as data, and as the text that `@at` would hold. */
import { namedArgument, splitArguments } from '../../source/find/docTags';
import { RunnerError } from '../modules/errors';
import { numbersOf } from '../plain';
import type { RunnerRequests, Target } from '../protocol';
import type { Prepared, Session } from '../session';
import { expressionOf } from '../values/expression';
import { argumentLeaves, describe } from '../values/layout';
import { isMoreThanData } from '../values/substitute';
import type { Context } from './common';
import { asData } from './inspect';

export function pointArguments({ session }: Context, params: Target): RunnerRequests['arguments']['result'] {
  const prepared = session.prepare(params, false);
  const { found, args } = prepared;
  const wrt = params.wrt ?? found.wrt;
  const inputs = argumentLeaves(
    wrt.map((index) => describe(args[index]).layout),
    wrt,
    found.parameters.map(({ name }) => name),
  );
  const given = params.args && (prepared.moved ? ownTexts(session, params, prepared) : params.args.map(expressionOf));
  const expression = given?.join(', ') ?? session.pointOf(found, params).expression;
  return { args: args.map(asData), expression, inputs };
}

/** The arguments' texts, where some hold what data cannot say: those are written as in the function's own point. */
function ownTexts(session: Session, params: Target, { found, args: prepared }: Prepared): string[] {
  const { args = [], ...own } = params;
  const numbers = prepared.map(numbersOf);
  const before = session.prepare(own, false);
  const parts = splitArguments(session.pointOf(found, own).expression);
  return args.map((item, index) => {
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
  });
}
