/** Products that sum over axes: dot, matmul, tensordot and their relatives, each one `dotGeneral`. */
import { ShapeError } from '../errors';
import type { DotParams } from '../primitives/params';
import { bind } from '../trace/bind';
import type { NdArray } from '../trace/ndarray';
import { argumentError, normalizeAxis } from './arguments';
import { multiply, subtract } from './binary';
import { commonShape, expandTo } from './broadcast';
import { asArray, convertType } from './convert';
import { stack } from './join';
import { resultType } from './promote';
import { permute, ravel, reshapeOf, sliceAxis, squeeze } from './shape';
import type { ArrayLike } from './types';

/** Two operands in one numeric type. */
function pair(
  where: string,
  x: ArrayLike,
  y: ArrayLike,
  names: readonly [string, string] = ['x', 'y'],
): [NdArray, NdArray] {
  const a = asArray(x, where, names[0]);
  const b = asArray(y, where, names[1]);
  const strong = [typeof x === 'number' ? [] : [a.dtype], typeof y === 'number' ? [] : [b.dtype]].flat();
  const common = resultType(strong, typeof x === 'number' || typeof y === 'number');
  const dtype = common === 'bool' ? 'int32' : common;
  return [convertType(a, dtype), convertType(b, dtype)];
}

/** A contraction; pairs of axes must have equal sizes. @throws ShapeError naming `where` */
export function contract(where: string, x: NdArray, y: NdArray, params: Partial<DotParams>): NdArray {
  const full: DotParams = { lhsContract: [], rhsContract: [], lhsBatch: [], rhsBatch: [], ...params };
  const odd = full.lhsContract.findIndex((axis, k) => x.shape[axis] !== y.shape[full.rhsContract[k]]);
  if (odd >= 0) {
    throw new ShapeError(
      where,
      `axis ${full.lhsContract[odd]} of the first and axis ${full.rhsContract[odd]} of the second must have one size`,
      [x.aval, y.aval],
    );
  }
  return bind('dotGeneral', [x, y], full);
}

/** numpy's dot: scalars multiply, else the last axis of `x` with the second to last (or only) one of `y`. */
export function dot(x: ArrayLike, y: ArrayLike): NdArray {
  if (typeof x === 'number' || typeof y === 'number') return multiply(x, y);
  const [a, b] = pair('np.dot', x, y);
  if (a.ndim === 0 || b.ndim === 0) return multiply(a, b);
  return contract('np.dot', a, b, { lhsContract: [a.ndim - 1], rhsContract: [Math.max(0, b.ndim - 2)] });
}

/** The matrix product; leading axes broadcast, vectors count as row (first) or column (second). @throws ShapeError */
export function matmul(x: ArrayLike, y: ArrayLike): NdArray {
  const [a, b] = pair('np.matmul', x, y);
  if (a.ndim === 0 || b.ndim === 0)
    throw new ShapeError('np.matmul', 'needs vectors or matrices, not scalars', [a.aval, b.aval]);
  const rhsContract = [Math.max(0, b.ndim - 2)];
  // Without leading axes on one side the product is one contraction, its free axes in the right order already.
  if (b.ndim <= 2) return contract('np.matmul', a, b, { lhsContract: [a.ndim - 1], rhsContract });
  const lead = commonShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  if (!lead) throw new ShapeError('np.matmul', 'the leading axes do not broadcast', [a.aval, b.aval]);
  return batchedMatmul(a, b, lead);
}

/** Leading axes that both have are batch axes; those that one has alone (or with size one) are free axes of that one. */
function batchedMatmul(a: NdArray, b: NdArray, lead: readonly number[]): NdArray {
  const aLead = Math.max(0, a.ndim - 2);
  const bLead = b.ndim - 2;
  const lhsBatch: number[] = [];
  const rhsBatch: number[] = [];
  const places: { place: number; of: 'batch' | 'a' | 'b' }[] = [];
  const dropA: number[] = [];
  const dropB: number[] = [];
  lead.forEach((_, place) => {
    const i = place - lead.length + aLead;
    const j = place - lead.length + bLead;
    const inA = i >= 0 && a.shape[i] !== 1;
    const inB = j >= 0 && b.shape[j] !== 1;
    if (i >= 0 && !inA) dropA.push(i);
    if (j >= 0 && !inB) dropB.push(j);
    if (inA && inB) places.push({ place, of: 'batch' });
    else if (inA) places.push({ place, of: 'a' });
    else if (inB) places.push({ place, of: 'b' });
  });
  const left = dropA.length > 0 ? squeeze(a, dropA) : a;
  const right = dropB.length > 0 ? squeeze(b, dropB) : b;
  let i = 0;
  let j = 0;
  for (const { of } of places) {
    if (of === 'batch') {
      lhsBatch.push(i++);
      rhsBatch.push(j++);
    } else if (of === 'a') i++;
    else j++;
  }
  const out = contract('np.matmul', left, right, {
    lhsContract: [left.ndim - 1],
    rhsContract: [right.ndim - 2],
    lhsBatch,
    rhsBatch,
  });
  // The result is batch ++ free of a (… , row) ++ free of b (…, column): put the leading axes in order.
  const axes = { batch: [] as number[], a: [] as number[], b: [] as number[] };
  let next = 0;
  for (const kind of ['batch', 'a'] as const) for (const { of } of places) if (of === kind) axes[kind].push(next++);
  const row = a.ndim > 1 ? [next++] : [];
  for (const { of } of places) if (of === 'b') axes.b.push(next++);
  const order = [...places.map(({ of }) => axes[of].shift() as number), ...row, next];
  const shape = [...lead, ...(a.ndim > 1 ? [a.shape[a.ndim - 2]] : []), b.shape[b.ndim - 1]];
  return reshapeOf('np.matmul', permute(out, order), shape);
}

