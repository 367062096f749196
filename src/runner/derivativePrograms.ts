/** Derivatives of recorded programs as programs, whose rows are only written where nothing compiles them without. */
import { gradientProgram as gradientBy } from '../engine/execute/gpu/lanes';
import { Program } from '../engine/program/program';
import { eliminateDeadRows } from '../engine/program/prune';
import { jvpProgram } from '../engine/transforms/jvp';

/**
 * (…inputs) → gradients by the first `by` inputs (all), for a program whose only output is a scalar. Its rows are written when they are
 * asked for.
 */
export function gradientProgram(program: Program, by = program.inputs.length): Program {
  const rows = () =>
    gradientBy(
      program,
      program.inputAvals.map((_, index) => index < by),
    );
  return new Program(() => rows().columns, { kind: 'gradient', of: program, by });
}

/**
 * (…inputs, …vectors) → the slope of a scalar function along the vectors: its gradient by the inputs is a Hessian-vector product. Its rows
 * are written when they are asked for.
 */
export function slopeProgram(program: Program): Program {
  const rows = () => {
    const { columns, outputs } = jvpProgram(
      program,
      program.inputAvals.map(() => true),
    );
    return eliminateDeadRows(new Program({ ...columns, outputs: outputs.slice(-1) }));
  };
  return new Program(() => rows().columns, { kind: 'slope', of: program });
}

/** (…inputs, …vectors) → Hessian times vectors, of a scalar function. Its rows, forward over reverse, are written when they are asked for. */
export function hvpProgram(program: Program): Program {
  const rows = () => {
    const gradient = gradientProgram(program);
    const { columns, outputs } = jvpProgram(
      gradient,
      gradient.inputAvals.map(() => true),
    );
    return new Program({ ...columns, outputs: outputs.slice(gradient.outputs.length) });
  };
  return new Program(() => rows().columns, {
    kind: 'gradient',
    of: slopeProgram(program),
    by: program.inputs.length,
  });
}
