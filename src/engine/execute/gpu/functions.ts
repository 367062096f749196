/**
 * Elementary functions in kernel source, from + − × ÷ sqrt exp log floor alone: drivers' own sin, tanh, pow, atan2 … lose digits
 * (sin to 2e-4), return nonsense outside their domain (log(−10) = 2.3) and differ between backends. Written for float32: relative
 * errors of some 1e-7, up to 2e-6 for sin and cos of large arguments. NaN and infinity come in as the arguments `nan` and `inf`, since
 * kernels cannot write them. One statement an operation where it matters: deep expressions fail on WebGPU.
 */
import { INTEGER_FUNCTIONS } from './integerFunctions';
import { functionTable, type KernelFunction } from './functionTable';

const { table, define } = functionTable(INTEGER_FUNCTIONS);

/** Drivers' exp and log of NaN may be any number: what compares with nothing comes back as NaN, what is too large overflows. */
define('glRawExp', ['x'], `if (x < 89) { if (x > -104) { return Math.exp(x); } return 0; } return x * 3.0e38;`);
define('glRawLog', ['x'], `if (x > 0) { return Math.log(x); } return x + x;`);

/** Guarded exponential: 0 and infinity past float32's range, where drivers return anything. */
define('glExp', ['x', 'inf'], `if (x > 88.72283) { return inf; } if (x < -87.33) { return 0; } return glRawExp(x);`, [
  'glRawExp',
]);
define(
  'glLog',
  ['x', 'nan', 'inf'],
  `
  if (x < 0) { return nan; } if (x === 0) { return -inf; } if (x > 3.4e38) { return inf; }
  if (x > 0.7 && x < 1.42) {
    const z = (x - 1) / (x + 1); const w = z * z;
    const p = 0.33333333 + w * (0.2 + w * (0.14285714 + w * (0.11111111 + w * 0.09090909)));
    const q = 2 * z; return q + q * w * p;
  }
  return glRawLog(x);`,
  ['glRawLog'],
);
define('glSqrt', ['x', 'nan'], `if (x < 0) { return nan; } return Math.sqrt(x);`);

/** log(1 + x) = 2 artanh(x / (2 + x)) by its series near 0 (Abramowitz & Stegun 4.1.27). */
define(
  'glLog1p',
  ['x', 'nan', 'inf'],
  `
  if (x < -1) { return nan; } if (x === -1) { return -inf; } if (x > 3.4e38) { return inf; }
  if (x > -0.3 && x < 0.42) {
    const z = x / (2 + x); const w = z * z;
    const p = 0.33333333 + w * (0.2 + w * (0.14285714 + w * (0.11111111 + w * 0.09090909)));
    const q = 2 * z; return q + q * w * p;
  }
  return glRawLog(1 + x);`,
  ['glRawLog'],
);
/** exp(x) − 1 by its Taylor series near 0. */
define(
  'glExpm1',
  ['x', 'inf'],
  `
  if (x > 88.72283) { return inf; } if (x < -87.33) { return -1; }
  if (x > -0.5 && x < 0.5) {
    const p = 0.16666667 + x * (0.041666667 + x * (0.0083333333 + x * (0.0013888889 + x * (0.0001984127 + x * 0.0000248016))));
    const q = 0.5 + x * p; return x + x * x * q;
  }
  return glRawExp(x) - 1;`,
  ['glRawExp'],
);

/**
 * Cody–Waite reduction to [−π/4, π/4] and minimax polynomials (Cephes sinf, cosf). The multiple of π/2 goes off in two parts of at most
 * 12 bits, so that their products with the first parts of π/2 are exact. Past 2²³ float32 does not tell a quarter turn from the next.
 */
const SIN_POLYNOMIAL = 'r + r * w * (-0.16666667 + w * (0.0083333310 + w * (-0.00019840874 + w * 0.0000027525562)))';
const COS_POLYNOMIAL = '1 - 0.5 * w + w * w * (0.041666646 + w * (-0.0013887316 + w * 0.000024433157))';
function sine(quadrantOffset: number): string {
  return `
  if (x > 8388608 || x < -8388608) { return nan; }
  const k = Math.floor(x * 0.63661977 + 0.5);
  const j = Math.floor(k * 0.000244140625 + 0.5); const g = j * 4096; const l = k - g;
  const a = x - g * 1.5703125; const b = a - l * 1.5703125;
  const d = b - g * 0.000483751296997; const e = d - l * 0.000483751296997;
  const r = e - k * 0.0000000754978995489;
  const w = r * r; const h = (k + ${quadrantOffset}) * 0.25; const m = Math.floor((h - Math.floor(h)) * 4 + 0.5);
  const s = ${SIN_POLYNOMIAL};
  const c = ${COS_POLYNOMIAL};
  if (m < 0.5) { return s; } if (m < 1.5) { return c; } if (m < 2.5) { return -s; } if (m < 3.5) { return -c; } return s;`;
}
define('glSin', ['x', 'nan'], sine(0));
define('glCos', ['x', 'nan'], sine(1));
define('glTan', ['x', 'nan'], `const s = glSin(x, nan); const c = glCos(x, nan); return s / c;`, ['glSin', 'glCos']);

