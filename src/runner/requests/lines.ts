/** Per-line values: what each source line computed, and the adjoint of it. */
import type { RowDerivatives } from '../../engine/execute/adjoints';
import { OPCODES } from '../../engine/primitives/opcodes';
import { siteTable } from '../modules/siteTable';
import type { LineValue } from '../protocol';
import type { Recorded } from '../record';

/** @param adjoints of all rows, from the chosen output */
export function lineValues(recorded: Recorded, adjoints: RowDerivatives): LineValue[] {
  const { lines: log } = recorded;
  const errors = errorByLine(recorded, adjoints);
  const byLine = new Map<string, { line: LineValue; start: number }>();
  const lineAt = (site: number): { line: LineValue; start: number; isNew: boolean } | undefined => {
    const place = siteTable.site(site);
    if (!place) return undefined;
    const key = `${place.line}:${place.file}`;
    let entry = byLine.get(key);
    const isNew = !entry;
    if (!entry) byLine.set(key, (entry = { line: emptyLine(place.file, place.line), start: -1 }));
    return { ...entry, isNew };
  };
  for (const [site, siteLog] of log.sites) {
    const place = siteTable.site(site);
    const entry = lineAt(site);
    // The line's last statement is the one that starts last.
    if (!place || !entry || place.start < entry.start) continue;
    const values = Float64Array.from(siteLog.inOrder(siteLog.values));
    const rows = siteLog.inOrder(siteLog.rows);
    const lineAdjoints = Float64Array.from(rows, (row) => (row >= 0 ? adjoints.scalars[row] : NaN));
    const lastRow = rows[rows.length - 1] ?? -1;
    const { line } = entry;
    Object.assign(line, {
      value: siteLog.last,
      count: siteLog.count,
      min: siteLog.min,
      max: siteLog.max,
      adjoint: lastRow >= 0 ? adjoints.scalars[lastRow] : NaN,
      hasAdjoint: lastRow >= 0,
      values,
      adjoints: lineAdjoints,
    });
    byLine.set(`${place.line}:${place.file}`, { line, start: place.start });
  }
  for (const [site, counts] of log.guards) {
    const place = siteTable.site(site);
    const entry = lineAt(site);
    if (!place || !entry || place.file.includes('node_modules')) continue;
    entry.line.guards.push({ text: place.text, ...counts });
  }
  const lines = [...byLine.values()].map(({ line }) => line).filter(({ file }) => !file.includes('node_modules'));
  const total = [...errors.values()].reduce((sum, error) => sum + error, 0);
  for (const line of lines) line.errorShare = total > 0 ? (errors.get(`${line.line}:${line.file}`) ?? 0) / total : 0;
  return lines.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

function emptyLine(file: string, line: number): LineValue {
  return {
    file,
    line,
    value: NaN,
    count: 0,
    min: NaN,
    max: NaN,
    adjoint: NaN,
    hasAdjoint: false,
    values: new Float64Array(0),
    adjoints: new Float64Array(0),
    errorShare: 0,
    guards: [],
  };
}

/** Σ |adjoint · value| · ε of the rows that round, by line. */
function errorByLine({ program, linearized }: Recorded, adjoints: RowDerivatives): Map<string, number> {
  const sums = new Map<string, number>();
  const { opcodes, positions } = program.columns;
  const { scalars: values } = linearized;
  const { scalars, reached } = adjoints;
  const bySite = new SiteSums();
  for (let row = 0; row < opcodes.length; row++) {
    if (reached[row] === 0 || opcodes[row] <= OPCODES.guard || opcodes[row] === OPCODES.neg) continue;
    const error = Math.abs(scalars[row] * values[row]);
    if (error > 0 && error < Infinity) bySite.add(positions[row], error);
  }
  for (const [site, error] of bySite.entries()) {
    const place = siteTable.site(site);
    if (!place) continue;
    const key = `${place.line}:${place.file}`;
    sums.set(key, (sums.get(key) ?? 0) + error * Number.EPSILON);
  }
  return sums;
}

const PAGE_BITS = 10;

/** A sum a site. Those of a module lie close together, so that adding needs no look-up but where another page begins. */
class SiteSums {
  private readonly pages = new Map<number, Float64Array>();
  private number = -1;
  private page: Float64Array = new Float64Array(0);

  add(site: number, amount: number): void {
    const number = site >> PAGE_BITS;
    if (number !== this.number) {
      this.page = this.pages.get(number) ?? new Float64Array(1 << PAGE_BITS);
      this.pages.set(number, this.page);
      this.number = number;
    }
    this.page[site & ((1 << PAGE_BITS) - 1)] += amount;
  }

  /** Sites with their sums, as far as these are not zero. */
  *entries(): Generator<[site: number, sum: number], void> {
    for (const [number, page] of this.pages) {
      for (let index = 0; index < page.length; index++)
        if (page[index] !== 0) yield [(number << PAGE_BITS) + index, page[index]];
    }
  }
}
