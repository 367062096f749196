/** Calls written out: what stands inside a jitted or custom-rule function is fused with what stands around it. */
import { OPCODES } from '../../primitives/opcodes';
import { Emitter } from '../../program/emitter';
import { NONE, type Program, type Row } from '../../program/program';
import { inline } from '../../transforms/transcribe';

const CALLS = new Set<number>([OPCODES.call, OPCODES.customJvp, OPCODES.customVjp]);

/** The program with the equations of its calls in their places; itself where it has none. */
export function withoutCalls(program: Program): Program {
  const { opcodes } = program.columns;
  if (!opcodes.some((opcode) => CALLS.has(opcode))) return program;
  const b = new Emitter(program.columns.positionTable);
  const map = new Int32Array(program.size).fill(NONE);
  const results = new Map<Row, readonly Row[]>();
  for (const row of program.inputs) map[row] = b.input(program.aval(row));
  for (let row = 0; row < program.size; row++) {
    const opcode = opcodes[row];
    if (opcode === OPCODES.input) continue;
    const called = opcode === OPCODES.project ? results.get(program.operand(row, 0)) : undefined;
    if (called) {
      map[row] = called[program.params<'project'>(row).index];
    } else if (CALLS.has(opcode)) {
      const { program: inner } = program.params<'call'>(row);
      const operands = Array.from(program.operands(row), (operand) => map[operand]);
      const rows = inline(b, withoutCalls(inner), operands);
      results.set(row, rows);
      if (!program.hasSeveralResults(row)) [map[row]] = rows;
    } else {
      map[row] = b.copy(program, row, map);
    }
  }
  return b.finish(Array.from(program.outputs, (row) => map[row]));
}
