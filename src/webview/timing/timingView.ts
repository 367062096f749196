/** The Timing tab: what each way of computing costs here, measured; what the GPU offers; how live evaluations went. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ChartElement } from '../charts/chartElement';
import '../charts/chartElement';
import type { PanelController } from '../controller';
import { locale, t } from '../l10n';
import type { ProfileRow } from '../../runner/protocol';
import { toJson, utf8 } from '../model/export';
import { formatBytes, formatCount, formatDuration, formatNumber, formatRatio } from '../model/format';
import type { ReadyPanel } from '../protocol';
import type { AppState } from '../store';
import { button, icon, menu, prose, segmented } from '../ui/controls';
import { emptyState } from '../ui/states';
import {
  barChart,
  barGroups,
  fastest,
  historyChart,
  longestLabel,
  measured,
  profileCsv,
  scalingChart,
  timeRange,
  type Group,
} from './charts';
import { memo } from '../ui/memo';

const budgets = { short: 1000, normal: 3000, long: 10_000 } as const;
type Budget = keyof typeof budgets;

export function timingView(state: AppState, ready: ReadyPanel, controller: PanelController): TemplateResult {
  const rows = allRows(state);
  const profile = state.profile.last;
  const outdated = profile !== undefined && profile.version !== ready.version;
  return html`${toolbar(state, ready, rows, controller)}
  ${
    state.profile.kind === 'failed'
      ? html`<div class="strip error" role="alert">
          ${icon('error')}
          <div class="strip-text">${state.profile.error.message} ${state.profile.error.hint ?? ''}</div>
        </div>`
      : nothing
  }
  ${state.profile.kind === 'running' ? progressView(state) : nothing}
  ${
    profile === undefined
      ? state.profile.kind === 'running' || rows.length > 0
        ? nothing
        : emptyState('dashboard', t.timing.empty, t.timing.emptyHint)
      : html`<div class="strip advice">
          ${icon('lightbulb')}
          <div class="strip-text">
            ${outdated ? html`<p class="quiet">${t.timing.outdated}</p>` : nothing}
            <p>${prose(profile.value.advice)}</p>
            ${profile.value.gpuChoice === undefined ? nothing : html`<p class="gpu-choice">${prose(profile.value.gpuChoice)}</p>`}
          </div>
        </div>`
  }
  ${barGroups.map((group) => groupView(group, rows))} ${scalingView(state, rows)} ${gpuView(state, controller)}
  ${historyView(state)}`;
}

/** The runner's rows (those measured so far, while it measures) and the panel's own. */
function allRows({ profile, gpuRows }: AppState): ProfileRow[] {
  const running = profile.kind === 'running' ? profile.progress?.rows : undefined;
  return [...(running ?? profile.last?.value.rows ?? []), ...(gpuRows.last?.value ?? [])];
}

function toolbar(
  state: AppState,
  ready: ReadyPanel,
  rows: readonly ProfileRow[],
  controller: PanelController,
): TemplateResult {
  const running = state.profile.kind === 'running';
  const budget = (Object.keys(budgets) as Budget[]).find((key) => budgets[key] === state.view.budget) ?? 'normal';
  const names = Object.keys(budgets) as Budget[];
  return html`<div class="toolbar">
    ${
      running
        ? button(t.timing.cancel, () => controller.cancel('profile'), { icon: 'stop-circle' })
        : button(rows.length === 0 ? t.timing.measure : t.timing.measureAgain, () => controller.runProfile(), {
            icon: 'play',
            primary: rows.length === 0,
          })
    }
    <span class="tool-group labelled"
      ><span class="quiet">${t.timing.budget}</span> ${segmented(
        t.timing.budget,
        'budget',
        budget,
        names.map((value) => ({ value, label: t.timing.budgets[value] })),
        (value) => controller.setView({ budget: budgets[value] }),
      )}</span
    >
    ${
      rows.length === 0
        ? nothing
        : html`<span class="tool-group end"
            >${menu('export', t.matrix.export, [
              {
                icon: 'table',
                label: t.timing.saveCsv,
                run: () => controller.save(`${ready.fn.name}-timing.csv`, utf8(profileCsv(rows))),
              },
              {
                icon: 'json',
                label: t.timing.saveJson,
                run: () => controller.save(`${ready.fn.name}-timing.json`, utf8(toJson(rows))),
              },
              {
                icon: 'file-media',
                label: t.timing.savePng,
                run: () => controller.save(`${ready.fn.name}-timing.png`, chartsPng()),
              },
            ])}</span
          >`
    }
  </div>`;
}

