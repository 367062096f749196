/** Which values the reverse sweep reads, and where adjoints live: registers for what is read once it is computed, arrays for the rest. */
import { OPCODES } from '../../../primitives/opcodes';
import { hasUnaryPartial } from '../../partials';
import { extentsOf, loopsAround } from '../inPlace';
import type { Layout } from '../layout';
import { sitesRead } from '../reads';
import type { RolledTape } from '../rolled';
import { eachSource, INPUTS, LITERALS, type Source } from '../sources';
import type { Flow } from './flow';

const WORD = 8;

/** What the shares of an operation are computed from: operands by column, and the result. */
export interface Reads {
  readonly columns: readonly number[];
  readonly result: boolean;
}

export function readsOf(opcode: number, receives: (column: number) => boolean): Reads {
  switch (opcode) {
    case OPCODES.add:
    case OPCODES.sub:
    case OPCODES.neg:
      return { columns: [], result: false };
    case OPCODES.mul:
      return { columns: [0, 1].filter((column) => receives(1 - column)), result: false };
    case OPCODES.div:
      return { columns: [1], result: receives(1) };
    case OPCODES.exp:
    case OPCODES.sqrt:
    case OPCODES.tanh:
      return { columns: [], result: true };
    case OPCODES.log:
    case OPCODES.sin:
    case OPCODES.cos:
    case OPCODES.select:
      return { columns: [0], result: false };
    default:
      return { columns: hasUnaryPartial[opcode] === 1 ? [0] : [0, 1], result: true };
  }
}

/** Operations whose shares the sweep writes out; it calls functions for those of the others. */
export function isWritten(opcode: number): boolean {
  switch (opcode) {
    case OPCODES.add:
    case OPCODES.sub:
    case OPCODES.neg:
    case OPCODES.mul:
    case OPCODES.div:
    case OPCODES.exp:
    case OPCODES.log:
    case OPCODES.sqrt:
    case OPCODES.tanh:
    case OPCODES.sin:
    case OPCODES.cos:
    case OPCODES.select:
    case OPCODES.max:
    case OPCODES.min:
      return true;
    default:
      return false;
  }
}

export interface Kept {
  /** 1 for each site all of whose values the way forward leaves in memory. */
  readonly kept: Uint8Array;
  /** 1 for each site whose values the sweep computes again from kept ones. */
  readonly recomputed: Uint8Array;
}

/** How the reverse sweep comes by the values that it reads. */
export function keptSites(rolled: RolledTape, flow: Flow): Kept {
  const { ops, width, sources, tree } = rolled;
  const kept = new Uint8Array(ops.length);
  /** 1 for each site that is read otherwise than in its own iteration, further down. */
  const stays = new Uint8Array(ops.length);
  const keep = (user: number, column: number) => {
    const operand = user * width + column;
    const isNear = sources[operand]?.kind === 'last';
    for (const from of sitesRead(rolled, operand, 0)) {
      kept[from] = 1;
      if (!isNear || from >= user || tree.siteLoops[from] !== tree.siteLoops[user]) stays[from] = 1;
    }
  };
  ops.forEach((opcode, site) => {
    if (flow.active[site] === 0) return;
    const reads = readsOf(opcode, (column) => flow.receives[site * width + column] === 1);
    if (reads.result) kept[site] = stays[site] = 1;
    for (const column of reads.columns) keep(site, column);
  });
  const recomputed = new Uint8Array(ops.length);
  ops.forEach((opcode, site) => {
    if (kept[site] === 0 || stays[site] === 1 || !isCheap(opcode)) return;
    const operands = [0, 1].flatMap((column) => [...sitesRead(rolled, site * width + column, 0)]);
    if (!operands.every((from) => kept[from] === 1)) return;
    kept[site] = 0;
    recomputed[site] = 1;
    for (const from of operands) stays[from] = 1;
  });
  return { kept, recomputed };
}

/** Operations that cost less than a value written and read again. */
const isCheap = (opcode: number): boolean =>
  opcode === OPCODES.add || opcode === OPCODES.sub || opcode === OPCODES.mul || opcode === OPCODES.neg;

/** Those sites alone that `kept` ones and guards are computed from: the way forward leaves out all others. */
export function needed(rolled: RolledTape, kept: Uint8Array): RolledTape {
  const { ops, sources, width } = rolled;
  const isNeeded = kept.slice();
  ops.forEach((opcode, site) => {
    if (opcode === OPCODES.guard) isNeeded[site] = 1;
  });
  const stack: number[] = [];
  isNeeded.forEach((is, site) => is === 1 && stack.push(site));
  const need = (site: number) => {
    if (isNeeded[site] === 1) return;
    isNeeded[site] = 1;
    stack.push(site);
  };
  for (let site = stack.pop(); site !== undefined; site = stack.pop()) {
    for (let column = 0; column < width; column++)
      for (const from of sitesRead(rolled, site * width + column, 0)) need(from);
  }
  const left = sources.map((source, operand) => (isNeeded[Math.floor(operand / width)] === 1 ? source : undefined));
  return { ...rolled, sources: left };
}

