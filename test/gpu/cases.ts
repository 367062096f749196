/**
 * What the GPU claims to run, as programs with inputs: every primitive on random shapes (length 1, odd and empty ones too), and the same
 * through jvp, vjp, vmap and Hessian-vector products. Used in Node (webasm, cpu) and in a real browser (webgpu, webgl2, webasm).
 */
import { allocate, sizeOf, type ArrayValue, type DType, type Shape } from '../../src/engine/program/aval';
import { Emitter } from '../../src/engine/program/emitter';
import type { ParamsOf, Program, Row } from '../../src/engine/program/program';
import type { PrimitiveName } from '../../src/engine/primitives/params';
import { batchProgram } from '../../src/engine/transforms/batch';
import { jvpProgram } from '../../src/engine/transforms/jvp';
import { vjpProgram } from '../../src/engine/transforms/reverse';
import { inline } from '../../src/engine/transforms/transcribe';
import { edgeCases } from './edgeCases';

export interface GpuCase {
  readonly name: string;
  readonly program: Program;
  readonly inputs: readonly ArrayValue[];
  /** Absolute tolerance per unit of the result's size. */
  readonly tolerance: number;
}

/** Small, seeded, the same everywhere (mulberry32). */
function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

type Range = readonly [number, number];

/** Where each elementwise function is defined and well conditioned enough for float32. */
const UNARY: Partial<Record<PrimitiveName, Range>> = {
  neg: [-3, 3],
  abs: [-3, 3],
  sign: [-3, 3],
  floor: [-5, 5],
  ceil: [-5, 5],
  round: [-5, 5],
  roundHalfUp: [-5, 5],
  trunc: [-5, 5],
  exp: [-5, 5],
  expm1: [-2, 2],
  log: [0.1, 9],
  log1p: [-0.8, 4],
  log2: [0.1, 9],
  log10: [0.1, 9],
  sqrt: [0.1, 9],
  cbrt: [0.2, 9],
  sin: [-20, 20],
  cos: [-20, 20],
  tan: [-1.2, 1.2],
  asin: [-0.9, 0.9],
  acos: [-0.9, 0.9],
  atan: [-4, 4],
  sinh: [-3, 3],
  cosh: [-3, 3],
  tanh: [-3, 3],
  asinh: [-5, 5],
  acosh: [1.2, 6],
  atanh: [-0.8, 0.8],
  erf: [-2, 2],
  erfc: [-2, 2],
  erfInv: [-0.95, 0.95],
  logistic: [-6, 6],
  softplus: [-6, 6],
  stopGradient: [-1, 1],
  isFinite: [-1, 1],
  isNaN: [-1, 1],
};
const BINARY: Partial<Record<PrimitiveName, readonly [Range, Range]>> = {
  add: [
    [-3, 3],
    [-3, 3],
  ],
  sub: [
    [-3, 3],
    [-3, 3],
  ],
  mul: [
    [-3, 3],
    [-3, 3],
  ],
  div: [
    [-3, 3],
    [0.5, 3],
  ],
  pow: [
    [0.3, 3],
    [-2, 2],
  ],
  rem: [
    [-9, 9],
    [1.5, 2.5],
  ],
  min: [
    [-3, 3],
    [-3, 3],
  ],
  max: [
    [-3, 3],
    [-3, 3],
  ],
  atan2: [
    [-3, 3],
    [0.5, 3],
  ],
  hypot: [
    [0.5, 3],
    [0.5, 3],
  ],
};
const COMPARISONS: readonly PrimitiveName[] = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'];

type Build = (b: Emitter, inputs: readonly Row[]) => readonly Row[];

class CaseList {
  readonly cases: GpuCase[] = [];

  constructor(private readonly random: () => number) {}

  array(shape: Shape, [low, high]: Range = [-1, 1], dtype: DType = 'float64'): ArrayValue {
    const data = allocate(dtype, sizeOf(shape));
    for (let index = 0; index < data.length; index++) {
      const value = low + (high - low) * this.random();
      data[index] = dtype === 'float64' ? Math.fround(value) : Math.floor(value);
    }
    return { shape, dtype, data };
  }

