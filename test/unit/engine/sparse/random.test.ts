/** Random programs: the sparse matrix is the dense one, its pattern holds every entry, and colourings are what they must be. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { interpret } from '../../../../src/engine/execute/interpret';
import '../../../../src/engine/primitives/all';
import { primitives } from '../../../../src/engine/primitives/table';
import type { ArrayValue } from '../../../../src/engine/program/aval';
import { Emitter } from '../../../../src/engine/program/emitter';
import type { Program, Row } from '../../../../src/engine/program/program';
import { colorColumns, colorStars, type Coloring } from '../../../../src/engine/sparse/coloring';
import { programSparsity, sparseDerivative } from '../../../../src/engine/sparse/derivative';
import { patternRules } from '../../../../src/engine/sparse/patterns/table';
import { symmetricSparsity, type Sparsity } from '../../../../src/engine/sparse/sparsity';
import { jvpProgram } from '../../../../src/engine/transforms/jvp';
import { array, generator, uniform } from '../primitives/support/values';

const N = 8;

type Step = (b: Emitter, x: Row, y: Row, random: () => number) => Row;

const integer = (random: () => number, below: number) => Math.floor(random() * below);

/** Steps from vectors of N to vectors of N. */
const steps: Record<string, Step> = {
  add: (b, x, y) => b.add(x, y),
  sub: (b, x, y) => b.sub(x, y),
  mul: (b, x, y) => b.mul(x, y),
  div: (b, x, y) => b.div(x, b.shift(b.square(y), 1)),
  max: (b, x, y) => b.max(x, y),
  sin: (b, x) => b.sin(x),
  tanh: (b, x) => b.unary('tanh', x),
  step: (b, x, y) => b.mul(b.unary('floor', x), y),
  mask: (b, x, _y, random) =>
    b.mul(
      x,
      b.constant(
        array(
          [N],
          Array.from({ length: N }, () => integer(random, 2)),
        ),
      ),
    ),
  choose: (b, x, y) => b.select(b.gt(x, y), x, b.sin(y)),
  pick: (b, x, y, random) =>
    b.select(
      b.constant(
        array(
          [N],
          Array.from({ length: N }, () => integer(random, 2)),
          'bool',
        ),
      ),
      x,
      y,
    ),
  shift: (b, x) =>
    b.emit('pad', [x, b.full({ shape: [], dtype: 'float64' }, 0)], { low: [1], high: [-1], interior: [0] }),
  reverse: (b, x) => b.reverse(x, [0]),
  rotate: (b, x, _y, random) => {
    const at = 1 + integer(random, N - 1);
    return b.concatenate([b.sliceAxis(x, 0, at, N), b.sliceAxis(x, 0, 0, at)], 0);
  },
  total: (b, x) => b.broadcast(b.reduceSum(x, [0]), [N], []),
  pairs: (b, x) => b.reshape(b.broadcast(b.reduceSum(b.reshape(x, [4, 2]), [1]), [4, 2], [0]), [N]),
  transpose: (b, x) => b.reshape(b.transpose(b.reshape(x, [2, 4]), [1, 0]), [N]),
  cumsum: (b, x, _y, random) => b.cumsum(x, { axis: 0, reverse: random() < 0.5 }),
  cumprod: (b, x) => b.emit('cumprod', [x], { axis: 0, reverse: false }),
  largest: (b, x, y) => b.mul(b.broadcast(b.emit('reduceMax', [x], { axes: [0] }), [N], []), y),
  sort: (b, x) => b.emit('sort', [x], { axis: 0 }),
  gather: (b, x, _y, random) =>
    b.gather(
      x,
      b.constant(
        array(
          [N, 1],
          Array.from({ length: N }, () => integer(random, N + 2) - 1),
          'int32',
        ),
      ),
      {
        axes: [0],
        batchDims: 0,
      },
    ),
  gatherUnknown: (b, x, y) => b.gather(x, b.reshape(b.argsort(y, { axis: 0 }), [N, 1]), { axes: [0], batchDims: 0 }),
  scatter: (b, x, y, random) =>
    b.scatterAdd(
      x,
      b.constant(
        array(
          [N, 1],
          Array.from({ length: N }, () => integer(random, N + 2) - 1),
          'int32',
        ),
      ),
      y,
      {
        axes: [0],
        batchDims: 0,
      },
    ),
  set: (b, x, y, random) =>
    b.scatterSet(
      x,
      b.constant(
        array(
          [N, 1],
          Array.from({ length: N }, () => integer(random, N + 2) - 1),
          'int32',
        ),
      ),
      y,
      {
        axes: [0],
        batchDims: 0,
      },
    ),
  dynamic: (b, x, y) => {
    const start = b.reshape(b.sliceAxis(b.argsort(y, { axis: 0 }), 0, 0, 1), []);
    return b.emit('dynamicUpdateSlice', [x, b.emit('dynamicSlice', [y, start], { sizes: [3] }), start], undefined);
  },
  matrix: (b, x, _y, random) => {
    const entries = Float64Array.from({ length: N * N }, () => (random() < 0.3 ? random() : 0));
    const a = b.constant(array([N, N], entries));
    return b.dotGeneral(a, x, { lhsContract: [1], rhsContract: [0], lhsBatch: [], rhsBatch: [] });
  },
  product: (b, x, y) =>
    b.reshape(
      b.dotGeneral(b.reshape(x, [2, 2, 2]), b.reshape(y, [2, 2, 2]), {
        lhsContract: [2],
        rhsContract: [1],
        lhsBatch: [0],
        rhsBatch: [0],
      }),
      [N],
    ),
  convolve: (b, x, _y, random) =>
    b.reshape(
      b.emit('conv', [b.reshape(x, [1, 1, N]), b.constant(array([1, 1, 3], [random(), 0, random()]))], {
        strides: [1],
        padding: [[1, 1]],
        lhsDilation: [1],
        rhsDilation: [1],
        featureGroupCount: 1,
        batchGroupCount: 1,
      }),
      [N],
    ),
  solve: (b, x, y) => {
    const a = b.add(b.reshape(x, [2, 2, 2]), b.constant(array([2, 2, 2], [3, 0, 0, 3, 3, 0, 0, 3])));
    return b.reshape(
      b.triangularSolve(a, b.reshape(y, [2, 2, 2]), {
        leftSide: true,
        lower: true,
        transposeA: false,
        unitDiagonal: false,
      }),
      [N],
    );
  },
};

