import assert from 'node:assert/strict';
import { GPU } from 'gpu.js';
import { GpuDevice, type GpuLibrary, type GpuMode } from '../../../../src/engine/execute/gpu/device';
import { jacobianMatrixProgram, rolledProgram } from '../../../../src/engine/execute/gpu/lanes';
import { lowerToGpu } from '../../../../src/engine/execute/gpu/lower';
import { gpuWorkOf } from '../../../../src/engine/execute/gpuCosts';
import { interpret } from '../../../../src/engine/execute/interpret';
import { compile } from '../../../../src/engine/execute/run';
import '../../../../src/engine/execute/tiers';
import type { ArrayValue } from '../../../../src/engine/program/aval';
import type { Program } from '../../../../src/engine/program/program';
import { eliminateDeadRows } from '../../../../src/engine/program/prune';
import { batchProgram } from '../../../../src/engine/transforms/batch';
import { jvpProgram } from '../../../../src/engine/transforms/jvp';
import { vjpProgram } from '../../../../src/engine/transforms/reverse';
import { worstError } from '../../../gpu/cases';
import { derive } from '../../runner/support/derive';

const ROSENBROCK = `export function f(x: number[]): number {
  let sum = 0;
  for (let i = 0; i + 1 < x.length; i++) {
    const along = 1 - x[i];
    const across = x[i + 1] - x[i] * x[i];
    sum += along * along + 100 * across * across;
  }
  return sum;
}`;

/** Runge–Kutta steps; the energy at the end, so that one number comes out. */
const PENDULUM = `export function f(state: [number, number], steps: number): number {
  let [angle, speed] = state;
  const h = 0.01;
  const pull = (a: number, s: number) => -9.81 * Math.sin(a) - 0.1 * s;
  for (let step = 0; step < steps; step++) {
    const a1 = speed, s1 = pull(angle, speed);
    const a2 = speed + 0.5 * h * s1, s2 = pull(angle + 0.5 * h * a1, speed + 0.5 * h * s1);
    const a3 = speed + 0.5 * h * s2, s3 = pull(angle + 0.5 * h * a2, speed + 0.5 * h * s2);
    const a4 = speed + h * s3, s4 = pull(angle + h * a3, speed + h * s3);
    angle += (h / 6) * (a1 + 2 * a2 + 2 * a3 + a4);
    speed += (h / 6) * (s1 + 2 * s2 + 2 * s3 + s4);
  }
  return 0.5 * speed * speed + 9.81 * (1 - Math.cos(angle));
}`;

const VERLET = `export function f([before, now]: number[], steps: number): number {
  for (let i = 0; i < steps; i++) {
    const next = 2 * now - before - 0.01 * Math.sin(now);
    before = now;
    now = next;
  }
  return now;
}`;

const waves = (count: number) => Array.from({ length: count }, (_, at) => Math.sin(at + 1));

/** Text, arguments: loops of every kind that becomes a scan. */
const LOOPS: Record<string, readonly [string, unknown[]]> = {
  'a sum over neighbours': [ROSENBROCK, [waves(30)]],
  'a recurrence of many operations': [PENDULUM, [[0.8, 0], 12]],
  'indices that run backwards, and every other one': [
    `export function f(x: number[]): number {
      let s = 0;
      for (let i = x.length - 1; i >= 0; i--) s = Math.sin(s * x[i]) + x[i];
      for (let i = 0; i < 20; i++) s += x[2 * i] * x[i] * (i + 1);
      return s;
    }`,
    [waves(40)],
  ],
  'values of the turn before': [
    `export function f([a, b]: number[]): number {
      let x = 0, y = 0, most = 0;
      for (let i = 0; i < 30; i++) {
        const t = x * x - y * y + a * 0.1;
        y = 2 * x * y + b * 0.1;
        x = t;
        most = Math.max(most, x * x + y * y);
      }
      return most;
    }`,
    [[0.9, 0.4]],
  ],
  'loops in loops, rows and columns': [
    `export function f(a: number[]): number {
      let total = 0;
      for (let i = 0; i < 6; i++) {
        let s = 0;
        for (let j = 0; j < 6; j++) {
          const d = a[i * 6 + j] - a[j * 6 + i];
          s += Math.exp(-d * d) * d + Math.sin(d) * a[j];
          s = s * 0.99 + a[i];
        }
        total += s * s;
      }
      return total;
    }`,
    [waves(36)],
  ],
  'loops of different lengths over one array': [
    `export function f(x: number[]): number {
      let s = 1;
      for (let i = 0; i < 10; i++) s = Math.sin(s * x[i]) + 0.5;
      let t = s;
      for (let i = 0; i < 16; i++) t = Math.cos(t * x[i]) - s;
      return t;
    }`,
    [waves(20)],
  ],
  'arrays out of one loop into the next, and out of the function': [
    `export function f(x: number[]): number[] {
      const y: number[] = [];
      for (let i = 0; i < x.length; i++) y.push(Math.tanh(x[i] * (i + 0.5)) + x[0]);
      const z: number[] = [];
      for (let i = 0; i < x.length; i++) z.push(Math.exp(-y[i] * y[x.length - 1 - i]) * y[i]);
      return [...z, y[3]];
    }`,
    [waves(12)],
  ],
};

