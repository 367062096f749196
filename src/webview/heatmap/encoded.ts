/** A matrix made ready for painting: scale, codes and raster belong together and are made once for each kind of view. */
import type { Matrix } from '../../runner/protocol';
import {
  CENTER,
  densityTable,
  divergingTable,
  pixel,
  sequentialTable,
  STEPS,
  type ColorMapName,
  type Rgb,
} from './colorMaps';
import {
  CODE,
  createScale,
  encode,
  encodeValue,
  logScale,
  measureMagnitudes,
  patternScale,
  priorities,
  suggestScale,
  type ColorScale,
  type ScaleKind,
} from './colorScale';
import { CodePyramid } from './pyramid';
import { rasterizeCodes, type Palette, type RasterView } from './raster';
import { SparseRaster } from './sparseRaster';

/** `value`: diverging about zero; `pattern`: whether there is an entry; `error`: magnitudes on a logarithmic scale. */
export type HeatmapMode = 'value' | 'pattern' | 'error';

export class EncodedMatrix {
  readonly scale: ColorScale;
  /** The scale that was chosen where `auto` was asked for. */
  readonly kind: ScaleKind | 'log' | 'density';
  private readonly paint: (view: RasterView, out: Uint8Array) => void;

  constructor(
    readonly matrix: Matrix,
    readonly mode: HeatmapMode,
    requested: ScaleKind | 'auto',
  ) {
    const reduce = mode === 'pattern' ? 'density' : 'extreme';
    if (mode === 'pattern') {
      this.scale = patternScale;
    } else {
      const magnitudes = measureMagnitudes(matrix.values);
      this.scale =
        mode === 'error'
          ? logScale(magnitudes)
          : createScale(requested === 'auto' ? suggestScale(magnitudes) : requested, magnitudes);
    }
    this.kind = this.scale.kind;
    const codes = encode(matrix.values, this.scale);
    const priority = priorities(this.scale.diverging);
    if (matrix.kind === 'dense') {
      const pyramid = new CodePyramid({ rows: matrix.rows, columns: matrix.columns, codes }, priority, reduce);
      this.paint = (view, out) => rasterizeCodes(pyramid, priority, view, out);
    } else {
      const raster = new SparseRaster({
        matrix,
        codes,
        absent: mode === 'pattern' ? 0 : CODE.absent,
        priority,
        reduce,
      });
      this.paint = (view, out) => raster.rasterize(view, out);
    }
  }

  rasterize(view: RasterView, out: Uint8Array): void {
    this.paint(view, out);
  }

  /** The step of a value in the table, for text over its cell and the mark on the colour bar. */
  code(value: number): number {
    return encodeValue(value, this.scale);
  }
}

export interface ColorTheme {
  tone: 'light' | 'dark';
  background: Rgb;
  foreground: Rgb;
  accent: Rgb;
}

export function colorTable(mode: HeatmapMode, map: ColorMapName, theme: ColorTheme): Rgb[] {
  if (mode === 'pattern') return densityTable(theme.background, theme.accent);
  return mode === 'error' ? sequentialTable() : divergingTable(map, theme.tone, theme.background);
}

/** The colours of all codes, hatching included. */
export function paletteOf(table: readonly Rgb[], mode: HeatmapMode, theme: ColorTheme): Palette {
  const colors = new Uint32Array(256);
  const hatch = new Uint32Array(256);
  for (let i = 0; i < STEPS; i++) colors[i] = pixel(table[i]);
  colors[CODE.absent] = pixel(table[mode === 'value' ? CENTER : 0]);
  colors[CODE.outside] = 0;
  const ground = pixel(theme.background);
  colors[CODE.nan] = pixel([229, 77, 200]);
  colors[CODE.positiveInfinity] = pixel(mode === 'value' ? table[STEPS - 1] : theme.foreground);
  colors[CODE.negativeInfinity] = pixel(mode === 'value' ? table[0] : theme.foreground);
  hatch[CODE.nan] = hatch[CODE.positiveInfinity] = hatch[CODE.negativeInfinity] = ground;
  return { colors, hatch };
}
