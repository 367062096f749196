/** What primitives compute: dtypes, wrapping, rounding, NaN and the checks of their operands. */
import assert from 'node:assert/strict';
import { ShapeError } from '../../../../src/engine/errors';
import { interpret } from '../../../../src/engine/execute/interpret';
import type { PrimitiveName } from '../../../../src/engine/primitives/params';
import type { ArrayValue, DType } from '../../../../src/engine/program/aval';
import type { ParamsOf } from '../../../../src/engine/program/program';
import { equation } from './support/checks';
import { array, generator, scalar, uniform, vector } from './support/values';

function run<P extends PrimitiveName>(name: P, operands: readonly ArrayValue[], params: ParamsOf<P>): ArrayValue {
  return interpret(equation(name, operands, params), operands)[0];
}

const numbers = (value: ArrayValue) => Array.from(value.data);
const list = (dtype: DType, ...values: number[]) => array([values.length], values, dtype);

function unary(name: 'neg', ...values: number[]): number[] {
  return numbers(run(name, [vector(...values)], undefined));
}

function binary(name: string, x: ArrayValue, y: ArrayValue): number[] {
  return numbers(run(name as 'add', [x, y], undefined));
}

describe('Evaluation', () => {
  it('rounds half to even, or half up as Math.round', () => {
    assert.deepEqual(unary('round' as 'neg', 0.5, 1.5, 2.5, -0.5, -1.5, 2.4), [0, 2, 2, -0, -2, 2]);
    assert.deepEqual(unary('roundHalfUp' as 'neg', 0.5, 1.5, 2.5, -1.5), [1, 2, 3, -1]);
  });

  it('keeps float32 results in float32', () => {
    const third = run('div', [list('float32', 1), list('float32', 3)], undefined);
    assert.equal(third.dtype, 'float32');
    assert.equal(third.data[0], Math.fround(1 / 3));
    assert.equal(run('exp', [list('float32', 1)], undefined).data[0], Math.fround(Math.E));
  });

  it('wraps integers modulo 2³²', () => {
    assert.deepEqual(binary('add', list('int32', 2147483647), list('int32', 1)), [-2147483648]);
    assert.deepEqual(binary('mul', list('int32', 65537), list('int32', 65537)), [131073]);
    assert.deepEqual(binary('sub', list('uint32', 0), list('uint32', 1)), [4294967295]);
    assert.deepEqual(binary('pow', list('int32', 3, -2), list('int32', 4, 3)), [81, -8]);
  });

  it('divides integers towards zero', () => {
    assert.deepEqual(binary('div', list('int32', 7, -7, 1), list('int32', 2, 2, 0)), [3, -3, -1]);
    assert.deepEqual(binary('rem', list('int32', 7, -7, 5), list('int32', 2, 2, 0)), [1, -1, 5]);
  });

  it('shifts and combines bits', () => {
    assert.deepEqual(binary('shiftLeft', list('int32', 1, 1), list('int32', 31, 32)), [-2147483648, 0]);
    assert.deepEqual(binary('shiftRightLogical', list('uint32', 4294967295), list('uint32', 28)), [15]);
    assert.deepEqual(binary('shiftRightArithmetic', list('int32', -8, -8), list('int32', 1, 40)), [-4, -1]);
    assert.deepEqual(binary('xor', list('bool', 0, 0, 1, 1), list('bool', 0, 1, 0, 1)), [0, 1, 1, 0]);
    assert.deepEqual(numbers(run('not', [list('bool', 0, 1)], undefined)), [1, 0]);
    assert.deepEqual(numbers(run('not', [list('int32', 0, 5)], undefined)), [-1, -6]);
  });

  it('converts as XLA: towards zero, saturating, NaN to 0', () => {
    const wide = vector(1.9, -1.9, NaN, 1e20, -Infinity);
    assert.deepEqual(numbers(run('convert', [wide], { dtype: 'int32' })), [1, -1, 0, 2147483647, -2147483648]);
    assert.deepEqual(numbers(run('convert', [wide], { dtype: 'uint32' })), [1, 0, 0, 4294967295, 0]);
    assert.deepEqual(numbers(run('convert', [vector(0, 0.5, NaN)], { dtype: 'bool' })), [0, 1, 1]);
    assert.deepEqual(numbers(run('convert', [list('int32', -1)], { dtype: 'uint32' })), [4294967295]);
  });

  it('propagates NaN through extremes, and takes it for the largest in argmax and sort', () => {
    assert.deepEqual(binary('max', vector(1, NaN), vector(NaN, 1)), [NaN, NaN]);
    assert.deepEqual(numbers(run('reduceMax', [vector(1, NaN, 2)], { axes: [0] })), [NaN]);
    assert.deepEqual(numbers(run('argmax', [vector(1, NaN, 2, NaN)], { axis: 0 })), [1]);
    assert.deepEqual(numbers(run('argmin', [vector(3, 1, 1)], { axis: 0 })), [1]);
    assert.deepEqual(numbers(run('sort', [vector(2, NaN, -1)], { axis: 0 })), [-1, 2, NaN]);
    assert.deepEqual(numbers(run('argsort', [vector(2, NaN, 2, -1)], { axis: 0 })), [3, 0, 2, 1]);
  });

  it('sorts along any axis', () => {
    const x = array([2, 2], [3, 1, 2, 4]);
    assert.deepEqual(numbers(run('sort', [x], { axis: 0 })), [2, 1, 3, 4]);
    assert.deepEqual(numbers(run('argsort', [x], { axis: 1 })), [1, 0, 0, 1]);
  });

  it('reduces nothing to the neutral element', () => {
    const empty = array([0, 2], []);
    assert.deepEqual(numbers(run('reduceSum', [empty], { axes: [0] })), [0, 0]);
    assert.deepEqual(numbers(run('reduceProd', [empty], { axes: [0] })), [1, 1]);
    assert.deepEqual(numbers(run('reduceLogSumExp', [empty], { axes: [0] })), [-Infinity, -Infinity]);
    assert.throws(() => run('reduceMax', [empty], { axes: [0] }), ShapeError);
    assert.throws(() => run('argmax', [empty], { axis: 0 }), ShapeError);
  });

  it('sums many numbers pairwise', () => {
    const many = array([1_000_000], new Float64Array(1_000_000).fill(0.1));
    assert.ok(Math.abs(run('reduceSum', [many], { axes: [0] }).data[0] - 100_000) < 1e-9);
  });

  it('computes integer powers exactly where they are', () => {
    assert.deepEqual(numbers(run('integerPow', [vector(3, -2)], { exponent: 3 })), [27, -8]);
    assert.deepEqual(numbers(run('integerPow', [list('int32', 3, -2)], { exponent: 5 })), [243, -32]);
    assert.deepEqual(numbers(run('integerPow', [vector(2, 0)], { exponent: -1 })), [0.5, Infinity]);
  });

  it('clamps indices that gather reads, drops those that scatter writes, moves slices inside', () => {
    const x = vector(1, 2, 3);
    const indices = array([2, 1], [-5, 9], 'int32');
    const rows = { axes: [0], batchDims: 0 };
    assert.deepEqual(numbers(run('gather', [x, indices], rows)), [1, 3]);
    assert.deepEqual(numbers(run('scatterAdd', [x, indices, vector(10, 10)], rows)), [1, 2, 3]);
    assert.deepEqual(numbers(run('dynamicSlice', [x, scalar(7, 'int32')], { sizes: [2] })), [2, 3]);
    assert.deepEqual(numbers(run('dynamicUpdateSlice', [x, vector(0, 0), scalar(-7, 'int32')], undefined)), [0, 0, 3]);
  });

  it('multiplies matrices of any size', () => {
    const random = generator(3);
    for (const [m, k, n] of [
      [1, 1, 1],
      [3, 7, 5],
      [4, 8, 1],
      [1, 9, 4],
      [2, 0, 3],
      [33, 17, 29],
    ]) {
      const a = uniform(random, [m, k]);
      const b = uniform(random, [k, n]);
      const c = run('dotGeneral', [a, b], { lhsContract: [1], rhsContract: [0], lhsBatch: [], rhsBatch: [] });
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let p = 0; p < k; p++) sum += a.data[i * k + p] * b.data[p * n + j];
          assert.ok(Math.abs(c.data[i * n + j] - sum) < 1e-13);
        }
      }
    }
  });

  it('multiplies integer matrices modulo 2³²', () => {
    const a = array([1, 2], [65537, 2], 'int32');
    const b = array([2, 1], [65537, 5], 'int32');
    const c = run('dotGeneral', [a, b], { lhsContract: [1], rhsContract: [0], lhsBatch: [], rhsBatch: [] });
    assert.deepEqual(numbers(c), [131083]);
  });

  it('names the primitive and every shape where operands do not fit', () => {
    const cases: readonly [() => unknown, RegExp][] = [
      [
        () => run('add', [vector(1), vector(1, 2)], undefined),
        /add: operands must have equal shapes \(got f64\[1\], f64\[2\]\)/,
      ],
      [() => run('add', [list('int32', 1), vector(1)], undefined), /add: operands must have equal dtypes/],
      [() => run('add', [list('bool', 1), list('bool', 1)], undefined), /add: needs numeric operands/],
      [() => run('exp', [list('int32', 1)], undefined), /exp: needs floating-point operands \(got i32\[1\]\)/],
      [() => run('reduceSum', [vector(1)], { axes: [1] }), /reduceSum: axis 1 is out of range for 1 dimensions/],
      [() => run('reshape', [vector(1, 2)], { shape: [3] }), /reshape: cannot arrange 2 elements as \[3\]/],
      [() => run('transpose', [vector(1, 2)], { permutation: [0, 0] }), /transpose: axes 0, 0 repeat/],
      [() => run('concatenate', [vector(1), array([1, 1], [1])], { axis: 0 }), /concatenate: operands must agree/],
      [
        () =>
          run('dotGeneral', [vector(1, 2), vector(1)], {
            lhsContract: [0],
            rhsContract: [0],
            lhsBatch: [],
            rhsBatch: [],
          }),
        /dotGeneral: axes \[0\] and \[0\] cannot be contracted \(got f64\[2\], f64\[1\]\)/,
      ],
      [() => run('select', [vector(1), vector(1), vector(1)], undefined), /select: takes a boolean condition/],
      [() => run('cholesky', [array([1, 2], [1, 2])], undefined), /cholesky: needs a square matrix/],
      [
        () => run('slice', [vector(1)], { start: [0], limit: [2], strides: [1] }),
        /slice: \[0\] to \[2\] by \[1\] is not inside/,
      ],
      [() => run('gather', [vector(1), vector(1)], { axes: [0], batchDims: 0 }), /gather: needs integer indices/],
    ];
    for (const [attempt, message] of cases) assert.throws(attempt, message);
  });
});
