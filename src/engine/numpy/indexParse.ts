/** From an index as it is written to one part an axis. */
import { GradLensError } from '../errors';
import { isFloat } from '../program/aval';
import { ConcreteArray, NdArray } from '../trace/ndarray';
import { applyBinary } from './binary';
import { asArray, convertType, isTypedArray } from './convert';
import { parseSlice, resolveSlice, type Index, type IndexPart, type SliceIndex } from './indexTypes';
import { notEqual } from './logic';
import { any } from './reductions';
import { bind } from '../trace/bind';
import { fullLikeWith } from './broadcast';

/** Indices outside the array that are known: refused, moved to the nearest end, or (for updates) left out. */
export type OutOfBounds = 'throw' | 'clip' | 'drop';

function indexError(where: string, problem: string, hint?: string): GradLensError {
  return new GradLensError('bad-index', `${where}: ${problem}.`, hint);
}

/** Where a boolean array is true, an int32 index array an axis. The values of a traced mask become a guard of the program. */
export function maskPositions(mask: NdArray): NdArray[] {
  const { shape, data } = mask.concrete;
  if (!(mask instanceof ConcreteArray)) any(notEqual(mask, new ConcreteArray(data.slice(), shape, 'bool'))).item();
  const places: number[] = [];
  data.forEach((value, place) => {
    if (value) places.push(place);
  });
  let inner = data.length;
  return shape.map((extent) => {
    inner = extent === 0 ? 0 : inner / extent;
    const step = inner;
    return new ConcreteArray(
      Int32Array.from(places, (place) => Math.floor(place / step) % extent),
      [places.length],
      'int32',
    );
  });
}

/** An index array as int32 with its negative entries counted from the end; known ones outside are refused unless told otherwise. */
export function normalizeIndices(
  where: string,
  indices: NdArray,
  extent: number,
  axis: number,
  outside: OutOfBounds,
): NdArray {
  const integers = asIntegers(where, indices);
  if (integers instanceof ConcreteArray) {
    const out = new Int32Array(integers.size);
    integers.data.forEach((index, place) => {
      const from = index < 0 ? index + extent : index;
      if (outside === 'throw' && (from < 0 || from >= extent)) {
        throw indexError(where, `index ${index} is out of bounds for axis ${axis} of size ${extent}`);
      }
      // What still is negative must not become a valid place by wrapping.
      out[place] = outside === 'clip' ? Math.min(Math.max(from, 0), extent - 1) : from;
    });
    return new ConcreteArray(out, integers.shape, 'int32');
  }
  if (integers.dtype === 'uint32') return convertType(integers, 'int32');
  const wrapped = applyBinary('add', integers, fullLikeWith(integers, extent));
  return bind('select', [applyBinary('lt', integers, fullLikeWith(integers, 0)), wrapped, integers], undefined);
}

function asIntegers(where: string, indices: NdArray): NdArray {
  if (!isFloat(indices.dtype)) return indices;
  if (!(indices instanceof ConcreteArray)) {
    throw indexError(
      where,
      'a traced index must have an integer type, not ' + indices.dtype,
      "Convert it with `.astype('int32')`.",
    );
  }
  const fraction = indices.data.find((index) => !Number.isInteger(index));
  if (fraction !== undefined) throw indexError(where, `indices must be integers, not ${String(fraction)}`);
  return new ConcreteArray(Int32Array.from(indices.data), indices.shape, 'int32');
}

/** True for a traced float scalar: a number of the user's program, of which an index needs the value. */
function isTracedNumber(part: NdArray): boolean {
  return part.ndim === 0 && isFloat(part.dtype) && !(part instanceof ConcreteArray);
}

function isSliceObject(part: Index): part is SliceIndex {
  return (
    typeof part === 'object' &&
    part !== null &&
    !Array.isArray(part) &&
    !isTypedArray(part) &&
    !(part instanceof NdArray)
  );
}

/** How many axes an element of an index stands for. */
function width(part: Index | NdArray): number {
  if (part === null || part === '...') return 0;
  return part instanceof NdArray && part.dtype === 'bool' ? part.ndim : 1;
}

function prepare(where: string, part: Index, position: number): Index | NdArray {
  if (typeof part === 'boolean') return asArray(part, where);
  if (part instanceof NdArray) return isTracedNumber(part) ? Number(part.item()) : part;
  return Array.isArray(part) || isTypedArray(part) ? asArray(part, where, `index ${position}`) : part;
}

/**
 * The parts of an index, in order, all axes named.
 * @throws GradLensError (code `bad-index`) for what no index is, too many parts, or what lies outside
 */
export function parseIndex(
  where: string,
  shape: readonly number[],
  index: readonly Index[],
  outside: OutOfBounds = 'throw',
): IndexPart[] {
  const parts = index.map((part, position) => prepare(where, part, position));
  const named = parts.reduce<number>((total, part) => total + width(part), 0);
  if (named > shape.length) {
    throw indexError(
      where,
      `${named} indices for an array of ${shape.length} dimensions (shape [${shape.join(', ')}])`,
    );
  }
  if (parts.filter((part) => part === '...').length > 1) throw indexError(where, "'...' may stand once in an index");
  const out: IndexPart[] = [];
  let axis = 0;
  const whole = (count: number): void => {
    for (; count > 0; count--, axis++) out.push({ kind: 'slice', axis, start: 0, step: 1, count: shape[axis] });
  };
  for (const part of parts) {
    if (part === null) out.push({ kind: 'new' });
    else if (part === '...') whole(shape.length - named);
    else if (typeof part === 'number') {
      out.push({ kind: 'number', axis, index: checkedNumber(where, part, shape[axis], axis) });
      axis++;
    } else if (part instanceof NdArray) {
      for (const indices of positionsOf(where, part, shape, axis)) {
        out.push({ kind: 'array', axis, indices: normalizeIndices(where, indices, shape[axis], axis, outside) });
        axis++;
      }
    } else {
      out.push({ kind: 'slice', axis, ...resolveSlice(where, sliceOf(where, part), shape[axis]) });
      axis++;
    }
  }
  whole(shape.length - axis);
  return out;
}

function sliceOf(where: string, part: Index): SliceIndex {
  const slice = typeof part === 'string' ? parseSlice(part) : isSliceObject(part) ? part : undefined;
  if (!slice) {
    throw indexError(
      where,
      `${JSON.stringify(part) ?? String(part)} is no index`,
      "Write '1:3', '::-1', '...', null, a number or an array.",
    );
  }
  return slice;
}

function positionsOf(where: string, part: NdArray, shape: readonly number[], axis: number): NdArray[] {
  if (part.dtype !== 'bool') return [part];
  const own = shape.slice(axis, axis + part.ndim);
  if (part.shape.some((extent, k) => extent !== own[k])) {
    throw indexError(
      where,
      `a mask of shape [${part.shape.join(', ')}] does not fit axes of shape [${own.join(', ')}]`,
    );
  }
  return maskPositions(part);
}

function checkedNumber(where: string, index: number, extent: number, axis: number): number {
  if (!Number.isInteger(index)) throw indexError(where, `an index must be an integer, not ${String(index)}`);
  if (index < -extent || index >= extent)
    throw indexError(where, `index ${index} is out of bounds for axis ${axis} of size ${extent}`);
  return index < 0 ? index + extent : index;
}
