/**
 * Reverse mode as in JAX: linearize (jvp, then tell the linear rows from the others), then transpose the linear rows from the
 * last to the first.
 */
import { NotLinearError } from '../errors';
import { transcribeScalarVjp } from '../execute/scalar/reverse';
import { isLargeScalarProgram } from '../execute/scalar/tape';
import { OPCODES } from '../primitives/opcodes';
import { primitiveAt } from '../primitives/table';
import { isFloat } from '../program/aval';
import { Emitter } from '../program/emitter';
import { NONE, type Program, type Row } from '../program/program';
import { eliminateDeadRows } from '../program/prune';
import { transcribeJvp } from './jvp';
import { dependentRows } from './linearize';
import { inline } from './transcribe';

/**
 * Transposes the rows of `b` from `start` on that depend linearly on `seeds`, and appends the cotangents of the seeds.
 * @throws NotLinearError where a row has no transposition (a `while` loop, say)
 */
function transposeRows(
  b: Emitter,
  start: Row,
  seeds: readonly Row[],
  outputs: readonly Row[],
  cotangents: readonly Row[],
): Row[] {
  const end = b.size;
  const linear = new Uint8Array(end - start);
  for (const seed of seeds) if (seed !== NONE) linear[seed - start] = 1;
  for (let row = start; row < end; row++) {
    if (b.dependsOn(row, start, linear)) linear[row - start] = 1;
  }
  const isLinear = (row: Row) => row >= start && row < end && linear[row - start] === 1;
  const cotangentOf = new Int32Array(end - start).fill(NONE);
  const add = (row: Row, cotangent: Row) => {
    if (cotangent === NONE || !isLinear(row)) return;
    cotangentOf[row - start] = b.addMaybe(cotangentOf[row - start], cotangent);
  };
  outputs.forEach((row, index) => row !== NONE && add(row, cotangents[index]));
  const tupleCotangents = new Map<Row, Row[]>();
  for (let row = end - 1; row >= start; row--) {
    if (!isLinear(row)) continue;
    const opcode = b.opcode(row);
    if (opcode === OPCODES.input) continue;
    if (opcode === OPCODES.project) {
      const cotangent = cotangentOf[row - start];
      if (cotangent === NONE) continue;
      const tuple = b.operandsOf(row)[0];
      let list = tupleCotangents.get(tuple);
      if (!list) tupleCotangents.set(tuple, (list = b.tuple(tuple).map(() => NONE)));
      const { index } = b.params<'project'>(row);
      list[index] = b.addMaybe(list[index], cotangent);
      continue;
    }
    const several = tupleCotangents.get(row);
    if (!several && cotangentOf[row - start] === NONE) continue;
    const rule = primitiveAt(opcode).transpose;
    if (!rule) throw new NotLinearError(b.name(row), b.positionTable.at(b.positionOf(row)));
    const operands = b.operandList(row);
    const flags = operands.map(isLinear);
    b.position = b.positionOf(row);
    const out = rule(b, {
      cotangents: several ?? [cotangentOf[row - start]],
      linear: flags,
      operands: operands.map((operand, index) => (flags[index] ? NONE : operand)),
      avals: operands.map((operand) => b.aval(operand)),
      params: b.params(row) as never,
    });
    operands.forEach((operand, index) => flags[index] && add(operand, out[index]));
  }
  return seeds.map((seed) => (seed === NONE ? NONE : cotangentOf[seed - start]));
}

/**
 * Writes `program` and its reverse pass into `b`: returns the results and the cotangents of the `active` inputs (NONE for zero
 * or not active). `cotangents` is asked once the results are known.
 */
export function transcribeVjp(
  b: Emitter,
  program: Program,
  primals: readonly Row[],
  active: readonly boolean[],
  cotangents: (results: readonly Row[]) => readonly Row[],
): { results: Row[]; cotangents: Row[] } {
  if (isLargeScalarProgram(program)) return transcribeScalarVjp(b, program, primals, active, cotangents);
  const start = b.size;
  const seeds = primals.map((row, index) => (active[index] ? b.placeholder(b.aval(row)) : NONE));
  const out = transcribeJvp(b, program, primals, seeds, 'linearize');
  // Written before the transposition starts: a cotangent's rows are not linear in the seeds.
  const given = cotangents(out.primals);
  return { results: out.primals, cotangents: transposeRows(b, start, seeds, out.tangents, given) };
}

/** (...inputs, ...cotangents of the float results) → (...results, ...cotangents of the `active` inputs). */
export function vjpProgram(program: Program, active: readonly boolean[]): Program {
  const b = new Emitter(program.columns.positionTable);
  const primals = program.inputAvals.map((aval) => b.input(aval));
  const given = program.outputAvals.map((aval) => (isFloat(aval.dtype) ? b.input(aval) : NONE));
  const { results, cotangents } = transcribeVjp(b, program, primals, active, () => given);
  const wanted = cotangents.flatMap((row, index) =>
    active[index] ? [b.instantiate(row, b.aval(primals[index]))] : [],
  );
  return eliminateDeadRows(b.finish([...results, ...wanted]));
}

/**
 * Checks that a program is linear in some inputs, as far as its transposition would not notice.
 * @throws NotLinearError for a product of two linear values, a quotient by one, a choice by one
 */
export function requireLinear(program: Program, linear: readonly boolean[]): void {
  const sources = Array.from(program.inputs).filter((_, index) => linear[index]);
  const depends = dependentRows(program, sources);
  for (let row = 0; row < program.size; row++) {
    if (!depends[row] || program.operandCount(row) < 2) continue;
    const [first, second] = program.mapOperands(row, depends);
    if (breaksLinearity(program.opcode(row), first === 1, second === 1)) {
      throw new NotLinearError(program.name(row), program.position(row));
    }
  }
}

function breaksLinearity(opcode: number, first: boolean, second: boolean): boolean {
  switch (opcode) {
    case OPCODES.mul:
    case OPCODES.dotGeneral:
    case OPCODES.conv:
      return first && second;
    case OPCODES.div:
      return second;
    case OPCODES.select:
    case OPCODES.triangularSolve:
      return first;
    default:
      return false;
  }
}

/**
 * The transposition of a program that is linear in the inputs flagged `linear`:
 * (...other inputs, ...cotangents of the float outputs) → cotangents of the linear inputs.
 * @throws NotLinearError where it is not linear
 */
export function transposeProgram(program: Program, linear: readonly boolean[]): Program {
  const b = new Emitter(program.columns.positionTable);
  const avals = program.inputAvals;
  const others = avals.map((aval, index) => (linear[index] ? NONE : b.input(aval)));
  const given = program.outputAvals.map((aval) => (isFloat(aval.dtype) ? b.input(aval) : NONE));
  const start = b.size;
  const seeds = avals.map((aval, index) => (linear[index] ? b.placeholder(aval) : NONE));
  const outputs = inline(
    b,
    program,
    others.map((row, index) => (linear[index] ? seeds[index] : row)),
  );
  const cotangents = transposeRows(b, start, seeds, outputs, given);
  const wanted = cotangents.flatMap((row, index) => (linear[index] ? [b.instantiate(row, avals[index])] : []));
  return eliminateDeadRows(b.finish(wanted));
}
