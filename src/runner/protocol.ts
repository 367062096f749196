/**
 * The messages between the runner (a process of its own that loads and differentiates the user's code) and its clients:
 * the extension and the command line. Everything here survives structured clone; large numbers travel as typed arrays.
 * Lines and columns are 1-based, ends exclusive, columns in UTF-16 units as in VS Code (whose own are 0-based).
 */
import type { GpuCosts } from '../engine/execute/gpuCosts';
import type { TypedArray } from '../engine/trace/typedArrays';
import type { FunctionInfo, PointInfo } from '../source/find/functionInfo';
import type { SourceRange } from '../source/positions';

export type { FunctionInfo, GpuCosts, PointInfo, SourceRange };

export type Operation = 'value' | 'grad' | 'jvp' | 'vjp' | 'jacobian' | 'jacfwd' | 'jacrev' | 'hessian' | 'hvp';
export type BackendChoice = 'auto' | 'interpret' | 'wasm' | 'gpu';

export type NumericArray = TypedArray;

/** A value of the user's: JSON, but typed arrays stay typed arrays and NaN and infinities stay numbers. */
export type Data = number | boolean | string | null | undefined | NumericArray | Data[] | { [key: string]: Data };

export interface Location extends SourceRange {
  file: string;
}

// ---------------------------------------------------------------------------------------------------- results

/** One leaf of an argument or of the result: its path in the user's words and where it lies in the flat vector. */
export interface LeafInfo {
  /** `x`, `x[3]`, `params.W`, `[0].pos`; for the output of a plain number: ``. */
  path: string;
  shape: number[];
  /** First index in the flattened vector. */
  offset: number;
  size: number;
  /** Index of the argument that the leaf belongs to (inputs only). */
  argument?: number;
}

export interface DenseMatrix {
  kind: 'dense';
  rows: number;
  columns: number;
  /** Row-major, rows × columns. */
  values: Float64Array;
}

/** Compressed sparse rows. */
export interface SparseMatrix {
  kind: 'sparse';
  rows: number;
  columns: number;
  rowStarts: Int32Array;
  columnIndices: Int32Array;
  values: Float64Array;
  /** Number of colours (products) that it took. */
  colors: number;
}

export type Matrix = DenseMatrix | SparseMatrix;

export interface MatrixSummary {
  rows: number;
  columns: number;
  frobenius: number;
  maxAbs: number;
  /** Entries that are not zero. */
  nonZeros: number;
  nonFinite: number;
  symmetric?: boolean;
  /** Numerical rank, condition number and singular values (descending): only where min(rows, columns) ≤ 300. */
  rank?: number;
  condition?: number;
  singularValues?: Float64Array;
}

export interface Timing {
  /** Milliseconds. */
  load: number;
  trace: number;
  transform: number;
  compile: number;
  run: number;
  total: number;
}

export type FindingCode =
  | 'derivative-lost'
  | 'nan-born'
  | 'infinity-born'
  | 'non-differentiable'
  | 'zero-derivative'
  | 'check-failed'
  | 'gradient-mismatch'
  | 'time-out'
  | 'numerically-unstable'
  | 'float32-error'
  | 'impure';

interface TextEdit {
  range: SourceRange;
  newText: string;
}

/** Something the user should know about a line. */
export interface Finding {
  code: FindingCode;
  message: string;
  location: Location;
  /** What to do about it. */
  hint?: string;
  fix?: { title: string; edits: TextEdit[] };
}

export interface ErrorInfo {
  /** Stable, kebab-case: `time-out`, `syntax-error`, `no-such-function`, `module-not-allowed`, `not-scalar`, `user-error`… */
  code: string;
  message: string;
  file?: string;
  line?: number;
  column?: number;
  hint?: string;
  /** For the output channel only; never shown in the UI. */
  stack?: string;
}

/** What every request about one function at one point carries. */
export interface Target {
  file: string;
  /** Qualified name. */
  fn: string;
  /** Argument-list expression over the module's scope (`[-1.2, 1]`, `x = [1], k = 3`); default: the first point. */
  at?: string;
  /** Arguments as data; `at` is then what they are moved from: what data cannot say (functions, instances) is taken from there. */
  args?: Data[];
  wrt?: number[];
}

export interface EvaluateParams extends Target {
  op: Operation;
  tangent?: Data;
  cotangent?: Data;
  vector?: Data;
  backend?: BackendChoice;
  /** False where `matrix` is enough: a large one is then not built a second time as nested arrays, and `result` is null. */
  structured?: boolean;
  /** Of a Jacobian or Hessian that is too large for one answer, only this; `result` is null, and the tape computes it. */
  part?: MatrixPart;
}

