/**
 * Structured equations written out before a program is lowered: what kernels cannot keep as a call, a loop or a branch becomes the
 * equations that it stands for.
 */
import { sizeOf } from '../../program/aval';
import { Emitter } from '../../program/emitter';
import { NONE, type Program, type Row } from '../../program/program';
import { inline } from '../../transforms/transcribe';
import { GpuUnsupportedError } from './context';
import { calledProgram, isLong, MOST_ROWS, rowsWithin } from './structured';

/** Carried values of more elements than this stand in memory after each step; of fewer, several short steps may be one kernel. */
const FEW_ELEMENTS = 48;

export interface WrittenOut {
  readonly program: Program;
  /** What scans carry from step to step, where it is large or the steps are long. */
  readonly carried: readonly Row[];
}

/**
 * The program with the equations of its calls in their places, and those of the scans and branches in `dissolved`: a scan becomes
 * its steps, a branch all its sides and a choice.
 * @throws GpuUnsupportedError where a scan would become too long
 */
export function writeOut(
  { program, carried: before }: WrittenOut,
  dissolved: ReadonlySet<Row> = new Set<Row>(),
): WrittenOut {
  const carried: Row[] = [];
  const b = new Emitter(program.columns.positionTable);
  const map = new Int32Array(program.size).fill(NONE);
  const results = new Map<Row, readonly Row[]>();
  for (const row of program.inputs) map[row] = b.input(program.aval(row));
  for (let row = 0; row < program.size; row++) {
    const name = program.name(row);
    if (name === 'input') continue;
    if (name === 'project') {
      const found = results.get(program.operand(row, 0));
      map[row] = found ? found[program.params<'project'>(row).index] : b.copy(program, row, map);
      continue;
    }
    const operands = program.mapOperands(row, map);
    const called = calledProgram(program, row);
    let rows: readonly Row[] | undefined;
    if (called) rows = inline(b, writeOut({ program: called, carried: [] }).program, operands);
    else if (dissolved.has(row))
      rows = name === 'scan' ? steps(b, program, row, operands, carried) : sides(b, program, row, operands);
    if (!rows) map[row] = b.copy(program, row, map);
    else if (program.hasSeveralResults(row)) results.set(row, rows);
    else [map[row]] = rows;
  }
  carried.push(...before.map((row) => map[row]));
  return { program: b.finish(Array.from(program.outputs, (row) => map[row])), carried };
}

/** Scans and branches that draw random bits, whose words kernels know in halves only: written out, the halves are split. */
export function drawingRows(program: Program): Set<Row> {
  const found = new Set<Row>();
  for (let row = 0; row < program.size; row++) {
    const name = program.name(row);
    if (name === 'scan' && draws(program.params<'scan'>(row).body)) found.add(row);
    if (name === 'cond' && program.params<'cond'>(row).branches.some(draws)) found.add(row);
  }
  return found;
}

function draws(program: Program): boolean {
  if (drawingRows(program).size > 0) return true;
  for (let row = 0; row < program.size; row++) {
    if (program.name(row) === 'randomBits') return true;
    const called = calledProgram(program, row);
    if (called && draws(called)) return true;
  }
  return false;
}

/** All steps of a scan, one after the other; what they carry is added to a list. */
function steps(b: Emitter, program: Program, row: Row, operands: readonly Row[], large: Row[]): Row[] {
  const params = program.params<'scan'>(row);
  const { body, length, consts, carry, reverse } = params;
  const long = isLong(params);
  if (b.size + length * rowsWithin(body) > MOST_ROWS)
    throw new GpuUnsupportedError(
      long
        ? `a loop of ${length} turns of ${rowsWithin(body)} operations each: too many for one kernel, and too many turns for several`
        : `a \`scan\` of ${length} steps that mix elements or draw random bits`,
      program.position(row),
    );
  const xs = operands.slice(consts + carry);
  let carried = operands.slice(consts, consts + carry);
  const stacks = body.outputAvals.slice(carry).map(() => new Array<Row>(length));
  for (let step = 0; step < length; step++) {
    const at = reverse ? length - 1 - step : step;
    const slices = xs.map((x) => b.reshape(b.sliceAxis(x, 0, at, at + 1), b.aval(x).shape.slice(1)));
    const out = inline(b, body, [...operands.slice(0, consts), ...carried, ...slices]);
    carried = out.slice(0, carry);
    for (const one of carried) if (long || sizeOf(b.aval(one).shape) > FEW_ELEMENTS) large.push(one);
    stacks.forEach((stack, index) => (stack[at] = out[carry + index]));
  }
  const stacked = stacks.map((stack, index) => {
    const { shape, dtype } = body.outputAvals[carry + index];
    if (length * sizeOf(shape) === 0) return b.zeros({ shape: [length, ...shape], dtype });
    return b.concatenate(
      stack.map((value) => b.reshape(value, [1, ...shape])),
      0,
    );
  });
  return [...carried, ...stacked];
}

/** Every side of a `cond`, and for each result the choice between them. */
function sides(b: Emitter, program: Program, row: Row, [index, ...operands]: readonly Row[]): Row[] {
  const { branches } = program.params<'cond'>(row);
  const all = branches.map((branch) => inline(b, branch, operands));
  return program.tuple(row).map(({ shape }, result) =>
    all
      .map((rows) => rows[result])
      .reduceRight((later, own, branch) => {
        const chosen = b.le(index, b.fullLike(index, branch));
        return b.select(b.broadcast(chosen, shape, []), own, later);
      }),
  );
}
