/**
 * Traced numbers in typed arrays. The arrays stay the real ones and hold the plain values; the traced numbers stand beside them,
 * one table a buffer, so that views of one buffer share them as they share their bytes.
 */
import { OPCODES } from '../../engine/primitives/opcodes';
import { Tracer } from '../../engine/trace/tracer';
import type { TypedArray } from '../../engine/trace/typedArrays';
import { partsOf } from './numberLists';
import { lose, recorderOf, rowIn, state, valueOf } from './state';

export type AnyTypedArray = TypedArray;

/** Traced numbers of a buffer by the index of an element of that size from its start; undefined while there are none. */
interface Shadow {
  wide: (Tracer | undefined)[] | undefined;
  narrow: (Tracer | undefined)[] | undefined;
  /** The array is one traced value until somebody looks at a number of it. */
  whole?: Whole | undefined;
}

interface Whole {
  readonly array: AnyTypedArray;
  readonly tracer: Tracer;
  readonly onApart: () => void;
}

const shadows = new WeakMap<ArrayBufferLike, Shadow>();
const SHADOW = Symbol('traced numbers');

function shadowOfBuffer(buffer: ArrayBufferLike): Shadow {
  let shadow = shadows.get(buffer);
  if (!shadow) shadows.set(buffer, (shadow = { wide: undefined, narrow: undefined }));
  return shadow;
}

/** As it stands, perhaps with an array in one piece. */
function heldShadow(array: AnyTypedArray): Shadow {
  const known = (array as unknown as Record<symbol, Shadow | undefined>)[SHADOW];
  if (known) return known;
  const shadow = shadowOfBuffer(array.buffer);
  Object.defineProperty(array, SHADOW, { value: shadow });
  return shadow;
}

/** Number by number. */
function shadowOf(array: AnyTypedArray): Shadow {
  const shadow = heldShadow(array);
  if (shadow.whole) takeApart(shadow, shadow.whole);
  return shadow;
}

/** A typed array, alone in its buffer, becomes the traced value of its numbers; `onApart` is told when these are looked at. */
export function holdWhole(array: AnyTypedArray, tracer: Tracer, onApart: () => void): void {
  heldShadow(array).whole = { array, tracer, onApart };
}

/** The traced value of all of a typed array's numbers, as long as it is one. */
export function wholeTyped(array: AnyTypedArray): Tracer | undefined {
  const { whole } = heldShadow(array);
  return whole?.array === array ? whole.tracer : undefined;
}

function takeApart(shadow: Shadow, { array, tracer, onApart }: Whole): void {
  shadow.whole = undefined;
  onApart();
  const cells = partsOf(tracer);
  if (array.BYTES_PER_ELEMENT === 8) shadow.wide = cells;
  else shadow.narrow = cells;
}

/** The traced number that stands at a byte of a buffer, whatever it was stored as. */
function cellAt(shadow: Shadow, byte: number): Tracer | undefined {
  return shadow.wide?.[byte >> 3] ?? shadow.narrow?.[byte >> 2];
}

/** Something else is stored over the bytes. */
function clear(shadow: Shadow, byte: number, length: number): void {
  if (shadow.wide)
    for (let index = byte >> 3; index <= (byte + length - 1) >> 3; index++) shadow.wide[index] = undefined;
  if (shadow.narrow)
    for (let index = byte >> 2; index <= (byte + length - 1) >> 2; index++) shadow.narrow[index] = undefined;
}

function put(shadow: Shadow, byte: number, length: number, tracer: Tracer): void {
  clear(shadow, byte, length);
  if (length === 8) (shadow.wide ??= [])[byte >> 3] = tracer;
  else (shadow.narrow ??= [])[byte >> 2] = tracer;
}

export function isTypedArray(value: unknown): value is AnyTypedArray {
  return ArrayBuffer.isView(value) && (value as Partial<AnyTypedArray>).BYTES_PER_ELEMENT !== undefined;
}

const typeTag = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Float64Array.prototype) as object,
  Symbol.toStringTag,
)?.get as (this: unknown) => string | undefined;

/** Float64Array or Float32Array, whatever realm it comes from. */
export function isFloatArray(array: AnyTypedArray): boolean {
  const name = typeTag.call(array);
  return name === 'Float64Array' || name === 'Float32Array';
}

export function hasTraced(array: AnyTypedArray): boolean {
  const { wide, narrow, whole } = heldShadow(array);
  return wide !== undefined || narrow !== undefined || whole !== undefined;
}

/** The index that a key of a typed array means: a number, or the text of one. */
export function elementIndex(key: unknown): number | undefined {
  if (typeof key === 'number') return key;
  if (typeof key !== 'string') return undefined;
  const index = Number(key);
  return String(index) === key ? index : undefined;
}