/** Has a number, a zero too, the minus sign? */
define('glIsMinus', ['x'], `if (x < 0) { return 1; } if (x === 0) { if (1 / x < 0) { return 1; } } return 0;`);
/** arctan by two-step reduction and a polynomial (Cephes atanf). */
define('glAtan', ['x'], `
  let a = x; if (x < 0) { a = -x; }
  let y = 0; let t = a;
  if (a > 2.4142135) { y = 1.5707964; t = -1 / a; } else { if (a > 0.41421357) { y = 0.78539819; t = (a - 1) / (a + 1); } }
  const z = t * t;
  const p = -0.33332949 + z * (0.19977711 + z * (-0.13877685 + z * 0.080537446));
  const r = y + (t + t * z * p);
  if (x < 0) { return -r; } return r;`);
define(
  'glAtan2',
  ['y', 'x', 'nan'],
  `
  if (y > 3.4e38) { if (x > 3.4e38) { return 0.78539819; } if (x < -3.4e38) { return 2.3561945; } }
  if (y < -3.4e38) { if (x > 3.4e38) { return -0.78539819; } if (x < -3.4e38) { return -2.3561945; } }
  if (x > 0) { return glAtan(y / x); }
  if (x < 0) { if (glIsMinus(y) > 0.5) { return glAtan(y / x) - 3.1415927; } return glAtan(y / x) + 3.1415927; }
  if (x === 0) {
    if (y > 0) { return 1.5707964; } if (y < 0) { return -1.5707964; }
    if (y === 0) { if (glIsMinus(x) < 0.5) { return y; } if (glIsMinus(y) > 0.5) { return -3.1415927; } return 3.1415927; }
  }
  return nan;`,
  ['glAtan', 'glIsMinus'],
);
define(
  'glAsin',
  ['x', 'nan'],
  `
  if (x > 1 || x < -1) { return nan; } const c = (1 - x) * (1 + x); return glAtan2(x, Math.sqrt(c), nan);`,
  ['glAtan2'],
);
define(
  'glAcos',
  ['x', 'nan'],
  `
  if (x > 1 || x < -1) { return nan; } const c = (1 - x) * (1 + x); return glAtan2(Math.sqrt(c), x, nan);`,
  ['glAtan2'],
);

define(
  'glSinh',
  ['x', 'inf'],
  `
  if (x > 89.4) { return inf; } if (x < -89.4) { return -inf; }
  if (x > -1 && x < 1) {
    const w = x * x; return x + x * w * (0.16666667 + w * (0.0083333333 + w * (0.00019841270 + w * 0.0000027557319)));
  }
  const h = glRawExp(x * 0.5); const g = glRawExp(-x * 0.5); return 0.5 * h * h - 0.5 * g * g;`,
  ['glRawExp'],
);
define(
  'glCosh',
  ['x', 'inf'],
  `
  if (x > 89.4 || x < -89.4) { return inf; }
  const h = glRawExp(x * 0.5); const g = glRawExp(-x * 0.5); return 0.5 * h * h + 0.5 * g * g;`,
  ['glRawExp'],
);
/** tanh by a Padé-like polynomial near 0 (Cephes tanhf), by the exponential elsewhere. */
define(
  'glTanh',
  ['x'],
  `
  if (x > 10) { return 1; } if (x < -10) { return -1; }
  if (x > -0.625 && x < 0.625) {
    const w = x * x;
    const p = -0.33333282 + w * (0.13331459 + w * (-0.053739701 + w * (0.020639020 + w * -0.0057049862)));
    return x + x * w * p;
  }
  if (x > 0) { return 1 - 2 / (glRawExp(2 * x) + 1); } return 2 / (glRawExp(-2 * x) + 1) - 1;`,
  ['glRawExp'],
);
define(
  'glAsinh',
  ['x', 'nan', 'inf'],
  `
  let a = x; if (x < 0) { a = -x; }
  let r = 0;
  if (a > 1e9) { r = glRawLog(a) + 0.69314718; } else { const w = a * a; r = glLog1p(a + w / (1 + Math.sqrt(1 + w)), nan, inf); }
  if (x < 0) { return -r; } return r;`,
  ['glRawLog', 'glLog1p'],
);
define(
  'glAcosh',
  ['x', 'nan', 'inf'],
  `
  if (x < 1) { return nan; } if (x > 1e9) { return glRawLog(x) + 0.69314718; }
  const t = x - 1; return glLog1p(t + Math.sqrt(t * (x + 1)), nan, inf);`,
  ['glRawLog', 'glLog1p'],
);
define(
  'glAtanh',
  ['x', 'nan', 'inf'],
  `
  if (x > 1 || x < -1) { return nan; } if (x === 1) { return inf; } if (x === -1) { return -inf; }
  return 0.5 * glLog1p(2 * x / (1 - x), nan, inf);`,
  ['glLog1p'],
);

