import assert from 'node:assert/strict';
import { type Exportable, exportText, literal, toNpy } from '../../../src/extension/format/exportFormats';

const matrix = (rows: number, columns: number, ...values: number[]): Exportable => ({
  matrix: { kind: 'dense', rows, columns, values: Float64Array.from(values) },
  vector: false,
  columns: Array.from({ length: columns }, (_, index) => `x[${index}]`),
});
const vector = (...values: number[]): Exportable => ({ ...matrix(1, values.length, ...values), vector: true });

describe('derivatives for the clipboard', () => {
  const jacobian = matrix(2, 3, 1, -2.5, 0, 1e-20, NaN, -Infinity);

  it('as JSON that JSON.parse reads', async () => {
    assert.deepEqual(JSON.parse(await exportText(jacobian, 'json')), [
      [1, -2.5, 0],
      [1e-20, 'NaN', '-Infinity'],
    ]);
    assert.deepEqual(JSON.parse(await exportText(vector(1, 2), 'json')), [1, 2]);
  });

  it('as CSV with names', async () => {
    assert.equal(await exportText(jacobian, 'csv'), 'x[0],x[1],x[2]\n1,-2.5,0\n1e-20,NaN,-Infinity\n');
    const quoted = { ...vector(1), columns: ['W[0, 1]'] };
    assert.equal(await exportText(quoted, 'csv'), '"W[0, 1]"\n1\n');
  });

  it('as NumPy', async () => {
    assert.equal(await exportText(jacobian, 'numpy'), 'np.array([[1.0, -2.5, 0.0], [1e-20, np.nan, -np.inf]])');
    assert.equal(await exportText(vector(-215.6, -88), 'numpy'), 'np.array([-215.6, -88.0])');
  });

  it('as LaTeX', async () => {
    const text = await exportText(jacobian, 'latex');
    assert.equal(
      text,
      '\\begin{bmatrix}\n1 & -2.5 & 0 \\\\\n1 \\cdot 10^{-20} & \\mathrm{NaN} & -\\infty\n\\end{bmatrix}',
    );
  });

  it('as TypeScript, in the structure of the argument', async () => {
    const gradient = { ...vector(1, 2, 3), structured: { W: [1, 2], 'a-b': 3 } };
    assert.equal(await exportText(gradient, 'typescript'), '{ W: [1, 2], "a-b": 3 }');
    assert.equal(await exportText(gradient, 'json'), '{"W": [1, 2], "a-b": 3}');
  });

  it('with every digit', async () => {
    const values = [Math.PI, 1 / 3, Number.MIN_VALUE, Number.MAX_VALUE, -0];
    const back = JSON.parse(await exportText(vector(...values), 'json')) as number[];
    values.forEach((value, index) => assert.ok(Object.is(back[index], value)));
  });

  it('gives others their turn while a large one is formatted', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await exportText(
      {
        ...vector(),
        matrix: { kind: 'dense', rows: 400, columns: 500, values: new Float64Array(200_000).fill(0.1) },
        vector: false,
      },
      'json',
    );
    clearInterval(timer);
    assert.ok(turns > 3, `${turns} turns`);
  });
});

describe('literals', () => {
  it('write any value', () => {
    assert.equal(literal([1, null, true, 'a', undefined]), '[1, null, true, "a", null]');
  });
});

describe('.npy files', () => {
  it('have an aligned header and the numbers in row order', () => {
    const sparse = {
      kind: 'sparse' as const,
      rows: 2,
      columns: 3,
      rowStarts: Int32Array.of(0, 1, 2),
      columnIndices: Int32Array.of(2, 0),
      values: Float64Array.of(5, 7),
      colors: 1,
    };
    const bytes = toNpy(sparse, false);
    const view = new DataView(bytes.buffer);
    const header = 10 + view.getUint16(8, true);
    assert.equal(header % 64, 0);
    const text = Buffer.from(bytes.subarray(10, header)).toString('latin1');
    assert.match(text, /^\{'descr': '<f8', 'fortran_order': False, 'shape': \(2, 3\), \} *\n$/);
    const numbers = Array.from({ length: 6 }, (_, index) => view.getFloat64(header + 8 * index, true));
    assert.deepEqual(numbers, [0, 0, 5, 7, 0, 0]);
  });

  it('says of what a GPU computed that it is float32, wherever there is room for words', async () => {
    const single: Exportable = { ...vector(0.5, 2), float32: 'float32, off by up to 1e-7' };
    const texts = await Promise.all(
      (['json', 'csv', 'numpy', 'latex', 'typescript'] as const).map((format) => exportText(single, format)),
    );
    assert.deepEqual(texts, [
      '[0.5, 2]',
      'x[0],x[1]\n0.5,2\n',
      'np.array([0.5, 2.0], dtype=np.float32)  # float32, off by up to 1e-7',
      '\\begin{bmatrix} % float32, off by up to 1e-7\n0.5 & 2\n\\end{bmatrix}',
      '[0.5, 2] /* float32, off by up to 1e-7 */',
    ]);
    const bytes = toNpy(single.matrix, true, true);
    const header = 10 + new DataView(bytes.buffer).getUint16(8, true);
    assert.match(Buffer.from(bytes.subarray(10, header)).toString('latin1'), /'<f4'.*'shape': \(2,\)/);
    assert.deepEqual([...new Float32Array(bytes.slice(header).buffer)], [0.5, 2]);
  });
});
