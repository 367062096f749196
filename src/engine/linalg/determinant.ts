/** Determinants. */
import { applyBinary } from '../numpy/binary';
import { diagonal } from '../numpy/diagonal';
import { sliceAxis, squeeze } from '../numpy/shape';
import type { ArrayLike } from '../numpy/types';
import { applyUnary } from '../numpy/unary';
import { bind, bindMany } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';
import { permutationSign } from './factor';
import { asSquare, sizeOfMatrix } from './matrices';

function element(a: NdArray, row: number, column: number): NdArray {
  const [rows, columns] = [a.ndim - 2, a.ndim - 1];
  return squeeze(sliceAxis(sliceAxis(a, rows, row, row + 1), columns, column, column + 1), [rows, columns]);
}

/** Determinants of stacks [..., n, n]. Up to n = 3 by the formula, which has derivatives at singular matrices too. */
export function det(a: ArrayLike): NdArray {
  const matrix = asSquare('linalg.det', a);
  const [n] = sizeOfMatrix(matrix);
  if (n === 1) return element(matrix, 0, 0);
  if (n === 2 || n === 3) return byMinors(matrix, n);
  const [factors, pivots] = bindMany('lu', [matrix], undefined);
  const line = diagonal(factors, 0, -2, -1);
  return applyBinary('mul', bind('reduceProd', [line], { axes: [line.ndim - 1] }), permutationSign(pivots, matrix));
}

function byMinors(a: NdArray, n: 2 | 3): NdArray {
  const mul = (x: NdArray, y: NdArray): NdArray => applyBinary('mul', x, y);
  const minor = (row: number, i: number, j: number): NdArray =>
    applyBinary(
      'sub',
      mul(element(a, row, i), element(a, row + 1, j)),
      mul(element(a, row, j), element(a, row + 1, i)),
    );
  if (n === 2) return minor(0, 0, 1);
  const [x, y, z] = [
    mul(element(a, 0, 0), minor(1, 1, 2)),
    mul(element(a, 0, 1), minor(1, 0, 2)),
    mul(element(a, 0, 2), minor(1, 0, 1)),
  ];
  return applyBinary('add', applyBinary('sub', x, y), z);
}

/** Sign and logarithm of the absolute value of determinants. Of a singular matrix: 0 and −∞. */
export function slogdet(a: ArrayLike): [sign: NdArray, logabsdet: NdArray] {
  const matrix = asSquare('linalg.slogdet', a);
  const [factors, pivots] = bindMany('lu', [matrix], undefined);
  const line = diagonal(factors, 0, -2, -1);
  const last = [line.ndim - 1];
  const signs = bind('reduceProd', [applyUnary('sign', line)], { axes: last });
  const logs = bind('reduceSum', [applyUnary('log', applyUnary('abs', line))], { axes: last });
  return [applyBinary('mul', signs, permutationSign(pivots, matrix)), logs];
}
