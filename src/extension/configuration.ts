/** The settings as one typed, immutable object; read anew when one of them changes. */
import { type ConfigurationScope, DiagnosticSeverity, type Event, EventEmitter, workspace } from 'vscode';
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

/** The settings that hold for `scope`. */
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
    runner: {
      timeLimit: get('timeLimit', 2000),
      memoryLimit: get('memoryLimit', 2048),
      allowedModules: get<string[]>('allowedModules', []),
      backend: get('backend', 'auto'),
    },
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

/** Tells when settings of GradLens change. */
export class Configuration implements Disposable {
  private readonly store = new DisposableStore();
  private readonly changed = this.store.add(new EventEmitter<Settings>());
  readonly onDidChange: Event<Settings> = this.changed.event;
  private settings = readSettings();

  constructor() {
    this.store.add(
      workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration('gradlens')) return;
        this.settings = readSettings();
        this.changed.fire(this.settings);
      }),
    );
  }

  get current(): Settings {
    return this.settings;
  }

  dispose(): void {
    this.store.dispose();
  }
}
