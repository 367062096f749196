/**
 * The messages between the panel (a webview) and its provider in the extension host. The host pushes the whole state of the
 * panel, idempotently; the panel asks for the rest. Both ends use one generic handler class with the type arguments swapped.
 * Large numbers travel as typed arrays, never as JSON.
 */
import type {
  CheckReport,
  Data,
  ErrorInfo,
  FunctionInfo,
  Inspection,
  Operation,
  Profile,
  ProfileRow,
  ProgramExport,
  ProgramView,
  Slice,
  SourceRange,
  Matrix,
  MatrixSummary,
  LeafInfo,
} from '../runner/protocol';

export type PanelTab = 'matrix' | 'table' | 'inputs' | 'timing' | 'checks' | 'slices' | 'program';
export type MatrixKind = 'derivative' | 'hessian' | 'sparsity';

/** What the panel shows; a whole state, never a patch. */
export type PanelState =
  | { kind: 'empty'; reason: string; action?: { label: string; command: string } }
  | { kind: 'unavailable'; reason: string; action?: { label: string; command: string } }
  | { kind: 'untrusted'; reason: string; action: { label: string; command: string } }
  | { kind: 'loading'; functionName: string; file: string }
  | { kind: 'failed'; functionName: string; file: string; error: ErrorInfo; last?: ReadyPanel }
  | ({ kind: 'ready' | 'stale' } & ReadyPanel);

export interface ReadyPanel {
  file: string;
  /** `examples/rosenbrock.ts`, relative to the workspace folder. */
  displayPath: string;
  fn: FunctionInfo;
  inspection: Inspection;
  pinned: boolean;
  /** Counts the evaluations, so that the panel can tell a new state from a repeated one. */
  version: number;
}

export interface PanelSettings {
  backend: 'auto' | 'interpret' | 'wasm' | 'gpu';
  numberFormat: 'short' | 'full';
  reducedMotion: boolean;
  locale: string;
}

/** Requests of the panel, answered by the host. */
export interface HostRequests {
  hessian: { params: { version: number }; result: { matrix: Matrix; summary: MatrixSummary; inputs: LeafInfo[]; outputs: LeafInfo[] } };
  evaluate: { params: { op: Operation; tangent?: Data; cotangent?: Data; vector?: Data }; result: { value: Data; result: Data; text: string } };
  check: { params: Record<string, never>; result: CheckReport };
  profile: { params: { budget: number; groups?: ProfileRow['group'][] }; result: Profile };
  slice: { params: { directions: Float64Array[]; radius: number; samples: number; output?: number }; result: Slice };
  program: { params: { op: Operation }; result: ProgramView };
  exportProgram: { params: { op: Operation; vector?: Data }; result: ProgramExport };
  /** Sets the point of the function from edited arguments; live results follow as a new state. */
  setArguments: { params: { args: Data[] }; result: null };
  resetPoint: { params: Record<string, never>; result: null };
  writePoint: { params: Record<string, never>; result: null };
  /** Saves a file through VS Code's dialog; null where the user cancelled. */
  save: { params: { name: string; bytes: Uint8Array }; result: { path: string } | null };
  copy: { params: { text: string }; result: null };
}

/** Events of the panel. */
export interface PanelEvents {
  ready: { tab?: PanelTab };
  /** Highlights the lines that carry a row or a column; null takes the highlight away. */
  select: { row: number | null; column: number | null };
  reveal: { file: string; range: SourceRange };
  pin: { pinned: boolean };
  tab: { tab: PanelTab };
  command: { command: string; args?: Data[] };
  cancel: { requestId: number };
  log: { level: 'info' | 'warn' | 'error'; text: string };
}

/** Requests of the host, answered by the panel (GPU work runs in the panel's worker). */
export interface PanelRequests {
  gpuRun: {
    params: { program: unknown; inputs: ProgramExport['inputs']; backend?: 'webgpu' | 'webgl2' | 'webasm'; lanes?: number };
    result: { outputs: { shape: number[]; data: Float32Array }[]; backend: string; adapter: string; compile: number; run: number };
  };
  gpuInfo: { params: Record<string, never>; result: { backends: { name: string; available: boolean; adapter?: string; reason?: string }[] } };
}

/** Events of the host. */
export interface HostEvents {
  state: PanelState;
  settings: PanelSettings;
  showTab: { tab: PanelTab; matrix?: MatrixKind };
  /** A line was chosen in the editor: its entries are to be highlighted (flat input and output indices). */
  highlight: { rows: number[]; columns: number[] };
  progress: { requestId: number; done: number; total: number; message: string; rows?: ProfileRow[] };
}
