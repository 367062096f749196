/** Checks that a program is one: for programs from outside, and for tests of transforms. */
import { GradLensError } from '../errors';
import { OPCODES, OPCODE_NAMES } from '../primitives/opcodes';
import type { PrimitiveName } from '../primitives/params';
import { printAval, sameShape, sizeOf, type Aval } from './aval';
import { Program, type Row } from './program';
import { resultAvals } from './shapeRules';

/** A program is not well formed; `row` says where. */
export class ProgramError extends GradLensError {
  override name = 'ProgramError';

  constructor(
    problem: string,
    readonly row?: Row,
  ) {
    super('bad-program', row === undefined ? `Bad program: ${problem}.` : `Bad program: row ${row}: ${problem}.`);
  }
}

/**
 * Checks columns, order of operands, tables, the shape rule of every equation, and the programs inside.
 * @throws ProgramError for the first thing that is wrong
 */
export function validateProgram(program: Program): void {
  validateColumns(program);
  for (let row = 0; row < program.size; row++) validateRow(program, row);
  validateEnds(program);
}

function validateColumns({ columns, size }: Program): void {
  const lengths = [columns.paramIndices, columns.avalIndices, columns.positions].map((column) => column.length);
  if (lengths.some((length) => length !== size) || columns.operandStarts.length !== size + 1) {
    throw new ProgramError('columns differ in length');
  }
  if (columns.operandStarts[0] !== 0 || columns.operandStarts[size] !== columns.operands.length) {
    throw new ProgramError('operands do not fill their column');
  }
  columns.constants.forEach(({ shape, data }, index) => {
    if (sizeOf(shape) !== data.length)
      throw new ProgramError(`constant ${index} has ${data.length} elements for [${shape.join(', ')}]`);
  });
}

function validateRow(program: Program, row: Row): void {
  const { columns } = program;
  const name = OPCODE_NAMES[columns.opcodes[row]];
  if (name === undefined) throw new ProgramError(`opcode ${columns.opcodes[row]} is unknown`, row);
  if (columns.operandStarts[row + 1] < columns.operandStarts[row])
    throw new ProgramError('operands end before they start', row);
  for (const operand of program.operands(row)) {
    if (operand < 0 || operand >= row) throw new ProgramError(`operand ${operand} is not before it`, row);
  }
  const avalIndex = columns.avalIndices[row];
  const known = avalIndex < 0 ? columns.tuples[-1 - avalIndex] : columns.avals[avalIndex];
  if (known === undefined) throw new ProgramError('its type is unknown', row);
  const tables = { literal: columns.literals, constant: columns.constants, input: columns.inputs };
  const table = tables[name as keyof typeof tables] ?? columns.params;
  const index = columns.paramIndices[row];
  if (index >= table.length || (index < 0 && (name === 'literal' || name === 'constant'))) {
    throw new ProgramError('its parameters are missing', row);
  }
  validateTypes(program, row, name);
  validateProjections(program, row);
  for (const inner of programsIn(program.params(row))) validateProgram(inner);
}

/** A row with several results is followed by its projections, in order. */
function validateProjections(program: Program, row: Row): void {
  if (!program.hasSeveralResults(row)) return;
  program.tuple(row).forEach((_, index) => {
    const next = row + 1 + index;
    const follows =
      next < program.size &&
      program.opcode(next) === OPCODES.project &&
      program.operand(next, 0) === row &&
      program.params<'project'>(next).index === index;
    if (!follows) throw new ProgramError(`its result ${index} is not projected by row ${next}`, row);
  });
}

function validateTypes(program: Program, row: Row, name: PrimitiveName): void {
  switch (name) {
    case 'input':
      return;
    case 'literal':
      return requireType(row, [{ shape: [], dtype: 'float64' }], program.tuple(row));
    case 'constant':
      return requireType(row, [program.constant(row)], program.tuple(row));
    case 'project': {
      const tuple = program.operand(row, 0);
      const aval = program.hasSeveralResults(tuple)
        ? program.tuple(tuple)[program.params<'project'>(row).index]
        : undefined;
      if (!aval) throw new ProgramError('there is no such result', row);
      return requireType(row, [aval], program.tuple(row));
    }
    default: {
      const operands = Array.from(program.operands(row), (operand) => program.aval(operand));
      const expected = resultAvals(name, operands, program.params(row));
      return requireType(row, Array.isArray(expected) ? (expected as Aval[]) : [expected as Aval], program.tuple(row));
    }
  }
}

function requireType(row: Row, expected: readonly Aval[], actual: readonly Aval[]): void {
  const same =
    expected.length === actual.length &&
    expected.every((aval, index) => aval.dtype === actual[index].dtype && sameShape(aval.shape, actual[index].shape));
  if (same) return;
  throw new ProgramError(
    `its type is ${actual.map(printAval).join(', ')}, but its rule says ${expected.map(printAval).join(', ')}`,
    row,
  );
}

function validateEnds(program: Program): void {
  for (const row of program.inputs) {
    if (row < 0 || row >= program.size || program.opcode(row) !== OPCODES.input)
      throw new ProgramError('is listed as an input, but is none', row);
  }
  for (const row of program.outputs) {
    if (row < 0 || row >= program.size) throw new ProgramError('is listed as an output, but is not there', row);
    if (program.hasSeveralResults(row)) throw new ProgramError('is an output, but has several results', row);
  }
}

/** The programs among parameters. */
export function programsIn(params: unknown): Program[] {
  if (typeof params !== 'object' || params === null) return [];
  return Object.values(params).flatMap((value: unknown) => {
    if (value instanceof Program) return [value];
    return Array.isArray(value) ? value.filter((item): item is Program => item instanceof Program) : [];
  });
}
