/** Answers of the fake host to the panel's requests: plausible measurements, checks, programs and slices. */
import type { CheckReport, Profile, ProfileRow, ProgramView, Slice, MatrixPart } from '../../../src/runner/protocol';
import type { MatrixResult } from '../../../src/webview/protocol';
import { dense, leaf, summarize } from './fixtures';

export function hessian(n: number): MatrixResult {
  const matrix =
    n === 2
      ? dense(2, 2, (r, c) => [1330, 480, 480, 200][r * 2 + c])
      : dense(n, n, (r, c) => Math.cos(r - c) / (1 + Math.abs(r - c)));
  const leaves = [leaf('x', [n], 0, 0)];
  return {
    matrix,
    summary: { ...summarize(matrix), symmetric: true },
    inputs: leaves,
    outputs: leaves,
    backend: 'interpret',
  };
}

/** Rows of a large matrix: a wave that wanders, and one spike. */
export function rowsOf(n: number, { from, to }: MatrixPart): MatrixResult {
  const wave = Float64Array.from({ length: 2 * n }, (_, i) => Math.sin((2 * Math.PI * i) / n));
  const values = new Float64Array((to - from) * n);
  for (let row = from; row < to; row++) values.set(wave.subarray(row, row + n), (row - from) * n);
  if (from <= SPIKE.row && SPIKE.row < to) values[(SPIKE.row - from) * n + SPIKE.column] = SPIKE.value;
  return {
    matrix: { kind: 'dense', rows: to - from, columns: n, values },
    inputs: [leaf('x', [n], 0, 0)],
    outputs: [leaf('', [n], 0)],
    backend: 'interpret',
  };
}

const SPIKE = { row: 4321, column: 1234, value: 9 };

function row(
  id: string,
  label: string,
  group: ProfileRow['group'],
  median: number,
  extra: Partial<ProfileRow> = {},
): ProfileRow {
  return {
    id,
    label,
    group,
    backend: 'interpret',
    compile: group === 'backend' && id.includes('wasm') ? 24 : 0,
    first: median * 3.2,
    median,
    p10: median * 0.86,
    p90: median * 1.35,
    runs: 220,
    operations: Math.round(34 * (median / 0.0021)),
    bytes: Math.round(4096 * (median / 0.0021)),
    ratio: median / 0.0021,
    ...extra,
  };
}

export function profile(): Profile {
  const rows = [
    row('value', 'f', 'function', 0.0021, { backend: 'plain JavaScript' }),
    row('traced', 'f, traced', 'function', 0.0034),
    row('jvp', 'JVP', 'function', 0.0062),
    row('vjp', 'VJP', 'function', 0.0071),
    row('gradient', 'Gradient', 'function', 0.0069),
    row('jacfwd', 'Forward', 'jacobian', 0.0142),
    row('jacrev', 'Reverse', 'jacobian', 0.0075, { threads: 2 }),
    row('compressed', 'Compressed', 'jacobian', 0.011),
    row('differences', 'Finite differences', 'jacobian', 0.0089),
    row('hvp-fwd-rev', 'Forward over reverse', 'hvp', 0.015),
    row('hvp-rev-fwd', 'Reverse over forward', 'hvp', 0.019),
    row('hvp-rev-rev', 'Reverse over reverse', 'hvp', 0.024),
    row('hessian', 'Full Hessian', 'hvp', 0.041),
    row('products-loop', '16 vectors by loop', 'products', 0.098),
    row('products-vmap', '16 vectors by vmap', 'products', 0.028),
    row('backend-interpret', 'interpret', 'backend', 0.0069),
    row('backend-wasm', 'wasm', 'backend', 0.0009, { backend: 'wasm' }),
    row('backend-gpu', 'gpu.js webasm', 'backend', 0.21, { backend: 'gpu.js', error: 2.4e-7 }),
    row('backend-webgpu', 'gpu.js webgpu', 'backend', NaN, {
      backend: 'gpu.js',
      unavailable: 'not available: there is no GPU here',
    }),
    ...[2, 4, 8, 16, 32, 64].flatMap((size) => [
      row(`forward-${size}`, 'Forward', 'scaling', 0.002 * size * (1 + size / 40), { size }),
      row(`reverse-${size}`, 'Reverse', 'scaling', 0.009 * (1 + size / 30), { size }),
    ]),
  ];
  return {
    rows,
    crossover: { size: 3.45, message: 'Reverse mode pays from 4 inputs on.' },
    advice: 'Reverse mode compiled to WebAssembly: 0.43 evaluations of f for the whole gradient.',
    timing: { load: 0, trace: 0, transform: 0, compile: 24, run: 2900, total: 2960 },
  };
}

