/**
 * Live requests while something is dragged: a few are on their way, and while they are, only the newest wish waits. So the
 * rate is whatever the other end can do, and nothing piles up.
 */
export class Coalescer<T> {
  private waiting: { value: T } | undefined;
  private onTheWay = 0;

  constructor(
    private readonly send: (value: T) => Promise<void>,
    private readonly fail: (error: unknown) => void,
    /** How many may be on their way now. */
    private readonly width: () => number = () => 1,
  ) {}

  push(value: T): void {
    this.waiting = { value };
    this.fill();
  }

  get idle(): boolean {
    return this.onTheWay === 0;
  }

  private fill(): void {
    while (this.waiting !== undefined && this.onTheWay < this.width()) {
      const { value } = this.waiting;
      this.waiting = undefined;
      this.onTheWay++;
      void this.run(value);
    }
  }

  private async run(value: T): Promise<void> {
    try {
      await this.send(value);
    } catch (error) {
      this.fail(error);
    }
    this.onTheWay--;
    this.fill();
  }
}
