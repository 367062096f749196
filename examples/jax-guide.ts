/**
 * JAX's guide "Forward- and reverse-mode autodiff" and its Autodiff Cookbook, cell by cell and in their order, with GradLens's
 * own API: https://docs.jax.dev/en/latest/notebooks/autodiff_cookbook.html tells the story, this file is its code.
 * Arrays are float64 here; random numbers are JAX's own, in float32.
 */
import {
  checkGrads,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  jvp,
  np,
  random,
  valueAndGrad,
  vjp,
  vmap,
  type ArrayLike,
  type NdArray,
} from 'gradlens';

// ---------------------------------------------------------------------------------------------------------- Gradients

/** Starting with `grad`, as often as one likes: 0.0707, −0.1362 and 0.2527. */
export function derivativesOfTanh(x = 2.0) {
  const first = grad((t: number) => np.tanh(t));
  const second = grad(first);
  const third = grad(second);
  return [first(x), second(x), third(x)];
}

/** @at W */
export function sigmoid(x: NdArray): NdArray {
  return np.tanh(x.div(2)).add(1).mul(0.5);
}

/**
 * The probability that a label is true.
 * @at W, b, inputs
 */
export function predict(W: NdArray, b: NdArray, inputs: NdArray): NdArray {
  return sigmoid(np.dot(inputs, W).add(b));
}

/** A toy dataset. */
export const inputs = np.array([
  [0.52, 1.12, 0.77],
  [0.88, -1.08, 0.15],
  [0.52, 0.06, -1.3],
  [0.74, -2.49, 1.39],
]);
export const targets = np.array([true, true, false, true]);

/**
 * The negative log-likelihood of the examples.
 * @at W, b
 */
export function loss(W: NdArray, b: NdArray): NdArray {
  const predictions = predict(W, b, inputs);
  const probabilities = np.where(targets, predictions, np.subtract(1, predictions));
  return np.sum(np.log(probabilities)).neg();
}

/** Random coefficients: keys split into keys, and each is used once. */
const [key, weightKey, biasKey] = random.split(random.key(0), 3);
export const W = random.normal(weightKey, [3]).astype('float64');
export const b = random.normal(biasKey, []).astype('float64');
const [vectorKey, covectorKey, directionKey, pointKey, matrixKey] = random.split(key, 5);

/** `argnums` says by which arguments. */
export function gradientsOfLoss() {
  const byWeights = grad(loss, 0)(W, b);
  const byDefault = grad(loss)(W, b);
  const byBias = grad(loss, 1)(W, b);
  const [byWeightsToo, byBiasToo] = grad(loss, [0, 1])(W, b);
  return { byWeights, byDefault, byBias, byWeightsToo, byBiasToo };
}

interface Parameters {
  W: NdArray;
  b: NdArray;
}

/** By an object: the gradient has its structure. */
export function gradientByObject(): Parameters {
  const loss2 = (parameters: Parameters) => loss(parameters.W, parameters.b);
  return grad(loss2)({ W, b });
}

/** Value and gradient in one pass. */
export function valueWithGradient() {
  const [value, [byWeights, byBias]] = valueAndGrad(loss, [0, 1])(W, b);
  return { value, byWeights, byBias, again: loss(W, b) };
}

/** Checking against differences by hand … */
export function checkByDifferences(eps = 1e-4) {
  const biasNumerical = loss(W, b.add(eps / 2))
    .sub(loss(W, b.sub(eps / 2)))
    .div(eps);
  const vector = random.normal(directionKey, [3]).astype('float64');
  const unit = vector.div(np.sqrt(np.vdot(vector, vector)));
  const ahead = loss(W.add(unit.mul(eps / 2)), b);
  const behind = loss(W.sub(unit.mul(eps / 2)), b);
  return {
    biasNumerical,
    biasAutodiff: grad(loss, 1)(W, b),
    weightsNumerical: ahead.sub(behind).div(eps),
    weightsAutodiff: np.vdot(grad(loss)(W, b), unit),
  };
}

