/** Updating elements: `x.at(index).set(values)` gives a new array, as in JAX. */
import { GradLensError, ShapeError } from '../errors';
import { allocate, isFloat, sizeOf } from '../program/aval';
import { bind } from '../trace/bind';
import { ConcreteArray, NdArray } from '../trace/ndarray';
import { applyBinary, type BinaryPrimitive } from './binary';
import { commonShape, expandTo } from './broadcast';
import { asArray, convertType, scalarOf } from './convert';
import { parseIndex, type OutOfBounds } from './indexParse';
import { layoutOf, movedFromFront, readParts, sliceParts } from './indexing';
import type { Index, IndexPart } from './indexTypes';
import { toBool } from './logic';
import { permute, reshapeOf } from './shape';
import type { ArrayLike } from './types';

export interface UpdateOptions {
  /** What known indices outside the array do: 'throw' (default) or nothing ('drop'), as traced ones always do. */
  readonly mode?: Exclude<OutOfBounds, 'clip'>;
  /** The caller's word that no element is named twice; needed for traced index arrays where it matters. */
  readonly uniqueIndices?: boolean;
}

/** The elements of an array at an index, to be read or to be replaced in a copy. */
export class IndexedArray {
  constructor(
    private readonly array: NdArray,
    private readonly index: readonly Index[],
  ) {}

  /** The elements themselves; known indices outside are errors, or go to the nearest end. */
  get({ mode = 'throw' }: { readonly mode?: Exclude<OutOfBounds, 'drop'> } = {}): NdArray {
    return readParts(this.array, parseIndex('at().get', this.array.shape, this.index, mode));
  }

  /** A copy with `values` (which broadcast) there. Of several values for one element the last stays. */
  set(values: ArrayLike, options: UpdateOptions = {}): NdArray {
    const masked = this.maskedUpdate('at().set', values, (_, to) => to);
    return masked ?? this.update('at().set', values, options, 'scatterSet');
  }

  /** A copy with `values` added there. Several values for one element add up. */
  add(values: ArrayLike, options: UpdateOptions = {}): NdArray {
    const masked = this.maskedUpdate('at().add', values, (from, by) => applyBinary('add', from, by));
    return masked ?? this.update('at().add', values, options, 'scatterAdd');
  }

  /** A copy with `values` subtracted there. Several values for one element add up. */
  subtract(values: ArrayLike, options: UpdateOptions = {}): NdArray {
    const array = asArray(values, 'at().subtract', 'values');
    return this.add(bind('neg', [array.dtype === 'bool' ? convertType(array, 'int32') : array], undefined), options);
  }

  multiply(values: ArrayLike, options: UpdateOptions = {}): NdArray {
    return this.combine('at().multiply', 'mul', values, options);
  }

  divide(values: ArrayLike, options: UpdateOptions = {}): NdArray {
    return this.combine('at().divide', 'div', values, options);
  }

  power(values: ArrayLike, options: UpdateOptions = {}): NdArray {
    return this.combine('at().power', 'pow', values, options);
  }

  min(values: ArrayLike, options: UpdateOptions = {}): NdArray {
    return this.combine('at().min', 'min', values, options);
  }

  max(values: ArrayLike, options: UpdateOptions = {}): NdArray {
    return this.combine('at().max', 'max', values, options);
  }

  /** A copy with `f(elements)` there; `f` must keep the shape. */
  apply(f: (elements: NdArray) => ArrayLike, options: UpdateOptions = {}): NdArray {
    const parts = this.parse('at().apply', options);
    requireUnique('at().apply', parts, this.array, options);
    return write('at().apply', this.array, parts, f(readParts(this.array, parts)), 'scatterSet');
  }

  private combine(where: string, primitive: BinaryPrimitive, values: ArrayLike, options: UpdateOptions): NdArray {
    const masked = this.maskedUpdate(where, values, (from, by) => applyBinary(primitive, from, by));
    if (masked) return masked;
    const parts = this.parse(where, options);
    requireUnique(where, parts, this.array, options);
    const { array } = this;
    const from = readParts(array, parts);
    return write(
      where,
      array,
      parts,
      applyBinary(primitive, from, fitted(where, values, from.shape, array)),
      'scatterSet',
    );
  }

