/** The Taylor plot: remainders against the step, with lines of slope 1 and 2 to compare with. */
import type { ChartConfiguration, ChartDataset } from 'chart.js';
import type { CheckReport } from '../../runner/protocol';
import type { ChartFactory } from '../charts/chartElement';
import { t } from '../l10n';
import { formatNumber } from '../model/format';

type Points = { x: number; y: number }[];

const OFFSET = 0.2;

/** Points with a logarithm. */
export function positivePoints(steps: Float64Array, values: Float64Array): Points {
  return Array.from(steps, (x, i) => ({ x, y: values[i] }))
    .filter(({ x, y }) => x > 0 && y > 0 && Number.isFinite(y))
    .sort((a, b) => a.x - b.x);
}

/** A line of a slope, a little below the point with the largest step, so that it stays in sight beside the data. */
export function referenceLine(points: Points, slope: number): Points {
  const anchor = points.at(-1);
  const first = points[0];
  if (anchor === undefined || first === undefined || points.length < 2) return [];
  return [
    { x: first.x, y: OFFSET * anchor.y * (first.x / anchor.x) ** slope },
    { x: anchor.x, y: OFFSET * anchor.y },
  ];
}

export function taylorChart({ steps, zeroth, first }: CheckReport['taylor']): ChartFactory {
  const zero = positivePoints(steps, zeroth);
  const one = positivePoints(steps, first);
  return (theme) => {
    const line = (
      label: string,
      data: Points,
      color: string,
      shape: 'circle' | 'rect',
    ): ChartDataset<'line', Points> => ({
      label,
      data,
      borderColor: color,
      backgroundColor: color,
      borderWidth: 2,
      pointRadius: 3,
      pointStyle: shape,
    });
    const reference = (label: string, data: Points): ChartDataset<'line', Points> => ({
      label,
      data,
      borderColor: theme.muted,
      borderDash: label === t.checks.slope1 ? [2, 4] : [7, 4],
      borderWidth: 1,
      pointRadius: 0,
    });
    const floor = Math.min(...[...zero, ...one].map(({ y }) => y));
    return {
      type: 'line',
      data: {
        datasets: [
          line(t.checks.zeroth, zero, theme.series[1], 'rect'),
          line(t.checks.first, one, theme.series[0], 'circle'),
          reference(t.checks.slope1, referenceLine(zero, 1)),
          reference(t.checks.slope2, referenceLine(one, 2)),
        ],
      },
      options: {
        scales: {
          x: {
            type: 'logarithmic',
            title: { display: true, text: t.checks.step },
            ticks: { maxTicksLimit: 6, callback: power },
          },
          y: {
            type: 'logarithmic',
            min: Number.isFinite(floor) ? floor / 10 : undefined,
            title: { display: true, text: t.checks.remainder },
            ticks: { maxTicksLimit: 6, callback: power },
          },
        },
        plugins: {
          legend: { display: true, position: 'top', align: 'start' },
          tooltip: {
            callbacks: {
              title: (items) => `h = ${formatNumber(items[0]?.parsed.x ?? NaN, 'short', 3)}`,
              label: (item) => `${item.dataset.label}: ${formatNumber(item.parsed.y ?? NaN, 'short', 4)}`,
            },
          },
        },
      },
    } as ChartConfiguration;
  };
}

function power(value: number | string): string {
  const exponent = Math.log10(Number(value));
  return Math.abs(exponent - Math.round(exponent)) < 1e-9 ? `1e${Math.round(exponent)}`.replace('-', '−') : '';
}