  /** The program itself, and through the transforms. */
  add(
    name: string,
    inputs: readonly ArrayValue[],
    build: Build,
    options: { transforms?: boolean; tolerance?: number } = {},
  ): void {
    const b = new Emitter();
    const rows = inputs.map((input) => b.input(input));
    const program = b.finish(build(b, rows));
    const tolerance = options.tolerance ?? 2e-5;
    this.cases.push({ name, program, inputs, tolerance });
    if (options.transforms === false || inputs.some((input) => sizeOf(input.shape) === 0)) return;
    const floats = inputs.map((input) => input.dtype === 'float64');
    if (!floats.includes(true)) return;
    const like = (avals: readonly { shape: Shape; dtype: DType }[]) =>
      avals.filter(({ dtype }) => dtype === 'float64').map(({ shape }) => this.array(shape));
    const tangents = like(program.inputAvals);
    const cotangents = like(program.outputAvals);
    const push = (suffix: string, transformed: Program, extra: readonly ArrayValue[], slack: number) =>
      this.cases.push({
        name: `${name} ${suffix}`,
        program: transformed,
        inputs: [...inputs, ...extra],
        tolerance: tolerance * slack,
      });
    push('jvp', jvpProgram(program, floats), tangents, 4);
    if (cotangents.length > 0) {
      const vjp = vjpProgram(program, floats);
      push('vjp', vjp, cotangents, 4);
      const active = [...floats, ...cotangents.map(() => false)];
      push('hvp', jvpProgram(vjp, active), [...cotangents, ...like(program.inputAvals)], 20);
    }
    const lanes = 3;
    this.cases.push({
      name: `${name} vmap`,
      program: batchProgram(
        program,
        floats.map((isFloat) => (isFloat ? 0 : null)),
        lanes,
      ),
      inputs: inputs.map((input, index) => (floats[index] ? this.stack(input, lanes) : input)),
      tolerance,
    });
  }

  /** Lanes that stay inside the domain: the same numbers, rotated. */
  private stack(input: ArrayValue, lanes: number): ArrayValue {
    const size = input.data.length;
    const data = new Float64Array(size * lanes);
    for (let lane = 0; lane < lanes; lane++)
      for (let k = 0; k < size; k++) data[lane * size + k] = input.data[(k + lane) % size];
    return { shape: [lanes, ...input.shape], dtype: 'float64', data };
  }
}

const one =
  <P extends PrimitiveName>(name: P, params: ParamsOf<P>): Build =>
  (b, rows) => [b.emit(name, rows, params)];

/** All cases; the same for a seed. */
export function gpuCases(seed: number): GpuCase[] {
  const random = randomSource(seed);
  const list = new CaseList(random);
  const shapes: Shape[] = [[], [1], [7], [3, 5], [0]];
  const shape = () => shapes[Math.floor(random() * shapes.length)];
  // A kernel takes a software renderer a while to compile: several functions in one.
  const unary = Object.entries(UNARY) as [PrimitiveName, Range][];
  for (const group of groups(unary, 3))
    list.add(
      group.map(([name]) => name).join(', '),
      group.map(([, range]) => list.array([3, 5], range)),
      (b, rows) => [
        b.concatenate(
          group.map(([name], at) => asFloats(b, b.emit(name, [rows[at]], undefined as never))),
          0,
        ),
      ],
    );
  for (const [[name, range]] of groups(unary, 4))
    list.add(`${name} of another shape`, [list.array(shape(), range)], one(name as 'exp', undefined), {
      transforms: false,
    });
  for (const [name, [a, b]] of Object.entries(BINARY)) {
    list.add(name, [list.array([4, 3], a), list.array([4, 3], b)], one(name as 'add', undefined));
  }
  list.add(
    COMPARISONS.join(', '),
    [list.array([9], [0, 3]), list.array([9], [0, 3])],
    (b, rows) => [
      b.concatenate(
        COMPARISONS.map((name) => b.emit(name, rows, undefined as never)),
        0,
      ),
    ],
    { transforms: false },
  );
  list.add('integerPow', [list.array([6], [0.5, 2])], (b, [x]) => [
    b.integerPow(x, 3),
    b.integerPow(x, -2),
    b.integerPow(x, 11),
  ]);
  list.add('select', [list.array([2, 4]), list.array([2, 4])], (b, [x, y]) => [b.select(b.lt(x, y), b.mul(x, x), y)]);
  list.add('clamp', [list.array([8], [-3, 3])], (b, [x]) => [
    b.emit('clamp', [b.fullLike(x, -1), x, b.fullLike(x, 1.5)], undefined),
  ]);
  list.add('convert', [list.array([8], [-3, 3])], (b, [x]) => [b.convert(b.convert(x, 'int32'), 'float64')], {
    transforms: false,
  });
  list.add('logic', [list.array([9], [0, 2], 'int32'), list.array([9], [0, 2], 'int32')], (b, rows) => {
    const [x, y] = rows.map((row) => b.convert(row, 'bool'));
    return [b.and(x, y), b.or(x, y), b.not(x), b.emit('xor', [x, y], undefined)];
  });
  addNotFinite(list);
  addEdges(list);
  addStructured(list);
  addSizes(list);
  addFarPositions(list);
  addReductions(list);
  addViews(list);
  addContractions(list);
  addBits(list);
  return [...list.cases, ...edgeCases().map((edge) => ({ ...edge, tolerance: 2e-6 }))];
}

