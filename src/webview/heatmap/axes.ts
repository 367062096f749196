/** Which labels an axis of the heatmap shows and how much room they need. Pure: text is measured by the caller's function. */
import type { AxisModel } from '../model/labels';
import { shorten } from '../model/format';
import { indexStep } from '../model/ticks';

export interface AxisLabel {
  /** Entry that is named. */
  index: number;
  text: string;
}

export type Measure = (text: string) => number;

const LINE = 15;

/** Groups whose names are measured for the width of the margin. */
const MEASURED_GROUPS = 200;

/** The width that labels of the axis need at most, without looking at each of a million. */
function longestLabel(axis: AxisModel, measure: Measure): number {
  let longest = 0;
  const stride = Math.max(1, Math.floor(axis.groups.length / MEASURED_GROUPS));
  for (let g = 0; g < axis.groups.length; g += stride) {
    const { start, end } = axis.groups[g];
    if (end > start) longest = Math.max(longest, measure(axis.label(start)), measure(axis.label(end - 1)));
  }
  return Math.ceil(longest);
}

/** A label no wider than `width`. */
export function fitLabel(text: string, width: number, measure: Measure): string {
  if (measure(text) <= width) return text;
  let characters = Math.max(2, Math.floor((text.length * width) / measure(text)));
  while (characters > 2 && measure(shorten(text, characters)) > width) characters--;
  return shorten(text, characters);
}

/**
 * The entries to name between `from` and `to`: all where there is room, else the first of each group and round positions
 * within it, never closer than `spacing` pixels.
 */
export function axisLabels(axis: AxisModel, from: number, to: number, cell: number, spacing: number): AxisLabel[] {
  const labels: AxisLabel[] = [];
  const first = Math.max(0, Math.floor(from));
  const last = Math.min(axis.count, Math.ceil(to));
  if (cell >= spacing) {
    for (let index = first; index < last; index++) labels.push({ index, text: axis.label(index) });
    return labels;
  }
  const step = indexStep(cell, spacing);
  let free = -Infinity; // pixels from `from`; the next label may stand there
  for (let g = groupAt(axis, first); g < axis.groups.length && axis.groups[g].start < last;) {
    const { start, end } = axis.groups[g];
    const k0 = Math.max(0, Math.ceil((first - start) / step));
    for (let index = start + k0 * step; index < Math.min(end, last); index += step) {
      if ((index - from) * cell < free) continue;
      labels.push({ index, text: axis.label(index) });
      free = (index - from) * cell + spacing;
    }
    // Groups that end before the next free position are passed over at once: there may be a million of them.
    const next = Math.floor(from + Math.max(free, 0) / cell);
    g = Math.max(g + 1, next < axis.count ? groupAt(axis, next) : axis.groups.length);
  }
  return labels;
}

function groupAt(axis: AxisModel, index: number): number {
  let low = 0;
  let high = axis.groups.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (axis.groups[middle].start <= index) low = middle;
    else high = middle - 1;
  }
  return low;
}

const GAP = 8;

/** Room for the labels of the rows. */
export function leftMargin(rows: AxisModel, width: number, measure: Measure): number {
  return Math.ceil(Math.min(longestLabel(rows, measure), Math.max(60, width * 0.3))) + GAP;
}

/**
 * Room for the labels of the columns, decided by the fitted view, so that zooming moves nothing: upright where they are wider
 * than a cell that still has room for a line of text.
 */
export function topMargin(columns: AxisModel, fittedCell: number, measure: Measure): { top: number; rotated: boolean } {
  const longest = longestLabel(columns, measure);
  const rotated = fittedCell < longest + GAP && fittedCell >= LINE;
  return { top: rotated ? Math.min(longest, 120) + GAP : LINE + GAP - 2, rotated };
}

/** The widest that a column label beside others may be: longer ones lose their middle. */
export const columnLabelWidth = (plot: number): number => Math.max(72, plot * 0.4);

/** Pixels that column labels keep apart in a plot of that width. */
export function columnSpacing(
  columns: AxisModel,
  cell: number,
  { rotated, width }: { rotated: boolean; width: number },
  measure: Measure,
): number {
  if (rotated) return LINE;
  const longest = longestLabel(columns, measure);
  return cell >= longest + GAP ? cell : Math.min(longest, columnLabelWidth(width)) + 14;
}

/** Rows at least this high are all named; lower ones only now and then. */
export const rowSpacing = (cell: number): number => (cell >= LINE - 2 ? cell : 2 * LINE);
