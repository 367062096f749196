/** Rows and columns in the user's words, from the leaves of the function's inputs and outputs. */
import type { LeafInfo } from '../../runner/protocol';

/** The leaf that holds a flat index. Leaves are in order of their offsets. */
function leafOf(leaves: readonly LeafInfo[], index: number): LeafInfo | undefined {
  let low = 0;
  let high = leaves.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const leaf = leaves[middle];
    if (index < leaf.offset) high = middle - 1;
    else if (index >= leaf.offset + leaf.size) low = middle + 1;
    else return leaf;
  }
  return undefined;
}

/** `[2][0]` for the third row's first entry of a leaf; empty for a scalar leaf. */
function indexWithin(leaf: LeafInfo, index: number): string {
  let rest = index - leaf.offset;
  const parts: number[] = [];
  for (let d = leaf.shape.length - 1; d >= 0; d--) {
    parts.unshift(rest % leaf.shape[d]);
    rest = Math.floor(rest / leaf.shape[d]);
  }
  return parts.map((part) => `[${part}]`).join('');
}

/** `x[1]`, `params.W[0][2]`; `name` stands for a leaf without a path of its own (the result of the function). */
export function entryLabel(leaves: readonly LeafInfo[], index: number, name = ''): string {
  const leaf = leafOf(leaves, index);
  if (leaf === undefined) return `${name}[${index}]`;
  return `${joinPath(name, leaf.path)}${indexWithin(leaf, index)}`;
}

/** A path behind a name: `f` + `[0].pos` → `f[0].pos`, `f` + `energy` → `f.energy`. */
export function joinPath(name: string, path: string): string {
  if (name === '' || path === '') return name + path;
  return path.startsWith('[') || path.startsWith('.') ? name + path : `${name}.${path}`;
}

/** The short name of a function as it stands in a formula: `Class.method` is `method`. */
export function functionSymbol(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

export interface AxisModel {
  count: number;
  /** The whole name of an entry. */
  label(index: number): string;
  /** The name within its group: `[3]`, or the whole name for a scalar leaf. */
  short(index: number): string;
  /** One group a leaf, in order. */
  groups: AxisGroup[];
  /** Where blocks begin: another argument, or a leaf of several entries beside others. */
  boundaries: readonly number[];
}

interface AxisGroup {
  label: string;
  start: number;
  end: number;
  argument: number | undefined;
}

function blockStarts(groups: readonly AxisGroup[]): number[] {
  return groups
    .filter((group, i) => {
      const before = groups[i - 1];
      return (
        before !== undefined &&
        (before.argument !== group.argument || group.end - group.start > 1 || before.end - before.start > 1)
      );
    })
    .map(({ start }) => start);
}

/** The axis of a matrix: `name` is empty for inputs, the function's symbol for outputs. */
export function axisModel(leaves: readonly LeafInfo[], count: number, name = ''): AxisModel {
  const groups = leaves
    .filter((leaf) => leaf.size > 0 && leaf.offset < count)
    .map((leaf) => ({
      label: joinPath(name, leaf.path) || name,
      start: leaf.offset,
      end: Math.min(count, leaf.offset + leaf.size),
      argument: leaf.argument,
    }));
  return {
    count,
    boundaries: blockStarts(groups),
    groups: groups.length > 0 ? groups : [{ label: name, start: 0, end: count, argument: undefined }],
    label: (index) => entryLabel(leaves, index, name),
    short: (index) => {
      const leaf = leafOf(leaves, index);
      if (leaf === undefined) return `[${index}]`;
      return leaf.shape.length === 0 ? joinPath(name, leaf.path) || name : indexWithin(leaf, index);
    },
  };
}

export type FormulaKind = 'derivative' | 'hessian';

/** `∂f[0]/∂x[1]`, `∂²f/∂x[0]∂x[1]`. */
export function formula(
  kind: FormulaKind,
  symbol: string,
  rows: AxisModel,
  columns: AxisModel,
  row: number,
  column: number,
): string {
  if (kind === 'derivative') return `∂${rows.label(row)}/∂${columns.label(column)}`;
  return row === column
    ? `∂²${symbol}/∂${rows.label(row)}²`
    : `∂²${symbol}/∂${rows.label(row)}∂${columns.label(column)}`;
}
