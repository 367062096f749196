/** The Matrix tab: heatmap, what is under the crosshair, colour bar, summary. */
import { html, nothing, type TemplateResult } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';
import type { PanelController } from '../controller';
import '../heatmap/colorBarElement';
import { colorMapNames } from '../heatmap/colorMaps';
import { scaleKinds } from '../heatmap/colorScale';
import type { EncodedMatrix } from '../heatmap/encoded';
import '../heatmap/heatmapElement';
import type { CellDetail, HeatmapElement } from '../heatmap/heatmapElement';
import { sceneToSvg } from '../heatmap/svgExport';
import { locale, t } from '../l10n';
import { fitsDense, fitsText, matrixToCsv, matrixToNpy, rectangleToTsv, utf8 } from '../model/export';
import { formatCount, formatNumber, formatPercent } from '../model/format';
import { matrixAt } from '../model/matrix';
import type { MatrixKind, ReadyPanel } from '../protocol';
import type { AppState } from '../store';
import { iconButton, menu, segmented, select, type MenuItem } from '../ui/controls';
import { encodedMatrix, shownMatrix, type ShownMatrix } from './current';
import { matrixBody } from './matrixBody';

const heatmap = createRef<HeatmapElement>();

export function matrixView(state: AppState, ready: ReadyPanel, controller: PanelController): TemplateResult {
  return html`<div class="toolbar">${kindSwitch(state, ready, controller)}${tools(state, ready, controller)}</div>
    ${matrixBody(state, ready, controller, (shown) => shownView(state, shown, controller))}`;
}

export function kindSwitch(state: AppState, ready: ReadyPanel, controller: PanelController): TemplateResult {
  const choices: { value: MatrixKind; label: string }[] = [
    { value: 'derivative', label: ready.inspection.scalar ? t.matrix.gradient : t.matrix.jacobian },
    { value: 'hessian', label: t.matrix.hessian },
    { value: 'sparsity', label: t.matrix.sparsity },
  ];
  return segmented(t.matrix.kind, 'matrix-kind', state.view.matrix, choices, (matrix) =>
    controller.setView({ matrix }),
  );
}

function tools(state: AppState, ready: ReadyPanel, controller: PanelController): TemplateResult {
  const shown = shownMatrix(state, ready);
  if (shown === undefined) return html``;
  const scales = (['auto', ...scaleKinds] as const).map((value) => ({ value, label: t.matrix.scales[value] }));
  const maps = colorMapNames.map((value) => ({ value, label: value }));
  const values = shown.kind !== 'sparsity';
  return html`${values ? select(t.matrix.scale, state.view.scale, scales, (scale) => controller.setView({ scale }), { quiet: true }) : nothing}
    ${values ? select(t.matrix.colorMap, state.view.colorMap, maps, (colorMap) => controller.setView({ colorMap }), { quiet: true }) : nothing}
    <span class="tool-group end">
      ${iconButton('zoom-out', t.matrix.zoomOut, () => heatmap.value?.zoomBy(1 / 1.5))}
      ${iconButton('zoom-in', t.matrix.zoomIn, () => heatmap.value?.zoomBy(1.5))}
      ${iconButton('screen-full', t.matrix.fit, () => heatmap.value?.zoomToFit())}
      ${menu('export', t.matrix.export, exportItems(shown, ready, controller, true))}
    </span>`;
}

/** How the matrix leaves the panel. */
export function exportItems(
  shown: ShownMatrix,
  ready: ReadyPanel,
  controller: PanelController,
  pictures = false,
): MenuItem[] {
  const { matrix, rows, columns } = shown;
  // Text of a file cannot say it: its name does.
  const name = `${ready.fn.name}-${shown.kind}${shown.single ? '-float32' : ''}`;
  const items: MenuItem[] = [];
  if (pictures) {
    items.push({ icon: 'file-media', label: t.matrix.savePng, run: () => savePicture(`${name}.png`, controller) });
    items.push({
      icon: 'file-media',
      label: t.matrix.saveSvg,
      run: () => {
        const scene = heatmap.value?.painted;
        if (scene !== undefined) controller.save(`${name}.svg`, utf8(sceneToSvg(scene)));
      },
    });
  }
  if (fitsText(matrix)) {
    items.push({
      icon: 'table',
      label: t.matrix.saveCsv,
      run: () => controller.save(`${name}.csv`, utf8(matrixToCsv(matrix, rows, columns))),
    });
  }
  if (fitsDense(matrix)) {
    items.push({
      icon: 'file-binary',
      label: t.matrix.saveNpy,
      run: () => controller.save(`${name}.npy`, matrixToNpy(matrix, shown.single)),
    });
    items.push({
      icon: 'copy',
      label: t.matrix.copyTsv,
      run: () => controller.copy(rectangleToTsv(matrix, 0, 0, matrix.rows - 1, matrix.columns - 1)),
    });
  }
  return items;
}

function savePicture(name: string, controller: PanelController): void {
  const picture = heatmap.value?.toPng();
  if (picture !== undefined)
    controller.save(
      name,
      picture.then(async (blob) => new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer(0))),
    );
}

