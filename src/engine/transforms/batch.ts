/** Batching: a program becomes one for many examples at once (JAX's `vmap`). Inside, the batch axis always stands first. */
import { OPCODES } from '../primitives/opcodes';
import { primitiveAt } from '../primitives/table';
import { Emitter } from '../program/emitter';
import { listOf, type Program, type Row } from '../program/program';
import { eliminateDeadRows } from '../program/prune';
import { emptyMap } from './transcribe';

/** Writes `program` for `size` examples into `b`; `batched` says which inputs have the batch axis (at 0). */
export function transcribeBatch(
  b: Emitter,
  program: Program,
  inputs: readonly Row[],
  batched: readonly boolean[],
  size: number,
): { rows: Row[]; batched: boolean[] } {
  const map = emptyMap(program);
  const has = new Uint8Array(program.size);
  const tuples = new Map<Row, { rows: readonly Row[]; batched: readonly boolean[] }>();
  program.inputs.forEach((row, index) => {
    map[row] = inputs[index];
    has[row] = batched[index] ? 1 : 0;
  });
  const { opcodes, operandStarts, operands: operandColumn } = program.columns;
  for (let row = 0; row < program.size; row++) {
    const opcode = opcodes[row];
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
    let any = false;
    for (let index = operandStarts[row]; index < operandStarts[row + 1]; index++) {
      if (has[operandColumn[index]]) any = true;
    }
    if (!any) {
      map[row] = b.copy(program, row, map);
      continue;
    }
    b.position = b.positionIn(program, row);
    const out = primitiveAt(opcode).batch(b, {
      operands: program.mapOperands(row, map),
      batched: program.mapOperands(row, has).map((flag) => flag === 1),
      size,
      params: program.params(row) as never,
    });
    if (program.hasSeveralResults(row)) {
      tuples.set(row, out);
    } else {
      map[row] = out.rows[0];
      has[row] = out.batched[0] ? 1 : 0;
    }
  }
  return {
    rows: listOf(program.outputs, (row) => map[row]),
    batched: listOf(program.outputs, (row) => has[row] === 1),
  };
}

/**
 * The program for `size` examples, the batch axis at 0 of the inputs flagged `batched` and of the outputs that depend on them or
 * are flagged in `force`; which these are comes with it. For the sub-programs of structured primitives.
 */
export function batchSubProgram(
  program: Program,
  batched: readonly boolean[],
  size: number,
  force: readonly boolean[] = [],
): { program: Program; batched: boolean[] } {
  const b = new Emitter(program.columns.positionTable);
  const inputs = program.inputAvals.map(({ shape, dtype }, index) =>
    b.input({ shape: batched[index] ? [size, ...shape] : shape, dtype }),
  );
  const out = transcribeBatch(b, program, inputs, batched, size);
  const flags = out.batched.map((has, index) => has || force[index] === true);
  const rows = out.rows.map((row, index) => (flags[index] && !out.batched[index] ? b.repeat(row, size) : row));
  return { program: eliminateDeadRows(b.finish(rows)), batched: flags };
}

/**
 * `inAxes`: null for inputs without the batch axis. Outputs get it at `outAxes` (default 0 for all); null there leaves it out
 * of an output that must not depend on the batched inputs.
 * @returns the program; @throws BatchAxisError for a null out axis on an output that has the batch axis
 */
export function batchProgram(
  program: Program,
  inAxes: readonly (number | null)[],
  size: number,
  outAxes?: readonly (number | null)[],
): Program {
  const b = new Emitter(program.columns.positionTable);
  const inputs = program.inputAvals.map(({ shape, dtype }, index) => {
    const axis = inAxes[index];
    if (axis === null) return b.input({ shape, dtype });
    const full = [...shape];
    full.splice(axis, 0, size);
    return b.moveAxis(b.input({ shape: full, dtype }), axis, 0);
  });
  const out = transcribeBatch(
    b,
    program,
    inputs,
    inAxes.map((axis) => axis !== null),
    size,
  );
  return b.finish(
    out.rows.map((row, index) => {
      const axis = outAxes ? outAxes[index] : 0;
      if (axis === null) {
        if (out.batched[index]) throw new BatchAxisError(index);
        return row;
      }
      const full = out.batched[index] ? row : b.repeat(row, size);
      return b.moveAxis(full, 0, axis);
    }),
  );
}

/** An output was asked for without the batch axis, but depends on the batched inputs. */
export class BatchAxisError extends Error {
  constructor(readonly output: number) {
    super(`Output ${output} depends on the batched inputs, so it cannot be left without the batch axis.`);
  }
}
