/** Numbers and structures as text for people. */
import type { Data } from '../../runner/protocol';

/** Eight significant digits, as short as they come. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Object.is(value, -0)) return '-0';
  if (value !== 0 && (Math.abs(value) >= 1e9 || Math.abs(value) < 1e-5))
    return value.toExponential(6).replace(/\.?0+e/, 'e');
  return String(Number(value.toPrecision(8)));
}

export function milliseconds(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value >= 1000) return `${(value / 1000).toFixed(2)} s`;
  if (value >= 1) return `${value.toFixed(2)} ms`;
  return value >= 0.001 ? `${(value * 1000).toFixed(2)} µs` : `${(value * 1e6).toFixed(0)} ns`;
}

/** A value as the user would write it. */
export function structure(value: Data, indent = ''): string {
  if (typeof value === 'number') return number(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const inner = `${indent}  `;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const list = Array.from(value as ArrayLike<Data>);
    const flat = list.every((item) => typeof item !== 'object' || item === null);
    const items = list.map((item) => structure(item, inner));
    const line = `[${items.join(', ')}]`;
    if (flat && list.length <= 12) return line;
    return flat ? `[${items.join(', ')}]` : `[\n${items.map((item) => inner + item).join(',\n')}\n${indent}]`;
  }
  const entries = Object.entries(value).map(([name, item]) => `${name}: ${structure(item, inner)}`);
  const line = `{ ${entries.join(', ')} }`;
  return line.length <= 100 && !line.includes('\n')
    ? line
    : `{\n${entries.map((entry) => inner + entry).join(',\n')}\n${indent}}`;
}
