/** The parts of a scan's operands. */
import type { Aval } from '../../program/aval';
import type { ParamsOf } from '../../program/program';
import { cut } from './programs';

/** The aval of one slice of a stacked operand. */
export function sliceAval({ shape, dtype }: Aval): Aval {
  return { shape: shape.slice(1), dtype };
}

/** The aval of `length` slices stacked. */
export function stackAval(length: number, { shape, dtype }: Aval): Aval {
  return { shape: [length, ...shape], dtype };
}

/** Operands (...consts, ...carry, ...xs) apart. */
export function scanParts<T>(
  operands: readonly T[],
  { consts, carry }: Pick<ParamsOf<'scan'>, 'consts' | 'carry'>,
): T[][] {
  return cut(operands, [consts, carry, operands.length - consts - carry]);
}
