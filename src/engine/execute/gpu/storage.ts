/** Which values of a program get a kernel of their own and stand in the device's memory; all others are computed by their readers. */
import { OPCODES } from '../../primitives/opcodes';
import { sizeOf } from '../../program/aval';
import type { PrimitiveName } from '../../primitives/params';
import type { Program, Row } from '../../program/program';
import { ELEMENTWISE } from './elementwise';

/** Statements in one kernel: past some 1,500 drivers take seconds to compile. */
const STATEMENT_LIMIT = 600;
/** gpu.js fails with more than 7 array arguments on WebGPU; one is the packed inputs. */
const SOURCE_LIMIT = 6;

/** Primitives whose every element costs a loop: stored, so that no reader repeats it. */
const LOOPING: ReadonlySet<PrimitiveName> = new Set<PrimitiveName>([
  'reduceSum',
  'reduceProd',
  'reduceMax',
  'reduceMin',
  'reduceAnd',
  'reduceOr',
  'reduceLogSumExp',
  'argmax',
  'argmin',
  'cumsum',
  'cumprod',
  'cummax',
  'cummin',
  'dotGeneral',
  'conv',
  'scatterAdd',
  'scatterSet',
]);
/** Primitives that read an operand's element many times, or from many threads. */
const REREADING: ReadonlySet<PrimitiveName> = new Set<PrimitiveName>([
  'dotGeneral',
  'conv',
  'scatterAdd',
  'scatterSet',
  'cumsum',
  'cumprod',
  'cummax',
  'cummin',
  'reduceLogSumExp',
  'gather',
]);

/** Rows to store, in program order: the `wanted` ones and what is worth keeping for them. */
export function chooseStored(program: Program, wanted: readonly Row[]): Row[] {
  const live = reachable(program, wanted);
  const stored = new Uint8Array(program.size);
  for (const row of wanted) stored[row] = 1;
  const uses = new Int32Array(program.size);
  const work = new Uint8Array(program.size);
  for (let row = 0; row < program.size; row++) {
    if (!live[row]) continue;
    const name = program.name(row);
    const operands = program.operands(row);
    // `work`: computing the value takes more than index arithmetic.
    let inherits = false;
    for (const operand of operands) {
      uses[operand]++;
      inherits ||= work[operand] === 1 && !stored[operand];
    }
    work[row] = inherits || ELEMENTWISE[name] !== undefined || LOOPING.has(name) || isStructured(name) ? 1 : 0;
    if (LOOPING.has(name) || (isStructured(name) && !program.hasSeveralResults(row))) stored[row] = 1;
    if (name === 'project') stored[row] = 1;
    const size = program.hasSeveralResults(row) ? 0 : sizeOf(program.aval(row).shape);
    for (const operand of operands) {
      if (!work[operand] || program.hasSeveralResults(operand)) continue;
      const repeated =
        name === 'broadcastInDim' && size > sizeOf(program.aval(operand).shape) && ELEMENTWISE[program.name(operand)];
      if (REREADING.has(name) || isStructured(name) || repeated) stored[operand] = 1;
    }
  }
  // A value with several readers of other sizes or through views would be computed once for each of them.
  for (let row = 0; row < program.size; row++) {
    if (!live[row]) continue;
    const name = program.name(row);
    if (ELEMENTWISE[name] || program.hasSeveralResults(row)) continue;
    for (const operand of program.operands(row)) {
      if (work[operand] && uses[operand] > 1 && !program.hasSeveralResults(operand)) stored[operand] = 1;
    }
  }
  cutLongChains(program, live, stored);
  const rows: Row[] = [];
  for (let row = 0; row < program.size; row++) {
    const opcode = program.opcode(row);
    const leaf = opcode === OPCODES.input || opcode === OPCODES.literal || opcode === OPCODES.constant;
    if (stored[row] && live[row] && !leaf && !program.hasSeveralResults(row)) rows.push(row);
  }
  return rows;
}

function isStructured(name: PrimitiveName): boolean {
  return (
    name === 'scan' ||
    name === 'cond' ||
    name === 'call' ||
    name === 'customJvp' ||
    name === 'customVjp' ||
    name === 'linearCall'
  );
}

function reachable(program: Program, wanted: readonly Row[]): Uint8Array {
  const live = new Uint8Array(program.size);
  for (const row of wanted) live[row] = 1;
  for (let row = program.size - 1; row >= 0; row--) {
    if (live[row]) for (const operand of program.operands(row)) live[operand] = 1;
  }
  return live;
}

/**
 * Stores further rows wherever a kernel would have too many statements or read too many arrays. A row's cone (what its
 * kernel would compute) is kept as a set up to the limit.
 */
function cutLongChains(program: Program, live: Uint8Array, stored: Uint8Array): void {
  const cones = new Map<Row, { rows: Set<Row>; sources: Set<Row> }>();
  const lastUse = new Int32Array(program.size).fill(-1);
  for (let row = 0; row < program.size; row++)
    if (live[row]) for (const operand of program.operands(row)) lastUse[operand] = row;
  const expiring = new Map<Row, Row[]>();
  lastUse.forEach((user, row) => {
    if (user < 0) return;
    const list = expiring.get(user);
    if (list) list.push(row);
    else expiring.set(user, [row]);
  });
  for (let row = 0; row < program.size; row++) {
    if (live[row]) {
      let cone = join(program, row, stored, cones);
      // The largest operand's cone is cut off until the rest fits.
      while (cone.rows.size > STATEMENT_LIMIT || cone.sources.size > SOURCE_LIMIT) {
        const operands = Array.from(program.operands(row)).filter((operand) => cones.has(operand) && !stored[operand]);
        if (operands.length === 0) break;
        operands.sort((a, b) => weight(cones, b) - weight(cones, a));
        stored[operands[0]] = 1;
        cone = join(program, row, stored, cones);
      }
      cones.set(row, cone);
    }
    // Sets of rows that nobody reads any more are let go: memory stays with the live ones.
    for (const done of expiring.get(row) ?? []) cones.delete(done);
  }
}

function weight(cones: Map<Row, { rows: Set<Row>; sources: Set<Row> }>, row: Row): number {
  const cone = cones.get(row);
  return cone ? cone.rows.size + cone.sources.size * (STATEMENT_LIMIT / SOURCE_LIMIT) : 0;
}

function join(program: Program, row: Row, stored: Uint8Array, cones: Map<Row, { rows: Set<Row>; sources: Set<Row> }>) {
  const rows = new Set<Row>([row]);
  const sources = new Set<Row>();
  for (const operand of program.operands(row)) {
    const opcode = program.opcode(operand);
    if (opcode === OPCODES.input || opcode === OPCODES.literal || opcode === OPCODES.constant) continue;
    if (stored[operand]) {
      sources.add(operand);
      continue;
    }
    const cone = cones.get(operand);
    if (!cone) continue;
    for (const inner of cone.rows) rows.add(inner);
    for (const source of cone.sources) sources.add(source);
  }
  return { rows, sources };
}
