/**
 * What the panel does: receives the host's states, asks for everything else, and keeps the results with the state they belong
 * to. Views call these methods and never talk to the channel themselves.
 */
import type { Data, MatrixPart, SourceRange } from '../runner/protocol';
import { Coalescer } from './coalesce';
import type { GpuHost } from './gpuHost';
import { locale, setLocale, t } from './l10n';
import { assembled, demandOf, extentOf, type AskedMatrix } from './matrix/demand';
import { formatCount, formatPercent } from './model/format';
import { measureGpuRows, type GpuWork } from './timing/gpuRows';
import { directionsOf } from './slices/directions';
import type { HeatmapPlace } from './heatmap/viewport';
import type { HostEvents, MatrixResult, PanelChannel, PanelProgress, PanelState, ReadyPanel } from './protocol';
import { errorOf, messageOf } from './errors';
import {
  receivePanelState,
  targetKey,
  type AppState,
  type DirectionKind,
  type ProductResult,
  type Remote,
  type Store,
  type Versioned,
  type ViewOptions,
} from './store';

type RemoteKey = 'hessian' | 'derivative' | 'check' | 'profile' | 'gpuRows' | 'gpu' | 'program' | 'slice';
type ValueOf<K extends RemoteKey> = AppState[K] extends Remote<infer T> ? T : never;

/** Vectors in the products that the GPU is timed with, as many as in the runner's. */
const VECTORS = 16;
/** How long the host may take, by request; a profile takes its budget and what it costs to start. */
const LONG = 120_000;

/** Milliseconds of an evaluation beside which the messages' own way counts. */
const QUICK = 100;

/** Milliseconds after which a view rests. */
const REST = 150;

