/** scan: a program repeated over the leading axis of some operands, with a carry. Both modes; reverse mode keeps residuals. */
import { NotLinearError, ShapeError } from '../../errors';
import { allocate, isFloat, sizeOf, type ArrayValue } from '../../program/aval';
import { NONE } from '../../program/program';
import { batchSubProgram } from '../../transforms/batch';
import { transposeProgram } from '../../transforms/reverse';
import type { PrimitiveTable } from '../primitive';
import { joint } from './call';
import { cut, dependentOutputs, fixpoint, present, requireAvals, requireInputs, runProgram, spread } from './programs';
import { forwardScan, linearizedScan, transposedBody } from './scanJvp';
import { scanParts, sliceAval, stackAval } from './scanParts';

/** Slice `index` of a stacked value: a view of it. */
function sliceOf({ shape, dtype, data }: ArrayValue, index: number): ArrayValue {
  const size = sizeOf(shape.slice(1));
  return { shape: shape.slice(1), dtype, data: data.subarray(index * size, (index + 1) * size) };
}

export const scan: PrimitiveTable['scan'] = {
  shape(operands, params) {
    const [consts, carry, xs] = scanParts(operands, params);
    const { body, length } = params;
    if (xs.some(({ shape }) => shape[0] !== length)) {
      throw new ShapeError('scan', `what it runs over must have a leading axis of ${length}`, xs);
    }
    requireInputs('scan body', body, [...consts, ...carry, ...xs.map(sliceAval)]);
    const outputs = body.outputAvals;
    requireAvals('scan', 'the body must return what it carries:', carry, outputs.slice(0, carry.length));
    return [...carry, ...outputs.slice(carry.length).map((aval) => stackAval(length, aval))];
  },
  evaluate(operands, params) {
    const { body, length, reverse } = params;
    const [consts, init, xs] = scanParts(operands, params);
    const stacks = body.outputAvals.slice(init.length).map((aval): ArrayValue => {
      const { shape, dtype } = stackAval(length, aval);
      return { shape, dtype, data: allocate(dtype, sizeOf(shape)) };
    });
    let carry = init;
    for (let step = 0; step < length; step++) {
      const index = reverse ? length - 1 - step : step;
      const out = runProgram(body, [...consts, ...carry, ...xs.map((value) => sliceOf(value, index))]);
      carry = out.slice(0, init.length);
      stacks.forEach(({ data }, k) => {
        const slice = out[init.length + k].data;
        data.set(slice, index * slice.length);
      });
    }
    return [...carry, ...stacks];
  },
  jvp: joint,
  jointJvp: (b, equation) => (equation.mode === 'forward' ? forwardScan(b, equation) : linearizedScan(b, equation)),
  /** The reversed scan of the transposed body; cotangents of constants add up in its carry. */
  transpose(b, { cotangents, linear, operands, avals, params }) {
    const [constFlags, initFlags, xsFlags] = scanParts(linear, params);
    // A carry that starts at a constant zero becomes linear inside.
    const carryFlags = fixpoint(initFlags, (flags) =>
      dependentOutputs(params.body, [...constFlags, ...flags, ...xsFlags]).slice(0, flags.length),
    );
    if (!carryFlags.every(Boolean)) throw new NotLinearError('scan (with a carry that is not linear)');
    const [constAvals, carryAvals, xsAvals] = scanParts(avals, params);
    const { body, length, reverse } = params;
    const outAvals = body.outputAvals;
    const movedConsts = constAvals.filter((_, index) => constFlags[index]);
    const movedXs = xsAvals.filter((_, index) => xsFlags[index]);
    const pulled = transposeProgram(body, [...constFlags, ...carryFlags, ...xsFlags]);
    const otherConsts = constAvals.filter((_, index) => !constFlags[index]);
    const otherXs = xsAvals.filter((_, index) => !xsFlags[index]);
    const yAvals = outAvals.slice(carryAvals.length).filter(({ dtype }) => isFloat(dtype));
    const transposed = transposedBody(pulled, otherConsts, movedConsts, carryAvals, yAvals, otherXs.map(sliceAval));
    const given = outAvals.map((aval, index) => {
      const full = index < carryAvals.length ? aval : stackAval(length, aval);
      return isFloat(aval.dtype) ? b.instantiate(cotangents[index], full) : NONE;
    });
    const [ownConsts, , ownXs] = scanParts(operands, params);
    const rows = b.emitMany(
      'scan',
      [
        ...present(ownConsts),
        ...movedConsts.map((aval) => b.zeros(aval)),
        ...given.slice(0, carryAvals.length),
        ...present(given.slice(carryAvals.length)),
        ...present(ownXs),
      ],
      {
        body: transposed,
        length,
        consts: otherConsts.length,
        carry: movedConsts.length + carryAvals.length,
        reverse: !reverse,
      },
    );
    const [toConsts, toCarry, toXs] = cut(rows, [movedConsts.length, carryAvals.length, movedXs.length]);
    const carryCotangents = toCarry.map((row, index) => (initFlags[index] ? row : NONE));
    return [...spread(toConsts, constFlags), ...carryCotangents, ...spread(toXs, xsFlags)];
  },
  batch(b, { operands, batched, size, params }) {
    const [constFlags, initFlags, xsFlags] = scanParts(batched, params);
    const [consts, init, xs] = scanParts(operands, params);
    const carryFlags = fixpoint(initFlags, (flags) =>
      batchSubProgram(params.body, [...constFlags, ...flags, ...xsFlags], size).batched.slice(0, flags.length),
    );
    const body = batchSubProgram(params.body, [...constFlags, ...carryFlags, ...xsFlags], size, carryFlags);
    const rows = b.emitMany(
      'scan',
      [
        ...consts,
        ...init.map((row, index) => (carryFlags[index] && !initFlags[index] ? b.repeat(row, size) : row)),
        ...xs.map((row, index) => (xsFlags[index] ? b.moveAxis(row, 0, 1) : row)),
      ],
      { ...params, body: body.program },
    );
    // Stacked results have the axis of the steps in front of that of the examples.
    const results = rows.map((row, index) =>
      index >= init.length && body.batched[index] ? b.moveAxis(row, 0, 1) : row,
    );
    return { rows: results, batched: body.batched };
  },
};