/** Rows or columns `from` … `to` − 1 of a matrix. */
export interface MatrixPart {
  by: 'rows' | 'columns';
  from: number;
  to: number;
}

export interface Evaluation {
  value: Data;
  /** In the user's structure: of the argument for one index in `wrt`, an array of them for several; as JAX nests pytrees. */
  result: Data;
  /** The same as a matrix, where `op` is grad (1 × n), jacobian, jacfwd, jacrev or hessian. */
  matrix?: Matrix;
  inputs: LeafInfo[];
  outputs: LeafInfo[];
  warnings: Finding[];
  operations: number;
  timing: Timing;
  /** The backend that ran and the strategy (`reverse`, `forward`, `compressed 3 colours`…). */
  backend: string;
  strategy: string;
  /** Where a GPU computed it. */
  float32?: Float32Report;
  /** What the user should know about how it was computed: that the GPU was asked for and failed, say. */
  notice?: Notice;
}

/** What is said of every result that was computed in float32 on a GPU. */
export interface Float32Report {
  /** The name of the device. */
  adapter?: string;
  /** The largest error against float64, relative to the largest entry; measured on `checked` of `entries` entries. */
  error: number;
  checked: number;
  entries: number;
  /** The entry that is off the most, where that is more than the tolerance of the configuration. */
  worst?: { name: string; found: number; expected: number };
}

/** A remark on how something was computed: what happened, and what helps. */
export interface Notice {
  code: string;
  message: string;
  hint?: string;
}

/** One source line (or several statements on it) during one evaluation. */
export interface LineValue {
  file: string;
  line: number;
  /** The last value computed by the line's last statement. */
  value: number;
  count: number;
  min: number;
  max: number;
  /** ∂output/∂value of that value; NaN where it has none (see `hasAdjoint`). */
  adjoint: number;
  hasAdjoint: boolean;
  /** The last ≤ 200 iterations, oldest first. */
  values: Float64Array;
  adjoints: Float64Array;
  /** The line's share of the estimated rounding error, Σ|adjoint · value| · ε over the whole; 0 … 1. */
  errorShare: number;
  /** Branch decisions taken on the line: source text and how often true and false. */
  guards: { text: string; taken: number; notTaken: number }[];
}

export interface InspectParams extends Target {
  /** The output component (flat index) whose adjoints the lines show; default 0. */
  output?: number;
  /** A full cotangent instead of one component. */
  cotangent?: Float64Array;
  /** Do not compute the matrix when it would have more entries (default 4_000_000). */
  maxEntries?: number;
}

/** Everything live that the editor and the panel show of one function at one point. */
export interface Inspection {
  /** The point that was used, and the arguments it gave. */
  point: PointInfo;
  args: Data[];
  wrt: number[];
  value: Data;
  scalar: boolean;
  inputs: LeafInfo[];
  outputs: LeafInfo[];
  /** The flat inputs and outputs. */
  inputValues: Float64Array;
  outputValues: Float64Array;
  /** Gradient as 1 × n for a scalar function, else the Jacobian; absent when over `maxEntries` (`matrixReason` says why). */
  matrix?: Matrix;
  matrixReason?: string;
  summary?: MatrixSummary;
  lines: LineValue[];
  findings: Finding[];
  operations: number;
  strategy: string;
  backend: string;
  float32?: Float32Report;
  notice?: Notice;
  timing: Timing;
  /** What the user's code wrote to the console. */
  console: { level: string; text: string; location?: Location }[];
  /** Files that the result depends on (for invalidation). */
  dependencies: string[];
}

// ---------------------------------------------------------------------------------------------------- checks

export interface CheckPart {
  name: string;
  passed: boolean;
  /** In words a person understands. */
  message: string;
  error: number;
  tolerance: number;
}

export interface CheckReport {
  passed: boolean;
  /** One plain sentence. */
  verdict: string;
  parts: CheckPart[];
  /** Taylor test: |f(x+hv) − f(x)| and |f(x+hv) − f(x) − h·Jv| at each step size, and the slope fitted to the latter (about 2). */
  taylor: { steps: Float64Array; zeroth: Float64Array; first: Float64Array; slope: number };
  dotProduct: { left: number; right: number; error: number };
  /** AD and Richardson differences, and their relative errors, component by component. */
  derivative: Matrix;
  differences: Matrix;
  errors: Matrix;
  /** `@gradientOf` only: the worst component. */
  mismatch?: { path: string; claimed: number; derived: number };
  inputs: LeafInfo[];
  outputs: LeafInfo[];
  warnings: Finding[];
}

