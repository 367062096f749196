/** How long to wait after a key: not at all where results come fast, longer where each takes its time. */
export class AdaptiveDelay {
  private cost = 30;

  constructor(
    private readonly shortest = 5,
    private readonly longest = 1000,
  ) {}

  /** Tells how many milliseconds a whole evaluation took. */
  observe(milliseconds: number): void {
    // Slow results count at once, fast ones are believed bit by bit: waiting a little too long is the lesser evil.
    const weight = milliseconds > this.cost ? 0.7 : 0.5;
    this.cost += weight * (milliseconds - this.cost);
  }

  /** Milliseconds to wait after an edit. */
  get value(): number {
    return Math.round(Math.min(this.longest, Math.max(this.shortest, this.cost * 0.5)));
  }
}
