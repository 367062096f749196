import assert from 'node:assert/strict';
import { np, type NdArray } from '../../../../src/engine/index';
import * as guide from '../../../../examples/jax-guide';

function assertClose(actual: NdArray | number, expected: NdArray | number, tolerance = 1e-10): void {
  const a = np.asarray(actual);
  const e = np.asarray(expected);
  assert.deepEqual([...a.shape], [...e.shape]);
  assert.ok(np.allclose(a, e, { rtol: tolerance, atol: tolerance }).item(), `${a.toString()} is not ${e.toString()}`);
}

describe("JAX's autodiff guide", () => {
  it('differentiates tanh three times', () => {
    const derivatives = guide.derivativesOfTanh(2);
    [0.070650816, -0.13621868, 0.25265405].forEach((expected, order) => {
      assert.ok(Math.abs(Number(derivatives[order]) - expected) < 1e-7);
    });
  });

  it('differentiates the loss by each argument, by both, and by an object', () => {
    const { byWeights, byDefault, byBias, byWeightsToo, byBiasToo } = guide.gradientsOfLoss();
    // d loss = Σ (p − t) · (inputs, 1), for the logistic function.
    const error = guide.predictions(guide.W).sub(guide.targets.astype('float64'));
    assertClose(byWeights, np.dot(error, guide.inputs));
    assertClose(byDefault, byWeights);
    assertClose(byBias, np.sum(error));
    assertClose(byWeightsToo, byWeights);
    assertClose(byBiasToo, byBias);
    const object = guide.gradientByObject();
    assert.deepEqual(Object.keys(object), ['W', 'b']);
    assertClose(object.W, byWeights);
    assertClose(object.b, byBias);
    const { value, again } = guide.valueWithGradient();
    assertClose(value, again);
  });

  it('checks gradients against differences', () => {
    const found = guide.checkByDifferences();
    assertClose(found.biasNumerical, found.biasAutodiff, 1e-7);
    assertClose(found.weightsNumerical, found.weightsAutodiff, 1e-7);
    const results = guide.checkWithCheckGrads();
    assert.deepEqual(
      results.map(({ modes }) => modes.join(' ')),
      ['fwd', 'fwd fwd', 'fwd rev', 'rev', 'rev fwd', 'rev rev'],
    );
  });

  it('gives the Jacobian and the Hessian of the predictions', () => {
    const { forward, reverse } = guide.jacobians();
    const p = guide.predictions(guide.W);
    const slope = p.mul(np.subtract(1, p));
    const expected = np.expandDims(slope, 1).mul(guide.inputs);
    assert.deepEqual([...forward.shape], [4, 3]);
    assertClose(forward, expected);
    assertClose(reverse, expected);
    const object = guide.jacobianByObject();
    assertClose(object.W, expected);
    assertClose(object.b, slope);
    const H = guide.hessianOfPredictions();
    assert.deepEqual([...H.shape], [4, 3, 3]);
    const bend = slope.mul(np.subtract(1, p.mul(2)));
    assertClose(H, np.einsum('i,ij,ik->ijk', bend, guide.inputs, guide.inputs));
  });

  it('pushes vectors forward and pulls covectors back', () => {
    const { forward } = guide.jacobians();
    const push = guide.pushForward();
    assertClose(push.u, np.dot(forward, push.v));
    const pull = guide.pullBack();
    assertClose(pull.v, np.dot(pull.u, forward));
    assertClose(guide.vgradOfSquares(), np.full([2, 2], 6));
  });

  it('multiplies Hessians with vectors in all orders', () => {
    const { product, dense, close } = guide.hvpAgainstHessian();
    assert.equal(close, true);
    assertClose(product, dense);
    const f = guide.sumOfSquaredTanh;
    assertClose(guide.hvpByGrads(f, guide.X, guide.V), product);
    assertClose(guide.hvpReverseOverForward(f, [guide.X], [guide.V]), product);
    assertClose(guide.hvpReverseOverReverse(f, [guide.X], [guide.V]), product);
    const times = guide.timeHvps(() => performance.now());
    assert.equal(Object.keys(times).length, 4);
  }).timeout(120_000);

  it('composes vjp and jvp with vmap for 128 vectors', () => {
    const mjp = guide.matrixJacobianProducts();
    assert.deepEqual([...mjp.loop.shape], [128, 3]);
    assertClose(mjp.vmap, mjp.loop);
    const jmp = guide.jacobianMatrixProducts();
    assert.deepEqual([...jmp.loop.shape], [128, 4]);
    assertClose(jmp.vmap, jmp.loop);
  }).timeout(60_000);

  it('builds jacrev and jacfwd from vjp, jvp and vmap', () => {
    const { forward, reverse } = guide.jacobians();
    const ours = guide.ourJacobians();
    assertClose(ours.reverse, reverse);
    assertClose(ours.forward, forward);
  });

  it('compiles the linear part of a function with exceptions', () => {
    assert.equal(Number(guide.compiledPullBack()), Math.PI);
  });
});
