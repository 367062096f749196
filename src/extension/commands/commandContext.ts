import type { LogOutputChannel, Memento, Uri } from 'vscode';
import type { Configuration } from '../configuration';
import type { EngineHost } from '../engine/engineHost';
import type { PanelFeature } from '../inspection';
import type { SessionManager } from '../session/sessionManager';

/** What commands work with. */
export interface CommandContext {
  readonly manager: SessionManager;
  readonly configuration: Configuration;
  readonly engine: EngineHost;
  readonly log: LogOutputChannel;
  readonly panel: PanelFeature;
  /** Remembers vectors that were typed in. */
  readonly memory: Memento;
  readonly extensionUri: Uri;
}
