/** Functions of whole numbers in kernel source: exact below 2²⁴, whatever the driver makes of divisions. */
import { functionTable, type KernelFunction } from './functionTable';

const { table, define } = functionTable();

/** A float as an integer: towards zero, to the nearest end where it is out of range, NaN to 0. */
define('glInteger', ['x', 'low', 'high'], `
  if (x >= high) { return high; } if (x <= low) { return low; }
  if (x > 0) { return Math.floor(x); } if (x <= 0) { return -Math.floor(-x); } return 0;`);
/** How often whole numbers y > 0 go into x ≥ 0: set right where the division is not, which drivers may round as they like. */
define('glTimes', ['x', 'y'], `
  const q = Math.floor(x / y); const r = x - q * y; if (r < 0) { return q - 1; } if (r >= y) { return q + 1; } return q;`);
/** Of integers, towards zero; by zero −1. */
define(
  'glDivide',
  ['x', 'y'],
  `
  if (y === 0) { return -1; }
  let a = x; if (x < 0) { a = -x; } let b = y; if (y < 0) { b = -y; }
  const q = glTimes(a, b); if (x * y < 0) { return -q; } return q;`,
  ['glTimes'],
);
/** Of integers, with the sign of the dividend; by zero the dividend. */
define(
  'glRemainder',
  ['x', 'y'],
  `
  if (y === 0) { return x; }
  let a = x; if (x < 0) { a = -x; } let b = y; if (y < 0) { b = -y; }
  const r = a - b * glTimes(a, b); if (x < 0) { return -r; } return r;`,
  ['glTimes'],
);
/** Bits of whole numbers below 2²⁴, none of them negative: WebGL's gpu.js goes through them one by one. */
define('glAnd', ['x', 'y'], `return x & y;`);
define('glOr', ['x', 'y'], `return x | y;`);
define('glXor', ['x', 'y'], `return x ^ y;`);
/**
 * threefry2x32 of the counter i with a key, all words in halves of 16 bits as numbers (see `primitives/random.ts`). `which`: 0 and 1
 * are the high and low half of both words' difference, 2 to 5 the halves of the words.
 */
define(
  'glThreefry',
  ['k0h', 'k0l', 'k1h', 'k1l', 'i', 'which'],
  `
  const k2h = glXor(glXor(k0h, k1h), 7121.0); const k2l = glXor(glXor(k0l, k1l), 7130.0);
  const ch = Math.floor(i * 0.0000152587890625); const cl = i - ch * 65536;
  let a = k0h; let b = k0l;
  const c0 = cl + k1l; const c1 = Math.floor(c0 * 0.0000152587890625); let f = c0 - c1 * 65536; let e = glHalf(ch + k1h + c1);
  for (let g = 0; g < 5; g++) {
    for (let q = 0; q < 4; q++) {
      const s = b + f; const t = Math.floor(s * 0.0000152587890625); b = s - t * 65536; a = glHalf(a + e + t);
      let m = 8192.0; let w = 0.0;
      if (g === 1 || g === 3) {
        w = 1.0;
        if (q === 0) { m = 2.0; } if (q === 2) { m = 1.0; } if (q === 3) { m = 256.0; }
      } else {
        if (q === 1) { m = 32768.0; } if (q === 2) { m = 1024.0; w = 1.0; } if (q === 3) { m = 64.0; }
      }
      const y = e * m; const z = f * m; const yh = Math.floor(y * 0.0000152587890625); const zh = Math.floor(z * 0.0000152587890625);
      const h = y - yh * 65536 + zh; const l = z - zh * 65536 + yh;
      if (w > 0.5) { e = glXor(l, a); f = glXor(h, b); } else { e = glXor(h, a); f = glXor(l, b); }
    }
    let ph = k1h; let pl = k1l; let rh = k2h; let rl = k2l;
    if (g === 1 || g === 4) { ph = k2h; pl = k2l; rh = k0h; rl = k0l; }
    if (g === 2) { ph = k0h; pl = k0l; rh = k1h; rl = k1l; }
    const u = b + pl; const v = Math.floor(u * 0.0000152587890625); b = u - v * 65536; a = glHalf(a + ph + v);
    const x = f + rl + g + 1; const n = Math.floor(x * 0.0000152587890625); f = x - n * 65536; e = glHalf(e + rh + n);
  }
  if (which < 0.5) { return glXor(a, e); } if (which < 1.5) { return glXor(b, f); }
  if (which < 2.5) { return a; } if (which < 3.5) { return b; } if (which < 4.5) { return e; } return f;`,
  ['glXor', 'glHalf'],
);
/** What is left of a whole number below 2¹⁸ beyond 2¹⁶. */
define('glHalf', ['x'], `const q = Math.floor(x * 0.0000152587890625); return x - q * 65536;`);

export const INTEGER_FUNCTIONS: Readonly<Record<string, KernelFunction>> = table;
