/** Random programs for property tests: smooth everywhere, with values of ordinary size, so that differences can check them. */
import fc from 'fast-check';
import { generator } from '../../../../src/engine/checks/vectors';
import { sizeOf, type ArrayValue, type Shape } from '../../../../src/engine/program/aval';
import { Emitter } from '../../../../src/engine/program/emitter';
import type { Program, Row } from '../../../../src/engine/program/program';
import { programOf } from '../../../../src/engine/primitives/structured/programs';

/** One step: which operation, on which of the rows so far, and a detail. */
type Step = readonly [operation: number, first: number, second: number, detail: number];

/** A random program and where to evaluate it. */
export interface RandomCase {
  readonly program: Program;
  readonly inputs: readonly ArrayValue[];
  readonly equations: number;
}

const SHAPES: readonly Shape[] = [[], [1], [2], [3], [2, 3], [3, 2], [2, 2], [1, 3], [2, 1, 2]];
const UNARY = ['sin', 'cos', 'tanh', 'logistic', 'atan', 'softplus', 'erf', 'neg', 'asinh'] as const;

/** Rows larger than this are summed before they are used further. */
const LARGEST = 24;

const index = fc.nat({ max: 9999 });
const steps = (maxLength: number): fc.Arbitrary<Step[]> =>
  fc.array(fc.tuple(index, index, index, index), { minLength: 1, maxLength, size: 'max' });

/** Programs of up to `maxLength` steps; `outputs` false leaves the last row as the only output, whatever its shape. */
export function randomCase(maxLength: number): fc.Arbitrary<RandomCase> {
  return fc
    .record({
      shapes: fc.array(fc.nat({ max: SHAPES.length - 1 }), { minLength: 1, maxLength: 2 }),
      steps: steps(maxLength),
      outputs: fc.tuple(index, index),
      seed: fc.nat({ max: 1e6 }),
    })
    .map(({ shapes, steps: list, outputs, seed }) => {
      const random = generator(seed);
      const avals = shapes.map((shape) => ({ shape: SHAPES[shape], dtype: 'float64' as const }));
      const b = new Emitter();
      const rows = avals.map((aval) => b.input(aval));
      const before = b.size;
      for (const step of list) rows.push(write(b, rows, step, random, 2));
      const chosen = [rows[rows.length - 1], rows[outputs[0] % rows.length]].slice(0, 1 + (outputs[1] % 2));
      return {
        program: b.finish(chosen.map((row) => limited(b, row))),
        inputs: avals.map(({ shape, dtype }) => ({ shape, dtype, data: randomData(sizeOf(shape), random) })),
        equations: b.size - before,
      };
    });
}

function randomData(size: number, random: () => number): Float64Array {
  return Float64Array.from({ length: size }, () => random() * 2 - 1);
}

/** The row, summed along its first axis until it is not too large. */
function limited(b: Emitter, row: Row): Row {
  let current = row;
  while (sizeOf(b.aval(current).shape) > LARGEST) current = b.scale(b.reduceSum(current, [0]), 0.3);
  return current;
}

/** `row` in another shape: repeated, cut or summed as needed. */
function inShape(b: Emitter, row: Row, shape: Shape): Row {
  const own = b.aval(row).shape;
  if (own.length === shape.length && own.every((extent, axis) => extent === shape[axis])) return row;
  const total = b.reduceSum(
    row,
    own.map((_, axis) => axis),
  );
  return b.broadcast(b.scale(total, 1 / (1 + sizeOf(own))), shape, []);
}

function write(
  b: Emitter,
  rows: readonly Row[],
  [operation, first, second, detail]: Step,
  random: () => number,
  depth: number,
): Row {
  const x = limited(b, rows[rows.length - 1 - (first % Math.min(rows.length, 4))]);
  const y = rows[second % rows.length];
  const { shape } = b.aval(x);
  const rank = shape.length;
  const axis = rank === 0 ? 0 : detail % rank;
  switch (operation % 26) {
    case 0:
    case 1:
    case 2:
    case 3:
      return b.emit(UNARY[detail % UNARY.length], [x], undefined);
    case 4:
      return b.scale(b.add(x, inShape(b, y, shape)), 0.7);
    case 5:
      return b.sub(x, b.scale(inShape(b, y, shape), 0.5));
    case 6:
    case 7:
      return b.mul(x, tanh(b, inShape(b, y, shape)));
    case 8:
      return b.div(x, b.shift(b.mul(tanh(b, inShape(b, y, shape)), tanh(b, inShape(b, y, shape))), 1.5));
    case 9:
      return b.exp(b.neg(b.mul(x, x)));
    case 10:
      return b.emit('log1p', [b.mul(x, x)], undefined);
    case 11:
      return b.sqrt(b.shift(b.mul(x, x), 0.5));
    case 12:
      return b.reduceSum(x, rank === 0 ? [] : [axis]);
    case 13:
      return b.broadcast(
        x,
        [2, ...shape],
        shape.map((_, each) => each + 1),
      );
    case 14:
      return b.transpose(x, rotated(rank, detail));
    case 15:
      return b.reshape(x, [sizeOf(shape)]);
    case 16:
      return rank === 0 ? b.sin(x) : b.emit('slice', [x], sliceParams(shape, axis, detail));
    case 17:
      return rank === 0 ? b.cos(x) : b.concatenate([x, tanh(b, x)], axis);
    case 18:
      return rank === 0 ? tanh(b, x) : matrixProduct(b, x, y, random);
    case 19:
      return rank === 0 ? b.neg(x) : b.cumsum(b.scale(x, 0.5), { axis, reverse: detail % 2 === 0 });
    case 20:
      return rank === 0 ? b.neg(x) : b.reverse(x, [axis]);
    case 21:
      return padded(b, x, detail);
    case 22: {
      const mask = b.gt(
        b.constant({ shape, dtype: 'float64', data: randomData(sizeOf(shape), random) }),
        b.zeros(b.aval(x)),
      );
      return b.select(mask, x, inShape(b, y, shape));
    }
    case 23:
      return rank === 0 ? b.sin(x) : gathered(b, x, axis, detail);
    case 24:
      return depth === 0 ? b.sin(x) : inner(b, x, inShape(b, y, shape), [first, second, detail], random, depth);
    default:
      return b.integerPow(tanh(b, x), 2 + (detail % 3));
  }
}

