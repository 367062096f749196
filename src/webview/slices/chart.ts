/** The curve of a one-dimensional slice with its tangent and its second-order parabola. */
import type { ChartConfiguration, ChartDataset } from 'chart.js';
import type { Slice } from '../../runner/protocol';
import type { ChartFactory } from '../charts/chartElement';
import { t } from '../l10n';
import { formatNumber } from '../model/format';

type Points = { x: number; y: number }[];

/** Tangent and parabola at the positions of the samples. */
export function approximations({ positions, center, slope, curvature }: Slice): {
  tangent: Float64Array;
  parabola: Float64Array;
} {
  return {
    tangent: positions.map((p) => center + slope[0] * p),
    parabola: positions.map((p) => center + slope[0] * p + 0.5 * curvature * p * p),
  };
}

/** Limits of the value axis: those of the curve with a little room, so that a steep tangent does not flatten it. */
export function valueLimits(values: Float64Array): { min: number; max: number } | undefined {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return undefined;
  const low = finite.reduce((a, b) => Math.min(a, b));
  const high = finite.reduce((a, b) => Math.max(a, b));
  const room = (high - low || Math.abs(high) || 1) * 0.12;
  return { min: low - room, max: high + room };
}

/** `origin` is the input's value where the direction is one input: the axis then shows values instead of distances. */
export function sliceChart(slice: Slice, axisName: string, origin: number): ChartFactory {
  const { tangent, parabola } = approximations(slice);
  const limits = valueLimits(slice.values);
  const points = (values: Float64Array): Points =>
    Array.from(slice.positions, (x, i) => ({ x: x + origin, y: values[i] }));
  return (theme) => {
    const line = (label: string, data: Points, color: string, extra: object): ChartDataset<'line', Points> => ({
      label,
      data,
      borderColor: color,
      backgroundColor: color,
      borderWidth: 2,
      pointRadius: 0,
      ...extra,
    });
    return {
      type: 'line',
      data: {
        datasets: [
          line(t.slices.here, [{ x: origin, y: slice.center }], theme.ink, { pointRadius: 5, showLine: false }),
          line(t.slices.value, points(slice.values), theme.series[0], { borderWidth: 2.5 }),
          line(t.slices.tangent, points(tangent), theme.series[1], { borderWidth: 1.5 }),
          line(t.slices.parabola, points(parabola), theme.series[2], { borderDash: [6, 4], borderWidth: 1.5 }),
        ],
      },
      options: {
        parsing: false,
        interaction: { mode: 'nearest', axis: 'x', intersect: false },
        scales: {
          x: {
            type: 'linear',
            min: slice.positions[0] + origin,
            max: slice.positions[slice.positions.length - 1] + origin,
            title: { display: true, text: axisName },
            ticks: {
              maxTicksLimit: 8,
              includeBounds: false,
              callback: (value) => formatNumber(Number(value), 'short', 4),
            },
          },
          y: {
            type: 'linear',
            ...limits,
            ticks: {
              maxTicksLimit: 7,
              includeBounds: false,
              callback: (value) => formatNumber(Number(value), 'short', 4),
            },
          },
        },
        plugins: {
          legend: { display: true, position: 'top', align: 'start' },
          tooltip: {
            callbacks: {
              title: (items) => `${axisName} = ${formatNumber(items[0]?.parsed.x ?? NaN, 'short', 5)}`,
              label: (item) => `${item.dataset.label}: ${formatNumber(item.parsed.y ?? NaN)}`,
            },
          },
        },
      },
    } as ChartConfiguration;
  };
}
