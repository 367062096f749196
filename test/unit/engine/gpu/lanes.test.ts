import assert from 'node:assert/strict';
import { GPU } from 'gpu.js';
import { GpuDevice, type GpuLibrary } from '../../../../src/engine/execute/gpu/device';
import { gradientProgram, hessianMatrixProgram, jacobianMatrixProgram } from '../../../../src/engine/execute/gpu/lanes';
import { lowerToGpu } from '../../../../src/engine/execute/gpu/lower';
import { interpret } from '../../../../src/engine/execute/interpret';
import '../../../../src/engine/primitives/all';
import type { ArrayValue } from '../../../../src/engine/program/aval';
import { Emitter } from '../../../../src/engine/program/emitter';
import type { Program, Row } from '../../../../src/engine/program/program';
import { worstError } from '../../../gpu/cases';

const scalar = (value: number): ArrayValue => ({ shape: [], dtype: 'float64', data: Float64Array.of(value) });
const SCALAR = { shape: [], dtype: 'float64' } as const;

/** Statements in one kernel: past some 1,500 drivers take seconds to compile. */
const LONGEST = 1500;

/** (x, y) → (x y, sin x, x + y²): as a plain TypeScript function is recorded, one row a number. */
function threeByTwo(): Program {
  const b = new Emitter();
  const [x, y] = [b.input(SCALAR), b.input(SCALAR)];
  return b.finish([b.mul(x, y), b.sin(x), b.add(x, b.mul(y, y))]);
}

