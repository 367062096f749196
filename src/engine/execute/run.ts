/** The choice of how a program runs. */
import type { ArrayValue } from '../program/aval';
import type { Program } from '../program/program';
import { interpret, scheduleOf, type Schedule } from './interpret';

/** A program made ready to run many times. */
export interface Executable {
  readonly program: Program;
  /** How the next run will go. */
  readonly tier: 'interpret' | 'wasm';
  /** Compiles at once, whatever was spent so far; `tier` says whether that could be done. */
  compile(): void;
  /** @throws GuardError where control flow goes another way */
  run(inputs: readonly ArrayValue[]): ArrayValue[];
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

class Interpreted implements Executable {
  readonly tier = 'interpret';
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
}

/** A number of calls after which every tier would compile. */
const COMPILE_AT_ONCE = 2 ** 30;

/** Asks the tiers after 1, 2, 4, 8 … calls. */
class Tiered implements Executable {
  private calls = 0;
  private current: Executable | undefined;
  private settled = false;

  constructor(readonly program: Program) {}

  get tier(): 'interpret' | 'wasm' {
    return this.current?.tier ?? 'interpret';
  }

  compile(): void {
    this.calls = COMPILE_AT_ONCE;
    this.choose();
    this.current?.compile();
  }

  run(inputs: readonly ArrayValue[]): ArrayValue[] {
    if (!this.settled && (this.calls & (this.calls - 1)) === 0) this.choose();
    this.calls++;
    return (this.current as Executable).run(inputs);
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
