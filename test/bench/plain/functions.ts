/** The benchmarks' functions as a user would write them: plain TypeScript. */

/** Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)² */
export function rosenbrock(x: number[]): number {
  let sum = 0;
  for (let i = 0; i < x.length - 1; i++) {
    const t = x[i + 1] - x[i] * x[i];
    const u = 1 - x[i];
    sum += 100 * t * t + u * u;
  }
  return sum;
}

const EXAMPLES = [0.52, 1.12, 0.77, 0.88, -1.08, 0.15, 0.52, 0.06, -1.3, 0.74, -2.49, 1.39];
const TARGETS = [1, 1, 0, 1];

/** Negative log-likelihood of a logistic regression: three weights and a bias. */
export function logistic(w: number[]): number {
  let loss = 0;
  for (let i = 0; i < TARGETS.length; i++) {
    let z = w[3];
    for (let j = 0; j < 3; j++) z += EXAMPLES[i * 3 + j] * w[j];
    const p = 1 / (1 + Math.exp(-z));
    loss -= Math.log(p * TARGETS[i] + (1 - p) * (1 - TARGETS[i]));
  }
  return loss;
}

/** Σ tanh² */
export function energy(x: number[]): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const y = Math.tanh(x[i]);
    sum += y * y;
  }
  return sum;
}

/** Everything depends on everything: a full Hessian. */
export function logSumExp(x: number[]): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += Math.exp(x[i]);
  return Math.log(sum);
}

/** Residual of the one-dimensional Brusselator, u and v one after the other. */
export function brusselator(x: number[]): number[] {
  const n = x.length / 2;
  const h = 1 / (n + 1);
  const c = 0.02 / (h * h);
  const out: number[] = new Array(2 * n);
  for (let i = 0; i < n; i++) {
    const u = x[i];
    const v = x[n + i];
    const ul = i > 0 ? x[i - 1] : 1;
    const ur = i < n - 1 ? x[i + 1] : 1;
    const vl = i > 0 ? x[n + i - 1] : 3;
    const vr = i < n - 1 ? x[n + i + 1] : 3;
    const reaction = u * u * v;
    out[i] = 1 + reaction - 4 * u + c * (ul - 2 * u + ur);
    out[n + i] = 3 * u - reaction + c * (vl - 2 * v + vr);
  }
  return out;
}

/** Angle of a pendulum after 1000 Runge–Kutta steps from (angle, velocity) with a stiffness. */
export function pendulum(p: number[]): number {
  let angle = p[0];
  let velocity = p[1];
  const stiffness = p[2];
  const dt = 0.01;
  for (let step = 0; step < 1000; step++) {
    const a1 = velocity;
    const b1 = -stiffness * Math.sin(angle);
    const a2 = velocity + 0.5 * dt * b1;
    const b2 = -stiffness * Math.sin(angle + 0.5 * dt * a1);
    const a3 = velocity + 0.5 * dt * b2;
    const b3 = -stiffness * Math.sin(angle + 0.5 * dt * a2);
    const a4 = velocity + dt * b3;
    const b4 = -stiffness * Math.sin(angle + dt * a3);
    angle = angle + (dt / 6) * (a1 + 2 * a2 + 2 * a3 + a4);
    velocity = velocity + (dt / 6) * (b1 + 2 * b2 + 2 * b3 + b4);
  }
  return angle;
}

const DIMENSIONS = 10;
const COMPONENTS = 25;
const FACTORS = (DIMENSIONS * (DIMENSIONS + 1)) / 2;
export const MIXTURE_PARAMETERS = COMPONENTS * (1 + DIMENSIONS + FACTORS);

function points(count: number): Float64Array {
  let seed = 1;
  return Float64Array.from({ length: count * DIMENSIONS }, () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648 - 0.5;
  });
}

/** Log-likelihood of a Gaussian mixture as in ADBench: weights, means, inverse covariance factors. */
function mixture(p: number[], data: Float64Array): number {
  const count = data.length / DIMENSIONS;
  const means = COMPONENTS;
  const factors = COMPONENTS + COMPONENTS * DIMENSIONS;
  const diagonal: number[] = [];
  const logs: number[] = [];
  for (let k = 0; k < COMPONENTS; k++) {
    let sum = 0;
    for (let i = 0; i < DIMENSIONS; i++) {
      const q = p[factors + k * FACTORS + i];
      sum += q;
      diagonal[k * DIMENSIONS + i] = Math.exp(q);
    }
    logs[k] = sum;
  }
  let total = 0;
  const centred: number[] = [];
  const product: number[] = [];
  const terms: number[] = [];
  for (let x = 0; x < count; x++) {
    for (let k = 0; k < COMPONENTS; k++) {
      for (let i = 0; i < DIMENSIONS; i++) centred[i] = data[x * DIMENSIONS + i] - p[means + k * DIMENSIONS + i];
      for (let i = 0; i < DIMENSIONS; i++) product[i] = diagonal[k * DIMENSIONS + i] * centred[i];
      let l = factors + k * FACTORS + DIMENSIONS;
      for (let i = 0; i < DIMENSIONS; i++) {
        for (let j = i + 1; j < DIMENSIONS; j++) product[j] += p[l++] * centred[i];
      }
      let square = 0;
      for (let i = 0; i < DIMENSIONS; i++) square += product[i] * product[i];
      terms[k] = p[k] + logs[k] - 0.5 * square;
    }
    let sum = 0;
    for (let k = 0; k < COMPONENTS; k++) sum += Math.exp(terms[k] - terms[0]);
    total += Math.log(sum) + terms[0];
  }
  let weights = 0;
  for (let k = 0; k < COMPONENTS; k++) weights += Math.exp(p[k] - p[0]);
  return total - count * (Math.log(weights) + p[0]);
}

const hundred = points(100);
const thousand = points(1000);
export const mixture100 = (p: number[]): number => mixture(p, hundred);
export const mixture1000 = (p: number[]): number => mixture(p, thousand);

/** A sum with a branch in the loop and data from outside. */
export function hinge(x: number[]): number {
  let sum = 0;
  for (let i = 0; i < thousand.length; i++) {
    const t = x[i % x.length] * thousand[i];
    sum += t > 0 ? t * t : 0;
  }
  return sum;
}

/** A million operations on two numbers. */
export function relaxation(x: number[]): number {
  let t = x[0];
  for (let i = 0; i < 500_000; i++) t = x[1] - t * t;
  return t;
}

/** Ten steps of oscillators that follow their mean: each depends on all. */
export function oscillators(x: number[]): number[] {
  let now = x;
  for (let step = 0; step < 10; step++) {
    let mean = 0;
    for (const value of now) mean += value / now.length;
    const next: number[] = [];
    for (const value of now) next.push(value + 0.1 * Math.sin(mean - value));
    now = next;
  }
  return now;
}
