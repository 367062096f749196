/** The Checks tab: is the derivative right? A verdict in words first, then what it rests on. */
import { html, nothing, type TemplateResult } from 'lit';
import type { CheckReport } from '../../runner/protocol';
import '../charts/chartElement';
import type { PanelController } from '../controller';
import '../heatmap/heatmapElement';
import '../heatmap/colorBarElement';
import type { CellDetail, HeatmapElement } from '../heatmap/heatmapElement';
import { encodedMatrix } from '../matrix/current';
import { t } from '../l10n';
import { formatNumber } from '../model/format';
import { axisModel, formula, functionSymbol } from '../model/labels';
import { matrixAt } from '../model/matrix';
import type { ReadyPanel } from '../protocol';
import type { AppState } from '../store';
import { button, figure, icon, prose } from '../ui/controls';
import { memo } from '../ui/memo';
import { remoteView } from '../ui/states';
import { taylorChart } from './charts';

export function checksView(state: AppState, ready: ReadyPanel, controller: PanelController): TemplateResult {
  const running = state.check.kind === 'running';
  return html`<div class="toolbar">
      ${button(t.checks.run, () => controller.runCheck(), { icon: 'beaker', disabled: running })}
    </div>
    ${remoteView(state.check, { running: t.checks.running }, { retry: () => controller.runCheck(), cancel: () => controller.cancel('check') }, (report, version) => reportView(report, version, state, ready, controller))}`;
}

function reportView(
  report: CheckReport,
  version: number,
  state: AppState,
  ready: ReadyPanel,
  controller: PanelController,
): TemplateResult {
  const { taylor, dotProduct } = report;
  const chart = memo('taylor', `${version} ${taylor.slope} ${taylor.first[0]}`, () => taylorChart(taylor));
  return html`<div class="verdict ${report.passed ? 'passed' : 'failed'}">
      ${icon(report.passed ? 'pass-filled' : 'error')}
      <div>
        <p class="verdict-text">${prose(report.verdict)}</p>
        ${version === ready.version ? nothing : html`<p class="quiet">${t.checks.outdated}</p>`}
        ${report.mismatch === undefined ? nothing : mismatchView(report.mismatch)}
      </div>
    </div>
    ${report.warnings.map(
      (finding) =>
        html`<div class="strip warning">
          ${icon('warning')}
          <div class="strip-text">
            ${finding.message}${finding.hint === undefined ? nothing : html`<span class="hint quiet">${finding.hint}</span>`}
          </div>
          ${button(t.states.goToLine(finding.location.line), () => controller.reveal(finding.location.file, finding.location))}
        </div>`,
    )}
    <ul class="check-parts">
      ${report.parts.map(
        (part) =>
          html`<li class=${part.passed ? 'passed' : 'failed'}>
            ${icon(part.passed ? 'check' : 'close')}
            <div>
              <strong>${part.name}</strong>
              <span class="visually-hidden">${part.passed ? t.checks.passed : t.checks.failed}</span>
              <p>${prose(part.message)}</p>
            </div>
            <span class="quiet mono" title="${t.checks.tolerance} ${formatNumber(part.tolerance, 'short', 2)}"
              >${formatNumber(part.error, 'short', 2)}</span
            >
          </li>`,
      )}
    </ul>
    <section class="section">
      <h2>${t.checks.taylor}</h2>
      <p class="quiet">${t.checks.taylorHint(formatNumber(taylor.slope, 'short', 4))}</p>
      <gl-chart id="taylor" class="chart" label=${t.checks.taylorChart} .config=${chart}></gl-chart>
    </section>
    <section class="section">
      <h2>${t.checks.dot}</h2>
      <p class="quiet">${t.checks.dotHint}</p>
      <dl class="figures wide">
        ${figure(t.checks.left, formatNumber(dotProduct.left, 'short', 12), String(dotProduct.left))}
        ${figure(t.checks.right, formatNumber(dotProduct.right, 'short', 12), String(dotProduct.right))}
        ${figure(t.checks.relative, formatNumber(dotProduct.error, 'short', 2), String(dotProduct.error))}
      </dl>
    </section>
    ${errorsView(report, state, ready)}`;
}

function mismatchView({ path, claimed, derived }: NonNullable<CheckReport['mismatch']>): TemplateResult {
  return html`<p>
    ${t.checks.mismatch(path)}: <code>${formatNumber(claimed)}</code> ${t.checks.claimed},
    <code>${formatNumber(derived)}</code> ${t.checks.derived}.
  </p>`;
}

function errorsView(
  { errors, derivative, differences, inputs, outputs }: CheckReport,
  state: AppState,
  ready: ReadyPanel,
): TemplateResult {
  const encoded = encodedMatrix(errors, 'error', 'auto');
  const symbol = functionSymbol(ready.fn.name);
  const data = memo(
    'errors',
    `${state.check.last?.version} ${errors.rows} ${errors.columns} ${encoded.scale.maxAbs}`,
    (): HeatmapElement['data'] => ({
      encoded,
      rows: axisModel(outputs, errors.rows, symbol),
      columns: axisModel(inputs, errors.columns),
      colorMap: state.view.colorMap,
      identity: `errors ${errors.rows}×${errors.columns}`,
    }),
  );
  const show = (event: CustomEvent<CellDetail | null>) => {
    const readout = (event.currentTarget as HTMLElement).parentElement?.querySelector('.readout');
    if (readout == null || data === undefined) return;
    const cell = event.detail;
    readout.textContent =
      cell === null
        ? ''
        : `${formula('derivative', symbol, data.rows, data.columns, cell.row, cell.column)}: ${formatNumber(matrixAt(derivative, cell.row, cell.column))} ${t.checks.differentiated}, ${formatNumber(matrixAt(differences, cell.row, cell.column))} ${t.checks.differences}, ${t.checks.relative} ${formatNumber(cell.value, 'short', 2)}`;
  };
  return html`<section class="section">
    <h2>${t.checks.errors}</h2>
    <p class="quiet">${t.checks.errorsHint}</p>
    <gl-heatmap
      label=${t.checks.errors}
      .data=${data}
      .maxHeight=${320}
      @gl-hover=${show}
      @gl-choose=${show}
    ></gl-heatmap>
    <div class="legend">
      <output class="readout" aria-live="polite"></output>
      <gl-colorbar label=${t.checks.errorsHint} .data=${data}></gl-colorbar>
    </div>
  </section>`;
}
