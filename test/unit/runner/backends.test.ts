import assert from 'node:assert/strict';
import { GradLensError } from '../../../src/engine/errors';
import { deserializeProgram, type SerializedProgram } from '../../../src/engine/program/serialize';
import type { ArrayValue } from '../../../src/engine/program/aval';
import { runOnGpu } from '../../../src/runner/gpu/nodeGpu';
import { ownGpu } from '../../../src/runner/gpu/remoteGpu';
import type { BackendChoice, Data, EvaluateParams, Operation } from '../../../src/runner/protocol';
import { evaluate } from '../../../src/runner/requests/evaluate';
import type { ProfileRow } from '../../../src/runner/protocol';
import { emptyRow } from '../../../src/runner/requests/measure';
import { crossoverOf, profile } from '../../../src/runner/requests/profile';
import { exportProgram } from '../../../src/runner/requests/program';
import { slice } from '../../../src/runner/requests/slice';
import { contextFor, session } from './support/derive';

const FILE = '/virtual/backends.ts';
const SOURCE = `export function energy(x: number[]): number {
  let sum = 0;
  for (let i = 0; i + 1 < x.length; i++) sum += Math.tanh(x[i] * x[i + 1]) + Math.exp(-x[i] * x[i]);
  return sum;
}
export function map(x: number[]): number[] {
  return [x[0] * x[1], Math.sin(x[0]), x[1] / (1 + x[2] * x[2])];
}
`;
const AT: Data[] = [[0.5, -1.25, 0.75]];

const numbersOf = (data: Data): number[] => (typeof data === 'number' ? [data] : (data as Data[]).flatMap(numbersOf));

/** What the user gets from each backend for one request. */
async function on(backend: BackendChoice, fn: string, op: Operation, extra: Partial<EvaluateParams> = {}) {
  return evaluate(contextFor(), { file: FILE, fn, op, args: AT, backend, ...extra });
}

describe('--backend', function () {
  this.timeout(60_000);
  before(() => session.overlay(FILE, SOURCE));

  const requests: [string, Operation, Partial<EvaluateParams>][] = [
    ['energy', 'grad', {}],
    ['energy', 'hessian', {}],
    ['energy', 'hvp', { vector: [1, -2, 0.5] }],
    ['map', 'jacobian', {}],
    ['map', 'jacfwd', {}],
    ['map', 'jacrev', {}],
    ['map', 'jvp', { tangent: [1, 2, 3] }],
    ['map', 'vjp', { cotangent: [1, 0, -1] }],
  ];
  for (const [fn, op, extra] of requests) {
    it(`gives the same ${op} by interpreting, by WebAssembly and by gpu.js`, async () => {
      const expected = await on('interpret', fn, op, extra);
      assert.equal(expected.backend, 'interpret');
      const compiled = await on('wasm', fn, op, extra);
      assert.equal(compiled.backend, 'wasm');
      const kernels = await on('gpu', fn, op, extra);
      assert.equal(kernels.backend, 'gpu.js webasm (float32)');
      const want = numbersOf(expected.result);
      assert.ok(want.some((value) => value !== 0));
      for (const [found, tolerance] of [
        [compiled, 1e-12],
        [kernels, 1e-5],
      ] as const) {
        const got = numbersOf(found.result);
        assert.equal(got.length, want.length);
        got.forEach((value, index) =>
          assert.ok(
            Math.abs(value - want[index]) <= tolerance * (1 + Math.abs(want[index])),
            `${index}: ${value}, not ${want[index]}`,
          ),
        );
      }
    });
  }
});