// ---------------------------------------------------------------------------------------------------- profile

export interface ProfileRow {
  /** Stable id: `value`, `jvp`, `vjp`, `gradient`, `jacfwd`, `jacrev`, `compressed`, `differences`, `hvp-fwd-rev`… */
  id: string;
  label: string;
  group: 'function' | 'jacobian' | 'hvp' | 'products' | 'backend' | 'scaling';
  backend: string;
  /** How many threads shared the work, where it was more than one. */
  threads?: number;
  /** Milliseconds; `compile` apart from the runs. */
  compile: number;
  first: number;
  median: number;
  p10: number;
  p90: number;
  runs: number;
  /** Scalar operations of one run, and bytes of its working memory; NaN where they cannot be told. */
  operations: number;
  bytes: number;
  /** Median over the median of one evaluation of the plain function. */
  ratio: number;
  /** For `scaling`: the size n or k. */
  size?: number;
  /** Why a row has no figures (`unavailable: …`). */
  unavailable?: string;
  /** Largest relative error against float64, for float32 backends. */
  error?: number;
}

export interface Profile {
  rows: ProfileRow[];
  /** Where k JVPs cost as much as reverse mode for all outputs. */
  crossover?: { size: number; message: string };
  /** What `auto` would take, and why. */
  advice: string;
  /** Why `auto` takes the GPU for the matrix or not, with the predicted times; absent where there is nothing to differentiate by. */
  gpuChoice?: string;
  timing: Timing;
}

export interface ProfileParams extends Target {
  /** Milliseconds for the whole, default 3000. */
  budget?: number;
  groups?: ProfileRow['group'][];
}

// ---------------------------------------------------------------------------------------------------- program, slices

export interface ProgramLine {
  text: string;
  /** Nesting depth, for folding. */
  depth: number;
  location?: Location;
  primitive?: string;
}

export interface ProgramView {
  op: Operation;
  text: string;
  lines: ProgramLine[];
  /** Operation name → count. */
  counts: Record<string, number>;
  guards: { text: string; location?: Location }[];
  /** Loops that were rolled up: where, how often they go round, rows of the body. */
  loops: { location?: Location; trips: number; body: number }[];
  operations: number;
}

export interface SliceParams extends Target {
  /** One or two directions in the flat input space. */
  directions: Float64Array[];
  /** Half-width in units of the directions. */
  radius: number;
  /** Samples per direction. */
  samples: number;
  output?: number;
}

export interface Slice {
  /** Positions along a direction, in units of it. */
  positions: Float64Array;
  /** samples (1-D) or samples × samples (2-D, second direction fastest). */
  values: Float64Array;
  /** Directional derivatives at the point and, 1-D, the second derivative. */
  slope: Float64Array;
  curvature: number;
  center: number;
  /** 2-D: the gradient field (∂/∂a, ∂/∂b) on the same grid, at each `every`-th point of either direction; NaN between them. */
  field?: { a: Float64Array; b: Float64Array; every: number };
  backend: string;
  float32?: Float32Report;
  notice?: Notice;
}

/** A program in the engine's serial form (`serializeProgram`) with its inputs, for a GPU: code of the engine, not the user's. */
export interface GpuTask {
  program: unknown;
  /** One array a program input. */
  inputs: { shape: number[]; dtype: string; data: NumericArray }[];
}

/**
 * Milliseconds that GPU work may take, from the inside out. Each limit leaves the ones within it the time to say what happened, so
 * that a silent GPU ends with its own reason and the result from the CPU.
 */
export const GPU_LIMITS = {
  /** A run in the panel's worker, the search for a backend included. */
  worker: 40_000,
  /** The panel's answer. */
  panel: 45_000,
  /** An opened panel, until it listens. */
  opening: 15_000,
  /** All of it, as the runner's client waits for it. */
  whole: 65_000,
} as const;

export interface GpuResult {
  outputs: { shape: number[]; data: Float32Array }[];
  /** What ran, as gpu.js reports it. */
  backend: string;
  adapter: string;
  /** Milliseconds. */
  compile: number;
  run: number;
}

