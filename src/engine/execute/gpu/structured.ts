/** Sub-programs inside a kernel: a loop stays a loop where a thread can carry what it needs. */
import type { ParamsOf, Program, Row } from '../../program/program';
import { reachOf, standsAlone } from './carried';
import { MixingError, type KernelContext } from './context';
import { addIndex, clampIndex, type Index } from './indexing';
import type { Atom } from './writer';

/** Elements of carried values that one thread keeps in variables; more are written out as steps instead. */
const MOST_CARRIED = 32;

/**
 * Element of one result of a `scan`. One thread runs the loop and carries those elements of the carried values that its result needs:
 * its own, or a few at fixed places.
 * @throws MixingError where a step needs elements that change from step to step, or too many
 */
export function scanElement(k: KernelContext, row: Row, result: number, index: Index): Atom {
  const params = k.program.params<'scan'>(row);
  const { body, length, consts, carry, reverse } = params;
  const operands = Array.from(k.program.operands(row));
  const reach = reachOf(params);
  const isConstant = (input: number): boolean =>
    input < consts || (input < consts + carry && reach[input - consts] === 0);
  if (result < carry && (length === 0 || isConstant(consts + result))) return k.value(operands[consts + result], index);
  // Each thread computes its own step where steps do not hang together.
  if (result >= carry && standsAlone(params, body.outputs[result], reach))
    return stepAlone(k, params, operands, index[0]).value(body.outputs[result], index.slice(1));
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

/** One step of a scan by itself: a carried value is what the step before made of it. */
function stepAlone(k: KernelContext, params: ParamsOf<'scan'>, operands: readonly Row[], step: Atom): KernelContext {
  const { body, length, consts, carry, reverse } = params;
  let before: KernelContext | undefined;
  return k.nested(body, (input, at) => {
    if (input >= consts + carry) return k.value(operands[input], [step, ...at]);
    const initial = k.value(operands[input], at);
    const output = body.outputs[input - consts];
    if (input < consts || output === body.inputs[input]) return initial;
    const first = reverse ? `${step} > ${length - 1.5}` : `${step} < 0.5`;
    const previous = reverse ? addIndex(k.w, step, 1) : k.w.define(`${step} - 1`);
    before ??= stepAlone(k, params, operands, clampIndex(k.w, previous, length));
    const value = before.value(output, at);
    return k.w.define(`${first} ? ${initial} : ${value}`);
  });
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
