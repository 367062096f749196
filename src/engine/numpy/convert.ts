/** Conversion of numbers, nested arrays and typed arrays to `NdArray`. */
import { allocate, sizeOf, type ArrayData, type DType, type Shape } from '../program/aval';
import { bind } from '../trace/bind';
import { ConcreteArray, NdArray } from '../trace/ndarray';
import { fromList, fromTyped } from '../trace/typedArrays';
import { argumentError } from './arguments';
import { resultType } from './promote';
import type { ArrayLike, NestedArray, TypedArray } from './types';

/** A scalar of any type. */
export function scalarOf(value: number, dtype: DType): ConcreteArray {
  const data = allocate(dtype, 1);
  data[0] = dtype === 'bool' ? Number(value !== 0) : value;
  return new ConcreteArray(data, [], dtype);
}

/**
 * `value` as an array.
 * @param where the function, @param name its argument: both are for errors
 * @throws GradLensError naming the path of a ragged or non-numeric element
 */
export function asArray(value: ArrayLike, where: string, name = 'x'): NdArray {
  if (value instanceof NdArray) return value;
  if (typeof value === 'number') return scalarOf(value, 'float64');
  if (typeof value === 'boolean') return scalarOf(Number(value), 'bool');
  if (Array.isArray(value)) return fromList(value) ?? fromNested(value as NestedArray, where, name);
  if (isTypedArray(value)) return fromTyped(value);
  throw argumentError(where, `${name} must be a number, an array, a typed array or an NdArray, not ${describe(value)}`);
}

export function isTypedArray(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && typeof (value as TypedArray)[0] !== 'bigint';
}

/** `x` in another type; records nothing where it has it already. */
export function convertType(x: NdArray, dtype: DType): NdArray {
  return x.dtype === dtype ? x : bind('convert', [x], { dtype });
}

/** What a walk through nested arrays finds. */
interface Leaves {
  readonly where: string;
  readonly name: string;
  readonly strong: Set<DType>;
  numbers: boolean;
  booleans: boolean;
  /** The leaves' numbers; at the places of arrays that are not concrete, zeros. */
  readonly values: number[];
  /** Arrays whose numbers must be recorded, with their offset in `values`. */
  readonly traced: { readonly offset: number; readonly array: NdArray }[];
}

function fromNested(value: NestedArray, where: string, name: string): NdArray {
  const shape = nestedShape(value, where, name);
  const leaves: Leaves = { where, name, strong: new Set(), numbers: false, booleans: false, values: [], traced: [] };
  collect(value, shape, [], leaves);
  const strong = [...leaves.strong];
  if (leaves.booleans) strong.push('bool');
  const dtype = strong.length === 0 ? 'float64' : resultType(strong, leaves.numbers);
  if (leaves.traced.length === 0) return new ConcreteArray(fill(dtype, leaves.values), shape, dtype);
  return assemble(leaves, shape, dtype);
}

function fill(dtype: DType, values: readonly number[]): ArrayData {
  const data = allocate(dtype, values.length);
  data.set(values);
  return data;
}

/** One concatenation of the traced leaves and the runs of numbers between them. */
function assemble({ values, traced }: Leaves, shape: Shape, dtype: DType): NdArray {
  const parts: NdArray[] = [];
  let done = 0;
  const numbersUntil = (end: number): void => {
    if (end > done) parts.push(new ConcreteArray(fill(dtype, values.slice(done, end)), [end - done], dtype));
  };
  for (const { offset, array } of traced) {
    numbersUntil(offset);
    parts.push(reshapeTo(convertType(array, dtype), [array.size]));
    done = offset + array.size;
  }
  numbersUntil(values.length);
  return reshapeTo(parts.length === 1 ? parts[0] : bind('concatenate', parts, { axis: 0 }), shape);
}

function reshapeTo(x: NdArray, shape: Shape): NdArray {
  const same = x.shape.length === shape.length && x.shape.every((extent, axis) => extent === shape[axis]);
  return same ? x : bind('reshape', [x], { shape });
}

/** Shape by the first elements. */
function nestedShape(value: ArrayLike, where: string, name: string): number[] {
  const shape: number[] = [];
  let inner: ArrayLike | undefined = value;
  while (Array.isArray(inner)) {
    const list = inner as NestedArray;
    const whole = fromList(list);
    if (whole) return [...shape, ...whole.shape];
    shape.push(list.length);
    if (list.length === 0) return shape;
    inner = list[0];
  }
  if (inner instanceof NdArray) shape.push(...inner.shape);
  else if (isTypedArray(inner)) shape.push(inner.length);
  else if (typeof inner !== 'number' && typeof inner !== 'boolean') {
    throw argumentError(where, `${name}${'[0]'.repeat(shape.length)} must be a number, not ${describe(inner)}`);
  }
  return shape;
}

function collect(given: ArrayLike, shape: Shape, path: readonly number[], leaves: Leaves): void {
  const value = (Array.isArray(given) ? fromList(given) : undefined) ?? given;
  if (typeof value === 'number' || typeof value === 'boolean') {
    if (path.length !== shape.length) throw ragged(path, [], shape, leaves);
    if (typeof value === 'number') leaves.numbers = true;
    else leaves.booleans = true;
    leaves.values.push(Number(value));
  } else if (Array.isArray(value)) {
    const list = value as NestedArray;
    if (path.length >= shape.length || list.length !== shape[path.length])
      throw ragged(path, [list.length], shape, leaves);
    list.forEach((element, index) => collect(element, shape, [...path, index], leaves));
  } else if (value instanceof NdArray || isTypedArray(value)) {
    const array = value instanceof NdArray ? value : fromTyped(value);
    const expected = shape.slice(path.length);
    if (array.ndim !== expected.length || array.shape.some((extent, axis) => extent !== expected[axis])) {
      throw ragged(path, array.shape, shape, leaves);
    }
    leaves.strong.add(array.dtype);
    if (array instanceof ConcreteArray) {
      for (const element of array.data) leaves.values.push(element);
    } else {
      leaves.traced.push({ offset: leaves.values.length, array });
      for (let index = sizeOf(expected); index > 0; index--) leaves.values.push(0);
    }
  } else {
    throw argumentError(leaves.where, `${print(path, leaves.name)} must be a number, not ${describe(value)}`);
  }
}

function ragged(path: readonly number[], found: Shape, shape: Shape, { where, name }: Leaves): Error {
  const expected = shape.slice(path.length);
  const first = path.map((_, depth) => (depth === path.length - 1 ? '[0]' : `[${path[depth]}]`)).join('');
  return argumentError(
    where,
    `${name} is ragged: ${print(path, name)} has shape [${found.join(', ')}], but ${name}${first} has shape [${expected.join(', ')}]`,
  );
}

function print(path: readonly number[], name: string): string {
  return name + path.map((index) => `[${index}]`).join('');
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'object') return `an object (${value.constructor?.name ?? 'without a prototype'})`;
  if (typeof value === 'string') return `the string ${JSON.stringify(value)}`;
  return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`;
}
