/** JSON in which NaN and infinities are text and typed arrays are lists. */

export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => plain(item));
}

function plain(item: unknown): unknown {
  if (typeof item === 'number' && !Number.isFinite(item)) return String(item);
  if (ArrayBuffer.isView(item)) return Array.from(item as unknown as ArrayLike<number>);
  return item;
}
