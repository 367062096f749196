/** Which values of a program get a kernel of their own and stand in the device's memory; all others are computed by their readers. */
import { OPCODES } from '../../primitives/opcodes';
import { sizeOf } from '../../program/aval';
import type { PrimitiveName } from '../../primitives/params';
import { NONE, type Program, type Row } from '../../program/program';
import { ELEMENTWISE } from './elementwise';
import { APART, groupRows, WANTED } from './grouping';
import { isWide } from './integers';
import { keyHalves } from './bits';

/** Threads that may compute the same: the lanes of a Jacobian with few columns, for one. */
const FEW_THREADS = 8;
/** Fewer threads than this compute everything for themselves: a kernel more costs more than some statements in each. */
const CHEAP_THREADS = 2 ** 14;

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

/**
 * Rows to store, those of one kernel together, in the order of the kernels: the `wanted` ones and what is worth keeping for them.
 * @param carried what one step of a loop that is written out hands to the next: stored, so that no step does again what was done before it
 */
export function chooseStored(program: Program, wanted: readonly Row[], carried: readonly Row[]): Row[][] {
  const live = reachable(program, wanted);
  const stored = new Uint8Array(program.size);
  for (const row of wanted) stored[row] = WANTED;
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
    const isWork =
      ELEMENTWISE[name] !== undefined || LOOPING.has(name) || isStructured(name) || name === 'shiftRightLogical';
    work[row] = inherits || isWork ? 1 : 0;
    // Each thread needs the whole key.
    if (name === 'randomBits') for (const half of keyHalves(program, row)) if (work[half]) stored[half] = APART;
    if (LOOPING.has(name) || (isStructured(name) && !program.hasSeveralResults(row))) stored[row] = APART;
    if (name === 'project') stored[row] = APART;
    for (const operand of operands) {
      if (!work[operand] || program.hasSeveralResults(operand)) continue;
      const repeated = ELEMENTWISE[program.name(operand)] && spreads(program, row, operand);
      if (REREADING.has(name) || isStructured(name) || repeated) stored[operand] = APART;
    }
  }
  // A value with several readers of other sizes or through views would be computed once for each of them.
  for (let row = 0; row < program.size; row++) {
    if (!live[row]) continue;
    const name = program.name(row);
    if (ELEMENTWISE[name] || program.hasSeveralResults(row)) continue;
    for (const operand of program.operands(row)) {
      if (name === 'broadcastInDim' && !spreads(program, row, operand)) continue;
      if (!work[operand] || uses[operand] < 2 || program.hasSeveralResults(operand)) continue;
      // A reshape's reader in the same kernel finds the element that is there.
      stored[operand] = Math.max(stored[operand], name === 'reshape' ? WANTED : APART);
    }
  }
  for (const row of carried) if (work[row]) stored[row] = APART;
  for (let row = 0; row < program.size; row++) if (isWide(program, row)) stored[row] = 0;
  fuseLoops(program, live, wanted, stored);
  return groupRows(program, live, stored);
}

/** Does a broadcast give an element to so many threads that each should not compute it by itself? */
function spreads(program: Program, row: Row, operand: Row): boolean {
  if (program.name(row) !== 'broadcastInDim') return false;
  const threads = sizeOf(program.aval(row).shape);
  return threads > CHEAP_THREADS && threads > FEW_THREADS * sizeOf(program.aval(operand).shape);
}

/** What passes elements on, so that a loop may stand in its kernel. */
const PASSING: ReadonlySet<PrimitiveName> = new Set<PrimitiveName>([
  'broadcastInDim',
  'reshape',
  'transpose',
  'slice',
  'concatenate',
  'convert',
]);
/** Larger loops and more results stay kernels of their own. */
const FUSED_ROWS = 300;
const FUSED_RESULTS = 12;

/** The last values of a scan that one kernel alone needs come out of a loop inside of it. */
function fuseLoops(program: Program, live: Uint8Array, wanted: readonly Row[], stored: Uint8Array): void {
  let users: Map<Row, Row[]> | undefined;
  for (let row = 0; row < program.size; row++) {
    if (!live[row] || program.opcode(row) !== OPCODES.scan) continue;
    const { carry, body } = program.params<'scan'>(row);
    const several = program.hasSeveralResults(row);
    const results: Row[] = [];
    for (let at = 0; at < program.tuple(row).length; at++) {
      const result = several ? row + 1 + at : row;
      if (live[result]) results.push(at < carry ? result : NONE);
    }
    if (body.size > FUSED_ROWS || results.length > FUSED_RESULTS) continue;
    if (results.some((result) => result === NONE || wanted.includes(result))) continue;
    users ??= usersOf(program, live);
    const [reader, ...others] = readers(program, users, results, stored);
    const threads = Math.max(...results.map((result) => sizeOf(program.aval(result).shape)));
    if (reader === undefined || others.length > 0 || sizeOf(program.aval(reader).shape) > 2 * threads) continue;
    for (const result of results) stored[result] = 0;
  }
}

/** The stored rows whose kernels read some rows, through what is computed where it is read; none where a loop would not fit there. */
function readers(program: Program, users: Map<Row, Row[]>, rows: readonly Row[], stored: Uint8Array): Row[] {
  const found = new Set<Row>();
  const seen = new Set<Row>(rows);
  const pending = [...rows];
  while (pending.length > 0) {
    for (const user of users.get(pending.pop() as Row) ?? []) {
      const name = program.name(user);
      if (!ELEMENTWISE[name] && !PASSING.has(name)) return [];
      if (stored[user]) found.add(user);
      else if (!seen.has(user)) pending.push(user);
      seen.add(user);
    }
  }
  return [...found];
}

function usersOf(program: Program, live: Uint8Array): Map<Row, Row[]> {
  const users = new Map<Row, Row[]>();
  for (let row = 0; row < program.size; row++) {
    if (!live[row]) continue;
    for (const operand of program.operands(row)) {
      const list = users.get(operand);
      if (list) list.push(row);
      else users.set(operand, [row]);
    }
  }
  return users;
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
