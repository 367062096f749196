/** Numbers as people read them: few digits, a real minus sign, no jumping between notations. */

const MINUS = '\u2212';

/** `x` with at most `digits` significant digits: `24.2`, `−88`, `1.2e−7`, `NaN`, `−∞`. */
export function shortNumber(x: number, digits = 4): string {
  if (Number.isNaN(x)) return 'NaN';
  if (x === Infinity) return '∞';
  if (x === -Infinity) return `${MINUS}∞`;
  if (x === 0) return Object.is(x, -0) ? `${MINUS}0` : '0';
  const size = Math.abs(x);
  const text = size >= 1e-3 && size < 10 ** Math.max(digits, 6) ? plain(size, digits) : scientific(size, digits);
  return x < 0 ? MINUS + text : text;
}

function plain(size: number, digits: number): string {
  // Integers of up to six digits stay whole: 1234567 with four digits would read 1235000.
  if (Number.isInteger(size) && size < 1e6) return String(size);
  const rounded = Number(size.toPrecision(digits));
  return size >= 10 ** digits ? String(Math.round(size)) : String(rounded);
}

function scientific(size: number, digits: number): string {
  const [mantissa = '', exponent = '0'] = size.toExponential(Math.max(0, Math.min(digits - 1, 3))).split('e');
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return `${short}e${exponent.replace('+', '').replace('-', MINUS)}`;
}

/** Milliseconds as a person says them: `0.4 ms`, `12 ms`, `1.3 s`. */
export function shortTime(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return '–';
  if (milliseconds >= 1000) return `${Number((milliseconds / 1000).toPrecision(2))} s`;
  if (milliseconds >= 10) return `${Math.round(milliseconds)} ms`;
  if (milliseconds >= 0.01) return `${Number(milliseconds.toPrecision(2))} ms`;
  return `${Number((milliseconds * 1000).toPrecision(2))} µs`;
}

/** A share of one as a percentage: `37 %`, `< 1 %`. */
export function shortPercent(share: number): string {
  if (!(share > 0)) return '0 %';
  if (share < 0.01) return '< 1 %';
  return `${Math.round(share * 100)} %`;
}

/** Whole numbers with thin spaces between the thousands: `12 345`. */
export function shortCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
}