/** The element, traced where a traced number was stored. */
export function elementOf(array: AnyTypedArray, index: number, site = 0): unknown {
  const shadow = shadowOf(array);
  if (shadow.wide === undefined && shadow.narrow === undefined) return array[index];
  if (!(index >= 0 && index < array.length)) return array[index];
  const size = array.BYTES_PER_ELEMENT;
  const byte = array.byteOffset + index * size;
  if (size === 8 && isFloatArray(array)) {
    const cell = shadow.wide?.[byte >> 3];
    if (cell) return cell;
  } else if (size === 4 && isFloatArray(array)) {
    const cell = shadow.narrow?.[byte >> 2];
    if (cell) return cell;
  }
  const other = cellAt(shadow, byte);
  if (other) lose(other, site, 'the bits of a traced number are read as another type');
  return array[index];
}

/** All elements, traced where traced numbers were stored, or in one piece; undefined where there are none. */
export function readForEngine(array: object): (number | Tracer)[] | Tracer | undefined {
  const typed = array as AnyTypedArray;
  if (!hasTraced(typed)) return undefined;
  const { whole } = heldShadow(typed);
  if (whole && typed.BYTES_PER_ELEMENT === whole.array.BYTES_PER_ELEMENT && isFloatArray(typed)) {
    if (typed.length === whole.array.length) return whole.tracer;
    const start = typed.byteOffset / typed.BYTES_PER_ELEMENT;
    return whole.tracer.recorder.record('slice', [whole.tracer], {
      start: [start],
      limit: [start + typed.length],
      strides: [1],
    })[0];
  }
  return Array.from(typed, (_, index) => elementOf(typed, index) as number | Tracer);
}

export function storeElement(array: AnyTypedArray, index: number, value: unknown, site = 0): void {
  const shadow = shadowOf(array);
  const size = array.BYTES_PER_ELEMENT;
  if (!(value instanceof Tracer)) {
    array[index] = value as number;
    if (shadow.wide !== undefined || shadow.narrow !== undefined) clear(shadow, array.byteOffset + index * size, size);
    return;
  }
  if (!isFloatArray(array)) {
    array[index] = lose(value, site, `${typeTag.call(array) as string} holds integers`, 'Use a Float64Array.');
    if (shadow.wide !== undefined || shadow.narrow !== undefined) clear(shadow, array.byteOffset + index * size, size);
    return;
  }
  array[index] = valueOf(value);
  if (!(index >= 0 && index < array.length)) return;
  put(shadow, array.byteOffset + index * size, size, size === 8 ? value : rounded(value, site));
}

/** A traced number rounded to float32, as Math.fround: derivative 1. */
export function rounded(value: Tracer, site: number): Tracer {
  const number = valueOf(value);
  state.float32 = true;
  if (Math.fround(number) === number) return value;
  const recorder = recorderOf(value);
  recorder.position = site;
  // As a sum with its own rounding error: the value is float32's, the derivative that of the number.
  const row = rowIn(recorder, value);
  recorder.position = 0;
  const error = recorder.literalAt(Math.fround(number) - number, site);
  return recorder.number2(OPCODES.add, row, error, Math.fround(number), site);
}

/** Plain list of the elements, traced ones among them. */
export function elements(array: AnyTypedArray): unknown[] {
  const out = new Array<unknown>(array.length);
  for (let index = 0; index < array.length; index++) out[index] = elementOf(array, index);
  return out;
}

/** The traced number that a DataView reads at a byte, if one of that size is still there. */
export function viewCell(view: DataView, offset: number, length: number, site = 0): Tracer | undefined {
  const shadow = shadows.get(view.buffer);
  if (!shadow) return undefined;
  if (shadow.whole) takeApart(shadow, shadow.whole);
  const byte = view.byteOffset + offset;
  const cell = byte % length === 0 ? (length === 8 ? shadow.wide?.[byte >> 3] : shadow.narrow?.[byte >> 2]) : undefined;
  if (cell) return cell;
  const other = cellAt(shadow, byte);
  if (other) lose(other, site, 'the bits of a traced number are read as another type');
  return undefined;
}

/** Notes what a DataView stored. */
export function storeViewCell(view: DataView, offset: number, length: number, value: unknown): void {
  const shadow = shadowOfBuffer(view.buffer);
  if (shadow.whole) takeApart(shadow, shadow.whole);
  const byte = view.byteOffset + offset;
  if (!(value instanceof Tracer)) clear(shadow, byte, length);
  else if (byte % length === 0) put(shadow, byte, length, value);
  else {
    clear(shadow, byte, length);
    lose(value, 0, 'a DataView stores it across the bounds of numbers', `Use offsets that are multiples of ${length}.`);
  }
}

/** Copies what stands beside the bytes [start, end) of a buffer into another. */
export function copyCells(from: ArrayBufferLike, to: ArrayBufferLike, start: number, end: number): void {
  const shadow = shadows.get(from);
  if (!shadow) return;
  if (shadow.whole) takeApart(shadow, shadow.whole);
  const copy = (cells: (Tracer | undefined)[] | undefined, size: number) =>
    start % size === 0 ? cells?.slice(start / size, Math.floor(end / size)) : undefined;
  shadows.set(to, { wide: copy(shadow.wide, 8), narrow: copy(shadow.narrow, 4) });
}
