import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { DenseMatrix, Matrix, ProgramLine, SparseMatrix } from '../../../src/runner/protocol';
import { tables } from '../../../src/webview/l10n';
import { matrixToCsv, matrixToNpy, rectangleToTsv, toJson } from '../../../src/webview/model/export';
import {
  formatBytes,
  formatCell,
  formatDuration,
  formatNumber,
  formatPercent,
  formatRatio,
  shorten,
} from '../../../src/webview/model/format';
import { axisModel } from '../../../src/webview/model/labels';
import { entryPosition, forEachEntry, matrixAt } from '../../../src/webview/model/matrix';
import { singularValuesOf, summarize } from '../../../src/webview/model/summary';
import { foldable, tokenize, visibleLines } from '../../../src/webview/program/model';
import { sortedOrder } from '../../../src/webview/table/order';
import { moveSelection, rectangle } from '../../../src/webview/table/selection';

const dense = (rows: number, columns: number, values: number[]): DenseMatrix => ({
  kind: 'dense',
  rows,
  columns,
  values: Float64Array.from(values),
});
const sparse: SparseMatrix = {
  kind: 'sparse',
  rows: 4,
  columns: 3,
  rowStarts: Int32Array.of(0, 2, 2, 3, 4),
  columnIndices: Int32Array.of(0, 2, 1, 2),
  values: Float64Array.of(1, 2, 3, 4),
  colors: 2,
};

describe('numbers', () => {
  it('have as many digits as mean something', () => {
    const cases: [number, string][] = [
      [24.199999999999996, '24.2'],
      [-215.6, '−215.6'],
      [0, '0'],
      [1e-7, '1e−7'],
      [123456789, '1.23457e8'],
      [1000, '1000'],
      [NaN, 'NaN'],
      [-Infinity, '−∞'],
      [1 / 3, '0.333333'],
      [-0, '0'],
    ];
    for (const [value, text] of cases) assert.equal(formatNumber(value), text);
    assert.equal(formatNumber(-1 / 3, 'full'), '−0.3333333333333333');
  });

  it('fit their cells', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.integer({ min: 8, max: 14 }), (value, characters) => {
        assert.ok(formatCell(value, characters).length <= characters);
      }),
    );
    assert.equal(formatCell(-0.00012345678, 8), '−0.00012'.slice(0, 8));
  });

  it('survive short formatting to five digits', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const back = Number(formatNumber(value).replace(/−/g, '-'));
        assert.ok(Math.abs(back - value) <= 1e-5 * Math.abs(value));
      }),
    );
  });

  it('have units', () => {
    assert.equal(formatDuration(0.0021), '2.1 µs');
    assert.equal(formatDuration(0.0000021), '2.1 ns');
    assert.equal(formatDuration(2960), '2.96 s');
    assert.equal(formatDuration(NaN), '–');
    assert.equal(formatBytes(4096), '4 KB');
    assert.equal(formatBytes(3.5 * 1024 ** 3), '3.5 GB');
    assert.equal(formatRatio(3.2857, 'en'), '×3.29');
    assert.equal(formatRatio(2981.4, 'de'), '×2.980');
    assert.equal(formatPercent(3e-5), '0.003 %');
    assert.equal(formatPercent(1), '100 %');
  });

  it('shorten names in the middle', () => {
    assert.equal(shorten('params.layers[0].weights', 12), 'param…eights');
    assert.equal(shorten('x', 12), 'x');
    assert.equal(shorten('xyz', 1), '…');
  });
});

