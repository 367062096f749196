/** Instructions of one operation on one value at a time or on a vector of them. */
import { OPCODES } from '../../primitives/opcodes';
import { tapeArity } from '../scalar/operations';
import { COMPARE_CODE, FLOAT_CODE, LOGIC_CODE } from '../roll/scalarCode';
import { F32, F64, I32, OP, SIMD, V128, type ValueType } from '../wasm/instructions';
import type { FunctionWriter } from '../wasm/module';
import type { VectorFunction, VectorMath } from './vectorMath';

/** How a loop's body computes: plain values, or vectors of two float64 or four float32. */
export type Mode = 'scalar' | 'f64x2' | 'f32x4';

export interface Library {
  /** Imported scalar function of an opcode (float64). */
  imported(opcode: number): number;
  readonly math: VectorMath;
}

type Names = keyof typeof OPCODES;
function table(entries: Partial<Record<Names, readonly [number, number]>>): (readonly [number, number] | undefined)[] {
  const list: (readonly [number, number] | undefined)[] = [];
  for (const [name, codes] of Object.entries(entries)) list[OPCODES[name as Names]] = codes;
  return list;
}

/** [f64x2, f32x4] */
const VECTOR = table({
  neg: [SIMD.f64x2Neg, SIMD.f32x4Neg],
  abs: [SIMD.f64x2Abs, SIMD.f32x4Abs],
  floor: [SIMD.f64x2Floor, SIMD.f32x4Floor],
  ceil: [SIMD.f64x2Ceil, SIMD.f32x4Ceil],
  trunc: [SIMD.f64x2Trunc, SIMD.f32x4Trunc],
  round: [SIMD.f64x2Nearest, SIMD.f32x4Nearest],
  sqrt: [SIMD.f64x2Sqrt, SIMD.f32x4Sqrt],
  add: [SIMD.f64x2Add, SIMD.f32x4Add],
  sub: [SIMD.f64x2Sub, SIMD.f32x4Sub],
  mul: [SIMD.f64x2Mul, SIMD.f32x4Mul],
  div: [SIMD.f64x2Div, SIMD.f32x4Div],
  min: [SIMD.f64x2Min, SIMD.f32x4Min],
  max: [SIMD.f64x2Max, SIMD.f32x4Max],
  eq: [SIMD.f64x2Eq, SIMD.f32x4Eq],
  ne: [SIMD.f64x2Ne, SIMD.f32x4Ne],
  lt: [SIMD.f64x2Lt, SIMD.f32x4Lt],
  le: [SIMD.f64x2Le, SIMD.f32x4Le],
  gt: [SIMD.f64x2Gt, SIMD.f32x4Gt],
  ge: [SIMD.f64x2Ge, SIMD.f32x4Ge],
  and: [SIMD.and, SIMD.and],
  or: [SIMD.or, SIMD.or],
  xor: [SIMD.xor, SIMD.xor],
  not: [SIMD.not, SIMD.not],
});

/** The float32 instruction of a float64 one: their numbers differ by a constant within each family. */
function narrow(code: number): number {
  return code >= OP.f64Abs ? code - (OP.f64Abs - OP.f32Abs) : code - (OP.f64Eq - OP.f32Eq);
}

const VECTOR_FUNCTIONS: Partial<Record<number, VectorFunction>> = {
  [OPCODES.exp]: 'exp',
  [OPCODES.log]: 'log',
  [OPCODES.tanh]: 'tanh',
  [OPCODES.logistic]: 'logistic',
};

/** Element type of a local for values of a dtype. */
export function localType(mode: Mode, dtype: string): ValueType {
  if (mode !== 'scalar') return V128;
  return dtype === 'float64' ? F64 : dtype === 'float32' ? F32 : I32;
}