describe('lanes', () => {
  const point = [scalar(0.5), scalar(-2)];
  const jacobian = [-2, 0.5, Math.cos(0.5), 0, 1, -4];

  for (const mode of ['forward', 'reverse'] as const) {
    it(`give the 3×2 Jacobian row by row, ${mode}`, () => {
      const [matrix] = interpret(jacobianMatrixProgram(threeByTwo(), [true, true], mode), point);
      assert.deepEqual([...matrix.shape], [3, 2]);
      assert.deepEqual(
        Array.from(matrix.data, (value) => Number(value.toFixed(12))),
        jacobian.map((value) => Number(value.toFixed(12))),
      );
    });
  }

  it('leave out the inputs that are not active', () => {
    const [matrix] = interpret(jacobianMatrixProgram(threeByTwo(), [false, true], 'forward'), point);
    assert.deepEqual([...matrix.data], [0.5, 0, -4]);
  });

  it('give gradient and Hessian of a scalar function', () => {
    const b = new Emitter();
    const [x, y] = [b.input(SCALAR), b.input(SCALAR)];
    const program = b.finish([b.mul(b.mul(x, x), y)]);
    const gradient = interpret(gradientProgram(program, [true, true]), point);
    assert.deepEqual(
      gradient.map(({ data }) => data[0]),
      [-2, 0.25],
    );
    const [hessian] = interpret(hessianMatrixProgram(program, [true, true]), point);
    assert.deepEqual([...hessian.data], [-4, 1, 1, 0]);
  });

  it('compute in a branch what only one output needs, and before the branches what several do', () => {
    const b = new Emitter();
    const [x, y] = [b.input(SCALAR), b.input(SCALAR)];
    const both = b.sin(b.mul(x, y));
    let [first, second] = [both, b.add(both, y)];
    for (let step = 0; step < 4; step++) {
      first = b.mul(b.emit('tanh', [first], undefined), x);
      second = b.mul(b.exp(b.neg(second)), y);
    }
    const program = b.finish([first, second]);
    const { steps } = lowerToGpu(jacobianMatrixProgram(program, [true, true], 'forward'));
    assert.equal(steps.length, 1);
    const [, before, one, other] = /^([^]*?) {2}if \(([^]*?)\n {2}if \(([^]*)$/.exec(steps[0].source) ?? [];
    assert.match(before, /glCos/);
    assert.doesNotMatch(before, /glTanh|glExp/);
    assert.match(one, /glTanh/);
    assert.doesNotMatch(one, /glExp/);
    assert.match(other, /glExp/);
    assert.doesNotMatch(other, /glTanh/);
  });

  /** (x₁ … x_n) → m numbers that share one computation, and each its own: as a plain function without loops is recorded. */
  function manyOutputs(n: number, m: number): Program {
    const b = new Emitter();
    const x = Array.from({ length: n }, () => b.input(SCALAR));
    const shared = x.slice(1).reduce((sum, value) => b.emit('tanh', [b.add(sum, b.mul(sum, value))], undefined), x[0]);
    let last = shared;
    const outputs = Array.from({ length: m }, (_, at) => {
      // In an order without a period: nothing to roll up.
      last =
        (Math.imul(at + 1, 0x9e3779b1) >>> 15) % 2 === 0
          ? b.mul(b.sin(last), x[at % n])
          : b.add(b.mul(last, shared), x[(at * 7) % n]);
      return last;
    });
    return b.finish(outputs);
  }

  it('share the primal among many outputs, in kernels of sensible length', async () => {
    const n = 6;
    const active = Array.from({ length: n }, () => true);
    const many = Array.from({ length: n }, (_, at) => scalar(Math.fround(Math.cos(at) / 2)));
    for (const m of [16, 96]) {
      const program = manyOutputs(n, m);
      const matrix = jacobianMatrixProgram(program, active, 'reverse');
      const { steps } = lowerToGpu(matrix);
      const statements = steps.reduce((sum, step) => sum + step.statements, 0);
      assert.ok(statements < 2.5 * matrix.size, `${statements} statements of ${matrix.size} rows`);
      assert.ok(steps.length <= 1 + m / 16, `${steps.length} kernels`);
      for (const step of steps) assert.ok(step.statements <= LONGEST, `${step.statements} statements in a kernel`);
      const [expected] = interpret(jacobianMatrixProgram(program, active, 'forward'), many);
      const device = new GpuDevice(GPU as unknown as GpuLibrary, 'webasm');
      const { outputs } = await (await device.prepare(matrix, many)).run(many);
      assert.ok(worstError(outputs, [expected]) < 1e-5);
      await device.destroy();
    }
  });

  it('are as long for a thousand outputs of an array as for ten', () => {
    const [few, many] = [10, 1000].map((m) => {
      const b = new Emitter();
      const [weights, x] = [b.input({ shape: [m, 4], dtype: 'float64' }), b.input({ shape: [4], dtype: 'float64' })];
      const product = { lhsContract: [1], rhsContract: [0], lhsBatch: [], rhsBatch: [] };
      const program = b.finish([b.sin(b.dotGeneral(weights, b.emit('tanh', [x], undefined), product))]);
      const { steps } = lowerToGpu(jacobianMatrixProgram(program, [false, true], 'reverse'));
      return steps.reduce((sum, { statements }) => sum + statements, 0);
    });
    assert.ok(many <= few, `${many} statements instead of ${few}`);
  });

  it('take all stacked results of a scan out of one loop', async () => {
    const b = new Emitter();
    const results = 40;
    const x = b.input(SCALAR);
    const inner = new Emitter();
    let carried = inner.input(SCALAR);
    const stacks: Row[] = [];
    for (let at = 0; at < results; at++) stacks.push((carried = inner.sin(inner.shift(carried, at / 8))));
    const body = inner.finish([carried, ...stacks]);
    const stacked = b.emitMany('scan', [x], { body, length: 3, consts: 0, carry: 1, reverse: false });
    const program = b.finish(stacked.slice(1).map((row) => b.reduceSum(b.mul(row, row), [0])));
    const statements = lowerToGpu(program).steps.reduce((sum, step) => sum + step.statements, 0);
    assert.ok(statements < 20 * results, `${statements} statements`);
    const device = new GpuDevice(GPU as unknown as GpuLibrary, 'webasm');
    const { outputs } = await (await device.prepare(program, [scalar(0.5)])).run([scalar(0.5)]);
    assert.ok(worstError(outputs, interpret(program, [scalar(0.5)])) < 1e-5);
    await device.destroy();
  });

  it('run on gpu.js as one kernel chain', async () => {
    const device = new GpuDevice(GPU as unknown as GpuLibrary, 'webasm');
    const executable = await device.prepare(jacobianMatrixProgram(threeByTwo(), [true, true], 'forward'), point);
    const { outputs } = await executable.run(point);
    assert.equal(executable.backend, 'webasm');
    assert.ok(outputs[0].data.every((value, index) => Math.abs(value - jacobian[index]) < 1e-6));
    await device.destroy();
  });
});
