/** A matrix or what stands in its place: it is computed, has failed, waits to be asked for, or cannot be had. */
import { html, nothing, type TemplateResult } from 'lit';
import type { PanelController } from '../controller';
import { locale, t } from '../l10n';
import { formatCount } from '../model/format';
import type { ReadyPanel } from '../protocol';
import type { AppState } from '../store';
import { button } from '../ui/controls';
import { backendNotice, backendView } from '../ui/header';
import { emptyState, remoteView } from '../ui/states';
import { shownMatrix, type ShownMatrix } from './current';
import { demandOf, entriesOf } from './demand';

export function matrixBody(
  state: AppState,
  ready: ReadyPanel,
  controller: PanelController,
  view: (shown: ShownMatrix) => TemplateResult,
): TemplateResult {
  const reason = ready.inspection.matrixReason ?? '';
  const kind = state.view.matrix === 'hessian' ? 'hessian' : 'derivative';
  const body = (): TemplateResult => {
    const shown = shownMatrix(state, ready);
    if (shown === undefined) return emptyState('circle-slash', t.matrix.absent, reason);
    // What is live says in the panel's head how it was computed, what was asked for says it here.
    const asked = demand === 'live' ? undefined : state[kind].last?.value;
    return html`${backendNotice(asked?.notice)}
    ${asked?.float32 ? html`<p class="matrix-backend">${backendView(asked)}</p>` : nothing}${view(shown)}`;
  };
  const demand = kind === 'hessian' ? 'automatic' : demandOf(ready);
  if (demand === 'live' || demand === 'none') return body();
  const entries = entriesOf(ready);
  const size = formatCount(entries, locale);
  const megabytes = formatCount(Math.ceil((8 * entries) / 1e6), locale);
  const ask = (): void => controller.loadMatrix(kind);
  return remoteView(
    state[kind],
    {
      running: kind === 'hessian' ? t.matrix.computing : t.matrix.computingLarge(size),
      ...(demand === 'asked'
        ? {
            idle: emptyState(
              'symbol-array',
              t.matrix.large,
              reason,
              button(t.matrix.computeLarge(size, megabytes), ask, { primary: true }),
            ),
          }
        : {}),
    },
    { retry: ask, cancel: () => controller.cancel(kind) },
    body,
  );
}
