/** exp, log and tanh two float64 lanes at a time, within an ulp or two; written into a module where a kernel asks for them. */
import { F64, OP, SIMD, V128 } from '../wasm/instructions';
import type { FunctionWriter, ModuleWriter } from '../wasm/module';

export type VectorFunction = 'exp' | 'log' | 'tanh' | 'logistic';

const LOG2E = 1.4426950408889634;
const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
/** Adding and taking away 1.5 · 2⁵² rounds to an integer, which then stands in the low bits. */
const ROUNDER = 6755399441055744;

/** Coefficients of the logarithm's series in s² = ((m − 1) / (m + 1))², as in fdlibm. */
const LOG_SERIES = [
  6.666666666666735130e-1, 3.999999999940941908e-1, 2.857142874366239149e-1, 2.222219843214978396e-1,
  1.818357216161805012e-1, 1.531383769920937332e-1, 1.479819860511658591e-1,
]; // prettier-ignore
/** tanh x = x + x³ P(x²) / Q(x²) for |x| < 0.625, as in Cephes. */
const TANH_P = [-9.64399179425052238628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3];
const TANH_Q = [1, 1.12811678491632931402e2, 2.23548839060100448583e3, 4.84406305325125486048e3];

class VectorWriter {
  constructor(readonly f: FunctionWriter) {}

  constant(value: number): this {
    this.f.f64(value).simd(SIMD.f64x2Splat);
    return this;
  }

  get(local: number): this {
    this.f.get(local);
    return this;
  }

  set(local: number): this {
    this.f.set(local);
    return this;
  }

  do(code: number): this {
    this.f.simd(code);
    return this;
  }

  local(): number {
    return this.f.local(V128);
  }

  integers(value: bigint): this {
    this.f.i64(value).simd(SIMD.i64x2Splat);
    return this;
  }

  shift(code: number, count: number): this {
    this.f.i32(count).simd(code);
    return this;
  }

  /** Horner's rule on the polynomial with these coefficients (highest first) at `x`. */
  polynomial(coefficients: readonly number[], x: number): this {
    this.constant(coefficients[0]);
    for (const coefficient of coefficients.slice(1))
      this.get(x).do(SIMD.f64x2Mul).constant(coefficient).do(SIMD.f64x2Add);
    return this;
  }
}

/** The module's vector functions, by name. */
export class VectorMath {
  private readonly made = new Map<VectorFunction, number>();

  constructor(private readonly module: ModuleWriter) {}

  /** Index of a function v128 → v128. */
  function(name: VectorFunction): number {
    let index = this.made.get(name);
    if (index === undefined) {
      // What a function calls must exist before its body is written.
      if (name === 'tanh' || name === 'logistic') this.function('exp');
      const writer = this.module.function([V128], [V128]);
      index = writer.index;
      this.made.set(name, index);
      const w = new VectorWriter(writer);
      if (name === 'exp') writeExp(w);
      else if (name === 'log') writeLog(w);
      else if (name === 'tanh') writeTanh(w, this.function('exp'));
      else writeLogistic(w, this.function('exp'));
    }
    return index;
  }
}

/** 2ᵏ · e^r with x = k log 2 + r, |r| ≤ log 2 / 2; the power in two factors, so that results below the normal range are right. */
function writeExp(w: VectorWriter): void {
  const x = 0;
  const k = w.local();
  const r = w.local();
  const bits = w.local();
  const half = w.local();
  w.get(x).constant(710).do(SIMD.f64x2Min).constant(-746).do(SIMD.f64x2Max).set(x);
  w.get(x).constant(LOG2E).do(SIMD.f64x2Mul).constant(ROUNDER).do(SIMD.f64x2Add).set(bits);
  w.get(bits).constant(ROUNDER).do(SIMD.f64x2Sub).set(k);
  w.get(x).get(k).constant(LN2_HIGH).do(SIMD.f64x2Mul).do(SIMD.f64x2Sub);
  w.get(k).constant(LN2_LOW).do(SIMD.f64x2Mul).do(SIMD.f64x2Sub).set(r);
  const series: number[] = [];
  for (let order = 13, factorial = 6227020800; order >= 2; factorial /= order, order--) series.push(1 / factorial);
  // 1 + (r + r² (…)): the largest terms last.
  w.polynomial(series, r).get(r).get(r).do(SIMD.f64x2Mul).do(SIMD.f64x2Mul);
  w.get(r).do(SIMD.f64x2Add).constant(1).do(SIMD.f64x2Add).set(r);
  // k sits in the low bits of `bits`, as an offset from those of the rounder.
  w.get(bits).constant(ROUNDER).do(SIMD.i64x2Sub).set(bits);
  w.get(bits).shift(SIMD.i64x2ShrS, 1).set(half);
  w.get(r);
  w.get(half).integers(1023n).do(SIMD.i64x2Add).shift(SIMD.i64x2Shl, 52).do(SIMD.f64x2Mul);
  w.get(bits).get(half).do(SIMD.i64x2Sub).integers(1023n).do(SIMD.i64x2Add).shift(SIMD.i64x2Shl, 52).do(SIMD.f64x2Mul);
}

