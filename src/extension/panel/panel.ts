/** One panel: a webview, its channel, the function it shows. */
import { env, type ExtensionContext, type LogOutputChannel, Uri, type WebviewPanel, window, workspace } from 'vscode';
import { randomBytes } from 'node:crypto';
import { GPU_LIMITS, type GpuCosts, type GpuResult, type GpuTask } from '../../runner/protocol';
import { MessageHandler, RemoteError, type HostChannel, type MatrixKind, type PanelTab } from '../../webview/protocol';
import { t } from '../format/l10n';
import type { InspectionService, InspectionTarget } from '../inspection';
import { type Disposable, DisposableStore } from '../lifecycle/disposables';
import { RequestError } from '../session/requestError';
import { EditorLinks } from './editorLinks';
import { panelHtml } from './panelHtml';
import { answerRequests } from './panelRequests';
import { readPanelSettings } from './panelSettings';
import { emptyState, PanelStates } from './panelState';

/** `viewType` of the webview; its activation event restores panels after a reload. */
export const PANEL_TYPE = 'gradlens.panel';

/** Milliseconds that an old result may stand unmarked: a dragged slider would make the panel flicker, and work twice. */
const PATIENCE = 150;

export class Panel implements Disposable {
  private readonly store = new DisposableStore();
  private readonly states = new PanelStates();
  private readonly channel: HostChannel;
  private readonly links: EditorLinks;
  private current: InspectionTarget | undefined;
  private isListening = false;
  private staleTimer: NodeJS.Timeout | undefined;
  private readonly losers = new Set<(message: string) => void>();
  /** Said once the panel listens. */
  private pendingTab: { tab: PanelTab; matrix?: MatrixKind } | undefined;
  pinned = false;

