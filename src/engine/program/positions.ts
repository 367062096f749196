/** Source positions of a program's rows: interned (file, line, column), 1-based; id 0 is "unknown". */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export class PositionTable {
  private readonly entries: SourcePosition[] = [{ file: '', line: 0, column: 0 }];
  private readonly ids = new Map<string, number>();

  /** Id of a position, the same for equal positions. */
  add(file: string, line: number, column: number): number {
    const key = `${line}:${column}:${file}`;
    let id = this.ids.get(key);
    if (id === undefined) {
      id = this.entries.length;
      this.entries.push({ file, line, column });
      this.ids.set(key, id);
    }
    return id;
  }

  /** The position of an id; undefined where it is unknown. */
  at(id: number): SourcePosition | undefined {
    return id > 0 ? this.entries[id] : undefined;
  }

  /** All positions by id, the unknown one first. */
  list(): readonly SourcePosition[] {
    return this.entries;
  }

  get size(): number {
    return this.entries.length;
  }
}
