/**
 * The live side without VS Code: takes edits, waits as long as pays, and computes one thing at a time, the most urgent
 * first. A newer edit ends an older evaluation of the same file.
 */
import type { ErrorInfo, RunnerRequests } from '../../runner/protocol';
import { isCancelled, toErrorInfo } from '../format/errors';
import { t } from '../format/l10n';
import type { Disposable } from '../lifecycle/disposables';
import { later } from '../lifecycle/later';
import { Signal } from '../lifecycle/signal';
import { AdaptiveDelay } from './adaptiveDelay';
import { Ahead } from './ahead';
import { unchecked } from './checkState';
import type { Engine } from './engine';
import { LiveDocument } from './liveDocument';
import type { LiveTarget } from './liveTarget';
import { type Attention, type Job, nextJob, nextTarget } from './order';
import type { Edit } from './shift';

/** What may differ from document to document: folders of a workspace have settings of their own. */
interface DocumentSettings {
  live: boolean;
  /** Largest matrix that is computed without being asked for. */
  maxEntries: number;
  automaticChecks: boolean;
}

export interface SchedulerSettings {
  /** Milliseconds after an edit, or 'auto'. */
  delay: number | 'auto';
  of(document: LiveDocument): DocumentSettings;
}

/** While somebody types without a pause, results come at least this often. */
const LONGEST_WAIT = 1500;

/** Milliseconds that the evaluation at a point has which another point has overtaken. */
const OVERTAKEN = 100;

/** Milliseconds that an overtaken check may go on: starting a process anew costs more than letting it end. */
const UNHURRIED = 10_000;

/** Why a computation ends that the user gives up. */
const STOPPED = Symbol('stopped');

function stoppedError(): ErrorInfo {
  return { code: 'stopped', message: t('Stopped.'), hint: t('The next edit computes it again.') };
}

export class LiveScheduler implements Disposable {
  readonly documents = new Map<number, LiveDocument>();
  /** A target's state or verdict is new. */
  readonly onTarget = new Signal<{ document: LiveDocument; target: LiveTarget }>();
  /** The functions of a document, or the states of all of them, are new. */
  readonly onFunctions = new Signal<LiveDocument>();
  /** Nothing is left to do, or something is again. */
  readonly onBusy = new Signal<boolean>();
  private readonly delay = new AdaptiveDelay();
  private readonly ahead: Ahead;
  private attention: Attention = { visible: new Map() };
  private running: { job: Job; controller: AbortController; since: number } | undefined;
  private timer: Disposable | undefined;
  private waitingSince: number | undefined;
  private suspended = false;
  private disposed = false;
  private wasBusy = false;
  private nextId = 1;
  /** Counts the changes of files; a result is as new as the count at which it was asked for. */
  private changes = 0;
  private readonly changedAt = new Map<string, number>();

  constructor(
    private readonly engine: Engine,
    private settings: SchedulerSettings,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.ahead = new Ahead(engine);
  }

  /** Takes a document under inspection. */
  open(file: string, text: () => string, version: number, differsFromDisk: boolean): LiveDocument {
    const document = new LiveDocument(this.nextId++, file, text, version, differsFromDisk);
    this.documents.set(document.id, document);
    if (differsFromDisk) this.invalidateDependents(file, document.id);
    this.schedule(0);
    return document;
  }

  /** Forgets a document; others that import it see the text on disk again. */
  close(document: LiveDocument): void {
    if (!this.documents.delete(document.id)) return;
    this.ahead.drop(document);
    if (this.running?.job.document === document) this.running.controller.abort();
    if (!document.overlaid) return;
    this.engine.overlay(document.file, null);
    this.invalidateDependents(document.file, document.id);
    this.schedule(0);
  }

  /** The text of a document changed. */
  edit(document: LiveDocument, edits: readonly Edit[], version: number): void {
    document.edit(edits, version);
    this.supersede(document.file, document);
    this.onFunctions.fire(document);
    this.invalidateDependents(document.file, document.id);
    this.waitAfterEdit();
  }

  /** A file changed on disk. */
  changedOnDisk(file: string): void {
    this.engine.changed(file);
    this.supersede(file);
    this.invalidateDependents(file);
    this.schedule(this.delay.value);
  }

  /** What the user looks at is new. */
  attend(attention: Attention): void {
    this.attention = attention;
    this.schedule(0);
  }

  /** Looks again for work, where something was marked as wanted. */
  attendAgain(): void {
    this.schedule(0);
  }

