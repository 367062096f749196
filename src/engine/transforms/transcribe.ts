/** Copying programs and parts of programs into an emitter: what every transform does with the rows that it does not change. */
import { OPCODES } from '../primitives/opcodes';
import { Emitter } from '../program/emitter';
import { listOf, NONE, type Program, type Row } from '../program/program';
import { neededRows } from '../program/prune';

/** Where the rows of the source program stand in the emitter. */
export type RowMap = Int32Array;

export function emptyMap(program: Program): RowMap {
  return new Int32Array(program.size).fill(NONE);
}

/** Writes `program`'s live rows into `b` with its inputs bound to `inputs`; returns the rows of its outputs. */
export function inline(b: Emitter, program: Program, inputs: readonly Row[]): Row[] {
  const { position } = b;
  const map = emptyMap(program);
  program.inputs.forEach((row, index) => (map[row] = inputs[index]));
  const needed = neededRows(program, [], program.outputs, true);
  for (let row = 0; row < program.size; row++) {
    if (needed[row] && program.columns.opcodes[row] !== OPCODES.input) map[row] = b.copy(program, row, map);
  }
  b.position = position;
  return listOf(program.outputs, (row) => map[row]);
}

/**
 * The rows of `program` that `outputs` need, from `inputs` on (any rows: what lies before them is cut off), as a program.
 * Guards come along where `keepGuards` is set.
 */
export function extract(
  program: Program,
  inputs: readonly Row[],
  outputs: readonly Row[],
  keepGuards = false,
): Program {
  const b = new Emitter(program.columns.positionTable);
  const map = emptyMap(program);
  for (const row of inputs) map[row] = b.input(program.aval(row));
  const needed = neededRows(program, inputs, outputs, keepGuards);
  for (let row = 0; row < program.size; row++) {
    if (needed[row] && map[row] === NONE) map[row] = b.copy(program, row, map);
  }
  return b.finish(outputs.map((row) => map[row]));
}
