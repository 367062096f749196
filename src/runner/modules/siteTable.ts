/** All sites of all modules by number, as the position table of the programs that are recorded. */
import { PositionTable, type SourcePosition } from '../../engine/program/positions';
import type { ModuleSites, Site } from '../../source/positions';

/** Positions of programs are 32-bit numbers. */
const LARGEST_ID = 2 ** 31 - 1;

/** Ids that a module of so many characters may need: it has fewer sites. */
function room(length: number): number {
  return 2 * length + 16;
}

export class SiteTable extends PositionTable {
  /** By their first ids, ascending. */
  private readonly modules: ModuleSites[] = [];
  private next = 1;

  constructor(private readonly largest = LARGEST_ID) {
    super();
  }

  /**
   * The first id for a module of so many characters. Ids of versions that were forgotten are given again, but only when all were
   * given once: what still holds an old one finds no place rather than a wrong one for as long as can be.
   */
  reserve(length: number): number {
    const size = room(length);
    let base = this.freeFrom(this.next, size);
    if (base + size > this.largest) base = this.freeFrom(1, size);
    this.next = base + size;
    return base;
  }

  /** The first id from `start` on that begins so many which no module has. */
  private freeFrom(start: number, size: number): number {
    let base = start;
    for (let index = Math.max(0, this.indexOf(start)); index < this.modules.length; index++) {
      const sites = this.modules[index];
      if (sites.base >= base + size) break;
      base = Math.max(base, sites.base + room(sites.sourceFile.text.length));
    }
    return base;
  }

  register(sites: ModuleSites): void {
    this.modules.splice(this.indexOf(sites.base) + 1, 0, sites);
  }

  /** A version of a module that nothing refers to any more: it would keep its whole syntax tree. */
  forget(sites: ModuleSites): void {
    const index = this.modules.indexOf(sites);
    if (index >= 0) this.modules.splice(index, 1);
  }

  /** The last module whose ids begin at `id` or before; −1 where none does. */
  private indexOf(id: number): number {
    let low = -1;
    let high = this.modules.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.modules[middle].base <= id) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  moduleOf(id: number): ModuleSites | undefined {
    const index = this.indexOf(id);
    if (index < 0) return undefined;
    const found = this.modules[index];
    return id < found.base + found.count ? found : undefined;
  }

  site(id: number): Site | undefined {
    return id > 0 ? this.moduleOf(id)?.at(id) : undefined;
  }

  override at(id: number): SourcePosition | undefined {
    const site = this.site(id);
    return site && { file: site.file, line: site.line, column: site.column };
  }
}

const table = new SiteTable();

export const siteTable = {
  table,
  reserve: (length: number) => table.reserve(length),
  add: (sites: ModuleSites) => table.register(sites),
  forget: (sites: ModuleSites) => table.forget(sites),
  site: (id: number) => table.site(id),
  moduleOf: (id: number) => table.moduleOf(id),
};
