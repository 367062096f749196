/**
 * How long to wait after a key: not at all where results come fast, longer where each takes its time, since what has begun to
 * compute holds up what a further key asks for.
 */
export class AdaptiveDelay {
  /** Milliseconds of the longest computation of the last two texts, and of the newest, of which more may come. */
  private before = 0;
  private last = 0;
  private longest = 0;

  constructor(
    /** Computations of so many milliseconds hold up nobody. */
    private readonly fast = 25,
    private readonly most = 1000,
  ) {}

  /** Computing begins for a new text. */
  begin(): void {
    this.before = this.last;
    this.last = this.longest;
    this.longest = 0;
  }

  /** Tells how many milliseconds one computation took. */
  observe(milliseconds: number): void {
    this.longest = Math.max(this.longest, milliseconds);
  }

  /** Tells that one was given up after so many: it would have taken longer, as long as those before it, say. */
  observeEnded(milliseconds: number): void {
    this.observe(Math.max(milliseconds, this.cost));
  }

  /** What takes long once is an accident (a process that starts, a module that is loaded for the first time). */
  private get cost(): number {
    return Math.min(this.before, this.last);
  }

  /** Milliseconds to wait after an edit. */
  get value(): number {
    return Math.round(Math.min(this.most, Math.max(0, this.cost - this.fast) * 0.5));
  }
}
