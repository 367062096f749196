/** The Program tab: what was traced, linked to the lines it comes from, and what it is made of. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Location, ProgramView } from '../../runner/protocol';
import type { PanelController } from '../controller';
import { locale, t } from '../l10n';
import { formatCount } from '../model/format';
import type { ReadyPanel } from '../protocol';
import type { AppState, ViewOptions } from '../store';
import { iconButton, segmented } from '../ui/controls';
import { remoteView } from '../ui/states';
import './linesElement';

const operations: readonly ViewOptions['programOp'][] = ['value', 'grad', 'jvp', 'vjp', 'hvp'];

export function programView(state: AppState, ready: ReadyPanel, controller: PanelController): TemplateResult {
  const choices = operations
    .filter((op) => ready.inspection.scalar || (op !== 'grad' && op !== 'hvp'))
    .map((value) => ({ value, label: value === 'value' ? 'f' : value }));
  return html`<div class="toolbar">
      ${segmented(t.program.operation, 'program-op', state.view.programOp, choices, (programOp) => {
        controller.setView({ programOp });
        controller.loadProgram();
      })}
      <span class="spacer"></span>
      ${state.program.last === undefined ? nothing : iconButton('copy', t.program.copy, () => controller.copy(state.program.last?.value.text ?? ''))}
    </div>
    ${remoteView(state.program, { running: t.program.running }, { retry: () => controller.loadProgram(), cancel: () => controller.cancel('program') }, (program) => shownView(program, state, controller))}`;
}

function shownView(program: ProgramView, state: AppState, controller: PanelController): TemplateResult {
  const { highlight } = state;
  const reveal = ({ detail }: CustomEvent<Location>) => controller.reveal(detail.file, detail);
  return html`<gl-program
      .lines=${program.lines}
      .marked=${highlight}
      .label=${t.program.label}
      @gl-reveal=${reveal}
    ></gl-program>
    <div class="program-facts">
      <section>
        <h2 class="section-title">
          ${t.program.counts}
          <span class="quiet">${t.program.operations(formatCount(program.operations, locale))}</span>
        </h2>
        ${countsView(program)}
      </section>
      <section>
        <h2 class="section-title">${t.program.loops}</h2>
        ${
          program.loops.length === 0
            ? html`<p class="quiet">${t.program.noLoops}</p>`
            : html`<ul class="plain-list">
                ${program.loops.map((loop) => html`<li>${t.program.loop(formatCount(loop.trips, locale), formatCount(loop.body, locale))} ${place(loop.location, controller)}</li>`)}
              </ul>`
        }
      </section>
      <section>
        <h2 class="section-title">${t.program.guards}</h2>
        ${
          program.guards.length === 0
            ? html`<p class="quiet">${t.program.noGuards}</p>`
            : html`<ul class="plain-list">
                ${program.guards.map((guard) => html`<li><code>${guard.text}</code> ${place(guard.location, controller)}</li>`)}
              </ul>`
        }
      </section>
    </div>`;
}

function place(location: Location | undefined, controller: PanelController): TemplateResult | typeof nothing {
  if (location === undefined) return nothing;
  return html`<button type="button" class="link" @click=${() => controller.reveal(location.file, location)}>
    ${t.program.goTo(location.line)}
  </button>`;
}

/** Bars of CSS: a chart of names and whole numbers needs no canvas. */
function countsView({ counts }: ProgramView): TemplateResult {
  const entries = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const largest = entries[0]?.[1] ?? 1;
  return html`<dl class="counts">
    ${entries.map(
      ([name, count]) =>
        html`<dt><code>${name}</code></dt>
          <dd>
            <meter min="0" max=${largest} .value=${count} aria-label=${name}></meter
            ><span>${formatCount(count, locale)}</span>
          </dd>`,
    )}
  </dl>`;
}