function groups<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, at) => list.slice(at * size, (at + 1) * size));
}

const asFloats = (b: Emitter, row: Row): Row => b.convert(row, 'float64');

/** NaN and the infinities must come out as the interpreter says. */
function addNotFinite(list: CaseList): void {
  const values = [0.5, NaN, Infinity, -Infinity, -1.5];
  const of = (...data: number[]): ArrayValue => ({
    shape: [data.length],
    dtype: 'float64',
    data: Float64Array.from(data),
  });
  const all = of(...values);
  const left = of(...values.flatMap((value) => values.map(() => value)));
  const right = of(...values.flatMap(() => values));
  const alone = { transforms: false };
  for (const names of groups(Object.keys(UNARY) as PrimitiveName[], 6))
    list.add(
      `${names.join(', ')} of NaN and infinities`,
      [all],
      (b, rows) => [
        b.concatenate(
          names.map((name) => asFloats(b, b.emit(name, rows, undefined as never))),
          0,
        ),
      ],
      alone,
    );
  for (const names of groups(Object.keys(BINARY) as PrimitiveName[], 3))
    list.add(
      `${names.join(', ')} of NaN and infinities`,
      [left, right],
      (b, rows) => [
        b.concatenate(
          names.map((name) => b.emit(name, rows, undefined as never)),
          0,
        ),
      ],
      alone,
    );
  const matrix = (rows: readonly (readonly number[])[]): ArrayValue => ({
    shape: [rows.length, rows[0].length],
    dtype: 'float64',
    data: Float64Array.from(rows.flat()),
  });
  const extremes = [
    values,
    [NaN, 2, 2, 2, 2],
    [NaN, NaN, NaN, NaN, NaN],
    [3, Infinity, 3, 1, 2],
    [1, 2, NaN, 5, NaN],
    new Array<number>(5).fill(-Infinity),
  ];
  for (const name of ['reduceSum', 'reduceProd', 'reduceMax', 'reduceMin'] as const)
    list.add(`${name} of NaN and infinities`, [matrix(extremes)], one(name, { axes: [1] }), alone);
  for (const name of ['argmax', 'argmin'] as const)
    list.add(`${name} of NaN and infinities`, [matrix(extremes)], one(name, { axis: 1 }), alone);
  for (const name of ['cumsum', 'cummax', 'cummin'] as const)
    list.add(
      `${name} of NaN and infinities`,
      [of(2, -1, NaN, Infinity, 3)],
      one(name, { axis: 0, reverse: false }),
      alone,
    );
}

