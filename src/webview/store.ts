/** All state of the panel in one place, whole and immutable; views are functions of it. */
import type {
  CheckReport,
  Data,
  Evaluation,
  Profile,
  ProfileRow,
  ProgramView,
  Slice,
  Timing,
} from '../runner/protocol';
import type { ColorMapName } from './heatmap/colorMaps';
import type { ScaleKind } from './heatmap/colorScale';
import type { HeatmapPlace } from './heatmap/viewport';
import type { NumberFormat } from './model/format';
import type {
  GpuInfo,
  HostEvents,
  MatrixKind,
  MatrixResult,
  PanelProgress,
  PanelSettings,
  PanelState,
  PanelTab,
  PanelTarget,
  ReadyPanel,
} from './protocol';

/** A result that is asked for; while it is computed anew or has failed, the last one stays in sight. */
export type Remote<T> =
  | { kind: 'idle'; last?: undefined }
  | { kind: 'running'; progress?: PanelProgress; last?: Versioned<T> }
  | { kind: 'done'; last: Versioned<T> }
  | { kind: 'failed'; error: { code: string; message: string; hint?: string }; last?: Versioned<T> };

export interface Versioned<T> {
  value: T;
  /** Of the state that it belongs to. */
  version: number;
}

export type EntryOrder = 'position' | 'largest' | 'smallest' | 'ascending' | 'descending';

/** What the user has set up; survives reloads. */
export interface ViewOptions {
  tab: PanelTab;
  matrix: MatrixKind;
  scale: ScaleKind | 'auto';
  colorMap: ColorMapName;
  table: 'auto' | 'grid' | 'entries';
  order: EntryOrder;
  budget: number;
  programOp: 'value' | 'grad' | 'jvp' | 'vjp' | 'hvp';
  /** `input:3`, `gradient`, `random`; across also `none`. */
  along: string;
  across: string;
  radius: number;
  output: number;
  field: boolean;
  numbers: NumberFormat;
}

const defaultView: ViewOptions = {
  tab: 'matrix',
  matrix: 'derivative',
  scale: 'auto',
  colorMap: 'RdBu',
  table: 'auto',
  order: 'position',
  budget: 3000,
  programOp: 'value',
  along: 'input:0',
  across: 'none',
  radius: 1,
  output: 0,
  field: true,
  numbers: 'short',
};

/** The arguments while they are edited. */
export interface InputsState {
  /** Newer than the host's, while it has not answered. */
  draft: Data[] | null;
  undo: readonly Data[][];
  redo: readonly Data[][];
  /** Limits of each slider by path: fixed while it is dragged. */
  ranges: Readonly<Record<string, readonly [number, number]>>;
  /** Arguments and vectors that are open as grids. */
  open: readonly string[];
  /** Directions by kind, flat. */
  directions: Readonly<Partial<Record<DirectionKind, Float64Array>>>;
  product: Remote<ProductResult>;
}

export type DirectionKind = 'tangent' | 'cotangent' | 'vector';

/** A Jacobian or Hessian times a vector. */
export interface ProductResult extends Pick<
  Evaluation,
  'result' | 'strategy' | 'operations' | 'backend' | 'float32' | 'notice'
> {
  op: 'jvp' | 'vjp' | 'hvp';
}

const noInputs: InputsState = {
  draft: null,
  undo: [],
  redo: [],
  ranges: {},
  open: [],
  directions: {},
  product: { kind: 'idle' },
};

export interface AppState {
  /** The host's last word; undefined before the first. */
  panel: PanelState | undefined;
  /** The last ready state, kept while a newer one is computed or has failed. */
  ready: ReadyPanel | undefined;
  settings: PanelSettings;
  pinned: boolean;
  view: ViewOptions;
  cursor: { row: number; column: number } | null;
  /** The part of a matrix that is looked at, where that is not the whole. */
  place: HeatmapPlace | null;
  hover: { row: number; column: number; value: number } | null;
  highlight: HostEvents['highlight'];
  gridSort: { column: number; descending: boolean } | null;
  inputs: InputsState;
  hessian: Remote<MatrixResult>;
  /** The derivative, where it is too large to come with every state. */
  derivative: Remote<MatrixResult>;
  check: Remote<CheckReport>;
  profile: Remote<Profile>;
  /** Rows that the panel measured on its own GPU. */
  gpuRows: Remote<ProfileRow[]>;
  gpu: Remote<GpuInfo>;
  program: Remote<ProgramView>;
  slice: Remote<Slice>;
  /** Timings of the live evaluations, oldest first. */
  history: readonly Timing[];
  notice: { kind: 'info' | 'error'; text: string } | null;
  /** What the panel knew of a function before it was hidden or reloaded, until that function is there again. */
  restored: PersistedState | null;
}

