/** What stands at the ends of lines: value, adjoint and count of each line inside the functions under inspection. */
import type { FunctionInfo, Inspection, LineValue } from '../../runner/protocol';
import { truncate } from '../format/data';
import { shortNumber } from '../format/number';

export type Tone = 'zero' | 'positive' | 'positiveWeak' | 'negative' | 'negativeWeak' | 'notFinite' | 'none';

export interface InlineText {
  line: number;
  /** `= 1.44` */
  value: string;
  /** `∂ −88`, empty where the line has no adjoint. */
  adjoint: string;
  /** `×12`, empty for a line that ran once. */
  count: string;
  /** Tone of the adjoint. */
  tone: Tone;
  /** The value itself is not a finite number. */
  alarming: boolean;
}

export interface InlineOptions {
  digits: number;
  maxLength: number;
  iterations: boolean;
}

/** An adjoint of less than this share of the function's largest is drawn weakly. */
const WEAK = 0.1;

/** True where a line belongs to the function itself, not to one nested in it that has its own values. */
export function ownsLine(fn: FunctionInfo, line: number, all: readonly FunctionInfo[]): boolean {
  return isWithin(fn, line) && !nestedIn(fn, all).some((inner) => isWithin(inner, line));
}

function isWithin({ range }: FunctionInfo, line: number): boolean {
  return line >= range.line && line <= range.endLine;
}

function nestedIn(fn: FunctionInfo, all: readonly FunctionInfo[]): FunctionInfo[] {
  const { line, endLine } = fn.range;
  return all.filter(
    (other) => other !== fn && other.differentiable && other.range.line >= line && other.range.endLine <= endLine,
  );
}

/** The lines of one function, the topmost first, each line once. */
export function inlineTexts(
  fn: FunctionInfo,
  inspection: Inspection,
  file: string,
  all: readonly FunctionInfo[],
  options: InlineOptions,
): InlineText[] {
  const nested = nestedIn(fn, all);
  const lines = inspection.lines.filter((line) => line.file === file && ownsLine(fn, line.line, nested));
  const largest = largestAdjoint(lines);
  const byLine = new Map<number, InlineText>();
  for (const line of lines) byLine.set(line.line, inlineText(line, largest, options));
  return [...byLine.values()].sort((a, b) => a.line - b.line);
}

/** The largest finite adjoint of a function's lines. */
function largestAdjoint(lines: readonly LineValue[]): number {
  let largest = 0;
  for (const { adjoint, hasAdjoint } of lines) {
    if (hasAdjoint && Number.isFinite(adjoint)) largest = Math.max(largest, Math.abs(adjoint));
  }
  return largest;
}

/** One line in words. */
export function inlineText(
  line: LineValue,
  largest: number,
  { digits, maxLength, iterations }: InlineOptions,
): InlineText {
  const value = `= ${shortNumber(line.value, digits)}`;
  const adjoint = line.hasAdjoint ? `∂ ${shortNumber(line.adjoint, digits)}` : '';
  const count = iterations && line.count > 1 ? `×${line.count}` : '';
  const room = Math.max(8, maxLength - adjoint.length - count.length - 3);
  return {
    line: line.line,
    value: truncate(value, room),
    adjoint,
    count,
    tone: line.hasAdjoint ? toneOf(line.adjoint, largest) : 'none',
    alarming: !Number.isFinite(line.value),
  };
}

/** Sign and size of an adjoint among those of its function. */
export function toneOf(adjoint: number, largest: number): Tone {
  if (!Number.isFinite(adjoint)) return 'notFinite';
  if (adjoint === 0) return 'zero';
  const weak = Math.abs(adjoint) < WEAK * largest;
  if (adjoint > 0) return weak ? 'positiveWeak' : 'positive';
  return weak ? 'negativeWeak' : 'negative';
}
