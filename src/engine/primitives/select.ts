/** Elementwise primitives of three operands. */
import { ShapeError } from '../errors';
import { allocate, isFloat, sameShape, type ArrayData } from '../program/aval';
import { NONE } from '../program/program';
import { balancedShare } from './elementwiseBinary';
import { batchElementwise, requireEqual } from './factories';
import type { Primitive, PrimitiveTable } from './primitive';

function choose(condition: ArrayData, x: ArrayData, y: ArrayData, out: ArrayData): void {
  if (x instanceof Float64Array && y instanceof Float64Array) {
    for (let i = 0; i < out.length; i++) out[i] = condition[i] ? x[i] : y[i];
  } else {
    for (let i = 0; i < out.length; i++) out[i] = condition[i] ? x[i] : y[i];
  }
}

// d select(c, x, y) = select(c, dx, dy)
const select: Primitive<'select'> = {
  shape(operands) {
    const [condition, onTrue, onFalse] = operands;
    if (operands.length !== 3 || condition.dtype !== 'bool') {
      throw new ShapeError('select', 'takes a boolean condition and two values', operands);
    }
    if (!sameShape(condition.shape, onTrue.shape)) {
      throw new ShapeError('select', 'the condition and both values must have equal shapes', operands);
    }
    requireEqual('select', [onTrue, onFalse]);
    return onTrue;
  },
  evaluate([condition, onTrue, onFalse]) {
    const { shape, dtype, data } = onTrue;
    const out = allocate(dtype, data.length);
    choose(condition.data, data, onFalse.data, out);
    return { shape, dtype, data: out };
  },
  jvp(b, { primals: [condition, onTrue], tangents: [, tx, ty] }) {
    const aval = b.aval(onTrue);
    if (!isFloat(aval.dtype)) return [NONE];
    return [b.select(condition, b.instantiate(tx, aval), b.instantiate(ty, aval))];
  },
  transpose(b, { cotangents: [c], linear, operands: [condition] }) {
    const zero = b.fullLike(c, 0);
    return [NONE, linear[1] ? b.select(condition, c, zero) : NONE, linear[2] ? b.select(condition, zero, c) : NONE];
  },
  batch: batchElementwise('select'),
};

// clamp(l, x, h) = min(max(x, l), h): the rule of max, then that of min, ties shared
const clamp: Primitive<'clamp'> = {
  shape(operands) {
    if (operands.length !== 3) throw new ShapeError('clamp', 'takes a low end, a value and a high end', operands);
    requireEqual('clamp', operands);
    return operands[1];
  },
  evaluate([low, x, high]) {
    const out = allocate(x.dtype, x.data.length);
    for (let i = 0; i < out.length; i++) out[i] = Math.min(Math.max(x.data[i], low.data[i]), high.data[i]);
    return { shape: x.shape, dtype: x.dtype, data: out };
  },
  jvp(b, { primals: [low, x, high], tangents: [tLow, tx, tHigh], results: [result] }) {
    let inner = NONE;
    const raised = b.max(x, low);
    if (tx !== NONE) inner = b.mul(tx, balancedShare(b, x, raised, low));
    if (tLow !== NONE) inner = b.addMaybe(inner, b.mul(tLow, balancedShare(b, low, raised, x)));
    if (inner !== NONE) inner = b.mul(inner, balancedShare(b, raised, result, high));
    return [tHigh === NONE ? inner : b.addMaybe(inner, b.mul(tHigh, balancedShare(b, high, result, raised)))];
  },
  transpose: null,
  batch: batchElementwise('clamp'),
};

export const selection = { select, clamp } satisfies Partial<PrimitiveTable>;
