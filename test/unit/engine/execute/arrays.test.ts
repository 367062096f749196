import assert from 'node:assert/strict';
import '../../../../src/engine/primitives/all';
import { compileArrays } from '../../../../src/engine/execute/arrays/compile';
import { interpret } from '../../../../src/engine/execute/interpret';
import { allocate, sizeOf, type ArrayValue, type Aval, type DType } from '../../../../src/engine/program/aval';
import { Emitter } from '../../../../src/engine/program/emitter';
import type { Program, Row } from '../../../../src/engine/program/program';
import { randomNumbers } from './nests';

const UNARY = [
  'neg', 'abs', 'sign', 'floor', 'ceil', 'round', 'roundHalfUp', 'trunc', 'exp', 'expm1', 'log', 'log1p', 'sqrt', 'cbrt', 'sin',
  'cos', 'tan', 'asin', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'erf', 'lgamma', 'logistic', 'softplus', 'isNaN', 'isFinite',
] as const; // prettier-ignore
const BINARY = [
  'add',
  'sub',
  'mul',
  'div',
  'pow',
  'rem',
  'min',
  'max',
  'atan2',
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
] as const;

function randomValue(aval: Aval, random: () => number, scale = 3): ArrayValue {
  const data = allocate(aval.dtype, sizeOf(aval.shape));
  for (let index = 0; index < data.length; index++)
    data[index] = aval.dtype === 'bool' ? Math.round(random()) : (random() * 2 - 1) * scale;
  return { ...aval, data };
}

/** Runs compiled code twice on the inputs and compares with the reference. */
function check(program: Program, inputs: readonly ArrayValue[], ulps = 4): void {
  const expected = interpret(program, inputs);
  const compiled = compileArrays(program);
  assert(compiled, 'nothing was compiled');
  compiled.run(inputs);
  const actual = compiled.run(inputs);
  assert.equal(actual.length, expected.length);
  actual.forEach((value, output) => {
    assert.deepEqual(
      [value.shape, value.dtype, value.data.length],
      [expected[output].shape, expected[output].dtype, expected[output].data.length],
    );
    const epsilon = value.dtype === 'float32' ? 2 ** -23 : 2 ** -52;
    value.data.forEach((number, index) => {
      const wanted = expected[output].data[index];
      const close =
        Object.is(number, wanted) ||
        number === wanted ||
        Math.abs(number - wanted) <= ulps * epsilon * Math.abs(wanted);
      assert(close, `output ${output}[${index}]: ${number}, not ${wanted}`);
    });
  });
}

function build(avals: readonly Aval[], body: (b: Emitter, inputs: readonly Row[]) => readonly Row[]): Program {
  const b = new Emitter();
  const inputs = avals.map((aval) => b.input(aval));
  return b.finish(body(b, inputs));
}

const floats: DType[] = ['float64', 'float32'];

