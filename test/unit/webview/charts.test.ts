import assert from 'node:assert/strict';
import type { Inspection, ProfileRow, Slice } from '../../../src/runner/protocol';
import { positivePoints, referenceLine } from '../../../src/webview/checks/charts';
import type { GpuHost } from '../../../src/webview/gpuHost';
import { approximations, valueLimits } from '../../../src/webview/slices/chart';
import { contourLevels, contourSegments } from '../../../src/webview/slices/contours';
import { directionsOf, directionVector, gradientRow } from '../../../src/webview/slices/directions';
import {
  decadeTick,
  longestLabel,
  sparseTick,
  fastest,
  historyChart,
  measured,
  profileCsv,
  scalingSeries,
  timeRange,
  barChart,
} from '../../../src/webview/timing/charts';
import { largestError, measureGpuRows, quantile } from '../../../src/webview/timing/gpuRows';
import type { Theme } from '../../../src/webview/ui/theme';

const theme = {
  series: ['#111111', '#222222', '#333333', '#444444', '#555555', '#666666'],
  ink: '#000000',
  muted: '#777777',
} as unknown as Theme;
const row = (id: string, median: number, extra: Partial<ProfileRow> = {}): ProfileRow => ({
  id,
  label: id,
  group: 'jacobian',
  backend: 'wasm',
  compile: 0,
  first: 1,
  median,
  p10: median / 2,
  p90: median * 2,
  runs: 5,
  operations: 1,
  bytes: 1,
  ratio: 1,
  ...extra,
});

describe('timing charts', () => {
  const rows = [row('a', 0.02), row('b', 0.01), row('c', NaN, { unavailable: 'no GPU' })];

  it('hold one bar for each row with figures, whiskers from p10 to p90', () => {
    const config = barChart(rows, timeRange(rows), longestLabel(rows), () => '#111111')(theme);
    assert.deepEqual(config.data.labels, ['a', 'b']);
    assert.deepEqual(config.data.datasets[0].data, [
      { x: 0.02, xMin: 0.01, xMax: 0.04 },
      { x: 0.01, xMin: 0.005, xMax: 0.02 },
    ]);
  });

  it('know the fastest and the common range', () => {
    assert.equal(fastest(rows)?.id, 'b');
    assert.equal(fastest([rows[0]]), undefined);
    assert.equal(measured(rows).length, 2);
    const [low, high] = timeRange(rows);
    assert.ok(low <= 0.005 && high >= 0.04);
    assert.equal(decadeTick(0.01), '10 µs');
    assert.equal(decadeTick(0.02), '');
  });

  it('name as many decades as have room', () => {
    const names = (pixels: number) =>
      [1e-4, 1e-3, 1e-2, 0.1, 1].map((value) => sparseTick(value, [1e-4, 1], pixels)).filter(Boolean);
    assert.deepEqual(names(400), ['100 ns', '1 µs', '10 µs', '100 µs', '1 ms']);
    assert.deepEqual(names(160), ['100 ns', '10 µs', '1 ms']);
  });

  it('make series of sizes', () => {
    const scaling = [8, 2, 4].map((size) => row(`f${size}`, size / 100, { label: 'Forward', group: 'scaling', size }));
    assert.deepEqual(scalingSeries([...scaling, row('x', 1)]), [
      {
        label: 'Forward',
        points: [
          { x: 2, y: 0.02 },
          { x: 4, y: 0.04 },
          { x: 8, y: 0.08 },
        ],
      },
    ]);
  });

  it('stack the stages of live evaluations', () => {
    const timing = { load: 1, trace: 2, transform: 3, compile: 4, run: 5, total: 15 };
    assert.deepEqual(
      historyChart([timing, timing])(theme).data.datasets.map(({ data }) => data[1]),
      [1, 2, 3, 4, 5],
    );
  });

  it('become CSV', () => {
    const [head, first, , third] = profileCsv(rows).split('\n');
    assert.equal(head.split(',').length, first.split(',').length);
    assert.match(third, /no GPU/);
    assert.ok(!third.includes('NaN'));
  });
});

