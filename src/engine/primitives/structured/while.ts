/** while: a loop whose number of steps depends on the values. Forward mode only. */
import { ShapeError } from '../../errors';
import type { Aval } from '../../program/aval';
import type { Emitter } from '../../program/emitter';
import { NONE, type ParamsOf, type Program, type Row } from '../../program/program';
import { batchSubProgram } from '../../transforms/batch';
import { transcribeJvp } from '../../transforms/jvp';
import { inline } from '../../transforms/transcribe';
import type { PrimitiveTable } from '../primitive';
import { joint } from './call';
import {
  chosen,
  cut,
  fixpoint,
  movedOutputs,
  present,
  programOf,
  requireAvals,
  requireInputs,
  runProgram,
  spread,
} from './programs';

type WhileParams = ParamsOf<'while'>;

/** Operands (...condConsts, ...bodyConsts, ...carry) apart. */
function parts<T>(operands: readonly T[], { condConsts, bodyConsts }: WhileParams): [T[], T[], T[]] {
  return [
    operands.slice(0, condConsts),
    operands.slice(condConsts, condConsts + bodyConsts),
    operands.slice(condConsts + bodyConsts),
  ];
}

export const whileLoop: PrimitiveTable['while'] = {
  shape(operands, params) {
    const [condConsts, bodyConsts, carry] = parts(operands, params);
    requireInputs('while condition', params.cond, [...condConsts, ...carry]);
    requireInputs('while body', params.body, [...bodyConsts, ...carry]);
    requireAvals('while', 'the body must return what it carries:', carry, params.body.outputAvals);
    const [decision] = params.cond.outputAvals;
    if (params.cond.outputs.length !== 1 || decision.dtype !== 'bool' || decision.shape.length > 0) {
      throw new ShapeError('while', 'the condition must return one boolean scalar', params.cond.outputAvals);
    }
    return carry;
  },
  evaluate(operands, params) {
    const [condConsts, bodyConsts, init] = parts(operands, params);
    let carry = init;
    while (runProgram(params.cond, [...condConsts, ...carry])[0].data[0] !== 0) {
      carry = runProgram(params.body, [...bodyConsts, ...carry]);
    }
    return carry;
  },
  jvp: joint,
  jointJvp(b, { primals, tangents, params, mode }) {
    const [, constTangents, carryTangents] = parts(tangents, params);
    const constActive = constTangents.map((row) => row !== NONE);
    const carryActive = fixpoint(
      carryTangents.map((row) => row !== NONE),
      (flags) => movedOutputs(params.body, [...constActive, ...flags]),
    );
    const [condConsts, bodyConsts, init] = parts(primals, params);
    const initTangents = carryTangents.flatMap((row, index) =>
      carryActive[index] ? [b.instantiate(row, b.aval(init[index]))] : [],
    );
    const moving = [...present(constTangents), ...initTangents];
    const movedAvals = chosen(params.body.outputAvals, carryActive);
    if (mode === 'forward') {
      const rows = jointLoop(b, params, constActive, carryActive, condConsts, bodyConsts, init, moving);
      return { results: rows.slice(0, init.length), tangents: spread(rows.slice(init.length), carryActive) };
    }
    const results = b.emitMany('while', primals, params);
    const avals = [...primals, ...moving].map((row) => b.aval(row));
    const forward = programOf(avals, (inner, rows) => {
      const [ownCond, ownBody, ownInit] = parts(rows.slice(0, primals.length), params);
      const all = jointLoop(
        inner,
        params,
        constActive,
        carryActive,
        ownCond,
        ownBody,
        ownInit,
        rows.slice(primals.length),
      );
      return all.slice(ownInit.length);
    });
    const rows = b.emitMany('linearCall', [...primals, ...moving], {
      forward,
      backward: null,
      residuals: primals.length,
      results: movedAvals,
      name: 'while',
    });
    return { results, tangents: spread(rows, carryActive) };
  },
  transpose: null,
  batch(b, { operands, batched, size, params }) {
    const [condFlags, bodyFlags, initFlags] = parts(batched, params);
    const [condConsts, bodyConsts, init] = parts(operands, params);
    const carryFlags = fixpoint(initFlags, (flags) => {
      const decision = batchSubProgram(params.cond, [...condFlags, ...flags], size).batched[0];
      return decision ? flags.map(() => true) : batchSubProgram(params.body, [...bodyFlags, ...flags], size).batched;
    });
    const carry = init.map((row, index) => (carryFlags[index] && !initFlags[index] ? b.repeat(row, size) : row));
    const decides = batchSubProgram(params.cond, [...condFlags, ...carryFlags], size);
    const body = batchSubProgram(params.body, [...bodyFlags, ...carryFlags], size, carryFlags).program;
    if (!decides.batched[0]) {
      const rows = b.emitMany('while', [...condConsts, ...bodyConsts, ...carry], {
        ...params,
        cond: decides.program,
        body,
      });
      return { rows, batched: carryFlags };
    }
    const masked = maskedLoop(params, decides.program, body, size);
    const rows = b.emitMany('while', [...condConsts, ...condConsts, ...bodyConsts, ...carry], masked);
    return { rows, batched: carryFlags };
  },
};

