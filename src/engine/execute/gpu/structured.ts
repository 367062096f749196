/** Sub-programs inside a kernel: a loop stays a loop where every carried value depends on its own element only. */
import { sameShape } from '../../program/aval';
import type { Program, Row } from '../../program/program';
import { GpuUnsupportedError, type KernelContext } from './context';
import type { Index } from './indexing';
import type { Atom } from './writer';

/** Thrown inside: the loop's body reads elements of a carried value other than its own. */
class NotPointwise extends Error {}

/**
 * Element of one result of a `scan`. All carried values keep their element at `index` (or are scalars) through all
 * iterations, so that one thread runs the loop for its own element.
 * @throws GpuUnsupportedError where the body mixes elements
 */
export function scanElement(k: KernelContext, row: Row, result: number, index: Index): Atom {
  const { body, length, consts, carry, reverse } = k.program.params<'scan'>(row);
  const operands = Array.from(k.program.operands(row));
  const isCarry = result < carry;
  const own = isCarry ? index : index.slice(1);
  const ownShape = isCarry ? body.outputAvals[result].shape : body.outputAvals[result].shape;
  const placeOf = (input: number): Index => {
    const { shape } = body.inputAvals[input];
    if (shape.length === 0) return [];
    if (sameShape(shape, ownShape)) return own;
    throw new NotPointwise();
  };
  try {
    const needed = neededCarries(body, consts, carry, result);
    const variables = needed.map((position) =>
      k.w.variable(k.value(operands[consts + position], placeOf(consts + position))),
    );
    const found = isCarry ? undefined : k.w.variable('0');
    k.w.loop(length, found ? [...variables, found] : variables, (counter) => {
      const step = reverse ? k.w.define(`${length - 1} - ${counter}`) : counter;
      const inside = k.nested(body, (input, at) => {
        if (input < consts) return k.value(operands[input], at);
        if (input < consts + carry) {
          const expected = placeOf(input);
          if (expected.some((atom, axis) => atom !== at[axis])) throw new NotPointwise();
          return variables[needed.indexOf(input - consts)];
        }
        return k.value(operands[input], [step, ...at]);
      });
      // All new values are computed before any old one is replaced.
      const next = needed.map((position) => inside.value(body.outputs[position], placeOf(consts + position)));
      if (found) {
        const element = inside.value(body.outputs[result], own);
        k.w.statement(`if (${step} === ${index[0]}) { ${found} = ${element}; }`);
      }
      next.forEach((atom, position) => k.w.statement(`${variables[position]} = ${atom};`));
    });
    return found ?? variables[needed.indexOf(result)];
  } catch (error) {
    if (error instanceof NotPointwise)
      throw new GpuUnsupportedError('a scan whose steps mix elements', k.program.position(row));
    throw error;
  }
}

/** Carried values that a result depends on, through any number of iterations. */
function neededCarries(body: Program, consts: number, carry: number, result: number): number[] {
  const inputOf = new Map<Row, number>();
  body.inputs.forEach((row, input) => inputOf.set(row, input));
  const reads = (output: Row): Set<number> => {
    const seen = new Set<Row>();
    const found = new Set<number>();
    const stack = [output];
    while (stack.length > 0) {
      const row = stack.pop() as Row;
      if (seen.has(row)) continue;
      seen.add(row);
      const input = inputOf.get(row);
      if (input !== undefined && input >= consts && input < consts + carry) found.add(input - consts);
      stack.push(...body.operands(row));
    }
    return found;
  };
  const needed = new Set<number>(result < carry ? [result] : []);
  const pending = [...reads(body.outputs[result]), ...needed];
  while (pending.length > 0) {
    const position = pending.pop() as number;
    if (needed.has(position) && position !== result) continue;
    needed.add(position);
    for (const other of reads(body.outputs[position])) if (!needed.has(other)) pending.push(other);
  }
  return [...needed].sort((a, b) => a - b);
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
