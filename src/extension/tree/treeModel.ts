/** The rows of the GradLens view: files → functions → points. */
import type { FunctionInfo, Inspection } from '../../runner/protocol';
import { shortData, truncate } from '../format/data';
import { shortReason } from '../format/errors';
import { t } from '../format/l10n';
import { shortNumber } from '../format/number';
import type { InspectionState } from '../inspection';
import { lastInspection } from '../lenses/lensModel';
import type { CheckState } from '../live/checkState';

export interface RowText {
  label: string;
  description: string;
  tooltip: string;
  /** A codicon's name and a theme colour's. */
  icon: { id: string; color?: string };
}

/** The norm of the derivative: of the gradient, or Frobenius' of a Jacobian. */
function derivativeNorm({ summary, matrix }: Inspection): number | undefined {
  if (summary) return summary.frobenius;
  if (!matrix) return undefined;
  let square = 0;
  for (const value of matrix.values) square += value * value;
  return Math.sqrt(square);
}

/** A function with one point, or one point of several. */
export function pointRow(
  fn: FunctionInfo,
  pointIndex: number,
  state: InspectionState,
  check: CheckState,
  digits: number,
): RowText {
  const several = fn.points.length > 1;
  const point = fn.points[pointIndex]?.expression ?? '';
  const label = several ? truncate(point, 40) : fn.name;
  return { label, ...describe(state, check, digits), tooltip: `${fn.name}(${truncate(point, 200)})` };
}

/** A function whose points are rows of their own. */
export function functionRow(fn: FunctionInfo): RowText {
  return {
    label: fn.name,
    description: t('{0} points', fn.points.length),
    tooltip: fn.name,
    icon: { id: 'symbol-function' },
  };
}

function describe(state: InspectionState, check: CheckState, digits: number): Pick<RowText, 'description' | 'icon'> {
  const inspection = lastInspection(state);
  if (state.kind === 'failed') {
    return { description: shortReason(state.error), icon: { id: 'error', color: 'list.errorForeground' } };
  }
  if (!inspection) return { description: '…', icon: { id: 'symbol-function' } };
  const norm = derivativeNorm(inspection);
  const symbol = inspection.scalar ? '‖∇‖' : '‖J‖';
  const parts = [shortData(inspection.value, 24, digits)];
  if (norm !== undefined) parts.push(`${symbol} ${shortNumber(norm, digits)}`);
  parts.push(...checkWords(check));
  return { description: parts.join(' · '), icon: iconOf(check) };
}

function checkWords(check: CheckState): string[] {
  switch (check.kind) {
    case 'passed':
      return [t('check ✓')];
    case 'failed':
      return [t('check ✗')];
    case 'error':
      return [t('check !')];
    default:
      return [];
  }
}

function iconOf(check: CheckState): RowText['icon'] {
  switch (check.kind) {
    case 'passed':
      return { id: 'pass', color: 'testing.iconPassed' };
    case 'failed':
    case 'error':
      return { id: 'error', color: 'testing.iconFailed' };
    case 'running':
      return { id: 'loading~spin' };
    case 'none':
      return { id: 'symbol-function' };
  }
}
