/** Logistic regression on four examples, as in JAX's introduction to automatic differentiation. */

const inputs = [
  [0.52, 1.12, 0.77],
  [0.88, -1.08, 0.15],
  [0.52, 0.06, -1.3],
  [0.74, -2.49, 1.39],
];
const targets = [true, true, false, true];

/** The weights and the bias that the guide starts from. */
const W0 = [0.3, -0.2, 0.5];
const b0 = 0.1;

function sigmoid(x: number): number {
  return 0.5 * (Math.tanh(x / 2) + 1);
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/**
 * Probabilities that the labels are true.
 * @at W0, b0
 */
export function predict(W: number[], b: number): number[] {
  return inputs.map((row) => sigmoid(dot(row, W) + b));
}

/**
 * Training loss: the negative log-likelihood of the labels.
 * @at W0, b0
 */
export function loss(W: number[], b: number): number {
  const predictions = predict(W, b);
  let sum = 0;
  for (let i = 0; i < targets.length; i++) sum -= Math.log(targets[i] ? predictions[i] : 1 - predictions[i]);
  return sum;
}