  private update(
    where: string,
    values: ArrayLike,
    options: UpdateOptions,
    primitive: 'scatterSet' | 'scatterAdd',
  ): NdArray {
    return write(where, this.array, this.parse(where, options), values, primitive);
  }

  private parse(where: string, { mode = 'throw' }: UpdateOptions): IndexPart[] {
    return parseIndex(where, this.array.shape, this.index, mode);
  }

  /**
   * An update where a mask of the leading axes is true, by selection: no element moves, and the mask may be traced. Undefined
   * where the index or the values ask for more.
   */
  private maskedUpdate(
    where: string,
    values: ArrayLike,
    combine: (from: NdArray, by: NdArray) => NdArray,
  ): NdArray | undefined {
    if (this.index.length !== 1) return undefined;
    const [only] = this.index;
    if (only === null || typeof only !== 'object' || !(only instanceof NdArray || Array.isArray(only)))
      return undefined;
    const mask = asArray(only as ArrayLike, where, 'index');
    if (mask.dtype !== 'bool' || mask.ndim > this.array.ndim) return undefined;
    if (mask.shape.some((extent, axis) => extent !== this.array.shape[axis])) return undefined;
    const rest = this.array.shape.slice(mask.ndim);
    const by = asArray(values, where, 'values');
    const common = commonShape([by.shape, rest]);
    if (!common || common.length !== rest.length) return undefined;
    const { array } = this;
    const wide = reshapeOf(where, mask, [...mask.shape, ...rest.map(() => 1)]);
    const test = expandTo(toBool(wide, where), array.shape, [array]);
    return bind('select', [test, combine(array, fitted(where, values, array.shape, array)), array], undefined);
  }
}

/** `values` in the type of `array`, which stays as it is. @throws GradLensError for fractions into integers */
function typed(where: string, values: ArrayLike, { dtype }: NdArray): NdArray {
  const given =
    typeof values === 'number' && (isFloat(dtype) || Number.isInteger(values))
      ? scalarOf(values, dtype)
      : asArray(values, where, 'values');
  if (isFloat(given.dtype) && !isFloat(dtype)) {
    throw new GradLensError(
      'bad-argument',
      `${where}: values of type ${given.dtype} do not fit into an array of ${dtype}.`,
      'Convert the array or the values with `astype`.',
    );
  }
  return convertType(given, dtype);
}

/** `values` in the type of `array` and in `shape`. @throws ShapeError where they do not broadcast */
function fitted(where: string, values: ArrayLike, shape: readonly number[], array: NdArray): NdArray {
  const given = typed(where, values, array);
  // As in numpy, leading axes of size one may be too many.
  let extra = 0;
  while (given.ndim - extra > shape.length && given.shape[extra] === 1) extra++;
  const fit = reshapeOf(where, given, given.shape.slice(extra));
  const common = commonShape([fit.shape, shape]);
  if (!common || common.some((extent, axis) => extent !== shape[axis]) || common.length !== shape.length) {
    throw new ShapeError(where, 'the values do not broadcast to the elements at the index', [
      given.aval,
      { shape, dtype: array.dtype },
    ]);
  }
  return expandTo(fit, shape, [array]);
}

function write(
  where: string,
  array: NdArray,
  parts: readonly IndexPart[],
  values: ArrayLike,
  primitive: 'scatterSet' | 'scatterAdd',
): NdArray {
  return parts.some((part) => part.kind === 'array')
    ? writeAdvanced(where, array, parts, values, primitive)
    : writeBasic(where, array, parts, values, primitive);
}