function randomProgram(seed: number, length: number): Program {
  const random = generator(seed);
  const b = new Emitter();
  const rows = [b.input({ shape: [N], dtype: 'float64' })];
  const names = Object.keys(steps);
  for (let i = 0; i < length; i++) {
    const pick = () => rows[Math.max(0, rows.length - 1 - integer(random, 4))];
    rows.push(steps[names[integer(random, names.length)]](b, pick(), pick(), random));
  }
  return b.finish([rows[rows.length - 1]]);
}

/** Row-major, one jvp a column. */
function denseJacobian(program: Program, x: ArrayValue): Float64Array {
  const derived = jvpProgram(program, [true]);
  const out = new Float64Array(N * N);
  for (let column = 0; column < N; column++) {
    const unit = array(
      [N],
      Array.from({ length: N }, (_, i) => (i === column ? 1 : 0)),
    );
    interpret(derived, [x, unit])[1].data.forEach((value: number, row: number) => (out[row * N + column] = value));
  }
  return out;
}

describe('Sparse derivatives of random programs', () => {
  it('equal the dense ones in both modes, and no entry is outside of the pattern', function () {
    this.timeout(60_000);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 1, max: 12 }), (seed, length) => {
        const program = randomProgram(seed, length);
        const x = uniform(generator(seed), [N], 0.2, 1.4);
        const dense = denseJacobian(program, x);
        for (const mode of ['forward', 'reverse'] as const) {
          const matrix = sparseDerivative({ program, active: [true], inputs: [x] }, { mode });
          const { data } = matrix.toDense().concrete;
          dense.forEach((value, i) => {
            assert.ok(
              Math.abs(data[i] - value) <= 1e-9 * Math.max(1, Math.abs(value)),
              `${mode}, entry ${i}: ${data[i]}, not ${value}`,
            );
          });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('have a pattern rule for every primitive with a transposition', () => {
    const structured = ['cond', 'while', 'scan', 'call', 'linearCall', 'project', 'guard'];
    const missing = Object.entries(primitives)
      .filter(([name, { transpose }]) => transpose !== null && !structured.includes(name) && !(name in patternRules))
      .map(([name]) => name);
    assert.deepEqual(missing, []);
  });

  it('do not grow along steps that mix nothing', () => {
    const b = new Emitter();
    const x = b.input({ shape: [N], dtype: 'float64' });
    const y = b.reverse(b.emit('sort', [b.mul(b.sin(x), b.exp(x))], { axis: 0 }), [0]);
    const z = b.reverse(b.mul(b.reverse(b.exp(x), [0]), b.reverse(x, [0])), [0]);
    assert.equal(programSparsity(b.finish([z]), [true]).indices.length, N);
    assert.equal(programSparsity(b.finish([y]), [true]).indices.length, N * N);
  });
});

describe('Patterns of long loops', () => {
  /** A loop of `length` steps that turns its carry of three by one place and adds to the last what it reads. */
  function turning(length: number, withXs: boolean): Program {
    const body = new Emitter();
    const carry = body.input({ shape: [3], dtype: 'float64' });
    const each = withXs ? body.input({ shape: [1], dtype: 'float64' }) : body.zeros({ shape: [1], dtype: 'float64' });
    const last = body.add(body.sliceAxis(carry, 0, 0, 1), each);
    const program = body.finish([body.concatenate([body.sliceAxis(carry, 0, 1, 3), last], 0)]);
    const b = new Emitter();
    const start = b.input({ shape: [3], dtype: 'float64' });
    const xs = withXs ? [b.input({ shape: [length, 1], dtype: 'float64' })] : [];
    const params = { body: program, length, consts: 0, carry: 1, reverse: false };
    return b.finish(b.emitMany('scan', [start, ...xs], params));
  }

  it('are followed step by step while that is cheap', () => {
    const { indptr, indices } = programSparsity(turning(4, true), [true, true]);
    // After four steps: (x₁ + b, x₂ + c, x₀ + a + d)
    assert.deepEqual(Array.from(indptr), [0, 2, 4, 7]);
    assert.deepEqual(Array.from(indices), [1, 4, 2, 5, 0, 3, 6]);
  });

  it('are followed until nothing changes where there are too many steps', () => {
    const { indptr, indices } = programSparsity(turning(3_000_000, false), [true]);
    assert.deepEqual(Array.from(indptr), [0, 3, 6, 9]);
    assert.deepEqual(Array.from(indices), [0, 1, 2, 0, 1, 2, 0, 1, 2]);
  });
});

/** A symmetric random pattern. */
function randomSymmetric(random: () => number, n: number, density: number): Sparsity {
  const rows = Array.from({ length: n }, (_, row) =>
    Array.from({ length: n }, (__, column) => column).filter((column) => column < row && random() < density),
  );
  const indptr = new Int32Array(n + 1);
  rows.forEach((list, row) => (indptr[row + 1] = indptr[row] + list.length));
  return symmetricSparsity({ rows: n, columns: n, indptr, indices: Int32Array.from(rows.flat()) });
}

describe('Colourings of random patterns', () => {
  const property = (check: (pattern: Sparsity) => void) =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 1, max: 40 }), (seed, n) => {
        const random = generator(seed);
        check(randomSymmetric(random, n, random() * random()));
      }),
      { numRuns: 200 },
    );

  it('of columns never let two columns of one colour meet in a row', () => {
    property((pattern) => {
      const coloring = colorColumns(pattern) as Coloring;
      for (let row = 0; row < pattern.rows; row++) {
        const colors = Array.from(
          pattern.indices.subarray(pattern.indptr[row], pattern.indptr[row + 1]),
          (column) => coloring.colors[column],
        );
        assert.equal(new Set(colors).size, colors.length);
        assert.ok(colors.every((color) => color >= 0 && color < coloring.count));
      }
      if (coloring.count > 0) assert.equal(colorColumns(pattern, coloring.count - 1), null);
    });
  });

  it('of stars give every entry, or its mirror image, a row of its own', () => {
    property((pattern) => {
      const { colors, count } = colorStars(pattern);
      const neighbours = (row: number) =>
        Array.from(pattern.indices.subarray(pattern.indptr[row], pattern.indptr[row + 1]));
      const alone = (row: number, color: number) =>
        neighbours(row).filter((column) => colors[column] === color).length === 1;
      for (let row = 0; row < pattern.rows; row++) {
        for (const column of neighbours(row)) {
          assert.notEqual(colors[row], colors[column]);
          assert.ok(alone(row, colors[column]) || alone(column, colors[row]));
        }
      }
      assert.ok(Math.max(-1, ...colors) < count);
    });
  });
});