/** Writes the loop that carries tangents too; `moving`: tangents of the active body constants, then of the active carry. */
function jointLoop(
  b: Emitter,
  params: WhileParams,
  constActive: readonly boolean[],
  carryActive: readonly boolean[],
  condConsts: readonly Row[],
  bodyConsts: readonly Row[],
  init: readonly Row[],
  moving: readonly Row[],
): Row[] {
  const constAvals = params.body.inputAvals.slice(0, params.bodyConsts);
  const carryAvals = params.body.outputAvals;
  const movedConsts = chosen(constAvals, constActive);
  const movedCarry = chosen(carryAvals, carryActive);
  const body = programOf([...constAvals, ...movedConsts, ...carryAvals, ...movedCarry], (inner, rows) => {
    const ends = [constAvals.length, movedConsts.length, carryAvals.length, movedCarry.length];
    const [consts, constTangents, carry, carryTangents] = cut(rows, ends);
    const out = transcribeJvp(
      inner,
      params.body,
      [...consts, ...carry],
      [...spread(constTangents, constActive), ...spread(carryTangents, carryActive)],
    );
    const all = out.tangents.map((row, index) =>
      carryActive[index] ? inner.instantiate(row, carryAvals[index]) : row,
    );
    return [...out.primals, ...chosen(all, carryActive)];
  });
  const condAvals = params.cond.inputAvals.slice(0, params.condConsts);
  const cond = programOf([...condAvals, ...carryAvals, ...movedCarry], (inner, rows) =>
    inline(inner, params.cond, rows.slice(0, condAvals.length + carryAvals.length)),
  );
  const constTangents = moving.slice(0, movedConsts.length);
  const carryTangents = moving.slice(movedConsts.length);
  return b.emitMany('while', [...condConsts, ...bodyConsts, ...constTangents, ...init, ...carryTangents], {
    cond,
    body,
    condConsts: params.condConsts,
    bodyConsts: params.bodyConsts + movedConsts.length,
  });
}

/** A loop that goes on while any example's condition holds, and in which examples that are done stay as they are. */
function maskedLoop(params: WhileParams, cond: Program, body: Program, size: number): WhileParams {
  const condAvals: Aval[] = cond.inputAvals.slice(0, params.condConsts);
  const bodyAvals = body.inputAvals.slice(0, params.bodyConsts);
  const carryAvals = body.outputAvals;
  return {
    condConsts: params.condConsts,
    bodyConsts: params.condConsts + params.bodyConsts,
    cond: programOf([...condAvals, ...carryAvals], (inner, rows) => [
      inner.emit('reduceOr', inline(inner, cond, rows), { axes: [0] }),
    ]),
    body: programOf([...condAvals, ...bodyAvals, ...carryAvals], (inner, rows) => {
      const [condConsts, bodyConsts, carry] = cut(rows, [condAvals.length, bodyAvals.length, carryAvals.length]);
      const [goesOn] = inline(inner, cond, [...condConsts, ...carry]);
      const next = inline(inner, body, [...bodyConsts, ...carry]);
      return next.map((row, index) => {
        const { shape } = carryAvals[index];
        return inner.select(
          shape.length === 1 && shape[0] === size ? goesOn : inner.broadcast(goesOn, shape, [0]),
          row,
          carry[index],
        );
      });
    }),
  };
}
