/**
 * The logarithm of |Γ| and its derivatives in double precision: Taylor series where the function has its roots, upward recurrence
 * to the asymptotic series (Abramowitz and Stegun 6.1.41, 6.3.18, 6.4.11), reflection for negative arguments.
 */
import { polynomial } from './errorFunction';

const ONE_MINUS_EULER = 0.42278433509846713;

/** ζ(k) − 1 for k = 2, 3, … */
const ZETA_MINUS_ONE = [
  0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993, 0.01734306198444914,
  0.008349277381922827, 0.00407735619794434, 0.0020083928260822143, 0.0009945751278180853, 0.0004941886041194645,
  0.0002460865533080483, 0.00012271334757848915, 6.124813505870483e-5, 3.058823630702049e-5, 1.528225940865187e-5,
  7.637197637899763e-6, 3.81729326499984e-6, 1.908212716553939e-6, 9.539620338727962e-7, 4.769329867878064e-7,
  2.38450502727733e-7, 1.1921992596531106e-7, 5.960818905125948e-8, 2.980350351465228e-8, 1.4901554828365043e-8,
  7.45071178983543e-9, 3.725334024788457e-9, 1.862659723513049e-9,
];

/** log Γ(2 + z) = z (1 − γ) + Σ (−1)ᵏ (ζ(k) − 1) zᵏ/k: coefficients of z², z³, … */
const LOG_GAMMA_AT_2 = ZETA_MINUS_ONE.map((value, index) => ((index % 2 === 0 ? 1 : -1) * value) / (index + 2));

/** B₂ₖ/(2k (2k − 1)), k = 1, 2, … */
const STIRLING = [
  0.08333333333333333, -0.002777777777777778, 0.0007936507936507937, -0.0005952380952380953, 0.0008417508417508417,
  -0.0019175269175269176, 0.00641025641025641, -0.029550653594771242,
];

/** B₂ₖ/(2k) */
const DIGAMMA = [
  0.08333333333333333, -0.008333333333333333, 0.003968253968253968, -0.004166666666666667, 0.007575757575757576,
  -0.021092796092796094, 0.08333333333333333, -0.4432598039215686,
];

/** B₂ₖ */
const BERNOULLI = [
  0.16666666666666666, -0.03333333333333333, 0.023809523809523808, -0.03333333333333333, 0.07575757575757576,
  -0.2531135531135531, 1.1666666666666667, -7.092156862745098, 54.971177944862156, -529.1242424242424,
  6192.123188405797, -86580.25311355312,
];

/** Where the asymptotic series are taken, at the least. */
const LARGE = 10;

/** log Γ(2 + z) for |z| ≤ ½. */
function logGammaNear2(z: number): number {
  return z * (ONE_MINUS_EULER + z * polynomial(z, LOG_GAMMA_AT_2));
}

/** sin πx, exactly reduced. */
function sinPi(x: number): number {
  const r = x - 2 * Math.round(x / 2);
  if (Math.abs(r) <= 0.25) return Math.sin(Math.PI * r);
  if (Math.abs(r) <= 0.75) return Math.sign(r) * Math.cos(Math.PI * (Math.abs(r) - 0.5));
  return Math.sign(r) * Math.sin(Math.PI * (1 - Math.abs(r)));
}

/** cot πx, exactly reduced. */
function cotPi(x: number): number {
  const r = x - Math.round(x);
  return Math.abs(r) <= 0.25 ? 1 / Math.tan(Math.PI * r) : Math.sign(r) * Math.tan(Math.PI * (0.5 - Math.abs(r)));
}

/** log |Γ(x)|; ∞ at the poles. */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (!Number.isFinite(x)) return Infinity;
  if (x <= 0) {
    if (Number.isInteger(x)) return Infinity;
    // Γ(x) Γ(−x) = −π/(x sin πx)
    return Math.log(Math.PI / Math.abs(x * sinPi(x))) - lgamma(-x);
  }
  if (x < 0.5) return logGammaNear2(x) - Math.log1p(x) - Math.log(x);
  if (x < 1.5) return logGammaNear2(x - 1) - Math.log1p(x - 1);
  if (x <= 2.5) return logGammaNear2(x - 2);
  if (x < LARGE) {
    let y = x;
    let product = 1;
    while (y > 2.5) product *= --y;
    return logGammaNear2(y - 2) + Math.log(product);
  }
  const r = 1 / x;
  const log = Math.log(x);
  return (x - 0.5) * (log - 1) - 0.5 + 0.9189385332046728 + r * polynomial(r * r, STIRLING);
}

