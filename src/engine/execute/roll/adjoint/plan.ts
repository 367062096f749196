/** Which values the reverse sweep reads, and where adjoints live: registers for what is read once it is computed, arrays for the rest. */
import { OPCODES } from '../../../primitives/opcodes';
import { hasUnaryPartial } from '../../partials';
import type { Tape } from '../../scalar/tape';
import type { Classification } from '../classify';
import { eachRow, extentsOf, loopsAround } from '../inPlace';
import type { Layout } from '../layout';
import { eachSource, type Source } from '../sources';
import type { LoopTree } from '../tree';
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

/** Visits the sites whose instances a gathered operand reads, one for each of its own instances that reads any. */
function eachGathered(
  tape: Tape,
  tree: LoopTree,
  { siteOf, width }: Classification,
  operand: number,
  visit: (site: number) => void,
): void {
  const column = [tape.a, tape.b, tape.c][operand % width];
  eachRow(tree, Math.floor(operand / width), (row) => {
    const value = column[row];
    if (value >= tape.inputCount && value < tape.firstLiteral) visit(siteOf[value - tape.inputCount]);
  });
}

/** Visits the sites whose instances an operand reads. */
function eachSiteRead(
  tape: Tape,
  tree: LoopTree,
  classification: Classification,
  operand: number,
  visit: (site: number) => void,
): void {
  const source = classification.sources[operand];
  if (!source) return;
  eachSource(source, (part) => {
    if (part.kind === 'gather') eachGathered(tape, tree, classification, operand, visit);
    else if (part.kind !== 'number' && part.site >= 0) visit(part.site);
  });
}

/** 1 for each site all of whose values the reverse sweep may read. */
export function keptSites(tape: Tape, tree: LoopTree, classification: Classification, flow: Flow): Uint8Array {
  const { width } = classification;
  const kept = new Uint8Array(tree.siteCount);
  const keep = (site: number) => (kept[site] = 1);
  for (let site = 0; site < tree.siteCount; site++) {
    if (flow.active[site] === 0) continue;
    const reads = readsOf(tape.ops[tree.siteRows[site]], (column) => flow.receives[site * width + column] === 1);
    if (reads.result) keep(site);
    for (const column of reads.columns) eachSiteRead(tape, tree, classification, site * width + column, keep);
  }
  return kept;
}

/** The classification of those sites alone that `kept` ones and guards are computed from: the way forward leaves out all others. */
export function needed(tape: Tape, tree: LoopTree, classification: Classification, kept: Uint8Array): Classification {
  const { sources, width } = classification;
  const isNeeded = kept.slice();
  tree.siteRows.forEach((row, site) => {
    if (tape.ops[row] === OPCODES.guard) isNeeded[site] = 1;
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
      eachSiteRead(tape, tree, classification, site * width + column, need);
  }
  const left = sources.map((source, operand) => (isNeeded[Math.floor(operand / width)] === 1 ? source : undefined));
  return { ...classification, sources: left };
}

export interface AdjointPlan extends Flow {
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
export function planAdjoints(
  tape: Tape,
  tree: LoopTree,
  classification: Classification,
  layout: Layout,
  flow: Flow,
): AdjointPlan {
  const { sources, siteOf, instanceOf, width } = classification;
  const { siteCount } = tree;
  const { inputCount, firstLiteral } = tape;
  const columns = [tape.a, tape.b, tape.c];
  const needsArray = new Uint8Array(siteCount);
  const needsSlot = new Uint8Array(siteCount);
  const inRegister = new Uint8Array(siteCount);
  const isFresh = new Uint8Array(siteCount).fill(1);
  const gathers: number[] = [];
  for (let operand = 0; operand < sources.length; operand++) {
    if (flow.receives[operand] === 0) continue;
    const user = Math.floor(operand / width);
    eachSource(sources[operand] as Source, (part) => {
      if (part.kind === 'gather') {
        gathers.push(operand);
        eachGathered(tape, tree, classification, operand, (site) => (needsArray[site] = 1));
      } else if (part.kind !== 'number' && part.site >= 0) {
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
  const result = tape.outputs[0];
  const resultSite = result >= inputCount && result < firstLiteral ? siteOf[result - inputCount] : -1;
  const isLast = (site: number, instance: number) => instance === extentsOf(loopsAround(tree, site)).size - 1;
  // What a function returns is most often what its last iteration computed.
  const isResultLast = resultSite >= 0 && isLast(resultSite, instanceOf[result - inputCount]);
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
  const addressOf = (value: number): number => {
    if (value < inputCount) return inputsAt + WORD * value;
    if (value >= firstLiteral) return nowhere;
    const site = siteOf[value - inputCount];
    return arrayAt[site] < 0 ? nowhere : arrayAt[site] + WORD * instanceOf[value - inputCount];
  };
  const tableAt = new Map<number, number>();
  const tables: { at: number; addresses: Int32Array }[] = [];
  for (const operand of gathers) {
    const site = Math.floor(operand / width);
    const addresses = new Int32Array(extentsOf(loopsAround(tree, site)).size);
    let at = 0;
    eachRow(tree, site, (row) => (addresses[at++] = addressOf(columns[operand % width][row])));
    tables.push({ at: next, addresses });
    tableAt.set(operand, next);
    next += 4 * addresses.length;
  }
  return {
    ...flow,
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
    if (result >= firstLiteral || (resultSite >= 0 && flow.active[resultSite] === 0))
      return { seedAt: -1, seedSite: -1 };
    if (!isResultLast) return { seedAt: addressOf(result), seedSite: -1 };
    const slot = slotAt[resultSite];
    return { seedAt: slot, seedSite: slot < 0 ? resultSite : -1 };
  }
}
