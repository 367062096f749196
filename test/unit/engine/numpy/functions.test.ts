/** nn and special: values at chosen points, limits and the points where formulas break. */
import assert from 'node:assert/strict';
import { grad, nn, np, special, type ArrayLike, type NdArray } from '../../../../src/engine/index';
import { assertClose } from './support/close';

const slope = (f: (x: NdArray) => NdArray, x: number): ArrayLike => grad(f)(np.array(x));

describe('nn', () => {
  it('has the derivatives of JAX at the kinks', () => {
    assertClose(slope(nn.relu, 0), 0);
    assertClose(slope(nn.elu, 0), 1);
    assertClose(slope(nn.leakyRelu, 0), 1);
    assertClose(slope(nn.relu6, 0), 0.5);
    assertClose(
      slope((x) => nn.hardTanh(x), 1),
      0.5,
    );
    assertClose(slope(grad((x: NdArray) => nn.silu(x)) as (x: NdArray) => NdArray, 0), 0.5);
  });

  it('does not overflow', () => {
    assertClose(nn.sigmoid([-1000, 0, 1000]), [0, 0.5, 1]);
    assertClose(nn.softplus([-1000, 0, 1000]), [0, Math.LN2, 1000]);
    assertClose(nn.logSigmoid([-1000, 1000]), [-1000, 0]);
    assertClose(nn.softmax([1000, 1000, -Infinity]), [0.5, 0.5, 0]);
    assertClose(nn.logSoftmax([-1000, 0]), [-1000, 0]);
    assertClose(nn.elu([-1000, 1000]), [-1, 1000]);
    assertClose(nn.logsumexp([1000, 1000]), 1000 + Math.LN2);
    assertClose(
      slope((x) => nn.softmax(np.stack([x, 0])).slice(0), 800),
      0,
    );
    assertClose(slope(nn.softplus, -800), 0);
    assert.ok(Number.isNaN(nn.relu(NaN).item()));
  });

  it('has the known values', () => {
    assertClose(nn.gelu([1, -1]), [0.8411919906082768, -0.15880800939172324], 1e-12);
    assertClose(nn.gelu([1], { approximate: false }), [0.8413447460685429], 1e-12);
    assertClose(nn.selu([1, -1]), [1.0507009873554805, -1.1113307378125625], 1e-12);
    assertClose(
      nn.logsumexp(
        [
          [1, 2],
          [3, 4],
        ],
        {
          axis: 1,
          b: [
            [1, 2],
            [0.5, 1],
          ],
        },
      ),
      [Math.log(Math.E + 2 * Math.exp(2)), Math.log(0.5 * Math.exp(3) + Math.exp(4))],
      1e-12,
    );
    assertClose(nn.standardize([1, 2, 3], -1, 0), np.array([-1, 0, 1]).mul(Math.sqrt(1.5)), 1e-12);
    assert.deepEqual(nn.oneHot([2, 0, 5], 3).tolist(), [
      [0, 0, 1],
      [1, 0, 0],
      [0, 0, 0],
    ]);
    assert.deepEqual(nn.oneHot(np.int32([1, 0]), 2, { axis: 0, dtype: 'int32' }).tolist(), [
      [0, 1],
      [1, 0],
    ]);
    assert.throws(() => nn.glu([1, 2, 3]), /size 3/);
  });
});

describe('special', () => {
  it('has the known values', () => {
    assertClose(special.erf([0.5, -1]), [0.5204998778130465, -0.8427007929497149], 1e-14);
    assertClose(special.erfc(3), 2.209049699858544e-5, 1e-18);
    assertClose(special.erfinv(special.erf([0.3, -1.2])), [0.3, -1.2], 1e-13);
    assertClose(special.gammaln([1, 5, 0.5]), [0, Math.log(24), 0.5723649429247001], 1e-13);
    assertClose(special.digamma(1), -0.5772156649015329, 1e-13);
    assertClose(special.polygamma(1, 1), Math.PI ** 2 / 6, 1e-13);
    assertClose(special.polygamma(0, 1), special.digamma(1));
    assertClose(special.betaln(2, 3), -Math.log(12), 1e-12);
    assertClose(special.ndtr([0, 1.96]), [0.5, 0.9750021048517795], 1e-13);
    assertClose(special.logit(special.expit([2, -3])), [2, -3], 1e-13);
  });

  it('are 0 at 0·log 0, with the slope of JAX beside it', () => {
    assertClose(special.xlogy([0, 0, 2], [0, 3, 3]), [0, 0, 2 * Math.log(3)]);
    assertClose(special.xlog1py([0, 1], [-1, 2]), [0, Math.log(3)], 1e-15);
    assertClose(special.entr([0, 1, -1, 0.5]), [0, 0, -Infinity, 0.5 * Math.LN2]);
    assertClose(
      slope((x) => special.xlogy(x, 2), 0),
      Math.LN2,
    );
  });
});

describe('np at special points', () => {
  it('handles infinities and NaN as numpy', () => {
    assertClose(np.logaddexp([-Infinity, Infinity, -Infinity, 0], [-Infinity, Infinity, 0, -1000]), [
      -Infinity,
      Infinity,
      0,
      0,
    ]);
    assertClose(np.isclose([Infinity, Infinity, NaN], [Infinity, 1, NaN]).astype('float64'), [1, 0, 0]);
    assertClose(np.isclose([NaN], [NaN], { equalNan: true }).astype('float64'), [1]);
    assertClose(np.maximum([NaN, 1], [1, NaN]), [NaN, NaN]);
    assertClose(np.signbit([-0, 0, -1]).astype('float64'), [1, 0, 1]);
    assertClose(np.copysign([1, 1], [-0, 0]), [-1, 1]);
    assertClose(np.nanToNum([NaN, Infinity], { posinf: 9 }), [0, 9]);
    assertClose(np.sort([3, NaN, 1]), [1, 3, NaN]);
    assertClose(np.median([1, NaN, 3]), NaN);
    assertClose(np.nanmean([NaN, NaN]), NaN);
    assertClose(np.nanmax([NaN, NaN]), NaN);
    assert.equal(np.allclose([1, 2], [1, 2 + 1e-9]).item(), true);
  });

  it('treats integers as integers', () => {
    const [a, b] = [np.int32([7, -7]), np.int32([2, 2])];
    assert.deepEqual(np.floorDivide(a, b).tolist(), [3, -4]);
    assert.deepEqual(np.mod(a, b).tolist(), [1, 1]);
    assert.deepEqual(np.power(a, b).tolist(), [49, 49]);
    assert.deepEqual(np.bitwiseXor(a, 1).tolist(), [6, -8]);
    assert.deepEqual(np.rightShift(a, 1).tolist(), [3, -4]);
    assert.deepEqual(np.leftShift(np.uint32([1]), 31).tolist(), [2147483648]);
    assert.deepEqual(np.invert(a).tolist(), [-8, 6]);
    assert.throws(() => np.bitwiseAnd([1.5], 1), /integers/);
    assert.equal(np.einsum('i,i->', a, b).dtype, 'int32');
  });

  it('has empty arrays', () => {
    assert.equal(np.sum([]).item(), 0);
    assert.equal(np.prod([]).item(), 1);
    assert.deepEqual([...np.concatenate([[], [1]]).shape], [1]);
    assert.deepEqual([...np.matmul(np.zeros([2, 0]), np.zeros([0, 3])).shape], [2, 3]);
    assert.deepEqual([...np.zeros([0, 3]).slice(':', '::-1').shape], [0, 3]);
    assert.equal(np.max([], { initial: 4 }).item(), 4);
  });
});