/** … and with the function for it, to second order, in both modes. */
export function checkWithCheckGrads() {
  return checkGrads(loss, [W, b], { order: 2 });
}

/** A Hessian-vector product by reverse mode alone. */
export function hvpByGrads(f: (x: NdArray) => NdArray, x: NdArray, v: NdArray): NdArray {
  return grad((y: NdArray) => np.vdot(grad(f)(y), v))(x);
}

/**
 * From the weights to the predictions.
 * @at W
 */
export const predictions = (weights: NdArray) => predict(weights, b, inputs);

/** A Jacobian of shape [4, 3], by both modes. */
export function jacobians() {
  return { forward: jacfwd(predictions)(W), reverse: jacrev(predictions)(W) };
}

/** Jacobians by objects too. */
export function jacobianByObject(): Parameters {
  const predictByObject = (parameters: Parameters, examples: NdArray) => predict(parameters.W, parameters.b, examples);
  return jacrev(predictByObject)({ W, b }, inputs);
}

/** Second derivatives of all predictions: shape [4, 3, 3]. */
export function hessianOfPredictions() {
  const ourHessian = (f: (x: NdArray) => NdArray) => jacfwd(jacrev(f));
  return ourHessian(predictions)(W);
}

// ------------------------------------------------------------------------------------------- Jacobian-vector products

/** Pushes a vector forward along `predictions` at W. */
export function pushForward() {
  const v = random.normal(vectorKey, [3]).astype('float64');
  const [y, u] = jvp(predictions, [W], [v]);
  return { v, y, u };
}

// ------------------------------------------------------------------------------------------- Vector-Jacobian products

/** Pulls a covector back along `predictions` at W. */
export function pullBack() {
  const [y, pull] = vjp(predictions, W);
  const u = random.normal(covectorKey, y.shape).astype('float64');
  const [v] = pull(u);
  return { u, y, v };
}

/** A gradient for a function with many results: that of their sum. */
export function vgrad(f: (x: NdArray) => NdArray, x: NdArray): NdArray {
  const [y, pull] = vjp(f, x);
  return pull(np.ones(y.shape))[0];
}

/** 6 everywhere. */
export function vgradOfSquares() {
  return vgrad((x) => x.pow(2).mul(3), np.ones([2, 2]));
}

// ---------------------------------------------------------------------------------------------- Hessian-vector products

type Primals = [NdArray];

/** Forward over reverse: works for any shape and any structure. */
export function hvp(f: (x: NdArray) => NdArray, primals: Primals, tangents: Primals): NdArray {
  return jvp(grad(f), primals, tangents)[1];
}

/** @at X */
export function sumOfSquaredTanh(X: NdArray): NdArray {
  return np.sum(np.tanh(X).pow(2));
}

const [xKey, vKey] = random.split(pointKey, 2);
export const X = random.normal(xKey, [30, 40]).astype('float64');
export const V = random.normal(vKey, [30, 40]).astype('float64');

/** The product without the Hessian, and with all its 1,440,000 elements. */
export function hvpAgainstHessian() {
  const product = hvp(sumOfSquaredTanh, [X], [V]);
  const dense = np.tensordot(hessian(sumOfSquaredTanh)(X), V, 2);
  return { product, dense, close: np.allclose(product, dense, { rtol: 1e-4, atol: 1e-4 }).item() };
}

/** Reverse over forward. */
export function hvpReverseOverForward(f: (x: NdArray) => NdArray, [x]: Primals, tangents: Primals): NdArray {
  const g = (y: NdArray) => jvp(f, [y], tangents)[1];
  return grad(g)(x);
}

/** Reverse over reverse: for single arguments only. */
export function hvpReverseOverReverse(f: (x: NdArray) => NdArray, [x]: Primals, [v]: Primals): NdArray {
  return grad((y: NdArray) => np.vdot(grad(f)(y), v))(x);
}

