/** Calls of sub-programs: `call` (jit, checkpoint) and `linearCall`. */
import { GradLensError, NotLinearError } from '../../errors';
import { NONE } from '../../program/program';
import { batchSubProgram } from '../../transforms/batch';
import { transcribeJvp } from '../../transforms/jvp';
import { transcribeVjp, transposeProgram } from '../../transforms/reverse';
import { inline } from '../../transforms/transcribe';
import { isFloat } from '../../program/aval';
import type { PrimitiveTable } from '../primitive';
import { chosen, movedOutputs, present, programOf, requireInputs, runProgram, spread } from './programs';

/** The jvp of a structured primitive is written along with its results: see `jointJvp`. */
export function joint(): never {
  throw new Error('Structured primitives write their results along with the tangents.');
}

const call: PrimitiveTable['call'] = {
  shape(operands, { program, name }) {
    requireInputs(name, program, operands);
    return program.outputAvals;
  },
  evaluate: (operands, { program }) => runProgram(program, operands),
  jvp: joint,
  jointJvp(b, { primals, tangents, params, mode }) {
    const { program, kind, name } = params;
    if (kind === 'jit') {
      const out = transcribeJvp(b, program, primals, tangents, mode);
      return { results: out.primals, tangents: out.tangents };
    }
    const active = tangents.map((row) => row !== NONE);
    const moved = movedOutputs(program, active);
    const avals = program.inputAvals;
    const moving = chosen(avals, active);
    if (mode === 'forward') {
      const both = programOf([...avals, ...moving], (inner, rows) => {
        const out = transcribeJvp(
          inner,
          program,
          rows.slice(0, avals.length),
          spread(rows.slice(avals.length), active),
        );
        return [...out.primals, ...chosen(out.tangents, moved)];
      });
      const rows = b.emitMany('call', [...primals, ...present(tangents)], { program: both, kind, name });
      return { results: rows.slice(0, moved.length), tangents: spread(rows.slice(moved.length), moved) };
    }
    // Reverse mode keeps the operands only, and computes the inside again.
    const results = b.emitMany('call', primals, params);
    const movedAvals = chosen(program.outputAvals, moved);
    const forward = programOf([...avals, ...moving], (inner, rows) => {
      const out = transcribeJvp(
        inner,
        program,
        rows.slice(0, avals.length),
        spread(rows.slice(avals.length), active),
        mode,
      );
      return chosen(out.tangents, moved);
    });
    const recompute = programOf([...avals, ...movedAvals], (inner, rows) => {
      const own = rows.slice(0, avals.length);
      const out = transcribeVjp(inner, program, own, active, () => spread(rows.slice(avals.length), moved));
      return chosen(
        out.cotangents.map((row, index) => inner.instantiate(row, avals[index])),
        active,
      );
    });
    const backward = programOf([...avals, ...movedAvals], (inner, rows) =>
      inner.emitMany('call', rows, { program: recompute, kind, name }),
    );
    const rows = b.emitMany('linearCall', [...primals, ...present(tangents)], {
      forward,
      backward,
      residuals: primals.length,
      results: movedAvals,
      name,
    });
    return { results, tangents: spread(rows, moved) };
  },
  transpose(b, { cotangents, linear, operands, params }) {
    const { program, kind, name } = params;
    const transposed = transposeProgram(program, linear);
    const given = program.outputAvals.flatMap((aval, index) =>
      isFloat(aval.dtype) ? [b.instantiate(cotangents[index], aval)] : [],
    );
    return spread(b.emitMany('call', [...present(operands), ...given], { program: transposed, kind, name }), linear);
  },
  batch(b, { operands, batched, size, params }) {
    const out = batchSubProgram(params.program, batched, size);
    return { rows: b.emitMany('call', operands, { ...params, program: out.program }), batched: out.batched };
  },
};

const linearCall: PrimitiveTable['linearCall'] = {
  shape: (_operands, { results }) => results,
  evaluate(operands, { forward, name }) {
    if (!forward) throw new ForwardModeError(name);
    return runProgram(forward, operands);
  },
  jvp: joint,
  jointJvp(b, { primals, tangents, params, mode }) {
    const { forward, residuals, name } = params;
    if (tangents.slice(0, residuals).every((row) => row === NONE)) {
      const results = b.emitMany('linearCall', primals, params);
      const moved = tangents
        .slice(residuals)
        .map((row, index) => b.instantiate(row, b.aval(primals[residuals + index])));
      return { results, tangents: b.emitMany('linearCall', [...primals.slice(0, residuals), ...moved], params) };
    }
    if (!forward) throw new ForwardModeError(name);
    const out = transcribeJvp(b, forward, primals, tangents, mode);
    return { results: out.primals, tangents: out.tangents };
  },
  transpose(b, { cotangents, linear, operands, params }) {
    const { backward, residuals, results, name } = params;
    if (!backward || linear.slice(0, residuals).some(Boolean)) throw new NotLinearError(name);
    const given = cotangents.map((row, index) => b.instantiate(row, results[index]));
    const out = inline(b, backward, [...operands.slice(0, residuals), ...given]);
    return [...operands.slice(0, residuals).map(() => NONE), ...out];
  },
  /** All tangents get the batch axis, so that the transposition of those that had none is that of the repetition. */
  batch(b, { operands, batched, size, params }) {
    const { forward, backward, residuals, results, name } = params;
    const own = batched.slice(0, residuals);
    const all = (count: number) => Array.from({ length: count }, () => true);
    const tangents = operands
      .slice(residuals)
      .map((row, index) => (batched[residuals + index] ? row : b.repeat(row, size)));
    const rows = b.emitMany('linearCall', [...operands.slice(0, residuals), ...tangents], {
      forward:
        forward && batchSubProgram(forward, [...own, ...all(tangents.length)], size, all(results.length)).program,
      backward:
        backward && batchSubProgram(backward, [...own, ...all(results.length)], size, all(tangents.length)).program,
      residuals,
      results: results.map(({ shape, dtype }) => ({ shape: [size, ...shape], dtype })),
      name,
    });
    return { rows, batched: all(results.length) };
  },
};

/** A customVjp function was differentiated in forward mode. */
export class ForwardModeError extends GradLensError {
  override name = 'ForwardModeError';

  constructor(name: string) {
    super(
      'no-forward-mode',
      `Can't apply forward-mode differentiation (jvp) to a customVjp function (${name}).`,
      'Use reverse mode (grad, vjp, jacrev), or customJvp, which serves both modes.',
    );
  }
}

export const calls = { call, linearCall };