/** Where float32 and drivers have corners: halves, zeros, large numbers, indices outside. */
function addEdges(list: CaseList): void {
  const alone = { transforms: false, tolerance: 1e-6 };
  const of = (...data: number[]): ArrayValue => ({
    shape: [data.length],
    dtype: 'float64',
    data: Float64Array.from(data, Math.fround),
  });
  const halves = of(0.49999997, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2097152.5, -2097152.5);
  const whole = of(8388609, -8388609, 16777215, 3e9, -3e9, 1e20, -1e20);
  const rounding = ['floor', 'ceil', 'round', 'roundHalfUp', 'trunc'] as const;
  list.add(
    `${rounding.join(', ')} of halves and large numbers`,
    [halves, whole],
    (b, rows) => [
      b.concatenate(
        rounding.flatMap((name) => rows.map((row) => b.emit(name, [row], undefined))),
        0,
      ),
    ],
    { transforms: false, tolerance: 0 },
  );
  const values = [0, 0.5, NaN, Infinity, -Infinity, -1.5];
  const left = of(...values.flatMap((value) => values.map(() => value)));
  const right = of(...values.flatMap(() => values));
  list.add(
    `${COMPARISONS.join(', ')} of NaN and infinities`,
    [left, right],
    (b, rows) => [
      b.concatenate(
        COMPARISONS.map((name) => b.emit(name, rows, undefined as never)),
        0,
      ),
    ],
    alone,
  );
  list.add(
    'choices by NaN',
    [left, right],
    (b, [x, y]) => [
      b.select(b.gt(x, y), b.fullLike(x, 1), b.fullLike(x, 2)),
      b.convert(b.convert(x, 'bool'), 'float64'),
      b.emit('clamp', [b.fullLike(x, -1), x, b.fullLike(x, 1)], undefined),
      b.select(b.emit('not', [b.emit('ne', [x, x], undefined)], undefined), x, b.fullLike(x, 7)),
    ],
    alone,
  );
  list.add(
    'zeros with signs',
    [of(0, 3)],
    (b, [x]) => [b.div(b.fullLike(x, 1), b.neg(x)), b.div(b.fullLike(x, 1), b.mul(x, b.fullLike(x, -1)))],
    alone,
  );
  list.add(
    'angles of zeros with signs',
    [of(0, 0, -0, -0, -0, 0, 0, -0), of(-0, -2, -0, -2, -Infinity, 3, 0, 3)],
    one('atan2', undefined),
    alone,
  );
  list.add(
    'powers near one',
    [of(1.0001, 0.9999, 1.01, 1.000001, 0.99), of(1e4, 1e4, 500, 1e6, 300)],
    one('pow', undefined),
    { ...alone, tolerance: 2e-6 },
  );
  list.add(
    'powers of zero and of negative numbers',
    [of(0, 0, 0, 0, -0, -0, -0, -2, -2, -2, 2, 1, 0.5), of(0, 2, -1, NaN, -1, -2, -2.5, 3, 2, -3, 0, Infinity, 100)],
    one('pow', undefined),
    alone,
  );
  list.add(
    'angles far from zero',
    [of(100, -1000, 12345.678, 99999, 123456, -524287, 1e6)],
    (b, [x]) => [b.sin(x), b.cos(x)],
    { transforms: false, tolerance: 2e-5 },
  );
  list.add('erfInv near the ends', [of(0.997, 0.99999, -0.9999999, 1e-9, 0)], one('erfInv', undefined), alone);
  list.add(
    'remainders',
    [of(5, -5, 5, 1e6, 16777215, -7.5, 0), of(3, 3, -3, 7, 10, 2, 2)],
    one('rem', undefined),
    alone,
  );
  const indices = (...data: number[]): ArrayValue => ({
    shape: [data.length, 1],
    dtype: 'int32',
    data: Int32Array.from(data),
  });
  const params = { axes: [0], batchDims: 0 };
  list.add('gather outside', [list.array([4, 2]), indices(-1, 7, 2, 4, 3)], one('gather', params), alone);
  for (const name of ['scatterAdd', 'scatterSet'] as const)
    list.add(
      `${name} outside, and twice to one place`,
      [list.array([4, 2]), indices(-1, 2, 2, 4), list.array([4, 2])],
      one(name, params),
      alone,
    );
  const at = (value: number): ArrayValue => ({ shape: [], dtype: 'int32', data: Int32Array.of(value) });
  for (const start of [-3, 9])
    list.add(
      `dynamic slices from ${start}`,
      [list.array([6]), list.array([2]), at(start)],
      (b, [x, y, from]) => [
        b.emit('dynamicSlice', [x, from], { sizes: [3] }),
        b.emit('dynamicUpdateSlice', [x, y, from], undefined),
      ],
      alone,
    );
  list.add(
    'reductions of NaN and infinities',
    [of(1, NaN), of(1, Infinity), of(-Infinity, -Infinity), of(Infinity, -Infinity)],
    (b, rows) => rows.map((row) => b.emit('reduceLogSumExp', [row], { axes: [0] })),
    alone,
  );
}

/** A sub-program of float64 arrays. */
function subProgram(shapes: readonly Shape[], write: Build): Program {
  const b = new Emitter();
  return b.finish(
    write(
      b,
      shapes.map((shape) => b.input({ shape, dtype: 'float64' })),
    ),
  );
}

/** A scan's results, and what a vjp of them with ones as cotangents gives: one program costs browsers less than two. */
function withGradient(b: Emitter, rows: readonly Row[], params: ParamsOf<'scan'>): Row[] {
  const scan = subProgram(
    rows.map((row) => b.aval(row).shape),
    (inner, inputs) => inner.emitMany('scan', inputs, params),
  );
  const ones = scan.outputAvals.map((aval) => b.full(aval, 1));
  const active = rows.map(() => true);
  return inline(b, vjpProgram(scan, active), [...rows, ...ones]);
}

