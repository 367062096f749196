/** States that exercise everything the panel can show, made here instead of by the runner. */
import type {
  DenseMatrix,
  FunctionInfo,
  Inspection,
  LeafInfo,
  Matrix,
  MatrixSummary,
  SparseMatrix,
} from '../../../src/runner/protocol';
import type { PanelState } from '../../../src/webview/protocol';

export type FixtureName = keyof typeof fixtures;

interface Shape {
  name: string;
  parameters: [name: string, type: string][];
  returnType: string;
  args: Inspection['args'];
  inputs: LeafInfo[];
  outputs: LeafInfo[];
  matrix?: Matrix;
  matrixReason?: string;
  value: Inspection['value'];
  expression: string;
}

export function leaf(path: string, shape: number[], offset: number, argument?: number): LeafInfo {
  return {
    path,
    shape,
    offset,
    size: shape.reduce((a, b) => a * b, 1),
    ...(argument === undefined ? {} : { argument }),
  };
}

export function dense(rows: number, columns: number, value: (r: number, c: number) => number): DenseMatrix {
  const values = new Float64Array(rows * columns);
  for (let r = 0, i = 0; r < rows; r++) for (let c = 0; c < columns; c++, i++) values[i] = value(r, c);
  return { kind: 'dense', rows, columns, values };
}

/** Tridiagonal. */
function banded(n: number): SparseMatrix {
  const rowStarts = new Int32Array(n + 1);
  const columnIndices = new Int32Array(3 * n - 2);
  const values = new Float64Array(3 * n - 2);
  let e = 0;
  for (let r = 0; r < n; r++) {
    rowStarts[r] = e;
    for (let c = Math.max(0, r - 1); c <= Math.min(n - 1, r + 1); c++) {
      columnIndices[e] = c;
      values[e++] = r === c ? 2 + Math.sin(r / n) : -1;
    }
  }
  rowStarts[n] = e;
  return { kind: 'sparse', rows: n, columns: n, rowStarts, columnIndices, values, colors: 3 };
}

export function summarize(matrix: Matrix): MatrixSummary {
  let squares = 0;
  let maxAbs = 0;
  let nonZeros = 0;
  let nonFinite = 0;
  for (const value of matrix.values) {
    if (!Number.isFinite(value)) nonFinite++;
    else {
      squares += value * value;
      maxAbs = Math.max(maxAbs, Math.abs(value));
    }
    if (value !== 0) nonZeros++;
  }
  const { rows, columns } = matrix;
  const small = Math.min(rows, columns) <= 300;
  return {
    rows,
    columns,
    frobenius: Math.sqrt(squares),
    maxAbs,
    nonZeros,
    nonFinite,
    ...(rows === columns ? { symmetric: matrix.kind === 'sparse' } : {}),
    ...(small && nonFinite === 0
      ? {
          rank: Math.min(rows, columns),
          condition: 10 ** (Math.min(rows, columns) / 12),
          singularValues: Float64Array.from({ length: Math.min(rows, columns) }, (_, i) => maxAbs * 10 ** (-i / 12)),
        }
      : {}),
  };
}

function ready(shape: Shape, version = 1): PanelState {
  const { name, parameters, returnType, args, inputs, outputs, matrix, matrixReason, value, expression } = shape;
  const file = '/workspace/examples/fixture.ts';
  const inputCount = inputs.reduce((sum, { size }) => sum + size, 0);
  const outputCount = outputs.reduce((sum, { size }) => sum + size, 0);
  const [inputNumbers, outputNumbers] = [flatten(args), flatten(value)];
  const range = { line: 12, column: 1, endLine: 20, endColumn: 2 };
  const point = { source: '@at' as const, expression };
  const fn: FunctionInfo = {
    name,
    range,
    nameRange: { line: 12, column: 17, endLine: 12, endColumn: 17 + name.length },
    parameters: parameters.map(([parameter, type]) => ({
      name: parameter,
      type,
      range,
      optional: false,
      differentiable: true,
    })),
    returnType,
    exported: true,
    differentiable: true,
    points: [point],
    wrt: parameters.map((_, i) => i),
    checked: false,
  };
  const inspection: Inspection = {
    point,
    args,
    wrt: fn.wrt,
    value,
    scalar: outputCount === 1,
    inputs,
    outputs,
    inputValues: Float64Array.from({ length: inputCount }, (_, i) => inputNumbers[i] ?? 0),
    outputValues: Float64Array.from({ length: outputCount }, (_, i) => outputNumbers[i] ?? 0),
    matrix,
    matrixReason,
    summary: matrix && summarize(matrix),
    lines: [],
    findings: [],
    operations: 34,
    strategy:
      outputCount === 1 ? 'reverse' : matrix?.kind === 'sparse' ? `compressed, ${matrix.colors} colours` : 'forward',
    backend: 'interpret',
    timing: { load: 0.4, trace: 0.21, transform: 0.3, compile: 0, run: 0.05 + (version % 7) * 0.02, total: 0.96 },
    console: [],
    dependencies: [file],
  };
  const target = { uri: `file://${file}`, functionName: name, pointIndex: 0 };
  return { kind: 'ready', target, file, displayPath: 'examples/fixture.ts', fn, inspection, version };
}