/** Milliseconds that each order takes. */
export function timeHvps(now: () => number): Record<string, number> {
  const time = (run: () => unknown) => {
    const start = now();
    run();
    return now() - start;
  };
  return {
    'forward over reverse': time(() => hvp(sumOfSquaredTanh, [X], [V])),
    'reverse over forward': time(() => hvpReverseOverForward(sumOfSquaredTanh, [X], [V])),
    'reverse over reverse': time(() => hvpReverseOverReverse(sumOfSquaredTanh, [X], [V])),
    'naive, by the full Hessian': time(() => np.tensordot(hessian(sumOfSquaredTanh)(X), V, 2)),
  };
}

// ------------------------------------------------------------------------------------- Composing VJPs, JVPs and vmap

/** One pull-back a row. */
export function loopMjp(f: (x: NdArray) => NdArray, x: NdArray, M: NdArray): NdArray {
  const [, pull] = vjp(f, x);
  return np.vstack([...M].map((row) => pull(row)[0]));
}

/** All pull-backs at once. */
export function vmapMjp(f: (x: NdArray) => NdArray, x: NdArray, M: NdArray): NdArray {
  const [, pull] = vjp(f, x);
  const [rows] = vmap(pull)(M);
  return rows;
}

/** Matrix-Jacobian products with 128 covectors. */
export function matrixJacobianProducts(covectors = 128) {
  const U = random.normal(matrixKey, [covectors, 4]).astype('float64');
  return { loop: loopMjp(predictions, W, U), vmap: vmapMjp(predictions, W, U) };
}

/** One push-forward a row. */
export function loopJmp(f: (x: NdArray) => NdArray, x: NdArray, M: NdArray): NdArray {
  return np.vstack([...M].map((row) => jvp(f, [x], [row])[1]));
}

/** All push-forwards at once. */
export function vmapJmp(f: (x: NdArray) => NdArray, x: NdArray, M: NdArray): NdArray {
  return vmap((row: NdArray) => jvp(f, [x], [row])[1])(M);
}

/** Jacobian-matrix products with 128 vectors. */
export function jacobianMatrixProducts(vectors = 128) {
  const S = random.normal(matrixKey, [vectors, 3]).astype('float64');
  return { loop: loopJmp(predictions, W, S), vmap: vmapJmp(predictions, W, S) };
}

// --------------------------------------------------------------------------------------------------- jacrev and jacfwd

/** The rows of the identity pulled back: the Jacobian row by row. */
export function ourJacrev(f: (x: NdArray) => NdArray): (x: NdArray) => NdArray {
  return (x) => {
    const [y, pull] = vjp(f, x);
    const [J] = vmap(pull, 0)(np.eye(y.shape[0]));
    return J;
  };
}

/** The columns of the identity pushed forward: the Jacobian column by column. */
export function ourJacfwd(f: (x: NdArray) => NdArray): (x: NdArray) => NdArray {
  return (x) => {
    const push = (s: NdArray) => jvp(f, [x], [s])[1];
    const transposed = vmap(push, 1)(np.eye(x.shape[0]));
    return np.transpose(transposed);
  };
}

export function ourJacobians() {
  return { reverse: ourJacrev(predictions)(W), forward: ourJacfwd(predictions)(W) };
}

/**
 * Any control flow, exceptions included: 2x³ below 3, πx from there on.
 * @at 4.0
 * @at 1.5
 */
export function piecewise(x: ArrayLike): NdArray {
  try {
    if (np.less(x, 3).item()) return np.power(x, 3).mul(2);
    throw new RangeError('too large');
  } catch {
    return np.multiply(x, Math.PI);
  }
}

/** The linear part of a derivative can always be compiled: π at 4. */
export function compiledPullBack() {
  const [, pull] = vjp(piecewise, 4.0);
  return jit(pull)(1.0)[0];
}