/** Must the operation be called through an import? Then kernels declare it first. */
export function needsImport(opcode: number): boolean {
  if (FLOAT_CODE[opcode] || COMPARE_CODE[opcode] || LOGIC_CODE[opcode]) return false;
  return ![
    OPCODES.select,
    OPCODES.integerPow,
    OPCODES.convert,
    OPCODES.stopGradient,
    OPCODES.isNaN,
    OPCODES.isFinite,
    OPCODES.guard,
  ].includes(opcode as 90);
}

/** Writes one operation whose operands lie in locals; leaves the result on the stack. */
export class LaneWriter {
  constructor(
    private readonly f: FunctionWriter,
    private readonly mode: Mode,
    private readonly library: Library,
  ) {}

  operation(
    opcode: number,
    operands: readonly number[],
    dtypes: readonly string[],
    result: string,
    exponent = 0,
  ): void {
    const { f, mode } = this;
    switch (opcode) {
      case OPCODES.stopGradient:
        f.get(operands[0]);
        return;
      case OPCODES.convert:
        f.get(operands[0]);
        this.convert(dtypes[0], result);
        return;
      case OPCODES.select:
        f.get(operands[1]).get(operands[2]).get(operands[0]);
        if (mode === 'scalar') f.op(OP.select);
        else f.simd(SIMD.bitselect);
        return;
      case OPCODES.integerPow:
        this.integerPow(operands[0], dtypes[0], exponent);
        return;
      case OPCODES.isNaN:
        f.get(operands[0]).get(operands[0]);
        this.plain(OPCODES.ne, dtypes[0]);
        return;
      case OPCODES.isFinite:
        // x − x is 0 for finite x and NaN for the others.
        f.get(operands[0]).get(operands[0]);
        this.plain(OPCODES.sub, dtypes[0]);
        this.number(0, dtypes[0]);
        this.plain(OPCODES.eq, dtypes[0]);
        return;
      default:
    }
    if (FLOAT_CODE[opcode] || COMPARE_CODE[opcode] || LOGIC_CODE[opcode]) {
      for (const operand of operands) f.get(operand);
      this.plain(opcode, dtypes[0]);
      return;
    }
    this.call(opcode, operands, dtypes[0]);
  }

  /** A number, in all lanes. */
  number(value: number, dtype: string): void {
    const { f, mode } = this;
    if (mode === 'f64x2') {
      if (dtype === 'bool') f.i64(value !== 0 ? -1n : 0n).simd(SIMD.i64x2Splat);
      else this.splat(value, SIMD.load64Splat, () => f.f64(value).simd(SIMD.f64x2Splat));
    } else if (mode === 'f32x4') {
      if (dtype === 'bool') f.i64(value !== 0 ? -1n : 0n).simd(SIMD.i64x2Splat);
      else this.splat(value, SIMD.load32Splat, () => f.f32(value).simd(SIMD.f32x4Splat));
    } else if (dtype === 'float64') f.f64(value);
    else if (dtype === 'float32') f.f32(value);
    else f.i32(value !== 0 ? 1 : 0);
  }

  private splat(value: number, load: number, otherwise: () => void): void {
    const at = this.library.math.constants.address(value, load === SIMD.load32Splat);
    if (at === undefined) otherwise();
    else this.f.i32(0).simdMemory(load, at);
  }

  /** An operation that is one instruction; operands on the stack. */
  plain(opcode: number, dtype: string): void {
    const { f, mode } = this;
    if (mode !== 'scalar') {
      f.simd((VECTOR[opcode] as readonly [number, number])[mode === 'f64x2' ? 0 : 1]);
      return;
    }
    if (dtype === 'bool') {
      // Comparisons of booleans are logic: only these occur.
      if (opcode === OPCODES.eq) f.op(OP.i32Eq);
      else if (opcode === OPCODES.ne) f.op(OP.i32Ne);
      else f.op(LOGIC_CODE[opcode]);
      return;
    }
    const code = FLOAT_CODE[opcode] || COMPARE_CODE[opcode];
    f.op(dtype === 'float32' ? narrow(code) : code);
  }

