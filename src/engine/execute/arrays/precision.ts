/** The instructions of float64 and of float32 vectors, for code that is the same for both. */
import { F32, F64, OP, SIMD } from '../wasm/instructions';

export interface Precision {
  readonly bytes: 4 | 8;
  readonly lanes: 2 | 4;
  readonly load: number;
  readonly store: number;
  readonly align: number;
  readonly splat: number;
  readonly vectorSplat: number;
  readonly mul: number;
  readonly add: number;
  readonly vectorMul: number;
  readonly vectorAdd: number;
  readonly extract: number;
  readonly type: typeof F64 | typeof F32;
}

export const DOUBLE: Precision = {
  bytes: 8,
  lanes: 2,
  load: OP.f64Load,
  store: OP.f64Store,
  align: 3,
  splat: SIMD.load64Splat,
  vectorSplat: SIMD.f64x2Splat,
  mul: OP.f64Mul,
  add: OP.f64Add,
  vectorMul: SIMD.f64x2Mul,
  vectorAdd: SIMD.f64x2Add,
  extract: SIMD.f64x2ExtractLane,
  type: F64,
};

export const SINGLE: Precision = {
  bytes: 4,
  lanes: 4,
  load: OP.f32Load,
  store: OP.f32Store,
  align: 2,
  splat: SIMD.load32Splat,
  vectorSplat: SIMD.f32x4Splat,
  mul: OP.f32Mul,
  add: OP.f32Add,
  vectorMul: SIMD.f32x4Mul,
  vectorAdd: SIMD.f32x4Add,
  extract: SIMD.f32x4ExtractLane,
  type: F32,
};