/** Values of several turns before. */
const DELAYS: typeof LOOPS = {
  'Verlet’s steps': [VERLET, [[0.3, 0.31], 30]],
  'an array that is read three and two places back': [
    `export function f(x: number[]): number[] {
      const y = [x[0], x[1], x[2]];
      for (let i = 0; i < 30; i++) y.push(Math.sin(y[i]) + 0.5 * y[i + 1] * x[i]);
      return [y[32], y[7]];
    }`,
    [waves(30)],
  ],
  'steps of that kind from each of many points': [
    `export function f(x: number[]): number {
      let sum = 0;
      for (let i = 0; i < 8; i++) {
        let before = x[2 * i], now = 0.5;
        for (let k = 0; k < 25; k++) [before, now] = [now, Math.cos(before) * x[i] + 0.1 * now];
        sum += before * now;
      }
      return sum;
    }`,
    [waves(16)],
  ],
};

/** Arrays that are carried from one turn to the next. */
const ARRAYS: typeof LOOPS = {
  'a diffusion between two ends': [
    `export function f(u: number[]): number[] {
      let v = u;
      for (let t = 0; t < 6; t++) {
        const w = v.slice();
        for (let i = 1; i + 1 < v.length; i++) w[i] = Math.sin(v[i]) + 0.1 * (v[i - 1] - 2 * v[i] + v[i + 1]);
        v = w;
      }
      return v;
    }`,
    [waves(36)],
  ],
  'waves, which need two arrays before': [
    `export function f(u: number[]): number {
      let [a, b] = [u, u.map((x) => 0.9 * x)];
      for (let t = 0; t < 8; t++) {
        const next = u.map(() => 0);
        for (let i = 1; i + 1 < u.length; i++) next[i] = 2 * b[i] - a[i] + 0.2 * (b[i - 1] - 2 * b[i] + b[i + 1]) ** 3;
        [a, b] = [b, next];
      }
      let energy = 0;
      for (const x of b) energy += x * x;
      return energy;
    }`,
    [waves(36)],
  ],
  'sweeps over an array, each element after the one before': [
    `export function f(u: number[]): number {
      const v = u.slice();
      for (let t = 0; t < 5; t++)
        for (let i = 1; i + 1 < v.length; i++) v[i] += 0.3 * (v[i - 1] - 2 * v[i] + v[i + 1]);
      return v.reduce((sum, x) => sum + Math.cos(x), 0);
    }`,
    [waves(40)],
  ],
};

const scalars = (values: readonly number[]): ArrayValue[] =>
  values.map((value) => ({ shape: [], dtype: 'float64', data: Float64Array.of(value) }));

async function record(text: string, args: readonly unknown[]) {
  const { recorded } = (await derive(text, args, 'f', [0])).target;
  const program = eliminateDeadRows(recorded.program, { keepGuards: false });
  return { program, point: Array.from(recorded.inputValues) };
}

const flat = (values: readonly ArrayValue[]): number[] => values.flatMap(({ data }) => Array.from(data));

function close(found: readonly number[], expected: readonly number[]): void {
  assert.equal(found.length, expected.length);
  const scale = Math.max(1e-3, ...expected.map(Math.abs));
  found.forEach((value, at) =>
    assert.ok(Math.abs(value - expected[at]) <= 1e-12 * scale, `${value} ≠ ${expected[at]}`),
  );
}

