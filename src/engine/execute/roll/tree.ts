/**
 * The loops of a tape, nested. A tape's rows become *sites*, one for each row of the code that will be generated; a site in
 * loops has one instance an iteration. Iteration spaces are boxes: row = first + Σ k_l · rowStride_l.
 */
import { findStretches, type Operands } from './periods';
import type { Tape } from '../scalar/tape';

export interface Loop {
  readonly id: number;
  readonly parent: Loop | null;
  readonly depth: number;
  readonly count: number;
  readonly rowsPerIteration: number;
  readonly items: readonly Item[];
  readonly firstSite: number;
  readonly endSite: number;
}

/** Sites [first, end), one row each, or a loop. */
export type Item = { readonly first: number; readonly end: number } | Loop;

export function isLoop(item: Item): item is Loop {
  return 'items' in item;
}

export interface SiteTree {
  readonly items: readonly Item[];
  readonly siteCount: number;
  /** Innermost loop of every site: index into `loops`, −1 for none. */
  readonly siteLoops: Int32Array;
  readonly loops: readonly Loop[];
}

export interface LoopTree extends SiteTree {
  /** The row of every site in the first iteration of its loops. */
  readonly siteRows: Int32Array;
}

interface Shape {
  readonly body: Int32Array;
  readonly count: number;
  readonly rowsPerIteration: number;
}

const FIRST_SHAPE = 256;
/** A loop inside a loop is unrolled where that makes no more rows than this: registers are better than counters. */
const UNROLL_ROWS = 96;

class ShapeTable {
  readonly shapes: Shape[] = [];
  private readonly ids = new Map<string, number>();

  add(body: Int32Array, count: number): number {
    const key = `${count}:${body.join()}`;
    let id = this.ids.get(key);
    if (id === undefined) {
      let rowsPerIteration = 0;
      for (const token of body) rowsPerIteration += this.rowsOf(token);
      id = FIRST_SHAPE + this.shapes.push({ body, count, rowsPerIteration }) - 1;
      this.ids.set(key, id);
    }
    return id;
  }

  get(token: number): Shape | undefined {
    return this.shapes[token - FIRST_SHAPE];
  }

  rowsOf(token: number): number {
    const shape = this.get(token);
    return shape ? shape.count * shape.rowsPerIteration : 1;
  }
}

/** Finds the loops of a tape, the innermost first. */
export function findLoops(tape: Tape): LoopTree {
  const shapes = new ShapeTable();
  const size = tape.size;
  const columns = tape.c.length > 0 ? [tape.a, tape.b, tape.c] : [tape.a, tape.b];
  let tokens = new Int32Array(tape.ops);
  let rows = new Int32Array(size + 1);
  for (let row = 0; row <= size; row++) rows[row] = row;
  for (let level = 0, window = 12; level < 8; level++, window = 3) {
    const first = level === 0 ? columns : columns.map((column) => pick(column, rows, tokens.length));
    const operands: Operands = { columns: first, firstLiteral: tape.firstLiteral };
    const stretches = findStretches({ tokens, length: tokens.length, rows }, operands, window);
    if (stretches.length === 0) break;
    let kept = tokens.length;
    for (const { period, count } of stretches) kept += 1 - period * count;
    const nextTokens = new Int32Array(kept);
    const nextRows = new Int32Array(kept + 1);
    let read = 0;
    let write = 0;
    for (const { start, period, count } of stretches) {
      while (read < start) {
        nextTokens[write] = tokens[read];
        nextRows[write++] = rows[read++];
      }
      nextTokens[write] = shapes.add(tokens.slice(start, start + period), count);
      nextRows[write++] = rows[start];
      read = start + period * count;
    }
    while (read < tokens.length) {
      nextTokens[write] = tokens[read];
      nextRows[write++] = rows[read++];
    }
    nextRows[write] = size;
    tokens = nextTokens;
    rows = nextRows;
  }
  return new TreeBuilder(shapes, size).build(tokens);
}

function pick(column: Int32Array, rows: Int32Array, count: number): Int32Array {
  const picked = new Int32Array(count);
  for (let at = 0; at < count; at++) picked[at] = column[rows[at]];
  return picked;
}

class TreeBuilder {
  private readonly loops: Loop[] = [];
  private siteRows: Int32Array;
  private siteLoops: Int32Array;
  private sites = 0;
  private row = 0;

  constructor(
    private readonly shapes: ShapeTable,
    size: number,
  ) {
    this.siteRows = new Int32Array(Math.min(size, 4096));
    this.siteLoops = new Int32Array(this.siteRows.length);
  }

  build(tokens: Int32Array): LoopTree {
    const items = this.items(tokens, 1, null);
    return {
      items,
      siteCount: this.sites,
      siteRows: this.siteRows.slice(0, this.sites),
      siteLoops: this.siteLoops.slice(0, this.sites),
      loops: this.loops,
    };
  }

  /** The tokens `times` over, in loop `parent`. */
  private items(tokens: Int32Array, times: number, parent: Loop | null): Item[] {
    const items: Item[] = [];
    let open = -1;
    const closeRun = () => {
      if (open >= 0) items.push({ first: open, end: this.sites });
      open = -1;
    };
    const write = (list: Int32Array, repeat: number) => {
      for (let time = 0; time < repeat; time++) {
        for (const token of list) {
          const shape = this.shapes.get(token);
          if (!shape) {
            if (open < 0) open = this.sites;
            this.site(parent);
          } else if (parent && shape.count * shape.rowsPerIteration <= UNROLL_ROWS) {
            write(shape.body, shape.count);
          } else {
            closeRun();
            items.push(this.loop(shape, parent));
          }
        }
      }
    };
    write(tokens, times);
    closeRun();
    return items;
  }

  private loop(shape: Shape, parent: Loop | null): Loop {
    const start = this.row;
    const items: Item[] = [];
    const loop = {
      id: this.loops.length,
      parent,
      depth: parent ? parent.depth + 1 : 1,
      count: shape.count,
      rowsPerIteration: shape.rowsPerIteration,
      items,
      firstSite: this.sites,
      endSite: 0,
    };
    this.loops.push(loop);
    for (const item of this.items(shape.body, 1, loop)) items.push(item);
    loop.endSite = this.sites;
    this.row = start + shape.count * shape.rowsPerIteration;
    return loop;
  }

  private site(parent: Loop | null): void {
    if (this.sites === this.siteRows.length) {
      const larger = new Int32Array(this.sites * 2);
      larger.set(this.siteRows);
      this.siteRows = larger;
      const loops = new Int32Array(this.sites * 2);
      loops.set(this.siteLoops);
      this.siteLoops = loops;
    }
    this.siteRows[this.sites] = this.row++;
    this.siteLoops[this.sites++] = parent ? parent.id : -1;
  }
}