export interface AdjointPlan extends Flow, Kept {
  /** Adjoints of the inputs. */
  readonly inputsAt: number;
  /** By site: address of the adjoints of its instances, one after the other; −1 where they have no array. */
  readonly arrayAt: Float64Array;
  /** By site: address of the adjoint of the instance last computed, for readers in other functions; −1 for none. */
  readonly slotAt: Float64Array;
  /** By site: 1 where the instance last computed has its adjoint in a register. */
  readonly inRegister: Uint8Array;
  /** By site: 1 where all that share in that register do so later in the same iteration: the first of them need not add. */
  readonly isFresh: Uint8Array;
  /** By gathered operand: address of its table of the addresses of adjoints. */
  readonly tableAt: ReadonlyMap<number, number>;
  readonly tables: readonly { readonly at: number; readonly addresses: Int32Array }[];
  /** All adjoints stand in [start, end): zeros before a sweep. */
  readonly start: number;
  readonly end: number;
  /** Bytes of memory, the values' included. */
  readonly bytes: number;
  /** Where the sweep begins: the address of the adjoint of the first output; −1 where that is a number or in a register. */
  readonly seedAt: number;
  /** The site whose register the sweep begins with; −1 for none. */
  readonly seedSite: number;
}

/** Places adjoints behind the values of `layout`. */
export function planAdjoints(rolled: RolledTape, layout: Layout, flow: Flow, kept: Kept): AdjointPlan {
  const { tree, sources, gathered, width, inputCount, outputs } = rolled;
  const { siteCount } = tree;
  const needsArray = new Uint8Array(siteCount);
  const needsSlot = new Uint8Array(siteCount);
  const inRegister = new Uint8Array(siteCount);
  const isFresh = new Uint8Array(siteCount).fill(1);
  for (let operand = 0; operand < sources.length; operand++) {
    if (flow.receives[operand] === 0) continue;
    const user = Math.floor(operand / width);
    eachSource(sources[operand] as Source, (part) => {
      if (part.kind === 'gather') for (const site of sitesRead(rolled, operand, 0)) needsArray[site] = 1;
      else if (part.kind !== 'number' && part.site >= 0) {
        if (part.kind === 'affine') needsArray[part.site] = 1;
        else if (layout.unitOf[part.site] !== layout.unitOf[user]) needsSlot[part.site] = 1;
        else {
          inRegister[part.site] = 1;
          const isLater = part === sources[operand] && user > part.site;
          if (!isLater || tree.siteLoops[user] !== tree.siteLoops[part.site]) isFresh[part.site] = 0;
        }
      }
    });
  }
  const resultSite = outputs.sites[0];
  const resultInstance = outputs.instances[0];
  const isLast = (site: number, instance: number) => instance === extentsOf(loopsAround(tree, site)).size - 1;
  // What a function returns is most often what its last iteration computed.
  const isResultLast = resultSite >= 0 && isLast(resultSite, resultInstance);
  if (isResultLast && needsSlot[resultSite] === 0) {
    inRegister[resultSite] = 1;
    isFresh[resultSite] = 0;
  } else if (resultSite >= 0 && !isResultLast) needsArray[resultSite] = 1;
  const start = (layout.bytes + 15) & ~15;
  const inputsAt = start;
  let next = inputsAt + WORD * inputCount;
  const take = (words: number): number => {
    next += WORD * words;
    return next - WORD * words;
  };
  /** Shares of numbers and of what depends on no input go here. */
  const nowhere = take(1);
  const arrayAt = new Float64Array(siteCount).fill(-1);
  const slotAt = new Float64Array(siteCount).fill(-1);
  for (let site = 0; site < siteCount; site++) {
    if (flow.active[site] === 0) continue;
    if (needsArray[site]) arrayAt[site] = take(extentsOf(loopsAround(tree, site)).size);
    if (needsSlot[site]) slotAt[site] = take(1);
    // One place is enough for both: readers in the same function then use the slot too.
    if (needsSlot[site]) inRegister[site] = 0;
  }
  const end = next;
  const addressOf = (site: number, instance: number): number => {
    if (site === INPUTS) return inputsAt + WORD * instance;
    return site === LITERALS || arrayAt[site] < 0 ? nowhere : arrayAt[site] + WORD * instance;
  };
  const tableAt = new Map<number, number>();
  const tables: { at: number; addresses: Int32Array }[] = [];
  for (const [operand, { sites, instances }] of gathered) {
    if (flow.receives[operand] === 0) continue;
    const addresses = Int32Array.from(sites, (site, at) => addressOf(site, instances[at]));
    tables.push({ at: next, addresses });
    tableAt.set(operand, next);
    next += 4 * addresses.length;
  }
  return {
    ...flow,
    ...kept,
    inputsAt,
    arrayAt,
    slotAt,
    inRegister,
    isFresh,
    tableAt,
    tables,
    start,
    end,
    bytes: next,
    ...seedOf(),
  };

  function seedOf(): Pick<AdjointPlan, 'seedAt' | 'seedSite'> {
    if (resultSite === LITERALS || (resultSite >= 0 && flow.active[resultSite] === 0))
      return { seedAt: -1, seedSite: -1 };
    if (!isResultLast) return { seedAt: addressOf(resultSite, resultInstance), seedSite: -1 };
    const slot = slotAt[resultSite];
    return { seedAt: slot, seedSite: slot < 0 ? resultSite : -1 };
  }
}
