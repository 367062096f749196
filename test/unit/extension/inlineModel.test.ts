import assert from 'node:assert/strict';
import { inlineText, inlineTexts, ownsLine, toneOf } from '../../../src/extension/inline/inlineModel';
import { sparkline } from '../../../src/extension/inline/sparkline';
import { makeFunction, makeInspection, makeLine } from './builders';

const options = { digits: 4, maxLength: 60, iterations: true };

describe('values at line ends', () => {
  it('read as value, adjoint and count', () => {
    const text = inlineText(makeLine(3, 1.44, -88, { count: 12 }), 88, options);
    assert.deepEqual([text.value, text.adjoint, text.count], ['= 1.44', '∂ −88', '×12']);
  });

  it('leave out what a line does not have', () => {
    const text = inlineText(makeLine(3, 1.44, NaN, { hasAdjoint: false }), 88, options);
    assert.deepEqual([text.adjoint, text.count, text.tone], ['', '', 'none']);
  });

  it('take their tone from sign and relative size', () => {
    assert.equal(toneOf(50, 88), 'positive');
    assert.equal(toneOf(-50, 88), 'negative');
    assert.equal(toneOf(1, 88), 'positiveWeak');
    assert.equal(toneOf(-1, 88), 'negativeWeak');
    assert.equal(toneOf(0, 88), 'zero');
    assert.equal(toneOf(NaN, 88), 'notFinite');
  });

  it('belong to the innermost function', () => {
    const outer = makeFunction('outer', 1, 10);
    const inner = makeFunction('inner', 4, 6);
    assert.ok(ownsLine(outer, 3, [outer, inner]));
    assert.ok(!ownsLine(outer, 5, [outer, inner]));
    assert.ok(ownsLine(inner, 5, [outer, inner]));
    assert.ok(!ownsLine(outer, 11, [outer, inner]));
  });

  it('come from the file on show only, one for each line', () => {
    const fn = makeFunction('f', 1, 9);
    const inspection = makeInspection({
      lines: [makeLine(5, 2, 2), makeLine(3, 1, 1), makeLine(3, 7, 7), makeLine(4, 9, 9, { file: '/w/b.ts' })],
    });
    const texts = inlineTexts(fn, inspection, '/w/a.ts', [fn], options);
    assert.deepEqual(
      texts.map(({ line, value }) => [line, value]),
      [
        [3, '= 7'],
        [5, '= 2'],
      ],
    );
  });
});

describe('sparklines', () => {
  const svg = (values: number[]): string => {
    const uri = sparkline(Float64Array.from(values), '#3794ff');
    return uri === undefined ? '' : Buffer.from(uri.split(',')[1] ?? '', 'base64').toString('utf8');
  };

  it('draw a line through the values, with gaps where there is no number', () => {
    assert.match(svg([0, 1, 2]), /d="M2\.0 26\.0L80\.0 14\.0L158\.0 2\.0"/);
    assert.match(svg([0, NaN, 2, 3]), /d="M2\.0 26\.0M/);
  });

  it('mark zero where the values cross it, and stand in the middle where they are all the same', () => {
    assert.match(svg([-1, 1]), /stroke-dasharray/);
    assert.doesNotMatch(svg([1, 2]), /stroke-dasharray/);
    assert.match(svg([5, 5]), /14\.0/);
    assert.equal(svg([5]), '');
  });
});
