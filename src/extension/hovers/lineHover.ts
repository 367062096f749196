/** The hover of one line: its iterations, its share of the rounding error, the branches taken there. */
import type { LineValue } from '../../runner/protocol';
import { t } from '../format/l10n';
import { shortNumber, shortPercent } from '../format/number';
import { sparkline } from '../inline/sparkline';
import { escapeMarkdown, inlineCode, table } from './markdown';

/** Iterations shown in full; of more, the first and the last. */
const ROWS = 10;
const VALUE_COLOR = '#3794ff';
const ADJOINT_COLOR = '#d18616';

/** Markdown for a line of `functionName`. */
export function lineHover(line: LineValue, functionName: string, digits: number): string {
  const parts = [
    `**${t('Line {0} of {1}', line.line, escapeMarkdown(functionName))}**`,
    line.count > 1 ? iterations(line, digits) : once(line, digits),
  ];
  if (line.errorShare >= 0.01) {
    parts.push(
      t('{0} of the estimated rounding error of the result comes from this line.', shortPercent(line.errorShare)),
    );
  }
  if (line.guards.length > 0) parts.push(guards(line));
  return parts.join('\n\n');
}

function once(line: LineValue, digits: number): string {
  const rows = [[t('value'), inlineCode(shortNumber(line.value, digits + 4))]];
  if (line.hasAdjoint) rows.push([t('adjoint ∂f/∂line'), inlineCode(shortNumber(line.adjoint, digits + 4))]);
  return table([' ', ' '], rows);
}

function iterations(line: LineValue, digits: number): string {
  const kept = line.values.length;
  const first = line.count - kept;
  const row = (index: number): string[] => [
    String(first + index + 1),
    inlineCode(shortNumber(line.values[index] ?? NaN, digits)),
    ...(line.hasAdjoint ? [inlineCode(shortNumber(line.adjoints[index] ?? NaN, digits))] : []),
  ];
  const rows: string[][] = [];
  if (kept <= ROWS) for (let index = 0; index < kept; index++) rows.push(row(index));
  else {
    for (let index = 0; index < ROWS / 2; index++) rows.push(row(index));
    rows.push(['⋮', '⋮', ...(line.hasAdjoint ? ['⋮'] : [])]);
    for (let index = kept - ROWS / 2; index < kept; index++) rows.push(row(index));
  }
  const header = ['#', t('value'), ...(line.hasAdjoint ? [t('adjoint')] : [])];
  const range = t(
    '{0} iterations, from {1} to {2}',
    line.count,
    shortNumber(line.min, digits),
    shortNumber(line.max, digits),
  );
  return [range, charts(line), table(header, rows)].filter((part) => part !== '').join('\n\n');
}

/** The course of values and adjoints; two points make no course. */
function charts(line: LineValue): string {
  if (line.values.length < 3) return '';
  const rows: string[][] = [];
  const value = sparkline(line.values, VALUE_COLOR);
  const adjoint = line.hasAdjoint ? sparkline(line.adjoints, ADJOINT_COLOR) : undefined;
  if (value) rows.push([t('value'), `![${t('value by iteration')}](${value})`]);
  if (adjoint) rows.push([t('adjoint'), `![${t('adjoint by iteration')}](${adjoint})`]);
  return rows.length > 0 ? table([' ', ' '], rows) : '';
}

function guards(line: LineValue): string {
  const rows = line.guards.map(({ text, taken, notTaken }) => [inlineCode(text), String(taken), String(notTaken)]);
  return table([t('branch'), t('true'), t('false')], rows);
}