/** Sum of products over axes: the last `n` of `x` with the first `n` of `y`, or two lists of axes. @throws ShapeError */
export function tensordot(
  x: ArrayLike,
  y: ArrayLike,
  axes: number | readonly [number | readonly number[], number | readonly number[]] = 2,
): NdArray {
  const where = 'np.tensordot';
  const [a, b] = pair(where, x, y);
  if (typeof axes === 'number') {
    if (!Number.isInteger(axes) || axes < 0 || axes > Math.min(a.ndim, b.ndim)) {
      throw argumentError(where, `cannot sum over ${axes} axes of arrays with ${a.ndim} and ${b.ndim}`);
    }
    const lhsContract = Array.from({ length: axes }, (_, k) => a.ndim - axes + k);
    return contract(where, a, b, { lhsContract, rhsContract: lhsContract.map((_, k) => k) });
  }
  const [lhsContract, rhsContract] = axes.map((list, side) =>
    (typeof list === 'number' ? [list] : list).map((axis) => normalizeAxis(where, axis, side === 0 ? a.ndim : b.ndim)),
  );
  if (lhsContract.length !== rhsContract.length)
    throw argumentError(where, `axes has ${lhsContract.length} and ${rhsContract.length} entries`);
  return contract(where, a, b, { lhsContract, rhsContract });
}

/** Sum of products of all elements. @throws ShapeError for arrays of different sizes */
export function vdot(x: ArrayLike, y: ArrayLike): NdArray {
  const [a, b] = pair('np.vdot', x, y);
  return contract('np.vdot', ravel(a), ravel(b), { lhsContract: [0], rhsContract: [0] });
}

/** Sum of products over one axis (default the last) of arrays that broadcast. */
export function vecdot(x: ArrayLike, y: ArrayLike, axis = -1): NdArray {
  const where = 'np.vecdot';
  const [a, b] = pair(where, x, y);
  const shape = commonShape([a.shape, b.shape]);
  if (!shape) throw new ShapeError(where, 'x and y do not broadcast', [a.aval, b.aval]);
  const along = normalizeAxis(where, axis, shape.length);
  const batch = shape.map((_, k) => k).filter((k) => k !== along);
  const [left, right] = [expandTo(a, shape, [b]), expandTo(b, shape, [a])];
  return contract(where, left, right, { lhsContract: [along], rhsContract: [along], lhsBatch: batch, rhsBatch: batch });
}

/** Sum of products over the last axis of both. */
export function inner(x: ArrayLike, y: ArrayLike): NdArray {
  const [a, b] = pair('np.inner', x, y);
  if (a.ndim === 0 || b.ndim === 0) return multiply(a, b);
  return contract('np.inner', a, b, { lhsContract: [a.ndim - 1], rhsContract: [b.ndim - 1] });
}

/** All products of an element of `x` with one of `y`: [x.size, y.size]. */
export function outer(x: ArrayLike, y: ArrayLike): NdArray {
  const [a, b] = pair('np.outer', x, y);
  return contract('np.outer', ravel(a), ravel(b), {});
}

/** The Kronecker product. */
export function kron(x: ArrayLike, y: ArrayLike): NdArray {
  const [a, b] = pair('np.kron', x, y);
  const ndim = Math.max(a.ndim, b.ndim);
  const shapeOf = (array: NdArray): number[] => [...new Array<number>(ndim - array.ndim).fill(1), ...array.shape];
  const [p, q] = [shapeOf(a), shapeOf(b)];
  const product = contract('np.kron', reshapeOf('np.kron', a, p), reshapeOf('np.kron', b, q), {});
  const order = p.flatMap((_, axis) => [axis, axis + ndim]);
  return reshapeOf(
    'np.kron',
    permute(product, order),
    p.map((extent, axis) => extent * q[axis]),
  );
}

/** The vector product along the last axis (or another); vectors of two elements give the third component alone. */
export function cross(x: ArrayLike, y: ArrayLike, axis = -1): NdArray {
  const where = 'np.cross';
  const parts = [asArray(x, where), asArray(y, where, 'y')].map((array, side) => {
    const along = normalizeAxis(where, axis, array.ndim);
    const extent = array.shape[along];
    if (extent !== 2 && extent !== 3)
      throw argumentError(where, `axis ${axis} of ${side === 0 ? 'x' : 'y'} must have size 2 or 3, not ${extent}`);
    return Array.from({ length: extent }, (_, k) => squeeze(sliceAxis(array, along, k, k + 1), along));
  });
  const [a, b] = parts;
  const minor = (i: number, j: number): NdArray => {
    const term = (p: NdArray | undefined, q: NdArray | undefined): NdArray | undefined =>
      p && q ? multiply(p, q) : undefined;
    const plus = term(a[i], b[j]);
    const minus = term(a[j], b[i]);
    if (plus && minus) return subtract(plus, minus);
    if (plus) return plus;
    return minus ? bind('neg', [minus], undefined) : multiply(a[0], 0);
  };
  if (a.length === 2 && b.length === 2) return minor(0, 1);
  return stack([minor(1, 2), minor(2, 0), minor(0, 1)], axis);
}
