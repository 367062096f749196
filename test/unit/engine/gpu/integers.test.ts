import assert from 'node:assert/strict';
import { GPU } from 'gpu.js';
import { lax, makeProgram, np, type NdArray } from '../../../../src/engine';
import { GpuDevice, type GpuLibrary } from '../../../../src/engine/execute/gpu/device';
import { interpret } from '../../../../src/engine/execute/interpret';
import '../../../../src/engine/primitives/all';
import type { ArrayValue, DType } from '../../../../src/engine/program/aval';
import { Emitter } from '../../../../src/engine/program/emitter';
import type { Program, Row } from '../../../../src/engine/program/program';

const int32 = (...data: number[]): ArrayValue => ({
  shape: [data.length],
  dtype: 'int32',
  data: Int32Array.from(data),
});
const uint32 = (...data: number[]): ArrayValue => ({
  shape: [data.length],
  dtype: 'uint32',
  data: Uint32Array.from(data),
});
const float = (...data: number[]): ArrayValue => ({
  shape: [data.length],
  dtype: 'float64',
  data: Float64Array.from(data),
});

function build(inputs: readonly ArrayValue[], write: (b: Emitter, rows: readonly Row[]) => readonly Row[]): Program {
  const b = new Emitter();
  const rows = inputs.map((input) => b.input(input));
  return b.finish(write(b, rows));
}

describe('integers in kernels', () => {
  let device: GpuDevice;
  before(() => {
    device = new GpuDevice(GPU as unknown as GpuLibrary, 'cpu');
  });
  after(() => device.destroy());

  async function run(program: Program, inputs: readonly ArrayValue[]): Promise<number[][]> {
    const { outputs } = await (await device.prepare(program, inputs)).run(inputs);
    return outputs.map(({ data }) => Array.from(data));
  }

  async function agrees(program: Program, inputs: readonly ArrayValue[]): Promise<void> {
    const expected = interpret(program, inputs).map(({ data }) => Array.from(data, (value: number) => value + 0));
    assert.deepEqual(
      (await run(program, inputs)).map((data) => data.map((value) => value + 0)),
      expected,
    );
  }

  it('are exact up to 2²⁴ and refused beyond, given or computed', async () => {
    const inputs = [int32(3, 4)];
    const sum = build(inputs, (b, [x]) => [b.add(x, b.fullLike(x, 1)), b.add(x, x)]);
    await agrees(sum, [int32(2 ** 23 - 1, -5)]);
    // 2²⁴ + 1 would round to 2²⁴, and look like a result.
    for (const value of [2 ** 24 + 1, 2 ** 24, 2 ** 23 + 1]) await assert.rejects(run(sum, [int32(value, 0)]), /2²⁴/);
  });

  it('are refused where something between inputs and results leaves the bounds', async () => {
    const inputs = [int32(3, 4), int32(5, 6)];
    const middle = build(inputs, (b, [x, y]) => [
      b.sub(b.mul(x, y), b.mul(x, y)),
      b.emit('rem', [b.mul(x, x), y], undefined),
    ]);
    await agrees(middle, [int32(4000, -3), int32(4000, 7)]);
    await assert.rejects(run(middle, [int32(70_001, 2), int32(70_003, 3)]), /`mul` of integers.*2²⁴/);
    const total = build(inputs, (b, [x]) => [b.gt(b.reduceSum(x, [0]), b.convert(b.literal(0), 'int32'))]);
    await assert.rejects(run(total, [int32(2 ** 24, 2 ** 24), int32(0, 0)]), /`reduceSum` of integers/);
    const constant = build([int32(1)], (b, [x]) => [b.mul(b.constant(int32(100_000)), b.constant(int32(100_000))), x]);
    await assert.rejects(run(constant, [int32(1)]), /`mul` of integers/);
  });

  it('are refused where unsigned ones would wrap around', async () => {
    const inputs = [uint32(3), uint32(2)];
    const difference = build(inputs, (b, [x, y]) => [b.convert(b.sub(x, y), 'float64')]);
    await agrees(difference, inputs);
    await assert.rejects(run(difference, [uint32(2), uint32(3)]), /may be negative/);
    const cast = build([int32(1)], (b, [x]) => [b.convert(x, 'uint32')]);
    await agrees(cast, [int32(7)]);
    await assert.rejects(run(cast, [int32(-1)]), /may be negative/);
  });

  it('divide as integers do, and by zero as XLA', async () => {
    const inputs = [int32(7, -7, 7, -7, 9, 0, 5, 16_777_213), int32(2, 2, -2, -2, 3, 4, 0, 3)];
    await agrees(
      build(inputs, (b, [x, y]) => [b.div(x, y), b.emit('rem', [x, y], undefined)]),
      inputs,
    );
  });

  it('come from floats towards zero, limited, and 0 from NaN', async () => {
    const inputs = [float(2.9, -2.9, NaN, 1e12, -1e12, Infinity)];
    const floats = (to: DType) => build(inputs, (b, [x]) => [b.convert(b.convert(x, to), 'float64')]);
    await assert.doesNotReject(run(floats('int32'), inputs));
    assert.deepEqual(
      (await run(floats('int32'), inputs))[0].map((value) => value + 0),
      [2, -2, 0, 2 ** 31, -(2 ** 31), 2 ** 31],
    );
    assert.deepEqual((await run(floats('uint32'), inputs))[0], [2, 0, 0, 2 ** 32, 0, 2 ** 32]);
    // What is computed with them further is known once the program has run.
    const next = build([float(1)], (b, [x]) => [b.shift(b.convert(x, 'int32'), 1)]);
    await agrees(next, [float(41.5)]);
    await assert.rejects(run(next, [float(2 ** 24)]), /`add` of integers/);
  });

  it('count the turns of loops, however many', async () => {
    const program = makeProgram((x: NdArray) =>
      lax.foriLoop(0, 5000, (i: NdArray, sum: NdArray) => sum.add(i.astype('float64').mul(1e-3)), x),
    )(np.array(0));
    const [[value]] = await run(program, [np.array(0).concrete]);
    assert.ok(Math.abs(value - 12497.5) < 1, String(value));
    const doubling = makeProgram((x: NdArray) => lax.foriLoop(0, 30, (_: NdArray, v: NdArray) => v.add(v), x))(
      np.array(1, { dtype: 'int32' }),
    );
    await assert.rejects(run(doubling, [np.array(1, { dtype: 'int32' }).concrete]), /`add` of integers/);
  });
});
