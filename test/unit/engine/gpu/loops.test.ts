import assert from 'node:assert/strict';
import { GPU } from 'gpu.js';
import { cond, lax, makeProgram, np, type NdArray } from '../../../../src/engine';
import { GpuDevice, type GpuLibrary, type GpuMode } from '../../../../src/engine/execute/gpu/device';
import { lowerToGpu } from '../../../../src/engine/execute/gpu/lower';
import { interpret } from '../../../../src/engine/execute/interpret';
import type { ArrayValue } from '../../../../src/engine/program/aval';
import type { Program } from '../../../../src/engine/program/program';
import { gpuWorkOf } from '../../../../src/engine/execute/gpuCosts';
import { Emitter } from '../../../../src/engine/program/emitter';
import { batchProgram } from '../../../../src/engine/transforms/batch';
import { jvpProgram } from '../../../../src/engine/transforms/jvp';
import { vjpProgram } from '../../../../src/engine/transforms/reverse';
import { worstError } from '../../../gpu/cases';

const MODES: readonly GpuMode[] = ['webasm', 'cpu'];
const devices = new Map<GpuMode, GpuDevice>();

/** Runs a program on the backends of Node and compares it with float64. */
async function agrees(program: Program, inputs: readonly ArrayValue[], tolerance = 1e-6): Promise<void> {
  const expected = interpret(program, inputs);
  for (const mode of MODES) {
    const device = devices.get(mode) ?? new GpuDevice(GPU as unknown as GpuLibrary, mode);
    devices.set(mode, device);
    const executable = await device.prepare(program, inputs);
    assert.equal(executable.backend, mode);
    const { outputs } = await executable.run(inputs);
    assert.ok(worstError(outputs, expected) <= tolerance, `${mode}: ${outputs.map(({ data }) => data.join())}`);
    await device.release(program);
  }
}

const statements = (program: Program) => lowerToGpu(program).steps.reduce((sum, step) => sum + step.statements, 0);
const kernels = (program: Program) => lowerToGpu(program).steps.length;

function values(...arrays: NdArray[]): ArrayValue[] {
  return arrays.map(({ concrete }) => concrete);
}

