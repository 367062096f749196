/** The program of an operation, made by the transforms from the recorded one. */
import { hessianMatrixProgram, jacobianMatrixProgram, rolledProgram } from '../../engine/execute/gpu/lanes';
import { eliminateDeadRows } from '../../engine/program/prune';
import type { Program } from '../../engine/program/program';
import { allocate, type ArrayValue } from '../../engine/program/aval';
import { batchProgram } from '../../engine/transforms/batch';
import { jvpProgram } from '../../engine/transforms/jvp';
import { vjpProgram } from '../../engine/transforms/reverse';
import { extract } from '../../engine/transforms/transcribe';
import { gradientProgram, hvpProgram } from '../derivativePrograms';
import { inputArrays } from '../derivatives';
import { RunnerError } from '../modules/errors';
import { seededDirection } from '../plain';
import type { Operation } from '../protocol';
import type { Recorded, Slot } from '../record';

/** A program with what it is run on. */
export interface ReadyProgram {
  program: Program;
  inputs: ArrayValue[];
}

/**
 * A flat vector, or `lanes` of them, cut into one array a slot of the program: `[...shape]`, or `[lanes, ...shape]`.
 * `entry` gives the number at a position of a lane's flat vector.
 */
export function seeds(
  of: readonly Slot[],
  program: Program,
  rows: Int32Array,
  lanes: number | undefined,
  entry: (lane: number, position: number) => number,
): ArrayValue[] {
  return of.map(({ offset, size }, index) => {
    const { shape, dtype } = program.aval(rows[index]);
    const count = lanes ?? 1;
    const data = allocate(dtype, count * size);
    for (let lane = 0; lane < count; lane++) {
      for (let at = 0; at < size; at++) data[lane * size + at] = entry(lane, offset + at);
    }
    return { shape: lanes === undefined ? shape : [lanes, ...shape], dtype, data };
  });
}

/** Vectors in the products that are compared. */
export const VECTORS = 16;

const unit = (lane: number, position: number): number => (lane === position ? 1 : 0);

const all = (program: Program) => Array.from(program.inputs, () => true);

/** As `programOf`, but gradients, Jacobians and Hessians are one output, the matrix [m, n], and need no seeds: for the GPU. */
export function matrixProgramOf(recorded: Recorded, op: Operation, values?: ArrayLike<number>): ReadyProgram {
  const program = eliminateDeadRows(recorded.program);
  const active = all(program);
  const inputs = inputArrays(recorded);
  const wide = recorded.outputValues.length <= recorded.inputValues.length;
  switch (op) {
    case 'grad':
    case 'jacrev':
      return { program: jacobianMatrixProgram(program, active, 'reverse'), inputs };
    case 'jacfwd':
      return { program: jacobianMatrixProgram(program, active, 'forward'), inputs };
    case 'jacobian':
      return { program: jacobianMatrixProgram(program, active, wide ? 'reverse' : 'forward'), inputs };
    case 'hessian':
      return { program: hessianMatrixProgram(program, active), inputs };
    default:
      return productProgramOf(recorded, op, values) ?? programOf(recorded, op, values);
  }
}

/** A product with a vector as one output, for a plain function whose loops a kernel can keep. */
function productProgramOf(
  recorded: Recorded,
  op: 'value' | 'jvp' | 'vjp' | 'hvp',
  values?: ArrayLike<number>,
): ReadyProgram | undefined {
  if (op === 'hvp' && recorded.outputValues.length !== 1) return undefined;
  const program = eliminateDeadRows(recorded.program, { keepGuards: false });
  const rolled = rolledProgram(program, all(program), op);
  if (!rolled) return undefined;
  const given = (_: number, position: number): number => values?.[position] ?? 1;
  const slots = op === 'value' ? [] : op === 'vjp' ? recorded.outputs : recorded.inputs;
  const rows = op === 'vjp' ? program.outputs : program.inputs;
  return { program: rolled, inputs: [...inputArrays(recorded), ...seeds(slots, program, rows, undefined, given)] };
}

/** `count` products with seeded vectors at once: J v for each by vmap of the JVP, or vᵀ J of the VJP; [count, …] each output. */
export function productsProgramOf(recorded: Recorded, op: 'jvp' | 'vjp', count: number): ReadyProgram {
  const { program } = matrixProgramOf(recorded, op);
  const primals = inputArrays(recorded);
  const forward = op === 'jvp';
  const [given, asked] = forward ? [recorded.inputs, recorded.outputs] : [recorded.outputs, recorded.inputs];
  const size = (forward ? recorded.inputValues : recorded.outputValues).length;
  const vectors = Array.from({ length: count }, (_, index) => seededDirection(size, index + 1));
  const rows = program.inputs.subarray(primals.length);
  const lanes = seeds(given, program, rows, count, (lane, at) => vectors[lane][at]);
  const products = extract(program, Array.from(program.inputs), Array.from(program.outputs).slice(-asked.length));
  const axes = [...primals.map(() => null), ...lanes.map(() => 0)];
  return { program: eliminateDeadRows(batchProgram(products, axes, count)), inputs: [...primals, ...lanes] };
}

/** @param values the tangent, cotangent or vector; ones where it is not given */
export function programOf(recorded: Recorded, op: Operation, values?: ArrayLike<number>): ReadyProgram {
  const program = eliminateDeadRows(recorded.program);
  const primals = inputArrays(recorded);
  const { inputs, outputs, inputValues, outputValues } = recorded;
  const scalarOnly = (): void => {
    if (outputValues.length !== 1)
      throw new RunnerError(
        'not-scalar',
        `\`${op}\` needs a function that returns one number; this one returns ${outputValues.length}.`,
        {},
        'Ask for the Jacobian.',
      );
  };
  const given = (_: number, position: number): number => values?.[position] ?? 1;
  switch (op) {
    case 'value':
      return { program, inputs: primals };
    case 'grad':
      scalarOnly();
      return { program: gradientProgram(program), inputs: primals };
    case 'jvp':
      return {
        program: jvpProgram(program, all(program)),
        inputs: [...primals, ...seeds(inputs, program, program.inputs, undefined, given)],
      };
    case 'vjp':
      return {
        program: eliminateDeadRows(vjpProgram(program, all(program))),
        inputs: [...primals, ...seeds(outputs, program, program.outputs, undefined, given)],
      };
    case 'jacobian':
      return outputValues.length <= inputValues.length ? reverseJacobian() : forwardJacobian(program, primals);
    case 'jacrev':
      return reverseJacobian();
    case 'jacfwd':
      return forwardJacobian(program, primals);
    case 'hessian':
      scalarOnly();
      return forwardJacobian(gradientProgram(program), primals);
    case 'hvp': {
      scalarOnly();
      return {
        program: hvpProgram(program),
        inputs: [...primals, ...seeds(inputs, program, program.inputs, undefined, given)],
      };
    }
  }

  function reverseJacobian(): ReadyProgram {
    const vjp = eliminateDeadRows(vjpProgram(program, all(program)));
    const axes = [...primals.map(() => null), ...outputs.map(() => 0)];
    const count = outputValues.length;
    return {
      program: batchProgram(vjp, axes, count),
      inputs: [...primals, ...seeds(outputs, program, program.outputs, count, unit)],
    };
  }

  function forwardJacobian(of: Program, point: ArrayValue[]): ReadyProgram {
    const jvp = jvpProgram(of, all(of));
    const axes = [...point.map(() => null), ...inputs.map(() => 0)];
    const count = inputValues.length;
    return {
      program: batchProgram(jvp, axes, count),
      inputs: [...point, ...seeds(inputs, of, of.inputs, count, unit)],
    };
  }
}
