/** All sites of all modules by number, as the position table of the programs that are recorded. */
import { PositionTable, type SourcePosition } from '../../engine/program/positions';
import type { ModuleSites, Site } from '../../source/positions';

class SiteTable extends PositionTable {
  private readonly modules: ModuleSites[] = [];
  private next = 1;

  /** The first id for a module of so many characters (it has fewer sites). */
  reserve(length: number): number {
    const base = this.next;
    this.next += 2 * length + 16;
    return base;
  }

  register(sites: ModuleSites): void {
    this.modules.push(sites);
  }

  /** A version of a module that nothing refers to any more: it would keep its whole syntax tree. */
  forget(sites: ModuleSites): void {
    const index = this.modules.indexOf(sites);
    if (index >= 0) this.modules.splice(index, 1);
  }

  moduleOf(id: number): ModuleSites | undefined {
    let low = 0;
    let high = this.modules.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.modules[middle].base <= id) low = middle;
      else high = middle - 1;
    }
    const found = this.modules.at(low);
    return found && id >= found.base && id < found.base + found.count ? found : undefined;
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
