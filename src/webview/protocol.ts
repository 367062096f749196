/**
 * The messages between the panel (a webview) and its provider in the extension host. The host pushes the whole state of the
 * panel, idempotently; the panel asks for the rest. Both ends use one generic handler class with the type arguments swapped.
 * Large numbers travel as typed arrays, never as JSON.
 */
import type {
  CheckReport,
  Data,
  ErrorInfo,
  Evaluation,
  FunctionInfo,
  GpuCosts,
  GpuResult,
  GpuTask,
  Inspection,
  LeafInfo,
  Matrix,
  MatrixPart,
  MatrixSummary,
  Operation,
  Profile,
  ProfileRow,
  ProgramExport,
  ProgramView,
  Slice,
  SourceRange,
} from '../runner/protocol';
import type { MessageHandler } from './messageHandler';

export { MessageHandler, RemoteError, type RequestContext } from './messageHandler';

export const panelTabs = ['matrix', 'table', 'inputs', 'timing', 'checks', 'slices', 'program'] as const;
export type PanelTab = (typeof panelTabs)[number];
export type MatrixKind = 'derivative' | 'hessian' | 'sparsity';

/** A command that helps out of a state. */
export interface PanelAction {
  label: string;
  command: string;
}

/**
 * What the panel shows; a whole state, never a patch. `stale` and the `last` of `failed` name a ready state by its version
 * instead of repeating it, so that a key press does not send a large matrix again; a panel that does not hold that version
 * asks by the event `ready`.
 */
export type PanelState =
  | { kind: 'empty'; reason: string; action?: PanelAction }
  | { kind: 'unavailable'; reason: string; action?: PanelAction }
  | { kind: 'untrusted'; reason: string; action: PanelAction }
  | { kind: 'loading'; functionName: string; file: string }
  | { kind: 'failed'; functionName: string; file: string; error: ErrorInfo; last?: number }
  | { kind: 'stale'; version: number }
  | ({ kind: 'ready' } & ReadyPanel);

/** What a panel is restored from after a reload. */
export interface PanelTarget {
  uri: string;
  functionName: string;
  pointIndex: number;
}

export interface ReadyPanel {
  target: PanelTarget;
  file: string;
  /** `examples/rosenbrock.ts`, relative to the workspace folder. */
  displayPath: string;
  fn: FunctionInfo;
  inspection: Inspection;
  /** Counts the evaluations, so that the panel can tell a new state from a repeated one. */
  version: number;
}

export interface PanelSettings {
  backend: 'auto' | 'interpret' | 'wasm' | 'gpu';
  reducedMotion: boolean;
  locale: string;
}

/** A matrix that the panel asks for: a Hessian, or a derivative that is too large to be live. */
export interface MatrixResult extends Pick<Evaluation, 'backend' | 'float32' | 'notice'> {
  matrix: Matrix;
  /** Where the runner has one. */
  summary?: MatrixSummary;
  inputs: LeafInfo[];
  outputs: LeafInfo[];
}

/** Requests of the panel, answered by the host. */
interface HostRequests {
  /** Of a matrix that is too large for one message, a part; all parts belong to the version, or there is none. */
  matrix: {
    params: { kind: 'derivative' | 'hessian'; version: number; part?: MatrixPart };
    result: MatrixResult;
  };
  evaluate: {
    params: { op: Operation; tangent?: Data; cotangent?: Data; vector?: Data };
    result: Pick<Evaluation, 'value' | 'result' | 'strategy' | 'operations' | 'backend' | 'float32' | 'notice'>;
  };
  check: { params: Record<string, never>; result: CheckReport };
  profile: { params: { budget: number; groups?: ProfileRow['group'][] }; result: Profile };
  slice: { params: { directions: Float64Array[]; radius: number; samples: number; output?: number }; result: Slice };
  program: { params: { op: Operation }; result: ProgramView };
  /** `products`: that many products of `jvp` or `vjp` at once. */
  exportProgram: { params: { op: Operation; vector?: Data; products?: number }; result: ProgramExport };
  /** Sets the point of the function from edited arguments; live results follow as a new state. */
  setArguments: { params: { args: Data[] }; result: null };
  /** Sets another of the function's points. */
  setPoint: { params: { pointIndex: number }; result: null };
  resetPoint: { params: Record<string, never>; result: null };
  /** Writes the point into the file as an `@at` tag. */
  writePoint: { params: Record<string, never>; result: null };
  /** Saves a file through VS Code's dialog; null where the user cancelled. */
  save: { params: { name: string; bytes: Uint8Array }; result: { path: string } | null };
  copy: { params: { text: string }; result: null };
}

/** Events of the panel. */
interface PanelEvents {
  /** The panel listens, or has lost what a state referred to: the host sends everything. */
  ready: { tab?: PanelTab };
  /** Highlights the lines that carry a row or a column; null takes the highlight away. */
  select: { row: number | null; column: number | null };
  reveal: { file: string; range: SourceRange };
  pin: { pinned: boolean };
  tab: { tab: PanelTab };
  command: { command: string };
  log: { level: 'info' | 'warn' | 'error'; text: string };
}

/** Requests of the host, answered by the panel (GPU work runs in the panel's worker). */
interface PanelRequests {
  gpuRun: { params: GpuRunParams; result: GpuResult };
  gpuInfo: { params: Record<string, never>; result: GpuInfo };
  gpuCosts: { params: Record<string, never>; result: GpuCosts };
}

export type GpuBackend = 'webgpu' | 'webgl2' | 'webasm';

export interface GpuRunParams extends GpuTask {
  /** The first of webgpu, webgl2, webasm that the machine has, where none is named. */
  backend?: GpuBackend;
}

export interface GpuInfo {
  backends: { name: string; available: boolean; adapter?: string; reason?: string }[];
}

/** Events of the host. */
export interface HostEvents {
  state: PanelState;
  settings: PanelSettings;
  showTab: { tab: PanelTab; matrix?: MatrixKind };
  /** Whether the panel keeps its function while the cursor moves. */
  pinned: { pinned: boolean };
  /** A line was chosen in the editor: its entries are to be highlighted (flat output and input indices). */
  highlight: { file: string; line: number; rows: number[]; columns: number[] } | null;
}

/** Progress of a request, in either direction. */
export interface PanelProgress {
  done: number;
  total: number;
  message: string;
  rows?: ProfileRow[];
}

/** The host's end of the channel. */
export type HostChannel = MessageHandler<HostRequests, PanelRequests, HostEvents, PanelEvents, PanelProgress>;
/** The panel's end. */
export type PanelChannel = MessageHandler<PanelRequests, HostRequests, PanelEvents, HostEvents, PanelProgress>;
