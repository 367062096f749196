/**
 * `<gl-chart>`: a chart.js chart that follows the theme. It is given a function from theme to configuration, so that a change
 * of theme makes new colours of the same data; data of the same kind are updated in place.
 */
import {
  Chart,
  Filler,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  CategoryScale,
  BarController,
  BarElement,
  ScatterController,
  Tooltip,
  type ChartConfiguration,
} from 'chart.js';
import { BarWithErrorBar, BarWithErrorBarsController } from 'chartjs-chart-error-bars';
import { onThemeChange, reducedMotion, theme, type Theme } from '../ui/theme';

Chart.register(
  BarController,
  BarElement,
  BarWithErrorBar,
  BarWithErrorBarsController,
  CategoryScale,
  Filler,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  ScatterController,
  Tooltip,
);

export type ChartFactory = (theme: Theme) => ChartConfiguration;

export class ChartElement extends HTMLElement {
  private readonly canvas = document.createElement('canvas');
  private chart?: Chart;
  private factory?: ChartFactory;
  private stop?: () => void;
  // chart.js notices its container's width only.
  private readonly resizes = new ResizeObserver(() => this.chart?.resize());

  connectedCallback(): void {
    if (this.canvas.parentElement === null) this.append(this.canvas);
    this.canvas.setAttribute('role', 'img');
    this.resizes.observe(this);
    this.stop = onThemeChange(() => this.rebuild());
    this.rebuild();
  }

  disconnectedCallback(): void {
    this.stop?.();
    this.resizes.disconnect();
    this.chart?.destroy();
    this.chart = undefined;
  }

  set config(factory: ChartFactory | undefined) {
    this.factory = factory;
    this.rebuild();
  }

  /** The chart, for exports and tests. */
  get instance(): Chart | undefined {
    return this.chart;
  }

  /** The chart on the theme's background. */
  toCanvas(): HTMLCanvasElement {
    const canvas = document.createElement('canvas');
    canvas.width = this.canvas.width;
    canvas.height = this.canvas.height;
    const context = canvas.getContext('2d');
    if (context !== null) {
      const [r, g, b] = theme().background;
      context.fillStyle = `rgb(${r}, ${g}, ${b})`;
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(this.canvas, 0, 0);
    }
    return canvas;
  }

  private rebuild(): void {
    if (!this.isConnected || this.factory === undefined) return;
    this.canvas.setAttribute('aria-label', this.getAttribute('label') ?? '');
    const config = themed(this.factory(theme()), theme());
    if (this.chart !== undefined && (this.chart.config as ChartConfiguration).type === config.type) {
      this.chart.data = config.data;
      this.chart.options = config.options ?? {};
      this.chart.resize();
      this.chart.update('none');
      return;
    }
    this.chart?.destroy();
    this.chart = new Chart(this.canvas, config);
  }
}

/** What all charts share: fonts, inks, no animation for those who want none. */
function themed(
  config: ChartConfiguration,
  { ink, muted, line, fontFamily, background, foreground }: Theme,
): ChartConfiguration {
  const font = { family: fontFamily, size: 11 };
  const { options = {} } = config;
  const scales: Record<string, unknown> = {};
  for (const [name, scale] of Object.entries(options.scales ?? {})) {
    const own = scale as { ticks?: object; grid?: object; title?: object };
    scales[name] = {
      ...own,
      ticks: { color: muted, font, ...own.ticks },
      grid: { color: line, tickColor: line, ...own.grid },
      border: { color: line },
      title: { color: muted, font, ...own.title },
    };
  }
  const css = (rgb: readonly number[]) => `rgb(${rgb.join(', ')})`;
  return {
    ...config,
    options: {
      responsive: true,
      maintainAspectRatio: false,
      ...options,
      animation: reducedMotion() ? false : { duration: 150 },
      scales: scales as NonNullable<typeof options.scales>,
      plugins: {
        ...options.plugins,
        legend: {
          display: false,
          ...options.plugins?.legend,
          labels: { color: ink, font, boxWidth: 14, boxHeight: 2, ...options.plugins?.legend?.labels },
        },
        tooltip: {
          backgroundColor: css(foreground),
          titleColor: css(background),
          bodyColor: css(background),
          titleFont: font,
          bodyFont: font,
          displayColors: false,
          cornerRadius: 3,
          ...options.plugins?.tooltip,
        },
      },
    },
  };
}

customElements.define('gl-chart', ChartElement);
