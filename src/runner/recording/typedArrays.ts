/**
 * Traced numbers in typed arrays. The arrays stay the real ones and hold the plain values; the traced numbers stand beside them,
 * one table a buffer, so that views of one buffer share them as they share their bytes.
 */
import { OPCODES } from '../../engine/primitives/opcodes';
import { Tracer } from '../../engine/trace/tracer';
import { lose, recorderOf, rowIn, valueOf } from './state';

export type AnyTypedArray = Float64Array | Float32Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array;

/** Traced numbers of a buffer, by byte offset; undefined while there are none. */
interface Shadow {
  cells: Map<number, Tracer> | undefined;
}

const shadows = new WeakMap<ArrayBufferLike, Shadow>();
const SHADOW = Symbol('traced numbers');

function shadowOf(array: AnyTypedArray): Shadow {
  const known = (array as unknown as Record<symbol, Shadow | undefined>)[SHADOW];
  if (known) return known;
  let shadow = shadows.get(array.buffer);
  if (!shadow) shadows.set(array.buffer, (shadow = { cells: undefined }));
  Object.defineProperty(array, SHADOW, { value: shadow });
  return shadow;
}

export function isTypedArray(value: unknown): value is AnyTypedArray {
  return ArrayBuffer.isView(value) && (value as Partial<AnyTypedArray>).BYTES_PER_ELEMENT !== undefined;
}

export function isFloatArray(array: AnyTypedArray): boolean {
  const { length } = Object.prototype.toString.call(array);
  // '[object Float64Array]' or '[object Float32Array]', whatever realm it comes from.
  return length === 21 && (array.BYTES_PER_ELEMENT === 8 || array.BYTES_PER_ELEMENT === 4);
}

export function hasTraced(array: AnyTypedArray): boolean {
  return shadowOf(array).cells !== undefined;
}

/** The element, traced where a traced number was stored. */
export function elementOf(array: AnyTypedArray, index: number, site = 0): unknown {
  const { cells } = shadowOf(array);
  if (cells === undefined) return array[index];
  const cell = cells.get(array.byteOffset + index * array.BYTES_PER_ELEMENT);
  if (cell === undefined || index < 0 || index >= array.length) return array[index];
  if (!isFloatArray(array)) return lose(cell, site, 'the bits of a traced number are read as integers') && array[index];
  return cell;
}

export function storeElement(array: AnyTypedArray, index: number, value: unknown, site = 0): void {
  const shadow = shadowOf(array);
  if (!(value instanceof Tracer)) {
    array[index] = value as number;
    if (shadow.cells !== undefined) shadow.cells.delete(array.byteOffset + index * array.BYTES_PER_ELEMENT);
    return;
  }
  if (!isFloatArray(array)) {
    const name = Object.prototype.toString.call(array).slice(8, -1);
    array[index] = lose(value, site, `${name} holds integers`, 'Use a Float64Array.');
    return;
  }
  array[index] = valueOf(value);
  if (index < 0 || index >= array.length) return;
  shadow.cells ??= new Map();
  const kept = array.BYTES_PER_ELEMENT === 8 ? value : rounded(value, site);
  shadow.cells.set(array.byteOffset + index * array.BYTES_PER_ELEMENT, kept);
}

/** A traced number rounded to float32, as Math.fround: derivative 1. */
export function rounded(value: Tracer, site: number): Tracer {
  const number = valueOf(value);
  if (Math.fround(number) === number) return value;
  const recorder = recorderOf(value);
  recorder.position = site;
  // As a sum with its own rounding error: the value is float32's, the derivative that of the number.
  const result = recorder.recordScalar2(OPCODES.add, rowIn(recorder, value), recorder.literal(Math.fround(number) - number), Math.fround(number));
  recorder.position = 0;
  return new Tracer(recorder, result, true);
}

/** Plain list of the elements, traced ones among them. */
export function elements(array: AnyTypedArray): unknown[] {
  const out = new Array<unknown>(array.length);
  for (let index = 0; index < array.length; index++) out[index] = elementOf(array, index);
  return out;
}

export function copyElements(from: AnyTypedArray, to: AnyTypedArray, offset = 0): void {
  for (let index = 0; index < from.length; index++) storeElement(to, offset + index, elementOf(from, index));
}

/** The traced number that a DataView stored at a byte, if it is still there. */
export function cellAt(view: DataView, byte: number): Tracer | undefined {
  return shadows.get(view.buffer)?.cells?.get(view.byteOffset + byte);
}

export function storeCell(view: DataView, byte: number, value: unknown): void {
  let shadow = shadows.get(view.buffer);
  if (!shadow) shadows.set(view.buffer, (shadow = { cells: undefined }));
  if (value instanceof Tracer) (shadow.cells ??= new Map()).set(view.byteOffset + byte, value);
  else shadow.cells?.delete(view.byteOffset + byte);
}

/** Copies what stands beside the bytes [start, end) of a buffer into another. */
export function copyCells(from: ArrayBufferLike, to: ArrayBufferLike, start: number, end: number): void {
  const cells = shadows.get(from)?.cells;
  if (cells === undefined) return;
  const copied = new Map<number, Tracer>();
  for (const [byte, tracer] of cells) if (byte >= start && byte < end) copied.set(byte - start, tracer);
  shadows.set(to, { cells: copied });
}