function progressView({ profile }: AppState): TemplateResult {
  const progress = profile.kind === 'running' ? profile.progress : undefined;
  const done = progress === undefined || progress.total === 0 ? 0 : Math.round((100 * progress.done) / progress.total);
  return html`<div class="progress" role="status">
    <progress max="100" .value=${done} aria-label=${t.timing.measuring}></progress>
    <span class="quiet">${progress?.message ?? t.timing.measuring}</span>
  </div>`;
}

function groupView(group: Group, all: readonly ProfileRow[]): TemplateResult | typeof nothing {
  const rows = all.filter((row) => row.group === group);
  if (rows.length === 0) return nothing;
  const known = measured(rows);
  const title = t.timing.groups[group];
  const config = memo(`bars ${group}`, rowsKey(all), () =>
    barChart(
      known,
      timeRange(all.filter((row) => row.group !== 'scaling')),
      longestLabel(all),
      (theme) => theme.series[barGroups.indexOf(group)],
    ),
  );
  return html`<section class="section timing-group" data-group=${group}>
    <h2>${title}</h2>
    ${
      known.length === 0
        ? nothing
        : html`<div class="bars rows-${Math.min(known.length, 12)}">
            <gl-chart
              class="timing-chart"
              data-group=${group}
              label=${t.timing.chart(title)}
              .config=${config}
            ></gl-chart>
          </div>`
    }
    ${rowsTable(rows, title, group)}
  </section>`;
}

/** The identity of measurements, so that charts are rebuilt only when there are new ones. */
function rowsKey(rows: readonly ProfileRow[]): string {
  return rows.map((row) => `${row.id} ${row.label} ${row.median} ${row.p90}`).join('|');
}

