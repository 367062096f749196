/**
 * Which sites hand an adjoint on, and to which operands. Decided for all instances of a site together: where only some of them reach
 * the result, the others hand zeros on, which is right unless a partial derivative is infinite or NaN. The sum is NaN then.
 */
import { OPCODES } from '../../../primitives/opcodes';
import { hasBinaryPartials, hasUnaryPartial, isFlat } from '../../partials';
import { sitesRead } from '../reads';
import type { RolledTape } from '../rolled';
import { INPUTS } from '../sources';

export interface Flow {
  /** By site: 1 where instances depend on an input and the result on them, both smoothly. */
  readonly active: Uint8Array;
  /** By operand (site · width + column): 1 where it receives a share of the site's adjoint. */
  readonly receives: Uint8Array;
}

/** The column from which on operands receive a share. */
const firstReceiver = (opcode: number): number => (opcode === OPCODES.select ? 1 : 0);

const isKnown = (opcode: number): boolean =>
  hasUnaryPartial[opcode] === 1 || hasBinaryPartials[opcode] === 1 || opcode === OPCODES.select;

/** @returns undefined where an operation has no partial derivative as a number */
export function flowOf(rolled: RolledTape, by: number): Flow | undefined {
  const { ops, width, outputs } = rolled;
  const count = ops.length;
  /** By operand that receives shares if it is active: what it reads. */
  const reads: (readonly number[])[] = [];
  ops.forEach((opcode, site) => {
    for (let column = 0; column < width; column++)
      reads.push(
        isFlat[opcode] === 1 || column < firstReceiver(opcode) ? [] : [...sitesRead(rolled, site * width + column, by)],
      );
  });
  const varied = new Uint8Array(count);
  // Values that loops carry come from sites further down: again, until nothing is added.
  for (let changed = true; changed;) {
    changed = false;
    for (let operand = 0; operand < reads.length; operand++) {
      const site = Math.floor(operand / width);
      if (varied[site] === 1 || !reads[operand].some((from) => from === INPUTS || varied[from] === 1)) continue;
      varied[site] = 1;
      changed = true;
    }
  }
  const active = new Uint8Array(count);
  const reach = [outputs.sites[0]];
  for (let site = reach.pop(); site !== undefined; site = reach.pop()) {
    if (site < 0 || varied[site] === 0 || active[site] === 1) continue;
    active[site] = 1;
    for (let column = 0; column < width; column++) reach.push(...reads[site * width + column]);
  }
  const receives = new Uint8Array(reads.length);
  for (let operand = 0; operand < reads.length; operand++) {
    const site = Math.floor(operand / width);
    if (active[site] === 0) continue;
    if (!isKnown(ops[site])) return undefined;
    if (reads[operand].some((from) => from === INPUTS || active[from] === 1)) receives[operand] = 1;
  }
  return { active, receives };
}
