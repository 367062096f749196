/** `<gl-colorbar>`: the legend of a heatmap, with ticks in the spacing of its scale and a mark at the hovered value. */
import { formatNumber } from '../model/format';
import { linearTicks, logTicks } from '../model/ticks';
import { onThemeChange, theme } from '../ui/theme';
import { cssColor, type ColorMapName } from './colorMaps';
import type { ColorScale } from './colorScale';
import { colorTable, type EncodedMatrix } from './encoded';
import { labelFont } from './paint';

const BAR = 10;
const HEIGHT = BAR + 20;
const INSET = 22;

/** Values at which the bar has ticks, in ascending order. */
function barTicks(scale: ColorScale): number[] {
  if (scale.maxAbs === 0) return [0];
  switch (scale.kind) {
    case 'linear':
      return linearTicks(-scale.maxAbs, scale.maxAbs, 5);
    case 'log':
      return logTicks(scale.fromUnit(0), scale.fromUnit(1), 5);
    case 'density':
      return [];
    default:
      // Symmetric-log and rank are not even in the value; equal distances on the bar say more.
      return [-1, -0.5, 0, 0.5, 1].map((unit) => scale.fromUnit(unit));
  }
}

export class ColorBarElement extends HTMLElement {
  private readonly canvas = document.createElement('canvas');
  private readonly resizes = new ResizeObserver(() => this.draw());
  private stop?: () => void;
  private shown?: { encoded: EncodedMatrix; colorMap: ColorMapName };
  private mark: number | null = null;

  connectedCallback(): void {
    this.append(this.canvas);
    this.canvas.setAttribute('role', 'img');
    this.resizes.observe(this);
    this.stop = onThemeChange(() => this.draw());
    this.draw();
  }

  disconnectedCallback(): void {
    this.resizes.disconnect();
    this.stop?.();
  }

  set data(data: { encoded: EncodedMatrix; colorMap: ColorMapName } | undefined) {
    this.shown = data;
    this.draw();
  }

  set value(value: number | null) {
    if (value === this.mark) return;
    this.mark = value;
    this.draw();
  }

  private draw(): void {
    const width = this.clientWidth;
    const context = this.canvas.getContext('2d');
    if (this.shown === undefined || context === null || width < 80) return;
    const colors = theme();
    const { encoded, colorMap } = this.shown;
    const { scale } = encoded;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = HEIGHT * ratio;
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${HEIGHT}px`;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const table = colorTable(encoded.mode, colorMap, colors);
    const length = width - 2 * INSET;
    const step = length / table.length;
    table.forEach((color, i) => {
      context.fillStyle = cssColor(color);
      context.fillRect(INSET + i * step, 4, step + 0.7, BAR);
    });
    context.strokeStyle = colors.line;
    context.strokeRect(INSET - 0.5, 3.5, length + 1, BAR + 1);
    const at = (value: number) => {
      const unit = scale.maxAbs === 0 ? 0 : Math.max(-1, Math.min(1, scale.toUnit(value)));
      return INSET + (scale.diverging ? (unit + 1) / 2 : unit) * length;
    };
    context.font = labelFont(colors);
    context.fillStyle = colors.muted;
    context.textAlign = 'center';
    let free = -Infinity;
    for (const value of barTicks(scale)) {
      const text = formatNumber(value, 'short', 3);
      const half = context.measureText(text).width / 2;
      const x = Math.min(width - half, Math.max(half, at(value)));
      if (x - half < free) continue;
      context.fillRect(at(value) - 0.5, 4 + BAR, 1, 3);
      context.fillText(text, x, HEIGHT - 1);
      free = x + half + 6;
    }
    if (this.mark !== null && Number.isFinite(this.mark) && encoded.mode !== 'pattern') {
      const x = at(this.mark);
      context.fillStyle = colors.ink;
      context.beginPath();
      context.moveTo(x, 6);
      context.lineTo(x - 4, 0);
      context.lineTo(x + 4, 0);
      context.fill();
      context.fillRect(x - 0.75, 4, 1.5, BAR);
    }
    const name = this.getAttribute('label') ?? '';
    this.canvas.setAttribute('aria-label', name);
  }
}

customElements.define('gl-colorbar', ColorBarElement);
