/** cond: one of several programs, chosen by an index. */
import { ShapeError } from '../../errors';
import { isFloat } from '../../program/aval';
import type { Emitter } from '../../program/emitter';
import { NONE, type Program, type Row } from '../../program/program';
import { batchSubProgram, transcribeBatch } from '../../transforms/batch';
import { transcribeJvp } from '../../transforms/jvp';
import { linearizeProgram } from '../../transforms/linearize';
import { transposeProgram } from '../../transforms/reverse';
import { inline } from '../../transforms/transcribe';
import type { JointJvpEquation, PrimitiveTable } from '../primitive';
import { joint } from './call';
import { chosen, movedOutputs, present, programOf, requireAvals, requireInputs, runProgram, spread } from './programs';

type CondJvp = JointJvpEquation<'cond'>;

function union(flags: readonly (readonly boolean[])[]): boolean[] {
  return flags[0].map((_, index) => flags.some((list) => list[index]));
}

export const cond: PrimitiveTable['cond'] = {
  shape([index, ...operands], { branches }) {
    if (index.shape.length > 0 || isFloat(index.dtype))
      throw new ShapeError('cond', 'the index must be an integer scalar', [index]);
    for (const branch of branches) {
      requireInputs('cond', branch, operands);
      requireAvals('cond', 'all branches must return', branches[0].outputAvals, branch.outputAvals);
    }
    return branches[0].outputAvals;
  },
  evaluate([index, ...operands], { branches }) {
    const chosenBranch = Math.min(Math.max(index.data[0], 0), branches.length - 1);
    return runProgram(branches[chosenBranch], operands);
  },
  jvp: joint,
  jointJvp: (b, equation) => (equation.mode === 'forward' ? forwardJvp(b, equation) : linearizedJvp(b, equation)),
  transpose(b, { cotangents, linear, operands, params: { branches } }) {
    const flags = linear.slice(1);
    const given = branches[0].outputAvals.flatMap((aval, index) =>
      isFloat(aval.dtype) ? [b.instantiate(cotangents[index], aval)] : [],
    );
    const rows = b.emitMany('cond', [...present(operands), ...given], {
      branches: branches.map((branch) => transposeProgram(branch, flags)),
    });
    return [NONE, ...spread(rows, flags)];
  },
  batch(b, { operands: [index, ...operands], batched: [indexBatched, ...batched], size, params: { branches } }) {
    if (indexBatched) return selectBranches(b, index, operands, batched, size, branches);
    const flags = union(branches.map((branch) => batchSubProgram(branch, batched, size).batched));
    const rows = b.emitMany('cond', [index, ...operands], {
      branches: branches.map((branch) => batchSubProgram(branch, batched, size, flags).program),
    });
    return { rows, batched: flags };
  },
};

function forwardJvp(
  b: Emitter,
  { primals, tangents, params: { branches } }: CondJvp,
): { results: Row[]; tangents: Row[] } {
  const active = tangents.slice(1).map((row) => row !== NONE);
  const moved = union(branches.map((branch) => movedOutputs(branch, active)));
  const avals = branches[0].inputAvals;
  const both = branches.map((branch) =>
    programOf([...avals, ...chosen(avals, active)], (inner, rows) => {
      const out = transcribeJvp(inner, branch, rows.slice(0, avals.length), spread(rows.slice(avals.length), active));
      const all = out.tangents.map((row, index) =>
        moved[index] ? inner.instantiate(row, inner.aval(out.primals[index])) : row,
      );
      return [...out.primals, ...chosen(all, moved)];
    }),
  );
  const rows = b.emitMany('cond', [...primals, ...present(tangents.slice(1))], { branches: both });
  return { results: rows.slice(0, moved.length), tangents: spread(rows.slice(moved.length), moved) };
}

/** The branches return their residuals too, zeros standing for those of the others; a second cond is linear in the tangents. */
function linearizedJvp(
  b: Emitter,
  { primals, tangents, params: { branches } }: CondJvp,
): { results: Row[]; tangents: Row[] } {
  const active = tangents.slice(1).map((row) => row !== NONE);
  const split = branches.map((branch) => linearizeProgram(branch, active));
  const moved = union(split.map(({ nonzero }) => nonzero));
  const count = moved.length;
  const avals = branches[0].inputAvals;
  const residualAvals = split.map(({ primal }) => primal.outputAvals.slice(count));
  const primalBranches = split.map(({ primal }, own) =>
    programOf(avals, (inner, rows) => {
      const out = inline(inner, primal, rows);
      const residuals = residualAvals.map((list, branch) =>
        branch === own ? out.slice(count) : list.map((aval) => inner.zeros(aval)),
      );
      return [...out.slice(0, count), ...residuals.flat()];
    }),
  );
  const results = b.emitMany('cond', primals, { branches: primalBranches });
  const allResiduals = residualAvals.flat();
  const movedAvals = chosen(branches[0].outputAvals, moved);
  const offsets = residualAvals.map((_, branch) => residualAvals.slice(0, branch).flat().length);
  const linearBranches = split.map(({ linear, residuals, nonzero }, own) =>
    programOf([...allResiduals, ...chosen(avals, active)], (inner, rows) => {
      const mine = rows.slice(offsets[own], offsets[own] + residuals);
      const out = spread(inline(inner, linear, [...mine, ...rows.slice(allResiduals.length)]), nonzero);
      return chosen(out, moved).map((row, index) => inner.instantiate(row, movedAvals[index]));
    }),
  );
  const rows = b.emitMany('cond', [primals[0], ...results.slice(count), ...present(tangents.slice(1))], {
    branches: linearBranches,
  });
  return { results: results.slice(0, count), tangents: spread(rows, moved) };
}

/** Examples that choose different branches: all branches for all, then a selection. */
function selectBranches(
  b: Emitter,
  index: Row,
  operands: readonly Row[],
  batched: readonly boolean[],
  size: number,
  branches: readonly Program[],
): { rows: Row[]; batched: boolean[] } {
  const outs = branches.map((branch) => {
    const out = transcribeBatch(b, branch, operands, batched, size);
    return out.rows.map((row, output) => (out.batched[output] ? row : b.repeat(row, size)));
  });
  const rows = outs[0].map((_, output) => {
    let row = outs[branches.length - 1][output];
    for (let branch = branches.length - 2; branch >= 0; branch--) {
      // Indices below 0 count as 0, those above as the last.
      const here = b.le(index, b.fullLike(index, branch));
      row = b.select(b.broadcast(here, b.aval(row).shape, [0]), outs[branch][output], row);
    }
    return row;
  });
  return { rows, batched: rows.map(() => true) };
}
