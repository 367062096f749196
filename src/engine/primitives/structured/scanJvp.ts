/** The derivative of scan: jointly in forward mode; for reverse mode, a scan that keeps residuals and one that is linear. */
import type { Aval } from '../../program/aval';
import type { Emitter } from '../../program/emitter';
import { NONE, type ParamsOf, type Program, type Row } from '../../program/program';
import { transcribeJvp } from '../../transforms/jvp';
import { linearizeProgram } from '../../transforms/linearize';
import { extract, inline } from '../../transforms/transcribe';
import type { JointJvpEquation, MaybeRow } from '../primitive';
import { chosen, cut, fixpoint, movedOutputs, present, programOf, spread } from './programs';
import { scanParts } from './scanParts';

type ScanJvp = JointJvpEquation<'scan'>;
type ScanParams = ParamsOf<'scan'>;

interface Activity {
  readonly consts: readonly boolean[];
  readonly carry: readonly boolean[];
  readonly xs: readonly boolean[];
  /** Which stacked results move. */
  readonly ys: readonly boolean[];
  /** Tangents of the active constants, of the active carry (zeros where only the body makes it move), of the active xs. */
  readonly tangents: readonly [Row[], Row[], Row[]];
}

function activity(b: Emitter, { primals, tangents, params }: ScanJvp): Activity {
  const [constTangents, carryTangents, xsTangents] = scanParts(tangents, params);
  const [, init] = scanParts(primals, params);
  const there = (rows: readonly MaybeRow[]) => rows.map((row) => row !== NONE);
  const consts = there(constTangents);
  const xs = there(xsTangents);
  const moves = (carry: readonly boolean[]) => movedOutputs(params.body, [...consts, ...carry, ...xs]);
  const carry = fixpoint(there(carryTangents), (flags) => moves(flags).slice(0, flags.length));
  const initTangents = carryTangents.flatMap((row, index) =>
    carry[index] ? [b.instantiate(row, b.aval(init[index]))] : [],
  );
  return {
    consts,
    carry,
    xs,
    ys: moves(carry).slice(carry.length),
    tangents: [present(constTangents), initTangents, present(xsTangents)],
  };
}

/** One scan that carries the tangents beside the values. */
export function forwardScan(b: Emitter, equation: ScanJvp): { results: Row[]; tangents: MaybeRow[] } {
  const { primals, params } = equation;
  const { body } = params;
  const active = activity(b, equation);
  const [constAvals, carryAvals, xsAvals] = scanParts(body.inputAvals, params);
  const pieces = [
    constAvals,
    chosen(constAvals, active.consts),
    carryAvals,
    chosen(carryAvals, active.carry),
    xsAvals,
    chosen(xsAvals, active.xs),
  ];
  const moved = [...active.carry, ...active.ys];
  const both = programOf(pieces.flat(), (inner, rows) => {
    const [consts, constTangents, carry, carryTangents, xs, xsTangents] = cut(
      rows,
      pieces.map((piece) => piece.length),
    );
    const out = transcribeJvp(
      inner,
      body,
      [...consts, ...carry, ...xs],
      [
        ...spread(constTangents, active.consts),
        ...spread(carryTangents, active.carry),
        ...spread(xsTangents, active.xs),
      ],
    );
    const full = out.tangents.map((row, index) =>
      moved[index] ? inner.instantiate(row, inner.aval(out.primals[index])) : row,
    );
    const count = carry.length;
    return [
      ...out.primals.slice(0, count),
      ...chosen(full.slice(0, count), active.carry),
      ...out.primals.slice(count),
      ...chosen(full.slice(count), active.ys),
    ];
  });
  const [consts, init, xs] = scanParts(primals, params);
  const [constTangents, carryTangents, xsTangents] = active.tangents;
  const rows = b.emitMany('scan', [...consts, ...constTangents, ...init, ...carryTangents, ...xs, ...xsTangents], {
    ...params,
    body: both,
    consts: consts.length + constTangents.length,
    carry: init.length + carryTangents.length,
  });
  const [carry, carryMoved, ys, ysMoved] = cut(rows, [
    init.length,
    carryTangents.length,
    active.ys.length,
    rows.length,
  ]);
  return {
    results: [...carry, ...ys],
    tangents: [...spread(carryMoved, active.carry), ...spread(ysMoved, active.ys)],
  };
}

