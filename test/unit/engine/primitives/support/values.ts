/** Arrays for tests, and small arithmetic on lists of them. */
import {
  allocate,
  isFloat,
  sizeOf,
  type ArrayValue,
  type DType,
  type Shape,
} from '../../../../../src/engine/program/aval';

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function array(shape: Shape, numbers: ArrayLike<number>, dtype: DType = 'float64'): ArrayValue {
  const data = allocate(dtype, sizeOf(shape));
  if (numbers.length !== data.length) throw new Error(`${numbers.length} numbers for shape [${shape.join(', ')}]`);
  data.set(numbers);
  return { shape, dtype, data };
}

export function scalar(value: number, dtype: DType = 'float64'): ArrayValue {
  return array([], [value], dtype);
}

export function vector(...numbers: number[]): ArrayValue {
  return array([numbers.length], numbers);
}

/** Entries uniform in [low, high). */
export function uniform(random: () => number, shape: Shape, low = -1, high = 1): ArrayValue {
  return array(
    shape,
    Float64Array.from({ length: sizeOf(shape) }, () => low + (high - low) * random()),
  );
}

/** Entries that differ from each other by `gap` at least, in random order around 0. */
export function distinct(random: () => number, shape: Shape, gap = 0.2): ArrayValue {
  const size = sizeOf(shape);
  const numbers = Array.from({ length: size }, (_, index) => (index - size / 2 + 0.3 * random()) * gap);
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [numbers[i], numbers[j]] = [numbers[j], numbers[i]];
  }
  return array(shape, numbers);
}

export function floats(values: readonly ArrayValue[]): ArrayValue[] {
  return values.filter(({ dtype }) => isFloat(dtype));
}

/** x + factor · direction for the entries of `active`, in order. */
export function moved(
  values: readonly ArrayValue[],
  active: readonly boolean[],
  directions: readonly ArrayValue[],
  factor: number,
): ArrayValue[] {
  let next = 0;
  return values.map((value, index) => {
    if (!active[index]) return value;
    const direction = directions[next++].data;
    const data = value.data.slice();
    for (let i = 0; i < data.length; i++) data[i] += factor * direction[i];
    return { ...value, data };
  });
}

/** Σ factorₖ · valuesₖ, in float64. */
export function combination(factors: readonly number[], lists: readonly (readonly ArrayValue[])[]): ArrayValue[] {
  return lists[0].map((first, index) => {
    const data = new Float64Array(first.data.length);
    lists.forEach((list, k) => list[index].data.forEach((x, i) => (data[i] += factors[k] * x)));
    return { shape: first.shape, dtype: 'float64', data };
  });
}

/** Σ x y over all entries of two lists of arrays. */
export function inner(xs: readonly ArrayValue[], ys: readonly ArrayValue[]): number {
  let total = 0;
  xs.forEach(({ data }, index) => {
    for (let i = 0; i < data.length; i++) total += data[i] * ys[index].data[i];
  });
  return total;
}

export function largest(data: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < data.length; i++) most = Math.max(most, Math.abs(data[i]));
  return most;
}

/** Largest difference between two lists of arrays, relative to their size; equal NaNs and infinities do not differ. */
export function difference(xs: readonly ArrayValue[], ys: readonly ArrayValue[]): number {
  if (xs.length !== ys.length) return Infinity;
  let worst = 0;
  xs.forEach((x, index) => {
    const y = ys[index];
    if (x.shape.join() !== y.shape.join()) worst = Infinity;
    let scale = 1;
    for (const v of x.data) if (Number.isFinite(v)) scale = Math.max(scale, Math.abs(v));
    x.data.forEach((v, i) => {
      const w = y.data[i];
      if (Object.is(v, w) || v === w) return;
      const off = Math.abs(v - w) / scale;
      worst = Number.isNaN(off) ? Infinity : Math.max(worst, off);
    });
  });
  return worst;
}
