/** What a matrix amounts to: norms, rank, condition, symmetry, sparsity, and its singular values as a chart. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ChartConfiguration } from 'chart.js';
import type { ChartFactory } from '../charts/chartElement';
import '../charts/chartElement';
import { locale, t } from '../l10n';
import { formatCount, formatNumber, formatPercent } from '../model/format';
import type { ShownMatrix } from '../matrix/current';
import { figure } from '../ui/controls';

export function summaryView({ matrix, summary }: ShownMatrix): TemplateResult | typeof nothing {
  if (summary === undefined) return nothing;
  const { rows, columns } = matrix;
  const full = summary.rank !== undefined && summary.rank === Math.min(rows, columns);
  return html`<section class="section">
    <h2>${t.table.summary}</h2>
    <dl class="figures">
      ${figure(t.table.shape, t.matrix.size(formatCount(rows, locale), formatCount(columns, locale)))}
      ${figure(t.table.frobenius, formatNumber(summary.frobenius, 'short', 5), String(summary.frobenius))}
      ${figure(t.table.maximum, formatNumber(summary.maxAbs, 'short', 5), String(summary.maxAbs))}
      ${figure(t.table.nonZeros, html`${formatCount(summary.nonZeros, locale)} <small class="quiet">${formatPercent(summary.nonZeros / Math.max(1, rows * columns))}</small>`)}
      ${summary.nonFinite > 0 ? figure(t.table.nonFinite, formatCount(summary.nonFinite, locale)) : nothing}
      ${summary.rank === undefined ? nothing : figure(t.table.rank, html`${summary.rank} ${full ? html`<small class="quiet">${t.table.fullRank}</small>` : nothing}`)}
      ${summary.condition === undefined ? nothing : figure(t.table.condition, formatNumber(summary.condition, 'short', 4), String(summary.condition))}
      ${summary.symmetric === undefined ? nothing : figure(t.table.symmetric, summary.symmetric ? t.table.yes : t.table.no)}
      ${matrix.kind === 'sparse' ? figure(t.table.colors, formatCount(matrix.colors, locale)) : nothing}
    </dl>
    ${
      summary.singularValues === undefined || summary.singularValues.length < 2
        ? nothing
        : html`<h3 class="section-title">${t.table.singularValues}</h3>
            <gl-chart
              class="chart low"
              label=${t.table.singularValues}
              .config=${singularValuesChart(summary.singularValues)}
            ></gl-chart>`
    }
  </section>`;
}

/** Of ticks of a logarithmic axis, as many as do not run into each other: powers of ten first, then from the top. */
function apart<T extends { value: number }>(ticks: readonly T[], range: number): T[] {
  const place = ({ value }: T) => Math.log10(value) / Math.log10(range);
  const power = ({ value }: T) => Number(Number.isInteger(Math.log10(value)));
  const kept: T[] = [];
  for (const tick of [...ticks].sort((a, b) => power(b) - power(a) || b.value - a.value))
    if (kept.every((other) => Math.abs(place(tick) - place(other)) >= 1 / 7)) kept.push(tick);
  return kept.sort((a, b) => a.value - b.value);
}

const charts = new WeakMap<Float64Array, ChartFactory>();

/** Logarithmic, with zeros left out: they have no logarithm, and the rank tells them already. */
function singularValuesChart(values: Float64Array): ChartFactory {
  const known = charts.get(values);
  if (known !== undefined) return known;
  const factory: ChartFactory = (theme): ChartConfiguration => ({
    type: 'line',
    data: {
      labels: Array.from(values, (_, i) => `σ${i + 1}`),
      datasets: [
        {
          data: Array.from(values, (value) => (value > 0 ? value : NaN)),
          borderColor: theme.series[0],
          backgroundColor: theme.series[0],
          pointRadius: values.length <= 60 ? 3 : 0,
          pointHitRadius: 8,
          borderWidth: 1.5,
        },
      ],
    },
    options: {
      scales: {
        x: { grid: { display: false }, ticks: { maxTicksLimit: 12 } },
        y: {
          type: 'logarithmic',
          ticks: { maxTicksLimit: 6, callback: (value) => formatNumber(Number(value), 'short', 3) },
          afterBuildTicks: (axis) => (axis.ticks = apart(axis.ticks, axis.max / axis.min)),
        },
      },
      plugins: { tooltip: { callbacks: { label: (item) => formatNumber(item.parsed.y ?? NaN, 'short', 6) } } },
    },
  });
  charts.set(values, factory);
  return factory;
}
