/** Ranges and steps of sliders. Pure. */
import { niceStep } from '../model/ticks';

/** A round range about a value, in which it stands near the middle: 0 → ±1, 1 → −1 … 3, −1.2 → −3.2 … 0.8 rounded. */
export function sliderRange(value: number): readonly [number, number] {
  if (!Number.isFinite(value)) return [-1, 1];
  const half = niceStep(Math.max(1, Math.abs(value)));
  const unit = half / 10;
  const center = Math.round(value / unit) * unit;
  return [round(center - 2 * half, unit), round(center + 2 * half, unit)];
}

/** The range to go on with: the old one while the value is well inside it. */
export function keepRange(range: readonly [number, number] | undefined, value: number): readonly [number, number] {
  if (range === undefined || !Number.isFinite(value)) return sliderRange(value);
  const margin = (range[1] - range[0]) * 0.02;
  return value > range[0] + margin && value < range[1] - margin ? range : sliderRange(value);
}

/** About 400 positions, at round numbers. */
export function sliderStep([low, high]: readonly [number, number]): number {
  return niceStep((high - low) / 400);
}

/** A number as it is typed, or undefined. */
export function parseNumber(text: string): number | undefined {
  const cleaned = text.trim().replace(/−/g, '-').replace('∞', 'Infinity');
  if (cleaned === '') return undefined;
  if (cleaned === 'NaN') return NaN;
  const value = Number(cleaned);
  return Number.isNaN(value) ? undefined : value;
}

const round = (value: number, unit: number) => Number((Math.round(value / unit) * unit).toPrecision(12));