/** The positive root of ψ, as a sum of two doubles, and the Taylor coefficients of ψ there. */
const ROOT_HIGH = 1.4616321449683622;
const ROOT_LOW = 9.549995429965697e-17;
const DIGAMMA_AT_ROOT = [
  0.9676722454476212, -0.4427631689835921, 0.258499760955651, -0.16394270544240652, 0.10782405069126237,
  -0.07219956125645471, 0.04880428816414311, -0.03316112647484736, 0.022597648232218104, -0.01542476590494896,
  0.010538791616612175, -0.007204534386356869, 0.004926781395729853, -0.003369801655439328, 0.002305126326734928,
  -0.0015769367714301972, 0.0010788252019162967, -0.0007380709389960052, 0.000504953265834602, -0.0003454680251063077,
  0.00023635601564027053, -0.00016170622091974803, 0.0001106337276874741,
];

/** ψ(x) = d log Γ(x); NaN at the poles. */
export function digamma(x: number): number {
  if (x <= 0) {
    if (Number.isInteger(x) || x === -Infinity) return NaN;
    return digamma(1 - x) - Math.PI * cotPi(x);
  }
  if (Math.abs(x - ROOT_HIGH) < 0.25) {
    const z = x - ROOT_HIGH - ROOT_LOW;
    return z * polynomial(z, DIGAMMA_AT_ROOT);
  }
  let y = x;
  let sum = 0;
  for (; y < LARGE; y++) sum += 1 / y;
  const r = 1 / y;
  return Math.log(y) - 0.5 * r - r * r * polynomial(r * r, DIGAMMA) - sum;
}

/** n-th derivative of π cot πx: π^(n+1) times a polynomial in cot, P₀(c) = c, Pₙ₊₁ = −(1 + c²) Pₙ′. */
function cotDerivative(order: number, x: number): number {
  let coefficients = [0, 1];
  for (let n = 0; n < order; n++) {
    const next = new Array<number>(coefficients.length + 1).fill(0);
    for (let k = 1; k < coefficients.length; k++) {
      next[k - 1] -= k * coefficients[k];
      next[k + 1] -= k * coefficients[k];
    }
    coefficients = next;
  }
  return Math.pow(Math.PI, order + 1) * polynomial(cotPi(x), coefficients);
}

/** ψ⁽ⁿ⁾(x), the n-th derivative of digamma; at the poles ∞ for odd n, whose sides agree, and NaN for even n. */
export function polygamma(order: number, x: number): number {
  if (order === 0) return digamma(x);
  if (Number.isNaN(x)) return NaN;
  const sign = order % 2 === 1 ? 1 : -1;
  if (x <= 0) {
    if (x === -Infinity) return NaN;
    if (Number.isInteger(x)) return sign > 0 ? Infinity : NaN;
    return -sign * polygamma(order, 1 - x) - cotDerivative(order, x);
  }
  let factorial = 1; // (n − 1)!
  for (let k = 2; k < order; k++) factorial *= k;
  // n! ζ(n + 1, x): the first terms, then Euler and Maclaurin from y on.
  let y = x;
  let sum = 0;
  for (; y < LARGE + order; y++) sum += Math.pow(y, -order - 1);
  const r = 1 / y;
  let tail = 1 + (order * r) / 2;
  let term = 1; // (2k + n − 1)!/((2k)! (n − 1)!) r²ᵏ
  for (let k = 1; k <= BERNOULLI.length; k++) {
    term *= (((2 * k + order - 2) * (2 * k + order - 1)) / ((2 * k - 1) * (2 * k))) * r * r;
    tail += BERNOULLI[k - 1] * term;
  }
  return sign * factorial * (order * sum + Math.pow(y, -order) * tail);
}