  /** Asks for a target though nobody looks at its document. */
  refresh(target: LiveTarget, document: LiveDocument, again = false): void {
    target.wanted = true;
    if (again || target.state.kind === 'failed') {
      target.invalidate();
      this.onTarget.fire({ document, target });
    }
    this.schedule(0);
  }

  configure(settings: SchedulerSettings): void {
    this.settings = settings;
    this.schedule(0);
  }

  /** Everything is out of date: the engine started again or computes otherwise. */
  invalidateAll(): void {
    this.running?.controller.abort();
    this.ahead.drop();
    for (const document of this.documents.values()) {
      document.invalidate();
      document.overlayDue = true;
      this.onFunctions.fire(document);
    }
    this.schedule(0);
  }

  /** Holds all work back (no trust) or goes on. */
  suspend(suspended: boolean): void {
    this.suspended = suspended;
    if (!suspended) return this.schedule(0);
    this.running?.controller.abort();
    this.ahead.drop();
  }

  /** Sends unsaved text that the runner has not seen. Requests made after this see it. */
  flush(): void {
    for (const document of this.documents.values()) {
      if (!document.overlayDue) continue;
      document.overlayDue = false;
      document.overlaid = true;
      this.engine.overlay(document.file, document.currentText());
    }
  }

  /** A change that came from a surface (a point, an output component): told and computed at once. */
  touch(document: LiveDocument, target: LiveTarget): void {
    // What runs now is of the same text and nearly done where results are quick: it is shown on the way to the newest.
    if (this.running?.job.kind !== 'list' && this.running?.job.target === target) this.abortLate(this.running);
    this.onTarget.fire({ document, target });
    this.schedule(0);
  }

  get busy(): boolean {
    return this.running !== undefined || this.timer !== undefined;
  }

  /** The function that is being computed, and for how many milliseconds. */
  get working(): { target: LiveTarget; milliseconds: number } | undefined {
    if (this.running?.job.kind !== 'inspect') return undefined;
    return { target: this.running.job.target, milliseconds: this.now() - this.running.since };
  }

  /** Gives up what is being computed, until the next edit. */
  stop(): void {
    if (this.running?.job.kind === 'inspect') this.running.controller.abort(STOPPED);
  }

  get delayNow(): number {
    return this.settings.delay === 'auto' ? this.delay.value : this.settings.delay;
  }

  private waitAfterEdit(): void {
    const now = this.now();
    this.waitingSince ??= now;
    const rest = Math.max(0, LONGEST_WAIT - (now - this.waitingSince));
    this.schedule(Math.min(this.delayNow, rest), true);
  }

  private schedule(milliseconds: number, restart = false): void {
    if (this.disposed) return;
    if (this.timer !== undefined) {
      // Work that waits for the end of typing is not hurried by the rest.
      if (!restart) return;
      this.timer.dispose();
    }
    this.timer = later(milliseconds, () => {
      this.timer = undefined;
      if (this.waitingSince !== undefined) this.delay.begin();
      this.waitingSince = undefined;
      this.pump();
    });
    this.tellBusy();
  }

  private pump(): void {
    if (this.disposed || this.suspended || this.running || this.timer !== undefined) return;
    const job = nextJob(this.documents.values(), this.attention, (document) => this.settings.of(document).live);
    if (!job) {
      this.ahead.drop();
      return this.tellBusy();
    }
    this.flush();
    const controller = new AbortController();
    this.running = { job, controller, since: this.now() };
    this.tellBusy();
    void this.run(job, controller.signal).finally(() => {
      this.running = undefined;
      this.pump();
      this.tellBusy();
    });
  }

  private async run(job: Job, signal: AbortSignal): Promise<void> {
    const started = this.now();
    switch (job.kind) {
      case 'list':
        await this.runList(job.document, signal);
        break;
      case 'inspect':
        await this.runInspect(job.document, job.target, signal);
        break;
      case 'check':
        await this.runCheck(job.document, job.target, signal);
        return;
    }
    const elapsed = this.now() - started;
    if (signal.aborted) this.delay.observeEnded(elapsed);
    else this.delay.observe(elapsed);
  }

  private async runList(document: LiveDocument, signal: AbortSignal): Promise<void> {
    const { version } = document;
    const { live, maxEntries } = this.settings.of(document);
    try {
      const listing = this.engine.request('list', { file: document.file }, { signal });
      const target = live ? nextTarget(document, this.attention) : undefined;
      if (target) this.ahead.ask(document, target, maxEntries, this.changes);
      const result = await listing;
      if (document.version !== version || signal.aborted) return;
      document.list(result);
    } catch (error) {
      if (document.version !== version || isCancelled(error)) return;
      document.listFailed(toErrorInfo(error));
    }
    document.wanted = false;
    this.onFunctions.fire(document);
  }

