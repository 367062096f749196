/**
 * Primitives that loop, look elsewhere or hold programs, of NaN, infinities and zeros, and of lengths nought, one and odd: several in
 * one program, each also as a vmap of three lanes, since it is the number of kernels that takes browsers time. Signs of zeros are not
 * compared: sums that begin with 0, and the smaller of 0 and −0, have not the processor's.
 */
import { sizeOf, type ArrayValue, type Shape } from '../../src/engine/program/aval';
import { Emitter } from '../../src/engine/program/emitter';
import type { Program, Row } from '../../src/engine/program/program';
import { batchProgram } from '../../src/engine/transforms/batch';
import { jvpProgram } from '../../src/engine/transforms/jvp';
import { vjpProgram } from '../../src/engine/transforms/reverse';
import { inline } from '../../src/engine/transforms/transcribe';

export interface EdgeCase {
  readonly name: string;
  readonly program: Program;
  readonly inputs: readonly ArrayValue[];
}

type Build = (b: Emitter, rows: readonly Row[]) => readonly Row[];

/** A row each: what a single odd number does, and several of them together. */
const EDGES: readonly (readonly number[])[] = [
  [1, NaN, 2, 5, -3],
  [1, Infinity, 2, -1, 4],
  [-Infinity, 2, -1, -Infinity, 3],
  [Infinity, 2, -Infinity, 1, 0],
  [0, -0, -0, 0, 1],
  [NaN, Infinity, -Infinity, NaN, 0.5],
];

function filled(shape: Shape, first = 0): ArrayValue {
  const all = EDGES.flat();
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, at) => all[(at + first) % all.length]);
  return { shape, dtype: 'float64', data };
}

const whole = (shape: Shape, ...data: number[]): ArrayValue => ({ shape, dtype: 'int32', data: Int32Array.from(data) });

function program(avals: readonly Pick<ArrayValue, 'shape' | 'dtype'>[], write: Build): Program {
  const b = new Emitter();
  return b.finish(
    write(
      b,
      avals.map(({ shape, dtype }) => b.input({ shape, dtype })),
    ),
  );
}

const floats = (...shapes: Shape[]) => shapes.map((shape) => ({ shape, dtype: 'float64' }) as const);

const LANES = 3;

/** The lanes are the same numbers, moved on by one. */
function lanes(input: ArrayValue): ArrayValue {
  const { length } = input.data;
  const data = Float64Array.from(
    { length: LANES * length },
    (_, at) => input.data[((at % length) + Math.floor(at / length)) % length],
  );
  return { shape: [LANES, ...input.shape], dtype: 'float64', data };
}

/** The program's results by themselves and of three lanes; with `derivatives` those of jvp and vjp besides. */
function edgeCase(name: string, inputs: readonly ArrayValue[], build: Build, derivatives = false): EdgeCase {
  const alone = program(inputs, build);
  const active = inputs.map(({ dtype }) => dtype === 'float64');
  const stacked = inputs.filter((_, at) => active[at]).map(lanes);
  const batched = batchProgram(
    alone,
    active.map((isActive) => (isActive ? 0 : null)),
    LANES,
  );
  const all = [...inputs, ...stacked];
  const written = program(all, (b, rows) => {
    const own = rows.slice(0, inputs.length);
    const more = rows.slice(inputs.length);
    let next = 0;
    const results = [
      ...inline(b, alone, own),
      ...inline(
        b,
        batched,
        own.map((row, at) => (active[at] ? more[next++] : row)),
      ),
    ];
    if (!derivatives) return results;
    const ones = (of: readonly Row[]) => of.map((row) => b.fullLike(row, 1));
    const tangents = ones(own.filter((_, at) => active[at]));
    const cotangents = ones(alone.outputs.length > 0 ? results.slice(0, alone.outputs.length) : []);
    return [
      ...results,
      ...inline(b, jvpProgram(alone, active), [...own, ...tangents]).slice(alone.outputs.length),
      ...inline(b, vjpProgram(alone, active), [...own, ...cotangents]).slice(alone.outputs.length),
    ];
  });
  return { name: `${name} of edges`, program: written, inputs: all };
}

export function edgeCases(): EdgeCase[] {
  const matrix = filled([EDGES.length, EDGES[0].length]);
  const single = filled([EDGES.length, 1], 3);
  const nothing = filled([2, 0]);
  return [...loops(matrix, single, nothing), ...places(matrix), ...programs()];
}

