/** Cases of dotGeneral and conv. */
import type { ParamsOf } from '../../../../../../src/engine/program/program';
import type { Case, Cases } from '../caseTypes';
import { uniform } from '../values';

function convCase(lhs: number[], rhs: number[], params: Partial<ParamsOf<'conv'>>): Case<'conv'> {
  const each = <T>(value: T) => lhs.slice(2).map(() => value);
  return {
    params: {
      strides: each(1),
      padding: each([0, 0] as const),
      lhsDilation: each(1),
      rhsDilation: each(1),
      featureGroupCount: 1,
      batchGroupCount: 1,
      ...params,
    },
    operands: (random) => [uniform(random, lhs), uniform(random, rhs)],
    linear: [[0], [1]],
  };
}

export const contractionsCases = {
  dotGeneral: [
    {
      params: { lhsContract: [1], rhsContract: [0], lhsBatch: [], rhsBatch: [] },
      operands: (random) => [uniform(random, [2, 5]), uniform(random, [5, 3])],
      linear: [[0], [1]],
    },
    {
      params: { lhsContract: [0], rhsContract: [0], lhsBatch: [], rhsBatch: [] },
      operands: (random) => [uniform(random, [4]), uniform(random, [4])],
      linear: [[0], [1]],
    },
    {
      params: { lhsContract: [], rhsContract: [], lhsBatch: [], rhsBatch: [] },
      operands: (random) => [uniform(random, [2]), uniform(random, [3])],
      linear: [[0], [1]],
    },
    {
      params: { lhsContract: [1, 3], rhsContract: [3, 0], lhsBatch: [2], rhsBatch: [1] },
      operands: (random) => [uniform(random, [2, 3, 2, 4]), uniform(random, [4, 2, 2, 3])],
      linear: [[0], [1]],
    },
    {
      params: { lhsContract: [2], rhsContract: [1], lhsBatch: [1, 0], rhsBatch: [0, 2] },
      operands: (random) => [uniform(random, [2, 3, 2]), uniform(random, [3, 2, 2])],
      linear: [[0], [1]],
    },
  ],

  conv: [
    // 1-D, strided, asymmetric padding
    convCase([2, 2, 6], [3, 2, 3], { strides: [2], padding: [[1, 0]] }),
    // 2-D, dilated kernel, negative padding
    convCase([1, 2, 5, 4], [2, 2, 2, 2], {
      rhsDilation: [2, 1],
      padding: [
        [1, 1],
        [-1, 2],
      ],
    }),
    // transposed convolution
    convCase([1, 1, 3], [2, 1, 2], { lhsDilation: [2], padding: [[1, 2]] }),
    // strides that do not divide, so that part of the operand is never met
    convCase([1, 1, 8], [1, 1, 2], { strides: [3] }),
    convCase([2, 4, 3], [6, 2, 2], { featureGroupCount: 2 }),
    convCase([4, 2, 3], [2, 2, 2], { batchGroupCount: 2, padding: [[1, 0]] }),
    convCase([2, 3], [2, 3], {}),
  ],
} satisfies Partial<Cases>;
