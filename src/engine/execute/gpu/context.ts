/** What the emitters of single primitives see of the kernel that they write into. */
import { GradLensError } from '../../errors';
import type { PrimitiveName } from '../../primitives/params';
import type { ArrayValue, Aval } from '../../program/aval';
import { NONE, type Program, type Row } from '../../program/program';
import type { SourcePosition } from '../../program/positions';
import type { Index } from './indexing';
import type { CarriedLoop } from './structured';
import type { Atom, KernelWriter } from './writer';

/** A kernel's argument and where a value begins in it. */
export interface Place {
  readonly array: string;
  readonly offset: number;
}

export interface KernelContext {
  readonly program: Program;
  readonly w: KernelWriter;
  /** The element of a row's value at an index. */
  value(row: Row, index: Index): Atom;
  aval(row: Row): Aval;
  /** The array and the place in it from which a value stands in memory, if it does. */
  place(row: Row): Place | undefined;
  /** Where a value begins in the packed array, if it stands there as it is. */
  packedAt(row: Row): number | undefined;
  packed(position: Atom): Atom;
  /** The loops of this program's scans that have been written. */
  readonly loops: Map<Row, CarriedLoop[]>;
  /** A context in which the inputs of a sub-program are given by `bind`. */
  nested(program: Program, bind: (input: number, index: Index) => Atom): KernelContext;
}

/** Writes the element at `index` of the row's result. */
type ElementEmitter = (k: KernelContext, row: Row, index: Index) => Atom;
export type EmitterTable = Partial<Record<PrimitiveName, ElementEmitter>>;

/** A program that the GPU cannot run; the CPU takes it. */
export class GpuUnsupportedError extends GradLensError {
  override name = 'GpuUnsupportedError';

  constructor(what: string, position?: SourcePosition) {
    super('gpu-unsupported', `The GPU does not run ${what}.`, 'It runs on the CPU instead.', position);
  }
}

/** A loop's body reads elements of a carried value other than its own: it must be written out. */
export class MixingError extends Error {
  /** @param row the equation of the outermost program */
  constructor(readonly row: Row = NONE) {
    super();
  }
}

/** Whole numbers are exact in float32 up to here. */
export const MAX_INTEGER = 2 ** 24;

/** Are the integers of a value, where it has integers, those that float32 holds? */
export function holdsExactly({ dtype, data }: ArrayValue): boolean {
  if (dtype !== 'int32' && dtype !== 'uint32') return true;
  return data.every((value: number) => Math.abs(value) <= MAX_INTEGER);
}
