/** What the array API accepts, the types of results, and the errors. */
import assert from 'node:assert/strict';
import { grad, np, type ArrayLike, type NdArray } from '../../../../src/engine/index';
import { assertClose } from './support/close';

/** What an untyped caller might pass. */
const untyped = (value: unknown): ArrayLike => value as ArrayLike;

function assertError(run: () => unknown, ...parts: string[]): void {
  assert.throws(run, (error: Error) => {
    for (const part of parts) assert.ok(error.message.includes(part), `"${error.message}" does not say "${part}"`);
    return true;
  });
}

describe('conversion', () => {
  it('takes numbers, booleans, nested and typed arrays', () => {
    assert.equal(np.array(2).dtype, 'float64');
    assert.equal(np.array(true).dtype, 'bool');
    assert.deepEqual(
      np
        .array([
          [1, 2],
          [3, 4],
        ])
        .tolist(),
      [
        [1, 2],
        [3, 4],
      ],
    );
    assert.deepEqual(np.array([[true], [false]]).tolist(), [[true], [false]]);
    assert.equal(np.array([[true], [false]]).dtype, 'bool');
    assert.equal(np.array([true, 2]).dtype, 'float64');
    assert.deepEqual([...np.array([]).shape], [0]);
    assert.deepEqual([...np.array([[], []]).shape], [2, 0]);
    const types = [
      new Float64Array(2),
      new Float32Array(2),
      new Int32Array(2),
      new Uint32Array(2),
      new Int16Array(2),
      new Uint8Array(2),
    ];
    assert.deepEqual(
      types.map((one) => np.array(one).dtype),
      ['float64', 'float32', 'int32', 'uint32', 'int32', 'int32'],
    );
    assert.deepEqual(np.array([new Float32Array([1, 2]), new Float32Array([3, 4])]).tolist(), [
      [1, 2],
      [3, 4],
    ]);
    assert.equal(np.array([new Float32Array(2), [1, 2]]).dtype, 'float32');
  });

  it('copies typed arrays', () => {
    const data = Float64Array.of(1, 2);
    const x = np.array(data);
    data[0] = 9;
    assert.deepEqual(x.tolist(), [1, 2]);
  });

  it('joins traced values inside nested arrays', () => {
    const f = (x: NdArray, y: NdArray): NdArray =>
      np
        .array([
          [x, 1, y],
          [2, x.mul(y), 3],
        ])
        .mul([
          [1, 2, 3],
          [4, 5, 6],
        ])
        .sum();
    assertClose(grad(f)(np.array(3), np.array(4)), 1 + 5 * 4);
    const rows = (x: NdArray): NdArray =>
      np
        .array([x, [1, 2], x.mul(2)])
        .sum(0)
        .slice(1);
    assert.deepEqual(grad(rows)(np.array([5, 6])).tolist(), [0, 3]);
  });

  it('names the path of what is ragged or no number', () => {
    assertError(() => np.array([[1, 2], [3]]), 'np.array', 'value[1] has shape [1]', 'value[0] has shape [2]');
    assertError(
      () =>
        np.add(
          [
            [[1, 2]],
            [[1, 2]],
            [
              [1, 2],
              [3, 4],
            ],
          ],
          1,
        ),
      'np.add',
      'x[2] has shape [2]',
      'x[0] has shape [1, 2]',
    );
    assertError(() => np.array([1, [2]]), 'value[1] has shape [1]');
    assertError(() => np.array([[1], 2]), 'value[1] has shape []');
    assertError(() => np.sum(untyped([1, 'a'])), 'np.sum', 'x[1] must be a number, not the string "a"');
    assertError(() => np.multiply(1, untyped({})), 'np.multiply', 'y must be', 'Object');
    assertError(() => np.sin(untyped(null)), 'np.sin', 'null');
    assertError(() => np.sin(untyped(undefined)), 'undefined');
    assertError(() => np.sin(untyped([[1, undefined]])), 'x[0][1]', 'undefined');
    assertError(() => np.zeros([2], 'float16' as 'float32'), 'float16', 'np.zeros');
  });

  it('promotes as JAX does, numbers being weakly typed floats', () => {
    const [i, u, b] = [np.int32([1, 2]), np.uint32([1, 2]), np.bool([true, false])];
    const [f, d] = [np.float32([1, 2]), np.float64([1, 2])];
    const table: [NdArray, ArrayLike, string][] = [
      [i, u, 'int32'],
      [i, f, 'float32'],
      [u, f, 'float32'],
      [f, d, 'float64'],
      [b, i, 'int32'],
      [b, f, 'float32'],
      [i, 1, 'float64'],
      [u, 1, 'float64'],
      [b, 1, 'float64'],
      [f, 1, 'float32'],
      [f, 0.1, 'float32'],
      [d, 1, 'float64'],
      [i, true, 'int32'],
      [f, [1, 2], 'float64'],
      [i, np.int32(1), 'int32'],
    ];
    for (const [x, y, dtype] of table) {
      assert.equal(np.add(x, y).dtype, dtype, `${x.dtype} + ${JSON.stringify(y)}`);
      assert.equal(np.add(y, x).dtype, dtype, `${JSON.stringify(y)} + ${x.dtype}`);
    }
    assert.equal(np.add(b, b).dtype, 'int32');
    assert.equal(np.divide(i, i).dtype, 'float64');
    assert.equal(np.sin(i).dtype, 'float64');
    assert.equal(np.sin(f).dtype, 'float32');
    assert.equal(np.sum(b).dtype, 'int32');
    assert.equal(np.mean(i).dtype, 'float64');
    assert.equal(np.mean(f).dtype, 'float32');
    assert.equal(np.where(b, f, 0).dtype, 'float32');
    assert.equal(np.floor(i).dtype, 'int32');
    assert.equal(np.maximum(i, 1).dtype, 'float64');
    assert.equal(np.bitwiseAnd(i, 3).dtype, 'int32');
    assert.equal(np.concatenate([i, f]).dtype, 'float32');
    assert.equal(np.einsum('i,i', f, f).dtype, 'float32');
    assert.equal(np.equal(i, 1).dtype, 'bool');
    assert.equal(np.float32([0.1]).item(), Math.fround(0.1));
  });

  it('keeps the type of an array that is updated', () => {
    assert.equal(np.int32([1, 2]).at(0).set(5).dtype, 'int32');
    assert.equal(np.float32([1, 2]).at(0).set(0.5).dtype, 'float32');
    assertError(() => np.int32([1, 2]).at(0).set(0.5), 'float64', 'int32');
  });

  it('names both shapes where arrays do not fit', () => {
    assertError(() => np.add([1, 2], [1, 2, 3]), 'np.add', 'f64[2]', 'f64[3]');
    assertError(() => np.matmul(np.ones([2, 3]), np.ones([2, 3])), 'np.matmul', 'f64[2,3]', 'one size');
    assertError(() => np.dot([1, 2], [1, 2, 3]), 'np.dot', 'f64[2]', 'f64[3]');
    assertError(() => np.reshape(np.ones([2, 3]), [4]), 'np.reshape', '[2, 3]', '[4]');
    assertError(() => np.concatenate([np.ones([2, 3]), np.ones([2, 4])]), 'np.concatenate', 'f64[2,3]', 'f64[2,4]');
    assertError(() => np.stack([[1], [1, 2]]), 'np.stack', 'f64[1]', 'f64[2]');
    assertError(() => np.einsum('ij,jk', np.ones([2, 3]), np.ones([4, 2])), "label 'j'", 'size 3', '4 in operand 1');
    assertError(() => np.einsum('ij', [1]), 'operand 0', "'ij'");
    assertError(() => np.einsum('i->j', [1]), "'j' is in no operand");
    assertError(() => np.einsum('i,j', [1]), '2 operands', '1');
    assertError(() => np.broadcastTo([1, 2], [3]), 'np.broadcastTo', '[2]', '[3]');
    assertError(() => np.tensordot(np.ones([2, 3]), np.ones([2, 3]), 1), 'np.tensordot', 'f64[2,3]');
  });

  it('refuses axes that are not there', () => {
    assertError(() => np.sum([1, 2], 1), 'np.sum', 'axis 1', '1 dimensions');
    assertError(() => np.max(np.ones([2, 2]), [0, -2]), 'twice');
    assertError(() => np.transpose(np.ones([2, 2]), [0, 0]), 'np.transpose', 'permutation');
    assertError(() => np.squeeze(np.ones([2, 1]), 0), 'size 2');
    assertError(() => np.sum([1], 0.5), '0.5');
    assertError(() => np.split([1, 2, 3], 2), 'size 3', '2 equal parts');
    assertError(() => np.max([]), 'np.max', '[0]');
  });
});

