/** The row of tabs: one stop of the Tab key, arrow keys within, the panel below labelled by its tab. */
import { html, type TemplateResult } from 'lit';
import { t } from '../l10n';
import { panelTabs, type PanelTab } from '../protocol';
import { icon } from './controls';

const icons: Record<PanelTab, string> = {
  matrix: 'symbol-color',
  table: 'table',
  inputs: 'settings',
  timing: 'dashboard',
  checks: 'beaker',
  slices: 'graph-line',
  program: 'list-tree',
};

export function tabsView(
  selected: PanelTab,
  onSelect: (tab: PanelTab) => void,
  addon: (tab: PanelTab) => TemplateResult | undefined,
): TemplateResult {
  const move = (event: KeyboardEvent) => {
    const at = panelTabs.indexOf(selected);
    const targets: Record<string, number | undefined> = {
      ArrowLeft: (at + panelTabs.length - 1) % panelTabs.length,
      ArrowRight: (at + 1) % panelTabs.length,
      Home: 0,
      End: panelTabs.length - 1,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    onSelect(panelTabs[target]);
    document.getElementById(`tab-${panelTabs[target]}`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label=${t.tabs.label} @keydown=${move}>
    ${panelTabs.map(
      (tab) =>
        html`<button
          type="button"
          role="tab"
          id="tab-${tab}"
          class="tab"
          title=${t.tabs[tab]}
          aria-selected=${String(tab === selected)}
          aria-controls="tab-panel"
          tabindex=${tab === selected ? 0 : -1}
          @click=${() => onSelect(tab)}
        >
          ${icon(icons[tab])}<span class="tab-name">${t.tabs[tab]}</span>${addon(tab)}
        </button>`,
    )}
  </div>`;
}
