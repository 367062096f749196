/** Copying the rows of one program into an emitter: what every transform does with the part that it does not change. */
import { OPCODES } from '../primitives/opcodes';
import type { Emitter } from '../program/emitter';
import type { Program, Row } from '../program/program';

/** Where the rows of the source program stand in the emitter. */
export type RowMap = Int32Array;

/** Copies one row that has no rule of its own to apply: `map` must hold its operands. Fills in `map[row]`. */
export function copyRow(b: Emitter, program: Program, row: Row, map: RowMap): void {
  const opcode = program.opcode(row);
  if (opcode === OPCODES.literal) {
    map[row] = b.literal(program.literal(row));
  } else if (opcode === OPCODES.constant) {
    map[row] = b.constant(program.constant(row));
  } else if (opcode === OPCODES.project) {
    map[row] = projected(b, map[program.operand(row, 0)], program.params<'project'>(row).index);
  } else {
    b.position = program.columns.positions[row];
    const operands = Array.from(program.operands(row), (operand) => map[operand]);
    map[row] = program.hasSeveralResults(row)
      ? b.emitMany(program.name(row), operands, program.params(row))[0] - 1
      : b.emit(program.name(row), operands, program.params(row));
  }
}

/** The projection rows follow their tuple directly. */
export function projected(_b: Emitter, tuple: Row, index: number): Row {
  return tuple + 1 + index;
}

/** Writes `program`'s rows into `b` with its inputs bound to `inputs`; returns the rows of its outputs. */
export function inline(b: Emitter, program: Program, inputs: readonly Row[]): Row[] {
  const map: RowMap = new Int32Array(program.size).fill(-1);
  program.inputs.forEach((row, index) => (map[row] = inputs[index]));
  for (let row = 0; row < program.size; row++) {
    if (program.opcode(row) !== OPCODES.input) copyRow(b, program, row, map);
  }
  return Array.from(program.outputs, (row) => map[row]);
}
