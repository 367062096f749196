/**
 * Random programs: every way to a derivative must agree with every other, and with differences. A failure prints the seed; give
 * it as GRADLENS_SEED to run the same programs again.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  grad,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jvp,
  simplify,
  validateProgram,
  vjp,
  vmap,
} from '../../../../src/engine/index';
import { differentiate } from '../../../../src/engine/checks/differences';
import { dot, flat, generator, randomDirection } from '../../../../src/engine/checks/vectors';
import { interpret } from '../../../../src/engine/execute/interpret';
import { run } from '../../../../src/engine/execute/run';
import { sizeOf, type ArrayValue } from '../../../../src/engine/program/aval';
import { applyProgram } from '../../../../src/engine/trace/apply';
import { ConcreteArray, type NdArray } from '../../../../src/engine/trace/ndarray';
import { toNdArray } from '../../../../src/engine/tree/leaves';
import { bind } from '../../../../src/engine/trace/bind';
import { randomCase, type RandomCase } from './generator';

const RUNS = Number(process.env.GRADLENS_PROPERTY_RUNS ?? 2000);
const seed = process.env.GRADLENS_SEED === undefined ? undefined : Number(process.env.GRADLENS_SEED);

type Vector = (...args: NdArray[]) => NdArray[];
type Scalar = (...args: NdArray[]) => NdArray;

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string, tolerance = 1e-9): void {
  assert.equal(actual.length, expected.length, `${what}: lengths`);
  let scale = 1;
  for (let index = 0; index < expected.length; index++) scale = Math.max(scale, Math.abs(expected[index]));
  for (let index = 0; index < expected.length; index++) {
    const difference = Math.abs(actual[index] - expected[index]);
    assert.ok(difference <= tolerance * scale, `${what}: element ${index} is ${actual[index]}, not ${expected[index]}`);
  }
}

function arrays(values: readonly ArrayValue[]): NdArray[] {
  return values.map((value) => ConcreteArray.of(value));
}

/** The case as a function of its inputs, all outputs in a list. */
function vectorOf({ program }: RandomCase): Vector {
  return (...args) => applyProgram(program, args);
}

/** The sum of all outputs. */
function scalarOf(test: RandomCase): Scalar {
  return (...args) =>
    applyProgram(test.program, args)
      .map((output) => bind('reduceSum', [output], { axes: output.shape.map((_, axis) => axis) }))
      .reduce((sum, each) => bind('add', [sum, each], undefined));
}

function split(values: Float64Array, like: readonly NdArray[]): NdArray[] {
  let next = 0;
  return like.map(({ shape }) => {
    const data = values.slice(next, (next += sizeOf(shape)));
    return new ConcreteArray(data, shape, 'float64');
  });
}

const allArgnums = (test: RandomCase) => test.inputs.map((_, index) => index);

/** Jacobian blocks [outputs][inputs] as one matrix, row by row. */
function matrix(blocks: unknown, outputs: readonly NdArray[], inputs: readonly NdArray[]): Float64Array[] {
  return (blocks as NdArray[][]).flatMap((row, output) => {
    const m = sizeOf(outputs[output].shape);
    return Array.from({ length: m }, (_, i) =>
      Float64Array.from(
        row.flatMap((block, input) => {
          const n = sizeOf(inputs[input].shape);
          return Array.from(block.concrete.data.slice(i * n, (i + 1) * n));
        }),
      ),
    );
  });
}

