/** Copying programs and parts of programs into an emitter: what every transform does with the rows that it does not change. */
import { OPCODES } from '../primitives/opcodes';
import { Emitter } from '../program/emitter';
import { NONE, type Program, type Row } from '../program/program';

/** Where the rows of the source program stand in the emitter. */
export type RowMap = Int32Array;

export function emptyMap(program: Program): RowMap {
  return new Int32Array(program.size).fill(NONE);
}

/** Writes `program`'s rows into `b` with its inputs bound to `inputs`; returns the rows of its outputs. */
export function inline(b: Emitter, program: Program, inputs: readonly Row[]): Row[] {
  const { position } = b;
  const map = emptyMap(program);
  program.inputs.forEach((row, index) => (map[row] = inputs[index]));
  for (let row = 0; row < program.size; row++) {
    if (program.columns.opcodes[row] !== OPCODES.input) map[row] = b.copy(program, row, map);
  }
  b.position = position;
  return Array.from(program.outputs, (row) => map[row]);
}

/**
 * The rows of `program` that `outputs` need, from `inputs` on (any rows: what lies before them is cut off), as a program.
 * Guards come along where `keepGuards` is set.
 */
export function extract(program: Program, inputs: readonly Row[], outputs: readonly Row[], keepGuards = false): Program {
  const b = new Emitter(program.columns.positionTable);
  const map = emptyMap(program);
  for (const row of inputs) map[row] = b.input(program.aval(row));
  const needed = neededRows(program, inputs, outputs, keepGuards);
  for (let row = 0; row < program.size; row++) {
    if (needed[row] && map[row] === NONE) map[row] = b.copy(program, row, map);
  }
  return b.finish(outputs.map((row) => map[row]));
}

/** 1 for each row that `outputs` depend on, not going past `inputs`. */
export function neededRows(
  program: Program,
  inputs: readonly Row[],
  outputs: readonly Row[],
  keepGuards = false,
): Uint8Array {
  const needed = new Uint8Array(program.size);
  for (const row of outputs) if (row !== NONE) needed[row] = 1;
  const stop = new Uint8Array(program.size);
  for (const row of inputs) stop[row] = 1;
  const { opcodes, operandStarts, operands } = program.columns;
  for (let row = program.size - 1; row >= 0; row--) {
    if (keepGuards && opcodes[row] === OPCODES.guard) needed[row] = 1;
    if (!needed[row] || stop[row]) continue;
    for (let index = operandStarts[row]; index < operandStarts[row + 1]; index++) needed[operands[index]] = 1;
  }
  return needed;
}