function addStructured(list: CaseList): void {
  // A recurrence with a slice and a stacked result a step; the other direction; and one whose steps mix elements.
  const step = subProgram([[3], [3], [3]], (b, [constant, carry, x]) => [
    b.sin(b.add(b.mul(carry, constant), x)),
    b.mul(carry, x),
  ]);
  for (const reverse of [false, true])
    list.add(`scan ${reverse ? 'reversed' : ''}`, [list.array([3]), list.array([3]), list.array([7, 3])], (b, rows) =>
      b.emitMany('scan', rows, { body: step, length: 7, consts: 1, carry: 1, reverse }),
    );
  // What a turn gave is read two turns later.
  const delayed = subProgram([[2], [2], [2]], (b, [before, now, x]) => [
    now,
    b.add(b.mul(b.sin(before), x), b.scale(now, 0.5)),
    b.mul(before, now),
  ]);
  list.add(
    'scan of values two turns before, with its gradient',
    [list.array([2]), list.array([2]), list.array([6, 2])],
    (b, rows) => withGradient(b, rows, { body: delayed, length: 6, consts: 0, carry: 2, reverse: false }),
    { transforms: false },
  );
  const mixing = subProgram([[3], [2, 3]], (b, [carry, x]) => [
    b.reverse(b.add(carry, b.reduceSum(x, [0])), [0]),
    b.reduceSum(carry, [0]),
  ]);
  list.add(
    'scan of mixed elements',
    [list.array([3]), list.array([4, 2, 3])],
    (b, rows) => b.emitMany('scan', rows, { body: mixing, length: 4, consts: 0, carry: 1, reverse: false }),
    { transforms: false },
  );
  // A large array, whose elements need their neighbours: a kernel a step, the same one for all of them.
  const diffusion = subProgram([[60], []], (b, [carry, x]) => {
    const shifted = b.emit('concatenate', [b.sliceAxis(carry, 0, 1, 60), b.sliceAxis(carry, 0, 0, 1)], { axis: 0 });
    return [b.add(b.mul(shifted, b.broadcast(x, [60], [])), b.sin(carry))];
  });
  list.add(
    'scan of neighbours, with its gradient',
    [list.array([60]), list.array([6])],
    (b, rows) => withGradient(b, rows, { body: diffusion, length: 6, consts: 0, carry: 1, reverse: false }),
    { transforms: false },
  );
  const branches = [
    subProgram([[4]], (b, [x]) => [
      b.mul(x, b.constant({ shape: [4], dtype: 'float64', data: Float64Array.of(1, 2, 3, 4) })),
    ]),
    subProgram([[4]], (b, [x]) => [b.exp(x)]),
  ];
  for (const index of [0, 1])
    list.add(
      `cond ${index}`,
      [{ shape: [], dtype: 'int32', data: Int32Array.of(index) }, list.array([4])],
      (b, rows) => b.emitMany('cond', rows, { branches }),
      { transforms: index === 0 },
    );
  list.add('call', [list.array([4])], (b, rows) =>
    b.emitMany('call', rows, { program: branches[1], name: 'f', kind: 'jit' }),
  );
  const tangent = subProgram([[4], [4]], (b, [x, t]) => [b.exp(x), b.mul(b.exp(x), t)]);
  list.add('customJvp', [list.array([4])], (b, rows) =>
    b.emitMany('customJvp', rows, { program: branches[1], jvp: tangent, captured: 0, name: 'f' }),
  );
  const custom: Build = (b, rows) =>
    b.emitMany('customVjp', rows, {
      program: branches[1],
      forward: subProgram([[4]], (inner, [x]) => [inner.exp(x), inner.exp(x)]),
      backward: subProgram([[4], [4]], (inner, [e, ct]) => [inner.mul(e, ct)]),
      residuals: 1,
      captured: 0,
      name: 'f',
    });
  // It has no forward mode.
  list.add('customVjp', [list.array([4])], custom, { transforms: false });
  list.add(
    'customVjp vjp',
    [list.array([4]), list.array([4])],
    (b, rows) => inline(b, vjpProgram(subProgram([[4]], custom), [true]), rows),
    { transforms: false },
  );
  const halves = subProgram([[4], [4]], (b, [residual, t]) => [b.mul(residual, t)]);
  list.add(
    'linearCall',
    [list.array([4]), list.array([4])],
    (b, rows) =>
      b.emitMany('linearCall', rows, {
        forward: halves,
        backward: halves,
        residuals: 1,
        results: [{ shape: [4], dtype: 'float64' }],
        name: 'f',
      }),
    { transforms: false },
  );
  list.add('a guard', [list.array([])], (b, [x]) => {
    const [condition] = [b.lt(x, b.literal(2))];
    b.emit('guard', [condition], { expected: 1 });
    return [b.mul(x, x)];
  });
}