  private convert(from: string, to: string): void {
    if (from === to) return;
    const { f, mode } = this;
    if (mode !== 'scalar') {
      if (to === 'bool') {
        this.number(0, from);
        this.plain(OPCODES.ne, from);
      } else {
        // A mask keeps the bits of 1.
        this.number(1, to);
        f.simd(SIMD.and);
      }
      return;
    }
    if (from === 'bool') f.op(to === 'float64' ? OP.f64ConvertI32U : OP.f32ConvertI32U);
    else if (to === 'bool') {
      this.number(0, from);
      this.plain(OPCODES.ne, from);
    } else f.op(to === 'float64' ? OP.f64PromoteF32 : OP.f32DemoteF64);
  }

  private integerPow(x: number, dtype: string, exponent: number): void {
    const { f } = this;
    if (exponent < 0) this.number(1, dtype);
    let size = Math.abs(exponent);
    if (size === 0) this.number(1, dtype);
    else if (size <= 3) {
      f.get(x);
      for (; size > 1; size--) {
        f.get(x);
        this.plain(OPCODES.mul, dtype);
      }
    } else {
      // By squaring: within a few roundings of the power function.
      const type = localType(this.mode, dtype);
      const square = f.local(type);
      const product = f.local(type);
      f.get(x).set(square);
      let started = false;
      for (; size > 0; size >>= 1) {
        if (size & 1) {
          f.get(square);
          if (started) {
            f.get(product);
            this.plain(OPCODES.mul, dtype);
          }
          f.set(product);
          started = true;
        }
        if (size > 1) {
          f.get(square).get(square);
          this.plain(OPCODES.mul, dtype);
          f.set(square);
        }
      }
      f.get(product);
    }
    if (exponent < 0) this.plain(OPCODES.div, dtype);
  }

  /** A function of float64: lane by lane, unless a vector version exists. */
  private call(opcode: number, operands: readonly number[], dtype: string): void {
    const { f, mode, library } = this;
    if (mode === 'scalar') {
      const index = library.imported(opcode);
      for (const operand of operands) {
        f.get(operand);
        if (dtype === 'float32') f.op(OP.f64PromoteF32);
      }
      f.call(index);
      if (dtype === 'float32') f.op(OP.f32DemoteF64);
      return;
    }
    const vector = VECTOR_FUNCTIONS[opcode];
    if (vector) {
      const index = library.math.function(vector);
      if (mode === 'f64x2') {
        f.get(operands[0]).call(index);
        return;
      }
      f.get(operands[0]).simd(SIMD.f64x2PromoteLowF32x4).call(index).simd(SIMD.f32x4DemoteF64x2Zero);
      f.get(operands[0]).get(operands[0]);
      shuffle(f, [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]);
      f.simd(SIMD.f64x2PromoteLowF32x4).call(index).simd(SIMD.f32x4DemoteF64x2Zero);
      shuffle(f, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
      return;
    }
    const index = library.imported(opcode);
    const lanes = mode === 'f64x2' ? 2 : 4;
    for (let lane = 0; lane < lanes; lane++) {
      for (let at = 0; at < tapeArity[opcode]; at++) {
        f.get(operands[at]).simdLane(mode === 'f64x2' ? SIMD.f64x2ExtractLane : SIMD.f32x4ExtractLane, lane);
        if (mode === 'f32x4') f.op(OP.f64PromoteF32);
      }
      f.call(index);
      if (mode === 'f64x2') {
        if (lane === 0) f.simd(SIMD.f64x2Splat);
        else f.simdLane(SIMD.f64x2ReplaceLane, lane);
      } else {
        f.op(OP.f32DemoteF64);
        if (lane === 0) f.simd(SIMD.f32x4Splat);
        else f.simdLane(SIMD.f32x4ReplaceLane, lane);
      }
    }
  }
}

function shuffle(f: FunctionWriter, lanes: readonly number[]): void {
  f.simd(SIMD.i8x16Shuffle);
  f.op(...lanes);
}
