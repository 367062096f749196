/** The runner as the extension sees it: started when first needed, watched, started again when it dies. */
import type { Event } from 'vscode';
import type { ErrorInfo, RunnerConfiguration } from '../../runner/protocol';
import type { Disposable } from '../lifecycle/disposables';
import type { Engine } from '../live/engine';

export type EngineState =
  { kind: 'stopped' } | { kind: 'starting' } | { kind: 'running'; pid: number } | { kind: 'crashed'; error: ErrorInfo };

export interface EngineHost extends Engine, Disposable {
  readonly state: EngineState;
  readonly onDidChangeState: Event<EngineState>;
  /** New settings; they hold for the next request. */
  configure(configuration: RunnerConfiguration): void;
  /** Ends the process; the next request starts another. */
  restart(): void;
}
