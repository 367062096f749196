/** The reference executor: one primitive after the other, by their `evaluate` rules. */
import { GuardError } from '../errors';
import { OPCODES } from '../primitives/opcodes';
import { primitiveAt } from '../primitives/table';
import type { ArrayValue } from '../program/aval';
import { listOf, NONE, type Program, type Row } from '../program/program';

type Value = ArrayValue | readonly ArrayValue[];

function evaluateRow(program: Program, row: Row, values: Value[]): void {
  switch (program.columns.opcodes[row]) {
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
      if (value.data[0] !== expected && !Object.is(value.data[0], expected)) {
        throw new GuardError(row, expected, value.data[0], program.position(row));
      }
      values[row] = value;
      break;
    }
    default: {
      const { operandStarts, operands: column } = program.columns;
      const operands: ArrayValue[] = [];
      for (let index = operandStarts[row]; index < operandStarts[row + 1]; index++) {
        operands.push(values[column[index]] as ArrayValue);
      }
      values[row] = primitiveAt(program.columns.opcodes[row]).evaluate(operands, program.params(row) as never);
    }
  }
}

/** The rows that outputs and guards need, in order, and for each the row after which its value is free. */
export interface Schedule {
  readonly rows: Int32Array;
  /** Last row that reads each row; −1 for never, and for outputs. */
  readonly lastUse: Int32Array;
}

export function scheduleOf(program: Program): Schedule {
  const { opcodes, operandStarts, operands } = program.columns;
  const needed = new Uint8Array(program.size);
  const lastUse = new Int32Array(program.size).fill(NONE);
  const kept = new Uint8Array(program.size);
  for (const row of program.outputs) needed[row] = kept[row] = 1;
  let count = 0;
  for (let row = program.size - 1; row >= 0; row--) {
    if (opcodes[row] === OPCODES.guard) needed[row] = 1;
    if (!needed[row]) continue;
    count++;
    for (let index = operandStarts[row]; index < operandStarts[row + 1]; index++) {
      const operand = operands[index];
      needed[operand] = 1;
      if (lastUse[operand] === NONE && !kept[operand]) lastUse[operand] = row;
    }
  }
  const rows = new Int32Array(count);
  let next = 0;
  for (let row = 0; row < program.size; row++) if (needed[row]) rows[next++] = row;
  return { rows, lastUse };
}

/** Runs a program, letting go of each value after its last use. @throws GuardError where control flow goes another way */
export function interpret(
  program: Program,
  inputs: readonly ArrayValue[],
  { rows, lastUse }: Schedule = scheduleOf(program),
): ArrayValue[] {
  const values: (Value | undefined)[] = new Array<Value | undefined>(program.size);
  const { operandStarts, operands } = program.columns;
  program.inputs.forEach((row, index) => (values[row] = inputs[index]));
  for (const row of rows) {
    evaluateRow(program, row, values as Value[]);
    for (let index = operandStarts[row]; index < operandStarts[row + 1]; index++) {
      if (lastUse[operands[index]] === row) values[operands[index]] = undefined;
    }
  }
  return listOf(program.outputs, (row) => values[row] as ArrayValue);
}
