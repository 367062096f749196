/** Numbers as people read them: a real minus sign, no digits that mean nothing, always the same width rules. */

export type NumberFormat = 'short' | 'full';

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '∞';
  if (value === -Infinity) return '−∞';
  if (value === 0) return '0';
  return undefined;
}

const minus = (text: string) => text.replace(/-/g, '−');

/** Up to `digits` significant digits; powers of ten outside 10⁻⁴ … 10⁶. */
export function formatNumber(value: number, format: NumberFormat = 'short', digits = 6): string {
  const text = special(value);
  if (text !== undefined) return text;
  if (format === 'full') return minus(String(value));
  const magnitude = Math.abs(value);
  if (magnitude >= 1e6 || magnitude < 1e-4) return minus(trimExponent(value.toExponential(digits - 1)));
  return minus(trimZeros(value.toPrecision(digits)));
}

/** For a cell of so many characters: as many digits as fit. */
export function formatCell(value: number, characters: number): string {
  const text = special(value);
  if (text !== undefined) return text;
  for (let digits = 6; digits > 1; digits--) {
    const candidate = formatNumber(value, 'short', digits);
    if (candidate.length <= characters) return candidate;
  }
  return formatNumber(value, 'short', 1);
}

function trimZeros(text: string): string {
  if (text.includes('e')) return trimExponent(text);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function trimExponent(text: string): string {
  const [mantissa, exponent] = text.split('e');
  return `${mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa}e${exponent.replace('+', '')}`;
}

/** Making one takes longer than drawing a whole tab. */
const countFormats = new Map<string, Intl.NumberFormat>();

/** `1,234,567`: counts, in the reader's locale. */
export function formatCount(value: number, locale: string): string {
  if (Number.isNaN(value)) return '–';
  let format = countFormats.get(locale);
  if (format === undefined) countFormats.set(locale, (format = new Intl.NumberFormat(locale)));
  return format.format(value);
}

/** Milliseconds with the unit that fits. */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return '–';
  if (milliseconds === 0) return '0';
  if (milliseconds < 1e-3) return `${formatNumber(milliseconds * 1e6, 'short', 3)} ns`;
  if (milliseconds < 1) return `${formatNumber(milliseconds * 1e3, 'short', 3)} µs`;
  if (milliseconds < 1000) return `${formatNumber(milliseconds, 'short', 3)} ms`;
  return `${formatNumber(milliseconds / 1000, 'short', 3)} s`;
}

export function formatBytes(bytes: number): string {
  if (Number.isNaN(bytes)) return '–';
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  const units = ['KB', 'MB', 'GB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${formatNumber(value, 'short', 3)} ${units[unit]}`;
}

/** `×12.3`, the ratio to one evaluation of the function. */
/** `×3.29`, from a thousand on as a count. */
export function formatRatio(ratio: number, locale: string): string {
  if (!Number.isFinite(ratio)) return '–';
  return `×${ratio < 1000 ? formatNumber(ratio, 'short', 3) : formatCount(Number(ratio.toPrecision(3)), locale)}`;
}

export function formatPercent(fraction: number): string {
  if (fraction === 0 || fraction === 1) return `${fraction * 100} %`;
  const percent = fraction * 100;
  return `${formatNumber(percent, 'short', 3)} %`;
}

/** The end of a name, where its index is: `params.layers[0].weights[3]` → `…ghts[3]`. */
export function ending(text: string, characters: number): string {
  return text.length <= characters ? text : `…${text.slice(text.length - characters + 1)}`;
}

/** Shortens a name in its middle, where names differ least: `params.layers[0].weights` → `params.…weights`. */
export function shorten(text: string, characters: number): string {
  if (text.length <= characters) return text;
  if (characters <= 1) return '…';
  const head = Math.ceil((characters - 1) * 0.45);
  return `${text.slice(0, head)}…${text.slice(text.length - (characters - 1 - head))}`;
}
