/** The hover of a function's name: what it gives, its derivative in a few figures, what it took, where to go from here. */
import type { FunctionInfo, Inspection, LeafInfo, MatrixSummary } from '../../runner/protocol';
import { COMMANDS } from '../commandIds';
import { shortData, truncate } from '../format/data';
import { fullReason } from '../format/errors';
import { t } from '../format/l10n';
import { shortNumber, shortPercent, shortTime } from '../format/number';
import { runnerText } from '../format/runnerText';
import type { InspectionState } from '../inspection';
import { lastInspection } from '../lenses/lensModel';
import { commandLink, escapeMarkdown, inlineCode, table } from './markdown';

/** Components of a gradient shown in full. */
const COMPONENTS = 8;

/** The target as a command link can carry it. */
export interface LinkTarget {
  uri: string;
  functionName: string;
  pointIndex: number;
}

/** Markdown with command links, or undefined where there is nothing to say. */
export function functionHover(
  fn: FunctionInfo,
  state: InspectionState,
  target: LinkTarget,
  digits: number,
): string | undefined {
  const inspection = lastInspection(state);
  const parts: string[] = [];
  if (state.kind === 'failed') parts.push(`$(error) ${escapeMarkdown(fullReason(state.error))}`);
  if (state.kind === 'unavailable') parts.push(escapeMarkdown(state.reason));
  if (inspection) {
    parts.push(head(fn, inspection, digits), derivative(inspection, digits), cost(inspection));
    if (state.kind !== 'ready') parts.push(`_${t('A newer value is being computed.')}_`);
  }
  if (parts.length === 0) return undefined;
  if (inspection) parts.push(links(target, inspection));
  return parts.filter((part) => part !== '').join('\n\n');
}

function head(fn: FunctionInfo, { point, value }: Inspection, digits: number): string {
  return inlineCode(`${fn.name}(${truncate(point.expression, 60)}) = ${shortData(value, 60, digits + 2)}`);
}

function derivative(inspection: Inspection, digits: number): string {
  const { matrix, matrixReason, summary, scalar } = inspection;
  if (!matrix) return matrixReason ? escapeMarkdown(runnerText(matrixReason)) : '';
  if (!scalar)
    return jacobian(summary ?? { ...matrix, frobenius: NaN, maxAbs: NaN, nonZeros: NaN, nonFinite: 0 }, digits);
  const gradient =
    matrix.kind === 'dense' ? matrix.values : scatter(matrix.columns, matrix.columnIndices, matrix.values);
  const norm = Math.hypot(...gradient.slice(0, 100_000));
  const rows = [...gradient.subarray(0, COMPONENTS)].map((component, index) => [
    inlineCode(componentName(inspection.inputs, index)),
    inlineCode(shortNumber(inspection.inputValues[index] ?? NaN, digits)),
    inlineCode(shortNumber(component, digits)),
  ]);
  if (gradient.length > COMPONENTS) rows.push([t('… {0} more', gradient.length - COMPONENTS), '', '']);
  return `${table([t('input'), t('value'), t('derivative')], rows)}\n\n‖∇f‖ = ${shortNumber(norm, digits)}`;
}

function scatter(size: number, indices: Int32Array, values: Float64Array): Float64Array {
  const dense = new Float64Array(size);
  indices.forEach((index, at) => (dense[index] = values[at] ?? 0));
  return dense;
}

function jacobian(summary: MatrixSummary, digits: number): string {
  const { rows, columns, nonZeros, rank, condition, frobenius, nonFinite, symmetric } = summary;
  const facts = [
    t('Jacobian {0} × {1}', rows, columns) + (symmetric ? `, ${t('symmetric')}` : ''),
    t('sparsity {0}', shortPercent(1 - nonZeros / Math.max(1, rows * columns))),
  ];
  if (rank !== undefined) facts.push(t('rank {0}', rank));
  if (condition !== undefined) facts.push(t('condition {0}', shortNumber(condition, digits)));
  facts.push(`‖J‖ = ${shortNumber(frobenius, digits)}`);
  if (nonFinite > 0) {
    const words = nonFinite === 1 ? t('one entry is not finite') : t('{0} entries are not finite', nonFinite);
    facts.push(`**${words}**`);
  }
  return facts.join(' · ');
}

function cost({ strategy, backend, operations, timing }: Inspection): string {
  return escapeMarkdown(
    `${runnerText(strategy)}, ${backend} · ${t('{0} operations', operations)} · ${shortTime(timing.total)}`,
  );
}

function links(target: LinkTarget, { scalar }: Inspection): string {
  const items: [string, string][] = scalar
    ? [
        [t('Gradient'), COMMANDS.showGradient],
        [t('Hessian'), COMMANDS.showHessian],
      ]
    : [[t('Jacobian'), COMMANDS.showJacobian]];
  items.push([t('Check'), COMMANDS.check], [t('Profile'), COMMANDS.profile], [t('Program'), COMMANDS.showProgram]);
  items.push([t('Set point'), COMMANDS.setPoint]);
  return items.map(([label, command]) => commandLink(label, command, target)).join(' · ');
}

/** The name of a flat input: `x[1]`, `params.W[2, 0]`. */
export function componentName(leaves: readonly LeafInfo[], index: number): string {
  const leaf = leaves.find(({ offset, size }) => index >= offset && index < offset + size);
  if (!leaf) return `[${index}]`;
  if (leaf.shape.length === 0 || leaf.size === 1) return leaf.path === '' ? `[${index}]` : leaf.path;
  let rest = index - leaf.offset;
  const indices: number[] = [];
  for (const size of [...leaf.shape].reverse()) {
    indices.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `${leaf.path}[${indices.join(', ')}]`;
}