function check(test: RandomCase): void {
  const { program, inputs } = test;
  const args = arrays(inputs);
  const random = generator(program.size);
  const size = args.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const direction = randomDirection(size, random);
  const v = split(direction, args);

  // simplify and interpret agree, and so do the executors
  validateProgram(program);
  const simple = simplify(program);
  validateProgram(simple);
  const values = interpret(program, inputs);
  const simplified = interpret(simple, inputs);
  values.forEach((value, k) => {
    close(simplified[k].data, value.data, 'simplified', 1e-12);
    close(run(program, inputs)[k].data, value.data, 'run', 1e-12);
  });

  // grad = differences, along a direction
  const f = scalarOf(test);
  const gradient = flat(grad(f, allArgnums(test))(...args));
  const at = flat(args);
  const numeric = differentiate(
    (h) =>
      flat(
        f(
          ...split(
            at.map((value, k) => value + h * direction[k]),
            args,
          ),
        ),
      ),
    { step: 0.02, halvings: 4 },
  );
  const slack = 1e-6 + Math.min(10 * numeric.error[0], 1e-3);
  close([dot(gradient, direction)], numeric.value, 'gradient along a direction against differences', slack);

  // jacfwd = jacrev = rows of vjp = columns of jvp
  const g = vectorOf(test);
  const outputs = g(...args);
  const forward = matrix(jacfwd(g, allArgnums(test))(...args), outputs, args);
  const reverse = matrix(jacrev(g, allArgnums(test))(...args), outputs, args);
  forward.forEach((row, i) => close(row, reverse[i], `jacfwd and jacrev, row ${i}`));
  const row = Math.floor(random() * forward.length);
  const [, pullback] = vjp(g, ...args);
  const unit = new Float64Array(forward.length);
  unit[row] = 1;
  close(flat(pullback(split(unit, outputs))), forward[row], `vjp, row ${row}`);
  const moved = flat(jvp(g, args, v)[1]);
  close(
    moved,
    forward.map((each) => dot(each, direction)),
    'jvp against the Jacobian',
  );

  // hessian symmetric, hvp in all orders = hessian · v
  const first = args[0];
  const rest = args.slice(1);
  const h = hessian(f)(...args) as unknown as NdArray;
  const n = sizeOf(first.shape);
  const data = h.concrete.data;
  const transposed = Float64Array.from({ length: n * n }, (_, k) => data[(k % n) * n + Math.floor(k / n)]);
  close(transposed, data, 'symmetry of the Hessian', 1e-8);
  const product = Array.from({ length: n }, (_, i) => dot(data.slice(i * n, (i + 1) * n) as Float64Array, flat(v[0])));
  for (const mode of ['forwardOverReverse', 'reverseOverForward', 'reverseOverReverse', 'naive'] as const) {
    // The naive one is a Hessian again, which has been compared already.
    if (mode === 'naive' && program.size % 4 > 0) continue;
    const found = hvp(f, [first, ...rest], [v[0]], { mode });
    close(flat(found), product, `hvp ${mode}`, 1e-8);
  }

  // nested vmap = loops
  const batch = [2, 2];
  const many = new ConcreteArray(
    Float64Array.from({ length: batch[0] * batch[1] * n }, () => random() * 2 - 1),
    [...batch, ...first.shape],
    'float64',
  );
  const one = (x: NdArray) => grad(f)(x, ...rest);
  const nested = vmap(vmap(one))(many) as unknown as NdArray;
  const looped: number[] = [];
  for (let lane = 0; lane < batch[0] * batch[1]; lane++) {
    const x = new ConcreteArray(many.data.slice(lane * n, (lane + 1) * n), first.shape, 'float64');
    looped.push(...toNdArray(one(x)).concrete.data);
  }
  close(nested.concrete.data, looped, 'nested vmap of grad');
}

describe('Random programs', function () {
  this.timeout(0);

  it(`have the same derivatives whichever way (${RUNS} programs)`, () => {
    let most = 0;
    fc.assert(
      // Most are short, where mistakes are found and shrunk soonest; every fifth may be long.
      fc.property(
        fc.oneof({ weight: 4, arbitrary: randomCase(16) }, { weight: 1, arbitrary: randomCase(60) }),
        (test) => {
          most = Math.max(most, test.equations);
          check(test);
        },
      ),
      { numRuns: RUNS, ...(seed === undefined ? {} : { seed }) },
    );
    assert.ok(most >= 60, `the largest program had ${most} equations`);
  });
});