define(
  'glCbrt',
  ['x'],
  `
  if (x === 0) { return 0; }
  let a = x; if (x < 0) { a = -x; }
  if (a > 3.4e38) { return x; }
  const y = glRawExp(glRawLog(a) * 0.33333333); const r = y - (y * y * y - a) / (3 * y * y);
  if (x < 0) { return -r; } return r;`,
  ['glRawExp', 'glRawLog'],
);
define('glHypot', ['x', 'y'], `
  let a = x; if (x < 0) { a = -x; } let b = y; if (y < 0) { b = -y; }
  if (a > 3.4e38) { return a; } if (b > 3.4e38) { return b; }
  let m = a; let n = b; if (b > a) { m = b; n = a; }
  if (m === 0) { return n; }
  const q = n / m; return m * Math.sqrt(1 + q * q);`);
/** x to the y for real y: a negative base is right for whole exponents only, as in Math.pow. */
define(
  'glPow',
  ['x', 'y', 'nan', 'inf'],
  `
  if (y === 0) { return 1; }
  if (x === 0) {
    if (y > 0) { return 0; }
    if (y < 0) { const o = Math.floor(y * 0.5) * 2; if (y - o === 1 && glIsMinus(x) > 0.5) { return -inf; } return inf; }
    return nan;
  }
  if (x > 0) { return glExp(y * glLog(x, nan, inf), inf); }
  const f = Math.floor(y);
  if (f !== y) { if (x < -3.4e38) { if (y > 0) { return inf; } if (y < 0) { return 0; } } return nan; }
  const h = f * 0.5; const r = glExp(y * glLog(-x, nan, inf), inf);
  if (Math.floor(h) === h) { return r; } return -r;`,
  ['glLog', 'glExp', 'glIsMinus'],
);
/** Remainder with the sign of the dividend; where the quotient is beyond 2²⁴ none of its digits would be right. */
define('glRem', ['x', 'y', 'nan'], `
  if (y === 0) { return nan; }
  let a = x; if (x < 0) { a = -x; } let b = y; if (y < 0) { b = -y; }
  if (a > 3.4e38) { return nan; } if (b > 3.4e38) { return x; }
  if (a > b * 16777216) { return nan; }
  let r = a - b * Math.floor(a / b); if (r < 0) { r = r + b; } if (r >= b) { r = r - b; }
  if (x < 0) { return -r; } return r;`);

define('glSign', ['x'], `if (x > 0) { return 1; } if (x < 0) { return -1; } return x;`);
/** What compares with nothing is NaN. */
define('glIsNaN', ['x'], `if (x > 0) { return 0; } if (x <= 0) { return 0; } return 1;`);
define(
  'glIsFinite',
  ['x'],
  `if (x > 3.4028e38) { return 0; } if (x < -3.4028e38) { return 0; } return 1 - glIsNaN(x);`,
  ['glIsNaN'],
);
define('glAbs', ['x'], `if (x < 0) { return -x; } return x;`);
define('glTrunc', ['x'], `if (x < 0) { return -Math.floor(-x); } return Math.floor(x);`);
define('glCeil', ['x'], `return -Math.floor(-x);`);
/** As Math.round: adding a half first would round numbers just below a half and large ones up. */
define('glRoundHalfUp', ['x'], `const f = Math.floor(x); const d = x - f; if (d >= 0.5) { return f + 1; } return f;`);
/** To even, as jnp.round. */
define('glRound', ['x'], `
  const f = Math.floor(x); const d = x - f; const h = f * 0.5;
  if (d > 0.5) { return f + 1; } if (d < 0.5) { return f; } if (Math.floor(h) === h) { return f; } return f + 1;`);
