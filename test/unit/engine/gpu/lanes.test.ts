import assert from 'node:assert/strict';
import { GPU } from 'gpu.js';
import { GpuDevice, type GpuLibrary } from '../../../../src/engine/execute/gpu/device';
import { gradientProgram, hessianMatrixProgram, jacobianMatrixProgram } from '../../../../src/engine/execute/gpu/lanes';
import { lowerToGpu } from '../../../../src/engine/execute/gpu/lower';
import { interpret } from '../../../../src/engine/execute/interpret';
import '../../../../src/engine/primitives/all';
import type { ArrayValue } from '../../../../src/engine/program/aval';
import { Emitter } from '../../../../src/engine/program/emitter';
import type { Program } from '../../../../src/engine/program/program';

const scalar = (value: number): ArrayValue => ({ shape: [], dtype: 'float64', data: Float64Array.of(value) });
const SCALAR = { shape: [], dtype: 'float64' } as const;

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

  it('run on gpu.js as one kernel chain', async () => {
    const device = new GpuDevice(GPU as unknown as GpuLibrary, 'webasm');
    const executable = await device.prepare(jacobianMatrixProgram(threeByTwo(), [true, true], 'forward'), point);
    const { outputs } = await executable.run(point);
    assert.equal(executable.backend, 'webasm');
    assert.ok(outputs[0].data.every((value, index) => Math.abs(value - jacobian[index]) < 1e-6));
    await device.destroy();
  });
});
