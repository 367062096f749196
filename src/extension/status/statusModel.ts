/** What the status item says: how many functions are live, or why nothing shows, and the action that helps. */
import type { ErrorInfo } from '../../runner/protocol';
import { COMMANDS, type CommandId } from '../commandIds';
import { truncate } from '../format/data';
import { fullReason } from '../format/errors';
import { t } from '../format/l10n';

export interface StatusInput {
  /** An editor with a supported document is active. */
  supported: boolean;
  trusted: boolean;
  live: boolean;
  engine: { kind: 'stopped' | 'starting' | 'running' } | { kind: 'crashed'; error: ErrorInfo };
  /** The functions are known. */
  listed: boolean;
  listError?: ErrorInfo;
  syntaxErrors: number;
  functions: number;
  differentiable: number;
  /** The first reason why a function is not differentiable. */
  reason?: string;
  /** Functions whose last evaluation failed, and the first error. */
  failed: number;
  firstError?: ErrorInfo;
  ready: number;
  /** Derivatives left out because they were too large. */
  overBudget?: string;
  busy: boolean;
  /** The function that is being computed, and for how many milliseconds. */
  working?: { name: string; milliseconds: number };
}

type StatusKind =
  | 'hidden'
  | 'ok'
  | 'busy'
  | 'off'
  | 'untrusted'
  | 'crashed'
  | 'no-functions'
  | 'not-differentiable'
  | 'failed'
  | 'over-budget'
  | 'syntax-error';

export interface StatusText {
  kind: StatusKind;
  text: string;
  /** One or two sentences. */
  detail: string;
  severity: 'information' | 'warning' | 'error';
  action: { title: string; command: CommandId; arguments?: unknown[] };
}

/** Milliseconds from which on a computation is worth a word. */
const LONG = 1500;

const toggle = (title: string): StatusText['action'] => ({ title, command: COMMANDS.toggleLive });

/** The state of the active editor in words. */
export function statusText(input: StatusInput): StatusText {
  const base = { severity: 'information', action: toggle(t('Turn live derivatives off')) } as const;
  if (!input.supported) return { ...base, kind: 'hidden', text: '', detail: '' };
  if (!input.trusted) {
    return {
      kind: 'untrusted',
      text: `$(shield) ${t('∂ untrusted')}`,
      detail: t('The workspace is not trusted, so GradLens runs nothing.'),
      severity: 'warning',
      action: { title: t('Manage Workspace Trust'), command: COMMANDS.manageTrust },
    };
  }
  if (!input.live) {
    return {
      kind: 'off',
      text: `$(circle-slash) ${t('∂ off')}`,
      detail: t('Live derivatives are off.'),
      severity: 'information',
      action: toggle(t('Turn live derivatives on')),
    };
  }
  if (input.engine.kind === 'crashed') {
    return {
      kind: 'crashed',
      text: `$(error) ${t('∂ engine stopped')}`,
      detail: fullReason(input.engine.error),
      severity: 'error',
      action: { title: t('Restart the engine'), command: COMMANDS.restartEngine },
    };
  }
  return documentStatus(input, base);
}

function documentStatus(input: StatusInput, base: Pick<StatusText, 'severity' | 'action'>): StatusText {
  const { differentiable, failed, firstError } = input;
  if (input.listError) {
    return {
      kind: 'failed',
      text: `$(error) ${t('∂ error')}`,
      detail: fullReason(input.listError),
      severity: 'error',
      action: { title: t('Show the output'), command: COMMANDS.showOutput },
    };
  }
  if (input.working && input.working.milliseconds >= LONG) return longWork(input.working);
  if (!input.listed) return { ...base, kind: 'busy', text: '$(loading~spin) ∂', detail: t('The file is being read.') };
  if (differentiable === 0) return nothing(input, base);
  if (failed > 0 && firstError) {
    return {
      kind: 'failed',
      text: `$(warning) ∂ ${differentiable - failed}/${differentiable}`,
      detail:
        failed === 1
          ? t('One function could not be evaluated: {0}', fullReason(firstError))
          : t('{0} functions could not be evaluated. The first: {1}', failed, fullReason(firstError)),
      severity: 'warning',
      action: { title: t('Show the output'), command: COMMANDS.showOutput },
    };
  }
  if (input.overBudget !== undefined) {
    return {
      ...base,
      kind: 'over-budget',
      text: `$(warning) ∂ ${differentiable}`,
      detail: input.overBudget,
      severity: 'warning',
    };
  }
  // One sign of one width for both: the item must not twitch at every key.
  const icon = input.busy && input.ready < differentiable ? '$(loading~spin)' : '$(pulse)';
  return {
    ...base,
    kind: input.busy ? 'busy' : 'ok',
    text: `${icon} ∂ ${differentiable}`,
    detail: differentiable === 1 ? t('One function is live.') : t('{0} functions are live.', differentiable),
  };
}

function longWork({ name, milliseconds }: { name: string; milliseconds: number }): StatusText {
  return {
    kind: 'busy',
    text: `$(loading~spin) ∂ ${truncate(name, 20)}`,
    detail: t(
      '{0} is being computed, for {1} s so far. An edit starts anew at once.',
      name,
      Math.round(milliseconds / 1000),
    ),
    severity: 'information',
    action: { title: t('Stop'), command: COMMANDS.stop },
  };
}

function nothing(input: StatusInput, base: Pick<StatusText, 'severity' | 'action'>): StatusText {
  if (input.syntaxErrors > 0) {
    return {
      ...base,
      kind: 'syntax-error',
      text: `$(warning) ${t('∂ syntax error')}`,
      detail: t('No function can be read until the syntax error is mended.'),
      severity: 'warning',
    };
  }
  const learn = { title: t('What can be differentiated?'), command: COMMANDS.openWalkthrough };
  if (input.functions > 0) {
    const why = input.reason
      ? t('No function here is differentiable. The first: {0}', input.reason)
      : t('No function here is differentiable.');
    return { ...base, kind: 'not-differentiable', text: '$(dash) ∂', detail: why, action: learn };
  }
  return {
    ...base,
    kind: 'no-functions',
    text: '$(dash) ∂',
    detail: t('There is no function in this file.'),
    action: learn,
  };
}
