/** Arguments as a person would write them in a call: what `@at` and the panel say of a point that was set by hand. */
import type { Data } from '../protocol';

/** One value as a TypeScript expression. Numbers of every kind and typed arrays survive, which JSON would lose. */
export function expressionOf(value: Data): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(expressionOf).join(', ')}]`;
  if (ArrayBuffer.isView(value))
    return `new ${value.constructor.name}([${Array.from(value as ArrayLike<number>, expressionOf).join(', ')}])`;
  const entries = Object.entries(value).map(([key, item]) => `${keyOf(key)}: ${expressionOf(item)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

const keyOf = (key: string): string => (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? key : JSON.stringify(key));
