/** Log-likelihood of data under a mixture of Gaussians with diagonal covariance. */

export interface Component {
  /** Unnormalised logarithm of the weight. */
  logit: number;
  mean: number[];
  /** Logarithms of the standard deviations: any number will do. */
  logDeviation: number[];
}

const data = [
  [0.1, 0.3],
  [-0.4, 0.2],
  [2.1, 1.9],
  [1.8, 2.4],
  [0.2, -0.3],
];

const guess: Component[] = [
  { logit: 0, mean: [0, 0], logDeviation: [0, 0] },
  { logit: 0.5, mean: [2, 2], logDeviation: [-0.5, -0.3] },
];

/** log Σ exp, without overflow. */
function logSumExp(values: number[]): number {
  const largest = Math.max(...values);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

function logDensity(x: number[], { mean, logDeviation }: Component): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const z = (x[i] - mean[i]) / Math.exp(logDeviation[i]);
    sum -= 0.5 * z * z + logDeviation[i] + 0.5 * Math.log(2 * Math.PI);
  }
  return sum;
}

/** @at guess */
export function logLikelihood(components: Component[]): number {
  const total = logSumExp(components.map(({ logit }) => logit));
  let sum = 0;
  for (const x of data) {
    sum += logSumExp(components.map((component) => component.logit - total + logDensity(x, component)));
  }
  return sum;
}