/** The program of an operation, for the panel's GPU. */
export interface ProgramExport extends GpuTask {
  /** The outputs' numbers in float64, one after the other, where the inspection does not have them (`products`). */
  expected?: Float64Array;
  inputLeaves: LeafInfo[];
  outputLeaves: LeafInfo[];
}

// ---------------------------------------------------------------------------------------------------- messages

export interface RunnerConfiguration {
  /** Milliseconds a request may take (default 2000). */
  timeLimit: number;
  /** Megabytes of heap (default 2048). */
  memoryLimit: number;
  /** Built-in modules that user code may import besides the pure ones. */
  allowedModules: string[];
  backend: BackendChoice;
  /** Error of float32 results, relative to the largest entry, above which functions are marked (default 1e-3). */
  gpuTolerance: number;
  /** The client has a GPU (`gpu` messages); without one gpu.js runs in the runner's own process. */
  clientGpu: boolean;
}

/** Request name → parameters and result. */
export interface RunnerRequests {
  list: {
    params: { file: string };
    result: { functions: FunctionInfo[]; syntaxErrors: { message: string; location: Location }[] };
  };
  evaluate: { params: EvaluateParams; result: Evaluation };
  inspect: { params: InspectParams; result: Inspection };
  /** Value and adjoint of an expression inside a function (its text's range in the file), at the function's point. */
  inspectSelection: {
    params: Target & { range: SourceRange };
    result: {
      text: string;
      value: number;
      count: number;
      adjoint: number;
      hasAdjoint: boolean;
      gradient: Float64Array;
      inputs: LeafInfo[];
    };
  };
  /**
   * Lines that carry the derivative of the outputs `rows` by the inputs `columns` (an empty list: any; both empty: none asked for),
   * and the rows and columns that `line` carries. Flat indices.
   */
  links: {
    params: Target & { rows: number[]; columns: number[]; line?: { file: string; line: number } };
    result: { lines: { file: string; line: number }[]; rows: number[]; columns: number[] };
  };
  check: { params: Target & { tolerance?: number }; result: CheckReport };
  profile: { params: ProfileParams; result: Profile };
  program: { params: Target & { op: Operation }; result: ProgramView };
  /** `products`: that many products of `jvp` or `vjp` at once, with seeded vectors. */
  exportProgram: { params: Target & { op: Operation; vector?: Data; products?: number }; result: ProgramExport };
  slice: { params: SliceParams; result: Slice };
  /** A self-contained TypeScript function that computes the gradient or the JVP; it compiles and agrees. */
  derivativeSource: { params: Target & { op: 'grad' | 'jvp' }; result: { text: string; name: string } };
  /** Arguments of a point as data: evaluates an `@at` expression, or draws the random point. */
  arguments: { params: Target; result: { args: Data[]; expression: string; inputs: LeafInfo[] } };
}

export type RunnerMethod = keyof RunnerRequests;

export interface RequestMessage<M extends RunnerMethod = RunnerMethod> {
  kind: 'request';
  id: number;
  method: M;
  params: RunnerRequests[M]['params'];
  /** Overrides the configuration's for this request. */
  timeLimit?: number;
}

export type ToRunner =
  | RequestMessage
  | { kind: 'cancel'; id: number }
  /** Unsaved text wins over disk; `null` takes it away again. */
  | { kind: 'overlay'; file: string; text: string | null }
  /** A file changed on disk. */
  | { kind: 'changed'; file: string }
  | ({ kind: 'gpuAnswer'; call: number } & ({ result: GpuResult } | { error: ErrorInfo }))
  /** Without costs where they are not known (yet). */
  | { kind: 'gpuCosts'; call: number; costs?: GpuCosts }
  | { kind: 'configure'; configuration: Partial<RunnerConfiguration> };

export type FromRunner =
  | { kind: 'ready'; pid: number }
  | { kind: 'response'; id: number; result: RunnerRequests[RunnerMethod]['result'] }
  | { kind: 'error'; id: number; error: ErrorInfo }
  | { kind: 'progress'; id: number; done: number; total: number; message: string; rows?: ProfileRow[] }
  /** Asks the client's GPU on behalf of request `id`. */
  | { kind: 'gpu'; id: number; call: number; task: GpuTask }
  /** Asks what the client's GPU costs; `wait` says whether measuring may be waited for. Never opens a panel. */
  | { kind: 'gpuCosts'; id: number; call: number; wait: boolean }
  | { kind: 'log'; level: 'info' | 'warn' | 'error'; text: string };
