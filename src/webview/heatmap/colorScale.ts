/**
 * From values to steps of a colour table. A matrix is encoded once as one byte a cell (`encode`); painting and downsampling
 * work on the bytes. Not a number and the infinities have codes of their own; so has an entry that a sparse matrix lacks.
 */
import { CENTER, STEPS } from './colorMaps';

export type ScaleKind = 'linear' | 'symlog' | 'rank';
export const scaleKinds: readonly ScaleKind[] = ['linear', 'symlog', 'rank'];

export const CODE = { absent: 251, negativeInfinity: 252, positiveInfinity: 253, nan: 254, outside: 255 } as const;

/** Maps a finite value to −1 … 1 (diverging) and back. */
export interface ColorScale {
  readonly kind: ScaleKind | 'log' | 'density';
  /** Whether zero lies in the middle of the table (else at its start). */
  readonly diverging: boolean;
  readonly maxAbs: number;
  toUnit(value: number): number;
  fromUnit(unit: number): number;
}

export interface Magnitudes {
  /** Largest and smallest non-zero |value| of the finite entries; 0 where there is none. */
  max: number;
  min: number;
  /** Sorted sample of the non-zero |values|, at most 4096. */
  sample: Float64Array;
}

const SAMPLE = 4096;

/** Looks through all values once. */
export function measureMagnitudes(values: ArrayLike<number>): Magnitudes {
  let max = 0;
  let min = Infinity;
  const sample: number[] = [];
  const stride = Math.max(1, Math.floor(values.length / SAMPLE));
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]);
    if (magnitude > 0 && magnitude < Infinity) {
      if (magnitude > max) max = magnitude;
      if (magnitude < min) min = magnitude;
      if (i % stride === 0) sample.push(magnitude);
    }
  }
  if (max > 0 && sample.length === 0) sample.push(min, max);
  return { max, min: max === 0 ? 0 : min, sample: Float64Array.from(sample).sort() };
}

/** Symmetric-log where the magnitudes span more than three decades, else linear. */
export function suggestScale({ max, sample }: Magnitudes): ScaleKind {
  if (sample.length < 2) return 'linear';
  const median = sample[sample.length >> 1];
  return max / median > 1000 ? 'symlog' : 'linear';
}

/** Where symmetric-log turns from linear to logarithmic. */
function symlogThreshold({ max, min }: Magnitudes): number {
  return Math.min(Math.max(min, max * 1e-9), max / 10);
}

export function createScale(kind: ScaleKind, magnitudes: Magnitudes): ColorScale {
  const maxAbs = magnitudes.max;
  if (maxAbs === 0) return { kind, diverging: true, maxAbs: 0, toUnit: () => 0, fromUnit: () => 0 };
  switch (kind) {
    case 'linear':
      return { kind, diverging: true, maxAbs, toUnit: (v) => v / maxAbs, fromUnit: (u) => u * maxAbs };
    case 'symlog': {
      const c = symlogThreshold(magnitudes);
      const span = Math.log1p(maxAbs / c);
      return {
        kind,
        diverging: true,
        maxAbs,
        toUnit: (v) => (Math.sign(v) * Math.log1p(Math.abs(v) / c)) / span,
        fromUnit: (u) => Math.sign(u) * c * Math.expm1(Math.abs(u) * span),
      };
    }
    case 'rank':
      return rankScale(magnitudes);
  }
}

function rankScale({ max, sample }: Magnitudes): ColorScale {
  const quantile = (magnitude: number) => {
    if (magnitude === 0) return 0;
    let low = 0;
    let high = sample.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sample[middle] <= magnitude) low = middle + 1;
      else high = middle;
    }
    return Math.min(1, low / sample.length);
  };
  return {
    kind: 'rank',
    diverging: true,
    maxAbs: max,
    toUnit: (v) => Math.sign(v) * quantile(Math.abs(v)),
    fromUnit: (u) => {
      const position = Math.abs(u) * sample.length - 1;
      return u === 0
        ? 0
        : Math.sign(u) *
            (Math.abs(u) === 1 ? max : sample[Math.max(0, Math.min(sample.length - 1, Math.round(position)))]);
    },
  };
}

/**
 * Logarithmic from rounding error to one or the largest magnitude, for relative errors: the same colour is the same error in
 * every function, so a right derivative looks dark and a wrong one bright.
 */
export function logScale({ max }: Magnitudes): ColorScale {
  const low = -16;
  const high = Math.max(0, Math.log10(max || 1));
  return {
    kind: 'log',
    diverging: false,
    maxAbs: 10 ** high,
    toUnit: (v) => (Math.abs(v) <= 10 ** low ? 0 : Math.min(1, (Math.log10(Math.abs(v)) - low) / (high - low))),
    fromUnit: (u) => 10 ** (low + u * (high - low)),
  };
}

/** Whether an entry is there at all. */
export const patternScale: ColorScale = {
  kind: 'density',
  diverging: false,
  maxAbs: 1,
  toUnit: (v) => (v === 0 ? 0 : 1),
  fromUnit: (u) => u,
};

/** The code of one value. A value that is not zero never looks like zero, however small it is. */
export function encodeValue(value: number, scale: ColorScale): number {
  if (value !== value) return CODE.nan;
  if (value === Infinity) return CODE.positiveInfinity;
  if (value === -Infinity) return CODE.negativeInfinity;
  if (!scale.diverging) return Math.round(scale.toUnit(value) * (STEPS - 1));
  if (value === 0) return CENTER;
  const step = Math.round(Math.min(1, Math.abs(scale.toUnit(value))) * CENTER);
  return value > 0 ? CENTER + Math.max(1, step) : CENTER - Math.max(1, step);
}

export function encode(values: ArrayLike<number>, scale: ColorScale): Uint8Array {
  const codes = new Uint8Array(values.length);
  if (scale.kind === 'linear' && scale.maxAbs > 0) {
    encodeLinear(values, CENTER / scale.maxAbs, codes, scale);
  } else {
    for (let i = 0; i < values.length; i++) codes[i] = encodeValue(values[i], scale);
  }
  return codes;
}

/** The hot loop of large dense matrices, without a call per entry. */
function encodeLinear(values: ArrayLike<number>, factor: number, codes: Uint8Array, scale: ColorScale): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const step = value * factor;
    if (!(step >= -CENTER && step <= CENTER)) codes[i] = encodeValue(value, scale);
    else if (step >= 1 || step <= -1) codes[i] = Math.round(CENTER + step);
    else codes[i] = value > 0 ? CENTER + 1 : value < 0 ? CENTER - 1 : CENTER;
  }
}

/** How much each code matters when several cells share a pixel: the larger wins. */
export function priorities(diverging: boolean): Uint8Array {
  const table = new Uint8Array(256);
  for (let code = 0; code < STEPS; code++)
    table[code] = 1 + (diverging ? Math.abs(code - CENTER) : Math.min(code, 250));
  table[CODE.absent] = 0;
  table[CODE.negativeInfinity] = 252;
  table[CODE.positiveInfinity] = 253;
  table[CODE.nan] = 254;
  return table;
}