/** Nothing, one, and more threads than one dispatch of WebGPU has work groups for. */
function addSizes(list: CaseList): void {
  const alone = { transforms: false };
  const dot = { lhsContract: [1], rhsContract: [0], lhsBatch: [], rhsBatch: [] };
  list.add('a sum of nothing', [list.array([0, 3])], one('reduceSum', { axes: [0] }), alone);
  list.add('a product over nothing', [list.array([2, 0]), list.array([0, 3])], one('dotGeneral', dot), alone);
  list.add('nothing beside something', [list.array([0]), list.array([2])], one('concatenate', { axis: 0 }), alone);
  for (const name of ['reduceSum', 'reduceMax', 'reduceProd'] as const)
    list.add(`${name} of one`, [list.array([1], [0.5, 1])], one(name, { axes: [0] }), {
      transforms: name === 'reduceSum',
    });
  list.add('a product of ones', [list.array([1, 1]), list.array([1, 1])], one('dotGeneral', dot), alone);
  list.add(
    'more than 65,535 work groups',
    [list.array([])],
    (b, [x]) => [b.mul(b.broadcast(x, [2 ** 22], []), b.iota([2 ** 22], 0, 'float64'))],
    alone,
  );
}

/** Positions that a division which is off by a few units in the last place would put into the row before. */
function addFarPositions(list: CaseList): void {
  list.add(
    'positions past 2¹⁸',
    [list.array([])],
    (b, [x]) => [
      b.add(b.mul(b.broadcast(x, [601, 701], []), b.iota([601, 701], 1, 'float64')), b.iota([601, 701], 0, 'float64')),
    ],
    { transforms: false, tolerance: 1e-6 },
  );
}

function addReductions(list: CaseList): void {
  for (const name of ['reduceSum', 'reduceProd', 'reduceMax', 'reduceMin', 'reduceLogSumExp'] as const) {
    for (const axes of [[0], [1], [0, 2], [0, 1, 2]]) {
      list.add(`${name} ${axes}`, [list.array([3, 4, 5], [0.5, 1.5])], one(name, { axes }));
    }
  }
  for (const name of ['reduceAnd', 'reduceOr'] as const)
    list.add(name, [list.array([5, 3], [0, 2], 'int32')], (b, [x]) => [
      b.emit(name, [b.convert(x, 'bool')], { axes: [1] }),
    ]);
  list.add('a long sum', [list.array([10_007], [0, 1])], one('reduceSum', { axes: [0] }), {
    transforms: false,
    tolerance: 1e-6,
  });
  for (const name of ['argmax', 'argmin'] as const) {
    list.add(name, [list.array([4, 6])], one(name, { axis: 1 }), { transforms: false });
  }
  for (const name of ['cumsum', 'cumprod', 'cummax', 'cummin'] as const) {
    for (const reverse of [false, true]) {
      list.add(
        `${name} ${reverse ? 'reversed' : ''}`,
        [list.array([3, 6], [0.5, 1.5])],
        one(name, { axis: 1, reverse }),
      );
    }
  }
}

