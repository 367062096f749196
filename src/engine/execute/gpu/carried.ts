/** How the carried values of a scan hang together: what decides whether a thread must run the loop to know a step. */
import { OPCODES } from '../../primitives/opcodes';
import type { ParamsOf, Program, Row } from '../../program/program';

/** Turns back that are computed again instead of running the loop. */
const MOST_TURNS_BACK = 2;

/**
 * For each carried value how many turns back it reaches: 0 where it never changes, k where it depends on the last k turns' slices only,
 * Infinity where each value needs the one before.
 */
export function reachOf({ body, consts, carry }: ParamsOf<'scan'>): number[] {
  const reads = Array.from({ length: carry }, (_, index) => carriesRead(body, body.outputs[index], consts, carry));
  const reach = new Array<number>(carry).fill(-1);
  const open = new Set<number>();
  const visit = (index: number): number => {
    if (reach[index] >= 0) return reach[index];
    if (body.outputs[index] === body.inputs[consts + index]) return (reach[index] = 0);
    if (open.has(index)) return Infinity;
    open.add(index);
    let most = 0;
    for (const other of reads[index]) most = Math.max(most, visit(other));
    open.delete(index);
    return (reach[index] = most + 1);
  };
  for (let index = 0; index < carry; index++) visit(index);
  return reach;
}

/** Can a row of a scan's body be computed for one step alone? */
export function standsAlone(params: ParamsOf<'scan'>, row: Row, reach = reachOf(params)): boolean {
  return [...carriesRead(params.body, row, params.consts, params.carry)].every(
    (index) => reach[index] <= MOST_TURNS_BACK,
  );
}

function carriesRead(body: Program, row: Row, consts: number, carry: number): Set<number> {
  const needed = new Uint8Array(body.size);
  needed[row] = 1;
  for (let at = row; at >= 0; at--) if (needed[at]) for (const operand of body.operands(at)) needed[operand] = 1;
  const found = new Set<number>();
  for (let index = 0; index < carry; index++) if (needed[body.inputs[consts + index]]) found.add(index);
  return found;
}

/** The most steps of a scan whose stacked results each need all steps before: a thread a result runs the loop again for each of them. */
export function longestRepeated(program: Program): number {
  let longest = 0;
  for (let row = 0; row < program.size; row++) {
    if (program.opcode(row) !== OPCODES.scan) continue;
    const params = program.params<'scan'>(row);
    const { body, carry, length } = params;
    const reach = reachOf(params);
    const stacked = Array.from(body.outputs.subarray(carry));
    if (!stacked.every((output) => standsAlone(params, output, reach))) longest = Math.max(longest, length);
    longest = Math.max(longest, longestRepeated(body));
  }
  return longest;
}