describe('compiled arrays', () => {
  for (const dtype of floats) {
    for (const name of UNARY) {
      it(`compute ${name} in ${dtype} as the reference does, at any length`, () => {
        const random = randomNumbers(name.length * 7919 + 3);
        for (const length of [1, 2, 3, 4, 7, 32]) {
          const aval: Aval = { shape: [length], dtype };
          const program = build([aval], (b, [x]) => [b.emit(name as 'neg', [x], undefined)]);
          check(program, [randomValue(aval, random)], 4);
        }
      });
    }
    for (const name of BINARY) {
      it(`compute ${name} in ${dtype} as the reference does`, () => {
        const random = randomNumbers(name.length * 104729 + 5);
        for (const length of [1, 2, 5, 33]) {
          const aval: Aval = { shape: [length], dtype };
          const program = build([aval, aval], (b, [x, y]) => [b.emit(name as 'add', [x, y], undefined)]);
          check(program, [randomValue(aval, random), randomValue(aval, random)]);
        }
      });
    }
    it(`compute special values in ${dtype} as the reference does`, () => {
      const numbers = [
        0,
        -0,
        1,
        -1,
        Infinity,
        -Infinity,
        NaN,
        1e-310,
        -1e-310,
        709.7,
        -745.2,
        710,
        88.7,
        -104,
        0.625,
        1e300,
        5e-324,
        20,
        -20,
      ];
      const data = allocate(dtype, numbers.length);
      data.set(numbers);
      const value: ArrayValue = { shape: [numbers.length], dtype, data };
      for (const name of [
        'exp',
        'log',
        'tanh',
        'logistic',
        'sqrt',
        'round',
        'abs',
        'neg',
        'isNaN',
        'isFinite',
        'sign',
      ] as const) {
        check(
          build([value], (b, [x]) => [b.emit(name as 'neg', [x], undefined)]),
          [value],
          3,
        );
      }
    });
    it(`reduce over any axes in ${dtype}`, () => {
      const random = randomNumbers(11);
      const aval: Aval = { shape: [3, 5, 4], dtype };
      for (const name of ['reduceSum', 'reduceProd', 'reduceMax', 'reduceMin'] as const) {
        for (const axes of [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]) {
          const program = build([aval], (b, [x]) => {
            const y = b.mul(x, x);
            return [b.emit(name, [y], { axes }), b.emit(name, [b.transpose(y, [2, 0, 1])], { axes })];
          });
          check(program, [randomValue(aval, random)], 30);
        }
      }
    });
    it(`multiply matrices of any size and layout in ${dtype}`, () => {
      const random = randomNumbers(17);
      for (const [m, n, k] of [
        [1, 1, 1],
        [2, 3, 4],
        [5, 4, 3],
        [7, 9, 5],
        [1, 8, 3],
        [8, 1, 3],
        [33, 29, 31],
        [64, 70, 300],
        [70, 33, 257],
      ]) {
        for (const layout of ['NN', 'TN', 'NT', 'TT']) {
          const a: Aval = { shape: layout[0] === 'N' ? [m, k] : [k, m], dtype };
          const c: Aval = { shape: layout[1] === 'N' ? [k, n] : [n, k], dtype };
          const program = build([a, c], (b, [x, y]) => [
            b.dotGeneral(x, y, {
              lhsContract: [layout[0] === 'N' ? 1 : 0],
              rhsContract: [layout[1] === 'N' ? 0 : 1],
              lhsBatch: [],
              rhsBatch: [],
            }),
          ]);
          const positive = (value: ArrayValue) => ({ ...value, data: value.data.map(Math.abs) as typeof value.data });
          check(program, [positive(randomValue(a, random)), positive(randomValue(c, random))], 400);
        }
      }
    });
  }

  it('multiply in batches, and contract several axes', () => {
    const random = randomNumbers(23);
    const a: Aval = { shape: [4, 3, 5, 2], dtype: 'float64' };
    const c: Aval = { shape: [5, 4, 2, 6], dtype: 'float64' };
    const program = build([a, c], (b, [x, y]) => [
      b.dotGeneral(x, y, { lhsBatch: [0], rhsBatch: [1], lhsContract: [2, 3], rhsContract: [0, 2] }),
      b.dotGeneral(x, y, { lhsBatch: [], rhsBatch: [], lhsContract: [3, 0], rhsContract: [2, 1] }),
    ]);
    check(program, [randomValue(a, random), randomValue(c, random)], 4000);
  });

  it('read views without temporaries: broadcast, transposed, sliced, reversed, reshaped', () => {
    const random = randomNumbers(29);
    const a: Aval = { shape: [6, 5], dtype: 'float64' };
    const v: Aval = { shape: [5], dtype: 'float64' };
    const program = build([a, v], (b, [x, y]) => {
      const wide = b.broadcast(y, [6, 5], [1]);
      const sum = b.add(x, wide);
      const part = b.emit('slice', [sum], { start: [1, 0], limit: [6, 5], strides: [2, 2] });
      const back = b.emit('reverse', [b.mul(sum, x)], { axes: [0] });
      const flat = b.reshape(b.transpose(sum, [1, 0]), [30]);
      return [part, b.neg(part), back, b.add(back, sum), flat, b.exp(b.reshape(flat, [3, 10])), b.transpose(x, [1, 0])];
    });
    check(program, [randomValue(a, random), randomValue(v, random)]);
  });

  it('write over what is read for the last time, and over nothing else', () => {
    const square: Aval = { shape: [40, 40], dtype: 'float64' };
    const bytes = 40 * 40 * 8;
    const product = (b: Emitter, x: Row) =>
      b.emit('dotGeneral', [x, x], { lhsContract: [1], rhsContract: [0], lhsBatch: [], rhsBatch: [] });
    const once = build([square], (b, [x]) => [b.emit('sin', [product(b, x)], undefined)]);
    // The product itself is an output, or is read across: it must stay.
    const kept = build([square], (b, [x]) => {
      const y = product(b, x);
      return [b.emit('sin', [y], undefined), y];
    });
    const across = build([square], (b, [x]) => {
      const y = product(b, x);
      return [b.add(b.emit('sin', [y], undefined), b.transpose(y, [1, 0]))];
    });
    // The second result does not read the product before the first is written.
    const late = build([square], (b, [x]) => {
      const y = product(b, x);
      const z = b.emit('exp', [x], undefined);
      const w = b.mul(z, y);
      return [z, w, b.sub(w, y), b.emit('reduceSum', [y], { axes: [0] })];
    });
    const random = randomNumbers(5);
    const memory = [once, kept, across, late].map((program) => {
      for (let round = 0; round < 3; round++) {
        // All positive: sums lose no digits.
        const { data } = randomValue(square, random, 0.2);
        check(program, [{ ...square, data: data.map((value: number) => 0.01 + Math.abs(value)) }], 4096);
      }
      return compileArrays(program)?.memoryBytes ?? 0;
    });
    assert.equal(memory[1] - memory[0], bytes);
    assert.equal(memory[2] - memory[0], bytes);
    assert.equal(memory[3] - memory[0], 2 * bytes + 40 * 8);
  });

  it('keep to the memory that they took when they were compiled', () => {
    const aval: Aval = { shape: [300, 200], dtype: 'float64' };
    const program = build([aval], (b, [x]) => [
      b.emit('reduceSum', [b.emit('tanh', [b.mul(x, b.transpose(b.transpose(x, [1, 0]), [1, 0]))], undefined)], {
        axes: [1],
      }),
    ]);
    const compiled = compileArrays(program);
    assert(compiled);
    const input = randomValue(aval, randomNumbers(8));
    const before = compiled.memoryBytes;
    compiled.run([input]);
    const { arrayBuffers } = process.memoryUsage();
    for (let round = 0; round < 200; round++) compiled.run([input]);
    assert.equal(compiled.memoryBytes, before);
    // Results are arrays of their own (2.4 KB each); nothing of the size of the input is allocated.
    assert.ok(process.memoryUsage().arrayBuffers - arrayBuffers < 200 * 300 * 8 * 2);
  });

  it('leave what they do not know to the reference', () => {
    const random = randomNumbers(31);
    const a: Aval = { shape: [4, 5], dtype: 'float64' };
    const program = build([a], (b, [x]) => {
      const sorted = b.emit('sort', [b.mul(x, x)], { axis: 1 });
      const where = b.emit('argsort', [x], { axis: 0 });
      return [
        b.add(sorted, x),
        where,
        b.emit('cumsum', [sorted], { axis: 0, reverse: false }),
        b.convert(where, 'float64'),
      ];
    });
    check(program, [randomValue(a, random)]);
  });

  it('fuse what stands inside of calls, once or several results deep', () => {
    const random = randomNumbers(37);
    const a: Aval = { shape: [3, 4], dtype: 'float64' };
    const inner = build([a], (b, [x]) => [b.exp(x), b.mul(x, x)]);
    const middle = build([a], (b, [x]) => {
      const [y, z] = b.emitMany('call', [b.neg(x)], { program: inner, name: 'inner', kind: 'jit' });
      return [b.add(y, z)];
    });
    const program = build([a], (b, [x]) => {
      const [y] = b.emitMany('call', [x], { program: middle, name: 'middle', kind: 'jit' });
      return [b.mul(y, x)];
    });
    const input = randomValue(a, random);
    check(program, [input]);
    assert.equal(compileArrays(program)?.steps, 1);
  });

  it('give what random programs give when interpreted', function () {
    this.timeout(60_000);
    for (let seed = 1; seed <= 300; seed++) {
      const { program, inputs } = randomArrays(seed);
      try {
        check(program, inputs, 1000);
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
});

/** A random program over arrays of a few shapes that go into each other. */
function randomArrays(seed: number): { program: Program; inputs: ArrayValue[] } {
  const random = randomNumbers(seed * 7907 + 13);
  for (let warm = 0; warm < 5; warm++) random();
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  const dtype = pick(floats);
  const [rows, columns] = [1 + Math.floor(random() * 6), 1 + Math.floor(random() * 6)];
  const shapes = [[rows, columns], [columns], [rows], [], [rows, columns]];
  const b = new Emitter();
  const avals: Aval[] = shapes.map((shape) => ({ shape, dtype }));
  const live: Row[] = avals.map((aval) => b.input(aval));
  const inputs = avals.map((aval) => randomValue(aval, random, 1));
  const full = (row: Row): Row => {
    const { shape } = b.aval(row);
    if (shape.length === 2 && shape[0] === rows && shape[1] === columns) return row;
    if (shape.length === 2) return b.broadcast(b.reduceSum(row, [0, 1]), [rows, columns], []);
    if (shape.length === 1) return b.broadcast(row, [rows, columns], [shape[0] === columns ? 1 : 0]);
    return b.broadcast(row, [rows, columns], []);
  };
  const steps = 4 + Math.floor(random() * 20);
  for (let step = 0; step < steps; step++) {
    const x = pick(live);
    const kind = random();
    if (kind < 0.3)
      live.push(
        b.emit(
          pick(['neg', 'exp', 'tanh', 'sin', 'logistic', 'abs', 'sqrt'] as const) as 'neg',
          [b.emit('min', [x, b.fullLike(x, 2)], undefined)],
          undefined,
        ),
      );
    else if (kind < 0.65)
      live.push(b.emit(pick(['add', 'sub', 'mul', 'max'] as const) as 'add', [full(x), full(pick(live))], undefined));
    else if (kind < 0.75) live.push(b.select(b.lt(full(x), full(pick(live))), full(pick(live)), full(x)));
    else if (kind < 0.9) {
      const { shape } = b.aval(x);
      if (shape.length > 0)
        live.push(
          b.emit(pick(['reduceSum', 'reduceMax'] as const), [x], { axes: [Math.floor(random() * shape.length)] }),
        );
    } else if (b.aval(x).shape.length === 2) {
      const t = b.transpose(x, [1, 0]);
      live.push(rows === columns ? t : b.transpose(b.mul(t, t), [1, 0]));
    }
  }
  return { program: b.finish([...live.slice(-4), pick(live)]), inputs };
}