function addViews(list: CaseList): void {
  list.add('reshape', [list.array([4, 6])], (b, [x]) => [b.sin(b.reshape(b.sin(x), [3, 8]))]);
  list.add('transpose', [list.array([2, 3, 4])], (b, [x]) => [b.transpose(b.mul(x, x), [2, 0, 1])]);
  list.add('broadcastInDim', [list.array([3])], (b, [x]) => [b.broadcast(b.exp(x), [2, 3, 4], [1])]);
  list.add('concatenate', [list.array([2, 3]), list.array([2, 1]), list.array([2, 4])], (b, rows) => [
    b.emit(
      'concatenate',
      rows.map((row) => b.sin(row)),
      { axis: 1 },
    ),
  ]);
  list.add('slice', [list.array([9, 4])], one('slice', { start: [1, 0], limit: [8, 3], strides: [3, 2] }));
  list.add('pad', [list.array([3, 2]), list.array([])], one('pad', { low: [1, -1], high: [2, 3], interior: [2, 0] }));
  list.add('reverse', [list.array([3, 4])], one('reverse', { axes: [1] }));
  list.add('iota', [list.array([5, 3])], (b, [x]) => [
    b.mul(x, b.emit('iota', [], { shape: [5, 3], axis: 0, dtype: 'float64' })),
  ]);
  list.add(
    'gather',
    [list.array([6, 3]), list.array([4, 1], [0, 6], 'int32')],
    one('gather', { axes: [0], batchDims: 0 }),
  );
  for (const name of ['scatterAdd', 'scatterSet'] as const) {
    const indices: ArrayValue = { shape: [3, 1], dtype: 'int32', data: Int32Array.of(4, 0, 2) };
    list.add(name, [list.array([6, 3]), indices, list.array([3, 3])], one(name, { axes: [0], batchDims: 0 }));
  }
  const start: ArrayValue = { shape: [], dtype: 'int32', data: Int32Array.of(1) };
  list.add('dynamicSlice', [list.array([6, 4]), start, start], one('dynamicSlice', { sizes: [2, 3] }));
  list.add(
    'dynamicUpdateSlice',
    [list.array([6, 4]), list.array([2, 3]), start, start],
    one('dynamicUpdateSlice', undefined),
  );
}

function addContractions(list: CaseList): void {
  const dot = { lhsContract: [1], rhsContract: [0], lhsBatch: [], rhsBatch: [] };
  list.add('dotGeneral', [list.array([9, 11]), list.array([11, 13])], one('dotGeneral', dot));
  list.add('dotGeneral of chains', [list.array([5, 40]), list.array([40, 3])], (b, [x, y]) => [
    b.emit('tanh', [b.dotGeneral(b.sin(x), b.cos(y), dot)], undefined),
  ]);
  list.add(
    'dotGeneral batched',
    [list.array([2, 3, 4]), list.array([2, 4, 5])],
    one('dotGeneral', { lhsContract: [2], rhsContract: [1], lhsBatch: [0], rhsBatch: [0] }),
  );
  // Blocks of several results, cut off at the edges; packed operands; sums in blocks with some terms over.
  const alone = { transforms: false };
  list.add('dotGeneral of few', [list.array([5, 7]), list.array([7, 3])], one('dotGeneral', dot), alone);
  list.add('dotGeneral of many terms', [list.array([3, 1239]), list.array([1239, 2])], one('dotGeneral', dot), {
    ...alone,
    tolerance: 2e-6,
  });
  list.add('a matrix times a vector', [list.array([7, 10]), list.array([10])], one('dotGeneral', dot), alone);
  list.add(
    'a vector times a matrix',
    [list.array([33]), list.array([33, 6])],
    (b, rows) => [b.dotGeneral(rows[0], rows[1], { ...dot, lhsContract: [0] })],
    alone,
  );
  list.add(
    'an inner product',
    [list.array([100]), list.array([100])],
    (b, rows) => [b.dotGeneral(rows[0], rows[1], { ...dot, lhsContract: [0] })],
    alone,
  );
  list.add(
    'an outer product',
    [list.array([3]), list.array([5])],
    (b, rows) => [b.dotGeneral(rows[0], rows[1], { ...dot, lhsContract: [], rhsContract: [] })],
    alone,
  );
  list.add(
    'dotGeneral over two axes, with views',
    [list.array([3, 9, 5, 4]), list.array([6, 3, 4, 9])],
    (b, [x, y]) => {
      const [left, right] = [b.transpose(x, [2, 0, 3, 1]), b.sliceAxis(y, 0, 0, 5, 2)];
      const params = { lhsContract: [1, 2], rhsContract: [1, 2], lhsBatch: [3], rhsBatch: [3] };
      const half = { lhsContract: [2, 1], rhsContract: [2, 1], lhsBatch: [3], rhsBatch: [3] };
      return [b.dotGeneral(left, right, params), b.sin(b.dotGeneral(left, right, half))];
    },
    alone,
  );
  list.add(
    'a product that others read',
    [list.array([9, 8]), list.array([8, 10])],
    (b, [x, y]) => {
      const product = b.dotGeneral(x, y, dot);
      return [product, b.reduceSum(product, [1]), b.sin(b.transpose(product, [1, 0]))];
    },
    alone,
  );
  list.add(
    'a product of broadcast numbers',
    [list.array([8]), list.array([])],
    (b, [x, y]) => [b.dotGeneral(b.broadcast(x, [9, 8], [1]), b.broadcast(y, [8, 9], []), dot)],
    alone,
  );
  const conv = {
    strides: [1, 2],
    padding: [
      [1, 1],
      [0, 1],
    ] as [number, number][],
    lhsDilation: [1, 1],
    rhsDilation: [1, 1],
    featureGroupCount: 1,
    batchGroupCount: 1,
  };
  list.add('conv', [list.array([2, 3, 6, 7]), list.array([4, 3, 3, 2])], one('conv', conv), { tolerance: 5e-5 });
  list.add(
    'many sources',
    Array.from({ length: 12 }, () => list.array([5])),
    (b, rows) => [
      rows.map((row) => b.emit('cumsum', [row], { axis: 0, reverse: false })).reduce((sum, row) => b.add(sum, row)),
    ],
  );
  list.add(
    'a long chain',
    [list.array([4])],
    (b, [x]) => {
      let value = x;
      // Sines take a software renderer seconds to compile: a few of them.
      for (let step = 0; step < 600; step++) {
        const moved = b.add(b.mul(value, b.fullLike(x, 0.7)), x);
        value = step % 40 === 0 ? b.sin(moved) : moved;
      }
      return [value];
    },
    { transforms: false, tolerance: 1e-4 },
  );
}

