/**
 * Whole matrices and batches as one program, for a thread per entry or lane: the basis vectors are written into the program, so that
 * nothing but the point travels to the device. Plain TypeScript's functions (programs of scalars) become lanes in this way.
 */
import { isFloat, sizeOf, type Aval } from '../../program/aval';
import { Emitter } from '../../program/emitter';
import { eliminateDeadRows } from '../../program/prune';
import { NONE, type Program, type Row } from '../../program/program';
import { transcribeBatch } from '../../transforms/batch';
import { jvpProgram } from '../../transforms/jvp';
import { transcribeVjp, vjpProgram } from '../../transforms/reverse';

/** (...inputs) → the gradient by the `active` inputs, one output each, of a program whose first output is a scalar. */
export function gradientProgram(program: Program, active: readonly boolean[]): Program {
  const b = new Emitter(program.columns.positionTable);
  const primals = program.inputAvals.map((aval) => b.input(aval));
  const { cotangents } = transcribeVjp(b, program, primals, active, (results) =>
    results.map((row, index) => (index === 0 ? b.fullLike(row, 1) : NONE)),
  );
  return eliminateDeadRows(
    b.finish(cotangents.flatMap((row, index) => (active[index] ? [b.instantiate(row, b.aval(primals[index]))] : []))),
  );
}

/**
 * (...inputs) → the Jacobian [m, n] of the float outputs (flattened, m) by the `active` inputs (flattened, n), all lanes at once:
 * forward n lanes of jvp, reverse m lanes of vjp.
 */
export function jacobianMatrixProgram(
  program: Program,
  active: readonly boolean[],
  mode: 'forward' | 'reverse',
): Program {
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
  const matrix = blocks.length === 1 ? blocks[0] : b.emit('concatenate', blocks, { axis: 1 });
  return eliminateDeadRows(b.finish([forward ? b.transpose(matrix, [1, 0]) : matrix]), { keepGuards: false });
}

/** (...inputs) → the Hessian [n, n] of a scalar program, forward over reverse. */
export function hessianMatrixProgram(program: Program, active: readonly boolean[]): Program {
  return jacobianMatrixProgram(gradientProgram(program, active), active, 'forward');
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
