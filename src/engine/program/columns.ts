/** Columns that grow. */

/**
 * Room for what outgrows this. Long columns grow by more at a time, since most of what growing costs is copying into fresh memory, and room
 * that stays untouched takes none; the longest do not, since some systems set aside whatever is asked for.
 */
export function more(length: number): number {
  return length * (length < 2 ** 14 || length > 2 ** 22 ? 2 : 4);
}

/** A longer column that begins as this one does. */
export function grow<T extends Int32Array | Uint8Array | Float64Array>(column: T, length = more(column.length)): T {
  const larger = new (column.constructor as new (length: number) => T)(length);
  larger.set(column as never);
  return larger;
}
