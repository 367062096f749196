/** Sub-programs inside a kernel: a loop stays a loop where a thread can carry what it needs. */
import type { Program, Row } from '../../program/program';
import { MixingError, type KernelContext } from './context';
import type { Index } from './indexing';
import type { Atom } from './writer';

/** Elements of carried values that one thread keeps in variables; more are written out as steps instead. */
const MOST_CARRIED = 32;

/**
 * Element of one result of a `scan`. One thread runs the loop and carries those elements of the carried values that its result needs:
 * its own, or a few at fixed places.
 * @throws MixingError where a step needs elements that change from step to step, or too many
 */
export function scanElement(k: KernelContext, row: Row, result: number, index: Index): Atom {
  const { body, length, consts, carry, reverse } = k.program.params<'scan'>(row);
  const operands = Array.from(k.program.operands(row));
  const isConstant = (input: number): boolean =>
    input < consts || (input < consts + carry && body.outputs[input - consts] === body.inputs[input]);
  if (result >= carry && !dependsOnCarry(body, body.outputs[result], consts, carry, isConstant)) {
    // Steps that do not hang together: each thread computes its own.
    const [step, ...own] = index;
    return k
      .nested(body, (input, at) => k.value(operands[input], isConstant(input) ? at : [step, ...at]))
      .value(body.outputs[result], own);
  }
  if (result < carry && (length === 0 || isConstant(consts + result))) return k.value(operands[consts + result], index);
  const found = result < carry ? undefined : k.w.variable('0');
  const carried: { position: number; at: Index; variable: Atom }[] = [];
  k.w.loop(length, found ? [found] : [], (counter, loop) => {
    const step = reverse ? k.w.define(`${length - 1} - ${counter}`) : counter;
    const variableOf = (position: number, at: Index): Atom => {
      const known = carried.find((one) => one.position === position && one.at.every((atom, axis) => atom === at[axis]));
      if (known) return known.variable;
      if (carried.length === MOST_CARRIED || !at.every((atom) => k.w.standsBefore(atom, loop))) throw new MixingError();
      const variable = k.w.carriedVariable(loop, () => k.value(operands[consts + position], at));
      carried.push({ position, at, variable });
      return variable;
    };
    const inside = k.nested(body, (input, at) => {
      if (isConstant(input)) return k.value(operands[input], at);
      if (input < consts + carry) return variableOf(input - consts, at);
      return k.value(operands[input], [step, ...at]);
    });
    if (found) {
      const element = inside.value(body.outputs[result], index.slice(1));
      k.w.statement(`if (${step} === ${index[0]}) { ${found} = ${element}; }`);
    } else variableOf(result, index);
    // All new values are there before any old one is replaced; each may need further elements.
    const next: Atom[] = [];
    for (let place = 0; place < carried.length; place++) {
      const { position, at, variable } = carried[place];
      const value = inside.value(body.outputs[position], at);
      next.push(value !== variable && carried.some((one) => one.variable === value) ? k.w.copy(value) : value);
    }
    next.forEach((atom, place) => {
      if (atom !== carried[place].variable) k.w.statement(`${carried[place].variable} = ${atom};`);
    });
  });
  return found ?? carried[0].variable;
}

/** Does a result of a scan's body need what is carried from step to step? */
function dependsOnCarry(
  body: Program,
  output: Row,
  consts: number,
  carry: number,
  isConstant: (input: number) => boolean,
): boolean {
  const depends = new Uint8Array(body.size);
  for (let input = consts; input < consts + carry; input++) if (!isConstant(input)) depends[body.inputs[input]] = 1;
  for (let row = 0; row <= output; row++) for (const operand of body.operands(row)) depends[row] |= depends[operand];
  return depends[output] === 1;
}

/** Element of one result of a `cond`: every branch is computed, the index chooses. */
export function condElement(k: KernelContext, row: Row, result: number, index: Index): Atom {
  const { branches } = k.program.params<'cond'>(row);
  const [selector, ...operands] = k.program.operands(row);
  const chosen = k.value(selector, []);
  let value: Atom | undefined;
  for (let branch = branches.length - 1; branch >= 0; branch--) {
    const inside = k.nested(branches[branch], (input, at) => k.value(operands[input], at));
    const element = inside.value(branches[branch].outputs[result], index);
    value = value === undefined ? element : k.w.define(`${chosen} < ${branch + 0.5} ? ${element} : ${value}`);
  }
  return value as Atom;
}

/** The program that a row calls as a whole, where it does; its operands are the program's inputs. */
export function calledProgram(program: Program, row: Row): Program | undefined {
  switch (program.name(row)) {
    case 'call':
      return program.params<'call'>(row).program;
    case 'customJvp':
      return program.params<'customJvp'>(row).program;
    case 'customVjp':
      return program.params<'customVjp'>(row).program;
    case 'linearCall':
      return program.params<'linearCall'>(row).forward ?? undefined;
    default:
      return undefined;
  }
}
