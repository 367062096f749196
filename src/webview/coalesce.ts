/**
 * Live requests while something is dragged: at most one is on its way, and while it is, only the newest wish waits. So the
 * rate is whatever the other end can do, and nothing piles up.
 */
export class Coalescer<T> {
  private waiting: { value: T } | undefined;
  private busy = false;

  constructor(
    private readonly send: (value: T) => Promise<void>,
    private readonly fail: (error: unknown) => void,
  ) {}

  push(value: T): void {
    this.waiting = { value };
    if (!this.busy) void this.run();
  }

  get idle(): boolean {
    return !this.busy;
  }

  private async run(): Promise<void> {
    this.busy = true;
    while (this.waiting !== undefined) {
      const { value } = this.waiting;
      this.waiting = undefined;
      try {
        await this.send(value);
      } catch (error) {
        this.fail(error);
      }
    }
    this.busy = false;
  }
}
