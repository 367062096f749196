/** Types of results, by JAX's promotion: bool < uint32 < int32 < float32 < float64; weakly typed numbers are floats. */
import { isFloat, type DType } from '../program/aval';

const RANK: Record<DType, number> = { bool: 0, uint32: 1, int32: 2, float32: 3, float64: 4 };

/** The smallest type that holds both (int32 for int32 with uint32, as in JAX without 64-bit integers). */
export function promoteTypes(a: DType, b: DType): DType {
  return RANK[a] >= RANK[b] ? a : b;
}

/**
 * Type of an operation's result.
 * @param strong types of the operands that have one; @param weakFloat whether a plain number is among the operands
 */
export function resultType(strong: readonly DType[], weakFloat: boolean): DType {
  let dtype = strong.length > 0 ? strong[0] : undefined;
  for (const other of strong) dtype = promoteTypes(dtype as DType, other);
  if (dtype === undefined) return weakFloat ? 'float64' : 'bool';
  return weakFloat && !isFloat(dtype) ? 'float64' : dtype;
}

/** Type that functions on floats compute in. */
export function floatType(dtype: DType): DType {
  return isFloat(dtype) ? dtype : 'float64';
}
