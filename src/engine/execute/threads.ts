/** Further threads for large work: there are none unless the surroundings lend some. */

/** Threads at work on the memory of one compiled program. */
export interface SharedWork {
  readonly count: number;
  /** Begins a call of an exported function of the program on a thread; false where that is not free. */
  begin(thread: number, name: string, operands: readonly number[]): boolean;
  /** Waits for all that was begun. @throws Error where a thread does not answer */
  finish(): void;
  /** The threads let go of the memory. */
  release(): void;
}

export interface Threads {
  readonly count: number;
  /** Milliseconds that it takes to hand something over and to hear of its end, as measured; before threads are up, to start them. */
  readonly handingOver: number;
  /** The threads for a program, over memory that is shared with them. */
  lend(module: WebAssembly.Module, memory: WebAssembly.Memory): SharedWork;
}

/** What is lent to programs from now on. */
export const lent: { threads?: Threads } = {};