describe('matrices', () => {
  it('are read alike, dense or sparse', () => {
    const full = dense(4, 3, [1, 0, 2, 0, 0, 0, 0, 3, 0, 0, 0, 4]);
    for (let r = 0; r < 4; r++) for (let c = 0; c < 3; c++) assert.equal(matrixAt(sparse, r, c), matrixAt(full, r, c));
    const visited: number[][] = [];
    forEachEntry(sparse, (...entry) => visited.push(entry));
    assert.deepEqual(visited, [
      [0, 0, 1],
      [0, 2, 2],
      [2, 1, 3],
      [3, 2, 4],
    ]);
    assert.deepEqual(
      [0, 1, 2, 3].map((e) => entryPosition(sparse, e)),
      [
        { row: 0, column: 0 },
        { row: 0, column: 2 },
        { row: 2, column: 1 },
        { row: 3, column: 2 },
      ],
    );
    assert.deepEqual(entryPosition(full, 7), { row: 2, column: 1 });
  });

  it('become CSV with labels', () => {
    const rows = axisModel([{ path: '', shape: [2], offset: 0, size: 2 }], 2, 'f');
    const columns = axisModel(
      [
        { path: 'a,b', shape: [], offset: 0, size: 1 },
        { path: 'c', shape: [], offset: 1, size: 1 },
      ],
      2,
    );
    assert.equal(
      matrixToCsv(dense(2, 2, [1, NaN, -0.5, 1e-9]), rows, columns),
      ',"a,b",c\nf[0],1,NaN\nf[1],-0.5,1e-9\n',
    );
    assert.equal(rectangleToTsv(sparse, 2, 1, 3, 2), '3\t0\n0\t4');
  });

  it('become .npy as NumPy writes it', () => {
    const bytes = matrixToNpy(sparse);
    const view = new DataView(bytes.buffer);
    const length = view.getUint16(8, true);
    assert.deepEqual([...bytes.slice(0, 8)], [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
    assert.equal((10 + length) % 64, 0);
    const header = new TextDecoder().decode(bytes.slice(10, 10 + length));
    assert.match(header, /^\{'descr': '<f8', 'fortran_order': False, 'shape': \(4, 3\), \} *\n$/);
    assert.equal(bytes.length, 10 + length + 8 * 12);
    assert.equal(view.getFloat64(10 + length + 8 * 7, true), 3);
    const single = matrixToNpy(sparse, true);
    assert.match(new TextDecoder().decode(single.slice(10, 80)), /'<f4'/);
    assert.equal(new DataView(single.buffer).getFloat32(single.length - 4 * 5, true), 3);
  });

  it('become JSON without losing what is not finite', () => {
    assert.equal(toJson([NaN, Float64Array.of(-Infinity)]).replace(/\s/g, ''), '["NaN",["-Infinity"]]');
  });

  it('have singular values', () => {
    const close = (a: ArrayLike<number>, b: number[]) =>
      b.forEach((value, i) => assert.ok(Math.abs(a[i] - value) < 1e-9, `${a[i]} ${value}`));
    close(singularValuesOf(dense(2, 2, [3, 0, 4, 5])), [Math.sqrt(45), Math.sqrt(5)]);
    close(singularValuesOf(dense(1, 3, [1, 2, 2])), [3]);
    close(singularValuesOf(dense(3, 2, [1, 0, 0, 1, 0, 0])), [1, 1]);
    const summary = summarize(dense(2, 2, [2, 4, 4, 8]));
    assert.equal(summary.rank, 1);
    assert.equal(summary.symmetric, true);
    assert.equal(summary.nonZeros, 4);
    assert.equal(summarize(dense(1, 2, [NaN, 1])).singularValues, undefined);
  });
});

describe('orders of entries', () => {
  const orders = ['largest', 'smallest', 'ascending', 'descending'] as const;
  const keyOf = {
    largest: (v: number) => -Math.abs(v),
    smallest: Math.abs,
    ascending: (v: number) => v,
    descending: (v: number) => -v,
  };

  for (const order of orders) {
    it(`${order} is exact for a hundred thousand entries, ties by position, NaN first`, () => {
      let state = 1;
      const values = Float64Array.from({ length: 100_000 }, (_, i) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return i % 17 === 0 ? 0.5 : i === 4321 ? NaN : (state / 2 ** 31 - 1) * (1 + 1e-12 * i);
      });
      const result = sortedOrder(values, order)!;
      const key = (v: number) => (Number.isNaN(v) ? -Infinity : keyOf[order](v));
      const expected = Array.from(values.keys()).sort((a, b) => key(values[a]) - key(values[b]) || a - b);
      assert.deepEqual(Array.from(result), expected);
      assert.equal(result[0], 4321);
    });
  }

  it('by position is none', () => assert.equal(sortedOrder(Float64Array.of(2, 1), 'position'), undefined));
});

describe('the selection of a grid', () => {
  const extent = { rows: 10, columns: 4, page: 5 };
  const press = (key: string, more: object = {}) => ({
    key,
    shiftKey: false,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    ...more,
  });

  it('moves, extends, and stays inside', () => {
    let selection = moveSelection(null, press('ArrowDown'), extent)!;
    assert.deepEqual(selection, { row: 0, column: 0, anchor: { row: 0, column: 0 } });
    selection = moveSelection(selection, press('End', { ctrlKey: true }), extent)!;
    assert.deepEqual([selection.row, selection.column], [9, 3]);
    selection = moveSelection(selection, press('ArrowLeft', { shiftKey: true }), extent)!;
    selection = moveSelection(selection, press('PageUp', { shiftKey: true }), extent)!;
    assert.deepEqual(rectangle(selection), { top: 4, left: 2, bottom: 9, right: 3 });
    assert.deepEqual(rectangle(moveSelection(selection, press('a', { ctrlKey: true }), extent)!), {
      top: 0,
      left: 0,
      bottom: 9,
      right: 3,
    });
    assert.equal(moveSelection(selection, press('x'), extent), undefined);
  });
});

describe('the program', () => {
  const lines: ProgramLine[] = [0, 1, 1, 2, 2, 1, 0].map((depth, i) => ({ text: `line ${i}`, depth }));

  it('folds what is deeper', () => {
    assert.deepEqual(visibleLines(lines, new Set()), [0, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual(visibleLines(lines, new Set([2])), [0, 1, 2, 5, 6]);
    assert.deepEqual(visibleLines(lines, new Set([0])), [0, 6]);
    assert.deepEqual(
      lines.map((_, i) => foldable(lines, i)),
      [true, false, true, false, false, false, false],
    );
  });

  it('is coloured without losing a character', () => {
    const line = { text: 'd:f64[2,3] = loop[trips=64] 1.0 mul b', primitive: 'loop' };
    const tokens = tokenize(line);
    assert.equal(tokens.map(({ text }) => text).join(''), line.text);
    assert.deepEqual(
      tokens.filter(({ kind }) => kind !== 'plain').map(({ kind, text }) => [kind, text]),
      [
        ['type', ':f64[2,3]'],
        ['primitive', 'loop'],
        ['number', '64'],
        ['number', '1.0'],
      ],
    );
  });
});

describe('the texts', () => {
  const keys = (table: object, path = ''): string[] =>
    Object.entries(table).flatMap(([key, value]) =>
      typeof value === 'object' ? keys(value as object, `${path}${key}.`) : [`${path}${key}:${typeof value}`],
    );
  const at = (table: object, path: string): unknown =>
    path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], table);

  for (const [language, table] of Object.entries(tables)) {
    it(`${language} lacks none and uses all arguments`, () => {
      assert.deepEqual(keys(table).sort(), keys(tables.en).sort());
      for (const key of keys(table)) {
        const value = at(table, key.split(':')[0]);
        if (typeof value === 'string') assert.ok(value.trim() !== '', key);
        else {
          const args = Array.from({ length: (value as () => string).length }, (_, i) => `«${i}»`);
          const text = (value as (...list: string[]) => string)(...args);
          for (const arg of args) assert.ok(text.includes(arg), `${key}: ${text}`);
        }
      }
    });
  }
});

it('matrices of both kinds share one type', () => {
  const both: Matrix[] = [dense(1, 1, [1]), sparse];
  assert.deepEqual(
    both.map((matrix) => matrixAt(matrix, 0, 0)),
    [1, 1],
  );
});
