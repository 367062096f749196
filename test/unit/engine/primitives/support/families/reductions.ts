/** Cases of reductions, running reductions and sorts. */
import type { ArrayValue } from '../../../../../../src/engine/program/aval';
import type { Case, Cases, Random } from '../caseTypes';
import { integers } from '../operands';
import { distinct, uniform } from '../values';

const small = (random: Random) => uniform(random, [2, 3], 0.3, 1.3);

const spread = (random: Random) => distinct(random, [2, 3]);

/** A reduction over one, both and no axis. */
function reduction(operand: (random: Random) => ArrayValue, linear = false): readonly Case<'reduceSum'>[] {
  return [[0], [1], [0, 1], [1, 0], []].map((axes) => ({
    params: { axes },
    operands: (random) => [operand(random)],
    ...(linear ? { linear: [[0]] } : {}),
  }));
}

function cumulative(operand: (random: Random) => ArrayValue, linear = false): readonly Case<'cumsum'>[] {
  return [0, 1].flatMap((axis) =>
    [false, true].map((reverse) => ({
      params: { axis, reverse },
      operands: (random: Random) => [operand(random)],
      ...(linear ? { linear: [[0]] } : {}),
    })),
  );
}

function alongAxes(operand: (random: Random) => ArrayValue): readonly Case<'sort'>[] {
  return [0, 1].map((axis) => ({ params: { axis }, operands: (random) => [operand(random)] }));
}

export const reductionsCases = {
  reduceSum: reduction(small, true),
  reduceProd: reduction(small),
  reduceMax: reduction(spread),
  reduceMin: reduction(spread),
  reduceAnd: reduction((random) => integers(random, [2, 3], 0, 2, 'bool')),
  reduceOr: reduction((random) => integers(random, [2, 3], 0, 2, 'bool')),
  reduceLogSumExp: reduction(small),
  argmax: alongAxes(spread),
  argmin: alongAxes(spread),
  cumsum: cumulative(small, true),
  cumprod: cumulative(small),
  cummax: cumulative(spread),
  cummin: cumulative(spread),
  sort: alongAxes(spread),
  argsort: alongAxes(spread),
} satisfies Partial<Cases>;
