/**
 * Live inspection for the surfaces: documents → functions → points → states. The scheduler decides what is computed when;
 * this class speaks VS Code's language with the rest of the extension.
 */
import { type Event, EventEmitter, type Uri, workspace } from 'vscode';
import type { Data, ErrorInfo, FunctionInfo, Inspection, RunnerMethod, RunnerRequests } from '../../runner/protocol';
import type { Configuration } from '../configuration';
import type { EngineHost } from '../engine/engineHost';
import { t } from '../format/l10n';
import { runnerText } from '../format/runnerText';
import type { InspectionService, InspectionState, InspectionTarget } from '../inspection';
import { type Disposable, DisposableStore } from '../lifecycle/disposables';
import { type CheckState, unchecked } from '../live/checkState';
import type { RequestOptions } from '../live/engine';
import { targetKey } from '../live/liveDocument';
import type { LiveTarget } from '../live/liveTarget';
import { LiveScheduler } from '../live/scheduler';
import { RequestError } from './requestError';
import { type Session, Sessions } from './sessions';

export class SessionManager implements InspectionService, Disposable {
  private readonly store = new DisposableStore();
  private readonly changed = this.store.add(new EventEmitter<InspectionTarget>());
  private readonly changedFunctions = this.store.add(new EventEmitter<Uri>());
  private readonly changedBusy = this.store.add(new EventEmitter<boolean>());
  readonly onDidChange: Event<InspectionTarget> = this.changed.event;
  readonly onDidChangeFunctions: Event<Uri> = this.changedFunctions.event;
  readonly onDidChangeBusy: Event<boolean> = this.changedBusy.event;
  readonly sessions: Sessions;
  private readonly scheduler: LiveScheduler;
  /** The settings that results depend on, to see when they change. */
  private computing: string;

  constructor(
    private readonly engine: EngineHost,
    private readonly configuration: Configuration,
  ) {
    this.scheduler = this.store.add(new LiveScheduler(engine, this.schedulerSettings()));
    this.scheduler.suspend(!workspace.isTrusted);
    this.store.add(
      this.scheduler.onTarget.on(({ document, target }) => {
        const session = this.sessions.ofLive(document);
        if (session) this.changed.fire(this.targetOf(session, target));
      }),
    );
    this.store.add(
      this.scheduler.onFunctions.on((live) => {
        const session = this.sessions.ofLive(live);
        if (session) this.changedFunctions.fire(session.document.uri);
      }),
    );
    this.store.add(this.scheduler.onBusy.on((busy) => this.changedBusy.fire(busy)));
    this.sessions = this.store.add(new Sessions(this.scheduler));
    this.store.add(this.sessions.onOpen.on(({ document }) => this.changedFunctions.fire(document.uri)));
    this.store.add(this.sessions.onClose.on(({ document }) => this.changedFunctions.fire(document.uri)));
    this.store.add(
      workspace.onDidGrantWorkspaceTrust(() => {
        this.scheduler.suspend(false);
        for (const { document } of this.sessions.all()) this.changedFunctions.fire(document.uri);
      }),
    );
    this.store.add(configuration.onDidChange(() => this.configure()));
    this.watchFiles();
    engine.configure(configuration.current.runner);
    this.computing = this.computingSettings();
  }

  functions(uri: Uri): readonly FunctionInfo[] {
    return this.sessions.find(uri)?.live.functions ?? [];
  }

  /** Every function at every point of the document, from the top down. */
  targets(uri: Uri): InspectionTarget[] {
    const session = this.sessions.find(uri);
    if (!session) return [];
    const order = new Map(session.live.functions.map((fn, index) => [fn.name, index]));
    return [...session.live.targets.values()]
      .sort((a, b) => (order.get(a.fn.name) ?? 0) - (order.get(b.fn.name) ?? 0) || a.pointIndex - b.pointIndex)
      .map((target) => this.targetOf(session, target));
  }

  state(target: InspectionTarget): InspectionState {
    if (!workspace.isTrusted) return { kind: 'untrusted' };
    const session = this.sessions.find(target.uri);
    if (!session) return { kind: 'unavailable', reason: t('The document is not open.') };
    const live = this.find(session, target);
    if (live) {
      if (live.state.kind === 'idle' && !this.configuration.of(target.uri).live && !live.wanted) {
        return { kind: 'unavailable', reason: t('Live derivatives are off.') };
      }
      return live.state;
    }
    if (!session.live.listed) return { kind: 'running' };
    const fn = session.live.functions.find(({ name }) => name === target.functionName);
    if (fn) return { kind: 'unavailable', reason: reasonOf(fn) };
    if (session.live.error) return { kind: 'failed', error: session.live.error, version: session.live.version };
    return { kind: 'unavailable', reason: t('There is no function {0} in this file.', target.functionName) };
  }

