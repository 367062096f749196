/**
 * Whole matrices and batches as one program, for a thread per entry or lane: the basis vectors are written into the program, so that
 * nothing but the point travels to the device. Plain TypeScript's functions (programs of scalars) become lanes in this
 * way; their loops are found again first.
 */
import { isFloat, sizeOf, type Aval } from '../../program/aval';
import { Emitter } from '../../program/emitter';
import { eliminateDeadRows } from '../../program/prune';
import { NONE, type Program, type Row } from '../../program/program';
import { transcribeBatch } from '../../transforms/batch';
import { jvpProgram } from '../../transforms/jvp';
import { transcribeVjp, vjpProgram } from '../../transforms/reverse';
import { inline } from '../../transforms/transcribe';
import { longestRepeated } from './carried';
import { rollLoops } from './rolled';

type Mode = 'forward' | 'reverse';

/**
 * (...inputs) → the gradient by the `active` inputs, one output each, of a program whose first output is a scalar. A program of
 * scalars stays one, which is what the processor's tiers roll up; a kernel's gradient is `rolledProgram`.
 */
export function gradientProgram(program: Program, active: readonly boolean[]): Program {
  const b = new Emitter(program.columns.positionTable);
  const primals = program.inputAvals.map((aval) => b.input(aval));
  const { cotangents } = transcribeVjp(b, program, primals, active, (results) =>
    results.map((row, index) => (index === 0 ? b.fullLike(row, 1) : NONE)),
  );
  const gradients: Row[] = [];
  for (let index = 0; index < cotangents.length; index++)
    if (active[index]) gradients.push(b.instantiate(cotangents[index], b.aval(primals[index])));
  return eliminateDeadRows(b.finish(gradients));
}

/**
 * (...inputs) → the Jacobian [m, n] of the float outputs (flattened, m) by the `active` inputs (flattened, n), all lanes at once:
 * forward n lanes of jvp, reverse m lanes of vjp. Loops of plain functions stay loops; where a reverse pass would run each of them
 * again for every turn, the columns are computed even if the rows were asked for.
 */
export function jacobianMatrixProgram(program: Program, active: readonly boolean[], mode: Mode): Program {
  const alone = eliminateDeadRows(program, { keepGuards: false });
  const rolled = rollLoops(alone, active);
  if (!rolled) return matrixProgram(alone, active, mode);
  return overScalars(program, active, vectorJacobian(rolled, mode));
}

/** (...inputs) → the Hessian [n, n] of a scalar program, forward over reverse. */
export function hessianMatrixProgram(program: Program, active: readonly boolean[]): Program {
  const rolled = rollLoops(eliminateDeadRows(program, { keepGuards: false }), active);
  if (!rolled) return jacobianMatrixProgram(gradientProgram(program, active), active, 'forward');
  return overScalars(program, active, matrixProgram(vectorGradient(rolled), vectorFlags(rolled), 'forward'));
}

/**
 * A plain function with loops as one output, a vector; undefined where it has none that a kernel can keep. `value`: (...inputs) → [m];
 * `jvp`: (...inputs, ...tangents of the active ones) → [m]; `vjp`: (...inputs, ...cotangents) → [n]; `gradient` and `hvp` of a scalar
 * function: (...inputs) → [n], (...inputs, ...vector) → [n].
 */
export function rolledProgram(
  program: Program,
  active: readonly boolean[],
  what: 'value' | 'jvp' | 'vjp' | 'gradient' | 'hvp',
): Program | undefined {
  const rolled = rollLoops(program, active);
  if (!rolled) return undefined;
  const flags = vectorFlags(rolled);
  const last = (of: Program) => {
    const b = new Emitter(of.columns.positionTable);
    const rows = inline(
      b,
      of,
      of.inputAvals.map((aval) => b.input(aval)),
    );
    return eliminateDeadRows(b.finish(rows.slice(-1)));
  };
  switch (what) {
    case 'value':
      return overScalars(program, active, rolled);
    case 'jvp':
      return overScalars(program, active, last(jvpProgram(rolled, flags)));
    case 'vjp':
      return overScalars(program, active, vectorVjp(rolled));
    case 'gradient':
      return overScalars(program, active, vectorGradient(rolled));
    case 'hvp':
      return overScalars(program, active, last(jvpProgram(vectorGradient(rolled), flags)));
  }
}

// ------------------------------------------------------------------------------------------ functions of vectors

const vectorFlags = (rolled: Program) => rolled.inputAvals.map((_, index) => index === 0);

/**
 * Is a reverse pass dearer than n lanes forward? A kernel gives one number a thread, so that what a loop leaves for its reverse pass
 * costs the loop up to there, for every turn.
 */
function prefersForward(rolled: Program, reverse: Program): boolean {
  const [n] = rolled.inputAvals[0].shape;
  return longestRepeated(reverse) > n;
}

