/** exp, log and tanh two float64 lanes at a time, within an ulp or two; written into a module where a kernel asks for them. */
import { SIMD, V128 } from '../wasm/instructions';
import type { FunctionWriter, ModuleWriter } from '../wasm/module';

export type VectorFunction = 'exp' | 'log' | 'tanh' | 'logistic';

const LOG2E = 1.4426950408889634;
const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
/** Adding and taking away 1.5 · 2⁵² rounds to an integer, which then stands in the low bits. */
const ROUNDER = 6755399441055744;

/** Coefficients of the logarithm's series in s² = ((m − 1) / (m + 1))², as in fdlibm. */
const LOG_SERIES = [
  0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784, 0.1818357216161805, 0.15313837699209373,
  0.14798198605116586,
]; // prettier-ignore
/** (eʳ − 1 − r) / r² = Σ rⁿ / (n + 2)!, to the rounding of a float64 for |r| ≤ log 2 / 2. */
const EXP_SERIES: readonly number[] = (() => {
  const series: number[] = [];
  for (let order = 2, factorial = 2; order <= 13; order++, factorial *= order) series.push(1 / factorial);
  return series;
})();

/** Numbers that code reads from memory into all lanes: one instruction, where a constant in the code takes three. */
export class ConstantTable {
  private readonly addresses = new Map<string, number>();
  private readonly entries: { readonly value: number; readonly single: boolean }[] = [];

  constructor(
    readonly start: number,
    private readonly capacity: number,
  ) {}

  /** Address of a number, or undefined where the table is full. */
  address(value: number, single: boolean): number | undefined {
    const key = `${single ? 's' : 'd'}${Object.is(value, -0) ? '-0' : value}`;
    let at = this.addresses.get(key);
    if (at === undefined) {
      if (this.entries.length === this.capacity) return undefined;
      at = this.start + 8 * (this.entries.push({ value, single }) - 1);
      this.addresses.set(key, at);
    }
    return at;
  }

  fill(buffer: ArrayBuffer): void {
    const view = new DataView(buffer);
    this.entries.forEach(({ value, single }, index) => {
      if (single) view.setFloat32(this.start + 8 * index, value, true);
      else view.setFloat64(this.start + 8 * index, value, true);
    });
  }
}

class VectorWriter {
  constructor(
    readonly f: FunctionWriter,
    private readonly table: ConstantTable,
  ) {}

  constant(value: number): this {
    const at = this.table.address(value, false);
    if (at === undefined) this.f.f64(value).simd(SIMD.f64x2Splat);
    else this.f.i32(0).simdMemory(SIMD.load64Splat, at);
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

  /**
   * The polynomial with these coefficients (lowest first) at `x`, by Estrin's scheme: neighbours are joined in pairs, so that
   * the chain of dependent operations is as long as the logarithm of the degree.
   */
  polynomial(coefficients: readonly number[], x: number): this {
    let power = x;
    let terms: (() => void)[] = coefficients.map((value) => () => void this.constant(value));
    while (terms.length > 1) {
      const next: (() => void)[] = [];
      const by = power;
      for (let index = 0; index + 1 < terms.length; index += 2) {
        const [low, high] = [terms[index], terms[index + 1]];
        const local = this.local();
        high();
        this.get(by).do(SIMD.f64x2Mul);
        low();
        this.do(SIMD.f64x2Add).set(local);
        next.push(() => void this.get(local));
      }
      if (terms.length % 2 === 1) next.push(terms[terms.length - 1]);
      terms = next;
      if (terms.length > 1) {
        power = this.local();
        this.get(by).get(by).do(SIMD.f64x2Mul).set(power);
      }
    }
    terms[0]();
    return this;
  }
}

/** The module's vector functions, by name. */
export class VectorMath {
  private readonly made = new Map<VectorFunction, number>();

  constructor(
    private readonly module: ModuleWriter,
    readonly constants: ConstantTable,
  ) {}

  /** Index of a function v128 → v128. */
  function(name: VectorFunction): number {
    let index = this.made.get(name);
    if (index === undefined) {
      // What a function calls must exist before its body is written.
      if (name === 'logistic') this.function('exp');
      const writer = this.module.function([V128], [V128]);
      index = writer.index;
      this.made.set(name, index);
      const w = new VectorWriter(writer, this.constants);
      if (name === 'exp') writeExp(w);
      else if (name === 'log') writeLog(w);
      else if (name === 'tanh') writeTanh(w);
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
  // 1 + (r + r² (…)): the largest terms last.
  w.polynomial(EXP_SERIES, r).get(r).get(r).do(SIMD.f64x2Mul).do(SIMD.f64x2Mul);
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
  w.get(s).get(halfSquare).polynomial(LOG_SERIES, z).get(z).do(SIMD.f64x2Mul).do(SIMD.f64x2Add).do(SIMD.f64x2Mul);
  w.get(e).constant(LN2_LOW).do(SIMD.f64x2Mul).do(SIMD.f64x2Add).do(SIMD.f64x2Sub);
  w.get(f).do(SIMD.f64x2Sub).do(SIMD.f64x2Sub).set(f);
  // ∞ and NaN stay, 0 gives −∞, below it is NaN.
  w.get(x).get(f).get(x).constant(Infinity).do(SIMD.f64x2Lt).do(SIMD.not).do(SIMD.bitselect).set(f);
  w.constant(-Infinity).get(f).get(x).constant(0).do(SIMD.f64x2Eq).do(SIMD.bitselect).set(f);
  w.constant(NaN).get(f).get(x).constant(0).do(SIMD.f64x2Lt).do(SIMD.bitselect);
}

/** t / (t + 2) with t = e^2|x| − 1 = 2ᵏ (eʳ − 1) + (2ᵏ − 1), which keeps all digits near 0; with the sign of x. */
function writeTanh(w: VectorWriter): void {
  const x = 0;
  const y = w.local();
  const bits = w.local();
  const k = w.local();
  const r = w.local();
  const scale = w.local();
  const t = w.local();
  // From 20 on the result is 1.
  w.get(x).do(SIMD.f64x2Abs).constant(20).do(SIMD.f64x2Min).set(y);
  w.get(y).get(y).do(SIMD.f64x2Add).set(y);
  w.get(y).constant(LOG2E).do(SIMD.f64x2Mul).constant(ROUNDER).do(SIMD.f64x2Add).set(bits);
  w.get(bits).constant(ROUNDER).do(SIMD.f64x2Sub).set(k);
  w.get(y).get(k).constant(LN2_HIGH).do(SIMD.f64x2Mul).do(SIMD.f64x2Sub);
  w.get(k).constant(LN2_LOW).do(SIMD.f64x2Mul).do(SIMD.f64x2Sub).set(r);
  // The low bits of the rounder are zero, so what is shifted out on the left is all of it but k.
  w.get(bits).shift(SIMD.i64x2Shl, 52).constant(1).do(SIMD.i64x2Add).set(scale);
  w.polynomial(EXP_SERIES, r).get(r).get(r).do(SIMD.f64x2Mul).do(SIMD.f64x2Mul).get(r).do(SIMD.f64x2Add);
  w.get(scale).do(SIMD.f64x2Mul).get(scale).constant(1).do(SIMD.f64x2Sub).do(SIMD.f64x2Add).set(t);
  w.get(t).get(t).constant(2).do(SIMD.f64x2Add).do(SIMD.f64x2Div);
  w.get(x).constant(-0).do(SIMD.and).do(SIMD.or);
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
