/**
 * Arrays that are written over: a site's array needs no extent for a loop in whose iterations each value is read before the next
 * one takes its place (sums that a nest gathers, values that only their own iteration reads).
 */
import { eachSource, type AffineSource, type Source } from './sources';
import type { Loop, LoopTree, SiteTree } from './tree';

/** Where instances of a site live: `Σ k_l · steps[l]`, with k_l the index in the loop at depth l + 1, the outermost first. */
export interface Extents {
  readonly counts: readonly number[];
  readonly steps: readonly number[];
  /** Elements in all. */
  readonly size: number;
}

/** Element `first + Σ k_l · steps[l]` of a site's array, read in loops l. */
export interface Place {
  readonly first: number;
  readonly steps: readonly number[];
}

/** A read of a site's array, in the loops around the place where it is read. */
interface Read {
  readonly source: AffineSource;
  /** Loops around, the outermost first. */
  readonly loops: readonly Loop[];
  /** The site that it stands before. */
  readonly at: number;
  /** By depth: is the loop known not to be in its first iteration? */
  readonly later: readonly boolean[];
}

/** The loops around a site, the outermost first. */
export function loopsAround(tree: SiteTree, site: number): Loop[] {
  const loops: Loop[] = [];
  for (let id = tree.siteLoops[site]; id >= 0; id = tree.loops[id].parent?.id ?? -1) loops.unshift(tree.loops[id]);
  return loops;
}

/** Visits the rows of all instances of a site, in order. */
export function eachRow(tree: LoopTree, site: number, visit: (row: number) => void): void {
  const loops = loopsAround(tree, site);
  const go = (level: number, row: number) => {
    if (level === loops.length) visit(row);
    else for (let k = 0, at = row; k < loops[level].count; k++, at += loops[level].rowsPerIteration) go(level + 1, at);
  };
  go(0, tree.siteRows[site]);
}

/** All iterations' values side by side, but for the loops in `shared`, whose iterations share them. */
export function extentsOf(loops: readonly Loop[], shared: readonly boolean[] = []): Extents {
  const counts = loops.map(({ count }) => count);
  const steps = new Array<number>(loops.length).fill(0);
  let size = 1;
  for (let level = loops.length - 1; level >= 0; level--) {
    if (shared[level]) continue;
    steps[level] = size;
    size *= counts[level];
  }
  return { counts, steps, size };
}

/** The element of an instance of a site. */
export function elementOf(instance: number, { counts, steps }: Extents): number {
  let rest = instance;
  let element = 0;
  for (let level = counts.length - 1; level >= 0; level--) {
    element += (rest % counts[level]) * steps[level];
    rest = Math.floor(rest / counts[level]);
  }
  return element;
}

/** Finds for every site that `isArray` how few elements it needs, and where its readers find theirs. */
export class InPlace {
  private readonly reads = new Map<number, Read[]>();
  private readonly found = new Map<number, Extents>();
  private readonly places = new Map<AffineSource, Place>();

  constructor(
    private readonly tree: SiteTree,
    sources: readonly (Source | undefined)[],
    width: number,
    isFree: (site: number) => boolean,
    /** Instances of a site that are read when all is done. */
    results: ReadonlyMap<number, readonly number[]>,
  ) {
    sources.forEach((source, operand) => {
      if (!source) return;
      let any = false;
      eachSource(
        source,
        (part) => (any ||= part.kind === 'affine' && part.site >= 0 && tree.siteLoops[part.site] >= 0),
      );
      if (!any) return;
      const user = Math.floor(operand / width);
      const loops = loopsAround(tree, user);
      this.collect(source, { loops, at: user, later: loops.map(() => false) });
    });
    for (const [site, reads] of this.reads) {
      const loops = loopsAround(tree, site);
      if (loops.length > 1 && isFree(site)) this.shrink(site, loops, reads, results.get(site) ?? []);
    }
  }

  /** Where the instances of a site live. */
  extents(site: number): Extents {
    let extents = this.found.get(site);
    if (!extents) this.found.set(site, (extents = extentsOf(loopsAround(this.tree, site))));
    return extents;
  }

  /** Where a read finds its element: as its source says, unless the array was shrunk. */
  place(source: AffineSource): Place {
    return this.places.get(source) ?? { first: source.first, steps: source.strides };
  }

