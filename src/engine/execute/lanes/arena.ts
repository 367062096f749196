/** The memory that sweeps in lanes work on, the code for it, and the threads that share both. One for all programs, in turns. */
import { lent, type SharedWork, type Threads } from '../threads';
import { fillMasks, JOB, laneModule } from './kernel';

const PAGE = 65_536;
const MOST_PAGES = 16_384;
/** Larger memories are given back after use. */
const KEPT_BYTES = 2 ** 26;
/** More sweeps than there ever are: nobody takes one. */
const NO_MORE = 2 ** 30;

type Take = (work: number, most: number) => number;

let compiled: WebAssembly.Module | undefined;

export class LaneArena {
  /** Whose steps stand in the memory. */
  private holder: WeakRef<object> | undefined;
  private readonly memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true });
  private readonly module = (compiled ??= new WebAssembly.Module(laneModule(MOST_PAGES)));
  readonly take: Readonly<Record<'forward' | 'reverse', Take>>;
  private lending: { threads: Threads; work: SharedWork } | undefined;

  constructor() {
    fillMasks(this.memory.buffer);
    const { exports } = new WebAssembly.Instance(this.module, { env: { memory: this.memory } });
    this.take = exports as unknown as LaneArena['take'];
  }

  get buffer(): ArrayBufferLike {
    return this.memory.buffer;
  }

  reserve(bytes: number): void {
    const missing = Math.ceil(bytes / PAGE) - this.memory.buffer.byteLength / PAGE;
    if (missing > 0) this.memory.grow(missing);
  }

  /** Lets `write` put the steps of `owner` into the memory, unless they still stand there. */
  hold(owner: object, write: () => void): void {
    if (this.holder?.deref() === owner) return;
    this.holder = undefined;
    write();
    this.holder = new WeakRef(owner);
  }

  /** The threads that are lent now, over this memory. */
  shared(): SharedWork | undefined {
    const { threads } = lent;
    if (threads && !this.lending) this.lending = { threads, work: threads.lend(this.module, this.memory) };
    return this.lending?.work;
  }

  /** Other threads than those that are lent now know of this memory, and may still write to it. */
  get isLost(): boolean {
    return this.lending !== undefined && this.lending.threads !== lent.threads;
  }

  /** Waits until nobody works on the memory: a run that was ended from outside may have left threads at work. */
  settle(): void {
    Atomics.store(new Int32Array(this.buffer), JOB.next / 4, NO_MORE);
    this.lending?.work.finish();
  }

  /** After use: large memory isn't kept. */
  close(): void {
    if (this.buffer.byteLength > KEPT_BYTES && arena === this) abandonArena();
  }

  release(): void {
    this.lending?.work.release();
  }
}

let arena: LaneArena | undefined;

/** The memory, that nobody works on now. */
export function laneArena(): LaneArena {
  try {
    arena?.settle();
  } catch {
    // No threads are lent any more.
  }
  if (arena?.isLost) abandonArena();
  return (arena ??= new LaneArena());
}

/** The next one gets memory of its own. */
export function abandonArena(): void {
  arena?.release();
  arena = undefined;
}
