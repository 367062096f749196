/** Functions with derivative rules of their own: customJvp and customVjp. */
import { GradLensError } from '../../errors';
import { isFloat } from '../../program/aval';
import { NONE, type Program } from '../../program/program';
import { batchSubProgram } from '../../transforms/batch';
import { inline } from '../../transforms/transcribe';
import type { MaybeRow, PrimitiveTable } from '../primitive';
import { ForwardModeError, joint } from './call';
import { chosen, programOf, requireInputs, runProgram, spread } from './programs';

function requireNoCapturedTangents(name: string, tangents: readonly MaybeRow[], captured: number): void {
  if (tangents.slice(tangents.length - captured).every((row) => row === NONE)) return;
  throw new GradLensError(
    'custom-rule-closure',
    `Detected differentiation of a function with a custom rule (${name}) with respect to a value that it closes over.`,
    'Pass the value as an argument instead: the rule says nothing about values from outside.',
  );
}

/** Which of a program's inputs, without the captured ones, are float; likewise for its outputs. */
function floats(program: Program, captured: number): { inputs: boolean[]; outputs: boolean[] } {
  const avals = program.inputAvals;
  return {
    inputs: avals.slice(0, avals.length - captured).map(({ dtype }) => isFloat(dtype)),
    outputs: program.outputAvals.map(({ dtype }) => isFloat(dtype)),
  };
}

function either(a: readonly boolean[], b: readonly boolean[]): boolean[] {
  return a.map((flag, index) => flag || b[index]);
}

const customJvp: PrimitiveTable['customJvp'] = {
  shape(operands, { program, name }) {
    requireInputs(name, program, operands);
    return program.outputAvals;
  },
  evaluate: (operands, { program }) => runProgram(program, operands),
  jvp: joint,
  jointJvp(b, { primals, tangents, params: { program, jvp, captured, name } }) {
    requireNoCapturedTangents(name, tangents, captured);
    const { inputs, outputs } = floats(program, captured);
    const directions = tangents
      .slice(0, inputs.length)
      .map((row, index) => (inputs[index] ? b.instantiate(row, b.aval(primals[index])) : NONE));
    const rows = inline(b, jvp, [...primals, ...chosen(directions, inputs)]);
    return { results: rows.slice(0, outputs.length), tangents: spread(rows.slice(outputs.length), outputs) };
  },
  transpose: null,
  batch(b, { operands, batched, size, params: { program, jvp, captured, name } }) {
    const { inputs, outputs } = floats(program, captured);
    const tangentFlags = chosen(batched.slice(0, inputs.length), inputs);
    const own = batchSubProgram(program, batched, size).batched;
    const rule = batchSubProgram(jvp, [...batched, ...tangentFlags], size).batched;
    const tangents = spread(rule.slice(outputs.length).map(Number), outputs).map((flag) => flag === 1);
    const flags = either(own, either(rule.slice(0, outputs.length), tangents));
    const rows = b.emitMany('customJvp', operands, {
      program: batchSubProgram(program, batched, size, flags).program,
      jvp: batchSubProgram(jvp, [...batched, ...tangentFlags], size, [...flags, ...chosen(flags, outputs)]).program,
      captured,
      name,
    });
    return { rows, batched: flags };
  },
};

const customVjp: PrimitiveTable['customVjp'] = {
  shape(operands, { program, name }) {
    requireInputs(name, program, operands);
    return program.outputAvals;
  },
  evaluate: (operands, { program }) => runProgram(program, operands),
  jvp: joint,
  jointJvp(b, { primals, tangents, params: { program, forward, backward, captured, residuals, name }, mode }) {
    if (mode === 'forward') throw new ForwardModeError(name);
    requireNoCapturedTangents(name, tangents, captured);
    const { inputs, outputs } = floats(program, captured);
    const rows = inline(b, forward, primals);
    const directions = tangents
      .slice(0, inputs.length)
      .map((row, index) => (inputs[index] ? b.instantiate(row, b.aval(primals[index])) : NONE));
    const moved = b.emitMany('linearCall', [...rows.slice(outputs.length), ...chosen(directions, inputs)], {
      forward: null,
      backward,
      residuals,
      results: chosen(program.outputAvals, outputs),
      name,
    });
    return { results: rows.slice(0, outputs.length), tangents: spread(moved, outputs) };
  },
  transpose: null,
  batch(b, { operands, batched, size, params: { program, forward, backward, captured, residuals, name } }) {
    const { inputs, outputs } = floats(program, captured);
    const own = batchSubProgram(program, batched, size).batched;
    const ahead = batchSubProgram(forward, batched, size).batched;
    // Either all results have the batch axis or none: a cotangent that examples share must not count once for each of them.
    const any = either(own, ahead.slice(0, outputs.length)).includes(true);
    const flags = outputs.map(() => any);
    const residualFlags = ahead.slice(outputs.length);
    const back = [...residualFlags, ...chosen(flags, outputs)];
    const primalFlags = chosen(batched.slice(0, inputs.length), inputs);
    const pulled = batchSubProgram(
      backward,
      back,
      size,
      primalFlags.map(() => any),
    ).program;
    // Cotangents of primals that all examples share are summed.
    const summed = programOf(pulled.inputAvals, (inner, rows) =>
      inline(inner, pulled, rows).map((row, index) => (any && !primalFlags[index] ? inner.reduceSum(row, [0]) : row)),
    );
    const rows = b.emitMany('customVjp', operands, {
      program: batchSubProgram(program, batched, size, flags).program,
      forward: batchSubProgram(forward, batched, size, [...flags, ...residualFlags]).program,
      backward: summed,
      captured,
      residuals,
      name,
    });
    return { rows, batched: flags };
  },
};

export const customs = { customJvp, customVjp };
