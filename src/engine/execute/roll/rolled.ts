/**
 * A tape with its loops rolled up: sites instead of rows. This is what code is generated from, and what derivatives of rolled code
 * are written in: its size is that of the code, not of the trace.
 */
import type { Tape } from '../scalar/tape';
import { classify } from './classify';
import { eachRow } from './inPlace';
import { INPUTS, LITERALS, type Source } from './sources';
import { findLoops, type SiteTree } from './tree';

/** Values by site (inputs and literals among them) and instance. */
export interface Instances {
  readonly sites: Int32Array;
  readonly instances: Int32Array;
}

export interface RolledTape {
  readonly inputCount: number;
  readonly literals: Float64Array;
  readonly tree: SiteTree;
  /** By site. */
  readonly ops: Uint8Array;
  /** The most operands that a site has. */
  readonly width: number;
  /** By operand (site · width + column); undefined for absent ones. A site without any is left out. */
  readonly sources: readonly (Source | undefined)[];
  /** By gathered operand: what its instances read, in order. */
  readonly gathered: ReadonlyMap<number, Instances>;
  readonly outputs: Instances;
}

/** @returns undefined where more than `mostSites` are left */
export function rollUp(tape: Tape, mostSites: number): RolledTape | undefined {
  const tree = findLoops(tape);
  if (tree.siteCount > mostSites) return undefined;
  const { sources, siteOf, instanceOf, width } = classify(tape, tree);
  const { inputCount, firstLiteral, literals } = tape;
  const columns = [tape.a, tape.b, tape.c];
  const instancesOf = (values: Int32Array): Instances => {
    const sites = new Int32Array(values.length);
    const instances = new Int32Array(values.length);
    values.forEach((value, at) => {
      const row = value - inputCount;
      const isLiteral = value >= firstLiteral;
      sites[at] = isLiteral ? LITERALS : row < 0 ? INPUTS : siteOf[row];
      instances[at] = isLiteral ? value - firstLiteral : row < 0 ? value : instanceOf[row];
    });
    return { sites, instances };
  };
  const gathered = new Map<number, Instances>();
  sources.forEach((source, operand) => {
    if (source?.kind !== 'gather') return;
    const values: number[] = [];
    eachRow(tree, Math.floor(operand / width), (row) => values.push(columns[operand % width][row]));
    gathered.set(operand, instancesOf(Int32Array.from(values)));
  });
  return {
    inputCount,
    literals,
    tree,
    ops: Uint8Array.from(tree.siteRows, (row) => tape.ops[row]),
    width,
    sources,
    gathered,
    outputs: instancesOf(tape.outputs),
  };
}
