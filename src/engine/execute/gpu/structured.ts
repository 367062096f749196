/** Sub-programs inside a kernel: a loop stays a loop where a thread can carry what it needs. */
import type { PrimitiveName } from '../../primitives/params';
import type { ParamsOf, Program, Row } from '../../program/program';
import { reachOf, standsAlone } from './carried';
import { MixingError, type KernelContext } from './context';
import { ELEMENTWISE } from './elementwise';
import { addIndex, clampIndex, type Index } from './indexing';
import type { Atom, LoopScope } from './writer';

/** Elements of carried values that one thread keeps in variables; more are written out as steps instead. */
const MOST_CARRIED = 48;

/** Rows in a loop's body that one kernel holds: for more statements than this drivers take many seconds, or fail. */
const LONGEST_BODY = 4000;
/** Rows of a written-out program: each may become a kernel, and each that is not like another takes milliseconds to compile. */
export const MOST_ROWS = 50_000;

/** Is a loop's body too long for one kernel? Its turns are written out then, and cut into several. */
export function isLong({ body }: ParamsOf<'scan'>): boolean {
  return rowsWithin(body) > LONGEST_BODY;
}

/** What others read as it is. */
const UNWRITTEN: ReadonlySet<PrimitiveName> = new Set<PrimitiveName>([
  'input',
  'literal',
  'constant',
  'broadcastInDim',
  'project',
]);
const rows = new WeakMap<Program, number>();

/** Rows that a program writes as statements, those of its loops, branches and calls included. */
export function rowsWithin(program: Program): number {
  let count = rows.get(program);
  if (count !== undefined) return count;
  count = 0;
  for (let row = 0; row < program.size; row++) {
    if (!UNWRITTEN.has(program.name(row))) count++;
    for (const inner of programsOf(program, row)) count += rowsWithin(inner);
  }
  rows.set(program, count);
  return count;
}

/** The sub-programs that a row's kernel writes. */
export function programsOf(program: Program, row: Row): readonly Program[] {
  const name = program.name(row);
  if (name === 'scan') return [program.params<'scan'>(row).body];
  if (name === 'cond') return program.params<'cond'>(row).branches;
  const called = calledProgram(program, row);
  return called ? [called] : [];
}

/**
 * A row's value at an index, after those that it is made of number by number, in their order: by itself each would ask for the one
 * before, and there is not that much stack for the longest bodies.
 */
function valueInOrder(inside: KernelContext, row: Row, index: Index): Atom {
  const { program } = inside;
  if (program.size <= FEW_ROWS) return inside.value(row, index);
  const at = new Map<Row, Index>([[row, index]]);
  for (let one = row; one >= 0; one--) {
    const where = at.get(one);
    if (!where) continue;
    if (program.name(one) === 'broadcastInDim' && program.aval(program.operand(one, 0)).shape.length === 0)
      at.set(program.operand(one, 0), []);
    else if (ELEMENTWISE[program.name(one)]) for (const operand of program.operands(one)) at.set(operand, where);
  }
  for (const [one, where] of [...at].sort(([a], [b]) => a - b)) inside.value(one, where);
  return inside.value(row, index);
}
const FEW_ROWS = 256;

/**
 * Element of one result of a `scan`. One thread runs the loop and carries those elements of the carried values that its result needs:
 * its own, or a few at fixed places.
 * @throws MixingError where a step needs elements that change from step to step, or too many
 */
export function scanElement(k: KernelContext, row: Row, result: number, index: Index): Atom {
  const params = k.program.params<'scan'>(row);
  const { body, length, consts, carry } = params;
  const operands = Array.from(k.program.operands(row));
  const reach = reachOf(params);
  if (isLong(params)) throw new MixingError();
  if (result < carry && (length === 0 || reach[result] === 0)) return k.value(operands[consts + result], index);
  // Each thread computes its own step where steps do not hang together.
  if (result >= carry && standsAlone(params, body.outputs[result], reach))
    return valueInOrder(stepAlone(k, params, operands, index[0]), body.outputs[result], index.slice(1));
  // Several results of one scan come out of one loop.
  let variable: Atom | undefined;
  const write = (written: CarriedLoop) => {
    variable = result < carry ? written.variableOf(result, index) : written.elementOf(result, index);
    written.complete();
  };
  const before = k.loops.get(row)?.find(({ loop }) => k.w.canReopen(loop, index));
  if (before) k.w.reopen(before.loop, () => write(before));
  else
    k.w.loop(length, [], (counter, loop) => {
      const written = new CarriedLoop(k, params, operands, reach, counter, loop);
      write(written);
      k.loops.set(row, [...(k.loops.get(row) ?? []), written]);
    });
  return variable as Atom;
}

/** A scan as a loop of one thread, with a variable for each element of the carried values that something needs. */
export class CarriedLoop {
  /** Where the step's slices stand. */
  readonly step: Atom;
  /** The body in the present step. */
  readonly inside: KernelContext;
  private readonly carried: { position: number; at: Index; variable: Atom }[] = [];
  private completed = 0;

  constructor(
    private readonly k: KernelContext,
    private readonly params: ParamsOf<'scan'>,
    private readonly operands: readonly Row[],
    reach: readonly number[],
    counter: Atom,
    readonly loop: LoopScope,
  ) {
    const { body, length, consts, carry, reverse } = params;
    this.step = reverse ? k.w.define(`${length - 1} - ${counter}`) : counter;
    this.inside = k.nested(body, (input, at) => {
      if (input < consts) return k.value(operands[input], at);
      if (input >= consts + carry) return k.value(operands[input], [this.step, ...at]);
      return reach[input - consts] === 0 ? k.value(operands[input], at) : this.variableOf(input - consts, at);
    });
  }

  /** The variable of a carried value's element. @throws MixingError */
  variableOf(position: number, at: Index): Atom {
    const { k, carried, loop } = this;
    const known = carried.find((one) => one.position === position && one.at.every((atom, axis) => atom === at[axis]));
    if (known) return known.variable;
    if (carried.length === MOST_CARRIED || !at.every((atom) => k.w.standsBefore(atom, loop))) throw new MixingError();
    const operand = this.operands[this.params.consts + position];
    const variable = k.w.carriedVariable(loop, () => k.value(operand, at));
    carried.push({ position, at, variable });
    return variable;
  }

  /** A variable that keeps the element of a stacked result: what its step gives. */
  elementOf(result: number, [step, ...at]: Index): Atom {
    const { k, inside, loop } = this;
    const element = valueInOrder(inside, this.params.body.outputs[result], at);
    const variable = k.w.carriedVariable(loop, () => '0');
    k.w.statement(`if (${this.step} === ${step}) { ${variable} = ${element}; }`);
    return variable;
  }

  /** Writes the next values of the variables; all are there before any old one is replaced, and each may need further ones. */
  complete(): void {
    const { k, carried, inside, loop } = this;
    const { body } = this.params;
    for (; this.completed < carried.length; this.completed++) {
      const { position, at, variable } = carried[this.completed];
      const value = valueInOrder(inside, body.outputs[position], at);
      if (value === variable) continue;
      const next = carried.some((one) => one.variable === value) ? k.w.copy(value) : value;
      k.w.atEnd(loop, `${variable} = ${next};`);
    }
  }
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
    const value = valueInOrder(before, output, at);
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
