/** Numbers in a column that grows. */
export class NumberList {
  private column: Float64Array;
  private count = 0;

  constructor(capacity = 64) {
    this.column = new Float64Array(capacity);
  }

  get length(): number {
    return this.count;
  }

  push(value: number): void {
    if (this.count === this.column.length) {
      const larger = new Float64Array(this.count * 2 + 1);
      larger.set(this.column);
      this.column = larger;
    }
    this.column[this.count++] = value;
  }

  /** The numbers up to now, in the column itself. */
  get numbers(): Float64Array {
    return this.column.subarray(0, this.count);
  }
}
