/** The lens row of one function at one point: which lenses, and what each says. */
import type { FunctionInfo, Inspection } from '../../runner/protocol';
import { COMMANDS, type CommandId } from '../commandIds';
import { shortData, truncate } from '../format/data';
import { fullReason, shortReason } from '../format/errors';
import { t } from '../format/l10n';
import { runnerText } from '../format/runnerText';
import type { InspectionState } from '../inspection';
import type { CheckState } from '../live/checkState';

export type LensKind = 'value' | 'derivative' | 'hvp' | 'hessian' | 'check' | 'profile' | 'point';

export interface LensText {
  title: string;
  tooltip: string;
  command: CommandId;
}

export interface LensInput {
  fn: FunctionInfo;
  pointIndex: number;
  state: InspectionState;
  check: CheckState;
  /** True where the state has been out of date so long that a reader should know. */
  late: boolean;
  digits: number;
}

/** True where the function gives one number: as computed, else as its type says. */
function isScalar(fn: FunctionInfo, inspection?: Inspection): boolean {
  return inspection ? inspection.scalar : fn.returnType === undefined || fn.returnType === 'number';
}

/** The lenses of a function, in order. It depends on what is known of the function only, so that the row does not jump. */
export function lensKinds(fn: FunctionInfo, inspection: Inspection | undefined, wanted: readonly string[]): LensKind[] {
  const kinds: LensKind[] = ['derivative', 'hvp', 'hessian', 'check', 'profile', 'point'];
  const scalar = isScalar(fn, inspection);
  return [
    'value',
    ...kinds.filter((kind) => wanted.includes(kind) && (scalar || (kind !== 'hvp' && kind !== 'hessian'))),
  ];
}

/** The last result of a state, stale or not. */
export function lastInspection(state: InspectionState): Inspection | undefined {
  if (state.kind === 'ready' || state.kind === 'stale') return state.inspection;
  return state.kind === 'failed' ? state.last : undefined;
}

/** What one lens says. */
export function lensText(kind: LensKind, input: LensInput): LensText {
  switch (kind) {
    case 'value':
      return valueLens(input);
    case 'derivative':
      return isScalar(input.fn, lastInspection(input.state))
        ? {
            title: t('Gradient'),
            tooltip: t('Show the gradient in the GradLens panel'),
            command: COMMANDS.showGradient,
          }
        : {
            title: t('Jacobian'),
            tooltip: t('Show the Jacobian in the GradLens panel'),
            command: COMMANDS.showJacobian,
          };
    case 'hvp':
      return {
        title: t('HVP'),
        tooltip: t('Multiply the Hessian by a vector, without forming it'),
        command: COMMANDS.showHvp,
      };
    case 'hessian':
      return {
        title: t('Hessian'),
        tooltip: t('Show the Hessian in the GradLens panel'),
        command: COMMANDS.showHessian,
      };
    case 'check':
      return checkLens(input.check);
    case 'profile':
      return {
        title: t('Profile'),
        tooltip: t('Time every way to compute the derivative'),
        command: COMMANDS.profile,
      };
    case 'point':
      return {
        title: t('Set point'),
        tooltip: t('Choose the arguments at which the function is looked at'),
        command: COMMANDS.setPoint,
      };
  }
}

/** `f`, or `f([1, 2])` where there are several points to tell apart. */
export function callText(fn: FunctionInfo, pointIndex: number, width = 28): string {
  const name = truncate(fn.name, 40);
  if (fn.points.length <= 1) return name;
  return `${name}(${truncate(fn.points[pointIndex]?.expression ?? '', width)})`;
}

/** `∇ 2` for a gradient of two components, `6×7` for a Jacobian. */
function sizeText(inspection: Inspection): string {
  const n = inspection.inputValues.length;
  return inspection.scalar ? `∇ ${n}` : `${inspection.outputValues.length}×${n}`;
}

function valueLens({ fn, pointIndex, state, late, digits }: LensInput): LensText {
  const call = callText(fn, pointIndex);
  const last = lastInspection(state);
  const command = COMMANDS.showPoint;
  const value = last && `${shortData(last.value, 32, digits)} · ${sizeText(last)}`;
  switch (state.kind) {
    case 'ready':
      return { title: `${call} = ${value}`, tooltip: readyTooltip(state.inspection), command };
    case 'stale':
      // One sign for another of about the same width: the row stays where it is.
      return {
        title: `${call} ${late ? '⋯' : '='} ${value}`,
        tooltip: t('A newer value is being computed.'),
        command,
      };
    case 'failed':
      return {
        title: `$(error) ${call}: ${shortReason(state.error)}`,
        tooltip: fullReason(state.error),
        command: COMMANDS.showOutput,
      };
    case 'untrusted':
      return untrustedLens();
    case 'unavailable':
      return { title: `${call}: ${truncate(state.reason, 70)}`, tooltip: state.reason, command };
    case 'idle':
    case 'running':
      return { title: `${call} = …`, tooltip: t('The value is being computed.'), command };
  }
}

/** The one lens of a file in a workspace that is not trusted. */
export function untrustedLens(): LensText {
  return {
    title: `$(shield) ${t('GradLens runs nothing in an untrusted workspace')}`,
    tooltip: t('Trust the workspace to see derivatives.'),
    command: COMMANDS.manageTrust,
  };
}

function readyTooltip({ point, strategy, operations }: Inspection): string {
  const source = {
    '@at': t('at {0}, from @at', point.expression),
    panel: t('at {0}, set by hand', point.expression),
    default: t('at {0}, the default values', point.expression),
    random: t('at {0}, a random point', point.expression),
  }[point.source];
  return `${truncate(source, 200)}\n${runnerText(strategy)} · ${t('{0} operations', operations)}`;
}

function checkLens(check: CheckState): LensText {
  const command = COMMANDS.check;
  switch (check.kind) {
    case 'none':
      return { title: t('Check'), tooltip: t('Check the derivative against differences'), command };
    case 'running':
      return { title: `${t('Check')} …`, tooltip: t('The derivative is being checked.'), command };
    case 'passed':
      return { title: `${t('Check')} ✓`, tooltip: runnerText(check.report.verdict), command };
    case 'failed':
      return { title: `${t('Check')} ✗`, tooltip: runnerText(check.report.verdict), command };
    case 'error':
      return { title: `${t('Check')} !`, tooltip: fullReason(check.error), command };
  }
}