const defaultSettings: PanelSettings = {
  backend: 'auto',
  reducedMotion: false,
  locale: 'en',
};

/** What belongs to one function at one of its points, and goes with it. */
const nothingYet = {
  cursor: null,
  place: null,
  hover: null,
  highlight: null,
  gridSort: null,
  inputs: noInputs,
  hessian: { kind: 'idle' },
  derivative: { kind: 'idle' },
  check: { kind: 'idle' },
  profile: { kind: 'idle' },
  gpuRows: { kind: 'idle' },
  program: { kind: 'idle' },
  slice: { kind: 'idle' },
  history: [],
} as const satisfies Partial<AppState>;

export function initialState(restored: PersistedState | null = null): AppState {
  return {
    ...nothingYet,
    panel: undefined,
    ready: undefined,
    settings: defaultSettings,
    pinned: false,
    view: { ...defaultView, ...restored?.view },
    gpu: { kind: 'idle' },
    notice: null,
    restored,
  };
}

/** What survives a reload. */
export interface PersistedState {
  target?: PanelTarget;
  pinned?: boolean;
  view: ViewOptions;
  cursor?: AppState['cursor'];
  place?: AppState['place'];
  /** The arguments that were set by hand, as an expression, where that is short. */
  point?: string;
}

/** @param before what was kept last: its function, while none is shown yet */
export function persisted(state: AppState, before: PersistedState | undefined): PersistedState {
  const { ready, pinned, view, cursor, place } = state;
  if (ready === undefined) return { ...before, pinned, view };
  const { source, expression, cut } = ready.inspection.point;
  const point = source === 'panel' && !cut ? { point: expression } : {};
  return { target: ready.target, pinned, view, cursor, place, ...point };
}

export class Store<S extends object> {
  private readonly listeners = new Set<() => void>();

  constructor(private state: S) {}

  get(): S {
    return this.state;
  }

  set(patch: Partial<S>): void {
    this.state = { ...this.state, ...patch };
    for (const listener of this.listeners) listener();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

const HISTORY = 120;

/** The state after a message of the host; `lost` tells that it refers to something this panel does not hold. */
export function receivePanelState(state: AppState, panel: PanelState): { patch: Partial<AppState>; lost: boolean } {
  switch (panel.kind) {
    case 'ready': {
      const other = targetKey(state.ready?.target) !== targetKey(panel.target);
      const repeated = !other && state.ready?.version === panel.version;
      const history = other ? [] : state.history;
      return {
        patch: {
          ...(other ? { ...nothingYet, ...keptOf(state.restored, panel.target), restored: null } : {}),
          panel,
          ready: panel,
          history: repeated ? history : [...history, panel.inspection.timing].slice(-HISTORY),
        },
        lost: false,
      };
    }
    case 'stale':
      return { patch: { panel }, lost: state.ready?.version !== panel.version };
    case 'failed': {
      const holds = panel.last !== undefined && state.ready?.version === panel.last;
      return { patch: { panel, ready: holds ? state.ready : undefined }, lost: panel.last !== undefined && !holds };
    }
    default:
      return { patch: { panel, ready: undefined, hover: null }, lost: false };
  }
}

function keptOf(restored: PersistedState | null, target: PanelTarget): Partial<AppState> {
  if (restored === null || targetKey(restored.target) !== targetKey(target)) return {};
  return { cursor: restored.cursor ?? null, place: restored.place ?? null };
}

export function targetKey(target: PanelTarget | undefined): string {
  return target === undefined ? '' : `${target.uri}#${target.functionName}#${target.pointIndex}`;
}
