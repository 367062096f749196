/** Powers, products and the exponential of matrices. */
import { argumentError } from '../numpy/arguments';
import { applyBinary, divide } from '../numpy/binary';
import { expandTo, fullLikeWith } from '../numpy/broadcast';
import { asArray } from '../numpy/convert';
import { einsum } from '../numpy/einsum';
import { max } from '../numpy/reductions';
import { ceil, log2 } from '../numpy/unary';
import type { ArrayLike } from '../numpy/types';
import type { NdArray } from '../trace/ndarray';
import { asSquare, identityOf, sizeOfMatrix, times } from './matrices';
import { norm } from './norms';
import { inv, solve } from './solve';

/** The n-th power of square matrices, by repeated squaring; of the inverse for negative n. */
export function matrixPower(a: ArrayLike, n: number): NdArray {
  const where = 'linalg.matrixPower';
  if (!Number.isInteger(n)) throw argumentError(where, `n must be an integer, not ${String(n)}`);
  const matrix = asSquare(where, a);
  if (n < 0) return matrixPower(inv(matrix), -n);
  let square = matrix;
  let out: NdArray | undefined;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) out = out ? times(out, square) : square;
    if (rest > 1) square = times(square, square);
  }
  return out ?? identityOf(matrix, sizeOfMatrix(matrix)[0]);
}

/** The product of two or more matrices in the cheapest order; the first and the last may be vectors. */
export function multiDot(matrices: readonly ArrayLike[]): NdArray {
  const where = 'linalg.multiDot';
  if (matrices.length < 2) throw argumentError(where, 'needs at least two matrices');
  const list = matrices.map((matrix, index) => asArray(matrix, where, `matrices[${index}]`));
  const letter = (index: number): string => String.fromCharCode(97 + index);
  const last = list.length - 1;
  const terms = list.map((matrix, index) => {
    if (matrix.ndim === 1 && index === 0) return letter(1);
    if (matrix.ndim === 1 && index === last) return letter(last);
    if (matrix.ndim === 2) return letter(index) + letter(index + 1);
    throw argumentError(where, `matrices[${index}] has ${matrix.ndim} dimensions`);
  });
  const output = (list[0].ndim === 2 ? 'a' : '') + (list[last].ndim === 2 ? letter(last + 1) : '');
  return einsum(`${terms.join(',')}->${output}`, ...list);
}

/** Coefficients of the Padé approximant of degree 13, which is exact to rounding for norms up to LIMIT (Higham 2005). */
const PADE = [
  64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
  670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
];
const LIMIT = 5.371920351148152;

/** The exponential of square matrices, by scaling and squaring. How often to square depends on the norm, which is guarded. */
export function expm(a: ArrayLike): NdArray {
  const matrix = asSquare('linalg.expm', a);
  const [n] = sizeOfMatrix(matrix);
  if (n === 0) return matrix;
  const largest = max(norm(matrix, 1, { axis: [-2, -1] }));
  const wanted = Number(ceil(log2(divide(largest, LIMIT))).item());
  const squarings = Number.isFinite(wanted) ? Math.max(0, wanted) : 0;
  const scale = (x: NdArray, factor: number): NdArray => applyBinary('mul', x, fullLikeWith(x, factor));
  const x = squarings === 0 ? matrix : scale(matrix, 2 ** -squarings);
  const one = identityOf(matrix, n);
  const x2 = times(x, x);
  const x4 = times(x2, x2);
  const x6 = times(x4, x2);
  const sum = (...terms: NdArray[]): NdArray => terms.reduce((left, right) => applyBinary('add', left, right));
  const part = (c6: number, c4: number, c2: number): NdArray => sum(scale(x6, c6), scale(x4, c4), scale(x2, c2));
  const odd = times(
    x,
    sum(times(x6, part(PADE[13], PADE[11], PADE[9])), part(PADE[7], PADE[5], PADE[3]), scale(one, PADE[1])),
  );
  const even = sum(times(x6, part(PADE[12], PADE[10], PADE[8])), part(PADE[6], PADE[4], PADE[2]), scale(one, PADE[0]));
  let out = solve(applyBinary('sub', even, odd), applyBinary('add', even, odd));
  for (let time = 0; time < squarings; time++) out = times(out, out);
  return expandTo(out, matrix.shape, [matrix]);
}
