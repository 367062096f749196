/** The values of all rows of a program at once: scalars in one column, arrays by row. */
import { GuardError } from '../errors';
import { OPCODES } from '../primitives/opcodes';
import { primitive } from '../primitives/table';
import { allocate, sizeOf, type ArrayValue } from '../program/aval';
import type { Program, Row } from '../program/program';
import { scalarFunction, tapeArity } from './scalar/operations';

export interface RowValues {
  /** Values of the rows that are float64 or boolean scalars, by row. */
  readonly scalars: Float64Array;
  valueOf(row: Row): ArrayValue;
}

/** @param inputs the elements of all inputs, one after the other @throws GuardError where control flow would have gone another way */
export function rowValues(program: Program, inputs: ArrayLike<number>): RowValues {
  const { opcodes, operandStarts, operands, avals, avalIndices } = program.columns;
  const scalars = new Float64Array(program.size);
  const arrays = new Map<Row, ArrayValue | readonly ArrayValue[]>();
  const isScalar = avals.map(({ shape, dtype }) => shape.length === 0 && (dtype === 'float64' || dtype === 'bool'));
  const scalarRow = (row: Row): boolean => avalIndices[row] >= 0 && isScalar[avalIndices[row]];
  const valueOf = (row: Row): ArrayValue => {
    if (!scalarRow(row)) return arrays.get(row) as ArrayValue;
    const { dtype } = program.aval(row);
    return { shape: [], dtype, data: dtype === 'bool' ? Uint8Array.of(scalars[row]) : Float64Array.of(scalars[row]) };
  };
  const keep = (row: Row, value: ArrayValue | readonly ArrayValue[]): void => {
    if (scalarRow(row)) scalars[row] = (value as ArrayValue).data[0];
    else arrays.set(row, value);
  };
  let next = 0;
  for (const row of program.inputs) {
    if (scalarRow(row)) {
      scalars[row] = inputs[next++];
      continue;
    }
    const { shape, dtype } = program.aval(row);
    const data = allocate(dtype, sizeOf(shape));
    for (let at = 0; at < data.length; at++) data[at] = inputs[next++];
    arrays.set(row, { shape, dtype, data });
  }
  for (let row = 0; row < program.size; row++) {
    const opcode = opcodes[row];
    const start = operandStarts[row];
    const end = operandStarts[row + 1];
    if (opcode >= OPCODES.add && opcode <= OPCODES.div && scalarRow(row)) {
      // Nearly every row of a scalar trace. Scalars come of nothing else here.
      const x = scalars[operands[start]];
      const y = scalars[operands[start + 1]];
      scalars[row] =
        opcode === OPCODES.mul ? x * y : opcode === OPCODES.add ? x + y : opcode === OPCODES.sub ? x - y : x / y;
      continue;
    }
    switch (opcode) {
      case OPCODES.input:
        break;
      case OPCODES.literal:
        scalars[row] = program.literal(row);
        break;
      case OPCODES.constant:
        keep(row, program.constant(row));
        break;
      case OPCODES.project:
        keep(row, (arrays.get(operands[start]) as readonly ArrayValue[])[program.params<'project'>(row).index]);
        break;
      case OPCODES.guard: {
        const operand = operands[start];
        const { expected } = program.params<'guard'>(row);
        const actual = scalarRow(operand) ? scalars[operand] : valueOf(operand).data[0];
        if (!Object.is(actual, expected) && actual !== expected)
          throw new GuardError(row, expected, actual, program.position(row));
        if (scalarRow(operand)) scalars[row] = actual;
        else keep(row, valueOf(operand));
        break;
      }
      default: {
        let simple = scalarRow(row) && tapeArity[opcode] === end - start;
        for (let at = start; simple && at < end; at++) simple = scalarRow(operands[at]);
        if (simple) {
          scalars[row] = scalarFunction(opcode)(
            scalars[operands[start]],
            end > start + 1 ? scalars[operands[start + 1]] : NaN,
            end > start + 2 ? scalars[operands[start + 2]] : NaN,
          );
        } else {
          keep(
            row,
            primitive(program.name(row)).evaluate(Array.from(program.operands(row), valueOf), program.params(row)),
          );
        }
      }
    }
  }
  return { scalars, valueOf };
}
