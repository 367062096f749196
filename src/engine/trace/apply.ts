/** Applying a program to values: it runs, or is written into the innermost trace among them. */
import { run } from '../execute/run';
import type { Program } from '../program/program';
import { inline } from '../transforms/transcribe';
import { innermost } from './bind';
import { ConcreteArray, type NdArray } from './ndarray';
import { Tracer } from './recorder';

/** Results of `program` on `operands`, concrete where all of these are. */
export function applyProgram(program: Program, operands: readonly NdArray[]): NdArray[] {
  const recorder = innermost(operands);
  if (!recorder)
    return run(
      program,
      operands.map((operand) => operand.concrete),
    ).map((value) => ConcreteArray.of(value));
  return inline(
    recorder,
    program,
    operands.map((operand) => recorder.lift(operand)),
  ).map((row) => new Tracer(recorder, row));
}
