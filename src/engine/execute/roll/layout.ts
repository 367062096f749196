/** Where values live while a compiled tape runs: registers, memory, and which function computes what. */
import { Arena } from '../arena';
import { elementOf, extentsOf, InPlace, loopsAround } from './inPlace';
import type { RolledTape } from './rolled';
import { eachSource, INPUTS, LITERALS } from './sources';
import { isLoop, type Item, type SiteTree } from './tree';

/** Rows a function gets before the next one is begun: V8's compiler takes more than linear time for large ones. */
const FUNCTION_SITES = 1500;
const WORD = 8;
/** Address 0 stays free, so that offsets can reach one element below an array. */
const RESERVED = 64;

interface Unit {
  readonly items: readonly Item[];
}

export interface Layout {
  /** Groups of top-level items, one function each, in order. */
  readonly units: readonly Unit[];
  readonly unitOf: Int32Array;
  /** Bytes of memory. */
  readonly bytes: number;
  readonly inputsAt: number;
  readonly literalsAt: number;
  readonly outputsAt: number;
  /** By site: address of instance 0, and bytes between instances; −1 where no array is kept. */
  readonly arrayAt: Float64Array;
  readonly arrayStride: Int32Array;
  /** By site: address of its last value for other functions; −1 for none. */
  readonly slotAt: Float64Array;
  /** By operand (site · width + column): address of its table of addresses; absent for others. */
  readonly tableAt: ReadonlyMap<number, number>;
  readonly tables: readonly { readonly at: number; readonly addresses: Int32Array }[];
  /** Outputs that are copied: (index, address) pairs. */
  readonly copies: Int32Array;
  /** Which elements of their arrays sites write and read. */
  readonly inPlace: InPlace;
}

/** Number of instances of a site. */
function instancesOf(tree: SiteTree, site: number): number {
  return extentsOf(loopsAround(tree, site)).size;
}

function divide(items: readonly Item[]): Unit[] {
  const units: Unit[] = [];
  let open: Item[] = [];
  let sites = 0;
  const close = () => {
    if (open.length > 0) units.push({ items: open });
    open = [];
    sites = 0;
  };
  for (const item of items) {
    if (isLoop(item)) {
      const size = item.endSite - item.firstSite;
      if (sites > 0 && sites + size > FUNCTION_SITES) close();
      open.push(item);
      sites += size;
    } else {
      for (let first = item.first; first < item.end;) {
        const end = Math.min(item.end, first + Math.max(FUNCTION_SITES - sites, 1));
        open.push({ first, end });
        sites += end - first;
        first = end;
        if (sites >= FUNCTION_SITES) close();
      }
    }
    if (sites >= FUNCTION_SITES) close();
  }
  close();
  return units;
}