function flatten(data: unknown): number[] {
  if (typeof data === 'number') return [data];
  if (typeof data !== 'object' || data === null) return [];
  return ArrayBuffer.isView(data)
    ? Array.from(data as unknown as ArrayLike<number>)
    : Object.values(data).flatMap(flatten);
}

/** Rosenbrock's function at a point, so that sliders have something to change. */
export function rosenbrock(x: readonly number[], version = 1): PanelState {
  const [a, b] = x;
  return ready(
    {
      name: 'rosenbrock',
      parameters: [['x', 'number[]']],
      returnType: 'number',
      args: [[a, b]],
      inputs: [leaf('x', [2], 0, 0)],
      outputs: [leaf('', [], 0)],
      matrix: dense(1, 2, (_, c) => (c === 0 ? -2 * (1 - a) - 400 * a * (b - a * a) : 200 * (b - a * a))),
      value: (1 - a) ** 2 + 100 * (b - a * a) ** 2,
      expression: `[${a}, ${b}]`,
    },
    version,
  );
}

const networkInputs = [
  leaf('params.layers[0].weights', [8, 4], 0, 0),
  leaf('params.layers[0].bias', [8], 32, 0),
  leaf('params.layers[1].weights', [3, 8], 40, 0),
  leaf('params.layers[1].bias', [3], 64, 0),
  leaf('temperature', [], 67, 1),
];

export const fixtures = {
  rosenbrock: () => rosenbrock([-1.2, 1]),
  'one-by-one': () =>
    ready({
      name: 'square',
      parameters: [['x', 'number']],
      returnType: 'number',
      args: [3],
      inputs: [leaf('x', [], 0, 0)],
      outputs: [leaf('', [], 0)],
      matrix: dense(1, 1, () => 6),
      value: 9,
      expression: '3',
    }),
  'two-by-three': () =>
    ready({
      name: 'spherical',
      parameters: [['p', '[r: number, theta: number, phi: number]']],
      returnType: '{ x: number; y: number }',
      args: [[2, 0.5, 1.25]],
      inputs: [leaf('p.r', [], 0, 0), leaf('p.theta', [], 1, 0), leaf('p.phi', [], 2, 0)],
      outputs: [leaf('x', [], 0), leaf('y', [], 1)],
      matrix: dense(2, 3, (r, c) => [0.151, 0.553, -0.909, 0.455, 1.666, 0.302][r * 3 + c]),
      value: { x: 0.302, y: 0.909 },
      expression: '[2, 0.5, 1.25]',
    }),
  'not-finite': () =>
    ready({
      name: 'logRatio',
      parameters: [
        ['a', 'number[]'],
        ['b', 'number'],
      ],
      returnType: 'number[]',
      args: [[0, 1, 2], 3],
      inputs: [leaf('a', [3], 0, 0), leaf('b', [], 3, 1)],
      outputs: [leaf('', [3], 0)],
      matrix: dense(3, 4, (r, c) => [Infinity, 0, 0, -0.333, NaN, 1, 0, -0.333, -Infinity, 0, 0.5, -0.333][r * 4 + c]),
      value: [-Infinity, NaN, 0.69],
      expression: 'a = [0, 1, 2], b = 3',
    }),
  'three-by-many': () => mapping('wide', 200, 3),
  'many-by-three': () => mapping('tall', 3, 200),
  'long-names': () =>
    mapping(
      'Simulation.predictTheTemperatureFieldAfterOneStepOfTheImplicitScheme',
      3,
      4,
      'theInitialTemperaturesOfAllCellsOfTheGridInKelvinBeforeTheStep',
    ),
  network: () =>
    ready({
      name: 'Network.predictWithTemperatureScaling',
      parameters: [
        ['params', 'Parameters'],
        ['temperature', 'number'],
      ],
      returnType: 'number[]',
      args: [
        {
          layers: [
            {
              weights: Array.from({ length: 8 }, (_, i) => Array.from({ length: 4 }, (_, j) => Math.sin(i + j * 3))),
              bias: new Float64Array(8),
            },
            {
              weights: Array.from({ length: 3 }, (_, i) => Array.from({ length: 8 }, (_, j) => Math.cos(i * 2 + j))),
              bias: new Float64Array(3),
            },
          ],
        },
        1,
      ],
      inputs: networkInputs,
      outputs: [leaf('', [10], 0)],
      matrix: dense(10, 68, (r, c) => (Math.sin(r * 7 + c * 13) * Math.exp(-((c % 17) / 6))) / (1 + r / 4)),
      value: Float64Array.from({ length: 10 }, (_, i) => 0.1 * i),
      expression: 'initialParameters(seed), 1',
    }),
  sixty: () =>
    ready({
      name: 'heatStep',
      parameters: [['u', 'Float64Array']],
      returnType: 'Float64Array',
      args: [Float64Array.from({ length: 60 }, (_, i) => Math.sin(i / 9))],
      inputs: [leaf('u', [60], 0, 0)],
      outputs: [leaf('', [60], 0)],
      matrix: dense(60, 60, (r, c) =>
        Math.abs(r - c) > 9 ? 0 : Math.exp(-((r - c) ** 2) / 9) * (r < c ? -1 : 1) * (1 + 0.5 * Math.sin(r / 6)),
      ),
      value: Float64Array.from({ length: 60 }, (_, i) => Math.sin(i / 9)),
      expression: 'initial(60)',
    }),
  'long-gradient': () => gradient(1000),
  'million-gradient': () => gradient(1_000_000),
  large: () =>
    ready({
      name: 'largeDense',
      parameters: [['x', 'Float64Array']],
      returnType: 'Float64Array',
      args: [new Float64Array(2000)],
      inputs: [leaf('x', [2000], 0, 0)],
      outputs: [leaf('', [2000], 0)],
      matrix: dense(2000, 2000, (r, c) =>
        r === 777 && c === 1234 ? 9 : Math.sin(r / 90) * Math.cos(c / 60) + 0.4 * Math.sin((r * c) / 90_000),
      ),
      value: new Float64Array(2000),
      expression: 'new Float64Array(2000)',
    }),
  sparse: () =>
    ready({
      name: 'banded',
      parameters: [['x', 'Float64Array']],
      returnType: 'Float64Array',
      args: [new Float64Array(1_000_000)],
      inputs: [leaf('x', [1_000_000], 0, 0)],
      outputs: [leaf('', [1_000_000], 0)],
      matrix: banded(1_000_000),
      value: new Float64Array(1_000_000),
      expression: 'new Float64Array(1_000_000)',
    }),
  'no-matrix': () => onDemand('huge', 30_000),
  'matrix-on-demand': () => onDemand('wide', 4100),
  'hundred-million': () => onDemand('wide', 10_000),
  empty: (): PanelState => ({
    kind: 'empty',
    reason: 'Put the cursor into a differentiable function of a TypeScript file.',
    action: { label: 'Open an Example', command: 'gradlens.openWalkthrough' },
  }),
  unavailable: (): PanelState => ({
    kind: 'unavailable',
    reason: 'The parameter “name” is a string, and nothing else is a number.',
  }),
  untrusted: (): PanelState => ({
    kind: 'untrusted',
    reason: 'In an untrusted workspace no code runs.',
    action: { label: 'Manage Workspace Trust', command: 'workbench.trust.manage' },
  }),
  loading: (): PanelState => ({ kind: 'loading', functionName: 'rosenbrock', file: '/workspace/examples/fixture.ts' }),
  failed: (): PanelState => ({
    kind: 'failed',
    functionName: 'rosenbrock',
    file: '/workspace/examples/fixture.ts',
    error: {
      code: 'user-error',
      message: "TypeError: Cannot read properties of undefined (reading 'length')",
      file: '/workspace/examples/fixture.ts',
      line: 14,
      column: 9,
      hint: 'The point [-1.2] has one entry, the function reads two.',
    },
  }),
};

