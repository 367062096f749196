/** The settings as one typed, immutable object; read anew when one of them changes. */
import { type ConfigurationScope, DiagnosticSeverity, type Event, EventEmitter, type Uri, workspace } from 'vscode';
import type { FindingCode, RunnerConfiguration } from '../runner/protocol';
import { type Disposable, DisposableStore } from './lifecycle/disposables';

export interface Settings {
  live: boolean;
  delay: number | 'auto';
  automaticChecks: boolean;
  maxEntries: number;
  lenses: { enabled: boolean; operations: readonly string[] };
  inlineValues: { enabled: boolean; activeLine: 'show' | 'hide'; maxLength: number; iterations: boolean };
  hovers: boolean;
  digits: number;
  statusBar: boolean;
  runner: RunnerConfiguration;
}

/** The settings that hold for `scope`; those of the engine, which serves all folders, are the window's. */
function readSettings(scope?: ConfigurationScope): Settings {
  const section = workspace.getConfiguration('gradlens', scope ?? null);
  const get = <T>(key: string, fallback: T): T => section.get<T>(key) ?? fallback;
  return {
    live: get('live.enabled', true),
    delay: get<number | null>('live.delay', null) ?? 'auto',
    automaticChecks: get('live.checks', true),
    maxEntries: get('live.maxEntries', 250_000),
    lenses: {
      enabled: get('lenses.enabled', true),
      operations: get('lenses.operations', ['derivative', 'hvp', 'hessian', 'check', 'profile', 'point']),
    },
    inlineValues: {
      enabled: get('inlineValues.enabled', true),
      activeLine: get('inlineValues.activeLine', 'show'),
      maxLength: get('inlineValues.maxLength', 60),
      iterations: get('inlineValues.iterations', true),
    },
    hovers: get('hovers.enabled', true),
    digits: get('numbers.digits', 4),
    statusBar: get('statusBar.enabled', true),
    runner: readRunnerSettings(),
  };
}

function readRunnerSettings(): RunnerConfiguration {
  const section = workspace.getConfiguration('gradlens', null);
  return {
    timeLimit: section.get('timeLimit', 2000),
    memoryLimit: section.get('memoryLimit', 2048),
    allowedModules: section.get<string[]>('allowedModules', []),
    backend: section.get('backend', 'auto'),
    gpuTolerance: section.get('gpu.tolerance', 1e-3),
    clientGpu: true,
  };
}

const SEVERITIES: Record<string, DiagnosticSeverity> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
};

/** The severity of a finding, undefined where it is switched off. */
export function severityOf(code: FindingCode, scope: ConfigurationScope): DiagnosticSeverity | undefined {
  const name = workspace.getConfiguration('gradlens', scope).get<string>(`diagnostics.${code}`, 'warning');
  return SEVERITIES[name];
}

const hasSeveralFolders = (): boolean => (workspace.workspaceFolders?.length ?? 0) > 1;

/** Tells when settings of GradLens change. */
export class Configuration implements Disposable {
  private readonly store = new DisposableStore();
  private readonly changed = this.store.add(new EventEmitter<Settings>());
  readonly onDidChange: Event<Settings> = this.changed.event;
  private settings = readSettings();
  private several = hasSeveralFolders();
  /** By folder of the workspace. */
  private readonly folders = new Map<string, Settings>();

  constructor() {
    this.store.add(workspace.onDidChangeWorkspaceFolders(() => this.read()));
    this.store.add(
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('gradlens')) this.read();
      }),
    );
  }

  private read(): void {
    this.settings = readSettings();
    this.several = hasSeveralFolders();
    this.folders.clear();
    this.changed.fire(this.settings);
  }

  /** The window's. */
  get current(): Settings {
    return this.settings;
  }

  /** Those that hold for a document: a folder of the workspace may have its own. */
  of(uri: Uri | undefined): Settings {
    // Asked for at every turn: the usual workspace, of one folder, is not searched.
    if (!uri || !this.several) return this.settings;
    const folder = workspace.getWorkspaceFolder(uri);
    if (!folder) return this.settings;
    const key = folder.uri.toString();
    const known = this.folders.get(key);
    if (known) return known;
    const settings = readSettings(folder.uri);
    this.folders.set(key, settings);
    return settings;
  }

  dispose(): void {
    this.store.dispose();
  }
}
