/** What each line computed: per site the count, the extremes and the last values with their rows. */
import type { Tracer } from '../../engine/trace/tracer';

const KEPT_VALUES = 200;
/** A power of two. */
const RECENT = 64;

export class SiteLog {
  count = 0;
  min = Infinity;
  max = -Infinity;
  last = NaN;
  /** Rings of the last values and of their rows (−1: a plain number). */
  readonly values: number[] = [];
  readonly rows: number[] = [];

  constructor(readonly site: number) {}

  add(value: number, row: number): void {
    const slot = this.count++ % KEPT_VALUES;
    this.values[slot] = value;
    this.rows[slot] = row;
    this.last = value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  /** The kept values or rows, oldest first. */
  inOrder(ring: readonly number[]): number[] {
    if (this.count <= KEPT_VALUES) return ring.slice();
    const start = this.count % KEPT_VALUES;
    return [...ring.slice(start), ...ring.slice(0, start)];
  }
}

export class LineLog {
  readonly sites = new Map<number, SiteLog>();
  readonly guards = new Map<number, { taken: number; notTaken: number }>();
  /** The logs that were written last, by the lower bits of their sites: nearly every value is of a site that just had one. */
  private readonly recent: (SiteLog | undefined)[] = new Array<undefined>(RECENT).fill(undefined);

  tracer(site: number, tracer: Tracer, bottom: unknown): void {
    const { recorder, row } = tracer;
    if (!recorder.isScalar(row)) return;
    this.at(site).add(recorder.scalarAt(row), recorder === bottom ? row : -1);
  }

  guard(site: number, taken: boolean): void {
    let counts = this.guards.get(site);
    if (!counts) this.guards.set(site, (counts = { taken: 0, notTaken: 0 }));
    if (taken) counts.taken++;
    else counts.notTaken++;
  }

  at(site: number): SiteLog {
    const place = site & (RECENT - 1);
    const recent = this.recent[place];
    if (recent !== undefined && recent.site === site) return recent;
    let log = this.sites.get(site);
    if (!log) this.sites.set(site, (log = new SiteLog(site)));
    this.recent[place] = log;
    return log;
  }
}