  private async runInspect(document: LiveDocument, target: LiveTarget, signal: AbortSignal): Promise<void> {
    const { version } = document;
    const { revision, override } = target;
    const params = target.inspectParams(document.file, this.settings.of(document).maxEntries);
    const { answer, changes } = this.ahead.take(target, params, signal) ?? {
      answer: this.engine.request('inspect', params, { signal }),
      changes: this.changes,
    };
    if (target.state.kind === 'idle') {
      target.state = { kind: 'running' };
      this.onTarget.fire({ document, target });
    }
    const fresh = (): boolean => document.version === version && !signal.aborted;
    try {
      const inspection = await answer;
      if (!fresh()) return;
      if (override) inspection.point = { ...inspection.point, source: 'panel' };
      target.dependencies = new Set([document.file, ...inspection.dependencies]);
      target.state = { kind: 'ready', fn: target.fn, inspection, version };
    } catch (error) {
      const stopped = signal.reason === STOPPED && document.version === version;
      if (!stopped && (!fresh() || isCancelled(error))) return;
      const info = stopped ? stoppedError() : toErrorInfo(error);
      target.state = { kind: 'failed', fn: target.fn, error: info, last: target.inspection, version };
    }
    target.answered = revision;
    // Which files it came from is known only now: one of them may have changed meanwhile.
    if ([...target.dependencies].some((file) => (this.changedAt.get(file) ?? 0) > changes)) target.revision++;
    target.wanted = target.wanted && target.dirty;
    this.onTarget.fire({ document, target });
    // Overtaken by another point: the newest is on its way.
    if (target.dirty && target.state.kind === 'ready') {
      target.state = { ...target.state, kind: 'stale', since: performance.now() };
      this.onTarget.fire({ document, target });
    }
  }

  private async runCheck(document: LiveDocument, target: LiveTarget, signal: AbortSignal): Promise<void> {
    target.checkDue = false;
    if (!this.settings.of(document).automaticChecks) return;
    try {
      await this.check(document, target, { signal, grace: UNHURRIED });
    } catch {
      // The verdict says so.
    }
    if (signal.aborted && target.check.kind === 'none') target.checkDue = target.fn.checked;
  }

  /** Checks a derivative and keeps the verdict, unless text or point changed meanwhile. */
  async check(
    document: LiveDocument,
    target: LiveTarget,
    options: Parameters<Engine['request']>[2],
  ): Promise<RunnerRequests['check']['result']> {
    const set = (state: LiveTarget['check']): void => {
      target.check = state;
      this.onTarget.fire({ document, target });
    };
    const running = { kind: 'running' } as const;
    set(running);
    try {
      this.flush();
      const report = await this.engine.request('check', target.address(document.file), options);
      if (target.check === running) set({ kind: report.passed ? 'passed' : 'failed', report });
      return report;
    } catch (error) {
      if (target.check === running) set(isCancelled(error) ? unchecked : { kind: 'error', error: toErrorInfo(error) });
      throw error;
    }
  }

  /** Ends the running job where it computes with a text that is no longer the newest. */
  private supersede(file: string, document?: LiveDocument): void {
    if (document) this.ahead.drop(document);
    if (!this.running) return;
    const { job, controller } = this.running;
    const concerned = job.document === document || (job.kind !== 'list' && job.target.dependencies.has(file));
    if (concerned) controller.abort();
  }

  /** Ends a job that another point has overtaken, unless it ends by itself in a moment. */
  private abortLate({ controller }: { controller: AbortController }): void {
    setTimeout(() => controller.abort(), OVERTAKEN).unref();
  }

  private invalidateDependents(file: string, except?: number): void {
    this.changedAt.set(file, ++this.changes);
    for (const document of this.documents.values()) {
      if (document.id === except) continue;
      let any = false;
      for (const target of document.targets.values()) {
        // What a failed evaluation depends on is not known: any file may be the one that mends it.
        const concerned = target.dependencies.has(file) || target.state.kind === 'failed';
        if (!concerned || target.dirty) continue;
        target.invalidate();
        any = true;
      }
      if (any) this.onFunctions.fire(document);
    }
  }

  private tellBusy(): void {
    const busy = this.running !== undefined;
    if (busy === this.wasBusy) return;
    this.wasBusy = busy;
    this.onBusy.fire(busy);
  }

  dispose(): void {
    this.disposed = true;
    this.timer?.dispose();
    this.running?.controller.abort();
    this.ahead.drop();
    for (const signal of [this.onTarget, this.onFunctions, this.onBusy]) signal.dispose();
  }
}
