/**
 * A scalar program made ready to run: interpreted at first, compiled to WebAssembly once the time spent interpreting it reaches
 * what compilation costs. Never more than twice the cost of the better choice, whatever happens next.
 */
import { GuardError } from '../../errors';
import type { Program } from '../../program/program';
import { compileTape, type CompiledTape } from './compiled';
import { allocateValues, interpretTape } from './interpret';
import { tapeOf, type Tape } from './tape';

export type ScalarTier = 'interpret' | 'wasm';

/** Milliseconds to compile: a fixed part and one for each row, corrected by what compilations really took. */
const costs = { fixed: 1, perRow: 0.0006 };

export class ScalarExecutable {
  tier: ScalarTier = 'interpret';
  /** Milliseconds that compilation took; 0 while there was none. */
  compileTime = 0;
  private compiled: CompiledTape | undefined;
  private values: Float64Array | undefined;
  private spent = 0;
  private refused = false;
  private readonly results: Float64Array;

  constructor(
    readonly program: Program,
    readonly tape: Tape,
  ) {
    this.results = new Float64Array(tape.outputs.length);
  }

  get codeBytes(): number {
    return this.compiled?.codeBytes ?? 0;
  }

  /** Bytes of working memory. */
  get memoryBytes(): number {
    return this.compiled?.memoryBytes ?? this.values?.byteLength ?? 0;
  }

  /** Rows that generated code has; loops stand in it once. */
  get codeRows(): number {
    return this.compiled?.sites ?? 0;
  }

  /**
   * Runs on the inputs' numbers, in order, and returns the outputs' in an array that the next run overwrites, or in `into`.
   * @throws GuardError where control flow goes another way
   */
  run(inputs: ArrayLike<number>, into: Float64Array = this.results): Float64Array {
    if (this.tier === 'interpret' && !this.refused && this.spent > costs.fixed + costs.perRow * this.tape.size)
      this.compile();
    if (this.compiled) {
      if (this.compiled.run(inputs, into)) return into;
      return this.interpret(inputs, into);
    }
    const before = performance.now();
    this.interpret(inputs, into);
    // Timers may be coarse: a run counts for at least what its rows usually take.
    this.spent += Math.max(performance.now() - before, this.tape.size * 1e-5);
    return into;
  }

  /** Compiles now, whatever was spent so far. */
  compile(): void {
    if (this.compiled || this.refused) return;
    const before = performance.now();
    this.compiled = compileTape(this.tape);
    if (!this.compiled) {
      this.refused = true;
      return;
    }
    this.tier = 'wasm';
    this.values = undefined;
    this.compileTime = performance.now() - before;
    const perRow = Math.max(this.compileTime - costs.fixed, 0) / this.tape.size;
    if (this.tape.size > 1000) costs.perRow += (perRow - costs.perRow) / 4;
  }

  private interpret(inputs: ArrayLike<number>, into: Float64Array): Float64Array {
    const { tape } = this;
    const values = (this.values ??= allocateValues(tape));
    values.set(inputs);
    const failed = interpretTape(tape, values);
    if (failed >= 0) {
      const row = tape.sources[failed];
      throw new GuardError(row, values[tape.b[failed]], values[tape.a[failed]], this.program.position(row));
    }
    const { outputs } = tape;
    for (let index = 0; index < outputs.length; index++) into[index] = values[outputs[index]];
    return into;
  }
}

/** Tapes kept for programs that come again: their total rows stay below this. */
const MOST_KEPT_ROWS = 1_000_000;
const MOST_KEPT = 64;

/** Executables by the content of their tapes, the last used at the end. */
const kept = new Map<number, ScalarExecutable>();
const known = new WeakMap<Program, ScalarExecutable | null>();

/** Elements of a column that its hash looks at, at most: those of long tapes are compared anyway. */
const HASHED = 10_007;

function hashOf(tape: Tape): number {
  let hash = tape.inputCount;
  for (const column of [tape.ops, tape.a, tape.b, tape.c, tape.outputs, bitsOf(tape.literals)]) {
    const step = Math.ceil(column.length / HASHED);
    for (let index = 0; index < column.length; index += step) hash = Math.imul(hash ^ column[index], 0x01000193);
    hash = Math.imul(hash ^ column.length, 0x2c1b3c6d);
  }
  return hash;
}

function bitsOf({ buffer, byteOffset, length }: Float64Array): Int32Array {
  return new Int32Array(buffer, byteOffset, length * 2);
}

function sameColumn(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

function sameTape(a: Tape, b: Tape): boolean {
  return (
    a.inputCount === b.inputCount &&
    sameBytes(a.ops, b.ops) &&
    sameColumn(a.a, b.a) &&
    sameColumn(a.b, b.b) &&
    sameColumn(a.c, b.c) &&
    sameColumn(bitsOf(a.literals), bitsOf(b.literals)) &&
    sameColumn(a.outputs, b.outputs)
  );
}

/**
 * The executable of a program of float64 and boolean scalars, however large; undefined for any other program. Programs of equal
 * content (after an edit that changed none of the arithmetic, say) share one, with the code compiled for it.
 */
export function scalarExecutable(program: Program): ScalarExecutable | undefined {
  const remembered = known.get(program);
  if (remembered !== undefined) return remembered ?? undefined;
  const tape = tapeOf(program);
  if (!tape) {
    known.set(program, null);
    return undefined;
  }
  const hash = hashOf(tape);
  let found = kept.get(hash);
  if (!found || !sameTape(found.tape, tape)) found = new ScalarExecutable(program, tape);
  kept.delete(hash);
  kept.set(hash, found);
  let rows = 0;
  for (const executable of kept.values()) rows += executable.tape.size;
  for (const [key, executable] of kept) {
    if (executable === found || (rows <= MOST_KEPT_ROWS && kept.size <= MOST_KEPT)) break;
    rows -= executable.tape.size;
    kept.delete(key);
  }
  known.set(program, found);
  return found;
}
