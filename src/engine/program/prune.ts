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
    if (needed[row] === 0 || stops[row] === 1) continue;
    const end = operandStarts[row + 1];
    for (let index = operandStarts[row]; index < end; index++) needed[operands[index]] = 1;
  }
  return needed;
}

/** Of a program beyond this many rows, */
const LONG = 65_536;
/** dead rows stay where they are if fewer than one in so many are: copying the others costs more than they do. */
const FEW_DEAD = 4;

/**
 * The program without the rows that neither outputs nor guards depend on (a long one with few of them stays as it is); inputs
 * stay. The tables of parameters, avals, literals and constants are shared with the original. With `keepGuards: false`, guards go
 * too: for a program that runs once, at the point where it was traced.
 */
export function eliminateDeadRows(
  program: Program,
  { keepGuards = true }: { readonly keepGuards?: boolean } = {},
): Program {
  const needed = neededRows(program, [], program.outputs, keepGuards);
  for (const row of program.inputs) needed[row] = 1;
  const { columns, size } = program;
  const from = columns.operandStarts;
  // Projections stand directly behind their tuple, all of them: readers count on that.
  if (columns.tuples.length > 0) {
    for (let row = 0; row < size; row++) {
      if (needed[row] && columns.avalIndices[row] < 0) needed.fill(1, row + 1, row + 1 + program.tuple(row).length);
    }
  }
  let rows = 0;
  let operandTotal = 0;
  for (let row = 0; row < size; row++) {
    if (needed[row] === 0) continue;
    rows++;
    operandTotal += from[row + 1] - from[row];
  }
  const isLong = keepGuards && size > LONG && size - rows < size / FEW_DEAD;
  if (rows === size || isLong) return program;
  const renamed = new Int32Array(size).fill(NONE);
  const opcodes = new Uint8Array(rows);
  const operandStarts = new Int32Array(rows + 1);
  const operands = new Int32Array(operandTotal);
  const paramIndices = new Int32Array(rows);
  const avalIndices = new Int32Array(rows);
  const positions = new Int32Array(rows);
  const { opcodes: ops, paramIndices: params, avalIndices: avals, positions: places, operands: before } = columns;
  let next = 0;
  let total = 0;
  for (let row = 0; row < size; row++) {
    if (needed[row] === 0) continue;
    renamed[row] = next;
    opcodes[next] = ops[row];
    paramIndices[next] = params[row];
    avalIndices[next] = avals[row];
    positions[next] = places[row];
    const end = from[row + 1];
    for (let index = from[row]; index < end; index++) operands[total++] = renamed[before[index]];
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
