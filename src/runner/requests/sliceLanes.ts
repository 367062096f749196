/** A slice through a recorded function as lanes: one program that a GPU runs with a thread per point of the grid. */
import { OPCODES } from '../../engine/primitives/opcodes';
import { isFloat, type ArrayValue } from '../../engine/program/aval';
import { Emitter } from '../../engine/program/emitter';
import type { Program, Row } from '../../engine/program/program';
import { eliminateDeadRows } from '../../engine/program/prune';
import { batchProgram } from '../../engine/transforms/batch';
import { jvpProgram } from '../../engine/transforms/jvp';
import { extract, inline } from '../../engine/transforms/transcribe';
import { inputArrays } from '../derivatives';
import { outputSlot, type Recorded } from '../record';
import { seeds, type ReadyProgram } from './programs';

/**
 * (point, directions u and v, a [n], b [n]) → f, ∂f/∂u, ∂f/∂v and whether control flow went as recorded, [n] each, at the points
 * x + a u + b v.
 */
export function sliceLanes(
  recorded: Recorded,
  [u, v]: readonly Float64Array[],
  output: number,
  a: Float64Array,
  b: Float64Array,
): ReadyProgram {
  const point = inputArrays(recorded);
  const lanes = a.length;
  const program = laneProgram(recorded, output);
  const direction = (values: Float64Array): ArrayValue[] =>
    seeds(recorded.inputs, recorded.program, recorded.program.inputs, undefined, (_, at) => values[at]);
  const offsets = [a, b].map((data): ArrayValue => ({ shape: [lanes], dtype: 'float64', data }));
  const axes = program.inputAvals.map((_, index) => (index < program.inputs.length - 2 ? null : 0));
  const batched = eliminateDeadRows(batchProgram(program, axes, lanes));
  return { program: batched, inputs: [...point, ...direction(u), ...direction(v), ...offsets] };
}

function laneProgram(recorded: Recorded, output: number): Program {
  const { program, inputs } = recorded;
  const slot = outputSlot(recorded, output) ?? recorded.outputs[0];
  const guards: { row: Row; expected: number }[] = [];
  for (let row = 0; row < program.size; row++) {
    if (program.opcode(row) !== OPCODES.guard) continue;
    guards.push({ row: program.operand(row, 0), expected: program.params<'guard'>(row).expected });
  }
  const rows = [slot.row, ...guards.map(({ row }) => row)];
  const forward = extract(program, Array.from(program.inputs), rows);
  const b = new Emitter(program.columns.positionTable);
  const avals = program.inputAvals;
  const [point, u, v] = [0, 1, 2].map(() => avals.map((aval) => b.input(aval)));
  const [along, across] = [0, 1].map(() => b.input({ shape: [], dtype: 'float64' }));
  const scaled = (factor: Row, row: Row): Row => {
    const aval = b.aval(row);
    const one = b.convert(factor, aval.dtype);
    return b.mul(aval.shape.length === 0 ? one : b.broadcast(one, aval.shape, []), row);
  };
  const at = inputs.map((_, index) => b.add(b.add(point[index], scaled(along, u[index])), scaled(across, v[index])));
  const [value, ...decisions] = inline(b, forward, at);
  const linear = eliminateDeadRows(
    jvpProgram(
      extract(program, Array.from(program.inputs), [slot.row]),
      avals.map(({ dtype }) => isFloat(dtype)),
    ),
  );
  const component = (row: Row): Row => {
    const { shape } = b.aval(row);
    const size = shape.reduce((product, extent) => product * extent, 1);
    if (shape.length === 0) return row;
    const flat = b.reshape(row, [size]);
    const start = output - slot.offset;
    return b.reshape(b.emit('slice', [flat], { start: [start], limit: [start + 1], strides: [1] }), []);
  };
  const [slopeU, slopeV] = [u, v].map((direction) => inline(b, linear, [...at, ...direction])[1]);
  let asRecorded = b.eq(along, along);
  decisions.forEach((row, index) => {
    const { dtype } = b.aval(row);
    const { expected } = guards[index];
    const holds = dtype === 'bool' ? (expected === 0 ? b.not(row) : row) : b.eq(row, b.fullLike(row, expected));
    asRecorded = b.and(asRecorded, holds);
  });
  return b.finish([component(value), component(slopeU), component(slopeV), b.convert(asRecorded, 'float64')]);
}
