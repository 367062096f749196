/** Runs a function once on traced numbers: the program, the values of its rows, and what was noted on the way. */
import { sizeOf as arraySize } from '../engine/program/aval';
import { NumberList } from '../engine/program/numberList';
import type { Program, Row } from '../engine/program/program';
import { LinearizedProgram } from '../engine/execute/adjoints';
import { ConcreteArray, NdArray } from '../engine/trace/ndarray';
import { Recorder, scalar, type Tracer } from '../engine/trace/recorder';
import type { LeafInfo } from './protocol';
import { RunnerError } from './modules/errors';
import { siteTable } from './modules/siteTable';
import { forgetJson } from './recording/json';
import type { LineLog } from './recording/lineLog';
import { holdList } from './recording/numberLists';
import { state, type Report } from './recording/state';
import { forgetTexts, reportTakenApart } from './recording/text';
import { holdWhole } from './recording/typedArrays';
import { argumentLeaves, describe, hasFloat32, layoutOf, leavesOf, sizeOf, type Layout } from './values/layout';
import { substituteAll, type Replace } from './values/substitute';

/** A program input or output and where it lies in the flat vector. */
export interface Slot {
  row: Row;
  offset: number;
  size: number;
}

export interface Recorded {
  program: Program;
  /** Made when first asked for. */
  readonly linearized: LinearizedProgram;
  /** Made anew each time: a million inputs stand nowhere one by one. */
  readonly inputs: Slot[];
  readonly outputs: Slot[];
  inputValues: Float64Array;
  outputValues: Float64Array;
  inputLeaves: LeafInfo[];
  outputLeaves: LeafInfo[];
  /** One an argument to differentiate by. */
  inputLayouts: Layout[];
  outputLayout: Layout;
  wrt: number[];
  lines: LineLog;
  reports: Report[];
  randomCalls: number;
  /** An input, or something on the way, is rounded to float32: differences know less then. */
  float32: boolean;
  operations: number;
  traceTime: number;
}

/** The output that holds one of a function's numbers, counted over all outputs. */
export function outputSlot({ outputs }: Pick<Recorded, 'outputs'>, number: number): Slot | undefined {
  return outputs.find(({ offset, size }) => number >= offset && number < offset + size);
}

/** Inputs or outputs of a program, one after the other. */
export function* slotsOf(program: Program, rows: Int32Array): Generator<Slot, void> {
  let offset = 0;
  for (const row of rows) {
    const size = arraySize(program.aval(row).shape);
    yield { row, offset, size };
    offset += size;
  }
}

/** What was recorded last, and with how many numbers: what is recorded next is most likely the same, a little edited. */
let last = { rows: 0, numbers: 0 };

/**
 * What a loop over the arguments may take: room that stays untouched takes no memory, but a trace that outgrows its room is copied,
 * and stands in memory twice meanwhile.
 */
const ROWS_PER_NUMBER = 12;
const MOST_RESERVED = 2_000_000;

export type UserFunction = (...list: unknown[]) => unknown;

/** Arguments that a function is expected to hand on whole; none any more where it looked at one of their numbers. */
export interface HandedOn {
  indices: readonly number[];
}

const handedOn = new WeakMap<UserFunction, HandedOn>();

/** Arrays of numbers in these arguments are one input each, not one a number, as long as they are only given to `np`. */
export function expectArrays(fn: UserFunction, expected: HandedOn): void {
  handedOn.set(fn, expected);
}

