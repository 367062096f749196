/** What a strategy costs beside its time. */
import type { Executable } from '../../engine/execute/run';
import { sizeOf } from '../../engine/program/aval';
import type { Program } from '../../engine/program/program';
import type { Recorded } from '../record';

export interface Cost {
  /** Scalar operations of one run; NaN where they cannot be told. */
  operations: number;
  /** Bytes of working memory; NaN where they cannot be told. */
  bytes: number;
}

/** Rows up to this opcode are inputs, literals, constants and guards. */
const LAST_PASSIVE = 4;

/** Of a program made ready: what it computes, and the memory of how it runs now. */
export function costOf({ program, info }: Executable): Cost {
  const counted = countedCost(program);
  return info.tier === 'wasm' ? { ...counted, bytes: info.memoryBytes } : counted;
}

/** Of an interpreted program: one operation an entry that is computed, and all values in memory. */
export function countedCost(program: Program): Cost {
  const { opcodes } = program.columns;
  let operations = 0;
  let bytes = 0;
  for (let row = 0; row < program.size; row++) {
    const { shape, dtype } = program.aval(row);
    const size = sizeOf(shape);
    bytes += size * (dtype === 'float64' ? 8 : dtype === 'bool' ? 1 : 4);
    if (opcodes[row] > LAST_PASSIVE) operations += size;
  }
  return { operations, bytes };
}

/** Of derivatives swept over the recorded program: a pass a sweep over its partial derivatives, which stay in memory. */
export function sweepsCost({ program, operations }: Recorded, sweeps: number): Cost {
  // Value, two partials and the derivative of each row.
  return { operations: sweeps * operations, bytes: 4 * 8 * program.size };
}