/** Words of 32 bits, which float32 has no place for: exact, or wrong. */
function addBits(list: CaseList): void {
  const exact = { transforms: false, tolerance: 0 };
  const words = (...data: number[]): ArrayValue => ({
    shape: [data.length],
    dtype: 'uint32',
    data: Uint32Array.from(data),
  });
  const key = words(0x9e3779b9, 0xfffffffe);
  const bits = (b: Emitter, from: Row, shape: Shape, bitWidth: 32 | 64 = 32) =>
    b.emit('randomBits', [from], { shape, bitWidth });
  list.add(
    'random bits',
    [key],
    (b, [k]) => [
      bits(b, k, [3, 5]),
      bits(b, k, [4], 64),
      bits(b, b.reshape(b.sliceAxis(bits(b, k, [3], 64), 0, 1, 2), [2]), [3]),
    ],
    exact,
  );
  list.add(
    'words',
    [words(0, 1, 0xffffffff, 0x80000001, 5), words(5, 0xffffffff, 0xffff, 0x12345678, 5)],
    (b, [x, y]) => [
      b.add(x, y),
      b.sub(x, y),
      b.emit('xor', [x, y], undefined),
      b.or(x, b.emit('shiftLeft', [y, b.fullLike(y, 7)], undefined)),
      b.and(b.not(x), y),
      b.emit('shiftRightLogical', [x, b.fullLike(x, 11)], undefined),
      b.emit('shiftRightLogical', [y, b.fullLike(y, 3)], undefined),
      b.convert(b.eq(x, y), 'float64'),
    ],
    exact,
  );
  list.add('normal numbers', [key, list.array([6])], (b, [k, x]) => {
    const high = b.emit('shiftRightLogical', [bits(b, k, [6]), b.full({ shape: [6], dtype: 'uint32' }, 9)], undefined);
    const unit = b.scale(b.convert(high, 'float64'), 2 ** -23);
    return [b.mul(b.emit('erfInv', [b.shift(b.scale(unit, 2 - 2 ** -23), 2 ** -24 - 1)], undefined), b.sin(x))];
  });
}

/** Largest error of some results against the expected ones, relative to the size of each result; NaN and infinities must agree. */
export function worstError(found: readonly ArrayValue[], expected: readonly ArrayValue[]): number {
  let worst = 0;
  expected.forEach((want, output) => {
    const got = found[output];
    if (got.shape.join() !== want.shape.join())
      throw new Error(`output ${output}: shape ${got.shape} instead of ${want.shape}`);
    let size = 1e-3;
    for (const value of want.data) if (Number.isFinite(value)) size = Math.max(size, Math.abs(value));
    want.data.forEach((value: number, index: number) => {
      if (Object.is(value, got.data[index])) return;
      const error = Math.abs(got.data[index] - value) / size;
      worst = Math.max(worst, Number.isNaN(error) ? Infinity : error);
    });
  });
  return worst;
}
