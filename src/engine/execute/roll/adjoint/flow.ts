/** Which sites of a tape hand an adjoint on, and to which operands: decided row by row, so that zero times infinity comes nowhere. */
import { OPCODES } from '../../../primitives/opcodes';
import { hasBinaryPartials, hasUnaryPartial, isFlat } from '../../partials';
import type { Tape } from '../../scalar/tape';
import type { Classification } from '../classify';
import { eachSource, INPUTS, LITERALS } from '../sources';
import type { LoopTree } from '../tree';

export interface Flow {
  /** By site: 1 where instances depend on an input and the result on them, both smoothly. */
  readonly active: Uint8Array;
  /** By operand (site · width + column): 1 where it receives a share of the site's adjoint. */
  readonly receives: Uint8Array;
}

/** The column from which on operands receive a share. */
const firstReceiver = (opcode: number): number => (opcode === OPCODES.select ? 1 : 0);

/** Operations whose shares are no products: an adjoint of 0 is handed on as 0, whatever the values. */
const isLinear = (opcode: number): boolean =>
  opcode === OPCODES.add || opcode === OPCODES.sub || opcode === OPCODES.neg;

const isKnown = (opcode: number): boolean =>
  hasUnaryPartial[opcode] === 1 || hasBinaryPartials[opcode] === 1 || opcode === OPCODES.select;

/** 1 for each value that depends on an input, and for each that the first output depends on, both smoothly. */
function smoothPaths({ ops, a, b, c, inputCount, valueCount, outputs }: Tape): {
  varied: Uint8Array;
  reached: Uint8Array;
} {
  const varied = new Uint8Array(valueCount);
  varied.fill(1, 0, inputCount);
  const isTernary = c.length > 0;
  for (let row = 0, out = inputCount; row < ops.length; row++, out++) {
    if (isFlat[ops[row]] === 1) continue;
    let any = ops[row] === OPCODES.select ? 0 : varied[a[row]];
    if (b[row] >= 0) any |= varied[b[row]];
    if (isTernary && c[row] >= 0) any |= varied[c[row]];
    varied[out] = any;
  }
  const reached = new Uint8Array(valueCount);
  reached[outputs[0]] = 1;
  for (let row = ops.length - 1, out = inputCount + row; row >= 0; row--, out--) {
    if (reached[out] === 0 || isFlat[ops[row]] === 1) continue;
    if (ops[row] !== OPCODES.select) reached[a[row]] = 1;
    if (b[row] >= 0) reached[b[row]] = 1;
    if (isTernary && c[row] >= 0) reached[c[row]] = 1;
  }
  return { varied, reached };
}

/** @returns undefined where an operation has no partial derivative as a number, or adjoints reach some instances of a product only */
export function flowOf(tape: Tape, tree: LoopTree, { siteOf, sources, width }: Classification): Flow | undefined {
  const { ops, inputCount } = tape;
  const { varied, reached } = smoothPaths(tape);
  const active = new Uint8Array(tree.siteCount);
  const missed = new Uint8Array(tree.siteCount);
  for (let row = 0; row < ops.length; row++) {
    if (varied[inputCount + row] === 0) continue;
    if (reached[inputCount + row] === 1) active[siteOf[row]] = 1;
    else missed[siteOf[row]] = 1;
  }
  const receives = new Uint8Array(sources.length);
  for (let site = 0; site < tree.siteCount; site++) {
    if (active[site] === 0) continue;
    const opcode = ops[tree.siteRows[site]];
    if (!isKnown(opcode) || (missed[site] === 1 && !isLinear(opcode))) return undefined;
    for (let column = firstReceiver(opcode); column < width; column++) {
      const source = sources[site * width + column];
      if (!source) continue;
      eachSource(source, (part) => {
        if (part.kind === 'number') return;
        const to = part.kind === 'gather' ? INPUTS : part.site;
        if (to === INPUTS || (to !== LITERALS && active[to] === 1)) receives[site * width + column] = 1;
      });
    }
  }
  return { active, receives };
}
