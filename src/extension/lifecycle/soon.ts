import type { Disposable } from './disposables';

/** Something that is done soon after it was asked for, once for many asks, and not again before a while has passed. */
export class Soon implements Disposable {
  private timer: NodeJS.Timeout | undefined;
  private due = Infinity;
  /** When it may run again. */
  private free = 0;
  private disposed = false;

  constructor(
    private readonly run: () => void,
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
    clearTimeout(this.timer);
    this.due = due;
    this.timer = setTimeout(() => {
      this.due = Infinity;
      this.free = performance.now() + this.between;
      this.run();
    }, due - now);
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
  }
}
