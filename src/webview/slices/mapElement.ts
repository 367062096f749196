/** `<gl-slice-map>`: a function over two inputs as colours, contours and gradient arrows, with the current point to drag. */
import type { Slice } from '../../runner/protocol';
import { cssColor, pixel, sequentialTable } from '../heatmap/colorMaps';
import { LABEL_FONT_SIZE, labelFont } from '../heatmap/paint';
import { formatNumber } from '../model/format';
import { linearTicks } from '../model/ticks';
import { onThemeChange, theme } from '../ui/theme';
import { contourLevels, contourSegments } from './contours';

export interface SliceMapData {
  slice: Slice;
  /** Names of the axes, and the values that position 0 stands for. */
  names: [string, string];
  origins: [number, number];
  arrows: boolean;
}

const MARGIN = { left: 58, right: 12, top: 10, bottom: 40 };
const LEVELS = 12;
const ARROWS = 13;

export class SliceMapElement extends HTMLElement {
  private readonly canvas = document.createElement('canvas');
  private readonly resizes = new ResizeObserver(() => this.draw());
  private stop?: () => void;
  private shown?: SliceMapData;
  private surface?: HTMLCanvasElement;
  /** Where the point is held, in units of the directions; null at the middle. */
  private held: { a: number; b: number } | null = null;

  connectedCallback(): void {
    if (this.canvas.parentElement === null) {
      this.append(this.canvas);
      this.canvas.tabIndex = 0;
      this.canvas.setAttribute('role', 'application');
      this.canvas.addEventListener('pointerdown', (event) => this.down(event));
      this.canvas.addEventListener('pointermove', (event) => this.move(event));
      this.canvas.addEventListener('pointerup', () => this.drop());
      this.canvas.addEventListener('pointercancel', () => this.drop());
      this.canvas.addEventListener('keydown', (event) => this.key(event));
    }
    this.canvas.setAttribute('aria-label', this.getAttribute('label') ?? '');
    this.resizes.observe(this);
    this.stop = onThemeChange(() => this.draw());
    this.draw();
  }

  disconnectedCallback(): void {
    this.resizes.disconnect();
    this.stop?.();
  }

  set data(data: SliceMapData | undefined) {
    if (data === this.shown) return;
    if (data?.slice !== this.shown?.slice) {
      this.surface = undefined;
      if (!this.dragging) this.held = null;
    }
    this.shown = data;
    this.draw();
  }

  toPng(): Promise<Blob | null> {
    return new Promise((resolve) => this.canvas.toBlob(resolve));
  }

  private dragging = false;

  private get radius(): number {
    const positions = this.shown?.slice.positions;
    return positions === undefined ? 1 : positions[positions.length - 1];
  }

  private plot(): { left: number; top: number; width: number; height: number } {
    const width = this.clientWidth - MARGIN.left - MARGIN.right;
    return { left: MARGIN.left, top: MARGIN.top, width, height: Math.min(width, 460) };
  }

  // ------------------------------------------------------------------------------------------ the point

  private at(event: PointerEvent): { a: number; b: number } {
    const { left, top, width, height } = this.plot();
    const clamp = (value: number) => Math.max(-1, Math.min(1, value)) * this.radius;
    return { a: clamp(((event.offsetX - left) / width) * 2 - 1), b: clamp(1 - ((event.offsetY - top) / height) * 2) };
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.dragging = true;
    this.hold(this.at(event));
  }

  private move(event: PointerEvent): void {
    if (this.dragging) this.hold(this.at(event));
  }

  private drop(): void {
    if (!this.dragging) return;
    this.dragging = false;
    this.dispatchEvent(new CustomEvent('gl-drop'));
  }

  private key(event: KeyboardEvent): void {
    const steps: Record<string, [number, number] | undefined> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const size = this.radius / (event.shiftKey ? 10 : 40);
    const from = this.held ?? { a: 0, b: 0 };
    this.hold({ a: from.a + step[0] * size, b: from.b + step[1] * size });
    this.dispatchEvent(new CustomEvent('gl-drop'));
  }

