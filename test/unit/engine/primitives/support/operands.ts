/** Operands that several families of cases share. */
import type { Random } from './caseTypes';
import { array, uniform } from './values';

export const integers = (
  random: Random,
  shape: readonly number[],
  low: number,
  high: number,
  dtype: 'int32' | 'uint32' | 'bool' = 'int32',
) => array(shape, uniform(random, shape, low, high).data.map(Math.floor), dtype);

export const matrix = (random: Random) => uniform(random, [3, 4], 0.3, 1.3);

export const LINEAR = { linear: [[0]] };