function mapping(name: string, inputs: number, outputs: number, parameter = 'x'): PanelState {
  const x = Array.from({ length: inputs }, (_, i) => Math.sin(i));
  return ready({
    name,
    parameters: [[parameter, 'number[]']],
    returnType: 'number[]',
    args: [x],
    inputs: [leaf(parameter, [inputs], 0, 0)],
    outputs: [leaf('', [outputs], 0)],
    matrix: dense(outputs, inputs, (r, c) => Math.sin(r / 5 + 1) * Math.cos(c / 7)),
    value: Array.from({ length: outputs }, (_, i) => Math.cos(i)),
    expression: `[${x.join(', ')}]`,
  });
}

/** More than comes with the state. */
function onDemand(name: string, n: number): PanelState {
  return ready({
    name,
    parameters: [['x', 'Float64Array']],
    returnType: 'Float64Array',
    args: [new Float64Array(n)],
    inputs: [leaf('x', [n], 0, 0)],
    outputs: [leaf('', [n], 0)],
    matrixReason: `${n} × ${n} entries are more than 250000.`,
    value: new Float64Array(n),
    expression: `new Float64Array(${n})`,
  });
}

function gradient(n: number): PanelState {
  return ready({
    name: 'loss',
    parameters: [['weights', 'Float64Array']],
    returnType: 'number',
    args: [Float64Array.from({ length: n }, (_, i) => Math.sin(i))],
    inputs: [leaf('weights', [n], 0, 0)],
    outputs: [leaf('', [], 0)],
    matrix: dense(1, n, (_, c) => Math.sin((c * 40) / n) * Math.exp((-3 * c) / n) + (c === Math.floor(n / 3) ? -2 : 0)),
    value: 0.6931,
    expression: `init(${n})`,
  });
}