describe('profile', function () {
  this.timeout(120_000);

  it('times every strategy and backend, and says what ran', async () => {
    session.overlay(FILE, SOURCE);
    const { rows, gpuChoice } = await profile(contextFor(), { file: FILE, fn: 'map', args: AT, budget: 500 });
    assert.match(
      gpuChoice ?? '',
      /^`auto` stays on the CPU: \S+ \S+ on wasm against \S+ \S+ on webasm \(transfer \S+ \S+ \+ launch \S+ \S+ \+ work \S+ \S+; kernels once \S+ \S+\)\.$/,
    );
    const ids = rows.map(({ id }) => id);
    for (const id of [
      'value',
      'jvp',
      'vjp',
      'jacfwd',
      'jacrev',
      'compressed',
      'differences',
      'products-loop',
      'products-vmap',
      'scaling-forward-16',
      'scaling-reverse-16',
    ]) {
      assert.ok(ids.includes(id), id);
    }
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(
      rows.filter(({ group }) => group === 'backend').map(({ backend }) => backend),
      ['interpret', 'wasm', 'gpu.js webasm'],
    );
    for (const row of rows) {
      assert.equal(row.unavailable, undefined, row.id);
      assert.ok(row.median > 0 && row.p10 <= row.median && row.median <= row.p90, row.id);
    }
    // What each costs is its own, not the function's.
    const cost = (id: string) => rows.find((row) => row.id === id)!;
    const { operations } = cost('value');
    assert.ok(cost('jvp').operations > cost('value-program').operations);
    assert.equal(cost('differences').operations, 2 * cost('jacfwd-loop').operations);
    assert.equal(cost('products-loop').operations, 16 * operations);
    assert.ok(cost('scaling-forward-16').operations > cost('scaling-forward-4').operations);
    assert.ok(cost('jvp').bytes > 0 && Number.isNaN(cost('value').bytes));
    assert.equal(new Set(rows.map(({ bytes }) => bytes)).size > 5, true);
    const kernels = rows.find(({ id }) => id === 'backend-gpu.js');
    assert.ok(kernels?.error !== undefined && kernels.error < 1e-5);
    for (const op of ['jvp', 'vjp']) {
      const products = rows.find(({ id }) => id === `products-gpu-${op}`);
      assert.equal(products?.label, `16 ${op.toUpperCase()}s, gpu.js webasm (float32)`);
      assert.ok(products.error !== undefined && products.error > 0 && products.error < 1e-5);
    }
  });

  it('keeps to its budget: what would take longer is not tried, and says so', async () => {
    session.overlay(
      FILE,
      `export function dense(x: number[]): number[] {
  return x.map((_, i) => x.reduce((sum, value, j) => sum + Math.sin(i + j) * value, 0));
}`,
    );
    const { rows, gpuChoice } = await profile(contextFor(), {
      file: FILE,
      fn: 'dense',
      args: [Array.from({ length: 260 }, (_, index) => index)],
      budget: 20,
    });
    assert.ok(rows[0].median > 0);
    assert.match(
      gpuChoice ?? '',
      /^`auto` stays on the CPU, about \S+ \S+ on wasm: The GPU does not run arrays of more than \d+ numbers\.$/,
    );
    for (const id of ['value-program', 'jacfwd', 'jacrev', 'differences', 'scaling-reverse-64', 'backend-gpu.js']) {
      const row = rows.find((each) => each.id === id);
      assert.match(row?.unavailable ?? '', /^unavailable: it would take about \S+ s, too long for the budget$/, id);
      assert.equal(row?.runs, 0, id);
    }
  });

  it('says of every row without figures why, where the matrix is too large to be timed as a whole', async () => {
    session.overlay(
      FILE,
      "import { np } from 'gradlens';\nexport function wide(x: number[]) { return np.multiply(2, x); }",
    );
    const args = [Array.from({ length: 1001 }, (_, index) => index)];
    const { rows, gpuChoice } = await profile(contextFor(), { file: FILE, fn: 'wide', args, budget: 10 });
    for (const id of [
      'jacfwd',
      'jacrev',
      'jacfwd-loop',
      'jacrev-loop',
      'differences',
      'backend-wasm',
      'backend-gpu.js',
    ])
      assert.equal(
        rows.find((row) => row.id === id)?.unavailable,
        'unavailable: a matrix of 1002001 entries is too large to time as a whole',
        id,
      );
    for (const { id, unavailable, median } of rows) assert.ok(unavailable ?? median >= 0, id);
    assert.match(gpuChoice ?? '', /^`auto` stays on the CPU.*about \S+ \S+ on interpret/);
  });

  it('makes no kernels of too many operations', async () => {
    session.overlay(
      FILE,
      `export function turns(x: number[]): number {
  let y = x[0];
  for (let i = 0; i < 30_000; i++) y = Math.sin(y * (i % 7) + x[(Math.imul(i + 1, 0x9e3779b1) >>> 15) % 3]);
  return y;
}`,
    );
    const ask = (backend: BackendChoice | undefined) =>
      evaluate(contextFor(), { file: FILE, fn: 'turns', op: 'grad', args: AT, ...(backend && { backend }) });
    session.configuration.backend = 'gpu';
    const { notice, backend } = await ask(undefined);
    session.configuration.backend = 'auto';
    assert.equal(backend, 'interpret');
    assert.match(notice?.message ?? '', /^Computed on the CPU: Kernels of \d+ operations would take too long to make/);
    await assert.rejects(ask('gpu'), { code: 'gpu-unsupported' });
  });

  it('exports products with several vectors as one program, also of loops that kernels keep, with what they are in float64', async () => {
    session.overlay(FILE, SOURCE);
    for (const [fn, op, rows] of [
      ['map', 'jvp', 3],
      ['energy', 'jvp', 1],
      ['energy', 'vjp', 3],
    ] as const) {
      const products = await exportProgram(contextFor(), { file: FILE, fn, args: AT, op, products: 4 });
      assert.equal(products.expected?.length, 4 * rows);
      const { outputs } = await runOnGpu(
        deserializeProgram(products.program as SerializedProgram),
        products.inputs as ArrayValue[],
      );
      const found = outputs.flatMap(({ data }) => Array.from(data));
      products.expected.forEach((value, index) =>
        assert.ok(Math.abs(found[index] - value) < 1e-5 * (1 + Math.abs(value))),
      );
      assert.ok(products.expected.every((value) => value !== 0 || fn === 'map'));
    }
  });

  it('finds where forward mode begins to cost more than all outputs in reverse', () => {
    const row = (id: string, median: number, size?: number): ProfileRow => ({
      ...emptyRow({ id, label: id, group: 'scaling', backend: 'wasm', size }),
      median,
    });
    const forward = [1, 4, 16].map((k) => row(`scaling-forward-${k}`, 2 * k, k));
    const found = crossoverOf([row('jacrev', 16), ...forward]);
    assert.ok(Math.abs((found?.size ?? NaN) - 8) < 1e-12);
    assert.match(found?.message ?? '', /as much as 8.0 JVPs here: reverse mode pays from 8 inputs on/);
    assert.equal(crossoverOf([row('jacrev', 100), ...forward]), undefined);
    assert.match(crossoverOf([row('jacrev', 1), ...forward])?.message ?? '', /from 1 input on/);
    assert.equal(crossoverOf(forward), undefined);
  });

  it('times the orders of Hessian-vector products of a scalar function', async () => {
    const { rows } = await profile(contextFor(), { file: FILE, fn: 'energy', args: AT, budget: 300, groups: ['hvp'] });
    assert.deepEqual(
      rows.filter(({ group }) => group === 'hvp').map(({ id }) => id),
      ['hvp-fwd-rev', 'hvp-rev-fwd', 'hvp-rev-rev', 'hvp-naive'],
    );
    assert.ok(rows.every(({ median }) => Number.isFinite(median)));
  });
});

