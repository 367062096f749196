/** Forward mode: a program becomes one that also computes the tangents of its results (JAX's `jvp`). */
import { OPCODES } from '../primitives/opcodes';
import { isLargeScalarProgram } from '../execute/scalar/tape';
import { transcribeScalarJvp } from '../execute/scalar/forward';
import type { JvpMode } from '../primitives/primitive';
import { primitiveAt } from '../primitives/table';
import { isFloat } from '../program/aval';
import { Emitter } from '../program/emitter';
import { listOf, NONE, type Program, type Row } from '../program/program';
import { emptyMap } from './transcribe';

/**
 * Writes `program` and its tangents into `b`. `tangents` holds NONE for inputs that are not moved; NONE among the returned
 * tangents is a symbolic zero.
 */
export function transcribeJvp(
  b: Emitter,
  program: Program,
  primals: readonly Row[],
  tangents: readonly Row[],
  mode: JvpMode = 'forward',
): { primals: Row[]; tangents: Row[] } {
  if (isLargeScalarProgram(program)) return transcribeScalarJvp(b, program, primals, tangents);
  const map = emptyMap(program);
  const tangentOf = emptyMap(program);
  // Results of rows with several results, by tuple row: their tangents, and their rows where they are not projections.
  const tupleTangents = new Map<Row, readonly Row[]>();
  const tupleRows = new Map<Row, readonly Row[]>();
  program.inputs.forEach((row, index) => {
    map[row] = primals[index];
    tangentOf[row] = tangents[index];
  });
  const { opcodes, operandStarts, operands: operandColumn } = program.columns;
  for (let row = 0; row < program.size; row++) {
    const opcode = opcodes[row];
    if (opcode === OPCODES.input) continue;
    if (opcode === OPCODES.project) {
      const tuple = program.operand(row, 0);
      const { index } = program.params<'project'>(row);
      const rows = tupleRows.get(tuple);
      map[row] = rows ? rows[index] : b.copy(program, row, map);
      tangentOf[row] = tupleTangents.get(tuple)?.[index] ?? NONE;
      continue;
    }
    let active = false;
    for (let index = operandStarts[row]; index < operandStarts[row + 1]; index++) {
      if (tangentOf[operandColumn[index]] !== NONE) active = true;
    }
    if (!active || opcode === OPCODES.guard) {
      map[row] = b.copy(program, row, map);
      continue;
    }
    const rule = primitiveAt(opcode);
    const several = program.hasSeveralResults(row);
    const equation = {
      primals: program.mapOperands(row, map),
      tangents: program.mapOperands(row, tangentOf),
      params: program.params(row) as never,
    };
    if (rule.jointJvp) {
      b.position = b.positionIn(program, row);
      const out = rule.jointJvp(b, { ...equation, mode });
      if (several) {
        tupleRows.set(row, out.results);
        tupleTangents.set(row, out.tangents);
      } else {
        map[row] = out.results[0];
        tangentOf[row] = out.tangents[0];
      }
      continue;
    }
    map[row] = b.copy(program, row, map);
    const results = several ? program.tuple(row).map((_, index) => map[row] + 1 + index) : [map[row]];
    const out = rule.jvp(b, { ...equation, results });
    if (several) tupleTangents.set(row, out);
    else tangentOf[row] = out[0];
  }
  return {
    primals: listOf(program.outputs, (row) => map[row]),
    tangents: listOf(program.outputs, (row) => tangentOf[row]),
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
    return isFloat(aval.dtype) ? [b.instantiate(tangent, aval)] : [];
  });
  return b.finish([...out.primals, ...outTangents]);
}
