import * as d3 from 'd3-scale-chromatic';
import assert from 'node:assert/strict';
import {
  CENTER,
  colorMapNames,
  densityTable,
  divergingTable,
  luminance,
  readableInk,
  sequentialTable,
  STEPS,
  type Rgb,
} from '../../../src/webview/heatmap/colorMaps';
import {
  CODE,
  createScale,
  encode,
  encodeValue,
  logScale,
  measureMagnitudes,
  scaleKinds,
  suggestScale,
} from '../../../src/webview/heatmap/colorScale';

const rgb = (text: string): number[] =>
  /^#/.test(text)
    ? [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16))
    : (text.match(/\d+/g) ?? []).map(Number);

describe('colour maps', () => {
  for (const name of colorMapNames) {
    it(`${name} is d3's, entry by entry`, () => {
      const interpolate = d3[`interpolate${name}`];
      const table = divergingTable(name, 'light', [255, 255, 255]);
      const reversed = name === 'RdBu' || name === 'BrBG' || name === 'PiYG';
      table.forEach((color, i) => {
        const t = i / (STEPS - 1);
        rgb(interpolate(reversed ? 1 - t : t)).forEach((channel, c) =>
          assert.ok(Math.abs(channel - color[c]) <= 1, `${name} ${i}`),
        );
      });
    });

    it(`${name} grows lighter from the background with the magnitude on dark themes`, () => {
      const background: Rgb = [31, 31, 31];
      const table = divergingTable(name, 'dark', background);
      assert.deepEqual(table[CENTER], background);
      for (const side of [-1, 1]) {
        for (let k = Math.round(CENTER / 2); k < CENTER; k++)
          assert.ok(luminance(table[CENTER + side * (k + 1)]) >= luminance(table[CENTER + side * k]) - 0.005);
      }
    });
  }

  it('viridis is d3’s to two steps', () => {
    sequentialTable().forEach((color, i) =>
      rgb(d3.interpolateViridis(i / (STEPS - 1))).forEach((channel, c) => assert.ok(Math.abs(channel - color[c]) <= 5)),
    );
  });

  it('the faintest density differs clearly from none', () => {
    const table = densityTable([31, 31, 31], [77, 170, 252]);
    assert.ok(Math.abs(luminance(table[1]) - luminance(table[0])) > 0.05);
  });

  it('ink on every colour has a contrast of at least 3', () => {
    for (const name of colorMapNames) {
      for (const tone of ['light', 'dark'] as const) {
        for (const color of divergingTable(name, tone, [31, 31, 31])) {
          const ink = luminance(rgb(readableInk(color)) as unknown as Rgb);
          const ground = luminance(color);
          assert.ok((Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05) >= 3, `${name} ${color.join()}`);
        }
      }
    }
  });
});

describe('colour scales', () => {
  const values = Float64Array.from([-8, -2, -1e-3, 0, 1e-3, 0.5, 4, NaN, Infinity, -Infinity]);
  const magnitudes = measureMagnitudes(values);

  it('measures finite magnitudes only', () => {
    assert.equal(magnitudes.max, 8);
    assert.equal(magnitudes.min, 1e-3);
  });

  for (const kind of scaleKinds) {
    it(`${kind} is odd, monotone, within ±1, and inverts`, () => {
      const scale = createScale(kind, magnitudes);
      let last = -Infinity;
      for (const value of [-8, -2, -1e-3, 0, 1e-3, 2, 8]) {
        const unit = scale.toUnit(value);
        assert.ok(unit >= last && Math.abs(unit) <= 1 + 1e-12);
        assert.ok(Math.abs(unit + scale.toUnit(-value)) < 1e-12);
        if (kind !== 'rank') assert.ok(Math.abs(scale.fromUnit(unit) - value) < 1e-9);
        last = unit;
      }
    });

    it(`${kind} never shows a small value as zero`, () => {
      const scale = createScale(kind, measureMagnitudes([1e-300, 1]));
      assert.ok(encodeValue(1e-300, scale) > CENTER);
      assert.ok(encodeValue(-1e-300, scale) < CENTER);
      assert.equal(encodeValue(0, scale), CENTER);
    });
  }

  it('the fast way of encoding agrees with the slow one', () => {
    const scale = createScale('linear', magnitudes);
    assert.deepEqual(
      Array.from(encode(values, scale)),
      Array.from(values, (value) => encodeValue(value, scale)),
    );
  });

  it('what is not finite has codes of its own', () => {
    const scale = createScale('symlog', magnitudes);
    assert.deepEqual(
      [NaN, Infinity, -Infinity].map((value) => encodeValue(value, scale)),
      [CODE.nan, CODE.positiveInfinity, CODE.negativeInfinity],
    );
  });

  it('suggests logarithms where magnitudes span decades', () => {
    assert.equal(suggestScale(measureMagnitudes([1, 2, 3])), 'linear');
    assert.equal(suggestScale(measureMagnitudes([1e-6, 1e-5, 1e-4, 1])), 'symlog');
    assert.equal(suggestScale(measureMagnitudes([0, 0])), 'linear');
  });

  it('zeros alone make a scale too', () => {
    const scale = createScale('linear', measureMagnitudes([0, 0]));
    assert.equal(encodeValue(0, scale), CENTER);
  });

  it('an error has the same colour in every function', () => {
    const [a, b] = [logScale(measureMagnitudes([1e-12])), logScale(measureMagnitudes([1e-3, 1e-12]))];
    assert.equal(encodeValue(1e-12, a), encodeValue(1e-12, b));
    assert.equal(encodeValue(0, a), 0);
  });
});
