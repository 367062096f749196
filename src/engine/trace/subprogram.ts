/**
 * Functions traced as the sub-programs of structured primitives. Such programs never hold guards: what control flow inside
 * depended on is guarded outside, on the operands.
 */
import { GradLensError } from '../errors';
import { OPCODES } from '../primitives/opcodes';
import { allocate, sizeOf, type Aval } from '../program/aval';
import { Emitter } from '../program/emitter';
import type { Program, Row } from '../program/program';
import { extract, inline } from '../transforms/transcribe';
import { dependentRows } from '../transforms/linearize';
import { applyProgram } from './apply';
import { ConcreteArray, type NdArray } from './ndarray';
import { Tracer } from './recorder';
import type { Traced } from './trace';

/** True where control flow depended on values. */
export function hasGuards(program: Program): boolean {
  return program.columns.opcodes.includes(OPCODES.guard);
}

export function zerosOf(aval: Aval): ConcreteArray {
  return new ConcreteArray(allocate(aval.dtype, sizeOf(aval.shape)), aval.shape, aval.dtype);
}

/**
 * The traced program without its guards, which are recorded in the traces of `operands` instead. `operands` holds undefined for
 * inputs whose values are not known yet (tangents, cotangents).
 * @throws GradLensError where control flow depends on one of these
 */
export function hoistGuards(where: string, traced: Traced, operands: readonly (NdArray | undefined)[]): Traced {
  const { program, captured } = traced;
  if (!hasGuards(program)) return traced;
  const inputs = Array.from(program.inputs);
  const guarded: Row[] = [];
  for (let row = 0; row < program.size; row++) {
    if (program.opcode(row) === OPCODES.guard) guarded.push(program.operand(row, 0));
  }
  const unknown = inputs.filter((_, index) => index < operands.length && operands[index] === undefined);
  const depends = dependentRows(program, unknown);
  if (guarded.some((row) => depends[row])) {
    throw new GradLensError(
      'control-flow-in-rule',
      `${where}: control flow must not depend on the values of tangents or cotangents.`,
      'Use np.where or cond there.',
    );
  }
  const values = inputs.map((row, index) =>
    index < operands.length ? (operands[index] ?? zerosOf(program.aval(row))) : captured[index - operands.length],
  );
  for (const result of applyProgram(extract(program, inputs, guarded), values)) {
    if (result instanceof Tracer) result.recorder.guard(result.row);
  }
  return { ...traced, program: extract(program, inputs, Array.from(program.outputs)) };
}

/** Programs of functions traced apart, each with its own inputs and then, for all of them, the same captured tracers. */
export function shareCaptured(traced: readonly Traced[]): { programs: Program[]; captured: Tracer[] } {
  const captured = [...new Set(traced.flatMap((one) => one.captured))];
  const avals = captured.map((tracer) => tracer.aval);
  const programs = traced.map((one) => {
    const own = one.program.inputs.length - one.captured.length;
    const b = new Emitter(one.program.columns.positionTable);
    const inputs = one.program.inputAvals.slice(0, own).map((aval) => b.input(aval));
    const shared = avals.map((aval) => b.input(aval));
    return b.finish(
      inline(b, one.program, [...inputs, ...one.captured.map((tracer) => shared[captured.indexOf(tracer)])]),
    );
  });
  return { programs, captured };
}
