/** Functions with derivative rules of their own: customJvp and customVjp. */
import { GradLensError } from '../../errors';
import { isFloat } from '../../program/aval';
import { NONE, type Program } from '../../program/program';
import { batchSubProgram } from '../../transforms/batch';
import { inline } from '../../transforms/transcribe';
import type { MaybeRow, PrimitiveTable } from '../primitive';
import { ForwardModeError, joint } from './call';
import { paramsLike } from './lazyParams';
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

/** Rules that call their own function do not survive serialization. */
function requireRule(name: string, rule: Program | undefined): void {
  if (!rule) throw new GradLensError('no-custom-rule', `The derivative rule of ${name} did not come with its program.`);
}

const customJvp: PrimitiveTable['customJvp'] = {
  shape(operands, { program, name }) {
    requireInputs(name, program, operands);
    return program.outputAvals;
  },
  evaluate: (operands, { program }) => runProgram(program, operands),
  jvp: joint,
  jointJvp(b, { primals, tangents, params: { program, jvp, captured, name } }) {
    requireRule(name, jvp);
    requireNoCapturedTangents(name, tangents, captured);
    const { inputs, outputs } = floats(program, captured);
    const directions = tangents
      .slice(0, inputs.length)
      .map((row, index) => (inputs[index] ? b.instantiate(row, b.aval(primals[index])) : NONE));
    const rows = inline(b, jvp, [...primals, ...chosen(directions, inputs)]);
    return { results: rows.slice(0, outputs.length), tangents: spread(rows.slice(outputs.length), outputs) };
  },
  transpose: null,
  /** All results get the batch axis, so that the rule's program may wait until somebody differentiates. */
  batch(b, { operands, batched, size, params }) {
    const { program, captured, name } = params;
    const { inputs, outputs } = floats(program, captured);
    const flags = outputs.map(() => true);
    const tangentFlags = chosen(batched.slice(0, inputs.length), inputs);
    const own = { program: batchSubProgram(program, batched, size, flags).program, captured, name };
    const batchedParams = paramsLike(params, own, {
      jvp: () =>
        batchSubProgram(params.jvp, [...batched, ...tangentFlags], size, [...flags, ...chosen(flags, outputs)]).program,
    });
    return { rows: b.emitMany('customJvp', operands, batchedParams), batched: flags };
  },
};

const customVjp: PrimitiveTable['customVjp'] = {
  shape(operands, { program, name }) {
    requireInputs(name, program, operands);
    return program.outputAvals;
  },
  evaluate: (operands, { program }) => runProgram(program, operands),
  jvp: joint,
  jointJvp(b, { primals, tangents, params, mode }) {
    const { program, captured, name } = params;
    if (mode === 'forward') throw new ForwardModeError(name);
    const { forward, backward, residuals } = params;
    requireRule(name, forward);
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
  /**
   * All results get the batch axis: a cotangent that examples share must not count once for each of them, and the rules'
   * programs may wait until somebody differentiates.
   */
  batch(b, { operands, batched, size, params }) {
    const { program, captured, name } = params;
    const { inputs, outputs } = floats(program, captured);
    const flags = outputs.map(() => true);
    const primalFlags = chosen(batched.slice(0, inputs.length), inputs);
    let ahead: { program: Program; batched: boolean[] } | undefined;
    const forward = () => (ahead ??= batchSubProgram(params.forward, batched, size, flags));
    const own = { program: batchSubProgram(program, batched, size, flags).program, captured, name };
    const batchedParams = paramsLike(params, own, {
      residuals: () => params.residuals,
      forward: () => forward().program,
      backward: () => {
        const residualFlags = forward().batched.slice(outputs.length);
        const back = [...residualFlags, ...chosen(flags, outputs)];
        const pulled = batchSubProgram(
          params.backward,
          back,
          size,
          primalFlags.map(() => true),
        ).program;
        // Cotangents of primals that all examples share are summed.
        return programOf(pulled.inputAvals, (inner, rows) =>
          inline(inner, pulled, rows).map((row, index) => (primalFlags[index] ? row : inner.reduceSum(row, [0]))),
        );
      },
    });
    return { rows: b.emitMany('customVjp', operands, batchedParams), batched: flags };
  },
};

export const customs = { customJvp, customVjp };
