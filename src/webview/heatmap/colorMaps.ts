/**
 * The colour maps as tables. Diverging ones are d3-scale-chromatic's, baked: its eleven stops and its B-spline through them
 * (a test compares every entry with d3's own function). On a light theme they run from dark through pale to dark, as d3's do;
 * on a dark theme each half is read from the inside out, so that zero is the editor's background and large values glow.
 */

export type ColorMapName = 'RdBu' | 'PuOr' | 'BrBG' | 'PRGn' | 'PiYG';
export const colorMapNames: readonly ColorMapName[] = ['RdBu', 'PuOr', 'BrBG', 'PRGn', 'PiYG'];

export type Rgb = readonly [number, number, number];
export type Tone = 'light' | 'dark';

/** Steps of a table; odd, so that zero has a step of its own. */
export const STEPS = 251;
export const CENTER = (STEPS - 1) / 2;

const schemes: Record<ColorMapName, { stops: string; positive: 'first' | 'last' }> = {
  RdBu: { stops: '67001fb2182bd6604df4a582fddbc7f7f7f7d1e5f092c5de4393c32166ac053061', positive: 'first' },
  PuOr: { stops: '2d004b5427888073acb2abd2d8daebf7f7f7fee0b6fdb863e08214b358067f3b08', positive: 'last' },
  BrBG: { stops: '5430058c510abf812ddfc27df6e8c3f5f5f5c7eae580cdc135978f01665e003c30', positive: 'first' },
  PRGn: { stops: '40004b762a839970abc2a5cfe7d4e8f7f7f7d9f0d3a6dba05aae611b783700441b', positive: 'last' },
  PiYG: { stops: '8e0152c51b7dde77aef1b6dafde0eff7f7f7e6f5d0b8e1867fbc414d9221276419', positive: 'first' },
};

const VIRIDIS =
  '44015448186a472d7b4240863b528b33638d2c728e26828e21918c1fa08828ae803fbc735ec96284d44baddc30d8e219fde725';

function parseStops(stops: string): Rgb[] {
  const result: Rgb[] = [];
  for (let i = 0; i < stops.length; i += 6) result.push(parseHex(stops.slice(i, i + 6)));
  return result;
}

function parseHex(hex: string): Rgb {
  const value = Number.parseInt(hex, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** d3's `interpolateRgbBasis`: a uniform B-spline through the stops, without rounding. */
function basis(stops: readonly Rgb[], t: number): Rgb {
  const last = stops.length - 1;
  const i = Math.min(last - 1, Math.max(0, Math.floor(t * last)));
  const u = t * last - i;
  const channel = (c: 0 | 1 | 2) => {
    const v1 = stops[i][c];
    const v2 = stops[i + 1][c];
    const v0 = i > 0 ? stops[i - 1][c] : 2 * v1 - v2;
    const v3 = i < last - 1 ? stops[i + 2][c] : 2 * v2 - v1;
    const u2 = u * u;
    const u3 = u2 * u;
    return (
      ((1 - 3 * u + 3 * u2 - u3) * v0 + (4 - 6 * u2 + 3 * u3) * v1 + (1 + 3 * u + 3 * u2 - 3 * u3) * v2 + u3 * v3) / 6
    );
  };
  return [channel(0), channel(1), channel(2)];
}

function linear(stops: readonly Rgb[], t: number): Rgb {
  const last = stops.length - 1;
  const i = Math.min(last - 1, Math.floor(t * last));
  return mix(stops[i], stops[i + 1], t * last - i);
}

/** Between two colours: `a` at 0, `b` at 1. */
export function mix(a: Rgb, b: Rgb, t: number): Rgb {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

function rounded([r, g, b]: Rgb): Rgb {
  const clamp = (value: number) => Math.max(0, Math.min(255, Math.round(value)));
  return [clamp(r), clamp(g), clamp(b)];
}

/**
 * A diverging table of `STEPS` colours, the most negative first. `background` is the theme's and stands for zero where the
 * tone is dark.
 */
export function divergingTable(name: ColorMapName, tone: Tone, background: Rgb): Rgb[] {
  const { stops, positive } = schemes[name];
  const colors = parseStops(stops);
  if (positive === 'first') colors.reverse(); // now the negative end comes first
  const table: Rgb[] = [];
  if (tone === 'light') {
    for (let i = 0; i < STEPS; i++) table.push(rounded(basis(colors, i / (STEPS - 1))));
    return table;
  }
  const negative = [background, ...colors.slice(0, 5)];
  const positiveSide = [background, ...colors.slice(6).reverse()];
  for (let i = 0; i < STEPS; i++) {
    const magnitude = (i - CENTER) / CENTER;
    table.push(rounded(linear(magnitude < 0 ? negative : positiveSide, Math.abs(magnitude))));
  }
  return table;
}

/** A sequential table for magnitudes (errors): viridis, small first. */
export function sequentialTable(): Rgb[] {
  const stops = parseStops(VIRIDIS);
  return Array.from({ length: STEPS }, (_, i) => rounded(linear(stops, i / (STEPS - 1))));
}

/** A table for densities of a sparsity pattern: step 0 is empty, and the faintest entry is still clearly seen. */
export function densityTable(background: Rgb, ink: Rgb): Rgb[] {
  return Array.from({ length: STEPS }, (_, i) =>
    rounded(i === 0 ? background : mix(background, ink, 0.45 + (0.55 * i) / (STEPS - 1))),
  );
}

/** Relative luminance (WCAG), 0 … 1. */
export function luminance([r, g, b]: Rgb): number {
  const channel = (value: number) => {
    const s = value / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
}

/** The ink that is easier to read on a colour: near-black or white. */
export function readableInk(background: Rgb): string {
  return luminance(background) > 0.2 ? '#16181d' : '#ffffff';
}

export function cssColor([r, g, b]: Rgb): string {
  return `rgb(${r}, ${g}, ${b})`;
}

/** Packs a colour as a little-endian pixel of an ImageData. */
export function pixel([r, g, b]: Rgb): number {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}
