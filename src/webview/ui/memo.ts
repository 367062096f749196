/** Keeps what a view has made while its key stays: elements compare their properties by identity. */
const kept = new Map<string, { key: string; value: unknown }>();

export function memo<T>(slot: string, key: string, make: () => T): T {
  const known = kept.get(slot);
  if (known !== undefined && known.key === key) return known.value as T;
  const value = make();
  kept.set(slot, { key, value });
  return value;
}