/** @param kept 1 for each site all of whose values stay when all is done */
export function layOut(rolled: RolledTape, kept: Uint8Array = new Uint8Array(rolled.tree.siteCount)): Layout {
  const { tree, sources, width, gathered, outputs, inputCount } = rolled;
  const { siteCount } = tree;
  const units = divide(tree.items);
  const unitOf = new Int32Array(siteCount);
  units.forEach((unit, index) => {
    for (const item of unit.items) {
      if (isLoop(item)) unitOf.fill(index, item.firstSite, item.endSite);
      else unitOf.fill(index, item.first, item.end);
    }
  });
  const lastUnit = unitOf.slice();
  const needsArray = new Uint8Array(siteCount);
  const needsSlot = new Uint8Array(siteCount);
  const isGathered = new Uint8Array(siteCount);
  let needsLiterals = false;
  const use = (site: number, unit: number) => {
    if (lastUnit[site] < unit) lastUnit[site] = unit;
  };
  for (let operand = 0; operand < sources.length; operand++) {
    const source = sources[operand];
    if (!source) continue;
    const unit = unitOf[Math.floor(operand / width)];
    eachSource(source, (part) => {
      if (part.kind === 'last') {
        if (unitOf[part.site] !== unit) {
          needsSlot[part.site] = 1;
          use(part.site, unit);
        }
      } else if (part.kind === 'affine') {
        if (part.site === LITERALS) needsLiterals = true;
        else if (part.site !== INPUTS) {
          needsArray[part.site] = 1;
          use(part.site, unit);
        }
      }
    });
  }

  for (const [operand, { sites }] of gathered) {
    const unit = unitOf[Math.floor(operand / width)];
    for (const from of sites) {
      if (from === LITERALS) needsLiterals = true;
      else if (from >= 0) {
        needsArray[from] = 1;
        isGathered[from] = 1;
        use(from, unit);
      }
    }
  }

  for (let site = 0; site < siteCount; site++) {
    if (kept[site] === 0) continue;
    needsArray[site] = 1;
    use(site, units.length - 1);
  }

  const inputsAt = RESERVED;
  const literalsAt = inputsAt + WORD * inputCount;
  const outputsAt = literalsAt + (needsLiterals ? WORD * rolled.literals.length : 0);
  let next = outputsAt + WORD * outputs.sites.length;
  const arrayAt = new Float64Array(siteCount).fill(-1);
  const arrayStride = new Int32Array(siteCount).fill(WORD);
  const slotAt = new Float64Array(siteCount).fill(-1);
  const copied = placeOutputs(rolled, outputsAt, arrayAt, arrayStride, needsArray);
  const results = new Map<number, number[]>();
  for (const index of copied) {
    const site = outputs.sites[index];
    if (site < 0) continue;
    use(site, units.length - 1);
    const instances = results.get(site);
    if (instances) instances.push(outputs.instances[index]);
    else results.set(site, [outputs.instances[index]]);
  }
  const isFree = (site: number) =>
    needsArray[site] === 1 && isGathered[site] === 0 && kept[site] === 0 && arrayAt[site] < 0;
  const inPlace = new InPlace(tree, sources, width, isFree, results);

  const tables: { at: number; addresses: Int32Array }[] = [];
  const tableAt = new Map<number, number>();
  for (const [operand, { sites }] of gathered) {
    const addresses = new Int32Array(sites.length);
    tables.push({ at: next, addresses });
    tableAt.set(operand, next);
    next += addresses.length * 4;
  }
  next = (next + 15) & ~15;

  // Sites stand in the order of their functions, so one pass allocates and frees.
  const arena = new Arena(next, units.length);
  for (let site = 0, unit = 0; site < siteCount; site++) {
    while (unit < unitOf[site]) arena.expire(unit++);
    if (needsArray[site] && arrayAt[site] < 0)
      arrayAt[site] = arena.take(WORD * inPlace.extents(site).size, lastUnit[site]);
    if (needsSlot[site]) slotAt[site] = arena.take(WORD, lastUnit[site]);
  }

  const addressOf = (site: number, instance: number): number => {
    if (site === LITERALS) return literalsAt + WORD * instance;
    if (site === INPUTS) return inputsAt + WORD * instance;
    return arrayAt[site] + arrayStride[site] * elementOf(instance, inPlace.extents(site));
  };
  let table = 0;
  for (const { sites, instances } of gathered.values()) {
    const { addresses } = tables[table++];
    for (let at = 0; at < sites.length; at++) addresses[at] = addressOf(sites[at], instances[at]);
  }
  const copies = new Int32Array(copied.length * 2);
  copied.forEach((index, at) => {
    copies[2 * at] = index;
    const site = outputs.sites[index];
    copies[2 * at + 1] = site === LITERALS ? -1 : addressOf(site, outputs.instances[index]);
  });
  return {
    units,
    unitOf,
    bytes: arena.end,
    inputsAt,
    literalsAt: needsLiterals ? literalsAt : -1,
    outputsAt,
    arrayAt,
    arrayStride,
    slotAt,
    tableAt,
    tables,
    copies,
    inPlace,
  };
}

/**
 * Lets sites write their results straight to where the outputs stand, wherever outputs are affine in the instance; returns the
 * indices of the outputs that must be copied.
 */
function placeOutputs(
  { tree, outputs: { sites, instances } }: RolledTape,
  outputsAt: number,
  arrayAt: Float64Array,
  arrayStride: Int32Array,
  needsArray: Uint8Array,
): number[] {
  const bySite = new Map<number, number[]>();
  const copied: number[] = [];
  sites.forEach((site, index) => {
    if (site < 0) {
      copied.push(index);
      return;
    }
    needsArray[site] = 1;
    const list = bySite.get(site);
    if (list) list.push(index);
    else bySite.set(site, [index]);
  });
  for (const [site, list] of bySite) {
    const count = instancesOf(tree, site);
    let placed = list.length === count;
    if (placed && count > 1) {
      const step = (list[1] - list[0]) / (instances[list[1]] - instances[list[0]]);
      const first = list[0] - step * instances[list[0]];
      placed = Number.isInteger(step) && list.every((index) => index === first + step * instances[index]);
      if (placed) {
        arrayAt[site] = outputsAt + WORD * first;
        arrayStride[site] = WORD * step;
      }
    } else if (placed) arrayAt[site] = outputsAt + WORD * list[0];
    if (!placed) for (const index of list) copied.push(index);
  }
  return copied;
}