  /** The last result of a target, stale or not. */
  inspection(target: InspectionTarget): Inspection | undefined {
    return this.lookup(target)?.target.inspection;
  }

  checkState(target: InspectionTarget): CheckState {
    return this.lookup(target)?.target.check ?? unchecked;
  }

  /** The error that hides a whole document's functions. */
  listError(uri: Uri): ErrorInfo | undefined {
    return this.sessions.find(uri)?.live.error;
  }

  /** False until the functions of the document have been listed for the first time. */
  isListed(uri: Uri): boolean {
    return this.sessions.find(uri)?.live.listed ?? false;
  }

  /** True while the functions of the newest text are not known yet. */
  isListing(uri: Uri): boolean {
    return this.sessions.find(uri)?.live.listDue ?? false;
  }

  /** Which of its points a function's lines show. */
  activePoint(uri: Uri, functionName: string): number {
    const session = this.sessions.find(uri);
    const index = session?.live.activePoints.get(functionName) ?? 0;
    return session?.live.targets.has(targetKey(functionName, index)) ? index : 0;
  }

  /** Shows the values of another point at the ends of the lines. */
  setActivePoint(target: InspectionTarget): void {
    const found = this.lookup(target);
    if (!found || this.activePoint(target.uri, target.functionName) === target.pointIndex) return;
    found.session.live.activePoints.set(target.functionName, target.pointIndex);
    this.changed.fire(target);
  }

  refresh(target: InspectionTarget): void {
    const found = this.lookup(target);
    if (found) this.scheduler.refresh(found.target, found.session.live);
    else void this.listFunctions(target.uri).catch(() => undefined);
  }

  /** The point that was set by hand, where there is one. */
  pointOverride(target: InspectionTarget): { expression?: string; args?: Data[] } | undefined {
    return this.lookup(target)?.target.override;
  }

  async setPoint(target: InspectionTarget, point: { expression?: string; args?: Data[] } | undefined): Promise<void> {
    const found = this.lookup(target);
    if (!found?.target.setPoint(point)) return;
    const { target: live, session } = found;
    const { revision } = live;
    live.wanted = true;
    this.scheduler.touch(session.live, live);
    // A closed document has no result, and its surfaces say so.
    await this.until(() => live.answered >= revision, session).catch(() => undefined);
  }

  setOutput(target: InspectionTarget, output: number): void {
    const found = this.lookup(target);
    if (!found || found.target.output === output) return;
    found.target.output = output;
    // The derivative is the same for every component: the verdict on it stands.
    const { check, checkDue } = found.target;
    found.target.invalidate();
    Object.assign(found.target, { check, checkDue, wanted: true });
    this.scheduler.touch(found.session.live, found.target);
  }

  async request<M extends Exclude<RunnerMethod, 'list'>>(
    target: InspectionTarget,
    method: M,
    params: Omit<RunnerRequests[M]['params'], 'file' | 'fn'>,
    options: RequestOptions = {},
  ): Promise<RunnerRequests[M]['result']> {
    const { session, target: live } = await this.resolve(target);
    // The verdict of a check at the target's own point belongs on every surface.
    const own = !('at' in params) && !('args' in params) && !('tolerance' in params);
    if (method === 'check' && own) {
      return await this.scheduler.check(session.live, live, options);
    }
    this.scheduler.flush();
    const address = live.address(session.live.file);
    if ('at' in params) delete address.args;
    // Two spreads of one known type each: TypeScript cannot join Omit<T, K> and Pick<T, K> for a generic T.
    const full = { ...address, ...params } as RunnerRequests[M]['params'];
    return this.engine.request(method, full, options);
  }

  /** The functions of any document, opened for the purpose if need be. */
  async listFunctions(uri: Uri): Promise<readonly FunctionInfo[]> {
    this.requireTrust();
    const session = await this.openSession(uri);
    if (session.live.listDue) {
      session.live.wanted = true;
      this.scheduler.attendAgain();
      await this.until(() => !session.live.listDue, session);
    }
    if (session.live.error) throw new RequestError(session.live.error);
    return session.live.functions;
  }

  /** The result for the newest text, computed if need be. */
  async inspect(target: InspectionTarget): Promise<Inspection> {
    const { session, target: live } = await this.resolve(target);
    if (live.dirty || live.state.kind === 'failed') {
      this.scheduler.refresh(live, session.live);
      await this.until(() => !live.dirty, session);
    }
    if (live.state.kind === 'failed') throw new RequestError(live.state.error);
    const { inspection } = live;
    if (!inspection) throw new RequestError({ code: 'no-result', message: t('There is no result.') });
    return inspection;
  }

