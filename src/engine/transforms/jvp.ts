/** Forward mode: a program becomes one that also computes the tangents of its results (JAX's `jvp`). */
import { OPCODES } from '../primitives/opcodes';
import { primitive } from '../primitives/table';
import { isFloat } from '../program/aval';
import { Emitter } from '../program/emitter';
import { NONE, type Program, type Row } from '../program/program';
import { copyRow, type RowMap } from './transcribe';

/**
 * Writes `program` and its tangents into `b`. `tangents` holds NONE for inputs that are not moved; NONE among the returned
 * tangents is a symbolic zero.
 */
export function transcribeJvp(
  b: Emitter,
  program: Program,
  primals: readonly Row[],
  tangents: readonly Row[],
): { primals: Row[]; tangents: Row[] } {
  const map: RowMap = new Int32Array(program.size).fill(NONE);
  const tangentOf: RowMap = new Int32Array(program.size).fill(NONE);
  // Tangents of rows with several results, by tuple row.
  const tupleTangents = new Map<Row, readonly Row[]>();
  program.inputs.forEach((row, index) => {
    map[row] = primals[index];
    tangentOf[row] = tangents[index];
  });
  for (let row = 0; row < program.size; row++) {
    const opcode = program.opcode(row);
    if (opcode === OPCODES.input) continue;
    copyRow(b, program, row, map);
    if (opcode === OPCODES.literal || opcode === OPCODES.constant) continue;
    if (opcode === OPCODES.project) {
      const of = tupleTangents.get(program.operand(row, 0));
      if (of) tangentOf[row] = of[program.params<'project'>(row).index];
      continue;
    }
    const operands = program.operands(row);
    let active = false;
    for (const operand of operands) active ||= tangentOf[operand] !== NONE;
    if (!active) continue;
    const several = program.hasSeveralResults(row);
    const results = several ? program.tuple(row).map((_, index) => map[row] + 1 + index) : [map[row]];
    const name = program.name(row);
    b.position = program.columns.positions[row];
    const out = primitive(name).jvp(b, {
      primals: Array.from(operands, (operand) => map[operand]),
      tangents: Array.from(operands, (operand) => tangentOf[operand]),
      results,
      params: program.params(row),
    });
    if (several) tupleTangents.set(row, out);
    else tangentOf[row] = out[0];
  }
  return {
    primals: Array.from(program.outputs, (row) => map[row]),
    tangents: Array.from(program.outputs, (row) => tangentOf[row]),
  };
}

/**
 * (...inputs, ...tangents of the `active` inputs) → (...results, ...tangents of the float results).
 * Tangents of integer results are left out, as is `float0` in JAX.
 */
export function jvpProgram(program: Program, active: readonly boolean[]): Program {
  const b = new Emitter(program.columns.positionTable);
  const avals = program.inputAvals;
  const primals = avals.map((aval) => b.input(aval));
  const tangents = avals.map((aval, index) => (active[index] ? b.input(aval) : NONE));
  const out = transcribeJvp(b, program, primals, tangents);
  const outTangents = out.tangents.flatMap((tangent, index) => {
    const aval = b.aval(out.primals[index]);
    if (!isFloat(aval.dtype)) return [];
    return [tangent === NONE ? b.zeros(aval) : tangent];
  });
  return b.finish([...out.primals, ...outTangents]);
}
