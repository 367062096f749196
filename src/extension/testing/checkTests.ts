/** The checks as tests: one item a function with `@gradientOf` or a check tag. */
import {
  type CancellationToken,
  Location,
  TestMessage,
  type TestController,
  type TestItem,
  type TestRun,
  type TestRunRequest,
  TestRunProfileKind,
  tests,
  type Uri,
  workspace,
} from 'vscode';
import type { CheckReport } from '../../runner/protocol';
import { fullReason, isCancelled, toErrorInfo } from '../format/errors';
import { t } from '../format/l10n';
import { runnerText } from '../format/runnerText';
import { type Disposable, DisposableStore } from '../lifecycle/disposables';
import { toRange } from '../session/convert';
import type { SessionManager } from '../session/sessionManager';
import { debugCheck } from './debugCheck';
import { findCheckFiles } from './findCheckFiles';

export class CheckTests implements Disposable {
  private readonly store = new DisposableStore();
  readonly controller: TestController;

  constructor(
    private readonly manager: SessionManager,
    private readonly extensionUri: Uri,
  ) {
    this.controller = this.store.add(tests.createTestController('gradlens.checks', t('GradLens checks')));
    this.controller.resolveHandler = (item) => this.resolve(item);
    this.controller.refreshHandler = () => this.resolve();
    const run = (request: TestRunRequest, token: CancellationToken): Promise<void> => this.run(request, token, false);
    const debug = (request: TestRunRequest, token: CancellationToken): Promise<void> => this.run(request, token, true);
    this.controller.createRunProfile(t('Check'), TestRunProfileKind.Run, run, true);
    this.controller.createRunProfile(t('Debug the check'), TestRunProfileKind.Debug, debug, true);
    this.store.add(manager.onDidChangeFunctions((uri) => this.update(uri)));
  }

  /** Runs what is asked for; what `debug` says under the debugger. */
  async run(request: TestRunRequest, token: CancellationToken, debug: boolean): Promise<void> {
    const run = this.controller.createTestRun(request);
    try {
      for (const item of await this.expand(request)) {
        if (token.isCancellationRequested) run.skipped(item);
        else {
          // The debugger is for looking; the verdict comes from the engine, as without it.
          if (debug && item.uri) await debugCheck(item.uri, item.label, this.extensionUri);
          await this.runOne(run, item, token);
        }
      }
    } finally {
      run.end();
    }
  }

  private async expand(request: TestRunRequest): Promise<TestItem[]> {
    const roots: TestItem[] = [];
    if (request.include) roots.push(...request.include);
    else this.controller.items.forEach((item) => roots.push(item));
    const all: TestItem[] = [];
    for (const item of roots) {
      if (item.canResolveChildren) {
        await this.resolve(item);
        item.children.forEach((child) => all.push(child));
      } else all.push(item);
    }
    return all.filter((item) => !request.exclude?.includes(item));
  }

  private async runOne(run: TestRun, item: TestItem, token: CancellationToken): Promise<void> {
    const { uri } = item;
    if (!uri) return;
    const controller = new AbortController();
    const stop = token.onCancellationRequested(() => controller.abort());
    run.started(item);
    const started = performance.now();
    try {
      const failures: CheckReport[] = [];
      for (const pointIndex of await this.points(uri, item.label)) {
        const target = { uri, functionName: item.label, pointIndex };
        const report = await this.manager.request(
          target,
          'check',
          {},
          { signal: controller.signal, timeLimit: 30_000 },
        );
        run.appendOutput(`${item.label}: ${runnerText(report.verdict)}\r\n`, undefined, item);
        if (!report.passed) failures.push(report);
      }
      const duration = performance.now() - started;
      if (failures.length === 0) run.passed(item, duration);
      else
        run.failed(
          item,
          failures.map((report) => this.message(item, report)),
          duration,
        );
    } catch (error) {
      if (isCancelled(error)) run.skipped(item);
      else run.errored(item, new TestMessage(fullReason(toErrorInfo(error))), performance.now() - started);
    } finally {
      stop.dispose();
    }
  }

  private message(item: TestItem, { verdict, parts }: CheckReport): TestMessage {
    const lines = parts
      .filter(({ passed }) => !passed)
      .map(({ name, message }) => `${runnerText(name)}: ${runnerText(message)}`);
    const message = new TestMessage([runnerText(verdict), ...lines].join('\n'));
    if (item.uri && item.range) message.location = new Location(item.uri, item.range);
    return message;
  }

  private async points(uri: Uri, name: string): Promise<number[]> {
    const fn = (await this.manager.listFunctions(uri)).find((entry) => entry.name === name);
    return Array.from({ length: Math.max(1, fn?.points.length ?? 1) }, (_, index) => index);
  }

  /** Without an item, finds the files of the workspace; with a file's item, its functions. */
  private async resolve(item?: TestItem): Promise<void> {
    if (!workspace.isTrusted) return;
    if (item?.uri) {
      await this.manager.listFunctions(item.uri).catch(() => undefined);
      this.update(item.uri);
      return;
    }
    for await (const uri of findCheckFiles()) this.fileItem(uri);
  }

  private fileItem(uri: Uri): TestItem {
    const id = uri.toString();
    const existing = this.controller.items.get(id);
    if (existing) return existing;
    const item = this.controller.createTestItem(id, workspace.asRelativePath(uri), uri);
    item.canResolveChildren = true;
    this.controller.items.add(item);
    return item;
  }

  private update(uri: Uri): void {
    const session = this.manager.sessions.find(uri);
    // A closed file keeps its tests: they are those of the text on disk.
    if (!session || session.live.listDue) return;
    const checked = session.live.functions.filter((fn) => fn.checked && fn.differentiable);
    if (checked.length === 0) {
      this.controller.items.delete(uri.toString());
      return;
    }
    const file = this.fileItem(uri);
    const items = checked.map((fn) => {
      const id = `${uri.toString()}#${fn.name}`;
      const child = file.children.get(id) ?? this.controller.createTestItem(id, fn.name, uri);
      child.range = toRange(fn.range);
      child.description = fn.gradientOf === undefined ? undefined : t('claims to be ∇{0}', fn.gradientOf);
      return child;
    });
    file.children.replace(items);
  }

  dispose(): void {
    this.store.dispose();
  }
}