function rotated(rank: number, by: number): number[] {
  return Array.from({ length: rank }, (_, axis) => (axis + by) % rank);
}

function sliceParams(
  shape: Shape,
  axis: number,
  detail: number,
): { start: number[]; limit: number[]; strides: number[] } {
  const start = shape.map((extent, each) => (each === axis && extent > 1 ? detail % 2 : 0));
  return {
    start,
    limit: [...shape],
    strides: shape.map((_, each) => (each === axis ? 1 + (detail % 3 === 0 ? 1 : 0) : 1)),
  };
}

/** Over the last axis of x, with a matrix of constants or of y's elements. */
function matrixProduct(b: Emitter, x: Row, y: Row, random: () => number): Row {
  const { shape } = b.aval(x);
  const inner = shape[shape.length - 1];
  const constant = b.constant({ shape: [inner, 2], dtype: 'float64', data: randomData(2 * inner, random) });
  const matrix = b.mul(constant, tanh(b, inShape(b, y, [inner, 2])));
  return b.dotGeneral(x, matrix, { lhsContract: [shape.length - 1], rhsContract: [0], lhsBatch: [], rhsBatch: [] });
}

function padded(b: Emitter, x: Row, detail: number): Row {
  const { shape } = b.aval(x);
  return b.emit('pad', [x, b.literal(0.3)], {
    low: shape.map(() => detail % 2),
    high: shape.map((extent) => (extent > 1 && detail % 3 === 0 ? -1 : 1)),
    interior: shape.map(() => (detail % 5 === 0 ? 1 : 0)),
  });
}

function gathered(b: Emitter, x: Row, axis: number, detail: number): Row {
  const extent = b.aval(x).shape[axis];
  const indices = b.constant({
    shape: [2, 1],
    dtype: 'int32',
    data: Int32Array.of(detail % extent, (detail >> 2) % extent),
  });
  return b.gather(x, indices, { axes: [axis], batchDims: 0 });
}

/** A structured primitive around a small random program of two arguments like x. */
function inner(
  b: Emitter,
  x: Row,
  y: Row,
  [first, second, detail]: number[],
  random: () => number,
  depth: number,
): Row {
  const aval = b.aval(x);
  const body = (salt: number) =>
    programOf([aval, aval], (c, [p, q]) => {
      const rows = [p, q];
      for (let step = 0; step < 3; step++) {
        const next = write(c, rows, [second + salt + 7 * step, step, first + step, detail + step], random, depth - 1);
        rows.push(next);
      }
      return [inShape(c, rows[rows.length - 1], aval.shape)];
    });
  switch (detail % 4) {
    case 0:
      return b.emitMany('call', [x, y], { program: body(1), name: 'inner', kind: 'jit' })[0];
    case 1:
      return b.emitMany('call', [x, y], { program: body(1), name: 'inner', kind: 'checkpoint' })[0];
    case 2: {
      const which = b.constant({ shape: [], dtype: 'int32', data: Int32Array.of(first % 2) });
      return b.emitMany('cond', [which, x, y], { branches: [body(1), body(2)] })[0];
    }
    default: {
      const step = body(3);
      const looped = programOf([aval, aval, { shape: [], dtype: 'float64' }], (c, [p, q, t]) => {
        const scaled = c.mul(q, c.broadcast(t, aval.shape, []));
        const [carry, each] = [c, c].map((e, k) => inlineOf(e, step, k === 0 ? [q, p] : [q, scaled]));
        return [c.scale(c.add(carry, scaled), 0.5), each];
      });
      const ts = b.constant({ shape: [3], dtype: 'float64', data: Float64Array.of(0.5, -0.8, 0.3) });
      const [last, stacked] = b.emitMany('scan', [x, y, ts], {
        body: looped,
        length: 3,
        consts: 1,
        carry: 1,
        reverse: detail % 8 > 3,
      });
      return b.add(last, b.reduceSum(stacked, [0]));
    }
  }
}

function inlineOf(b: Emitter, program: Program, operands: readonly Row[]): Row {
  return b.emitMany('call', operands, { program, name: 'step', kind: 'jit' })[0];
}

function tanh(b: Emitter, x: Row): Row {
  return b.unary('tanh', x);
}