  /** Asks for everything again: after a restart of the engine, or because the user says so. */
  invalidateAll(): void {
    this.scheduler.invalidateAll();
  }

  get busy(): boolean {
    return this.scheduler.busy;
  }

  /** The function that is being computed, and for how many milliseconds. */
  get working(): { name: string; milliseconds: number } | undefined {
    const { working } = this.scheduler;
    return working && { name: working.target.fn.name, milliseconds: working.milliseconds };
  }

  /** Gives up what is being computed, until the next edit. */
  stop(): void {
    this.scheduler.stop();
  }

  /** The target of a function at one of its points, at the newest state of its document. */
  async resolve(target: InspectionTarget): Promise<{ session: Session; target: LiveTarget }> {
    this.requireTrust();
    const before = this.lookup(target);
    if (before) return before;
    const functions = await this.listFunctions(target.uri);
    const found = this.lookup(target);
    if (found) return found;
    const fn = functions.find(({ name }) => name === target.functionName);
    throw new RequestError(
      fn
        ? { code: 'not-differentiable', message: reasonOf(fn) }
        : { code: 'no-such-function', message: t('There is no function {0} in this file.', target.functionName) },
    );
  }

  private async openSession(uri: Uri): Promise<Session> {
    const open = this.sessions.find(uri);
    if (open) return open;
    const document = await workspace.openTextDocument(uri);
    const session = this.sessions.ofDocument(document) ?? this.sessions.find(document.uri);
    if (session) return session;
    throw new RequestError({
      code: 'unsupported-language',
      message: t('{0} is neither TypeScript nor JavaScript.', workspace.asRelativePath(uri)),
    });
  }

  private requireTrust(): void {
    if (workspace.isTrusted) return;
    throw new RequestError({
      code: 'untrusted',
      message: t('GradLens runs no code in an untrusted workspace.'),
      hint: t('Trust the workspace to see derivatives.'),
    });
  }

  /** Resolves when `done` holds; rejects when the document closes before. */
  private until(done: () => boolean, session: Session): Promise<void> {
    return new Promise((resolve, reject) => {
      const listeners = new DisposableStore();
      const look = (): void => {
        if (!done()) return;
        listeners.dispose();
        resolve();
      };
      listeners.add(this.scheduler.onTarget.on(look));
      listeners.add(this.scheduler.onFunctions.on(look));
      listeners.add(
        this.sessions.onClose.on((closed) => {
          if (closed !== session) return;
          listeners.dispose();
          reject(new RequestError({ code: 'cancelled', message: t('The document was closed.') }));
        }),
      );
      look();
    });
  }

  private lookup(target: InspectionTarget): { session: Session; target: LiveTarget } | undefined {
    const session = this.sessions.find(target.uri);
    const found = session && this.find(session, target);
    return session && found && { session, target: found };
  }

  private find(session: Session, { functionName, pointIndex }: InspectionTarget): LiveTarget | undefined {
    return session.live.targets.get(targetKey(functionName, pointIndex));
  }

  private targetOf({ document }: Session, { fn, pointIndex }: LiveTarget): InspectionTarget {
    return { uri: document.uri, functionName: fn.name, pointIndex };
  }

  private watchFiles(): void {
    const watcher = this.store.add(workspace.createFileSystemWatcher('**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs,json}'));
    const changed = ({ fsPath }: Uri): void => {
      // Open documents tell of their changes themselves; the runner has to forget what it read, no more.
      if (this.sessions.ofFile(fsPath)) this.engine.changed(fsPath);
      else this.scheduler.changedOnDisk(fsPath);
    };
    this.store.add(watcher.onDidChange(changed));
    this.store.add(watcher.onDidCreate(changed));
    this.store.add(watcher.onDidDelete(changed));
  }

  private schedulerSettings(): ConstructorParameters<typeof LiveScheduler>[1] {
    return {
      delay: this.configuration.current.delay,
      of: (live) => this.configuration.of(this.sessions.ofLive(live)?.document.uri),
    };
  }

  private configure(): void {
    this.scheduler.configure(this.schedulerSettings());
    // A setting that only changes what is shown costs no evaluation.
    const computing = this.computingSettings();
    if (computing === this.computing) return;
    this.computing = computing;
    this.engine.configure(this.configuration.current.runner);
    this.scheduler.invalidateAll();
  }

  private computingSettings(): string {
    const { current } = this.configuration;
    const folders = (workspace.workspaceFolders ?? []).map(({ uri }) => this.configuration.of(uri).maxEntries);
    return JSON.stringify([current.runner, current.maxEntries, folders]);
  }

  dispose(): void {
    this.store.dispose();
  }
}

function reasonOf({ reason }: FunctionInfo): string {
  return reason === undefined ? t('The function is not differentiable.') : runnerText(reason);
}
