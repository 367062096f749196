/**
 * erf, erfc and their inverse in double precision. erf and erfc are the rational approximations of FreeBSD's s_erf.c
 * (Sun Microsystems 1993), below one unit in the last place.
 */

/** Value of a polynomial at x, coefficients from the constant on. */
export function polynomial(x: number, coefficients: readonly number[]): number {
  let value = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) value = value * x + coefficients[i];
  return value;
}

const ERX = 8.450629115104675293e-1;

/** |x| < 0.84375: erf x = x + x P(x²)/Q(x²). */
const P0 = [
  1.28379167095512558561e-1, -3.2504210724700149937e-1, -2.84817495755985104766e-2, -5.77027029648944159157e-3,
  -2.37630166566501626084e-5,
];
const Q0 = [
  1, 3.97917223959155352819e-1, 6.50222499887672944485e-2, 5.08130628187576562776e-3, 1.32494738004321644526e-4,
  -3.9602282787753681232e-6,
];
/** |x| < 1.25: erf x = ERX + P(|x| − 1)/Q(|x| − 1). */
const P1 = [
  -2.36211856075265944077e-3, 4.14856118683748331666e-1, -3.72207876035701323847e-1, 3.18346619901161753674e-1,
  -1.10894694282396677476e-1, 3.54783043256182359371e-2, -2.166375594868790843e-3,
];
const Q1 = [
  1, 1.06420880400844228286e-1, 5.40397917702171048937e-1, 7.18286544141962662868e-2, 1.26171219808761642112e-1,
  1.36370839120290507362e-2, 1.1984499846799107417e-2,
];
/** |x| < 1/0.35: erfc x = exp(−x² − 0.5625 + P(1/x²)/Q(1/x²))/x. */
const P2 = [
  -9.86494403484714822705e-3, -6.93858572707181764372e-1, -1.05586262253232909814e1, -6.23753324503260060396e1,
  -1.62396669462573470355e2, -1.84605092906711035994e2, -8.12874355063065934246e1, -9.81432934416914548592,
];
const Q2 = [
  1, 1.96512716674392571292e1, 1.376577541435190426e2, 4.34565877475229228821e2, 6.45387271733267880336e2,
  4.29008140027567833386e2, 1.08635005541779435134e2, 6.57024977031928170135, -6.04244152148580987438e-2,
];
/** Beyond. */
const P3 = [
  -9.86494292470009928597e-3, -7.99283237680523006574e-1, -1.77579549177547519889e1, -1.60636384855821916062e2,
  -6.37566443368389627722e2, -1.02509513161107724954e3, -4.83519191608651397019e2,
];
const Q3 = [
  1, 3.03380607434824582924e1, 3.25792512996573918826e2, 1.53672958608443695994e3, 3.19985821950859553908e3,
  2.55305040643316442583e3, 4.74528541206955367215e2, -2.24409524465858183362e1,
];

const float32 = new Float32Array(1);

/** erfc of x ≥ 1.25. */
function tail(x: number): number {
  const s = 1 / (x * x);
  const [p, q] = x < 1 / 0.35 ? [P2, Q2] : [P3, Q3];
  // x² to twice the precision: z holds the upper half of x.
  float32[0] = x;
  const z = float32[0];
  return (Math.exp(-z * z - 0.5625) * Math.exp((z - x) * (z + x) + polynomial(s, p) / polynomial(s, q))) / x;
}

export function erf(x: number): number {
  const size = Math.abs(x);
  if (size < 0.84375) {
    const z = x * x;
    return x + x * (polynomial(z, P0) / polynomial(z, Q0));
  }
  if (Number.isNaN(x)) return NaN;
  let value = 1;
  if (size < 1.25) value = ERX + polynomial(size - 1, P1) / polynomial(size - 1, Q1);
  else if (size < 6) value = 1 - tail(size);
  return x < 0 ? -value : value;
}

export function erfc(x: number): number {
  const size = Math.abs(x);
  if (size < 0.84375) {
    const z = x * x;
    const y = polynomial(z, P0) / polynomial(z, Q0);
    return x < 0.25 ? 1 - (x + x * y) : 0.5 - (x - 0.5 + x * y);
  }
  if (Number.isNaN(x)) return NaN;
  if (size < 1.25) {
    const y = polynomial(size - 1, P1) / polynomial(size - 1, Q1);
    return x < 0 ? 1 + (ERX + y) : 1 - ERX - y;
  }
  if (size >= 28) return x < 0 ? 2 : 0;
  return x < 0 ? 2 - tail(size) : tail(size);
}

/**
 * The y with erf y = x: Winitzki's approximation (2008), then Halley steps, each of which triples the correct digits. Where |x|
 * is near 1 they work on erfc, so that nothing is lost.
 */
export function erfInv(x: number): number {
  const size = Math.abs(x);
  if (size >= 1 || Number.isNaN(x)) return size === 1 ? x * Infinity : NaN;
  if (size < 1e-8) return (x * Math.sqrt(Math.PI)) / 2;
  const log = Math.log1p(-size * size);
  const a = 0.147;
  const half = 2 / (Math.PI * a) + log / 2;
  let y = Math.sqrt(Math.sqrt(half * half - log / a) - half);
  const rest = 1 - size;
  for (let step = 0; step < 3; step++) {
    const error = size < 0.5 ? erf(y) - size : rest - erfc(y);
    const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-y * y);
    const newton = error / slope;
    y -= newton / (1 + y * newton);
  }
  return x < 0 ? -y : y;
}