function writeLog(w: VectorWriter): void {
  const x = 0;
  const scaled = w.local();
  const e = w.local();
  const f = w.local();
  const s = w.local();
  const z = w.local();
  const halfSquare = w.local();
  const tiny = w.local();
  // Below the normal range: times 2⁵⁴.
  w.get(x).constant(2.2250738585072014e-308).do(SIMD.f64x2Lt).set(tiny);
  w.get(x).constant(18014398509481984).do(SIMD.f64x2Mul).get(x).get(tiny).do(SIMD.bitselect).set(scaled);
  // The exponent relative to √½: m in [√½, √2).
  w.get(scaled).integers(0x3fe6a09e667f3bcdn).do(SIMD.i64x2Sub).shift(SIMD.i64x2ShrS, 52).set(e);
  w.get(scaled).get(e).shift(SIMD.i64x2Shl, 52).do(SIMD.i64x2Sub).constant(1).do(SIMD.f64x2Sub).set(f);
  // To floating point: through the bits of the rounder.
  w.get(e).constant(ROUNDER).do(SIMD.i64x2Add).constant(ROUNDER).do(SIMD.f64x2Sub);
  w.get(tiny).constant(54).do(SIMD.and).do(SIMD.f64x2Sub).set(e);
  w.get(f).get(f).constant(2).do(SIMD.f64x2Add).do(SIMD.f64x2Div).set(s);
  w.get(s).get(s).do(SIMD.f64x2Mul).set(z);
  w.get(f).get(f).do(SIMD.f64x2Mul).constant(0.5).do(SIMD.f64x2Mul).set(halfSquare);
  // e·ln2_high − ((f²/2 − (s (f²/2 + R) + e·ln2_low)) − f)
  w.get(e).constant(LN2_HIGH).do(SIMD.f64x2Mul);
  w.get(halfSquare);
  w.get(s)
    .get(halfSquare)
    .polynomial([...LOG_SERIES].reverse(), z)
    .get(z)
    .do(SIMD.f64x2Mul)
    .do(SIMD.f64x2Add)
    .do(SIMD.f64x2Mul);
  w.get(e).constant(LN2_LOW).do(SIMD.f64x2Mul).do(SIMD.f64x2Add).do(SIMD.f64x2Sub);
  w.get(f).do(SIMD.f64x2Sub).do(SIMD.f64x2Sub).set(f);
  // ∞ and NaN stay, 0 gives −∞, below it is NaN.
  w.get(x).get(f).get(x).constant(Infinity).do(SIMD.f64x2Lt).do(SIMD.not).do(SIMD.bitselect).set(f);
  w.constant(-Infinity).get(f).get(x).constant(0).do(SIMD.f64x2Eq).do(SIMD.bitselect).set(f);
  w.constant(NaN).get(f).get(x).constant(0).do(SIMD.f64x2Lt).do(SIMD.bitselect);
}

function writeTanh(w: VectorWriter, exp: number): void {
  const x = 0;
  const size = w.local();
  const square = w.local();
  const near = w.local();
  w.get(x).do(SIMD.f64x2Abs).set(size);
  w.get(x).get(x).do(SIMD.f64x2Mul).set(square);
  w.get(x).get(x).get(square).do(SIMD.f64x2Mul);
  w.polynomial(TANH_P, square)
    .polynomial(TANH_Q, square)
    .do(SIMD.f64x2Div)
    .do(SIMD.f64x2Mul)
    .do(SIMD.f64x2Add)
    .set(near);
  // Far from 0: 1 − 2 / (e^2|x| + 1), with the sign of x.
  w.get(near);
  w.constant(1).constant(2);
  w.get(size).get(size).do(SIMD.f64x2Add).f.call(exp);
  w.constant(1).do(SIMD.f64x2Add).do(SIMD.f64x2Div).do(SIMD.f64x2Sub);
  w.get(x).constant(-0).do(SIMD.and).do(SIMD.or);
  w.get(size).constant(0.625).do(SIMD.f64x2Lt).do(SIMD.bitselect);
}

/** 1 / (1 + e^−x) on the right, e^x / (1 + e^x) on the left of 0. */
function writeLogistic(w: VectorWriter, exp: number): void {
  const x = 0;
  const e = w.local();
  w.get(x).do(SIMD.f64x2Abs).do(SIMD.f64x2Neg).f.call(exp);
  w.set(e);
  w.get(e).constant(1).get(x).constant(0).do(SIMD.f64x2Lt).do(SIMD.bitselect);
  w.get(e).constant(1).do(SIMD.f64x2Add).do(SIMD.f64x2Div);
}

/** The scalar function by the vector function: both lanes the same. */
export function scalarByVector(f: FunctionWriter, index: number): void {
  f.simd(SIMD.f64x2Splat).call(index).simdLane(SIMD.f64x2ExtractLane, 0);
}

export { F64, OP };