/**
 * A scan that computes the results and stacks the residuals of each step, and a scan that is linear in the tangents. Residuals
 * that do not change from step to step are computed once, outside.
 */
export function linearizedScan(b: Emitter, equation: ScanJvp): { results: Row[]; tangents: MaybeRow[] } {
  const { primals, params } = equation;
  const { body } = params;
  const active = activity(b, equation);
  const split = linearizeProgram(body, [...active.consts, ...active.carry, ...active.xs]);
  const count = body.outputs.length;
  const { inside, invariant, isInvariant } = hoistInvariants(split.primal, params, count);
  const fixed = inline(b, invariant, primals.slice(0, params.consts));
  const rows = b.emitMany('scan', primals, { ...params, body: inside });
  const stacked = rows.slice(count);

  const moved = [...active.carry, ...active.ys];
  const residualAvals = split.primal.outputAvals.slice(count);
  const [constAvals, carryAvals, xsAvals] = scanParts(body.inputAvals, params);
  const pieces = [
    residualAvals.filter((_, index) => isInvariant[index]),
    chosen(constAvals, active.consts),
    chosen(carryAvals, active.carry),
    residualAvals.filter((_, index) => !isInvariant[index]),
    chosen(xsAvals, active.xs),
  ];
  const linear = programOf(pieces.flat(), (inner, inputs) => {
    const [own, constTangents, carryTangents, steps, xsTangents] = cut(
      inputs,
      pieces.map((piece) => piece.length),
    );
    const residuals = isInvariant.map((fixedOne) => (fixedOne ? own : steps).shift() as Row);
    const out = inline(inner, split.linear, [...residuals, ...constTangents, ...carryTangents, ...xsTangents]);
    const tangents = spread(out, split.nonzero);
    return chosen(tangents, moved).map((row, index) => inner.instantiate(row, chosen(body.outputAvals, moved)[index]));
  });
  const [constTangents, carryTangents, xsTangents] = active.tangents;
  const tangents = b.emitMany('scan', [...fixed, ...constTangents, ...carryTangents, ...stacked, ...xsTangents], {
    body: linear,
    length: params.length,
    consts: fixed.length + constTangents.length,
    carry: carryTangents.length,
    reverse: params.reverse,
  });
  return { results: rows.slice(0, count), tangents: spread(tangents, moved) };
}

/** A body with residuals behind its `count` results, split: residuals that depend on the constants only come out of it. */
function hoistInvariants(
  primal: Program,
  { consts }: ScanParams,
  count: number,
): { inside: Program; invariant: Program; isInvariant: boolean[] } {
  const inputs = Array.from(primal.inputs);
  const outputs = Array.from(primal.outputs);
  const varies = new Uint8Array(primal.size);
  for (const row of inputs.slice(consts)) varies[row] = 1;
  for (let row = 0; row < primal.size; row++) {
    for (const operand of primal.operands(row)) if (varies[operand]) varies[row] = 1;
  }
  const residuals = outputs.slice(count);
  const isInvariant = residuals.map((row) => varies[row] === 0);
  return {
    inside: extract(primal, inputs, [...outputs.slice(0, count), ...residuals.filter((row) => varies[row] === 1)]),
    invariant: extract(
      primal,
      inputs.slice(0, consts),
      residuals.filter((row) => varies[row] === 0),
    ),
    isInvariant,
  };
}

/**
 * The body of the transposed scan: (...other constants, ...cotangents of the moved constants so far, ...cotangents of the
 * carry, ...cotangents of the stacked results, ...other xs) → (...cotangents of the moved constants, of the carry, of the xs).
 * `pulled` is the transposed body: (...other constants, ...other xs, ...cotangents of its results) → those of its linear inputs.
 */
export function transposedBody(
  pulled: Program,
  otherConsts: readonly Aval[],
  movedConsts: readonly Aval[],
  carry: readonly Aval[],
  ys: readonly Aval[],
  otherXs: readonly Aval[],
): Program {
  const pieces = [otherConsts, movedConsts, carry, ys, otherXs];
  return programOf(pieces.flat(), (inner, rows) => {
    const [consts, sums, carryCotangents, yCotangents, xs] = cut(
      rows,
      pieces.map((piece) => piece.length),
    );
    const out = inline(inner, pulled, [...consts, ...xs, ...carryCotangents, ...yCotangents]);
    return [...sums.map((sum, index) => inner.add(sum, out[index])), ...out.slice(sums.length)];
  });
}
