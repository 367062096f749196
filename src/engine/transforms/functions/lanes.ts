/** The examples of a vmap one by one: which of them go the way that was traced, and how groups of them come together. */
import { GuardError } from '../../errors';
import { interpret } from '../../execute/interpret';
import { run } from '../../execute/run';
import { OPCODES } from '../../primitives/opcodes';
import type { ArrayData, ArrayValue } from '../../program/aval';
import type { Program, Row } from '../../program/program';
import { bind } from '../../trace/bind';
import { ConcreteArray, type NdArray } from '../../trace/ndarray';
import { batchProgram } from '../batch';
import { extract } from '../transcribe';

export function hasGuards(program: Program): boolean {
  return program.columns.opcodes.includes(OPCODES.guard);
}

/** Element `lane` along `axis`. */
export function laneOf({ shape, dtype, data }: ArrayValue, axis: number, lane: number): ArrayValue {
  const outer = shape.slice(0, axis).reduce((product, extent) => product * extent, 1);
  const inner = shape.slice(axis + 1).reduce((product, extent) => product * extent, 1);
  const result = new (data.constructor as new (length: number) => ArrayData)(outer * inner);
  for (let index = 0; index < outer; index++) {
    const from = (index * shape[axis] + lane) * inner;
    result.set(data.subarray(from, from + inner), index * inner);
  }
  return { shape: shape.filter((_, index) => index !== axis), dtype, data: result };
}

/** For each lane, whether all guards of the program hold there. */
export function lanesThatFollow(
  program: Program,
  arrays: readonly NdArray[],
  axes: readonly number[],
  shared: readonly NdArray[],
  size: number,
): boolean[] {
  const values = arrays.map((array) => array.concrete);
  const sharedValues = shared.map((array) => array.concrete);
  if (program.columns.opcodes.includes(OPCODES.while)) {
    // Past a guard that fails, a loop of the way that was traced need not end: lane by lane, up to that guard.
    return Array.from({ length: size }, (_, lane) =>
      holds(program, [...values.map((value, index) => laneOf(value, axes[index], lane)), ...sharedValues]),
    );
  }
  const guards: Row[] = [];
  const expected: number[] = [];
  for (let row = 0; row < program.size; row++) {
    if (program.opcode(row) !== OPCODES.guard) continue;
    guards.push(program.operand(row, 0));
    expected.push(program.params<'guard'>(row).expected);
  }
  const tested = extract(program, Array.from(program.inputs), guards);
  const found = run(batchProgram(tested, [...axes, ...shared.map(() => null)], size), [...values, ...sharedValues]);
  return Array.from({ length: size }, (_, lane) =>
    expected.every((value, index) => {
      const actual = found[index].data[lane];
      return actual === value || Object.is(actual, value);
    }),
  );
}

function holds(program: Program, inputs: readonly ArrayValue[]): boolean {
  try {
    interpret(program, inputs);
    return true;
  } catch (error) {
    if (error instanceof GuardError) return false;
    throw error;
  }
}

/** The chosen lanes of an array, along its axis. */
export function takeLanes(array: NdArray, axis: number, lanes: readonly number[]): NdArray {
  const indices = new ConcreteArray(Int32Array.from(lanes), [lanes.length, 1], 'int32');
  const taken = bind('gather', [array, indices], { axes: [axis], batchDims: 0 });
  return moveFirstAxis(taken, axis);
}

/** Results of the groups, each with its lanes at axis 0, in the order of the lanes and at `outAxes`. */
export function mergeGroups(
  groups: readonly { readonly lanes: readonly number[]; readonly results: readonly NdArray[] }[],
  outAxes: readonly (number | null)[],
): NdArray[] {
  const order = groups.flatMap(({ lanes }) => lanes);
  const place = new Array<number>(order.length);
  order.forEach((lane, index) => (place[lane] = index));
  return outAxes.map((axis, output) => {
    if (axis === null) return groups[0].results[output];
    const parts = groups.map(({ results }) => results[output]);
    return moveFirstAxis(takeLanes(bind('concatenate', parts, { axis: 0 }), 0, place), axis);
  });
}

function moveFirstAxis(array: NdArray, to: number): NdArray {
  if (to === 0) return array;
  const permutation = array.shape.map((_, axis) => axis).slice(1);
  permutation.splice(to, 0, 0);
  return bind('transpose', [array], { permutation });
}
