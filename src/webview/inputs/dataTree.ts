/** Arguments as trees of editable nodes, and immutable edits of them. Pure. */
import type { Data, LeafInfo, NumericArray } from '../../runner/protocol';

export type DataPath = readonly (string | number)[];

export type DataNode =
  | { kind: 'number'; name: string; path: DataPath; value: number }
  | { kind: 'boolean'; name: string; path: DataPath; value: boolean }
  | { kind: 'text'; name: string; path: DataPath; value: string }
  | { kind: 'vector'; name: string; path: DataPath; length: number }
  | { kind: 'matrix'; name: string; path: DataPath; rows: number; columns: number }
  | { kind: 'group'; name: string; path: DataPath; children: DataNode[] }
  | { kind: 'other'; name: string; path: DataPath; text: string };

export function isNumericArray(data: Data): data is NumericArray {
  return ArrayBuffer.isView(data);
}

function isVector(data: Data): data is number[] | NumericArray {
  return (
    isNumericArray(data) || (Array.isArray(data) && data.length > 0 && data.every((item) => typeof item === 'number'))
  );
}

/** Rows of equal length, all numbers. */
function matrixColumns(data: Data): number | undefined {
  if (!Array.isArray(data) || data.length === 0 || !data.every(isVector)) return undefined;
  const columns = data[0].length;
  return columns > 0 && data.every((row) => row.length === columns) ? columns : undefined;
}

/** `name` + step: `x[3]`, `params.W`. */
function childName(name: string, step: string | number): string {
  return typeof step === 'number' ? `${name}[${step}]` : `${name}.${step}`;
}

export function dataTree(data: Data, name: string, path: DataPath): DataNode {
  if (typeof data === 'number') return { kind: 'number', name, path, value: data };
  if (typeof data === 'boolean') return { kind: 'boolean', name, path, value: data };
  if (typeof data === 'string') return { kind: 'text', name, path, value: data };
  if (data === null || data === undefined) return { kind: 'other', name, path, text: String(data) };
  if (isVector(data)) return { kind: 'vector', name, path, length: data.length };
  const columns = matrixColumns(data);
  if (columns !== undefined) return { kind: 'matrix', name, path, rows: (data as Data[]).length, columns };
  const entries: [string | number, Data][] = Array.isArray(data)
    ? data.map((item, i) => [i, item])
    : Object.entries(data);
  return {
    kind: 'group',
    name,
    path,
    children: entries.map(([step, item]) => dataTree(item, childName(name, step), [...path, step])),
  };
}

export function getAt(data: Data, path: DataPath): Data {
  let at: Data = data;
  for (const step of path) at = (at as { [key: string | number]: Data })[step];
  return at;
}

/** The data with one place replaced; arrays keep their kind. */
export function setAt(data: Data, path: DataPath, value: Data): Data {
  if (path.length === 0) return value;
  const [step, ...rest] = path;
  if (isNumericArray(data)) {
    const copy = data.slice();
    copy[step as number] = value as number;
    return copy;
  }
  if (Array.isArray(data)) {
    const copy = data.slice();
    copy[step as number] = setAt(copy[step as number], rest, value);
    return copy;
  }
  const record = data as { [key: string]: Data };
  return { ...record, [step]: setAt(record[step], rest, value) };
}

/** The data with every number replaced, in place order. */
export function mapNumbers(data: Data, change: (value: number) => number): Data {
  if (typeof data === 'number') return change(data);
  if (isNumericArray(data)) return (data as Float64Array).map(change);
  if (Array.isArray(data)) return data.map((item) => mapNumbers(item, change));
  if (typeof data !== 'object' || data === null) return data;
  const result: { [key: string]: Data } = {};
  for (const [key, item] of Object.entries(data)) result[key] = mapNumbers(item, change);
  return result;
}

/**
 * A flat vector in the structure of arguments: leaves are found by their paths, so the order in which the runner flattens need
 * not be known here. What has no leaf stays (for a point), or becomes zeros of its structure (for a direction).
 */
export function unflatten(
  template: Data,
  name: string,
  leaves: ReadonlyMap<string, LeafInfo>,
  flat: ArrayLike<number>,
  rest: 'keep' | 'zero' = 'zero',
): Data {
  const leaf = leaves.get(name);
  const shaped = rest === 'keep' ? template : plain(template);
  if (leaf !== undefined) {
    let at = leaf.offset;
    return mapNumbers(shaped, () => flat[at++] ?? 0);
  }
  if (isNumericArray(template) || typeof template === 'number')
    return rest === 'keep' ? template : mapNumbers(shaped, () => 0);
  if (Array.isArray(template))
    return template.map((item, i) => unflatten(item, childName(name, i), leaves, flat, rest));
  if (typeof template !== 'object' || template === null) return template;
  const result: { [key: string]: Data } = {};
  for (const [key, item] of Object.entries(template))
    result[key] = unflatten(item, childName(name, key), leaves, flat, rest);
  return result;
}

/** Directions are real even where the point's array is of whole numbers. */
function plain(data: Data): Data {
  return isNumericArray(data)
    ? Float64Array.from(data as ArrayLike<number>)
    : Array.isArray(data)
      ? data.map(plain)
      : data;
}

export function leavesByPath(leaves: readonly LeafInfo[]): Map<string, LeafInfo> {
  return new Map(leaves.map((leaf) => [leaf.path, leaf]));
}
