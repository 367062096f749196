import assert from 'node:assert/strict';
import type { LeafInfo } from '../../../src/runner/protocol';
import { axisLabels, columnSpacing, fitLabel, leftMargin, topMargin } from '../../../src/webview/heatmap/axes';
import { cellAt, clamp, fit, panBy, reveal, zoomAt, zoomLevel } from '../../../src/webview/heatmap/viewport';
import { axisModel, entryLabel, formula, functionSymbol, joinPath } from '../../../src/webview/model/labels';
import { indexStep, linearTicks, logTicks, niceStep, symlogTicks } from '../../../src/webview/model/ticks';

const leaf = (path: string, shape: number[], offset: number, argument = 0): LeafInfo => ({
  path,
  shape,
  offset,
  size: shape.reduce((a, b) => a * b, 1),
  argument,
});
const measure = (text: string) => text.length * 7;

describe('labels', () => {
  const leaves = [leaf('params.W', [2, 3], 0), leaf('params.b', [2], 6), leaf('t', [], 8, 1)];

  it('name entries as the code does', () => {
    assert.deepEqual(
      [0, 5, 6, 7, 8].map((i) => entryLabel(leaves, i)),
      ['params.W[0][0]', 'params.W[1][2]', 'params.b[0]', 'params.b[1]', 't'],
    );
  });

  it('put the function’s name before paths of the result', () => {
    assert.equal(entryLabel([leaf('', [], 0)], 0, 'f'), 'f');
    assert.equal(entryLabel([leaf('', [3], 0)], 2, 'f'), 'f[2]');
    assert.equal(entryLabel([leaf('[0].pos', [2], 0)], 1, 'f'), 'f[0].pos[1]');
    assert.equal(joinPath('f', 'energy'), 'f.energy');
    assert.equal(functionSymbol('Model.loss'), 'loss');
  });

  it('make formulas of derivatives and of second derivatives', () => {
    const rows = axisModel([leaf('', [2], 0)], 2, 'f');
    const columns = axisModel(leaves, 9);
    assert.equal(formula('derivative', 'f', rows, columns, 1, 4), '∂f[1]/∂params.W[1][1]');
    assert.equal(formula('hessian', 'f', columns, columns, 8, 6), '∂²f/∂t∂params.b[0]');
    assert.equal(formula('hessian', 'f', columns, columns, 8, 8), '∂²f/∂t²');
  });

  it('begin blocks at arguments and at leaves of several entries', () => {
    assert.deepEqual(axisModel(leaves, 9).boundaries, [6, 8]);
    assert.deepEqual(axisModel([leaf('p.x', [], 0), leaf('p.y', [], 1)], 2).boundaries, []);
  });

  it('fall back to indices without leaves', () => {
    assert.equal(axisModel([], 4, 'f').label(3), 'f[3]');
  });
});

describe('axes of the heatmap', () => {
  it('name every entry where there is room', () => {
    const axis = axisModel([leaf('x', [5], 0)], 5);
    assert.deepEqual(
      axisLabels(axis, 0, 5, 20, 15).map(({ text }) => text),
      ['x[0]', 'x[1]', 'x[2]', 'x[3]', 'x[4]'],
    );
  });

  it('name round positions where there is little, at least the spacing apart', () => {
    const axis = axisModel([leaf('x', [2000], 0)], 2000);
    const labels = axisLabels(axis, 0, 2000, 0.3, 60);
    assert.ok(labels.length >= 5 && labels.length <= 10);
    for (let i = 1; i < labels.length; i++) assert.ok((labels[i].index - labels[i - 1].index) * 0.3 >= 60);
    assert.deepEqual(
      labels.slice(0, 2).map(({ index }) => index),
      [0, 200],
    );
  });

  it('pass over a million groups quickly', () => {
    const axis = axisModel(
      Array.from({ length: 1_000_000 }, (_, i) => leaf(`v${i}`, [], i)),
      1_000_000,
    );
    const started = performance.now();
    const labels = axisLabels(axis, 0, 1_000_000, 0.0005, 60);
    assert.ok(labels.length > 3 && labels.length < 12);
    assert.ok(performance.now() - started < 2000);
  });

  it('keep labels within their margin', () => {
    const axis = axisModel([leaf('a.very.long.path.to.some.weights', [3], 0)], 3);
    const left = leftMargin(axis, 400, measure);
    assert.ok(left <= 400 * 0.3 + 8);
    assert.ok(measure(fitLabel(axis.label(0), left - 8, measure)) <= left - 8);
    assert.match(fitLabel(axis.label(0), left - 8, measure), /…/);
  });

  it('stand upright over narrow columns', () => {
    const axis = axisModel([leaf('weights', [30], 0)], 30);
    assert.equal(topMargin(axis, 20, measure).rotated, true);
    assert.equal(topMargin(axis, 120, measure).rotated, false);
    assert.equal(topMargin(axis, 4, measure).rotated, false);
    assert.ok(columnSpacing(axis, 4, { rotated: false, width: 400 }, measure) > measure('weights[29]'));
  });
});