function rowsTable(rows: readonly ProfileRow[], title: string, group: Group): TemplateResult {
  const best = group === 'function' ? undefined : fastest(rows);
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${t.timing.tableLabel(title)}>
    <table class="data">
      <thead>
        <tr>
          <th scope="col">${t.timing.strategy}</th>
          <th scope="col" class="number">${t.timing.median}</th>
          <th scope="col" class="number wide">${t.timing.spread}</th>
          <th scope="col" class="number">${t.timing.ratio}</th>
          <th scope="col" class="number middle">${t.timing.compile}</th>
          <th scope="col" class="number wide">${t.timing.first}</th>
          <th scope="col" class="number middle" title=${t.timing.operationsHint}>${t.timing.operations}</th>
          <th scope="col" class="number middle" title=${t.timing.memoryHint}>${t.timing.memory}</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map((row) => rowView(row, row === best))}
      </tbody>
    </table>
  </div>`;
}

function rowView(row: ProfileRow, best: boolean): TemplateResult {
  const float32 =
    row.error === undefined
      ? nothing
      : html`<span class="tag float32" title=${t.timing.error}
          >${t.timing.float32}, ${t.header.float32Error(formatNumber(row.error, 'short', 2))}</span
        >`;
  const { threads } = row;
  const backend = [
    ...(row.label.includes(row.backend) ? [] : [row.backend]),
    ...(threads === undefined ? [] : [t.timing.threads(threads)]),
  ].join(', ');
  const name = html`<th scope="row">
    ${row.label}${backend === '' ? nothing : html`<span class="quiet backend"> ${backend}</span>`} ${float32}
    ${best ? html`<span class="tag on">${t.timing.fastest}</span>` : nothing}
  </th>`;
  if (row.unavailable !== undefined)
    return html`<tr class="unavailable">
      ${name}
      <td colspan="7"><div class="reason">${row.unavailable}</div></td>
    </tr>`;
  return html`<tr data-id=${row.id}>
    ${name}
    <td class="number" title="${formatCount(row.runs, locale)} ${t.timing.runs}">${formatDuration(row.median)}</td>
    <td class="number quiet wide">${formatDuration(row.p10)} – ${formatDuration(row.p90)}</td>
    <td class="number">${formatRatio(row.ratio, locale)}</td>
    <td class="number middle">${formatDuration(row.compile)}</td>
    <td class="number wide">${formatDuration(row.first)}</td>
    <td class="number middle">${formatCount(row.operations, locale)}</td>
    <td class="number middle">${formatBytes(row.bytes)}</td>
  </tr>`;
}

function scalingView(state: AppState, all: readonly ProfileRow[]): TemplateResult | typeof nothing {
  const rows = all.filter((row) => row.group === 'scaling');
  if (measured(rows).length < 2) return nothing;
  const crossover = state.profile.last?.value.crossover;
  const reverse = measured(all).find((row) => row.id === 'jacrev')?.median;
  const config = memo('scaling', `${rowsKey(rows)} ${reverse} ${crossover?.size}`, () =>
    scalingChart(rows, reverse, crossover?.size),
  );
  return html`<section class="section" data-group="scaling">
    <h2>${t.timing.groups.scaling}</h2>
    ${crossover === undefined ? nothing : html`<p class="quiet">${crossover.message}</p>`}
    <gl-chart
      class="chart timing-chart"
      data-group="scaling"
      label=${t.timing.groups.scaling}
      .config=${config}
    ></gl-chart>
  </section>`;
}

function gpuView({ gpu, gpuRows }: AppState, controller: PanelController): TemplateResult {
  const info = gpu.last?.value;
  const available = info?.backends.filter((backend) => backend.available) ?? [];
  return html`<section class="section">
    <h2>${t.timing.gpu}</h2>
    ${
      info === undefined
        ? html`<p class="quiet">${gpu.kind === 'failed' ? gpu.error.message : t.timing.gpuChecking}</p>`
        : html`${available.length === 0 ? html`<p>${icon('circle-slash')} ${t.timing.gpuNone}</p>` : nothing}
            <ul class="plain-list">
              ${info.backends.map(
                (backend) =>
                  html`<li>
                    <code>${backend.name}</code>
                    <span class="quiet"
                      >${backend.available ? t.timing.gpuAvailable(backend.adapter ?? '') : `${t.timing.unavailable}: ${t.timing.gpuReason(backend.reason ?? '')}`}</span
                    >
                  </li>`,
              )}
            </ul>
            ${available.length === 0 ? nothing : button(t.timing.gpuMeasure, () => controller.measureGpu(), { icon: 'play', disabled: gpuRows.kind === 'running' })}
            ${
              gpuRows.kind === 'failed'
                ? html`<div class="strip error" role="alert">
                    ${icon('error')}
                    <div class="strip-text">${gpuRows.error.message}</div>
                  </div>`
                : nothing
            }`
    }
  </section>`;
}

function historyView({ history }: AppState): TemplateResult {
  const config = memo('history', `${history.length} ${history.at(-1)?.total}`, () => historyChart(history));
  return html`<section class="section">
    <h2>${t.timing.history}</h2>
    ${history.length < 2 ? html`<p class="quiet">${t.timing.historyEmpty}</p>` : html`<gl-chart class="chart low" label=${t.timing.historyChart} .config=${config}></gl-chart>`}
  </section>`;
}

/** All charts of the tab below each other in one picture. */
async function chartsPng(): Promise<Uint8Array> {
  const charts = [...document.querySelectorAll<ChartElement>('gl-chart.timing-chart')].map((chart) => chart.toCanvas());
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(...charts.map((chart) => chart.width));
  canvas.height = charts.reduce((sum, chart) => sum + chart.height, 0);
  const context = canvas.getContext('2d');
  let y = 0;
  for (const chart of charts) {
    context?.drawImage(chart, 0, y);
    y += chart.height;
  }
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
  return new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer(0));
}
