import assert from 'node:assert/strict';
import { gpuWorkOf } from '../../../../src/engine/execute/gpuCosts';
import { lowerToGpu } from '../../../../src/engine/execute/gpu/lower';
import '../../../../src/engine/primitives/all';
import { Emitter } from '../../../../src/engine/program/emitter';

describe('the work that `auto` counts for a device', () => {
  it('is that of the threads which run: a block of four results each, in matrix products', () => {
    const n = 64;
    const b = new Emitter();
    const [x, y] = [b.input({ shape: [n, n], dtype: 'float64' }), b.input({ shape: [n, n], dtype: 'float64' })];
    const program = b.finish([b.dotGeneral(x, y, { lhsContract: [1], rhsContract: [0], lhsBatch: [], rhsBatch: [] })]);
    const blocks = lowerToGpu(program);
    assert.equal(blocks.steps[0].threads, (n * n) / 4);
    const [tiled, single] = [blocks, lowerToGpu(program, 'none')].map((plan) => gpuWorkOf(plan));
    assert.equal(tiled.down, n * n);
    assert.equal(tiled.statements, blocks.steps[0].threads * blocks.steps[0].work);
    // A thread with a block reads four numbers for four products; four threads with one result each read eight.
    assert.ok(tiled.statements < 0.8 * single.statements, `${tiled.statements} instead of ${single.statements}`);
  });
});
