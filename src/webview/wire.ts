/**
 * What VS Code's webview channel would lose on the way: it is JSON with typed arrays beside it, so NaN, the infinities, −0 and
 * `undefined` would arrive as null or not at all, and a `number[]` of a million entries would be a million decimal strings.
 * `encodeWire` marks the former and packs the latter into a Float64Array; `decodeWire` undoes both.
 */

/** The key of a marker object; nobody's data has it. */
const MARK = '$gradlens';
/** Shorter arrays of numbers travel faster as JSON. */
const PACK_FROM = 32;

type Marker =
  { [MARK]: 'NaN' | 'Infinity' | '-Infinity' | '-0' | 'undefined' } | { [MARK]: 'numbers'; of: Float64Array };

function encodeNumber(value: number): unknown {
  if (Number.isFinite(value)) return Object.is(value, -0) ? { [MARK]: '-0' } : value;
  return { [MARK]: String(value) };
}

function isNumberArray(value: unknown[]): value is number[] {
  for (const item of value) if (typeof item !== 'number') return false;
  return true;
}

export function encodeWire(value: unknown): unknown {
  if (typeof value === 'number') return encodeNumber(value);
  if (value === undefined) return { [MARK]: 'undefined' };
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    return value;
  if (Array.isArray(value)) {
    if (value.length >= PACK_FROM && isNumberArray(value)) return { [MARK]: 'numbers', of: Float64Array.from(value) };
    return value.map(encodeWire);
  }
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) result[key] = encodeWire(item);
  return result;
}

function decodeMarker(marker: Marker): unknown {
  switch (marker[MARK]) {
    case 'numbers':
      return Array.from(marker.of);
    case 'undefined':
      return undefined;
    case '-0':
      return -0;
    default:
      return Number(marker[MARK]);
  }
}

export function decodeWire(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    return value;
  if (Array.isArray(value)) return value.map(decodeWire);
  if (MARK in value) return decodeMarker(value as Marker);
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) result[key] = decodeWire(item);
  return result;
}