  private collect(source: Source, where: Omit<Read, 'source'>): void {
    if (source.kind === 'affine' && source.site >= 0) {
      const reads = this.reads.get(source.site);
      if (reads) reads.push({ source, ...where });
      else this.reads.set(source.site, [{ source, ...where }]);
    }
    if (source.kind !== 'carried') return;
    const { depth } = source;
    this.collect(source.later, { ...where, later: where.later.map((known, level) => known || level === depth - 1) });
    if (source.inside) this.collect(source.initial, where);
    else {
      // Read once, ahead of the loop.
      const outside = depth - 1;
      this.collect(source.initial, {
        loops: where.loops.slice(0, outside),
        at: where.loops[outside].firstSite,
        later: where.later.slice(0, outside),
      });
    }
  }

  /** Lets iterations share elements, loop by loop from the outermost, wherever all reads still find what was written. */
  private shrink(site: number, loops: readonly Loop[], reads: readonly Read[], results: readonly number[]): void {
    const shared = loops.map(() => false);
    let places: (Place | undefined)[] = [];
    for (let level = 0; level < loops.length; level++) {
      shared[level] = true;
      const extents = extentsOf(loops, shared);
      const found = reads.map((read) => placeOf(site, read, loops, shared, extents));
      if (found.some((place) => !place) || !results.every((instance) => isNewest(instance, loops, shared)))
        shared[level] = false;
      else places = found;
    }
    if (!shared.includes(true)) return;
    this.found.set(site, extentsOf(loops, shared));
    reads.forEach(({ source }, index) => this.places.set(source, places[index] as Place));
  }
}

/** Once all is done: does the element of an instance still hold it? */
function isNewest(instance: number, loops: readonly Loop[], shared: readonly boolean[]): boolean {
  let rest = instance;
  for (let level = loops.length - 1; level >= 0; level--) {
    const { count } = loops[level];
    if (shared[level] && rest % count !== count - 1) return false;
    rest = Math.floor(rest / count);
  }
  return true;
}

/**
 * Where a read finds its element if the loops in `shared` share elements; undefined where another value may stand there by then.
 * Of all writes to the element, the last before the read must be that of the instance that is to be read.
 */
function placeOf(
  site: number,
  { source, loops: around, at, later }: Read,
  loops: readonly Loop[],
  shared: readonly boolean[],
  extents: Extents,
): Place | undefined {
  const full = extentsOf(loops).steps;
  let common = 0;
  while (common < loops.length && common < around.length && loops[common] === around[common]) common++;
  const isAfter = site < at;
  for (let back = -1; back < common; back++) {
    // The instance of the same iteration of the common loops, or of the one before in one of them.
    const first = source.first + (back >= 0 ? full[back] : 0);
    const place = coordinates(first, source.strides, around, loops, common, shared, extents);
    if (!place) continue;
    if (back < 0) return isAfter ? place : undefined;
    // In the first iteration of that loop it would be another iteration of the loop around it.
    if (back > 0 && !later[back]) return undefined;
    if (shared.some((is, level) => is && level > back && level < common)) return undefined;
    return shared[back] && isAfter ? undefined : { ...place, first: place.first - extents.steps[back] };
  }
  return undefined;
}

/**
 * Splits `first + Σ k_l · strides[l]`, a number of an instance, into the indices of the site's loops: those of the common loops
 * must be the reader's own, those of shared loops further inside the last ones. undefined where it does not split evenly.
 */
function coordinates(
  first: number,
  strides: readonly number[],
  around: readonly Loop[],
  loops: readonly Loop[],
  common: number,
  shared: readonly boolean[],
  { steps }: Extents,
): Place | undefined {
  const full = extentsOf(loops).steps;
  const low: number[] = [];
  let rest = first;
  for (let level = 0; level < loops.length; level++) {
    low.push(Math.floor(rest / full[level]));
    rest -= low[level] * full[level];
  }
  const high = [...low];
  const newSteps = strides.map(() => 0);
  let newFirst = 0;
  low.forEach((index, level) => (newFirst += level < common ? 0 : index * steps[level]));
  for (let loop = 0; loop < around.length; loop++) {
    const stride = strides[loop];
    if (loop < common) {
      if (stride !== full[loop]) return undefined;
      newSteps[loop] = steps[loop];
      continue;
    }
    if (stride === 0) continue;
    const level = full.findIndex((step) => stride % step === 0);
    const times = stride / full[level];
    const reach = times * (around[loop].count - 1);
    if (reach > 0) high[level] += reach;
    else low[level] += reach;
    newSteps[loop] = times * steps[level];
  }
  for (let level = 0; level < loops.length; level++) {
    if (level < common) {
      if (low[level] !== 0 || high[level] !== 0) return undefined;
    } else if (low[level] < 0 || high[level] >= loops[level].count) return undefined;
    else if (shared[level] && (low[level] !== high[level] || low[level] !== loops[level].count - 1)) return undefined;
  }
  return { first: newFirst, steps: newSteps };
}
