/** The charts of the Timing tab as chart.js configurations made from measurements. Pure but for the theme's colours. */
import type { ChartConfiguration, ChartDataset } from 'chart.js';
import type { ProfileRow, Timing } from '../../runner/protocol';
import type { ChartFactory } from '../charts/chartElement';
import { t } from '../l10n';
import { formatDuration, shorten } from '../model/format';
import type { Theme } from '../ui/theme';

export type Group = ProfileRow['group'];
export const barGroups: readonly Group[] = ['function', 'jacobian', 'hvp', 'products', 'backend'];

/** Rows that have figures, in the order measured. */
export function measured(rows: readonly ProfileRow[]): ProfileRow[] {
  return rows.filter((row) => row.unavailable === undefined && Number.isFinite(row.median) && row.median > 0);
}

/** The quickest row of a group, where there is a choice. */
export function fastest(rows: readonly ProfileRow[]): ProfileRow | undefined {
  const known = measured(rows);
  return known.length < 2 ? undefined : known.reduce((best, row) => (row.median < best.median ? row : best));
}

/** Limits of the shared logarithmic axis: all groups can be compared by eye. */
export function timeRange(rows: readonly ProfileRow[]): [number, number] {
  const known = measured(rows);
  if (known.length === 0) return [1e-3, 1];
  const low = Math.min(...known.map((row) => positive(row.p10, row.median)));
  const high = Math.max(...known.map((row) => positive(row.p90, row.median)));
  return [10 ** Math.floor(Math.log10(low) - 0.05), 10 ** Math.ceil(Math.log10(high) + 0.05)];
}

const positive = (value: number, fallback: number) => (Number.isFinite(value) && value > 0 ? value : fallback);

/** Width of a character of the labels, on the wide side. */
const LABEL_CHARACTER = 6.3;
/** Pixels that the name of a decade takes, with the gap to the next. */
const TICK_WIDTH = 50;
/** Room for names of bars with so many characters in a chart of that width. */
const labelWidth = (chart: number, characters: number): number =>
  Math.min(characters * LABEL_CHARACTER + 14, chart * 0.4);

/** Characters of the longest name among the bars of all groups. */
export function longestLabel(rows: readonly ProfileRow[]): number {
  return Math.max(8, ...measured(rows).map(({ label }) => label.length));
}

/**
 * Horizontal bars of medians with whiskers from p10 to p90; the fastest stands out.
 * @param characters that the names of all groups need: their bars stand on the same scale, below each other
 */
export function barChart(
  rows: readonly ProfileRow[],
  range: readonly [number, number],
  characters: number,
  color: (theme: Theme) => string,
): ChartFactory {
  const known = measured(rows);
  const labels = ({ width }: { width: number }) => labelWidth(width, characters);
  // One evaluation of each kind: nothing to choose between.
  const best = known[0]?.group === 'function' ? undefined : fastest(known);
  return (theme) => {
    const ink = color(theme);
    const config = {
      type: 'barWithErrorBars',
      data: {
        labels: known.map((row) => row.label),
        datasets: [
          {
            data: known.map((row) => ({
              x: row.median,
              xMin: positive(row.p10, row.median),
              xMax: positive(row.p90, row.median),
            })),
            backgroundColor: known.map((row) =>
              best === undefined || row === best ? ink : `color-mix(in srgb, ${ink} 45%, transparent)`,
            ),
            borderColor: ink,
            borderWidth: theme.highContrast ? 1 : 0,
            borderRadius: 2,
            barThickness: 14,
            errorBarColor: theme.ink,
            errorBarWhiskerColor: theme.ink,
            errorBarLineWidth: 1,
            errorBarWhiskerLineWidth: 1,
            errorBarWhiskerSize: 6,
          },
        ],
      },
      options: {
        indexAxis: 'y',
        scales: {
          x: {
            type: 'logarithmic',
            min: range[0],
            max: range[1],
            ticks: {
              maxTicksLimit: 7,
              maxRotation: 0,
              callback(this: { chart: { width: number } }, value: number | string) {
                return sparseTick(Number(value), range, this.chart.width - labels(this.chart));
              },
            },
          },
          y: {
            grid: { display: false },
            ticks: {
              color: theme.ink,
              autoSkip: false,
              crossAlign: 'far',
              callback(this: { chart: { width: number } }, _: unknown, index: number) {
                return shorten(known[index].label, Math.floor((labels(this.chart) - 12) / LABEL_CHARACTER));
              },
            },
            afterFit: (axis: { width: number; chart: { width: number } }) => (axis.width = labels(axis.chart)),
          },
        },
        plugins: {
          tooltip: {
            callbacks: {
              label: (item: { dataIndex: number }) => {
                const row = known[item.dataIndex];
                return `${formatDuration(row.median)}  (${formatDuration(row.p10)} – ${formatDuration(row.p90)})`;
              },
            },
          },
        },
      },
    };
    return config as unknown as ChartConfiguration;
  };
}

/** Names only powers of ten. */
export function decadeTick(value: number | string): string {
  const power = Math.log10(Number(value));
  return Math.abs(power - Math.round(power)) < 1e-9 ? formatDuration(Number(value)) : '';
}

