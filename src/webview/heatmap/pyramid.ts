/**
 * Coarser copies of an encoded matrix, made when first needed. A block keeps the code that matters most of its cells, so a
 * single spike among millions of zeros survives every zoom; or, for a pattern, the mean density, never rounded down to nothing.
 * Blocks are powers of two, separately in both directions; all copies together take at most four times the original.
 */

export type Reduce = 'extreme' | 'density';

export interface Level {
  rows: number;
  columns: number;
  codes: Uint8Array;
}

export class CodePyramid {
  private readonly levels = new Map<number, Level>();

  constructor(
    private readonly base: Level,
    /** How much each code matters; see `priorities`. */
    private readonly priority: Uint8Array,
    private readonly reduce: Reduce = 'extreme',
  ) {}

  get rows(): number {
    return this.base.rows;
  }

  get columns(): number {
    return this.base.columns;
  }

  /** The copy whose blocks are 2^rowShift × 2^columnShift cells. */
  level(rowShift: number, columnShift: number): Level {
    if (rowShift === 0 && columnShift === 0) return this.base;
    const key = rowShift * 64 + columnShift;
    let level = this.levels.get(key);
    if (level === undefined) {
      // Halve the direction that is ahead last, so that square views share their levels.
      level =
        columnShift >= rowShift
          ? this.halveColumns(this.level(rowShift, columnShift - 1))
          : this.halveRows(this.level(rowShift - 1, columnShift));
      this.levels.set(key, level);
    }
    return level;
  }

  private halveColumns({ rows, columns, codes }: Level): Level {
    const half = Math.max(1, (columns + 1) >> 1);
    const result = new Uint8Array(rows * half);
    for (let r = 0; r < rows; r++) {
      const from = r * columns;
      const to = r * half;
      for (let c = 0; c < half; c++) {
        const a = codes[from + 2 * c];
        const last = 2 * c + 1 >= columns;
        result[to + c] = last ? a : this.combine(a, codes[from + 2 * c + 1]);
      }
    }
    return { rows, columns: half, codes: result };
  }

  private halveRows({ rows, columns, codes }: Level): Level {
    const half = Math.max(1, (rows + 1) >> 1);
    const result = new Uint8Array(half * columns);
    for (let r = 0; r < half; r++) {
      const from = 2 * r * columns;
      const to = r * columns;
      const last = 2 * r + 1 >= rows;
      for (let c = 0; c < columns; c++) {
        const a = codes[from + c];
        result[to + c] = last ? a : this.combine(a, codes[from + columns + c]);
      }
    }
    return { rows: half, columns, codes: result };
  }

  private combine(a: number, b: number): number {
    if (this.reduce === 'extreme') return this.priority[a] >= this.priority[b] ? a : b;
    if (a > 250 || b > 250) return this.priority[a] >= this.priority[b] ? a : b;
    return (a + b + 1) >> 1;
  }
}