  constructor(
    private readonly context: Pick<ExtensionContext, 'extensionUri'>,
    readonly view: WebviewPanel,
    private readonly service: InspectionService,
    private readonly log: LogOutputChannel | undefined,
    private readonly onPin: () => void,
  ) {
    this.channel = new MessageHandler((message) => void view.webview.postMessage(message));
    this.links = this.store.add(new EditorLinks(service, this.channel, () => this.current));
    this.store.add({ dispose: () => this.channel.dispose() });
    this.store.add(view.webview.onDidReceiveMessage((message: unknown) => this.channel.receive(message)));
    this.store.add(service.onDidChange((target) => this.isCurrent(target) && this.push()));
    this.store.add(
      service.onDidChangeFunctions((uri) => this.current?.uri.toString() === uri.toString() && this.push()),
    );
    this.store.add(
      workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('gradlens') && this.sendSettings()),
    );
    this.store.add(
      view.onDidChangeViewState(() => {
        // A hidden webview is taken down; it says that it listens when it is built again.
        if (view.visible) return;
        this.isListening = false;
        this.loseGpu(t('The panel that ran GPU work was hidden.'));
      }),
    );
    answerRequests(this.channel, service, {
      target: () => this.current,
      setTarget: (target) => this.setTarget(target),
      isNewest: (version) => {
        const state = this.current && this.service.state(this.current);
        return state?.kind === 'ready' && this.states.versionOf(state.inspection) === version;
      },
    });
    this.listen();
    view.iconPath = {
      light: Uri.joinPath(context.extensionUri, 'media', 'panel-light.svg'),
      dark: Uri.joinPath(context.extensionUri, 'media', 'panel-dark.svg'),
    };
    view.webview.options = {
      enableScripts: true,
      localResourceRoots: [Uri.joinPath(context.extensionUri, 'dist', 'webview')],
    };
    view.webview.html = this.html();
  }

  get target(): InspectionTarget | undefined {
    return this.current;
  }

  /** It is in sight and listens. */
  get listening(): boolean {
    return this.isListening;
  }

  /** Runs a program in the panel's worker; ends with an error when the panel is closed, hidden or silent. */
  runOnGpu(task: GpuTask, signal: AbortSignal): Promise<GpuResult> {
    return this.unlessLost(this.channel.request('gpuRun', task, { signal, timeout: GPU_LIMITS.panel }));
  }

  /** Measures what work in the panel's worker costs; ends as `runOnGpu` does. */
  gpuCosts(): Promise<GpuCosts> {
    return this.unlessLost(this.channel.request('gpuCosts', {}, { timeout: GPU_LIMITS.panel }));
  }

  private async unlessLost<T>(answer: Promise<T>): Promise<T> {
    const ended = new AbortController();
    const gone = new Promise<never>((_, reject) => {
      const lose = (message: string): void => reject(new RequestError({ code: 'gpu-lost', message }));
      this.losers.add(lose);
      ended.signal.addEventListener('abort', () => this.losers.delete(lose));
    });
    try {
      return await Promise.race([answer, gone]);
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      const { code, message, hint } = error;
      throw new RequestError(
        code === 'time-out'
          ? { code: 'gpu-lost', message: t('The GPU gave no answer in time.') }
          : { code, message, ...(hint === undefined ? {} : { hint }) },
      );
    } finally {
      ended.abort();
    }
  }

  /** Whatever runs on its GPU will not be answered. */
  private loseGpu(message: string): void {
    for (const lose of [...this.losers]) lose(message);
  }

  setTarget(target: InspectionTarget | undefined): void {
    const same = target !== undefined && this.isCurrent(target);
    this.current = target;
    if (!same) {
      this.states.forget();
      this.links.clear();
    }
    this.view.title = target === undefined ? 'GradLens' : `∂ ${target.functionName}`;
    this.push();
  }

  showTab(tab: { tab: PanelTab; matrix?: MatrixKind }): void {
    if (this.isListening) this.channel.emit('showTab', tab);
    else this.pendingTab = tab;
  }

  setPinned(pinned: boolean): void {
    this.pinned = pinned;
    this.channel.emit('pinned', { pinned });
  }

  private isCurrent({ uri, functionName, pointIndex }: InspectionTarget): boolean {
    const { current } = this;
    return (
      current?.functionName === functionName &&
      current.pointIndex === pointIndex &&
      current.uri.toString() === uri.toString()
    );
  }

  private listen(): void {
    const { channel } = this;
    channel.on('ready', () => {
      this.isListening = true;
      this.states.forget();
      this.sendSettings();
      channel.emit('pinned', { pinned: this.pinned });
      this.push();
      if (this.pendingTab !== undefined) channel.emit('showTab', this.pendingTab);
      this.pendingTab = undefined;
    });
    channel.on('pin', ({ pinned }) => {
      this.setPinned(pinned);
      this.onPin();
    });
    channel.on('log', ({ level, text }) => this.log?.[level](`panel: ${text}`));
  }

  /** Tells the panel the state; that a result is out of date only where the newer one takes its time. */
  private push(patient = true): void {
    if (!this.isListening) return;
    const { current } = this;
    if (current === undefined) {
      const editor = window.activeTextEditor;
      this.channel.emit(
        'state',
        emptyState(editor !== undefined && this.service.functions(editor.document.uri).length > 0),
      );
      return;
    }
    const state = this.service.state(current);
    if (patient && state.kind === 'stale' && this.states.holdsResult) {
      this.staleTimer ??= setTimeout(() => this.push(false), PATIENCE);
      return;
    }
    clearTimeout(this.staleTimer);
    this.staleTimer = undefined;
    const subject = {
      target: { uri: current.uri.toString(), functionName: current.functionName, pointIndex: current.pointIndex },
      functionName: current.functionName,
      file: current.uri.fsPath,
      displayPath: workspace.asRelativePath(current.uri),
    };
    for (const message of this.states.messages(subject, state)) this.channel.emit('state', message);
    if (state.kind === 'idle') this.service.refresh(current);
  }

  private sendSettings(): void {
    this.channel.emit('settings', readPanelSettings(env.language));
  }

  private html(): string {
    const { webview } = this.view;
    const file = (name: string) =>
      webview.asWebviewUri(Uri.joinPath(this.context.extensionUri, 'dist', 'webview', name)).toString();
    return panelHtml({
      cspSource: webview.cspSource,
      nonce: randomBytes(18).toString('base64'),
      script: file('main.js'),
      styles: file('main.css'),
      icons: file('codicons.css'),
      locale: env.language,
    });
  }

  dispose(): void {
    this.isListening = false;
    clearTimeout(this.staleTimer);
    this.loseGpu(t('The panel that ran GPU work was closed.'));
    this.store.dispose();
  }
}
