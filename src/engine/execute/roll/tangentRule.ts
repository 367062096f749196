/** The tangent of one operation, written out as operations: what forward mode puts beside each site of rolled code. */
import { OPCODES } from '../../primitives/opcodes';
import { SCALAR, type Aval } from '../../program/aval';
import { BOOL_AVAL, SCALAR_AVAL } from '../../program/builder';
import { Emitter } from '../../program/emitter';
import { NONE, type Program, type Row } from '../../program/program';
import { eliminateDeadRows } from '../../program/prune';
import { transcribeScalarJvp } from '../scalar/forward';
import { isTest, tapeArity } from '../scalar/operations';

/** What an operand of an operation is: a number, something without a tangent, or something that moves. */
export type OperandKind = number | 'fixed' | 'moving';

/** An operand of a step: a number, the primal or the tangent of an operand of the operation, or the result of another step. */
export type StepOperand =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'primal' | 'tangent'; readonly column: number }
  | { readonly kind: 'step'; readonly step: number };

interface Step {
  readonly opcode: number;
  readonly operands: readonly StepOperand[];
}

export interface TangentRule {
  /** The operation itself and what its tangent is made of. */
  readonly steps: readonly Step[];
  /** The step that is the operation itself. */
  readonly primal: number;
  /** The tangent: a step, or the tangent of an operand as it is. */
  readonly tangent: StepOperand;
}

const BOOL: Aval = { shape: [], dtype: 'bool' };

/** Rules by operation and operands. */
const known = new Map<string, TangentRule | null | undefined>();

/** @returns null where the tangent is zero, undefined where it takes operations that tapes do not know */
export function tangentRule(opcode: number, operands: readonly OperandKind[]): TangentRule | null | undefined {
  const key = `${opcode}:${operands.map((kind) => (Object.is(kind, -0) ? '-0' : kind)).join()}`;
  if (!known.has(key)) known.set(key, write(opcode, operands));
  return known.get(key);
}

function write(opcode: number, kinds: readonly OperandKind[]): TangentRule | null | undefined {
  const own = new Emitter();
  const avalOf = (column: number) => (opcode === OPCODES.select && column === 0 ? BOOL : SCALAR);
  const columns: number[] = [];
  const rows = kinds.map((kind, column) => {
    // An exponent is a parameter, no operand.
    if (opcode === OPCODES.integerPow && column === 1) return NONE;
    if (typeof kind === 'number' && avalOf(column) === SCALAR) return own.literal(kind);
    columns.push(column);
    return own.input(avalOf(column));
  });
  const program = own.finish([operation(own, opcode, rows, kinds)]);
  const b = new Emitter();
  const primals = columns.map((column) => b.input(avalOf(column)));
  const tangents = columns.map((column) => (kinds[column] === 'moving' ? b.input(SCALAR) : NONE));
  const { primals: results, tangents: moved } = transcribeScalarJvp(b, program, primals, tangents);
  if (moved[0] === NONE) return null;
  const from = new Map<Row, StepOperand>();
  columns.forEach((column, at) => {
    from.set(primals[at], { kind: 'primal', column });
    if (tangents[at] !== NONE) from.set(tangents[at], { kind: 'tangent', column });
  });
  return rule(b.finish([results[0], moved[0]]), from);
}

function operation(b: Emitter, opcode: number, rows: readonly Row[], kinds: readonly OperandKind[]): Row {
  const [x, y, z] = rows;
  if (opcode === OPCODES.integerPow) return b.integerPow(x, kinds[1] as number);
  if (rows.length === 3) return b.emitScalar3(opcode, x, y, z);
  const aval = isTest[opcode] === 1 ? BOOL_AVAL : SCALAR_AVAL;
  return rows.length === 2 ? b.emitScalar2(opcode, x, y, aval) : b.emitScalar1(opcode, x, aval);
}

/** The steps in an order in which the operation itself comes as late as it can: what stands before it sees the iteration before. */
function rule(written: Program, given: ReadonlyMap<Row, StepOperand>): TangentRule | undefined {
  // Inputs keep their rows: nothing that is left out stands before them.
  const program = eliminateDeadRows(written);
  const [primal, tangent] = program.outputs;
  const from = new Map<Row, StepOperand>();
  program.inputs.forEach((row, at) => from.set(row, given.get(written.inputs[at]) as StepOperand));
  const depends = new Uint8Array(program.size);
  depends[primal] = 1;
  const before: Row[] = [];
  const after: Row[] = [];
  for (let row = 0; row < program.size; row++) {
    const opcode = program.opcode(row);
    if (opcode === OPCODES.input) continue;
    if (opcode === OPCODES.literal) {
      from.set(row, { kind: 'number', value: program.literal(row) });
      continue;
    }
    if (tapeArity[opcode] === 0) return undefined;
    for (const operand of program.operands(row)) if (depends[operand] === 1) depends[row] = 1;
    (depends[row] === 1 ? after : before).push(row);
  }
  const order = [...before, ...after];
  order.forEach((row, step) => from.set(row, { kind: 'step', step }));
  const steps = order.map((row): Step => {
    const operands = Array.from(program.operands(row), (operand) => from.get(operand) as StepOperand);
    const opcode = program.opcode(row);
    if (opcode === OPCODES.integerPow)
      operands.push({ kind: 'number', value: program.params<'integerPow'>(row).exponent });
    return { opcode, operands };
  });
  return { steps, primal: order.indexOf(primal), tangent: from.get(tangent) as StepOperand };
}
