/**
 * Linearization: a program splits into one that computes the results and residuals, and one that is linear in the tangents and
 * needs the residuals only (JAX's `linearize`, by partial evaluation of the jvp).
 */
import { Emitter } from '../program/emitter';
import { NONE, type Program, type Row } from '../program/program';
import { neededRows } from '../program/prune';
import { transcribeJvp } from './jvp';
import { extract } from './transcribe';

export interface Linearized {
  /** inputs → (...results, ...residuals) */
  readonly primal: Program;
  /** (...residuals, ...tangents of the active inputs) → tangents of the outputs with `nonzero` */
  readonly linear: Program;
  readonly residuals: number;
  /** For each output, whether its tangent can differ from zero. */
  readonly nonzero: readonly boolean[];
}

/** Splits `program`'s jvp with respect to the `active` inputs. */
export function linearizeProgram(program: Program, active: readonly boolean[]): Linearized {
  const b = new Emitter(program.columns.positionTable);
  const primals = program.inputAvals.map((aval) => b.input(aval));
  const seeds = program.inputAvals.map((aval, index) => (active[index] ? b.placeholder(aval) : NONE));
  const out = transcribeJvp(b, program, primals, seeds, 'linearize');
  const joint = b.finish([...out.primals]);
  const moved = seeds.filter((seed) => seed !== NONE);
  const linear = dependentRows(joint, moved);
  const nonzero = out.tangents.map((row) => row !== NONE && linear[row] === 1);
  const tangents = out.tangents.filter((_, index) => nonzero[index]);
  const residuals = residualRows(joint, linear, moved, tangents);
  return {
    primal: extract(joint, primals, [...out.primals, ...residuals], true),
    linear: extract(joint, [...residuals, ...moved], tangents),
    residuals: residuals.length,
    nonzero,
  };
}

/** 1 for each row that depends on `sources`. */
export function dependentRows(program: Program, sources: readonly Row[]): Uint8Array {
  const depends = new Uint8Array(program.size);
  for (const row of sources) depends[row] = 1;
  const { operandStarts, operands } = program.columns;
  for (let row = 0; row < program.size; row++) {
    for (let index = operandStarts[row]; index < operandStarts[row + 1]; index++)
      if (depends[operands[index]]) depends[row] = 1;
  }
  return depends;
}

/** Rows of the primal part that the linear part reads; what depends on no input it has on its own. */
function residualRows(joint: Program, linear: Uint8Array, seeds: readonly Row[], tangents: readonly Row[]): Row[] {
  const needed = neededRows(joint, seeds, tangents, false);
  const varies = dependentRows(joint, Array.from(joint.inputs));
  const found = new Set<Row>();
  for (let row = 0; row < joint.size; row++) {
    if (!needed[row] || !linear[row]) continue;
    for (const operand of joint.operands(row)) if (!linear[operand] && varies[operand]) found.add(operand);
  }
  return [...found].sort((a, b) => a - b);
}
