import assert from 'node:assert/strict';
import { GPU } from 'gpu.js';
import { cond, grad, lax, makeProgram, np, random, vmap, type NdArray } from '../../../../src/engine';
import { GpuDevice, type GpuLibrary, type GpuMode } from '../../../../src/engine/execute/gpu/device';
import { halfOf, joinHalves, splitWords } from '../../../../src/engine/execute/gpu/halves';
import { lowerToGpu } from '../../../../src/engine/execute/gpu/lower';
import { interpret } from '../../../../src/engine/execute/interpret';
import type { ArrayValue } from '../../../../src/engine/program/aval';

const key = random.key(42);
const f64 = { dtype: 'float64' } as const;

/** Functions of a key whose numbers must be the processor's, bit for bit (uniform ones: as float32 has them). */
const EXACT: Record<string, (k: NdArray) => NdArray> = {
  bits: (k) => random.bits(k, [3, 5]),
  'keys of a key': (k) => random.split(k, 3),
  'bits of a key of keys': (k) => random.bits(random.split(random.split(k).slice(1)).slice(0), [4]),
  'a folded key': (k) => random.foldIn(k, np.array(7, { dtype: 'int32' })),
  'a folded key by a traced number': (k) => random.foldIn(k, k.slice(1)),
  uniform: (k) => random.uniform(k, [33]),
  integers: (k) => random.randint(k, [40], -5, 100),
  'integers of wide spans': (k) =>
    np.concatenate([4097, 70_000, 1_000_003, 2 ** 23].map((span) => random.randint(k, [25], -span, 0))),
  'bits in the steps of a loop': (k) =>
    lax.scan(
      (from: NdArray) => {
        const keys = random.split(from);
        return [keys.slice(0), random.bits(keys.slice(1), [3])];
      },
      k,
      null,
      { length: 4 },
    )[1],
  'products of words': (k) => random.bits(k, [20]).mul(random.bits(random.split(k).slice(0), [20])),
  bernoulli: (k) => random.bernoulli(k, 0.3, [40]).astype('int32'),
  'bits of many keys': (k) => vmap((one: NdArray) => random.bits(one, [2]))(random.split(k, 4)),
};

/** The same up to rounding. */
const CLOSE: Record<string, (k: NdArray) => NdArray> = {
  normal: (k) => random.normal(k, [50]),
  'normal from 64 bits': (k) => random.normal(k, [50], f64),
  'uniform from 64 bits': (k) => random.uniform(k, [50], { ...f64, minval: -1, maxval: 3 }),
  exponential: (k) => random.exponential(k, [50]),
  'a walk of random steps, half of them': (k) =>
    lax.foriLoop(
      0,
      2,
      (step: NdArray, x: NdArray) =>
        cond(
          np.less(step, 1),
          (y: NdArray) => y.add(random.normal(random.foldIn(k, step), [4])),
          (y: NdArray) => y.mul(0.5),
          x,
        ),
      np.zeros([4]),
    ),
  'a gradient with noise': (k) => grad((x: NdArray) => np.sin(x.mul(random.normal(k, [8]))).sum())(np.ones([8])),
};

describe('random numbers in kernels', () => {
  const devices = new Map<GpuMode, GpuDevice>();
  after(() => Promise.all([...devices.values()].map((device) => device.destroy())));

  async function run(f: (k: NdArray) => NdArray, mode: GpuMode): Promise<[ArrayValue, ArrayValue]> {
    const program = makeProgram(f)(key);
    const inputs = [key.concrete];
    const device = devices.get(mode) ?? new GpuDevice(GPU as unknown as GpuLibrary, mode);
    devices.set(mode, device);
    const executable = await device.prepare(program, inputs);
    const [found] = (await executable.run(inputs)).outputs;
    await device.release(program);
    return [found, interpret(program, inputs)[0]];
  }

  for (const mode of ['cpu', 'webasm'] as const) {
    for (const [name, f] of Object.entries(EXACT))
      it(`are the processor's, bit for bit: ${name} on ${mode}`, async () => {
        const [found, expected] = await run(f, mode);
        assert.deepEqual([...found.shape], [...expected.shape]);
        assert.equal(found.dtype, expected.dtype);
        assert.deepEqual(Array.from(found.data), Array.from(expected.data));
      });
    for (const [name, f] of Object.entries(CLOSE))
      it(`are the processor's up to rounding: ${name} on ${mode}`, async () => {
        const [found, expected] = await run(f, mode);
        expected.data.forEach((value: number, at: number) =>
          assert.ok(
            Math.abs(found.data[at] - value) <= 2e-6 * Math.max(1, Math.abs(value)),
            `${found.data[at]} ≠ ${value}`,
          ),
        );
      });
  }

  it('come from programs in halves that mean the same on a processor', () => {
    const words: ArrayValue[] = [
      { shape: [4], dtype: 'uint32', data: Uint32Array.of(0, 1, 0xffffffff, 0x80000001) },
      { shape: [4], dtype: 'uint32', data: Uint32Array.of(5, 0xffffffff, 0xffff, 0x12345678) },
    ];
    const all = (x: NdArray, y: NdArray) => [
      x.add(y),
      x.sub(y),
      np.bitwiseXor(x, y),
      np.bitwiseAnd(x, y),
      np.bitwiseOr(x, y),
      ...[0, 3, 12, 20].flatMap((by) => [np.leftShift(x, by), np.rightShift(y, by)]),
      np.equal(x, y),
      np.remainder(y, np.array(1000, { dtype: 'uint32' })),
    ];
    const arrays = words.map(({ data }) => np.array(Array.from(data), { dtype: 'uint32' }));
    const program = makeProgram(all)(arrays[0], arrays[1]);
    const split = splitWords(program);
    const found = interpret(
      split.program,
      split.inputs.map(({ index, part }) => halfOf(words[index], part)),
    );
    const expected = interpret(program, words);
    split.outputs.forEach(({ index, part }, at) => {
      if (part === 'high') return;
      const { shape, data } = found[at];
      const value = part === 'low' ? joinHalves(found[at - 1].data, data, shape).data : data;
      assert.deepEqual(Array.from(value), Array.from(expected[index].data), `output ${index}`);
    });
  });

  it('are refused where a word would have to be one number', () => {
    const program = makeProgram((k: NdArray) => np.sort(random.bits(k, [4])))(key);
    assert.throws(() => lowerToGpu(program), /does not run/);
    const large = makeProgram((k: NdArray) => random.randint(k, [4], 0, 10_000_000))(key);
    assert.throws(() => lowerToGpu(large), /of integers.*2²⁴/);
  });
});
