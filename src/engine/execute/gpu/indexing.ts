/** Index arithmetic in kernel source. Kernels compute in float32: whole numbers are exact up to 2²⁴. */
import { sizeOf, type Shape } from '../../program/aval';
import type { Atom, KernelWriter } from './writer';

/** One atom an axis. */
export type Index = readonly Atom[];

const isNumber = (atom: Atom) => /^\d+$/.test(atom);

export function addIndex(w: KernelWriter, x: Atom, y: Atom | number): Atom {
  const text = String(y);
  if (isNumber(x) && isNumber(text)) return String(Number(x) + Number(text));
  if (text === '0') return x;
  if (x === '0') return text;
  return w.define(`${x} + ${text}`);
}

export function subIndex(w: KernelWriter, x: Atom | number, y: Atom): Atom {
  if (y === '0') return String(x);
  if (isNumber(String(x)) && isNumber(y) && Number(x) >= Number(y)) return String(Number(x) - Number(y));
  return w.define(`${x} - ${y}`);
}

export function scaleIndex(w: KernelWriter, x: Atom, factor: number): Atom {
  if (factor === 1 || x === '0') return x;
  if (isNumber(x)) return String(Number(x) * factor);
  return w.define(`${x} * ${factor}`);
}

/** Positions up to here: a division that is off by a few units in the last place is still on the right side of the half. */
const SAFE_POSITIONS = 2 ** 18;

/** floor(x / d) of an x below `limit`. */
function quotient(w: KernelWriter, x: Atom, divisor: number, limit: number): Atom {
  if (isNumber(x)) return String(Math.floor(Number(x) / divisor));
  if (limit <= SAFE_POSITIONS) return w.define(`Math.floor((${x} + 0.5) / ${divisor})`);
  w.use(['glTimes']);
  return w.define(`glTimes(${x}, ${divisor})`);
}

/** Row-major position of an index. */
export function flatten(w: KernelWriter, index: Index, shape: Shape): Atom {
  let flat: Atom = '0';
  index.forEach((atom, axis) => {
    if (shape[axis] === 1) return;
    flat = addIndex(w, scaleIndex(w, flat, shape[axis]), atom);
  });
  return flat;
}

/** Index of a row-major position. */
export function unflatten(w: KernelWriter, flat: Atom, shape: Shape): Index {
  const index: Atom[] = new Array<Atom>(shape.length).fill('0');
  let rest = flat;
  let left = sizeOf(shape);
  // An array without elements has no index that anyone reads.
  if (left === 0) return index;
  for (let axis = 0; axis < shape.length; axis++) {
    const extent = shape[axis];
    left /= Math.max(extent, 1);
    if (extent === 1) continue;
    if (left === 1) {
      index[axis] = rest;
      break;
    }
    const digit = quotient(w, rest, left, left * extent);
    index[axis] = digit;
    rest = subIndex(w, rest, scaleIndex(w, digit, left));
  }
  return index;
}

/** x limited to 0 … extent − 1. */
export function clampIndex(w: KernelWriter, x: Atom, extent: number): Atom {
  if (isNumber(x)) return String(Math.min(Number(x), extent - 1));
  // A function, not a choice: WebGL refuses `counter < 0 ? 0 : counter`, whose sides have two types.
  w.use(['glPlace']);
  return w.define(`glPlace(${x}, ${extent - 1})`);
}

/** The value of the part in whose places, from `first` to before `end`, a place lies; the parts follow each other. */
export function chooseByPlace(
  w: KernelWriter,
  place: Atom,
  parts: readonly { readonly first: number; readonly end: number; readonly write: () => Atom }[],
): Atom {
  return w.choose(
    parts.map(({ first, end, write }, position) => {
      const [after, before] = [`${place} >= ${first}`, `${place} < ${end}`];
      const condition = position === 0 ? before : position === parts.length - 1 ? after : `${after} && ${before}`;
      return { condition, write };
    }),
  );
}