describe('loops of plain functions', function () {
  this.timeout(60_000);

  for (const [name, [text, args]] of Object.entries({ ...LOOPS, ...DELAYS, ...ARRAYS })) {
    it(`are found again: ${name}`, async () => {
      const { program, point } = await record(text, args);
      const all = program.inputAvals.map(() => true);
      const inputs = scalars(point);
      const tangents = scalars(point.map((_, at) => Math.cos(at)));
      const cotangents = scalars(Array.from(program.outputs, (_, at) => 1 + at));
      const [n, m] = [point.length, program.outputs.length];
      const rolled = (what: Parameters<typeof rolledProgram>[2]) => {
        const found = rolledProgram(program, all, what);
        assert.ok(found, 'not rolled');
        assert.ok(found.columns.opcodes.length < program.size + 12 * n + 250);
        return found;
      };
      close(flat(interpret(rolled('value'), inputs)), flat(interpret(program, inputs)));
      const jvp = jvpProgram(program, all);
      close(
        flat(interpret(rolled('jvp'), [...inputs, ...tangents])),
        flat(interpret(jvp, [...inputs, ...tangents])).slice(-m),
      );
      const vjp = vjpProgram(program, all);
      const pulled = flat(interpret(vjp, [...inputs, ...cotangents])).slice(-n);
      close(flat(interpret(rolled('vjp'), [...inputs, ...cotangents])), pulled);
      if (m > 1) return;
      close(flat(interpret(rolled('gradient'), inputs)), pulled);
      const seeded = (values: readonly ArrayValue[]) => [...inputs, ...scalars([1]), ...values];
      const hvp = jvpProgram(vjp, [...all, false]);
      close(flat(interpret(rolled('hvp'), [...inputs, ...tangents])), flat(interpret(hvp, seeded(tangents))).slice(-n));
      // By some of the inputs only.
      const some = all.map((_, at) => at % 3 !== 1);
      const gradient = flat(interpret(rolledProgram(program, some, 'gradient') as Program, inputs));
      close(
        gradient,
        pulled.filter((_, at) => some[at]),
      );
    });
  }

  it('stay as they were traced where they are no scans', async () => {
    const { program, point } = await record(
      `export function f(u: number[]): number[] {
        let v = u;
        for (let t = 0; t < 6; t++) v = v.map((x, i) => x + 0.1 * (v[(i + 1) % v.length] - 2 * x + v[(i + v.length - 1) % v.length]));
        return v;
      }`,
      [waves(9)],
    );
    const all = program.inputAvals.map(() => true);
    assert.equal(rolledProgram(program, all, 'value'), undefined);
    const [forward, reverse] = (['forward', 'reverse'] as const).map((mode) =>
      flat(interpret(jacobianMatrixProgram(program, all, mode), scalars(point))),
    );
    close(forward, reverse);
  });

  /** A program for many points, a little apart. */
  function lanesOf(program: Program, values: readonly number[], lanes: number): [Program, ArrayValue[]] {
    const axes = program.inputAvals.map(() => 0);
    const inputs = values.map((value, input): ArrayValue => {
      const data = Float64Array.from({ length: lanes }, (_, lane) =>
        Math.fround(value + 1e-4 * Math.sin(lane + input)),
      );
      return { shape: [lanes], dtype: 'float64', data };
    });
    return [batchProgram(program, axes, lanes), inputs];
  }

  it('are kernels of a thread an element where they carry arrays', async () => {
    const device = new GpuDevice(GPU as unknown as GpuLibrary, 'webasm');
    for (const [text, args] of Object.values(ARRAYS)) {
      const { program, point } = await record(text, args);
      const all = program.inputAvals.map(() => true);
      const one = rolledProgram(program, all, 'jvp') as Program;
      const [lanes, inputs] = lanesOf(one, [...point, ...point.map((_, at) => Math.cos(at))], 5);
      const executable = await device.prepare(lanes, inputs);
      const { text: statements } = gpuWorkOf(executable.plan);
      const { size } = eliminateDeadRows(jvpProgram(program, all));
      assert.ok(statements < size, `${statements} statements of ${size} operations`);
      const error = worstError((await executable.run(inputs)).outputs, interpret(lanes, inputs));
      assert.ok(error < 1e-5, String(error));
      await device.release(lanes);
    }
    await device.destroy();
  });

  const LANES = 256;
  const WORKLOADS = [
    ['Rosenbrock’s function of 80 numbers', ROSENBROCK, [waves(80)], ['gradient', 'jvp', 'hvp']],
    ['300 Runge–Kutta steps of a pendulum', PENDULUM, [[0.8, 0], 300], ['gradient', 'hvp']],
    ['60 of Verlet’s steps', VERLET, [[0.3, 0.31], 60], ['gradient', 'hvp']],
  ] as const;
  for (const [name, text, args, forms] of WORKLOADS) {
    it(`are loops in the kernels of ${name}, for ${LANES} lanes`, async () => {
      const { program, point } = await record(text, args as unknown as unknown[]);
      for (const form of forms) {
        const one = rolledProgram(
          program,
          program.inputAvals.map(() => true),
          form,
        ) as Program;
        const tangents = form === 'gradient' ? [] : point.map((_, at) => Math.cos(at));
        for (const mode of ['webasm', 'cpu'] as const satisfies readonly GpuMode[]) {
          // gpu.js's JavaScript takes seconds for more than one product in all lanes.
          const [lanes, inputs] = lanesOf(one, [...point, ...tangents], form !== 'jvp' && mode === 'cpu' ? 16 : LANES);
          const { steps } = lowerToGpu(lanes);
          const statements = steps.reduce((sum, step) => sum + step.statements, 0);
          assert.ok(steps.some(({ source }) => /for \(/.test(source)));
          assert.ok(statements < program.size, `${statements} statements of ${program.size} operations`);
          const expected = compile(lanes).run(inputs);
          const device = new GpuDevice(GPU as unknown as GpuLibrary, mode);
          const executable = await device.prepare(lanes, inputs);
          assert.equal(executable.backend, mode);
          // prepare() has run it once; its results come again.
          const error = worstError((await executable.run(inputs)).outputs, expected);
          assert.ok(error < 5e-5, `${form} on ${mode}: ${error}`);
          await device.destroy();
        }
      }
    });
  }
});