describe('the GPU’s rows', () => {
  const inspection = {
    operations: 3,
    matrix: { kind: 'dense', rows: 1, columns: 2, values: Float64Array.of(1, 2) },
  } as unknown as Inspection;
  const exported = { program: {}, inputs: [], inputLeaves: [], outputLeaves: [] };
  const options = { signal: new AbortController().signal, onProgress: () => undefined };

  it('time compilation apart from the runs and give the float32 error', async () => {
    let calls = 0;
    const host: GpuHost = {
      info: () => Promise.resolve({ backends: [] }),
      run: ({ backend }) => {
        calls++;
        return Promise.resolve({
          outputs: [{ shape: [2], data: Float32Array.of(1, 2.0002) }],
          backend: backend ?? '',
          adapter: 'Test GPU',
          compile: 120,
          run: 0.5,
        });
      },
      costs: () => Promise.reject(new Error('not asked for')),
      dispose: () => undefined,
    };
    const products = { ...exported, expected: Float64Array.of(1, 2) };
    const works = [
      { op: 'grad' as const, exported },
      { op: 'jvp' as const, products: 16, exported: products },
    ];
    const [gpu, many] = await measureGpuRows(host, ['webgl2'], works, inspection, 0.1, options);
    assert.deepEqual([many.id, many.label, many.group], ['gpu-jvps-webgl2', '16 JVPs, webgl2 · Test GPU', 'products']);
    assert.ok(Math.abs((many.error ?? 0) - 1e-4) < 1e-6);
    assert.equal(gpu.label, 'webgl2 · Test GPU');
    assert.equal(gpu.compile, 120);
    assert.equal(gpu.median, 0.5);
    assert.equal(gpu.runs + many.runs, calls - 2);
    assert.ok(Math.abs(gpu.ratio - 5) < 1e-12);
    assert.ok(Math.abs((gpu.error ?? 0) - 1e-4) < 1e-6);
  });

  it('say why a backend failed', async () => {
    const host: GpuHost = {
      info: () => Promise.resolve({ backends: [] }),
      run: () => Promise.reject(new Error('context lost')),
      costs: () => Promise.reject(new Error('not asked for')),
      dispose: () => undefined,
    };
    assert.equal(
      (await measureGpuRows(host, ['webgpu'], [{ op: 'grad', exported }], inspection, undefined, options))[0]
        .unavailable,
      'context lost',
    );
  });

  it('quantiles and errors', () => {
    assert.equal(quantile([1, 2, 3, 4], 0.5), 2.5);
    assert.ok(Number.isNaN(quantile([], 0.5)));
    assert.equal(largestError(Float32Array.of(1), inspection), undefined);
  });
});

describe('the Taylor plot', () => {
  it('leaves out what has no logarithm and draws lines of the slopes', () => {
    const points = positivePoints(Float64Array.of(1, 0.1, 0.01), Float64Array.of(4, 0.04, 0));
    assert.deepEqual(points, [
      { x: 0.1, y: 0.04 },
      { x: 1, y: 4 },
    ]);
    const [a, b] = referenceLine(points, 2);
    assert.ok(Math.abs(Math.log10(b.y / a.y) / Math.log10(b.x / a.x) - 2) < 1e-9);
    assert.deepEqual(referenceLine([], 1), []);
  });
});

describe('slices', () => {
  const inspection = {
    inputValues: Float64Array.of(3, 4),
    matrix: {
      kind: 'sparse',
      rows: 2,
      columns: 2,
      rowStarts: Int32Array.of(0, 1, 3),
      columnIndices: Int32Array.of(1, 0, 1),
      values: Float64Array.of(5, 3, 4),
      colors: 2,
    },
  } as unknown as Inspection;

  it('go along inputs, the gradient and a repeatable direction', () => {
    assert.deepEqual(directionVector('input:1', inspection, 0), Float64Array.of(0, 1));
    assert.deepEqual(gradientRow(inspection, 1), Float64Array.of(3, 4));
    assert.deepEqual(directionVector('gradient', inspection, 1), Float64Array.of(0.6, 0.8));
    assert.deepEqual(directionVector('random', inspection, 0), directionVector('random', inspection, 0));
    assert.equal(directionVector('input:7', inspection, 0), undefined);
    assert.equal(directionsOf(inspection, { along: 'input:0', across: 'input:0', output: 0 }).length, 1);
    assert.equal(directionsOf(inspection, { along: 'input:9', across: 'input:1', output: 0 }).length, 2);
  });

  it('are approximated to second order', () => {
    const positions = Float64Array.of(-1, 0, 2);
    const slice: Slice = {
      positions,
      values: positions,
      slope: Float64Array.of(3),
      curvature: 4,
      center: 1,
      backend: '',
    };
    assert.deepEqual(approximations(slice), {
      tangent: Float64Array.of(-2, 1, 7),
      parabola: Float64Array.of(0, 1, 15),
    });
    assert.equal(valueLimits(Float64Array.of(NaN)), undefined);
    const limits = valueLimits(Float64Array.of(0, 10, NaN));
    assert.ok(limits !== undefined && limits.min < 0 && limits.max > 10);
  });

  it('have contours where the level is', () => {
    const n = 41;
    const values = Float64Array.from({ length: n * n }, (_, k) => Math.hypot(Math.floor(k / n) - 20, (k % n) - 20));
    for (const level of [5, 12.5]) {
      const segments = contourSegments(values, n, level);
      assert.ok(segments.length > 20);
      for (const { x1, y1, x2, y2 } of segments)
        for (const [x, y] of [
          [x1, y1],
          [x2, y2],
        ])
          assert.ok(Math.abs(Math.hypot(x - 20, y - 20) - level) < 0.1);
    }
    const levels = contourLevels(values, 8);
    assert.equal(levels.length, 8);
    assert.deepEqual(
      [...levels].sort((a, b) => a - b),
      levels,
    );
    assert.deepEqual(contourLevels(Float64Array.of(1, 1), 8), []);
  });

  it('pair the points of a saddle by its middle', () => {
    assert.equal(contourSegments(Float64Array.of(1, 0, 0, 1), 2, 0.5).length, 2);
    assert.equal(contourSegments(Float64Array.of(1, NaN, 0, 1), 2, 0.5).length, 0);
  });
});