export class PanelController {
  private readonly aborts = new Map<RemoteKey, AbortController>();
  private readonly live: Coalescer<Data[]>;
  /** The slider or point that is held: the host's answers don't take its draft away. */
  dragging: string | null = null;
  private noticeTimer: ReturnType<typeof setTimeout> | undefined;
  private placeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly store: Store<AppState>,
    private readonly channel: PanelChannel,
    private readonly gpuHost: GpuHost,
  ) {
    this.live = new Coalescer(
      async (args) => {
        await channel.request('setArguments', { args });
        if (this.dragging === null && store.get().inputs.draft === args)
          store.set({ inputs: { ...store.get().inputs, draft: null } });
      },
      (error) => this.tell('error', messageOf(error)),
      () => widthFor(store.get().ready),
    );
    channel.on('state', (panel) => this.receive(panel));
    channel.on('settings', (settings) => {
      setLocale(settings.locale);
      document.documentElement.lang = settings.locale;
      document.body.classList.toggle(
        'vscode-reduce-motion',
        settings.reducedMotion || document.body.classList.contains('vscode-reduce-motion'),
      );
      store.set({ settings });
    });
    channel.on('showTab', ({ tab, matrix }) => this.setView(matrix === undefined ? { tab } : { tab, matrix }));
    channel.on('pinned', ({ pinned }) => store.set({ pinned }));
    channel.on('highlight', (highlight) => store.set({ highlight }));
    channel.handle('gpuInfo', () => gpuHost.info());
    channel.handle('gpuCosts', () => gpuHost.costs());
    channel.handle('gpuRun', async (params, { signal }) => {
      try {
        return await gpuHost.run(params, signal);
      } catch (error) {
        // The device may be another one from here on, or none.
        if (!signal.aborted && store.get().gpu.kind !== 'idle') this.loadGpuInfo();
        throw error;
      }
    });
  }

  /** Tells the host that the panel listens. */
  start(): void {
    this.channel.emit('ready', { tab: this.store.get().view.tab });
  }

  // ------------------------------------------------------------------------------------------ state

  private receive(panel: PanelState): void {
    const before = targetKey(this.store.get().ready?.target);
    const { patch, lost } = receivePanelState(this.store.get(), panel);
    this.store.set(patch);
    // What is still computed for another function must not arrive as this one's.
    if (panel.kind === 'ready' && targetKey(panel.target) !== before)
      for (const [key, request] of this.aborts) if (key !== 'gpu') request.abort();
    if (lost) this.channel.emit('ready', {});
    if (patch.restored === null && patch.cursor) this.channel.emit('select', patch.cursor);
    this.refreshVisible();
  }

  setView(patch: Partial<ViewOptions>): void {
    const before = this.store.get().view;
    this.store.set({ view: { ...before, ...patch } });
    if (patch.tab !== undefined && patch.tab !== before.tab) this.channel.emit('tab', { tab: patch.tab });
    this.refreshVisible();
  }

  /** Asks for what the visible tab needs and does not have for the current state. */
  refreshVisible(): void {
    const { view, ready, panel } = this.store.get();
    if (ready === undefined || panel?.kind !== 'ready') return;
    const kind = view.matrix === 'hessian' ? 'hessian' : 'derivative';
    const needsMatrix = view.tab === 'matrix' || view.tab === 'table';
    if (needsMatrix && demandOf(ready, kind) === 'automatic' && this.outdated(kind)) this.loadMatrix(kind);
    if (view.tab === 'checks' && this.store.get().check.kind === 'idle') this.runCheck();
    if (view.tab === 'program' && this.outdated('program')) this.loadProgram();
    if (view.tab === 'slices' && this.dragging === null && this.outdated('slice')) this.loadSlice();
    if (view.tab === 'timing' && this.store.get().gpu.kind === 'idle') this.loadGpuInfo();
  }

  private outdated(key: RemoteKey): boolean {
    const remote = this.store.get()[key];
    const version = this.store.get().ready?.version;
    if (remote.kind === 'running') return false;
    return remote.kind === 'failed' ? this.failedAt.get(key) !== version : remote.last?.version !== version;
  }

  /** The version at which a request failed, so that it isn't repeated until something changes. */
  private readonly failedAt = new Map<RemoteKey, number | undefined>();

  /** Runs one request of its kind; a newer one cancels the older. */
  private load<K extends RemoteKey>(
    key: K,
    request: (options: { signal: AbortSignal; onProgress: (progress: PanelProgress) => void }) => Promise<ValueOf<K>>,
  ): void {
    this.aborts.get(key)?.abort();
    const controller = new AbortController();
    this.aborts.set(key, controller);
    const version = this.store.get().ready?.version ?? 0;
    const put = (remote: Remote<ValueOf<K>>) => {
      if (this.aborts.get(key) === controller) this.store.set({ [key]: remote });
    };
    const last = () => this.store.get()[key].last as Versioned<ValueOf<K>> | undefined;
    put({ kind: 'running', last: last() });
    const onProgress = (progress: PanelProgress) => put({ kind: 'running', progress, last: last() });
    request({ signal: controller.signal, onProgress }).then(
      (value) => {
        put({ kind: 'done', last: { value, version } });
        this.settled(key, controller);
      },
      (error: unknown) => {
        const cancelled = controller.signal.aborted;
        const previous = last();
        if (cancelled) put(previous === undefined ? { kind: 'idle' } : { kind: 'done', last: previous });
        else {
          this.failedAt.set(key, version);
          put({ kind: 'failed', error: errorOf(error), last: previous });
        }
        this.settled(key, controller);
      },
    );
  }

  private settled(key: RemoteKey, controller: AbortController): void {
    if (this.aborts.get(key) !== controller) return;
    this.aborts.delete(key);
    // The state may have moved on meanwhile.
    if (!controller.signal.aborted) this.refreshVisible();
  }

  cancel(key: RemoteKey): void {
    this.aborts.get(key)?.abort();
  }

  // ------------------------------------------------------------------------------------------ requests

  loadMatrix(kind: AskedMatrix): void {
    const { ready } = this.store.get();
    if (ready === undefined) return;
    const { version } = ready;
    const extent = extentOf(ready, kind);
    const request = (part: { part?: MatrixPart }, options: { signal: AbortSignal }): Promise<MatrixResult> =>
      this.channel.request('matrix', { kind, version, ...part }, { ...options, timeout: LONG });
    if (demandOf(ready, kind) === 'automatic') {
      this.load(kind, (options) => request({}, options));
      return;
    }
    // There is no room for two: the one before goes.
    this.store.set({ [kind]: { kind: 'idle' } });
    const by = kind === 'derivative' && extent[0] <= extent[1] ? 'rows' : 'columns';
    const size = formatCount(extent[0] * extent[1], locale);
    this.load(kind, ({ signal, onProgress }) =>
      assembled(
        extent,
        by,
        (part) => request({ part }, { signal }),
        (done, total) => onProgress({ done, total, message: t.matrix.computedPart(size, formatPercent(done / total)) }),
      ),
    );
  }

  runCheck(): void {
    this.load('check', (options) => this.channel.request('check', {}, { ...options, timeout: LONG }));
  }

  runProfile(): void {
    const budget = this.store.get().view.budget;
    this.load('profile', (options) =>
      this.channel.request('profile', { budget }, { ...options, timeout: budget + LONG }),
    );
  }

  loadProgram(): void {
    const op = this.store.get().view.programOp;
    this.load('program', (options) => this.channel.request('program', { op }, { ...options, timeout: LONG }));
  }

  loadSlice(): void {
    const { ready, view } = this.store.get();
    if (ready === undefined) return;
    const directions = directionsOf(ready.inspection, view);
    if (directions.length === 0) return;
    const samples = directions.length === 1 ? 201 : 61;
    this.load('slice', (options) =>
      this.channel.request(
        'slice',
        { directions, radius: view.radius, samples, output: view.output },
        { ...options, timeout: LONG },
      ),
    );
  }

  loadGpuInfo(): void {
    this.load('gpu', () => this.gpuHost.info());
  }

  measureGpu(): void {
    const { gpu, ready, profile } = this.store.get();
    if (gpu.last === undefined || ready === undefined) return;
    const names = gpu.last.value.backends.filter((backend) => backend.available).map((backend) => backend.name);
    const base = profile.last?.value.rows.find((row) => row.id === 'value')?.median;
    this.load('gpuRows', async (options) => {
      const works: GpuWork[] = [];
      const op = ready.inspection.scalar ? 'grad' : 'jacobian';
      for (const what of [{ op }, { op: 'jvp', products: VECTORS }, { op: 'vjp', products: VECTORS }] as const) {
        const exported = await this.channel.request('exportProgram', what, { signal: options.signal, timeout: LONG });
        works.push({ ...what, exported });
      }
      return measureGpuRows(this.gpuHost, names, works, ready.inspection, base, options);
    });
  }

  /** The held slider or point is let go. */
  release(): void {
    this.dragging = null;
    if (this.live.idle) this.store.set({ inputs: { ...this.store.get().inputs, draft: null } });
  }

  /** The state that a slice was made at, while its point is dragged away from it. */
  sliceOrigin(version: number): ReadyPanel | undefined {
    const { ready } = this.store.get();
    if (ready?.version === version) this.heldOrigin = ready;
    return this.heldOrigin?.version === version ? this.heldOrigin : undefined;
  }

  private heldOrigin: ReadyPanel | undefined;

  holdPoint(args: Data[]): void {
    this.dragging = 'slice';
    const { inputs } = this.store.get();
    this.store.set({ inputs: { ...inputs, draft: args } });
    this.live.push(args);
  }

  dropPoint(): void {
    this.heldOrigin = undefined;
    this.release();
    this.refreshVisible();
  }

  setDirection(kind: DirectionKind, vector: Float64Array): void {
    const { inputs } = this.store.get();
    this.store.set({ inputs: { ...inputs, directions: { ...inputs.directions, [kind]: vector } } });
  }

  /** A Jacobian or Hessian times the direction. */
  runProduct(op: 'jvp' | 'vjp' | 'hvp', params: { tangent?: Data; cotangent?: Data; vector?: Data }): void {
    this.lastProduct = { op, params };
    const { ready, inputs } = this.store.get();
    const put = (product: Remote<ProductResult>) => {
      const now = this.store.get();
      if (targetKey(now.ready?.target) === targetKey(ready?.target))
        this.store.set({ inputs: { ...now.inputs, product } });
    };
    const { last } = inputs.product;
    const version = ready?.version ?? 0;
    put({ kind: 'running', last });
    this.channel.request('evaluate', { op, ...params }, { timeout: LONG }).then(
      ({ value: _, ...product }) => put({ kind: 'done', last: { value: { op, ...product }, version } }),
      (error: unknown) => put({ kind: 'failed', error: errorOf(error), last: undefined }),
    );
  }

  private lastProduct:
    { op: 'jvp' | 'vjp' | 'hvp'; params: { tangent?: Data; cotangent?: Data; vector?: Data } } | undefined;

  retryProduct(): void {
    if (this.lastProduct !== undefined) this.runProduct(this.lastProduct.op, this.lastProduct.params);
  }

  sortGrid(gridSort: AppState['gridSort']): void {
    this.store.set({ gridSort });
  }

  /** New arguments from a field, a slider or a dragged point: live. */
  setArguments(args: Data[]): void {
    this.live.push(args);
  }

  setPoint(pointIndex: number): void {
    this.ask(this.channel.request('setPoint', { pointIndex }));
  }

  resetPoint(): void {
    this.ask(this.channel.request('resetPoint', {}));
  }

  writePoint(): void {
    this.ask(this.channel.request('writePoint', {}));
  }

  /** Saves through VS Code's dialog. */
  save(name: string, bytes: Uint8Array | Promise<Uint8Array>): void {
    this.ask(
      Promise.resolve(bytes)
        .then((content) => this.channel.request('save', { name, bytes: content }, { timeout: 0 }))
        .then((saved) => {
          if (saved !== null) this.tell('info', t.common.saved(saved.path));
        }),
    );
  }

  copy(text: string): void {
    this.ask(this.channel.request('copy', { text }).then(() => this.tell('info', t.common.copied)));
  }

  private ask(request: Promise<unknown>): void {
    request.catch((error: unknown) => this.tell('error', messageOf(error)));
  }

  // ------------------------------------------------------------------------------------------ events

  choose(cell: { row: number; column: number } | null): void {
    this.store.set({ cursor: cell === null ? null : { row: cell.row, column: cell.column } });
    this.channel.emit('select', cell === null ? { row: null, column: null } : { row: cell.row, column: cell.column });
  }

  /** Keeps what is looked at, once it rests: a drawing of the panel for each frame of a pan would cost some. */
  keepPlace(place: () => HeatmapPlace | null | undefined): void {
    clearTimeout(this.placeTimer);
    this.placeTimer = setTimeout(() => {
      const now = place();
      if (now !== undefined) this.store.set({ place: now });
    }, REST);
  }

  hover(cell: { row: number; column: number; value: number } | null): void {
    this.store.set({ hover: cell });
  }

  reveal(file: string, range: SourceRange): void {
    this.channel.emit('reveal', { file, range });
  }

  pin(pinned: boolean): void {
    this.channel.emit('pin', { pinned });
  }

  command(command: string): void {
    this.channel.emit('command', { command });
  }

  clearHighlight(): void {
    this.store.set({ highlight: null satisfies HostEvents['highlight'] });
  }

  /** A short message at the lower edge, read out by screen readers. */
  tell(kind: 'info' | 'error', text: string): void {
    clearTimeout(this.noticeTimer);
    this.store.set({ notice: { kind, text } });
    this.noticeTimer = setTimeout(() => this.store.set({ notice: null }), kind === 'error' ? 8000 : 3000);
  }
}

/** How many arguments are on their way at once: where evaluations are quick, the next one travels while one is computed. */
function widthFor(ready: ReadyPanel | undefined): number {
  return ready !== undefined && ready.inspection.timing.total < QUICK ? 3 : 1;
}
