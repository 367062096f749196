/** Elementwise primitives as kernel expressions. A primitive without an entry does not run on the GPU. */
import type { PrimitiveName } from '../../primitives/params';

export interface ElementwiseForm {
  /** The expression over the operands' names. */
  readonly text: (operands: readonly string[], params: unknown) => string;
  /** Kernel functions that it calls. */
  readonly uses: readonly string[];
}

const call = (name: string, ...extra: string[]): ElementwiseForm => ({
  text: (operands) => `${name}(${[...operands, ...extra].join(', ')})`,
  uses: [name],
});

const infix = (operator: string): ElementwiseForm => ({
  text: ([x, y]) => `${x} ${operator} ${y}`,
  uses: [],
});

/** Statements choose: kernels have no boolean values, 1 and 0 stand for them. */
const compare = (operator: string): ElementwiseForm => ({
  text: ([x, y]) => `${x} ${operator} ${y} ? 1 : 0`,
  uses: [],
});

/** Powers up to this are written as products. */
export const MOST_FACTORS = 8;

function power(x: string, exponent: number): string {
  if (exponent === 0) return '1';
  const product = new Array<string>(Math.abs(exponent)).fill(x).join(' * ');
  return exponent > 0 ? product : `1 / (${product})`;
}

export const ELEMENTWISE: Partial<Record<PrimitiveName, ElementwiseForm>> = {
  neg: { text: ([x]) => `-${x}`, uses: [] },
  abs: call('glAbs'),
  sign: call('glSign'),
  floor: { text: ([x]) => `Math.floor(${x})`, uses: [] },
  ceil: call('glCeil'),
  round: call('glRound'),
  roundHalfUp: call('glRoundHalfUp'),
  trunc: call('glTrunc'),
  exp: call('glExp', 'inf'),
  expm1: call('glExpm1', 'inf'),
  log: call('glLog', 'nan', 'inf'),
  log1p: call('glLog1p', 'nan', 'inf'),
  log2: { text: ([x]) => `glLog(${x}, nan, inf) * 1.4426950`, uses: ['glLog'] },
  log10: { text: ([x]) => `glLog(${x}, nan, inf) * 0.43429448`, uses: ['glLog'] },
  sqrt: call('glSqrt', 'nan'),
  cbrt: call('glCbrt'),
  sin: call('glSin', 'nan'),
  cos: call('glCos', 'nan'),
  tan: call('glTan', 'nan'),
  asin: call('glAsin', 'nan'),
  acos: call('glAcos', 'nan'),
  atan: call('glAtan'),
  sinh: call('glSinh', 'inf'),
  cosh: call('glCosh', 'inf'),
  tanh: call('glTanh'),
  asinh: call('glAsinh', 'nan', 'inf'),
  acosh: call('glAcosh', 'nan', 'inf'),
  atanh: call('glAtanh', 'nan', 'inf'),
  erf: call('glErf'),
  erfc: call('glErfc'),
  erfInv: call('glErfInv', 'nan', 'inf'),
  logistic: call('glLogistic'),
  softplus: call('glSoftplus', 'nan', 'inf'),
  not: { text: ([x]) => `1 - ${x}`, uses: [] },
  isFinite: call('glIsFinite'),
  isNaN: call('glIsNaN'),
  stopGradient: { text: ([x]) => x, uses: [] },
  integerPow: {
    text: ([x], params) => {
      const { exponent } = params as { exponent: number };
      return Math.abs(exponent) <= MOST_FACTORS ? power(x, exponent) : `glPow(${x}, ${exponent}.0, nan, inf)`;
    },
    uses: ['glPow'],
  },
  add: infix('+'),
  sub: infix('-'),
  mul: infix('*'),
  div: infix('/'),
  pow: call('glPow', 'nan', 'inf'),
  rem: call('glRem', 'nan'),
  min: call('glMin'),
  max: call('glMax'),
  atan2: call('glAtan2', 'nan'),
  hypot: call('glHypot'),
  eq: compare('==='),
  ne: call('glDiffers'),
  lt: compare('<'),
  le: compare('<='),
  gt: compare('>'),
  ge: compare('>='),
  and: { text: ([x, y]) => `${x} * ${y}`, uses: [] },
  or: { text: ([x, y]) => `glMax(${x}, ${y})`, uses: ['glMax'] },
  xor: { text: ([x, y]) => `${x} === ${y} ? 0 : 1`, uses: [] },
  select: { text: ([c, x, y]) => `${c} > 0.5 ? ${x} : ${y}`, uses: [] },
  clamp: { text: ([low, x, high]) => `glMin(glMax(${x}, ${low}), ${high})`, uses: ['glMin', 'glMax'] },
};

/** Where integers have a form of their own. */
export const INTEGER_FORMS: Partial<Record<PrimitiveName, ElementwiseForm>> = {
  div: call('glDivide'),
  rem: call('glRemainder'),
  and: call('glAnd'),
  or: call('glOr'),
  xor: call('glXor'),
  not: { text: ([x]) => `-1 - ${x}`, uses: [] },
};

/** A number as a kernel literal: always with a point, never NaN or infinite (those are arguments). */
export function kernelLiteral(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  const single = Math.fround(value);
  if (single === Infinity) return 'inf';
  if (single === -Infinity) return '(0 - inf)';
  const text = toPlainDecimal(Math.abs(single));
  return single < 0 || Object.is(single, -0) ? `(0 - ${text})` : text;
}

/** Decimal without an exponent where that stays short; WGSL and GLSL both read `1.5e-10` too, with the point. */
function toPlainDecimal(value: number): string {
  let text = String(Number(value.toPrecision(9)));
  if (!/[.e]/.test(text)) text += '.0';
  else if (/e/.test(text) && !text.includes('.')) text = text.replace('e', '.0e');
  return text.replace('e+', 'e');
}
