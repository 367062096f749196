import type { Disposable } from './disposables';
import { later } from './later';

/** Something that is done soon after it was asked for, once for many asks, and not again before a while has passed. */
export class Soon implements Disposable {
  private timer: Disposable | undefined;
  private due = Infinity;
  /** When it may run again. */
  private free = 0;
  private disposed = false;

  constructor(
    /** Tells `false` where there was nothing to do, so that the next run need not wait. */
    private readonly run: () => unknown,
    /** Milliseconds from the first ask to the run. */
    private readonly delay: number,
    /** Milliseconds from one run to the next, at least. */
    private readonly between = delay,
  ) {}

  /** Asks for a run, after `delay` or, where that is said, later. */
  ask(delay = this.delay): void {
    if (this.disposed) return;
    const now = performance.now();
    const due = Math.max(now + delay, this.free);
    if (due >= this.due) return;
    this.timer?.dispose();
    this.due = due;
    this.timer = later(due - now, () => {
      this.due = Infinity;
      // Before the run, which may ask for another.
      const { free } = this;
      this.free = performance.now() + this.between;
      if (this.run() === false) this.free = free;
    });
  }

  dispose(): void {
    this.disposed = true;
    this.timer?.dispose();
  }
}