describe('indexing errors', () => {
  const x = np.arange(6).reshape(2, 3);
  it('names the index, the axis and its size', () => {
    assertError(() => x.slice(2), 'index 2', 'axis 0', 'size 2');
    assertError(() => x.slice(0, -4), 'index -4', 'axis 1', 'size 3');
    assertError(() => x.slice(0, [0, 3]), 'index 3', 'axis 1');
    assertError(() => x.slice(0, 0, 0), '3 indices', '2 dimensions');
    assertError(() => x.slice('a:b'), 'a:b', 'no index');
    assertError(() => x.slice('::0'), 'step', '0');
    assertError(() => x.slice(0.5), '0.5');
    assertError(() => x.slice('...', '...'), "'...'");
    assertError(() => x.slice([true, false, true]), '[3]', '[2]');
    assertError(() => x.slice([0, 1], [0, 1, 2]), '[2]', '[3]');
    assertError(() => x.at(0).set([1, 2]), 'at().set', 'f64[2]', 'f64[3]');
    assertError(() => x.at([0, 0]).multiply(2), 'at().multiply', 'twice');
    assertError(() => np.take(x, 7), 'index 7');
  });

  it('moves or drops known indices outside on request', () => {
    assert.deepEqual(np.take([1, 2, 3], np.int32([5, -9]), null, { mode: 'clip' }).tolist(), [3, 1]);
    assert.deepEqual(np.array([1, 2]).at([5, 0]).set(9, { mode: 'drop' }).tolist(), [9, 2]);
  });
});
