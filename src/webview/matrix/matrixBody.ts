/** A matrix or what stands in its place: it is computed, has failed, waits to be asked for, or cannot be had. */
import { html, nothing, type TemplateResult } from 'lit';
import type { PanelController } from '../controller';
import { locale, t } from '../l10n';
import { formatCount } from '../model/format';
import type { ReadyPanel } from '../protocol';
import type { AppState } from '../store';
import { button, icon, prose } from '../ui/controls';
import { backendNotice, backendView } from '../ui/header';
import { emptyState, remoteView } from '../ui/states';
import { shownMatrix, type ShownMatrix } from './current';
import { demandOf, extentOf, MOST } from './demand';

export function matrixBody(
  state: AppState,
  ready: ReadyPanel,
  controller: PanelController,
  view: (shown: ShownMatrix) => TemplateResult,
): TemplateResult {
  const reason = ready.inspection.matrixReason ?? '';
  const kind = state.view.matrix === 'hessian' ? 'hessian' : 'derivative';
  const demand = demandOf(ready, kind);
  const [rows, columns] = extentOf(ready, kind);
  const entries = rows * columns;
  const size = formatCount(entries, locale);
  const megabytes = formatCount(Math.ceil((8 * entries) / 1e6), locale);
  const shown = (): TemplateResult => {
    const current = shownMatrix(state, ready);
    if (current === undefined) return emptyState('circle-slash', t.matrix.absent, reason);
    // What is live says in the panel's head how it was computed, what was asked for says it here.
    const asked = demand === 'live' ? undefined : state[kind].last?.value;
    return html`${backendNotice(asked?.notice)}
    ${asked?.float32 ? html`<p class="matrix-backend">${backendView(asked)}</p>` : nothing}${view(current)}`;
  };
  if (demand === 'live') return shown();
  if (demand === 'none') {
    if (entries === 0) return emptyState('circle-slash', t.matrix.absent, reason);
    const limit = formatCount(MOST, locale);
    return emptyState(
      'circle-slash',
      t.matrix.tooLarge,
      html`${t.matrix.tooLargeReason(size, megabytes, limit)}<span class="hint">${prose(t.matrix.tooLargeHint)}</span>`,
    );
  }
  const ask = (): void => controller.loadMatrix(kind);
  const askButton = button(t.matrix.computeLarge(size, megabytes), ask, { primary: true });
  const remote = state[kind];
  // What nobody computes anew by itself must not pass for the derivative of now.
  const old = demand === 'asked' && remote.kind === 'done' && remote.last.version !== ready.version;
  return html`${
    old
      ? html`<div class="strip warning matrix-old" role="status">
          ${icon('history')}
          <div class="strip-text">${t.matrix.old}</div>
          ${askButton}
        </div>`
      : nothing
  }${remoteView(
    remote,
    {
      running: kind === 'hessian' && demand === 'automatic' ? t.matrix.computing : t.matrix.computingLarge(size),
      ...(demand === 'asked'
        ? {
            idle: emptyState(
              'symbol-array',
              t.matrix.large,
              kind === 'derivative' ? reason : t.matrix.size(formatCount(rows, locale), formatCount(columns, locale)),
              askButton,
            ),
          }
        : {}),
    },
    { retry: ask, cancel: () => controller.cancel(kind) },
    () => (old ? html`<div class="remote busy">${shown()}</div>` : shown()),
  )}`;
}
