/** Sweeps in lanes: what one sweep a direction gives, bit for bit the same however many threads take part. */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { lent, type SharedWork, type Threads } from '../../../src/engine/execute/threads';
import { LaneSweeps, type LaneMode } from '../../../src/engine/execute/lanes/sweeps';
import { jacobianOf, linearOf, pullBack, pushForward, type Linear } from '../../../src/runner/derivatives';
import { recordTarget } from '../../../src/runner/requests/common';
import { profile } from '../../../src/runner/requests/profile';
import { lendThreads } from '../../../src/runner/threads';
import { contextFor, session } from './support/derive';

const FILE = '/virtual/lanes.ts';
const SOURCE = `export function mixed(x: number[]): number[] {
  const out = [x[0], x[0], 3, x[1] - x[1], -x[2]];
  let carried = 1;
  for (let i = 0; i < x.length; i++) {
    carried = i % 3 === 0 ? Math.tanh(carried * x[i]) : carried - x[i] / (2 + Math.cos(carried));
    out.push(Math.sqrt(x[i]) * carried, Math.max(x[i], carried), x[i] ** 2);
  }
  const lost = Math.exp(carried) * x[3];
  return lost > 1e9 ? [lost] : out;
}
export function steps(u: number[]): number[] {
  for (let t = 0; t < 12; t++) u = u.map((value, i) => value + 0.1 * Math.sin(u[(i + 1) % u.length] - value));
  return u;
}`;

async function linearAt(fn: string, x: number[]): Promise<Linear> {
  return linearOf((await recordTarget(contextFor(), { file: FILE, fn, args: [x], wrt: [0] })).recorded);
}

/** One sweep a direction. */
function alone(linear: Linear, mode: LaneMode, directions: readonly number[][]): Float64Array[] {
  return directions.map((list) => {
    const seed = new Float64Array(mode === 'forward' ? linear.inputSize : linear.outputSize);
    for (const at of list) seed[at] = 1;
    return mode === 'forward' ? pushForward(linear, seed) : pullBack(linear, seed);
  });
}

const waves = (length: number) => Array.from({ length }, (_, index) => 1 + Math.sin(index));

/** Threads that are called for the smallest work, and what `change` makes of their share. */
function eager(change: (work: SharedWork) => Partial<SharedWork> = () => ({})): void {
  const threads = lent.threads as Threads;
  lent.threads = {
    count: threads.count,
    handingOver: 0,
    lend(module, memory) {
      const work = threads.lend(module, memory);
      return { ...work, ...change(work) };
    },
  };
}

describe('sweeps in lanes', () => {
  before(() => session.overlay(FILE, SOURCE));
  after(() => lendThreads(0));

  // The root of 0 has an infinite derivative, which means nothing where an input isn't reached.
  const points = { 'everywhere finite': waves(21), 'with infinite partial derivatives': [...waves(11), 0, 0.5, -0, 2] };
  for (const [name, x] of Object.entries(points)) {
    for (const mode of ['forward', 'reverse'] as const) {
      it(`are what one sweep a direction is: ${mode}, ${name}`, async () => {
        const linear = await linearAt('mixed', x);
        const size = mode === 'forward' ? linear.inputSize : linear.outputSize;
        const single = Array.from({ length: size }, (_, index) => [index]);
        const several = [[0, 1], [], [2, 3, 5, 8], single.flat()];
        const expected = alone(linear, mode, [...single, ...several]);
        assert.ok(name.includes('infinite') === expected.some((list) => list.includes(Infinity)));
        // Whole, and in parts of eight directions.
        for (const resultBytes of [undefined, 1]) {
          const lanes = new LaneSweeps(linear.linearized, resultBytes);
          const length = expected[0].length;
          const got = lanes.derivatives(mode, [...single, ...several]);
          const across = lanes.derivatives(mode, [...single, ...several], { transposed: true });
          // But for the sign of zeros.
          const assertSame = (value: number, wanted: number, where: string) =>
            assert.ok(Object.is(value + 0, wanted + 0), `${where}: ${value}, not ${wanted}`);
          expected.forEach((list, direction) =>
            list.forEach((value, at) => {
              assertSame(got[direction * length + at], value, `${direction}, ${at}`);
              assertSame(across[at * expected.length + direction], value, `${direction}, ${at} transposed`);
            }),
          );
        }
      });
    }
  }

  it('are the same bit for bit, however many threads there are; progress ends with the last direction', async () => {
    const linear = await linearAt('steps', waves(200));
    const directions = linear.inputs.map((_, index) => [index]);
    const lanes = new LaneSweeps(linear.linearized);
    lendThreads(0);
    const expected = (['forward', 'reverse'] as const).map((mode) => lanes.derivatives(mode, directions));
    assert.equal(lanes.threads, 0);
    // So many steps that several sweeps go over some of them in turns.
    for (const at of [3, 150]) {
      const column = Array.from({ length: 200 }, (_, row) => expected[0][200 * at + row]);
      assert.deepEqual(column, Array.from(alone(linear, 'forward', [[at]])[0]));
      const row = Array.from(expected[1].subarray(200 * at, 200 * (at + 1)));
      assert.deepEqual(row, Array.from(alone(linear, 'reverse', [[at]])[0]));
    }
    for (const count of [1, 2, 3]) {
      lendThreads(count);
      eager();
      for (const [index, mode] of (['forward', 'reverse'] as const).entries()) {
        lanes.threads = 0;
        // Alone at first: the threads are only starting.
        for (let call = 0; call < 500 && lanes.threads < count; call++) {
          const heard: number[] = [];
          assert.deepEqual(
            lanes.derivatives(mode, directions, { progress: (done) => heard.push(done) }),
            expected[index],
          );
          assert.equal(heard.at(-1), directions.length);
          assert.deepEqual(
            heard,
            heard.toSorted((a, b) => a - b),
          );
          await pause(5);
        }
        assert.equal(lanes.threads, count);
      }
    }
    // The threads are up: the Timing tab shows that they take part.
    const args = [waves(32)];
    const { rows } = await profile(contextFor(), { file: FILE, fn: 'steps', args, budget: 20, groups: ['jacobian'] });
    const swept = rows.find(({ id }) => id === 'jacrev-loop');
    assert.deepEqual([swept?.backend, swept?.threads], ['wasm', 4]);
  });

  it('are not missing where a thread fails: they are computed without it', async () => {
    const linear = await linearAt('steps', waves(50));
    lendThreads(0);
    const expected = jacobianOf(linear, 'forward').matrix.values;
    lendThreads(1);
    // It takes sweeps that nobody gets.
    eager(() => ({
      begin: () => true,
      finish() {
        lent.threads = undefined;
        throw new Error('failed');
      },
    }));
    assert.deepEqual(jacobianOf(linear, 'forward').matrix.values, expected);
    assert.equal(lent.threads, undefined);
  });

  it('call no threads where handing over costs more than it saves', async () => {
    const lanes = new LaneSweeps((await linearAt('steps', waves(50))).linearized);
    lendThreads(1);
    lent.threads = { ...(lent.threads as Threads), handingOver: 1e9, lend: () => assert.fail('called') };
    lanes.derivatives(
      'forward',
      Array.from({ length: 50 }, (_, index) => [index]),
    );
    assert.equal(lanes.threads, 0);
  });
});
