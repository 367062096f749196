/** The whole panel as a function of its state. */
import { html, type TemplateResult } from 'lit';
import { checksView } from './checks/checksView';
import type { PanelController } from './controller';
import { inputsView } from './inputs/inputsView';
import { matrixView } from './matrix/matrixView';
import { programView } from './program/programView';
import type { PanelTab, ReadyPanel } from './protocol';
import { slicesView } from './slices/slicesView';
import type { AppState } from './store';
import { tableView } from './table/tableView';
import { timingView } from './timing/timingView';
import { icon } from './ui/controls';
import { backendNotice, headerView, noticeView } from './ui/header';
import { failureStrip, panelPlaceholder } from './ui/states';
import { tabsView } from './ui/tabs';

const views: Record<PanelTab, (state: AppState, ready: ReadyPanel, controller: PanelController) => TemplateResult> = {
  matrix: matrixView,
  table: tableView,
  inputs: inputsView,
  timing: timingView,
  checks: checksView,
  slices: slicesView,
  program: programView,
};

export function appView(state: AppState, controller: PanelController): TemplateResult {
  const { ready, panel, view } = state;
  if (ready === undefined || panel === undefined) {
    return html`<main class="app" tabindex="-1">${panelPlaceholder(panel, controller)}${noticeView(state)}</main>`;
  }
  return html`<main class="app ${panel.kind === 'ready' ? '' : 'stale'}" tabindex="-1">
    ${headerView(state, ready, controller)} ${failureStrip(panel, controller)} ${backendNotice(ready.inspection.notice)}
    ${tabsView(
      view.tab,
      (tab) => controller.setView({ tab }),
      (tab) => tabMark(tab, state),
    )}
    <section
      class="tab-panel tab-panel-${view.tab}"
      id="tab-panel"
      role="tabpanel"
      aria-labelledby="tab-${view.tab}"
      tabindex="-1"
    >
      ${views[view.tab](state, ready, controller)}
    </section>
    ${noticeView(state)}
  </main>`;
}

/** A failed check is seen from every tab. */
function tabMark(tab: PanelTab, state: AppState): TemplateResult | undefined {
  if (tab !== 'checks' || state.check.last === undefined) return undefined;
  const { passed } = state.check.last.value;
  return passed ? undefined : html`<span class="tab-mark error">${icon('warning')}</span>`;
}
