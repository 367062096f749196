/** Memory for values that live from one step to another: first fit, freed when the last reader is done. */
export class Arena {
  private free: { at: number; size: number }[] = [];
  private readonly expiring: { at: number; size: number }[][] = [];
  /** End of the memory that was ever in use. */
  end: number;

  constructor(start: number, steps: number) {
    this.end = start;
    for (let step = 0; step < steps; step++) this.expiring.push([]);
  }

  /** Bytes for a value that step `lastStep` is the last to read. */
  take(size: number, lastStep: number): number {
    let at: number;
    const index = this.free.findIndex((hole) => hole.size >= size);
    if (index >= 0) {
      const hole = this.free[index];
      ({ at } = hole);
      if (hole.size === size) this.free.splice(index, 1);
      else this.free[index] = { at: hole.at + size, size: hole.size - size };
    } else {
      at = this.end;
      this.end += size;
    }
    this.expiring[lastStep].push({ at, size });
    return at;
  }

  /** The bytes at `at`, which `step` is the last to read, become those of a value that `lastStep` is the last to read. */
  hand(at: number, step: number, lastStep: number): number {
    const index = this.expiring[step].findIndex((piece) => piece.at === at);
    this.expiring[lastStep].push(...this.expiring[step].splice(index, 1));
    return at;
  }

  /** Frees what `step` was the last to read. */
  expire(step: number): void {
    if (this.expiring[step].length === 0) return;
    const all = [...this.free, ...this.expiring[step]].sort((a, b) => a.at - b.at);
    this.free = [];
    for (const hole of all) {
      const last = this.free[this.free.length - 1];
      if (last && last.at + last.size === hole.at) last.size += hole.size;
      else this.free.push({ ...hole });
    }
  }
}