  private hold(point: { a: number; b: number }): void {
    this.held = point;
    this.draw();
    this.dispatchEvent(new CustomEvent('gl-move', { detail: point }));
  }

  // ------------------------------------------------------------------------------------------ drawing

  private draw(): void {
    const context = this.canvas.getContext('2d');
    if (this.shown === undefined || context === null || this.clientWidth < 120) return;
    const colors = theme();
    const ratio = window.devicePixelRatio || 1;
    const plot = this.plot();
    const height = plot.height + MARGIN.top + MARGIN.bottom;
    this.style.height = `${height}px`;
    this.canvas.width = Math.round(this.clientWidth * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.width = `${this.clientWidth}px`;
    this.canvas.style.height = `${height}px`;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = cssColor(colors.background);
    context.fillRect(0, 0, this.clientWidth, height);
    const { slice, arrows } = this.shown;
    this.surface ??= surfaceOf(slice);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = 'high';
    // The outermost samples lie on the edge, so half of their cells is cut off.
    const inset = 0.5 * (this.surface.width / (this.surface.width - 1));
    const samples = slice.positions.length;
    context.drawImage(
      this.surface,
      inset,
      inset,
      samples - 2 * inset,
      samples - 2 * inset,
      plot.left,
      plot.top,
      plot.width,
      plot.height,
    );
    context.save();
    context.beginPath();
    context.rect(plot.left, plot.top, plot.width, plot.height);
    context.clip();
    this.drawContours(context, plot);
    if (arrows && slice.field !== undefined) this.drawArrows(context, plot);
    this.drawPoint(context, plot);
    context.restore();
    context.strokeStyle = colors.line;
    context.strokeRect(plot.left - 0.5, plot.top - 0.5, plot.width + 1, plot.height + 1);
    this.drawAxes(context, plot);
  }

  private drawContours(context: CanvasRenderingContext2D, plot: Plot): void {
    const { slice } = this.shown!;
    const samples = slice.positions.length;
    const x = (u: number) => plot.left + (u / (samples - 1)) * plot.width;
    const y = (v: number) => plot.top + plot.height - (v / (samples - 1)) * plot.height;
    context.strokeStyle = 'rgba(255, 255, 255, 0.55)';
    context.lineWidth = 1;
    context.beginPath();
    for (const level of contourLevels(slice.values, LEVELS)) {
      for (const { x1, y1, x2, y2 } of contourSegments(slice.values, samples, level)) {
        context.moveTo(x(x1), y(y1));
        context.lineTo(x(x2), y(y2));
      }
    }
    context.stroke();
  }

  private drawArrows(context: CanvasRenderingContext2D, plot: Plot): void {
    const { slice } = this.shown!;
    const samples = slice.positions.length;
    const { a, b, every } = slice.field!;
    const norms = a.map((value, i) => Math.hypot(value, b[i])).filter(Number.isFinite);
    const largest = norms.reduce((m, value) => Math.max(m, value), 0);
    if (largest === 0) return;
    const spacing = Math.min(plot.width, plot.height) / ARROWS;
    context.strokeStyle = context.fillStyle = 'rgba(255, 255, 255, 0.9)';
    context.lineWidth = 1.2;
    for (let i = 0; i < ARROWS; i++) {
      for (let j = 0; j < ARROWS; j++) {
        const [u, v] = [i, j].map((arrow) => every * Math.round((((arrow + 0.5) / ARROWS) * (samples - 1)) / every));
        const at = u * samples + v;
        const norm = Math.hypot(a[at], b[at]);
        if (!(norm > 0) || !Number.isFinite(norm)) continue;
        // The square root keeps small gradients in sight beside large ones.
        const length = spacing * 0.85 * Math.sqrt(norm / largest);
        arrow(
          context,
          plot.left + (u / (samples - 1)) * plot.width,
          plot.top + plot.height - (v / (samples - 1)) * plot.height,
          (a[at] / norm) * length,
          (-b[at] / norm) * length,
        );
      }
    }
  }

  private drawPoint(context: CanvasRenderingContext2D, plot: Plot): void {
    const { a, b } = this.held ?? { a: 0, b: 0 };
    const x = plot.left + ((a / this.radius + 1) / 2) * plot.width;
    const y = plot.top + (1 - (b / this.radius + 1) / 2) * plot.height;
    context.beginPath();
    context.arc(x, y, 7, 0, 2 * Math.PI);
    context.fillStyle = '#ffffff';
    context.fill();
    context.lineWidth = 2.5;
    context.strokeStyle = '#16181d';
    context.stroke();
  }

  private drawAxes(context: CanvasRenderingContext2D, plot: Plot): void {
    const { names, origins } = this.shown!;
    const colors = theme();
    const r = this.radius;
    context.font = labelFont(colors);
    context.fillStyle = colors.muted;
    context.textAlign = 'center';
    context.textBaseline = 'alphabetic';
    for (const value of linearTicks(origins[0] - r, origins[0] + r, 6)) {
      const x = plot.left + ((value - origins[0] + r) / (2 * r)) * plot.width;
      context.fillRect(x - 0.5, plot.top + plot.height + 1, 1, 4);
      context.fillText(formatNumber(value, 'short', 4), x, plot.top + plot.height + 17);
    }
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (const value of linearTicks(origins[1] - r, origins[1] + r, 6)) {
      const y = plot.top + (1 - (value - origins[1] + r) / (2 * r)) * plot.height;
      context.fillRect(plot.left - 5, y - 0.5, 4, 1);
      context.fillText(formatNumber(value, 'short', 4), plot.left - 8, y);
    }
    context.fillStyle = colors.ink;
    context.textAlign = 'center';
    context.textBaseline = 'alphabetic';
    context.fillText(names[0], plot.left + plot.width / 2, plot.top + plot.height + MARGIN.bottom - 6);
    context.save();
    context.translate(LABEL_FONT_SIZE, plot.top + plot.height / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(names[1], 0, 0);
    context.restore();
  }
}

interface Plot {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** One pixel a sample, the second direction upwards. */
function surfaceOf({ values, positions }: Slice): HTMLCanvasElement {
  const samples = positions.length;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = samples;
  const context = canvas.getContext('2d')!;
  const image = new ImageData(samples, samples);
  const pixels = new Uint32Array(image.data.buffer);
  const colors = sequentialTable().map(pixel);
  const finite = values.filter(Number.isFinite);
  const low = finite.reduce((m, value) => Math.min(m, value), Infinity);
  const high = finite.reduce((m, value) => Math.max(m, value), -Infinity);
  for (let i = 0; i < samples; i++) {
    for (let j = 0; j < samples; j++) {
      const value = values[i * samples + j];
      // A gradual root: valleys keep their shape beside steep walls.
      const unit = high > low ? Math.sqrt((value - low) / (high - low)) : 0.5;
      pixels[(samples - 1 - j) * samples + i] = Number.isFinite(value)
        ? colors[Math.round(unit * (colors.length - 1))]
        : pixel([128, 128, 128]);
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

function arrow(context: CanvasRenderingContext2D, x: number, y: number, dx: number, dy: number): void {
  const length = Math.hypot(dx, dy);
  const tip = Math.min(5, length * 0.5);
  const [ux, uy] = [dx / length, dy / length];
  context.beginPath();
  context.moveTo(x - dx / 2, y - dy / 2);
  context.lineTo(x + dx / 2 - ux * tip * 0.8, y + dy / 2 - uy * tip * 0.8);
  context.stroke();
  context.beginPath();
  context.moveTo(x + dx / 2, y + dy / 2);
  context.lineTo(x + dx / 2 - ux * tip - uy * tip * 0.5, y + dy / 2 - uy * tip + ux * tip * 0.5);
  context.lineTo(x + dx / 2 - ux * tip + uy * tip * 0.5, y + dy / 2 - uy * tip - ux * tip * 0.5);
  context.fill();
}

customElements.define('gl-slice-map', SliceMapElement);