function vectorJacobian(rolled: Program, mode: Mode): Program {
  const flags = vectorFlags(rolled);
  const turned = mode === 'reverse' && prefersForward(rolled, vjpProgram(rolled, flags));
  return matrixProgram(rolled, flags, turned ? 'forward' : mode);
}

/** The gradient of the first output, [n]. */
function vectorGradient(rolled: Program): Program {
  const b = new Emitter(rolled.columns.positionTable);
  const inputs = rolled.inputAvals.map((aval) => b.input(aval));
  const [first] = inline(b, rolled, inputs);
  const scalar = eliminateDeadRows(b.finish([b.sliceAxis(first, 0, 0, 1)]));
  const [n] = rolled.inputAvals[0].shape;
  const jacobian = vectorJacobian(scalar, 'reverse');
  const outer = new Emitter(rolled.columns.positionTable);
  const [matrix] = inline(
    outer,
    jacobian,
    jacobian.inputAvals.map((aval) => outer.input(aval)),
  );
  return outer.finish([outer.reshape(matrix, [n])]);
}

/** (x, …, cotangent [m]) → [n]. */
function vectorVjp(rolled: Program): Program {
  const flags = vectorFlags(rolled);
  const reverse = vjpProgram(rolled, flags);
  const forward = prefersForward(rolled, reverse);
  const of = forward ? matrixProgram(rolled, flags, 'forward') : reverse;
  const b = new Emitter(rolled.columns.positionTable);
  const primals = rolled.inputAvals.map((aval) => b.input(aval));
  const cotangent = b.input(rolled.outputAvals[0]);
  const [first, second] = inline(b, of, forward ? primals : [...primals, cotangent]);
  const dot = { lhsContract: [0], rhsContract: [0], lhsBatch: [], rhsBatch: [] };
  return eliminateDeadRows(b.finish([forward ? b.dotGeneral(cotangent, first, dot) : second]));
}

/** `of` a function of vectors (the active inputs, the others, more of them) as one of the numbers in them. */
function overScalars(program: Program, active: readonly boolean[], of: Program): Program {
  const b = new Emitter(program.columns.positionTable);
  const stack = (rows: readonly Row[]) =>
    b.concatenate(
      rows.map((row) => b.reshape(row, [1])),
      0,
    );
  const primals = program.inputAvals.map((aval) => b.input(aval));
  const groups = [true, false].map((flag) => primals.filter((_, index) => active[index] === flag));
  const vectors = groups.filter((group) => group.length > 0).map(stack);
  const more = of.inputAvals
    .slice(vectors.length)
    .map(({ shape: [size], dtype }) => stack(Array.from({ length: size }, () => b.input({ shape: [], dtype }))));
  return eliminateDeadRows(b.finish(inline(b, of, [...vectors, ...more])), { keepGuards: false });
}

// ------------------------------------------------------------------------------------------ matrices

function matrixProgram(program: Program, active: readonly boolean[], mode: Mode): Program {
  const b = new Emitter(program.columns.positionTable);
  const primals = program.inputAvals.map((aval) => b.input(aval));
  const inputs = program.inputAvals.filter((_, index) => active[index]);
  const outputs = program.outputAvals.filter(({ dtype }) => isFloat(dtype));
  const forward = mode === 'forward';
  const seeds = forward ? inputs : outputs;
  const lanes = total(seeds);
  const linear = forward ? jvpProgram(program, active) : vjpProgram(program, active);
  const basis = basisRows(b, seeds, lanes);
  const out = transcribeBatch(
    b,
    linear,
    [...primals, ...basis],
    [...primals.map(() => false), ...basis.map(() => true)],
    lanes,
  );
  const first = program.outputs.length;
  const blocks = (forward ? outputs : inputs).map((aval, index) => {
    const row = out.rows[first + index];
    const full = out.batched[first + index] ? row : b.repeat(row, lanes);
    return b.reshape(full, [lanes, sizeOf(aval.shape)]);
  });
  const matrix = b.concatenate(blocks, 1);
  return eliminateDeadRows(b.finish([forward ? b.transpose(matrix, [1, 0]) : matrix]), { keepGuards: false });
}

/** Rows of the identity matrix, cut into one array [lanes, ...shape] a seed. */
function basisRows(b: Emitter, seeds: readonly Aval[], lanes: number): Row[] {
  let offset = 0;
  return seeds.map(({ shape, dtype }) => {
    const size = sizeOf(shape);
    const lane = b.emit('iota', [], { shape: [lanes, size], axis: 0, dtype: 'int32' });
    const column = b.emit('iota', [], { shape: [lanes, size], axis: 1, dtype: 'int32' });
    const hit = b.eq(lane, b.add(column, b.fullLike(column, offset)));
    offset += size;
    return b.reshape(b.convert(hit, dtype), [lanes, ...shape]);
  });
}

function total(avals: readonly Aval[]): number {
  return avals.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}
