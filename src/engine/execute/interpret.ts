/** The reference executor: one primitive after the other, by their `evaluate` rules. */
import { GuardError } from '../errors';
import { OPCODES } from '../primitives/opcodes';
import { primitive } from '../primitives/table';
import type { ArrayValue } from '../program/aval';
import type { Program } from '../program/program';

/** Value of every row of a program; rows with several results hold an array. @throws GuardError */
export function evaluateRows(program: Program, inputs: readonly ArrayValue[]): (ArrayValue | readonly ArrayValue[])[] {
  const values: (ArrayValue | readonly ArrayValue[])[] = new Array<ArrayValue>(program.size);
  program.inputs.forEach((row, index) => (values[row] = inputs[index]));
  for (let row = 0; row < program.size; row++) {
    switch (program.opcode(row)) {
      case OPCODES.input:
        break;
      case OPCODES.literal:
        values[row] = { shape: [], dtype: 'float64', data: Float64Array.of(program.literal(row)) };
        break;
      case OPCODES.constant:
        values[row] = program.constant(row);
        break;
      case OPCODES.project:
        values[row] = (values[program.operand(row, 0)] as readonly ArrayValue[])[program.params<'project'>(row).index];
        break;
      case OPCODES.guard: {
        const value = values[program.operand(row, 0)] as ArrayValue;
        const { expected } = program.params<'guard'>(row);
        if (!Object.is(value.data[0], expected) && value.data[0] !== expected) {
          throw new GuardError(row, expected, value.data[0], program.position(row));
        }
        values[row] = value;
        break;
      }
      default: {
        const operands = Array.from(program.operands(row), (operand) => values[operand] as ArrayValue);
        values[row] = primitive(program.name(row)).evaluate(operands, program.params(row));
      }
    }
  }
  return values;
}

/** Runs a program. @throws GuardError where control flow would have gone another way */
export function interpret(program: Program, inputs: readonly ArrayValue[]): ArrayValue[] {
  const values = evaluateRows(program, inputs);
  return Array.from(program.outputs, (row) => values[row] as ArrayValue);
}
