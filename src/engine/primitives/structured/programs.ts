/** What the structured primitives share: running, checking, differentiating and batching their programs. */
import { ShapeError } from '../../errors';
import { compile, type Executable } from '../../execute/run';
import { printAval, sameShape, type ArrayValue, type Aval } from '../../program/aval';
import { Emitter } from '../../program/emitter';
import { NONE, type Program, type Row } from '../../program/program';
import { eliminateDeadRows } from '../../program/prune';
import { transcribeJvp } from '../../transforms/jvp';
import { dependentRows } from '../../transforms/linearize';
import { inline } from '../../transforms/transcribe';
import type { MaybeRow } from '../primitive';

const executables = new WeakMap<Program, Executable>();

/** Runs a sub-program, made ready once. */
export function runProgram(program: Program, inputs: readonly ArrayValue[]): ArrayValue[] {
  let ready = executables.get(program);
  if (!ready) executables.set(program, (ready = compile(program)));
  return ready.run(inputs);
}

export function sameAval(a: Aval, b: Aval): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

/** @throws ShapeError where operands differ from what a program takes */
export function requireInputs(name: string, program: Program, operands: readonly Aval[]): void {
  requireAvals(name, 'the program takes', program.inputAvals, operands);
}

/** @throws ShapeError where avals differ from what they must be */
export function requireAvals(name: string, what: string, expected: readonly Aval[], actual: readonly Aval[]): void {
  if (expected.length === actual.length && expected.every((aval, index) => sameAval(aval, actual[index]))) return;
  throw new ShapeError(name, `${what} ${expected.map(printAval).join(', ') || 'nothing'}`, actual);
}

/** Rows that are there. */
export function present(rows: readonly MaybeRow[]): Row[] {
  return rows.filter((row) => row !== NONE);
}

/** Elements flagged true. */
export function chosen<T>(items: readonly T[], flags: readonly boolean[]): T[] {
  return items.filter((_, index) => flags[index]);
}

/** The rows of `list`, in order, where flagged; NONE elsewhere. */
export function spread(list: readonly Row[], flags: readonly boolean[]): MaybeRow[] {
  let next = 0;
  return flags.map((flag) => (flag ? list[next++] : NONE));
}

/** A new program written by `write`, which gets one row for each input aval. */
export function programOf(
  avals: readonly Aval[],
  write: (b: Emitter, inputs: Row[]) => readonly Row[],
  like?: Program,
): Program {
  const b = new Emitter(like?.columns.positionTable);
  const rows = write(
    b,
    avals.map((aval) => b.input(aval)),
  );
  return eliminateDeadRows(b.finish(rows));
}

/** The program with its inputs in another order: the new k-th is the old `order[k]`-th. */
export function permuteInputs(program: Program, order: readonly number[]): Program {
  const avals = program.inputAvals;
  return programOf(
    order.map((index) => avals[index]),
    (b, rows) =>
      inline(
        b,
        program,
        avals.map((_, index) => rows[order.indexOf(index)]),
      ),
    program,
  );
}

/** For each output of a program, whether its tangent can differ from zero when the `active` inputs move. */
export function movedOutputs(program: Program, active: readonly boolean[]): boolean[] {
  const b = new Emitter(program.columns.positionTable);
  const primals = program.inputAvals.map((aval) => b.input(aval));
  const tangents = program.inputAvals.map((aval, index) => (active[index] ? b.input(aval) : NONE));
  const out = transcribeJvp(b, program, primals, tangents, 'linearize').tangents;
  const depends = dependentRows(b.finish([]), present(tangents));
  return out.map((row) => row !== NONE && depends[row] === 1);
}

/** For each output of a program, whether it depends on the inputs flagged `linear`. */
export function dependentOutputs(program: Program, linear: readonly boolean[]): boolean[] {
  const depends = dependentRows(program, chosen(Array.from(program.inputs), linear));
  return Array.from(program.outputs, (row) => depends[row] === 1);
}

/** Consecutive pieces of the given lengths. */
export function cut<T>(list: readonly T[], lengths: readonly number[]): T[][] {
  let next = 0;
  return lengths.map((length) => {
    next += length;
    return list.slice(next - length, next);
  });
}

/** Grows `flags` by what `step` makes of them until nothing changes. */
export function fixpoint(
  flags: readonly boolean[],
  step: (flags: readonly boolean[]) => readonly boolean[],
): boolean[] {
  let current = [...flags];
  for (;;) {
    const next = step(current);
    const grown = current.map((flag, index) => flag || next[index]);
    if (grown.every((flag, index) => flag === current[index])) return current;
    current = grown;
  }
}
