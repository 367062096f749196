/** Writes to the output channel why functions failed and what they print, each thing once until it changes. */
import { type LogOutputChannel, workspace } from 'vscode';
import { fullReason } from '../format/errors';
import type { InspectionTarget } from '../inspection';
import { type Disposable } from '../lifecycle/disposables';
import type { SessionManager } from '../session/sessionManager';

export class EvaluationLog implements Disposable {
  private readonly last = new Map<string, string>();
  private readonly registration: Disposable;

  constructor(
    private readonly manager: SessionManager,
    private readonly log: LogOutputChannel,
  ) {
    this.registration = manager.onDidChange((target) => this.note(target));
  }

  private note(target: InspectionTarget): void {
    const state = this.manager.state(target);
    if (state.kind === 'failed') {
      const { error } = state;
      const details = error.stack === undefined ? '' : `\n${error.stack}`;
      this.write(target, 'warn', `${error.code}: ${fullReason(error)}${details}`);
    } else if (state.kind === 'ready') {
      this.write(target, 'info', state.inspection.console.map(({ level, text }) => `[${level}] ${text}`).join('\n'));
    }
  }

  private write(target: InspectionTarget, level: 'warn' | 'info', text: string): void {
    const { uri, functionName, pointIndex } = target;
    const key = `${uri.toString()}#${functionName}#${pointIndex}`;
    if ((this.last.get(key) ?? '') === text) return;
    this.last.set(key, text);
    if (text !== '') this.log[level](`${workspace.asRelativePath(uri)} ${functionName}: ${text}`);
  }

  dispose(): void {
    this.registration.dispose();
  }
}