describe('the viewport', () => {
  const extent = { rows: 2000, columns: 2000, width: 600, height: 600 };

  it('fits the whole matrix', () => {
    const view = fit(extent);
    assert.equal(view.cellWidth, 0.3);
    assert.equal(view.cellHeight, 0.3);
  });

  it('gives small matrices cells for numbers, gradients a strip, wide ones readable rows', () => {
    const small = fit({ rows: 2, columns: 3, width: 600, height: 600 });
    assert.ok(small.cellWidth >= 80 && small.cellHeight >= 40);
    const row = fit({ rows: 1, columns: 100_000, width: 600, height: 600 });
    assert.ok(row.cellHeight >= 40 && Math.abs(row.cellWidth * 100_000 - 600) < 1e-6);
    const wide = fit({ rows: 10, columns: 68, width: 400, height: 600 });
    assert.ok(wide.cellHeight >= 15);
  });

  it('keeps the cell under the pointer when zooming', () => {
    let view = fit(extent);
    const before = cellAt(view, 432, 123, extent);
    for (let i = 0; i < 12; i++) view = zoomAt(view, 1.3, 432, 123, extent);
    assert.deepEqual(cellAt(view, 432, 123, extent), before);
    assert.ok(zoomLevel(view, extent) > 20);
    for (let i = 0; i < 30; i++) view = zoomAt(view, 1 / 1.3, 300, 300, extent);
    assert.deepEqual(view, fit(extent));
  });

  it('never leaves the matrix', () => {
    const view = zoomAt(fit(extent), 8, 300, 300, extent);
    const far = panBy(view, -1e9, 1e9, extent);
    assert.equal(far.y, 0);
    assert.ok(Math.abs(far.x + 600 / far.cellWidth - 2000) < 1e-6);
    assert.deepEqual(clamp(far, extent), far);
  });

  it('moves as little as needed to show a cell', () => {
    const view = zoomAt(fit(extent), 40, 0, 0, extent);
    const moved = reveal(view, 1500, 3, extent);
    assert.equal(moved.x, view.x);
    assert.ok(Math.abs(moved.y + 600 / moved.cellHeight - 1501) < 1e-6);
    assert.deepEqual(reveal(moved, 1500, 3, extent), moved);
  });

  it('finds no cell outside', () => {
    assert.equal(
      cellAt(fit({ rows: 2, columns: 2, width: 600, height: 600 }), 590, 10, {
        rows: 2,
        columns: 2,
        width: 600,
        height: 600,
      }),
      null,
    );
  });
});

describe('ticks', () => {
  it('are round', () => {
    assert.deepEqual(linearTicks(-1.7, 1.7, 4), [-1, 0, 1]);
    assert.deepEqual(linearTicks(0, 0.5, 5), [0, 0.1, 0.2, 0.3, 0.4, 0.5]);
    assert.deepEqual(linearTicks(3, 3, 5), [3]);
    assert.equal(niceStep(0.03), 0.05);
    assert.equal(indexStep(0.3, 60), 200);
    assert.deepEqual(logTicks(1e-3, 1e3, 10), [1e-3, 1e-2, 0.1, 1, 10, 100, 1000]);
    assert.deepEqual(symlogTicks(100, 1, 7), [-100, -10, -1, 0, 1, 10, 100]);
  });
});
