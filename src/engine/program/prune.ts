/** Leaving out rows that nothing needs. */
import { OPCODES } from '../primitives/opcodes';
import { NONE, Program, type Row } from './program';

/** 1 for each row that `outputs` depend on, not going past `stop` rows; guards and what they need too with `keepGuards`. */
export function neededRows(
  program: Program,
  stop: readonly Row[],
  outputs: Iterable<Row>,
  keepGuards: boolean,
): Uint8Array {
  const needed = new Uint8Array(program.size);
  for (const row of outputs) if (row !== NONE) needed[row] = 1;
  const stops = new Uint8Array(program.size);
  for (const row of stop) stops[row] = 1;
  const { opcodes, operandStarts, operands } = program.columns;
  for (let row = program.size - 1; row >= 0; row--) {
    if (keepGuards && opcodes[row] === OPCODES.guard) needed[row] = 1;
    if (!needed[row] || stops[row]) continue;
    for (let index = operandStarts[row]; index < operandStarts[row + 1]; index++) needed[operands[index]] = 1;
  }
  return needed;
}

/**
 * The program without the rows that neither outputs nor guards depend on; inputs stay. The tables of parameters, avals,
 * literals and constants are shared with the original. With `keepGuards: false`, guards go too: for a program that runs once,
 * at the point where it was traced.
 */
export function eliminateDeadRows(
  program: Program,
  { keepGuards = true }: { readonly keepGuards?: boolean } = {},
): Program {
  const needed = neededRows(program, [], program.outputs, keepGuards);
  for (const row of program.inputs) needed[row] = 1;
  const { columns } = program;
  // Projections stand directly behind their tuple, all of them: readers count on that.
  for (let row = 0; row < program.size; row++) {
    if (needed[row] && columns.avalIndices[row] < 0) needed.fill(1, row + 1, row + 1 + program.tuple(row).length);
  }
  const renamed = new Int32Array(program.size).fill(NONE);
  let rows = 0;
  let operandTotal = 0;
  for (let row = 0; row < program.size; row++) {
    if (!needed[row]) continue;
    renamed[row] = rows++;
    operandTotal += program.operandCount(row);
  }
  if (rows === program.size) return program;
  const opcodes = new Uint8Array(rows);
  const operandStarts = new Int32Array(rows + 1);
  const operands = new Int32Array(operandTotal);
  const paramIndices = new Int32Array(rows);
  const avalIndices = new Int32Array(rows);
  const positions = new Int32Array(rows);
  let next = 0;
  let total = 0;
  for (let row = 0; row < program.size; row++) {
    if (!needed[row]) continue;
    opcodes[next] = columns.opcodes[row];
    paramIndices[next] = columns.paramIndices[row];
    avalIndices[next] = columns.avalIndices[row];
    positions[next] = columns.positions[row];
    for (let index = columns.operandStarts[row]; index < columns.operandStarts[row + 1]; index++) {
      operands[total++] = renamed[columns.operands[index]];
    }
    operandStarts[++next] = total;
  }
  return new Program({
    ...columns,
    opcodes,
    operandStarts,
    operands,
    paramIndices,
    avalIndices,
    positions,
    inputs: columns.inputs.map((row) => renamed[row]),
    outputs: columns.outputs.map((row) => renamed[row]),
  });
}