describe('loops and branches in kernels', () => {
  after(() => Promise.all([...devices.values()].map((device) => device.destroy())));

  it('exchange carried values without losing one', async () => {
    const swap = (x: NdArray, y: NdArray) =>
      lax.scan(
        ([a, b]: readonly [NdArray, NdArray], step: NdArray) => [[b, a] as const, a.mul(step)],
        [x, y] as const,
        np.arange(5),
      );
    const args = [np.array([1, 2]), np.array([10, 20])] as const;
    const program = makeProgram((x: NdArray, y: NdArray) => swap(x, y)[0])(...args);
    await agrees(program, values(...args));
    await agrees(makeProgram((x: NdArray, y: NdArray) => swap(x, y)[1])(...args), values(...args));
  });

  it('carry a few elements at fixed places in one thread', async () => {
    const turn = (x: NdArray) =>
      lax.scan(
        (state: NdArray) => [np.stack([state.slice(1), state.slice(2), state.slice(0).mul(0.5)]), null],
        x,
        null,
        {
          length: 300,
        },
      )[0];
    const args = [np.array([1, 2, 3])] as const;
    const program = makeProgram(turn)(...args);
    assert.equal(kernels(program), 1);
    assert.ok(statements(program) < 60);
    await agrees(program, values(...args));
  });

  it('write out scans whose steps mix elements', async () => {
    const matrix = np.array([
      [0.5, 0.2],
      [-0.3, 0.4],
    ]);
    const powers = (x: NdArray) =>
      lax.scan(
        (state: NdArray, shift: NdArray) => [np.matmul(matrix, state).add(shift), state.sum()],
        x,
        np.arange(6),
        { reverse: true },
      );
    const args = [np.array([1, -1])] as const;
    await agrees(makeProgram((x: NdArray) => powers(x)[0])(...args), values(...args));
    await agrees(makeProgram((x: NdArray) => powers(x)[1])(...args), values(...args));
  });

  it('run a step of large arrays again and again, with one kernel for all its turns', async () => {
    const heat = (x: NdArray, steps: number) =>
      lax.scan(
        (state: NdArray, source: NdArray) => {
          const around = np.roll(state, 1).sub(state.mul(2)).add(np.roll(state, -1));
          return [np.sin(state.add(around.mul(0.1))).add(source), null];
        },
        x,
        np.arange(steps).div(steps),
      )[0];
    const x = np.arange(60).div(60);
    const of = (steps: number) => {
      const program = makeProgram((u: NdArray) => heat(u, steps))(x);
      return { program, vjp: vjpProgram(program, [true]) };
    };
    const made = (program: Program) => gpuWorkOf(lowerToGpu(program)).made;
    assert.equal(kernels(of(100).program), 100);
    assert.equal(made(of(100).program), 2);
    const [few, many] = [of(12), of(24)].map(({ vjp }) => made(vjp));
    assert.ok(many <= few + 2, `${many} kernels, ${few} for half the turns`);
    const vector = np.arange(60).sub(30).div(30);
    const { program, vjp } = of(6);
    await agrees(jvpProgram(vjp, [true, false]), values(x, vector, np.cos(vector)), 1e-5);
    await agrees(batchProgram(program, [0], 3), [np.stack([x, x.mul(0.5), x.neg()]).concrete]);
  });

  /** A loop whose every turn is a chain of so many operations. */
  function longTurns(turns: number, operations: number): Program {
    const inner = new Emitter();
    let [x, y] = [inner.input(SCALAR), inner.input(SCALAR)];
    for (let at = 0; at < operations; at += 3)
      [x, y] = [
        at % 5 === 0
          ? inner.sin(inner.scale(x, 0.7 + at / operations))
          : inner.add(inner.mul(x, y), inner.scale(y, 0.3)),
        x,
      ];
    const params = { body: inner.finish([x, y]), length: turns, consts: 0, carry: 2, reverse: false };
    const b = new Emitter();
    return b.finish(b.emitMany('scan', [b.input(SCALAR), b.input(SCALAR)], params));
  }
  const SCALAR = { shape: [], dtype: 'float64' } as const;

  it('hold long turns in one kernel', async () => {
    const program = longTurns(5, 2000);
    assert.equal(kernels(program), 1);
    await agrees(program, values(np.array(0.3), np.array(0.4)));
    assert.equal(kernels(batchProgram(program, [0, 0], 2)), 1);
  });

  it('cut turns that are too long for one into several, the same ones for all turns, and refuse many of these', async () => {
    const program = longTurns(4, 4700);
    const plan = lowerToGpu(program);
    const { steps } = plan;
    for (const step of steps) assert.ok(step.statements <= 1000, `${step.statements} statements in a kernel`);
    assert.ok(gpuWorkOf(plan).made < (2 / 3) * steps.length);
    const inputs = values(np.array(0.3), np.array(0.4));
    const device = new GpuDevice(GPU as unknown as GpuLibrary, 'webasm');
    const { outputs } = await (await device.prepare(program, inputs)).run(inputs);
    assert.ok(worstError(outputs, interpret(program, inputs)) < 1e-6);
    await device.destroy();
    assert.throws(() => lowerToGpu(longTurns(20, 4700)), {
      code: 'gpu-unsupported',
      message: /a loop of 20 turns of \d+ operations each: too many for one kernel, and too many turns for several/,
    });
  });

  it('compute steps that do not hang together by themselves', async () => {
    const squares = (x: NdArray) =>
      lax.scan((sum: NdArray, value: NdArray) => [sum.add(value), value.mul(value)], np.array(0), x)[1];
    const args = [np.arange(100).div(10)] as const;
    const program = makeProgram(squares)(...args);
    assert.doesNotMatch(lowerToGpu(program).steps[0].source, /for/);
    await agrees(program, values(...args));
  });

  it('read array constants inside loops and branches', async () => {
    const table = np.array([0.1, 0.7, 0.4]);
    const inLoop = (x: NdArray) => lax.foriLoop(0, 4, (_: NdArray, state: NdArray) => np.sin(state.add(table)), x);
    const inBranch = (x: NdArray) =>
      cond(
        x.slice(0).gt(0),
        (y: NdArray) => y.mul(table),
        (y: NdArray) => y.sub(table),
        x,
      );
    for (const x of [np.array([1, 2, 3]), np.array([-1, 2, 3])]) {
      await agrees(makeProgram(inLoop)(x), values(x));
      await agrees(batchProgram(makeProgram(inBranch)(x), [0], 2), [np.stack([x, x.neg()]).concrete]);
    }
  });

  it('refuse integers inside loops that float32 does not hold', async () => {
    const large = np.array([2 ** 24 + 1, 3], { dtype: 'int32' });
    const start = np.array([0, 0], { dtype: 'int32' });
    const add = (shift: NdArray) => (x: NdArray) =>
      lax.foriLoop(0, 3, (_: NdArray, state: NdArray) => state.add(shift).sub(shift), x);
    const device = new GpuDevice(GPU as unknown as GpuLibrary, 'cpu');
    for (const shift of [large, large.slice(0)])
      await assert.rejects(device.prepare(makeProgram(add(shift))(start), values(start)), /2²⁴/);
    await device.destroy();
    await agrees(makeProgram(add(np.array([2 ** 20, 3], { dtype: 'int32' })))(start), values(start), 0);
  });

  it('say which operation they do not run, and where', () => {
    const program = makeProgram((x: NdArray) => np.sort(x))(np.array([2, 1]));
    assert.throws(() => lowerToGpu(program), /does not run `sort`/);
  });
});
