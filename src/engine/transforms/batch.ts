/** Batching: a program becomes one for many examples at once (JAX's `vmap`). Inside, the batch axis always stands first. */
import { OPCODES } from '../primitives/opcodes';
import { primitive } from '../primitives/table';
import { Emitter } from '../program/emitter';
import type { Program, Row } from '../program/program';
import { copyRow, type RowMap } from './transcribe';

/** Writes `program` for `size` examples into `b`; `batched` says which inputs have the batch axis (at 0). */
export function transcribeBatch(
  b: Emitter,
  program: Program,
  inputs: readonly Row[],
  batched: readonly boolean[],
  size: number,
): { rows: Row[]; batched: boolean[] } {
  const map: RowMap = new Int32Array(program.size).fill(-1);
  const has = new Uint8Array(program.size);
  const tuples = new Map<Row, { rows: readonly Row[]; batched: readonly boolean[] }>();
  program.inputs.forEach((row, index) => {
    map[row] = inputs[index];
    has[row] = batched[index] ? 1 : 0;
  });
  for (let row = 0; row < program.size; row++) {
    const opcode = program.opcode(row);
    if (opcode === OPCODES.input) continue;
    if (opcode === OPCODES.project) {
      const of = tuples.get(program.operand(row, 0));
      if (of) {
        const { index } = program.params<'project'>(row);
        map[row] = of.rows[index];
        has[row] = of.batched[index] ? 1 : 0;
        continue;
      }
    }
    const operands = program.operands(row);
    let any = false;
    for (const operand of operands) any ||= has[operand] === 1;
    if (!any) {
      copyRow(b, program, row, map);
      continue;
    }
    b.position = program.columns.positions[row];
    const out = primitive(program.name(row)).batch(b, {
      operands: Array.from(operands, (operand) => map[operand]),
      batched: Array.from(operands, (operand) => has[operand] === 1),
      size,
      params: program.params(row),
    });
    if (program.hasSeveralResults(row)) {
      tuples.set(row, out);
    } else {
      map[row] = out.rows[0];
      has[row] = out.batched[0] ? 1 : 0;
    }
  }
  return {
    rows: Array.from(program.outputs, (row) => map[row]),
    batched: Array.from(program.outputs, (row) => has[row] === 1),
  };
}

/** `inAxes`: null for inputs without the batch axis. All outputs get it, at `outAxes` (default 0). */
export function batchProgram(
  program: Program,
  inAxes: readonly (number | null)[],
  size: number,
  outAxes?: readonly number[],
): Program {
  const b = new Emitter(program.columns.positionTable);
  const inputs = program.inputAvals.map(({ shape, dtype }, index) => {
    const axis = inAxes[index];
    if (axis === null) return b.input({ shape, dtype });
    const full = [...shape];
    full.splice(axis, 0, size);
    return b.moveAxis(b.input({ shape: full, dtype }), axis, 0);
  });
  const out = transcribeBatch(b, program, inputs, inAxes.map((axis) => axis !== null), size);
  return b.finish(
    out.rows.map((row, index) => {
      const full = out.batched[index] ? row : b.repeat(row, size);
      return b.moveAxis(full, 0, outAxes?.[index] ?? 0);
    }),
  );
}