/** Not equal, which NaN is to all: `!==` of one value with itself is false on WebGPU. */
define('glDiffers', [
  'x',
  'y',
], `if (x < y) { return 1; } if (x > y) { return 1; } if (x <= y) { return 0; } return 1;`);
/** A whole number limited to 0 … high. */
define('glPlace', ['x', 'high'], `if (x < 0) { return 0; } if (x > high) { return high; } return x;`);
/** Neither smaller nor larger nor equal: NaN, which the sum keeps. */
define('glMin', ['x', 'y'], `if (x < y) { return x; } if (y <= x) { return y; } return x + y;`);
define('glMax', ['x', 'y'], `if (x > y) { return x; } if (y >= x) { return y; } return x + y;`);
define(
  'glLogistic',
  ['x'],
  `
  if (x < -87) { return 0; } if (x < 0) { const e = glRawExp(x); return e / (1 + e); } return 1 / (1 + glRawExp(-x));`,
  ['glRawExp'],
);
define(
  'glSoftplus',
  ['x', 'nan', 'inf'],
  `
  if (x > 30) { return x; } if (x < -87) { return 0; } if (x > 0) { return x + glLog1p(glRawExp(-x), nan, inf); }
  return glLog1p(glRawExp(x), nan, inf);`,
  ['glRawExp', 'glLog1p'],
);

/** erf by its series near 0, else 1 − erfc. */
define(
  'glErf',
  ['x'],
  `
  if (x > -0.9 && x < 0.9) {
    const w = x * x;
    const p = -0.33333333 + w * (0.1 + w * (-0.023809524 + w * (0.0046296296 + w * (-0.00075757576 + w * (0.00010683761 - w * 0.000013227513)))));
    const q = 1.1283792 * x; return q + q * w * p;
  }
  if (x > 0) { return 1 - glErfc(x); } return glErfc(-x) - 1;`,
  ['glErfc'],
);
/** Chebyshev fit of erfc (Numerical Recipes, erfcc), relative error 1.2e-7. */
define(
  'glErfc',
  ['x'],
  `
  let z = x; if (x < 0) { z = -x; }
  if (z > 9.4) { if (x < 0) { return 2; } return 0; }
  const t = 1 / (1 + 0.5 * z);
  const p = -0.82215223 + t * 0.17087277; const q = 1.48851587 + t * p; const s = -1.13520398 + t * q;
  const u = 0.27886807 + t * s; const v = -0.18628806 + t * u; const w = 0.09678418 + t * v; const a = 0.37409196 + t * w;
  const b = 1.00002368 + t * a; const r = t * glRawExp(-z * z - 1.26551223 + t * b);
  if (x < 0) { return 2 - r; } return r;`,
  ['glRawExp'],
);

/** The inverse of erf by Giles's approximation in single precision (2010), relative error some 3e-7. */
define(
  'glErfInv',
  ['x', 'nan', 'inf'],
  `
  if (x >= 1) { if (x > 1) { return nan; } return inf; } if (x <= -1) { if (x < -1) { return nan; } return -inf; }
  const c = (1 - x) * (1 + x); const l = -glLog(c, nan, inf);
  if (l < 5) {
    const w = l - 2.5;
    const p = 0.00021858087 + w * (-0.0000043915065 + w * (-0.0000035233877 + w * (0.00000034327394 + w * 0.000000028102264)));
    return x * (1.5014094 + w * (0.24664073 + w * (-0.0041776816 + w * (-0.001253725 + w * p))));
  }
  const v = Math.sqrt(l) - 3;
  const r = -0.0076224613 + v * (0.0057395077 + v * (-0.0036734284 + v * (0.0013493432 + v * (0.00010095056 - v * 0.00020021426))));
  return x * (2.8329768 + v * (1.001674 + v * (0.0094388705 + v * r)));`,
  ['glLog'],
);

/** All kernel functions. */
export const KERNEL_FUNCTIONS: Readonly<Record<string, KernelFunction>> = table;

/** The functions of a set of names and all that they call, callees first. */
export function withDependencies(names: Iterable<string>): string[] {
  const order: string[] = [];
  const visit = (name: string) => {
    if (order.includes(name)) return;
    for (const used of table[name].uses) visit(used);
    order.push(name);
  };
  for (const name of names) visit(name);
  return order;
}