export function check(n: number): CheckReport {
  const steps = Float64Array.from({ length: 13 }, (_, i) => 10 ** (-i * 0.5));
  const derivative = dense(1, n, (_, c) => (c % 2 === 0 ? -215.6 : -88));
  const inputs = [leaf('x', [n], 0, 0)];
  return {
    passed: true,
    verdict: 'The gradient of rosenbrock is right: it agrees with differences to 11 digits.',
    parts: [
      {
        name: 'Taylor test',
        passed: true,
        message: 'The remainder falls with the square of the step (slope 2.001).',
        error: 0.001,
        tolerance: 0.1,
      },
      {
        name: 'Dot-product test',
        passed: true,
        message: 'Forward and reverse mode agree to rounding.',
        error: 2.1e-16,
        tolerance: 1e-10,
      },
      {
        name: 'Differences',
        passed: true,
        message: 'Every component agrees with Richardson differences.',
        error: 4.4e-12,
        tolerance: 1e-6,
      },
    ],
    taylor: {
      steps,
      zeroth: steps.map((h) => 230 * h),
      first: steps.map((h) => Math.max(1e-13, 640 * h * h)),
      slope: 2.001,
    },
    dotProduct: { left: -215.600000000001, right: -215.600000000001, error: 2.1e-16 },
    derivative,
    differences: derivative,
    errors: dense(1, n, (_, c) => (c === 1 ? 0 : 10 ** (-12 + (c % 4)))),
    inputs,
    outputs: [leaf('', [], 0)],
    warnings: [],
  };
}

export function program(): ProgramView {
  const file = '/workspace/examples/fixture.ts';
  const at = (line: number) => ({ file, line, column: 3, endLine: line, endColumn: 30 });
  const lines: ProgramView['lines'] = [
    { text: '{ lambda ; a:f64[2]. let', depth: 0 },
    { text: 'b:f64[] = index[i=0] a', depth: 1, location: at(13), primitive: 'index' },
    { text: 'c:f64[] = index[i=1] a', depth: 1, location: at(13), primitive: 'index' },
    { text: 'd:f64[] = loop[trips=64] b c', depth: 1, location: at(14), primitive: 'loop' },
    { text: 'e:f64[] = sub 1.0 b', depth: 2, location: at(15), primitive: 'sub' },
    { text: 'f:f64[] = mul e e', depth: 2, location: at(15), primitive: 'mul' },
    { text: 'g:f64[] = sub c f', depth: 2, location: at(16), primitive: 'sub' },
    { text: 'h:f64[] = mul 100.0 g', depth: 1, location: at(17), primitive: 'mul' },
    { text: 'i:f64[] = add f h', depth: 1, location: at(18), primitive: 'add' },
    { text: 'in (i,) }', depth: 0 },
  ];
  return {
    op: 'value',
    text: lines.map(({ text, depth }) => '  '.repeat(depth) + text).join('\n'),
    lines,
    counts: { mul: 68, sub: 66, add: 33, index: 2 },
    guards: [{ text: 'x[0] > 0 is false', location: at(14) }],
    loops: [{ location: at(14), trips: 64, body: 3 }],
    operations: 169,
  };
}

/** Of Rosenbrock's function about a point. */
export function slice(
  x: readonly number[],
  directions: readonly Float64Array[],
  radius: number,
  samples: number,
): Slice {
  const f = (a: number, b: number) => (1 - a) ** 2 + 100 * (b - a * a) ** 2;
  const gradient = (a: number, b: number) => [-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)];
  const positions = Float64Array.from({ length: samples }, (_, i) => radius * ((2 * i) / (samples - 1) - 1));
  const at = (s: number, u: number) => [0, 1].map((k) => x[k] + s * directions[0][k] + u * (directions[1]?.[k] ?? 0));
  const slope = Float64Array.from(directions, (direction) =>
    gradient(x[0], x[1]).reduce((sum, g, k) => sum + g * direction[k], 0),
  );
  const base = { positions, slope, center: f(x[0], x[1]), curvature: 1330, backend: 'interpret' };
  if (directions.length === 1) return { ...base, values: positions.map((s) => f(at(s, 0)[0], at(s, 0)[1])) };
  const grid = [...positions].flatMap((s) => [...positions].map((u) => at(s, u)));
  const along = (direction: Float64Array) =>
    Float64Array.from(grid, ([a, b]) => gradient(a, b).reduce((sum, g, k) => sum + g * direction[k], 0));
  return {
    ...base,
    values: Float64Array.from(grid, ([a, b]) => f(a, b)),
    field: { a: along(directions[0]), b: along(directions[1]), every: 1 },
  };
}