function loops(matrix: ArrayValue, single: ArrayValue, nothing: ArrayValue): EdgeCase[] {
  const running = (names: readonly ('cumsum' | 'cumprod' | 'cummax' | 'cummin')[]): Build => {
    return (b, rows) =>
      names.flatMap((name) =>
        rows.flatMap((row) => [false, true].map((reverse) => b.emit(name, [row], { axis: 1, reverse }))),
      );
  };
  const dot = { lhsContract: [1], rhsContract: [0], lhsBatch: [], rhsBatch: [] };
  const conv = {
    strides: [1],
    padding: [[2, 1]] as [number, number][],
    lhsDilation: [1],
    rhsDilation: [1],
    featureGroupCount: 1,
    batchGroupCount: 1,
  };
  return [
    edgeCase('cumsum, cumprod', [matrix, single, nothing], running(['cumsum', 'cumprod'])),
    edgeCase('cummax, cummin', [matrix, single, nothing], running(['cummax', 'cummin'])),
    edgeCase('reductions', [matrix, single], (b, rows) =>
      rows.flatMap((row) => [
        ...(['reduceSum', 'reduceProd', 'reduceMax', 'reduceLogSumExp'] as const).map((name) =>
          b.emit(name, [row], { axes: [1] }),
        ),
        b.emit('argmin', [row], { axis: 1 }),
      ]),
    ),
    edgeCase('dotGeneral', [matrix, filled([5, 3], 8), filled([1, 7], 2)], (b, [x, y, z]) => [
      b.dotGeneral(x, y, dot),
      b.dotGeneral(b.reshape(b.sliceAxis(x, 1, 0, 1), [6, 1]), z, dot),
    ]),
    edgeCase('products over nothing', [nothing, filled([0, 3]), filled([3, 1])], (b, [x, y, z]) => [
      b.dotGeneral(x, y, dot),
      b.dotGeneral(y, z, dot),
    ]),
    edgeCase('conv', [filled([1, 2, 5]), filled([2, 2, 3], 19), filled([2, 1, 1], 7)], (b, [x, kernel, one]) => [
      b.emit('conv', [x, kernel], conv),
      b.emit('conv', [x, b.sliceAxis(kernel, 1, 0, 1)], { ...conv, featureGroupCount: 2, lhsDilation: [2] }),
      b.emit('conv', [x, kernel], { ...conv, strides: [2], rhsDilation: [2], padding: [[-1, 3]] }),
      b.emit('conv', [one, b.sliceAxis(kernel, 1, 0, 1)], { ...conv, batchGroupCount: 2 }),
    ]),
  ];
}

function places(matrix: ArrayValue): EdgeCase[] {
  const rowsAt = { axes: [0], batchDims: 0 };
  const outside = whole([4, 1], 0, 5, -3, 9);
  return [
    edgeCase('gather and dynamic slices', [matrix, outside, whole([], -4), filled([7], 4)], (b, [x, at, start, y]) => [
      b.emit('gather', [x, at], rowsAt),
      b.emit('dynamicSlice', [y, start], { sizes: [3] }),
      b.emit('dynamicUpdateSlice', [y, b.sliceAxis(y, 0, 2, 5), b.neg(start)], undefined),
      b.emit('dynamicSlice', [y, start], { sizes: [0] }),
    ]),
    edgeCase('scatters', [matrix, outside, filled([4, 5], 11), filled([1], 2)], (b, [x, at, updates, one]) => [
      b.emit('scatterAdd', [x, at, updates], rowsAt),
      b.emit('scatterSet', [x, at, updates], rowsAt),
      b.emit('scatterAdd', [one, b.sliceAxis(at, 0, 0, 1), one], rowsAt),
    ]),
    edgeCase('views and choices', [matrix, filled([], 3), filled([1], 1)], (b, [x, y, one]) => [
      b.emit('pad', [x, y], { low: [1, -1], high: [2, 3], interior: [2, 0] }),
      b.emit('pad', [one, y], { low: [0], high: [0], interior: [3] }),
      b.reverse(b.emit('concatenate', [x, x], { axis: 1 }), [0, 1]),
      b.sliceAxis(x, 1, 2, 2),
      b.select(b.lt(x, b.transpose(b.reshape(x, [5, 6]), [1, 0])), x, b.broadcast(y, [6, 5], [])),
    ]),
  ];
}

function programs(): EdgeCase[] {
  const recurrence = program(floats([], [], []), (b, [factor, sum, x]) => [
    b.add(b.mul(sum, factor), x),
    b.emit('max', [sum, x], undefined),
  ]);
  const scan = (b: Emitter, operands: readonly Row[], length: number, reverse = false) =>
    b.emitMany('scan', operands, { body: recurrence, length, consts: 1, carry: 1, reverse });
  const mixing = program(floats([50], []), (b, [state, x]) => [
    b.add(b.reverse(state, [0]), b.broadcast(x, [50], [])),
    b.emit('reduceMax', [state], { axes: [0] }),
  ]);
  const choice = {
    branches: [
      program(floats([3]), (b, [x]) => [b.mul(x, x)]),
      program(floats([3]), (b, [x]) => [b.emit('log', [x], undefined)]),
      program(floats([3]), (b, [x]) => [b.neg(x)]),
    ],
  };
  return [
    edgeCase(
      'scans',
      [filled([], 5), filled([7], 1), filled([1], 3), filled([0])],
      (b, [start, long, one, none]) => [
        ...scan(b, [b.literal(0.5), start, long], 7),
        ...scan(b, [b.literal(0.5), start, long], 7, true),
        ...scan(b, [start, start, one], 1),
        ...scan(b, [start, start, none], 0),
      ],
      true,
    ),
    edgeCase('a scan of neighbours', [filled([50], 2), filled([3], 9)], (b, rows) =>
      b.emitMany('scan', rows, { body: mixing, length: 3, consts: 0, carry: 1, reverse: false }),
    ),
    edgeCase(
      'branches',
      [filled([3], 1), filled([3], 15)],
      (b, rows) =>
        [-1, 1, 7].flatMap((index) =>
          rows.flatMap((row) => {
            const at = b.constant(whole([], index));
            return b.emitMany('cond', [at, row], choice);
          }),
        ),
      true,
    ),
  ];
}