/** Values shaped as the region, padded to the array: added, or taken where the region is. */
function writeBasic(
  where: string,
  array: NdArray,
  parts: readonly IndexPart[],
  values: ArrayLike,
  primitive: 'scatterSet' | 'scatterAdd',
): NdArray {
  const lengths = parts.flatMap((part) => (part.kind === 'new' ? [1] : part.kind === 'slice' ? [part.count] : []));
  const axes = parts.filter((part) => part.kind === 'slice' || part.kind === 'number');
  const region = axes.map((part) => (part.kind === 'slice' ? part.count : 1));
  let update = reshapeOf(where, fitted(where, values, lengths, array), region);
  const backwards = axes.flatMap((part) =>
    part.kind === 'slice' && part.step < 0 && part.count > 1 ? [part.axis] : [],
  );
  if (backwards.length > 0) update = bind('reverse', [update], { axes: backwards });
  if (region.includes(0)) return array;
  if (region.every((extent, axis) => extent === array.shape[axis])) {
    return primitive === 'scatterSet' ? update : applyBinary('add', array, update);
  }
  const low = axes.map((part) =>
    part.kind === 'slice'
      ? Math.min(part.start, part.start + (part.count - 1) * part.step)
      : (part as { index: number }).index,
  );
  const step = axes.map((part) => (part.kind === 'slice' && part.count > 1 ? Math.abs(part.step) : 1));
  const high = array.shape.map((extent, axis) => extent - low[axis] - ((region[axis] - 1) * step[axis] + 1));
  const contiguous = step.every((by) => by === 1);
  if (primitive === 'scatterSet' && contiguous) {
    return bind('dynamicUpdateSlice', [array, update, ...low.map((start) => scalarOf(start, 'int32'))], undefined);
  }
  const params = { low, high, interior: step.map((by) => by - 1) };
  const padded = bind('pad', [update, scalarOf(0, array.dtype)], params);
  if (primitive === 'scatterAdd') return applyBinary('add', array, padded);
  const inside = allocate('bool', sizeOf(region)).fill(1);
  const mask = bind('pad', [new ConcreteArray(inside, region, 'bool'), scalarOf(0, 'bool')], params);
  return bind('select', [mask, padded, array], undefined);
}

/** Slices beside index arrays are cut out first, updated, and put back. */
function writeAdvanced(
  where: string,
  array: NdArray,
  parts: readonly IndexPart[],
  values: ArrayLike,
  primitive: 'scatterSet' | 'scatterAdd',
): NdArray {
  const slices = parts.filter((part) => part.kind === 'slice');
  const partial = slices.some((part) => part.step !== 1 || part.count !== array.shape[part.axis]);
  const inner = partial ? sliceParts(array, slices) : array;
  const { shape, indices, axes, before, result } = layoutOf(where, parts);
  const update = fitted(where, values, result, inner);
  // Without new axes the update is before ++ I ++ after; the scatter wants I in front.
  const rest = inner.shape.filter((_, axis) => !axes.includes(axis));
  const flat = reshapeOf(where, update, [...rest.slice(0, before), ...shape, ...rest.slice(before)]);
  const toFront = movedFromFront(flat.ndim, shape.length, before);
  const inverse = toFront.map((_, axis) => toFront.indexOf(axis));
  const out = bind(primitive, [inner, indices, permute(flat, inverse)], { axes, batchDims: 0 });
  if (!partial) return out;
  const around = array.shape.map<IndexPart>(
    (extent, axis) =>
      slices.find((part) => part.axis === axis) ?? { kind: 'slice', axis, start: 0, step: 1, count: extent },
  );
  return writeBasic(where, array, around, out, 'scatterSet');
}

/** Reading, combining and writing back loses all but one of several values for one element. */
function requireUnique(
  where: string,
  parts: readonly IndexPart[],
  array: NdArray,
  { uniqueIndices }: UpdateOptions,
): void {
  if (uniqueIndices || !parts.some((part) => part.kind === 'array')) return;
  const { indices, axes } = layoutOf(where, parts);
  if (!(indices instanceof ConcreteArray)) {
    throw new GradLensError(
      'repeated-index',
      `${where}: traced index arrays may name an element twice.`,
      'Say { uniqueIndices: true } if they do not.',
    );
  }
  const seen = new Set<number>();
  const count = axes.length;
  for (let place = 0; place < indices.data.length; place += count) {
    let at = 0;
    for (let k = 0; k < count; k++) at = at * array.shape[axes[k]] + indices.data[place + k];
    if (seen.has(at)) {
      const index = Array.from(indices.data.subarray(place, place + count));
      throw new GradLensError('repeated-index', `${where}: the index names element [${index.join(', ')}] twice.`);
    }
    seen.add(at);
  }
}

/** The elements of `x` at an index, to be replaced in a copy: `at(x, 0, '1:').set(values)`. */
export function at(x: ArrayLike, ...index: readonly Index[]): IndexedArray {
  return new IndexedArray(asArray(x, 'at'), index);
}
