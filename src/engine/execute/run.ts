/** The choice of how a program runs. */
import { allocate, sizeOf, type ArrayValue } from '../program/aval';
import type { Program } from '../program/program';
import { interpret, scheduleOf, type Schedule } from './interpret';

/** How an executable runs at the moment, and what that took. */
export interface ExecutionInfo {
  readonly tier: 'interpret' | 'wasm';
  /** Milliseconds that compilation took; 0 while there was none. */
  readonly compileTime: number;
  /** Bytes of generated code; 0 while there is none. */
  readonly codeBytes: number;
  /** Bytes of working memory that stay allocated between runs. */
  readonly memoryBytes: number;
}

/** A program made ready to run many times. */
export interface Executable {
  readonly program: Program;
  readonly info: ExecutionInfo;
  /** Compiles at once, whatever was spent so far; `info.tier` says whether that could be done. */
  compile(): void;
  /** @throws GuardError where control flow goes another way */
  run(inputs: readonly ArrayValue[]): ArrayValue[];
  /**
   * As `run`, with the numbers of all inputs one after the other and those of all outputs in return, in an array that the next
   * run may overwrite: the way for programs with many scalar inputs, which would otherwise cost an object each.
   */
  runFlat(inputs: Float64Array): Float64Array;
}

/** A faster way to run some programs. */
export interface Tier {
  readonly name: string;
  /** The program made ready, or null where this tier does not know how, or where it would not pay after `calls` calls. */
  compile(program: Program, calls: number): Executable | null;
}

const tiers: Tier[] = [];

/** Adds a tier; the last added is asked first. */
export function addTier(tier: Tier): void {
  tiers.unshift(tier);
}

const INTERPRETED: ExecutionInfo = { tier: 'interpret', compileTime: 0, codeBytes: 0, memoryBytes: 0 };

class Interpreted implements Executable {
  readonly info = INTERPRETED;
  private readonly schedule: Schedule;

  constructor(readonly program: Program) {
    this.schedule = scheduleOf(program);
  }

  compile(): void {
    // No tier knows how.
  }

  run(inputs: readonly ArrayValue[]): ArrayValue[] {
    return interpret(this.program, inputs, this.schedule);
  }

  runFlat(inputs: Float64Array): Float64Array {
    return flatly(this, inputs);
  }
}

/** `runFlat` by way of `run`. */
export function flatly(executable: Executable, inputs: Float64Array): Float64Array {
  let at = 0;
  const values = executable.program.inputAvals.map(({ shape, dtype }): ArrayValue => {
    const data = allocate(dtype, sizeOf(shape));
    for (let index = 0; index < data.length; index++) data[index] = inputs[at++];
    return { shape, dtype, data };
  });
  const results = executable.run(values);
  const out = new Float64Array(results.reduce((total, { data }) => total + data.length, 0));
  at = 0;
  for (const { data } of results) {
    out.set(data, at);
    at += data.length;
  }
  return out;
}

/** A number of calls after which every tier would compile. */
const COMPILE_AT_ONCE = 2 ** 30;

/** Asks the tiers at the first, second, fourth, eighth … call. */
class Tiered implements Executable {
  /** The call that makes it counts: whoever compiles means to come again. */
  private calls = 1;
  private current: Executable | undefined;
  private settled = false;

  constructor(readonly program: Program) {}

  get info(): ExecutionInfo {
    return this.current?.info ?? INTERPRETED;
  }

  compile(): void {
    this.calls = COMPILE_AT_ONCE;
    this.choose();
    this.current?.compile();
  }

  run(inputs: readonly ArrayValue[]): ArrayValue[] {
    return this.chosen().run(inputs);
  }

  runFlat(inputs: Float64Array): Float64Array {
    return this.chosen().runFlat(inputs);
  }

  private chosen(): Executable {
    if (!this.settled && (this.calls & (this.calls - 1)) === 0) this.choose();
    this.calls++;
    return this.current as Executable;
  }

  private choose(): void {
    for (const tier of tiers) {
      const faster = tier.compile(this.program, this.calls);
      if (!faster) continue;
      this.current = faster;
      this.settled = true;
      return;
    }
    this.current ??= new Interpreted(this.program);
  }
}

/** Makes a program ready to run many times: interpreted first, compiled when it repeats. */
export function compile(program: Program): Executable {
  return new Tiered(program);
}

/** Runs a program once. @throws GuardError where control flow goes another way */
export function run(program: Program, inputs: readonly ArrayValue[]): ArrayValue[] {
  for (const tier of tiers) {
    const ready = tier.compile(program, 0);
    if (ready) return ready.run(inputs);
  }
  return interpret(program, inputs);
}
