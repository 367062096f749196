import assert from 'node:assert/strict';
import { Bytes } from '../../../../src/engine/execute/wasm/bytes';
import { F64, I32, OP } from '../../../../src/engine/execute/wasm/instructions';
import { ModuleWriter } from '../../../../src/engine/execute/wasm/module';

const bytes = (write: (bytes: Bytes) => void): number[] => {
  const out = new Bytes();
  write(out);
  return [...out.finish()];
};

describe('the WebAssembly encoder', () => {
  it('writes unsigned and signed LEB128', () => {
    assert.deepEqual(
      bytes((out) => out.u32(0).u32(127).u32(128).u32(624485).u32(0xffffffff)),
      [0, 127, 0x80, 1, 0xe5, 0x8e, 0x26, 0xff, 0xff, 0xff, 0xff, 0x0f],
    );
    assert.deepEqual(
      bytes((out) => out.s32(0).s32(-1).s32(63).s32(64).s32(-64).s32(-65).s32(-123456)),
      [0, 0x7f, 63, 0xc0, 0, 0x40, 0xbf, 0x7f, 0xc0, 0xbb, 0x78],
    );
    assert.deepEqual(
      bytes((out) => out.s64(-1n).s64(1n << 62n)),
      [0x7f, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0xc0, 0],
    );
  });

  it('writes modules that run: imports, memory, loops, several functions', () => {
    const module = new ModuleWriter();
    const sine = module.import('sin', [F64], [F64]);
    assert.equal(module.import('sin', [F64], [F64]), sine);
    const twice = module.function([F64], [F64]);
    twice.get(0).call(sine).f64(2).op(OP.f64Mul);
    const sum = module.function([I32], [F64], 'sum');
    const [total, at] = [sum.local(F64), sum.local(I32)];
    sum.loop();
    sum.get(total).get(at).loadF64(64).call(twice.index).op(OP.f64Add).set(total);
    sum.get(at).i32(8).op(OP.i32Add).set(at);
    sum.get(0).i32(1).op(OP.i32Sub).tee(0).brIf(0).end();
    sum.get(total);
    const memory = new WebAssembly.Memory({ initial: 1 });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), {
      env: { memory, sin: Math.sin },
    });
    new Float64Array(memory.buffer, 64).set([1, 2, 3]);
    const run = instance.exports.sum as (count: number) => number;
    assert.equal(run(3), 2 * Math.sin(1) + 2 * Math.sin(2) + 2 * Math.sin(3));
  });
});