function shownView(state: AppState, shown: ShownMatrix, controller: PanelController): TemplateResult {
  const { matrix } = shown;
  const encoded = encodedMatrix(matrix, shown.kind === 'sparsity' ? 'pattern' : 'value', state.view.scale);
  const valid =
    state.cursor !== null && state.cursor.row < matrix.rows && state.cursor.column < matrix.columns
      ? state.cursor
      : null;
  const under = state.hover ?? (valid === null ? null : { ...valid, value: matrixAt(matrix, valid.row, valid.column) });
  const data = dataOf(encoded, shown, state);
  const counts = { rows: formatCount(matrix.rows, locale), columns: formatCount(matrix.columns, locale) };
  return html`<gl-heatmap
      ${ref(heatmap)}
      label=${t.matrix.heatmap(shown.name, counts.rows, counts.columns)}
      .place=${state.place}
      .data=${data}
      .cursor=${valid}
      .highlighted=${highlightOf(state, shown)}
      @gl-view=${() => controller.keepPlace(() => heatmap.value?.place)}
      @gl-choose=${(event: CustomEvent<CellDetail | null>) => controller.choose(event.detail)}
      @gl-hover=${(event: CustomEvent<CellDetail | null>) => controller.hover(event.detail)}
    ></gl-heatmap>
    <div class="legend">
      <output class="readout" aria-live="polite"
        >${under === null ? readoutHint(state) : readout(shown, under, state)}</output
      >
      ${
        shown.kind === 'sparsity'
          ? html`<span class="pattern-key"
              ><i class="full" aria-hidden="true"></i>${t.matrix.present}<i aria-hidden="true"></i
              >${t.matrix.noEntry}</span
            >`
          : html`<gl-colorbar
              label=${colorBarLabel(encoded)}
              .data=${data}
              .value=${under?.value ?? null}
            ></gl-colorbar>`
      }
    </div>
    ${facts(shown)}`;
}

const dataCache = new WeakMap<EncodedMatrix, { key: string; data: HeatmapElement['data'] }>();

/** The same object as long as nothing changes, so that hovering does not paint the cells anew. */
function dataOf(encoded: EncodedMatrix, shown: ShownMatrix, state: AppState): HeatmapElement['data'] {
  const key = `${state.view.colorMap} ${shown.identity}`;
  const known = dataCache.get(encoded);
  if (known?.key === key) return known.data;
  const data = {
    encoded,
    rows: shown.rows,
    columns: shown.columns,
    colorMap: state.view.colorMap,
    identity: shown.identity,
  };
  dataCache.set(encoded, { key, data });
  return data;
}

function highlightOf({ highlight }: AppState, shown: ShownMatrix): { rows: number[]; columns: number[] } | null {
  if (highlight === null) return null;
  // Rows and columns of a Hessian are both inputs.
  return shown.kind === 'hessian' ? { rows: highlight.columns, columns: highlight.columns } : highlight;
}

function readout(shown: ShownMatrix, { row, column, value }: CellDetail, state: AppState): TemplateResult {
  const text =
    shown.kind === 'sparsity'
      ? value === 0
        ? t.matrix.noEntry
        : t.matrix.present
      : formatNumber(value, state.view.numbers);
  return html`<span class="formula">${shown.formula(row, column)}</span> <span class="equals">=</span>
    <strong>${text}</strong>`;
}

function readoutHint({ highlight }: AppState): TemplateResult {
  const text =
    highlight === null
      ? t.matrix.hint
      : t.matrix.carried(
          formatCount(highlight.rows.length, locale),
          formatCount(highlight.columns.length, locale),
          highlight.line,
        );
  return html`<span class="quiet">${text}</span>`;
}

function colorBarLabel({ scale }: EncodedMatrix): string {
  return t.matrix.colorBar(
    formatNumber(scale.diverging ? -scale.maxAbs : scale.fromUnit(0), 'short', 3),
    formatNumber(scale.maxAbs, 'short', 3),
  );
}

/** One quiet line below: the size and the numbers one asks for first. */
function facts({ matrix, summary }: ShownMatrix): TemplateResult {
  const parts: string[] = [t.matrix.size(formatCount(matrix.rows, locale), formatCount(matrix.columns, locale))];
  if (summary !== undefined) {
    parts.push(t.matrix.nonZero(formatPercent(summary.nonZeros / Math.max(1, matrix.rows * matrix.columns))));
    parts.push(
      `‖·‖ ${formatNumber(summary.frobenius, 'short', 4)}`,
      `${t.matrix.maximum} ${formatNumber(summary.maxAbs, 'short', 4)}`,
    );
    if (summary.rank !== undefined) parts.push(`${t.table.rank} ${summary.rank}`);
    if (summary.condition !== undefined) parts.push(`κ ${formatNumber(summary.condition, 'short', 3)}`);
  }
  if (matrix.kind === 'sparse') parts.push(t.matrix.colors(formatCount(matrix.colors, locale)));
  return html`<div class="facts-line">
    <span class="facts">${parts.map((part) => html`<span>${part}</span>`)}</span>
  </div>`;
}
