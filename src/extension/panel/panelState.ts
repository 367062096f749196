/** From the state of a live target to the state of the panel. A result is sent once and referred to by its version after. */
import type { Inspection } from '../../runner/protocol';
import type { PanelAction, PanelState, ReadyPanel } from '../../webview/protocol';
import { COMMANDS } from '../commandIds';
import { t } from '../format/l10n';
import type { InspectionState } from '../inspection';
import { errorInWords, inspectionInWords } from './userWords';

/** What does not change with the state. */
export interface PanelSubject {
  target: ReadyPanel['target'];
  functionName: string;
  file: string;
  displayPath: string;
}

export class PanelStates {
  private sent: { inspection: Inspection; version: number } | undefined;
  private version = 0;

  /** The panel shows a result. */
  get holdsResult(): boolean {
    return this.sent !== undefined;
  }

  /** Under which the panel holds a result; undefined where it holds another. */
  versionOf(inspection: Inspection): number | undefined {
    return this.sent?.inspection === inspection ? this.sent.version : undefined;
  }

  /** The panel is new or was reloaded: it holds nothing. */
  forget(): void {
    this.sent = undefined;
  }

  /** The messages that bring the panel to a state: a result that it lacks, then what is to be said about it. */
  messages(subject: PanelSubject, state: InspectionState): PanelState[] {
    const { functionName, file } = subject;
    switch (state.kind) {
      case 'idle':
      case 'running':
        return [
          this.sent === undefined
            ? { kind: 'loading', functionName, file }
            : { kind: 'stale', version: this.sent.version },
        ];
      case 'ready':
        // Even an inspection that the panel holds is repeated when it only moved with the text: its lines are others now.
        return [this.ready(subject, state.fn, state.inspection)];
      case 'stale': {
        if (this.sent !== undefined) return [{ kind: 'stale', version: this.sent.version }];
        const ready = this.ready(subject, state.fn, state.inspection);
        return [ready, { kind: 'stale', version: ready.version }];
      }
      case 'failed': {
        const before: PanelState[] = [];
        if (this.sent === undefined && state.last !== undefined && state.fn !== undefined)
          before.push(this.ready(subject, state.fn, state.last));
        const last = (this.sent as { version: number } | undefined)?.version;
        return [
          ...before,
          {
            kind: 'failed',
            functionName,
            file,
            error: errorInWords(state.error),
            ...(last === undefined ? {} : { last }),
          },
        ];
      }
      case 'untrusted':
        this.forget();
        return [
          {
            kind: 'untrusted',
            reason: t('GradLens runs no code in an untrusted workspace.'),
            action: { label: t('Manage Workspace Trust'), command: COMMANDS.manageTrust },
          },
        ];
      case 'unavailable':
        this.forget();
        return [{ kind: 'unavailable', reason: state.reason }];
    }
  }

  private ready(subject: PanelSubject, fn: ReadyPanel['fn'], inspection: Inspection): PanelState & { kind: 'ready' } {
    if (this.sent?.inspection !== inspection) this.sent = { inspection, version: ++this.version };
    const { target, file, displayPath } = subject;
    const { version } = this.sent;
    return { kind: 'ready', target, file, displayPath, fn, inspection: inspectionInWords(inspection), version };
  }
}

/** The panel without a function. */
export function emptyState(supported: boolean): PanelState {
  const action: PanelAction = { label: t('Open the Walkthrough'), command: COMMANDS.openWalkthrough };
  return supported
    ? { kind: 'empty', reason: t('Put the cursor into a differentiable function.'), action }
    : { kind: 'empty', reason: t('Open a TypeScript or JavaScript file and put the cursor into a function.'), action };
}