describe('results in float32', function () {
  this.timeout(60_000);
  const source = `export function cancels(x: number[]): number[] {
  return [x[0] / 1000, (1 + x[1]) * (1 + x[1]) - 2 * x[1]];
}`;
  before(() => session.overlay(FILE, source));
  after(() => (session.configuration.gpuTolerance = 1e-3));
  const ask = (op: Operation, tolerance: number) => {
    const context = contextFor();
    context.session.configuration.gpuTolerance = tolerance;
    return evaluate(context, { file: FILE, fn: 'cancels', op, args: [[1, 1e-3]], backend: 'gpu', wrt: [0] });
  };

  it('are marked where they are off by more than the tolerance, with the worst entry named', async () => {
    const { float32, warnings } = await ask('jacobian', 1e-7);
    assert.equal(float32?.worst?.name, '∂f[1]/∂x[1]');
    assert.ok(float32.error > 1e-7 && float32.worst.found !== float32.worst.expected);
    const mark = warnings.find(({ code }) => code === 'float32-error');
    assert.match(mark?.message ?? '', /^In float32 the derivative is off by .* ∂f\[1\]\/∂x\[1\] is /);
    assert.equal(mark?.location.line, 1);
  });

  it('are not marked within the tolerance', async () => {
    const { float32, warnings } = await ask('jacobian', 1e-2);
    assert.ok(float32 && float32.error < 1e-2 && float32.worst === undefined);
    assert.deepEqual(warnings, []);
  });
});

describe('slices on the GPU', function () {
  this.timeout(60_000);
  const source = `export function branchy(x: number[]): number[] {
  return [x[0], x[0] > 1.25 ? x[0] * 3 : x[0] ** 2 * Math.sin(x[1])];
}`;
  before(() => session.overlay(FILE, source));
  afterEach(() => Object.assign(session.configuration, { backend: 'auto', clientGpu: false, gpuTolerance: 1e-3 }));

  const ask = (gpu = ownGpu) =>
    slice(
      { ...contextFor(), gpu },
      {
        file: FILE,
        fn: 'branchy',
        args: [[1, 2]],
        directions: [Float64Array.of(1, 0), Float64Array.of(0.5, 1)],
        radius: 1,
        samples: 9,
        output: 1,
      },
    );

  it('are lanes with the gradient field, labelled; where control flow goes another way the CPU computes', async () => {
    const expected = await ask();
    assert.equal(expected.backend, 'interpret');
    session.configuration.backend = 'gpu';
    const found = await ask();
    assert.equal(found.backend, 'gpu.js webasm (float32)');
    assert.ok(found.float32 && found.float32.error < 1e-5 && found.float32.checked === 16);
    assert.equal(found.notice, undefined);
    for (const [got, want] of [
      [found.values, expected.values],
      [found.field?.a ?? [], expected.field?.a ?? []],
      [found.field?.b ?? [], expected.field?.b ?? []],
    ]) {
      assert.equal(got.length, 81);
      want.forEach((value, index) =>
        assert.ok(Math.abs(got[index] - value) < 1e-5, `${index}: ${got[index]}, ${value}`),
      );
    }
    // Beyond the branch: from the CPU, to the last digit.
    assert.equal(found.values[80], expected.values[80]);
    assert.ok(found.values.some((value, index) => value !== expected.values[index]));
  });

  it('come from the CPU with a notice where the GPU fails', async () => {
    session.configuration.backend = 'gpu';
    const gone = { ...ownGpu, run: () => Promise.reject(new GradLensError('gpu-lost', 'The panel was closed.')) };
    const { backend, notice, float32, values } = await ask(gone);
    assert.equal(backend, 'interpret');
    assert.equal(float32, undefined);
    assert.equal(notice?.message, 'Computed on the CPU: The panel was closed.');
    assert.equal(values.length, 81);
  });
});
