/**
 * The graphics card for the runner. GPU work runs in a panel's worker, so it opens or reveals a panel when there is none in sight.
 * Whatever goes wrong (no device, a lost one, a closed or hidden panel, silence) ends as an error with its reason: the runner then
 * computes on the CPU, and the user is told once.
 */
import { type LogOutputChannel, Uri, window } from 'vscode';
import { GPU_LIMITS, type GpuCosts, type GpuResult, type GpuTask, type Target } from '../../runner/protocol';
import { fullReason, isCancelled, toErrorInfo } from '../format/errors';
import { t } from '../format/l10n';
import type { InspectionTarget } from '../inspection';
import { RequestError } from '../session/requestError';

/** A panel as the bridge sees it. */
export interface GpuPanel {
  /** It is in sight and listens. */
  readonly listening: boolean;
  runOnGpu(task: GpuTask, signal: AbortSignal): Promise<GpuResult>;
  /** Measures what work costs there. */
  gpuCosts(): Promise<GpuCosts>;
}

/** The panels, as far as GPU work needs them. */
export interface GpuPanels {
  all(): Iterable<GpuPanel>;
  /** Opens a panel, or brings one back into sight; the focus stays where it is. */
  open(target: InspectionTarget): void;
}

const LOOK_AGAIN = 50;

export class GpuBridge {
  private panels: GpuPanels | undefined;
  /** Live results open a panel once: who closes it does not want it back at every key press. */
  private openedForLive = false;
  /** Reasons that the user has been told. */
  private readonly told = new Set<string>();
  /** What work in a panel costs; `found` once it has been measured. */
  private measured: { panel: GpuPanel; costs: Promise<GpuCosts | undefined>; found?: GpuCosts } | undefined;

  /** @param opening milliseconds that an opened panel has until it listens */
  constructor(
    private readonly log: Pick<LogOutputChannel, 'debug' | 'warn'>,
    private readonly opening: number = GPU_LIMITS.opening,
  ) {}

  /** The panels come to be after the engine. */
  use(panels: GpuPanels): void {
    this.panels = panels;
  }

  /** Runs a program of `target`. @throws RequestError that says why not */
  async run(task: GpuTask, signal: AbortSignal, target: Target, live: boolean): Promise<GpuResult> {
    try {
      const panel = await this.panelFor(target, live, signal);
      const result = await panel.runOnGpu(task, signal);
      this.told.clear();
      if (this.measured?.found && this.measured.found.backend !== result.backend) this.measured = undefined;
      const { backend, adapter, compile, run } = result;
      this.log.debug(
        `${target.fn} on ${backend} (${adapter}): ${run.toFixed(2)} ms, kernels made in ${compile.toFixed(1)} ms`,
      );
      return result;
    } catch (error) {
      if (!isCancelled(error)) {
        this.measured = undefined;
        this.tell(error, live);
      }
      throw error;
    }
  }

  /**
   * What work in the panel in sight costs, measured there once; undefined where there is no panel, and, unless `wait`, while it
   * is being measured. Opens no panel.
   */
  async costs(wait: boolean): Promise<GpuCosts | undefined> {
    const panel = this.listening();
    if (!panel) return undefined;
    if (this.measured?.panel !== panel) this.measured = this.measure(panel);
    return wait ? this.measured.costs : this.measured.found;
  }

  private measure(panel: GpuPanel): NonNullable<GpuBridge['measured']> {
    const costs = panel.gpuCosts().then(
      (found) => {
        if (this.measured?.panel === panel) this.measured = { panel, costs, found };
        this.log.debug(`${found.backend}: a launch takes ${found.launch.toFixed(2)} ms`);
        return found;
      },
      (error: unknown) => {
        this.log.warn(`GPU: its costs are not known: ${fullReason(toErrorInfo(error))}`);
        return undefined;
      },
    );
    return { panel, costs };
  }

  private async panelFor(target: Target, live: boolean, signal: AbortSignal): Promise<GpuPanel> {
    const found = this.listening();
    if (found) return found;
    if (!this.panels || (live && this.openedForLive))
      throw new RequestError({
        code: 'no-panel',
        message: t('GPU work runs in the GradLens panel, which is not in sight.'),
        hint: t('Open the panel, or set gradlens.backend to auto.'),
      });
    if (live) this.openedForLive = true;
    const editor = window.visibleTextEditors.find(({ document }) => document.uri.fsPath === target.file);
    this.panels.open({
      uri: editor?.document.uri ?? Uri.file(target.file),
      functionName: target.fn,
      pointIndex: 0,
    });
    for (const until = Date.now() + this.opening; Date.now() < until && !signal.aborted;) {
      const panel = this.listening();
      if (panel) return panel;
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
    }
    throw new RequestError(
      signal.aborted
        ? { code: 'cancelled', message: t('Cancelled.') }
        : { code: 'no-panel', message: t('The GradLens panel did not open, so no GPU work can run.') },
    );
  }

  private listening(): GpuPanel | undefined {
    for (const panel of this.panels?.all() ?? []) if (panel.listening) return panel;
    return undefined;
  }

  /** Once a reason, until the GPU works again. What only concerns one live function is said beside its result. */
  private tell(error: unknown, live: boolean): void {
    const info = toErrorInfo(error);
    const reason = fullReason(info);
    this.log.warn(`GPU: ${info.code}: ${reason}`);
    if (this.told.has(reason) || (live && info.code === 'gpu-unsupported')) return;
    this.told.add(reason);
    void window.showWarningMessage(t('GradLens computed on the CPU instead of the GPU. {0}', reason));
  }
}