/** Names every decade of an axis of that many pixels, or every second or third where they would run into each other. */
export function sparseTick(value: number, [low, high]: readonly [number, number], pixels: number): string {
  const decades = Math.log10(high / low);
  const every = Math.max(1, Math.ceil((TICK_WIDTH * decades) / pixels));
  return Math.round(Math.log10(value / low)) % every === 0 ? decadeTick(value) : '';
}

/** Series of the scaling chart: one a strategy, points by size. */
export function scalingSeries(rows: readonly ProfileRow[]): { label: string; points: { x: number; y: number }[] }[] {
  const series = new Map<string, { x: number; y: number }[]>();
  for (const row of measured(rows)) {
    if (row.size === undefined) continue;
    const points = series.get(row.label) ?? [];
    series.set(row.label, points);
    points.push({ x: row.size, y: row.median });
  }
  return [...series].map(([label, points]) => ({ label, points: points.sort((a, b) => a.x - b.x) }));
}

/**
 * Times against the number of vectors; `reverse`: the time of all outputs in reverse, which does not depend on it and which
 * the forward times cross at `crossover`.
 */
export function scalingChart(
  rows: readonly ProfileRow[],
  reverse: number | undefined,
  crossover: number | undefined,
): ChartFactory {
  const series = scalingSeries(rows);
  return (theme) => {
    const datasets: ChartDataset<'line', { x: number; y: number }[]>[] = series.map(({ label, points }, i) => ({
      label,
      data: points,
      borderColor: theme.series[i % theme.series.length],
      backgroundColor: theme.series[i % theme.series.length],
      borderWidth: 2,
      pointRadius: 3,
      pointStyle: (['circle', 'rect', 'triangle', 'rectRot'] as const)[i % 4],
    }));
    const sizes = series.flatMap(({ points }) => points.map(({ x }) => x));
    const all = series.flatMap(({ points }) => points.map(({ y }) => y));
    if (reverse !== undefined) {
      datasets.push({
        label: t.timing.reverse,
        data: [Math.min(...sizes), Math.max(...sizes)].map((x) => ({ x, y: reverse })),
        borderColor: theme.series[2],
        backgroundColor: theme.series[2],
        borderDash: [6, 3],
        borderWidth: 1.5,
        pointRadius: 0,
      });
    }
    if (crossover !== undefined) {
      datasets.push({
        label: t.timing.crossover,
        data: [
          { x: crossover, y: Math.min(...all) },
          { x: crossover, y: Math.max(...all) },
        ],
        borderColor: theme.ink,
        borderDash: [4, 4],
        borderWidth: 1,
        pointRadius: 0,
      });
    }
    return {
      type: 'line',
      data: { datasets },
      options: {
        scales: {
          x: {
            type: 'logarithmic',
            title: { display: true, text: t.timing.scalingAxis },
            ticks: { maxTicksLimit: 8, callback: (value) => String(value) },
          },
          y: { type: 'logarithmic', ticks: { maxTicksLimit: 6, callback: decadeTick } },
        },
        plugins: {
          legend: { display: true, position: 'top', align: 'start' },
          tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${formatDuration(item.parsed.y ?? NaN)}` } },
        },
      },
    } as ChartConfiguration;
  };
}

const stages = ['load', 'trace', 'transform', 'compile', 'run'] as const;

/** The last live evaluations as stacked bars by stage. */
export function historyChart(history: readonly Timing[]): ChartFactory {
  return (theme) => ({
    type: 'bar',
    data: {
      labels: history.map((_, i) => String(i + 1 - history.length)),
      datasets: stages.map((stage, i) => ({
        label: t.timing.stages[stage],
        data: history.map((timing) => timing[stage]),
        backgroundColor: theme.series[i % theme.series.length],
        categoryPercentage: 1,
        barPercentage: 0.85,
        maxBarThickness: 18,
      })),
    },
    options: {
      scales: {
        x: { stacked: true, grid: { display: false }, ticks: { display: false } },
        y: {
          stacked: true,
          beginAtZero: true,
          ticks: { maxTicksLimit: 5, callback: (value) => formatDuration(Number(value)) },
        },
      },
      plugins: {
        legend: { display: true, position: 'top', align: 'start', labels: { boxHeight: 8, boxWidth: 8 } },
        tooltip: {
          mode: 'index',
          callbacks: {
            title: () => '',
            label: (item) => `${item.dataset.label}: ${formatDuration(item.parsed.y ?? NaN)}`,
          },
        },
      },
    },
  });
}

/** Measurements as CSV; times in milliseconds. */
export function profileCsv(rows: readonly ProfileRow[]): string {
  const head = [
    'id',
    'label',
    'group',
    'backend',
    'threads',
    'size',
    'median_ms',
    'p10_ms',
    'p90_ms',
    'first_ms',
    'compile_ms',
    'runs',
    'operations',
    'bytes',
    'ratio',
    'error',
    'unavailable',
  ];
  const quote = (value: string | number | undefined) => {
    const text = value === undefined || (typeof value === 'number' && Number.isNaN(value)) ? '' : String(value);
    return /[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  const lines = rows.map((row) =>
    [
      row.id,
      row.label,
      row.group,
      row.backend,
      row.threads,
      row.size,
      row.median,
      row.p10,
      row.p90,
      row.first,
      row.compile,
      row.runs,
      row.operations,
      row.bytes,
      row.ratio,
      row.error,
      row.unavailable,
    ]
      .map(quote)
      .join(','),
  );
  return `${[head.join(','), ...lines].join('\n')}\n`;
}
