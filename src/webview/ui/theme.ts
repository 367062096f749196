/**
 * VS Code's theme as canvases need it: its CSS variables read once per change. VS Code writes them on the root element and
 * names the kind of theme on the body; both are watched, so a change of theme repaints everything live.
 */
import { luminance, type Rgb, type Tone } from '../heatmap/colorMaps';

export interface Theme {
  tone: Tone;
  highContrast: boolean;
  background: Rgb;
  foreground: Rgb;
  /** Quiet text: axis labels. */
  muted: string;
  ink: string;
  /** Hairlines between parts. */
  line: string;
  accent: Rgb;
  focus: string;
  error: string;
  warning: string;
  success: string;
  /** Series of charts, in order. */
  series: string[];
  fontFamily: string;
  monoFamily: string;
  fontSize: number;
}

function parseColor(text: string, fallback: Rgb): Rgb {
  const value = text.trim();
  const hex = /^#([0-9a-f]{3,8})$/i.exec(value)?.[1];
  if (hex !== undefined) {
    const wide = hex.length < 6 ? [...hex].map((digit) => digit + digit).join('') : hex;
    return [0, 2, 4].map((at) => Number.parseInt(wide.slice(at, at + 2), 16)) as unknown as Rgb;
  }
  const parts = /^rgba?\(([^)]+)\)/i
    .exec(value)?.[1]
    .split(/[\s,/]+/)
    .map(Number);
  return parts !== undefined && parts.length >= 3 && parts.slice(0, 3).every(Number.isFinite)
    ? [parts[0], parts[1], parts[2]]
    : fallback;
}

function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const variable = (name: string, ...fallbacks: string[]): string => {
    for (const candidate of [name, ...fallbacks]) {
      const value = candidate.startsWith('--') ? style.getPropertyValue(candidate).trim() : candidate;
      if (value !== '') return value;
    }
    return '';
  };
  const classes = document.body.classList;
  const highContrast = classes.contains('vscode-high-contrast') || classes.contains('vscode-high-contrast-light');
  const background = parseColor(variable('--vscode-editor-background', '#1f1f1f'), [31, 31, 31]);
  const tone: Tone = luminance(background) > 0.35 ? 'light' : 'dark';
  const foreground = parseColor(
    variable('--vscode-editor-foreground', '--vscode-foreground', '#cccccc'),
    [204, 204, 204],
  );
  const css = ([r, g, b]: Rgb, alpha: number) => `rgba(${r}, ${g}, ${b}, ${alpha})`;
  return {
    tone,
    highContrast,
    background,
    foreground,
    ink: css(foreground, 1),
    muted: highContrast ? css(foreground, 1) : variable('--vscode-descriptionForeground', css(foreground, 0.7)),
    line: highContrast ? variable('--vscode-contrastBorder', css(foreground, 1)) : css(foreground, 0.12),
    accent: parseColor(variable('--vscode-textLink-foreground', '--vscode-focusBorder', '#4daafc'), [77, 170, 252]),
    focus: variable('--vscode-focusBorder', '#0078d4'),
    error: variable('--vscode-editorError-foreground', '--vscode-errorForeground', '#f14c4c'),
    warning: variable('--vscode-editorWarning-foreground', '#cca700'),
    success: variable('--vscode-testing-iconPassed', '--vscode-charts-green', '#73c991'),
    series: [
      variable('--vscode-charts-blue', '#4daafc'),
      variable('--vscode-charts-orange', '#d18616'),
      variable('--vscode-charts-green', '#89d185'),
      variable('--vscode-charts-purple', '#b180d7'),
      variable('--vscode-charts-red', '#f14c4c'),
      variable('--vscode-charts-yellow', '#cca700'),
    ],
    fontFamily: variable('--vscode-font-family', 'system-ui, sans-serif'),
    monoFamily: variable('--vscode-editor-font-family', 'monospace'),
    fontSize: Number.parseFloat(variable('--vscode-font-size', '13')) || 13,
  };
}

type Listener = (theme: Theme) => void;
const listeners = new Set<Listener>();
let current: Theme | undefined;
let observer: MutationObserver | undefined;

export function theme(): Theme {
  return (current ??= readTheme());
}

/** Calls back on every change of the theme; the result stops it. */
export function onThemeChange(listener: Listener): () => void {
  listeners.add(listener);
  if (observer === undefined) {
    observer = new MutationObserver(() => {
      current = readTheme();
      for (const each of listeners) each(current);
    });
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
    observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-kind'] });
  }
  return () => listeners.delete(listener);
}

/** Whether movement is unwanted, by the system or by VS Code's setting. */
export function reducedMotion(): boolean {
  return (
    document.body.classList.contains('vscode-reduce-motion') || matchMedia('(prefers-reduced-motion: reduce)').matches
  );
}
