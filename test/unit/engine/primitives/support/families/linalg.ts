/** Cases of decompositions, and of random bits. */
import type { ArrayValue } from '../../../../../../src/engine/program/aval';
import type { Cases, Random } from '../caseTypes';
import { integers } from '../operands';
import { uniform } from '../values';

/** Matrices near a diagonal one, with their rows in the given order: well conditioned, with eigenvalues far apart. */
function matrixNear(random: Random, shape: number[], diagonal: number[], order?: number[]): ArrayValue {
  const [m, n] = shape.slice(-2);
  const out = uniform(random, shape, -0.4, 0.4);
  for (let start = 0; start < out.data.length; start += m * n) {
    diagonal.forEach((value, i) => (out.data[start + (order?.[i] ?? i) * n + i] += value));
  }
  return out;
}

export const linalgCases = {
  cholesky: [
    { params: undefined, operands: (random) => [matrixNear(random, [3, 3], [3, 4, 5])] },
    { params: undefined, operands: (random) => [matrixNear(random, [2, 2, 2], [2, 3])] },
  ],
  triangularSolve: [true, false].flatMap((leftSide) =>
    [true, false].flatMap((lower) =>
      [true, false].flatMap((transposeA) =>
        [true, false].map((unitDiagonal) => ({
          params: { leftSide, lower, transposeA, unitDiagonal },
          operands: (random: Random) => [
            matrixNear(random, [3, 3], [2, 2.5, -2]),
            uniform(random, leftSide ? [3, 2] : [2, 3]),
          ],
          linear: [[1]],
        })),
      ),
    ),
  ),
  lu: [
    { params: undefined, operands: (random) => [matrixNear(random, [3, 3], [3, -4, 5], [2, 0, 1])] },
    { params: undefined, operands: (random) => [matrixNear(random, [4, 2], [3, 4], [1, 0])] },
    { params: undefined, operands: (random) => [matrixNear(random, [2, 4], [3, 4], [1, 0])] },
    { params: undefined, operands: (random) => [matrixNear(random, [2, 2, 2], [3, 4], [1, 0])] },
  ],
  qr: [
    { params: { fullMatrices: false }, operands: (random) => [matrixNear(random, [3, 3], [2, -3, 3])] },
    { params: { fullMatrices: false }, operands: (random) => [matrixNear(random, [4, 2], [2, 3])] },
    { params: { fullMatrices: false }, operands: (random) => [matrixNear(random, [2, 4], [2, 3])] },
    { params: { fullMatrices: true }, operands: (random) => [matrixNear(random, [3, 3], [2, 3, 4])] },
    { params: { fullMatrices: true }, operands: (random) => [matrixNear(random, [2, 3], [2, 3])] },
    // The last columns of Q are not unique, so there is no derivative.
    { params: { fullMatrices: true }, operands: (random) => [matrixNear(random, [4, 2], [2, 3])], active: [] },
    { params: { fullMatrices: false }, operands: (random) => [matrixNear(random, [2, 3, 2], [2, 3])] },
  ],
  eigh: [
    { params: undefined, operands: (random) => [matrixNear(random, [3, 3], [1, 4, -2])], batchTolerance: 1e-10 },
    { params: undefined, operands: (random) => [matrixNear(random, [2, 2, 2], [1, 3])], batchTolerance: 1e-10 },
  ],
  svd: [
    { params: undefined, operands: (random) => [matrixNear(random, [3, 3], [2, 4, -6])], batchTolerance: 1e-10 },
    { params: undefined, operands: (random) => [matrixNear(random, [4, 2], [2, 4])], batchTolerance: 1e-10 },
    { params: undefined, operands: (random) => [matrixNear(random, [2, 3], [2, 4])], batchTolerance: 1e-10 },
    { params: undefined, operands: (random) => [matrixNear(random, [2, 2, 2], [2, 4])], batchTolerance: 1e-10 },
  ],

  randomBits: [32, 64].map((bitWidth) => ({
    params: { shape: [2, 3], bitWidth: bitWidth as 32 | 64 },
    operands: (random) => [integers(random, [2], 0, 4294967296, 'uint32')],
  })),
} satisfies Partial<Cases>;
