/** What stands where there is nothing to show: always the reason and the next step. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ErrorInfo } from '../../runner/protocol';
import type { PanelController } from '../controller';
import { t } from '../l10n';
import type { PanelState } from '../protocol';
import type { Remote } from '../store';
import { button, icon } from './controls';

export function emptyState(
  symbol: string,
  title: string,
  reason: string | TemplateResult,
  action?: TemplateResult,
): TemplateResult {
  return html`<div class="empty-state" role="status">
    ${icon(symbol)}
    <h2>${title}</h2>
    <p>${reason}</p>
    ${action ?? nothing}
  </div>`;
}

function loadingState(text: string, cancel?: () => void): TemplateResult {
  return html`<div class="empty-state" role="status">
    <vscode-progress-ring aria-hidden="true"></vscode-progress-ring>
    <p>${text}</p>
    ${cancel === undefined ? nothing : button(t.states.cancel, cancel)}
  </div>`;
}

/** The states of the whole panel in which no result is in sight. */
export function panelPlaceholder(panel: PanelState | undefined, controller: PanelController): TemplateResult {
  if (panel === undefined) return loadingState(t.states.starting);
  switch (panel.kind) {
    case 'loading':
      return loadingState(t.states.loading(panel.functionName));
    case 'failed':
      return emptyState(
        'error',
        t.states.failed(panel.functionName),
        errorText(panel.error),
        errorAction(panel.error, controller),
      );
    case 'empty':
    case 'unavailable':
    case 'untrusted': {
      const { action } = panel;
      const look = {
        empty: ['symbol-operator', t.states.empty],
        unavailable: ['circle-slash', t.states.unavailable],
        untrusted: ['workspace-untrusted', t.states.untrusted],
      }[panel.kind];
      return emptyState(
        look[0],
        look[1],
        panel.reason,
        action && button(action.label, () => controller.command(action.command), { primary: true }),
      );
    }
    default:
      return loadingState(t.states.starting);
  }
}

/** The strip above the last good result while the newest attempt has failed. */
export function failureStrip(panel: PanelState, controller: PanelController): TemplateResult | typeof nothing {
  if (panel.kind !== 'failed') return nothing;
  return html`<div class="strip error" role="alert">
    ${icon('error')}
    <div class="strip-text">${errorText(panel.error)} <span class="quiet">${t.states.failedKeep}</span></div>
    ${errorAction(panel.error, controller) ?? nothing}
  </div>`;
}

function errorText(error: Pick<ErrorInfo, 'message' | 'hint'>): TemplateResult {
  return html`${error.message}${error.hint === undefined ? nothing : html`<span class="hint">${error.hint}</span>`}`;
}

function errorAction(error: ErrorInfo, controller: PanelController): TemplateResult | undefined {
  const { file, line, column } = error;
  if (file === undefined || line === undefined) return undefined;
  const at = { line, column: column ?? 1, endLine: line, endColumn: column ?? 1 };
  return button(t.states.goToLine(line), () => controller.reveal(file, at), { icon: 'go-to-file' });
}

/**
 * The result of a request: its view while there is one (dimmed while it is out of date), else progress, the error with another
 * try, or the invitation to begin.
 */
export function remoteView<T>(
  remote: Remote<T>,
  texts: { running: string; idle?: TemplateResult },
  actions: { retry: () => void; cancel?: () => void },
  view: (value: T, version: number) => TemplateResult,
): TemplateResult {
  const error =
    remote.kind === 'failed'
      ? html`<div class="strip error" role="alert">
          ${icon('error')}
          <div class="strip-text">${errorText(remote.error)}</div>
          ${button(t.states.retry, actions.retry)}
        </div>`
      : nothing;
  if (remote.last !== undefined) {
    return html`${error}
      <div class="remote ${remote.kind === 'running' ? 'busy' : ''}" aria-busy=${String(remote.kind === 'running')}>
        ${view(remote.last.value, remote.last.version)}
      </div>`;
  }
  if (remote.kind === 'running') return loadingState(remote.progress?.message ?? texts.running, actions.cancel);
  if (remote.kind === 'failed') return html`${error}`;
  return texts.idle ?? loadingState(texts.running);
}