/** Numbers of the arguments `wrt` become traced; the function runs; its result is described. Async functions are awaited. */
export function record(
  fn: UserFunction,
  args: readonly unknown[],
  wrt: readonly number[],
  names: readonly string[],
): Recorded | Promise<Recorded> {
  const start = performance.now();
  const recorder = new Recorder(siteTable.table);
  forgetTexts();
  forgetJson();
  const expected = handedOn.get(fn);
  let apart = false;
  let numbers = 0;
  const inputLayouts = wrt.map((index) => layoutOf(args[index], () => numbers++));
  const values = new NumberList(numbers);
  const forLoop = numbers === last.numbers ? 0 : Math.min(ROWS_PER_NUMBER * numbers, MOST_RESERVED);
  recorder.reserve(Math.max(last.rows, forLoop));
  const single: Replace = {
    number: (value) => {
      values.push(value);
      return recorder.numberArgument(value);
    },
    array: (value) => {
      for (const element of value.concrete.data) values.push(element);
      return recorder.argument(value);
    },
  };
  const input = (data: Float64Array, shape: readonly number[]): Tracer => {
    for (const element of data) values.push(element);
    return recorder.argument(new ConcreteArray(data, shape, 'float64'));
  };
  const onApart = (): void => {
    apart = true;
  };
  const inOnePiece: Replace = {
    ...single,
    typed: (copy) => holdWhole(copy, input(Float64Array.from(copy), [copy.length]), onApart),
    list: (copy, shape) => {
      // Infinity: as deep as it is.
      const data = Float64Array.from((shape.length === 1 ? copy : copy.flat(Infinity)) as number[]);
      return holdList(copy, input(data, shape), onApart);
    },
  };
  const traced = substituteAll(args, wrt, (index) => (expected?.indices.includes(index) ? inOnePiece : single));
  state.begin(recorder);
  const leave = (): void => {
    state.end();
    recorder.abandon();
    traced.restore();
  };
  // Once more, with an input a number: that is how functions of numbers are compiled best.
  const again = (): Recorded | Promise<Recorded> => {
    if (expected) expected.indices = [];
    return record(fn, args, wrt, names);
  };
  const finish = (result: unknown): Recorded | Promise<Recorded> => {
    state.end();
    try {
      if (!apart)
        return conclude(recorder, result, {
          inputValues: values.numbers,
          inputLayouts,
          inputLeaves: argumentLeaves(inputLayouts, wrt, names),
          wrt: [...wrt],
          start,
        });
    } finally {
      leave();
    }
    return again();
  };
  const fail = (error: unknown): Recorded | Promise<Recorded> => {
    leave();
    if (apart) return again();
    throw error;
  };
  let result: unknown;
  try {
    result = fn(...traced.args);
  } catch (error) {
    return fail(error);
  }
  return !Array.isArray(result) && isPromise(result) ? result.then(finish, fail) : finish(result);
}

export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function conclude(
  recorder: Recorder,
  result: unknown,
  given: Pick<Recorded, 'inputValues' | 'inputLayouts' | 'inputLeaves' | 'wrt'> & { start: number },
): Recorded {
  const { layout, elements } = describe(result);
  if (sizeOf(layout) === 0) {
    recorder.abandon();
    throw new RunnerError(
      'not-numeric',
      `The function returns ${nameOf(result)}, which has no numbers in it.`,
      {},
      'Return a number, an array of numbers or an object of them.',
    );
  }
  const plain = elements.filter((element) => typeof element === 'number');
  if (plain.length === elements.length || !plain.every(Number.isInteger)) reportTakenApart();
  const arrays = elements.map((element) => (element instanceof NdArray ? element : scalar(element)));
  const { lines, reports, randomCalls, float32 } = state;
  const program = recorder.close(arrays);
  last = { rows: program.size + (program.size >> 4), numbers: given.inputValues.length };
  const outputValues: number[] = [];
  arrays.forEach((array, index) => {
    if (typeof elements[index] === 'number') outputValues.push(elements[index]);
    else for (const value of array.concrete.data) outputValues.push(value);
  });
  const { start, ...inputs } = given;
  let linearized: LinearizedProgram | undefined;
  return {
    program,
    get linearized() {
      linearized ??= new LinearizedProgram(program, recorder.scalarColumn(), (row) => recorder.valueAt(row));
      return linearized;
    },
    get inputs() {
      return [...slotsOf(program, program.inputs)];
    },
    get outputs() {
      return [...slotsOf(program, program.outputs)];
    },
    ...inputs,
    outputValues: Float64Array.from(outputValues),
    outputLeaves: leavesOf(layout, '', 0),
    outputLayout: layout,
    lines,
    reports,
    randomCalls,
    float32:
      float32 || program.columns.avals.some(({ dtype }) => dtype === 'float32') || inputs.inputLayouts.some(hasFloat32),
    operations: countOperations(program),
    traceTime: performance.now() - start,
  };
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return 'a string';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' ? (Array.isArray(value) ? 'an array' : 'an object') : `a ${typeof value}`;
}

/** Rows that compute something: not inputs, literals, constants or guards. */
function countOperations(program: Program): number {
  const { opcodes } = program.columns;
  let count = 0;
  for (let row = 0; row < opcodes.length; row++) count += opcodes[row] > 4 ? 1 : 0;
  return count;
}
